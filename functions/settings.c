/* SPDX-License-Identifier: Apache-2.0 */
#include "function.h"

static int read_number(settings_source_fn source, const char *name, int64_t fallback, int64_t max, int64_t *out,
		       struct error *err)
{
	const char *text = source(name);
	int64_t value = fallback;

	if (text != NULL && text[0] != '\0' && (str_to_i64(str_c(text), &value) || value < 1 || value > max))
		return error_set(err, ERR_INVALID, "%s is not a whole number from 1 to %lld", name, (long long)max);
	*out = value;
	return 0;
}

static int read_flag(settings_source_fn source, const char *name, bool *out, struct error *err)
{
	struct str text = str_c(source(name));

	if (text.n > 0 && !str_eq(text, STR("true")) && !str_eq(text, STR("false")))
		return error_set(err, ERR_INVALID, "%s is neither true nor false", name);
	*out = str_eq(text, STR("true"));
	return 0;
}

static int read_authorization(settings_source_fn source, enum function_authorization *out, struct error *err)
{
	static const char *const names[] = { "none", "iam", "jwt" };
	struct str text = str_c(source("AUTHORIZATION"));

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!str_eq_c(text, names[i]))
			continue;
		*out = (enum function_authorization)i;
		return 0;
	}
	if (text.n > 0)
		return error_set(err, ERR_INVALID, "AUTHORIZATION is none of none, iam and jwt");
	*out = AUTHORIZATION_NONE;
	return 0;
}

int function_settings_read(struct function_settings *out, settings_source_fn source, struct error *err)
{
	struct function_settings s = {
		.jobs_table = str_c(source("JOBS_TABLE")),
		.source_bucket = str_c(source("SOURCE_BUCKET")),
		.processed_bucket = str_c(source("PROCESSED_BUCKET")),
		.state_machine_arn = str_c(source("STATE_MACHINE_ARN")),
		.event_bus = str_c(source("EVENT_BUS")),
	};

	int rc = read_authorization(source, &s.authorization, err);
	if (rc == 0)
		rc = read_flag(source, "CONTENT_LENGTH_REQUIRED", &s.content_length_required, err);
	if (rc == 0)
		rc = read_number(source, "UPLOAD_SECONDS", 900, 604800, &s.upload_seconds, err);
	if (rc == 0)
		rc = read_number(source, "RECORD_DAYS", 90, 36500, &s.record_days, err);
	if (rc == 0)
		rc = read_number(source, "EXECUTION_SECONDS", 22500, 31536000, &s.execution_seconds, err);
	if (rc == 0)
		rc = read_number(source, "TEXT_CALLS_MAX", 64, 1000, &s.text_calls_max, err);
	if (rc == 0)
		*out = s;
	return rc;
}
