/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile.h"

#include <stdlib.h>

#include "base/limits.h"
#include "os/file.h"

static struct str variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? str_c(value) : STR_NULL;
}

static bool from_environment(struct sigv4_credentials *out, struct str *region)
{
	*out = (struct sigv4_credentials){ variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
					   variable("AWS_SESSION_TOKEN") };
	*region = variable("AWS_REGION").p ? variable("AWS_REGION") : variable("AWS_DEFAULT_REGION");
	return out->access_key.p && out->secret_key.p;
}

static void set(struct str name, struct str value, struct sigv4_credentials *out, struct str *region)
{
	if (str_eq(name, STR("aws_access_key_id")))
		out->access_key = value;
	else if (str_eq(name, STR("aws_secret_access_key")))
		out->secret_key = value;
	else if (str_eq(name, STR("aws_session_token")))
		out->session_token = value;
	else if (str_eq(name, STR("region")))
		*region = value;
}

/* The INI form: sections in brackets, "name = value", comments with # or ;. */
static void read_section(struct str text, struct str profile, struct sigv4_credentials *out, struct str *region)
{
	bool inside = false;

	while (text.p) {
		struct str line = str_trim(str_split(&text, '\n'));
		if (str_starts(line, STR("["))) {
			inside = line.n > 2 && str_eq(str_trim(str_sub(line, 1, line.n - 2)), profile);
			continue;
		}
		if (!inside || line.n == 0 || line.p[0] == '#' || line.p[0] == ';')
			continue;
		struct str value = line;
		struct str name = str_split(&value, '=');
		set(str_trim(name), str_trim(value), out, region);
	}
}

int profile_load(struct arena *a, const char *profile, struct sigv4_credentials *out, struct str *region, struct error *err)
{
	struct str path = variable("AWS_SHARED_CREDENTIALS_FILE"), content;

	if (!profile && from_environment(out, region))
		return 0;
	if (!path.p)
		path = arena_printf(a, "%s/.aws/credentials", getenv("HOME") ? getenv("HOME") : "");
	struct str name = profile ? str_c(profile) : variable("AWS_PROFILE");
	if (!name.p)
		name = STR("default");
	*out = (struct sigv4_credentials){ 0 };
	int result = file_read(a, arena_c(a, path), MIB(1), &content, err);
	if (result)
		return result;
	read_section(content, name, out, region);
	if (out->access_key.p && out->secret_key.p)
		return 0;
	return error_set(err, ERR_NOT_FOUND, "no credentials for the profile '" STR_FMT "' in " STR_FMT, STR_ARG(name),
			 STR_ARG(path));
}
