/* SPDX-License-Identifier: Apache-2.0
 *
 * Which field belongs to which type of state and query language, as a table, and the readers of single fields.
 */
#include "states/define.h"

enum { PATH_ONLY = 1, JSONATA_ONLY = 2 };

#define NOT_TERMINAL (STATE_PASS | STATE_TASK | STATE_WAIT | STATE_PARALLEL | STATE_MAP)
#define WORKING (STATE_TASK | STATE_PARALLEL | STATE_MAP)

static const struct field {
	const char *name;
	int types;
	int language;
} fields[] = {
	{ "Type", STATE_ANY, 0 },
	{ "Comment", STATE_ANY, 0 },
	{ "QueryLanguage", STATE_ANY, 0 },
	{ "Next", NOT_TERMINAL, 0 },
	{ "End", NOT_TERMINAL, 0 },
	{ "InputPath", STATE_ANY & ~STATE_FAIL, PATH_ONLY },
	{ "OutputPath", STATE_ANY & ~STATE_FAIL, PATH_ONLY },
	{ "Output", STATE_ANY & ~STATE_FAIL, JSONATA_ONLY },
	{ "Assign", STATE_ANY & ~(STATE_FAIL | STATE_SUCCEED), 0 },
	{ "Parameters", STATE_PASS | WORKING, PATH_ONLY },
	{ "ResultPath", STATE_PASS | WORKING, PATH_ONLY },
	{ "ResultSelector", WORKING, PATH_ONLY },
	{ "Arguments", STATE_TASK | STATE_PARALLEL, JSONATA_ONLY },
	{ "Result", STATE_PASS, PATH_ONLY },
	{ "Retry", WORKING, 0 },
	{ "Catch", WORKING, 0 },
	{ "Resource", STATE_TASK, 0 },
	{ "TimeoutSeconds", STATE_TASK, 0 },
	{ "TimeoutSecondsPath", STATE_TASK, PATH_ONLY },
	{ "HeartbeatSeconds", STATE_TASK, 0 },
	{ "HeartbeatSecondsPath", STATE_TASK, PATH_ONLY },
	{ "Choices", STATE_CHOICE, 0 },
	{ "Default", STATE_CHOICE, 0 },
	{ "Seconds", STATE_WAIT, 0 },
	{ "SecondsPath", STATE_WAIT, PATH_ONLY },
	{ "Timestamp", STATE_WAIT, 0 },
	{ "TimestampPath", STATE_WAIT, PATH_ONLY },
	{ "Error", STATE_FAIL, 0 },
	{ "Cause", STATE_FAIL, 0 },
	{ "ErrorPath", STATE_FAIL, PATH_ONLY },
	{ "CausePath", STATE_FAIL, PATH_ONLY },
	{ "Branches", STATE_PARALLEL, 0 },
	{ "Iterator", STATE_MAP, 0 },
	{ "ItemProcessor", STATE_MAP, 0 },
	{ "ItemSelector", STATE_MAP, 0 },
	{ "ItemsPath", STATE_MAP, PATH_ONLY },
	{ "Items", STATE_MAP, JSONATA_ONLY },
	{ "Label", STATE_MAP, 0 },
	{ "MaxConcurrency", STATE_MAP, 0 },
	{ "MaxConcurrencyPath", STATE_MAP, PATH_ONLY },
	{ "ToleratedFailureCount", STATE_MAP, 0 },
	{ "ToleratedFailureCountPath", STATE_MAP, PATH_ONLY },
	{ "ToleratedFailurePercentage", STATE_MAP, 0 },
	{ "ToleratedFailurePercentagePath", STATE_MAP, PATH_ONLY },
};

static const struct field *find_field(struct str name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (str_eq_c(name, fields[i].name))
			return &fields[i];
	return NULL;
}

void define_check_fields(struct definer *d, const struct state *s, const struct json *value, struct str location)
{
	for (size_t i = 0; i < value->count; i++) {
		const struct field *f = find_field(value->members[i].name);
		if (!f || !(f->types & (int)s->type))
			diagnose_schema(d->diagnostics, location, "Field '" STR_FMT "' is not supported",
					STR_ARG(value->members[i].name));
		else if (f->language == JSONATA_ONLY && s->language == LANGUAGE_JSONPATH)
			diagnose_schema(d->diagnostics, location,
					"The QueryLanguage is set to 'JSONPath', but field '%s' is only "
					"supported for the 'JSONata' QueryLanguage",
					f->name);
		else if (f->language == PATH_ONLY && s->language == LANGUAGE_JSONATA)
			diagnose_schema(d->diagnostics, location,
					"The QueryLanguage is set to 'JSONata', but field '%s' is only "
					"supported for the 'JSONPath' QueryLanguage",
					f->name);
	}
}

const struct template *define_template(struct definer *d, const struct state *s, const struct json *value, const char *field,
				       struct str location)
{
	const struct json *member = json_get(value, str_c(field));
	if (!member)
		return NULL;
	if (s->language == LANGUAGE_JSONPATH)
		location = define_below(d, location, "%s", field);
	return template_compile(d->arena, member, s->language, str_c(field), location, d->diagnostics);
}

void define_path(struct definer *d, struct optional_path *out, const struct json *value, const char *field, bool reference,
		 struct str location)
{
	const struct json *member = json_get(value, str_c(field));
	if (!member)
		return;
	if (json_is(member, JSON_NULL)) {
		out->is_null = true;
		return;
	}
	struct str text = json_text(member);
	if (text.n == 0 || path_compile(d->arena, text, &out->path, NULL) < 0)
		diagnose_schema(d->diagnostics, define_below(d, location, "%s", field), "Value is not a valid JSONPath");
	else if (reference && (!path_is_reference(out->path) || path_root(out->path) != PATH_INPUT))
		diagnose_schema(d->diagnostics, define_below(d, location, "%s", field), "Value is not a Reference Path");
}

void define_setting(struct definer *d, const struct state *s, struct setting *out, const struct json *value, const char *field,
		    const char *path_field, struct str location)
{
	const struct json *plain = json_get(value, str_c(field)), *path = json_get(value, str_c(path_field));
	if (plain && path)
		diagnose_schema(d->diagnostics, location, "You cannot specify both %s and %s", field, path_field);
	else if (plain)
		setting_compile(out, d->arena, plain, s->language, str_c(field), location, d->diagnostics);
	else if (path)
		setting_compile_path(out, d->arena, path, s->type == STATE_FAIL, str_c(path_field), location, d->diagnostics);
}
