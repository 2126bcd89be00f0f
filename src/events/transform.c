/* SPDX-License-Identifier: Apache-2.0 */
#include "events/transform.h"

#include "base/limits.h"

#define RESERVED "aws.events."

/* ---- paths ---- */

enum step_kind { STEP_END, STEP_NAME, STEP_INDEX, STEP_BROKEN };

struct step {
	enum step_kind kind;
	struct str name;
	size_t index;
};

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || (c & 0x80);
}

static struct step read_name(struct str *rest)
{
	size_t n = 1;

	while (n < rest->n && is_name_char(rest->p[n]))
		n++;
	struct step step = { .kind = n > 1 ? STEP_NAME : STEP_BROKEN, .name = str_sub(*rest, 1, n - 1) };
	*rest = str_from(*rest, n);
	return step;
}

/* "[3]" or "['name']". */
static struct step read_bracket(struct str *rest)
{
	struct step step = { .kind = STEP_BROKEN };
	ptrdiff_t close = str_find_char(*rest, ']', 1);
	uint64_t index;

	if (close < 0)
		return step;
	struct str inner = str_sub(*rest, 1, (size_t)close - 1);
	*rest = str_from(*rest, (size_t)close + 1);
	bool quoted = inner.n >= 2 && (inner.p[0] == '\'' || inner.p[0] == '"') && inner.p[inner.n - 1] == inner.p[0];
	if (quoted) {
		step.kind = STEP_NAME;
		step.name = str_sub(inner, 1, inner.n - 2);
	} else if (str_to_u64(inner, &index) == 0) {
		step.kind = STEP_INDEX;
		step.index = (size_t)index;
	}
	return step;
}

static struct step next_step(struct str *rest)
{
	if (rest->n == 0)
		return (struct step){ .kind = STEP_END };
	if (rest->p[0] == '.')
		return read_name(rest);
	if (rest->p[0] == '[')
		return read_bracket(rest);
	return (struct step){ .kind = STEP_BROKEN };
}

int transform_check_path(struct str path, struct error *err)
{
	struct str rest = str_from(path, 1);
	struct step step = { .kind = STEP_NAME };

	if (path.n == 0 || path.p[0] != '$')
		step.kind = STEP_BROKEN;
	while (step.kind == STEP_NAME || step.kind == STEP_INDEX)
		step = next_step(&rest);
	if (step.kind == STEP_BROKEN)
		return error_set(err, ERR_INVALID, "Invalid JSONPath provided: " STR_FMT, STR_ARG(path));
	return 0;
}

const struct json *transform_find(const struct json *event, struct str path)
{
	struct str rest = str_from(path, 1);

	if (path.n == 0 || path.p[0] != '$')
		return NULL;
	for (;;) {
		struct step step = next_step(&rest);

		if (step.kind == STEP_END)
			return event;
		if (step.kind == STEP_BROKEN)
			return NULL;
		event = step.kind == STEP_NAME ? json_get(event, step.name) : json_at(event, step.index);
	}
}

/* ---- templates ---- */

/* The variable that starts at `at`, without its brackets; absent when what stands there is no variable. */
static struct str variable_at(struct str template, size_t at)
{
	size_t end = at + 1;

	while (end < template.n && (is_name_char(template.p[end]) || template.p[end] == '.'))
		end++;
	if (template.p[at] != '<' || end == at + 1 || end >= template.n || template.p[end] != '>')
		return STR_NULL;
	return str_sub(template, at + 1, end - at - 1);
}

static bool is_reserved(struct str name)
{
	static const char *const names[] = { "rule-arn", "rule-name", "event.ingestion-time", "event", "event.json" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_starts(name, STR(RESERVED)) && str_eq_c(str_from(name, sizeof(RESERVED) - 1), names[i]))
			return true;
	return false;
}

static int check_paths(const struct json *paths, struct error *err)
{
	for (size_t i = 0; paths && i < paths->count; i++) {
		const struct json_member *m = &paths->members[i];

		if (str_starts(m->name, STR("AWS")))
			return error_set(err, ERR_INVALID, "InputPathsMap keys must not start with AWS: " STR_FMT,
					 STR_ARG(m->name));
		int rc = transform_check_path(json_text(m->value), err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int transform_check(const struct json *transformer, struct error *err)
{
	const struct json *paths = json_get_c(transformer, "InputPathsMap");
	struct str template = json_get_text(transformer, STR("InputTemplate"));

	if (template.n == 0)
		return error_set(err, ERR_INVALID, "InputTemplate must not be empty.");
	if (template.n > TRANSFORM_TEMPLATE_MAX || (paths && paths->count > TRANSFORM_VARIABLES_MAX))
		return error_set(err, ERR_INVALID, "InputTransformer is too large.");
	int rc = check_paths(paths, err);
	for (size_t i = 0; rc == 0 && i < template.n; i++) {
		struct str name = variable_at(template, i);

		if (str_is_set(name) && !is_reserved(name) && !json_get(paths, name))
			return error_set(err, ERR_INVALID, "InputTemplate for target contains invalid placeholder <" STR_FMT ">.",
					 STR_ARG(name));
	}
	return rc;
}

/* The event without its detail, as <aws.events.event> gives it. */
static const struct json *without_detail(struct arena *a, const struct json *event)
{
	struct json *out = json_new_object(a);

	for (size_t i = 0; event && i < event->count; i++)
		if (!str_eq_c(event->members[i].name, "detail"))
			json_add_member(a, out, event->members[i].name, event->members[i].value);
	return out;
}

static const struct json *reserved_value(struct arena *a, const struct transform_context *c, struct str name)
{
	struct str what = str_from(name, sizeof(RESERVED) - 1);

	if (str_eq_c(what, "rule-arn"))
		return json_new_string(a, c->rule_arn);
	if (str_eq_c(what, "rule-name"))
		return json_new_string(a, c->rule_name);
	if (str_eq_c(what, "event.ingestion-time"))
		return json_new_string(a, c->ingestion_time);
	return str_eq_c(what, "event") ? without_detail(a, c->event) : c->event;
}

static const struct json *variable_value(struct arena *a, const struct json *paths, const struct transform_context *c,
					 struct str name)
{
	const struct json *path = json_get(paths, name);
	const struct json *value = path ? transform_find(c->event, json_text(path)) : NULL;

	if (!path && is_reserved(name))
		value = reserved_value(a, c, name);
	return value ? value : &json_empty_string;
}

/* A value as it stands between the quotes of a template: the text of a string, escaped; others without their quotes. */
static void write_quoted(struct arena *a, struct buf *out, const struct json *value)
{
	struct str text = json_to_str(a, value);

	if (json_is(value, JSON_STRING)) {
		buf_add_str(out, str_sub(text, 1, text.n >= 2 ? text.n - 2 : 0));
		return;
	}
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '"')
			buf_add_char(out, text.p[i]);
}

static void write_template(struct arena *a, struct buf *out, struct str template, const struct json *paths,
			   const struct transform_context *context)
{
	bool quoted = false;

	for (size_t i = 0; i < template.n; i++) {
		struct str name = variable_at(template, i);

		if (str_is_set(name)) {
			const struct json *value = variable_value(a, paths, context, name);

			if (quoted)
				write_quoted(a, out, value);
			else
				json_write(out, value);
			i += name.n + 1;
			continue;
		}
		if (template.p[i] == '\\' && quoted && i + 1 < template.n)
			buf_add_char(out, template.p[i++]);
		else if (template.p[i] == '"')
			quoted = !quoted;
		buf_add_char(out, template.p[i]);
	}
}

int transform_apply(struct arena *a, const struct json *transformer, const struct transform_context *context, struct str *out,
		    struct error *err)
{
	struct buf text;

	buf_init(&text, MIB(1));
	write_template(a, &text, json_get_text(transformer, STR("InputTemplate")), json_get_c(transformer, "InputPathsMap"),
		       context);
	int failed = buf_failed(&text);
	struct str copy = failed ? STR_NULL : arena_str(a, buf_str(&text));
	buf_release(&text);
	if (failed || !str_is_set(copy))
		return error_set(err, failed ? failed : ERR_NO_MEMORY, "the transformed input is too large");
	*out = copy;
	return 0;
}
