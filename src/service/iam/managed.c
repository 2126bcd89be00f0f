/* SPDX-License-Identifier: Apache-2.0 */
#include "service/iam/managed.h"

#include "format/date.h"

#define PREFIX "arn:aws:iam::aws:policy"

/* managed_policies.jsonl, which the build puts in (scripts/embed-file.sh). */
extern const char gleaner_managed_policies[];
extern const uint64_t gleaner_managed_policies_size;

bool managed_is_arn(struct str arn)
{
	return str_starts(arn, STR(PREFIX "/"));
}

static struct str arn_of(struct arena *a, const struct json *line)
{
	struct str path = json_get_text(line, STR("Path")), name = json_get_text(line, STR("PolicyName"));

	return arena_printf(a, PREFIX STR_FMT STR_FMT, STR_ARG(path), STR_ARG(name));
}

static const struct json *date_of(struct arena *a, const struct json *line, struct str member)
{
	int64_t ms = 0;

	return date_parse_iso(json_get_text(line, member), &ms) < 0 ? json_new_i64(a, 0) : json_new_i64(a, ms);
}

static const struct json *read_line(struct arena *a, struct str text)
{
	const struct json *line;

	if (json_parse(a, text, &line, NULL) < 0)
		return NULL;
	struct json *policy = json_copy_object(a, line);
	json_put(a, policy, STR("Arn"), json_new_string(a, arn_of(a, line)));
	json_put(a, policy, STR("CreateDate"), date_of(a, line, STR("CreateDate")));
	json_put(a, policy, STR("UpdateDate"), date_of(a, line, STR("UpdateDate")));
	json_put(a, policy, STR("Document"), json_new_string(a, json_to_str(a, json_get_c(line, "Document"))));
	return policy;
}

static struct str all_lines(void)
{
	return str_of(gleaner_managed_policies, gleaner_managed_policies_size);
}

/* Each line begins {"PolicyName":"…": the others need not be parsed. */
const struct json *managed_find(struct arena *a, struct str arn)
{
	struct str rest = all_lines(), name = arn;

	for (ptrdiff_t slash; (slash = str_find_char(name, '/', 0)) >= 0;)
		name = str_from(name, (size_t)slash + 1);
	struct str start = arena_printf(a, "{\"PolicyName\":\"" STR_FMT "\"", STR_ARG(name));
	while (rest.n > 0) {
		struct str line = str_split(&rest, '\n');
		if (!start.p || !str_starts(line, start))
			continue;
		const struct json *policy = read_line(a, line);
		return str_eq(json_get_text(policy, STR("Arn")), arn) ? policy : NULL;
	}
	return NULL;
}

void managed_each(struct arena *a, bool (*each)(void *argument, const struct json *policy), void *argument)
{
	struct str rest = all_lines();

	while (rest.n > 0) {
		struct str line = str_split(&rest, '\n');
		const struct json *policy = line.n > 0 ? read_line(a, line) : NULL;
		if (policy && !each(argument, policy))
			return;
	}
}
