/* SPDX-License-Identifier: Apache-2.0
 *
 * Retry, Catch and Choices: lists whose elements have fields of their own.
 */
#include "states/choice.h"
#include "states/define.h"

static bool check_names(struct definer *d, const struct json *value, const char *const *known, struct str location)
{
	size_t errors = d->diagnostics->errors;
	if (!json_is(value, JSON_OBJECT)) {
		diagnose_schema(d->diagnostics, location, "Value is not an object");
		return false;
	}
	for (size_t i = 0; i < value->count; i++) {
		bool found = false;
		for (size_t k = 0; known[k]; k++)
			found = found || str_eq_c(value->members[i].name, known[k]);
		if (!found)
			diagnose_schema(d->diagnostics, location, "Field '" STR_FMT "' is not supported",
					STR_ARG(value->members[i].name));
	}
	return errors == d->diagnostics->errors;
}

static const struct json *read_errors(struct definer *d, const struct json *value, bool last, struct str location)
{
	const struct json *errors = json_get_c(value, "ErrorEquals");
	if (!json_is(errors, JSON_ARRAY) || errors->count == 0) {
		if (errors)
			diagnose_schema(d->diagnostics, define_below(d, location, "ErrorEquals"),
					"Value is not a non-empty array");
		else
			diagnose_schema(d->diagnostics, location, "These fields are required: [ErrorEquals]");
		return &json_empty_array;
	}
	for (size_t i = 0; i < errors->count; i++) {
		if (!json_is(errors->items[i], JSON_STRING))
			diagnose_schema(d->diagnostics, define_below(d, location, "ErrorEquals[%zu]", i),
					"Value is not a string");
		else if (str_eq_c(errors->items[i]->text, "States.ALL") && (errors->count != 1 || !last))
			diagnose_schema(d->diagnostics, define_below(d, location, "ErrorEquals"),
					"States.ALL must appear alone and "
					"at the end of the list");
	}
	return errors;
}

static double read_number(struct definer *d, const struct json *value, const char *field, double min, double max, bool whole,
			  double otherwise, struct str location)
{
	const struct json *member = json_get(value, str_c(field));
	int64_t n;
	double v = otherwise;
	if (!member)
		return otherwise;
	if (!json_is(member, JSON_NUMBER) || json_to_double(member, &v) < 0 || v < min || v > max ||
	    (whole && json_to_i64(member, &n) < 0))
		diagnose_schema(d->diagnostics, define_below(d, location, "%s", field), "Value must be %s between %g and %g",
				whole ? "an integer" : "a number", min, max);
	return v;
}

static void read_retrier(struct definer *d, struct retrier *r, const struct json *value, bool last, struct str location)
{
	static const char *const known[] = { "ErrorEquals",     "IntervalSeconds", "MaxAttempts", "BackoffRate",
					     "MaxDelaySeconds", "JitterStrategy",  "Comment",     NULL };
	if (!check_names(d, value, known, location))
		return;
	struct str jitter = json_text(json_get_c(value, "JitterStrategy"));
	r->errors = read_errors(d, value, last, location);
	r->interval_s = read_number(d, value, "IntervalSeconds", 1, 99999999, true, 1, location);
	r->max_attempts = (int64_t)read_number(d, value, "MaxAttempts", 0, 99999999, true, 3, location);
	r->backoff = read_number(d, value, "BackoffRate", 1, 99999999, false, 2, location);
	r->max_delay_s = read_number(d, value, "MaxDelaySeconds", 1, 31622400, true, 0, location);
	r->full_jitter = str_eq_c(jitter, "FULL");
	if (json_get_c(value, "JitterStrategy") && !r->full_jitter && !str_eq_c(jitter, "NONE"))
		diagnose_schema(d->diagnostics, define_below(d, location, "JitterStrategy"), "Value must be one of [FULL, NONE]");
	if (r->max_delay_s != 0 && r->max_delay_s <= r->interval_s)
		diagnose_schema(d->diagnostics, define_below(d, location, "MaxDelaySeconds"),
				"MaxDelaySeconds must be greater than IntervalSeconds");
}

void define_retry(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	if (!value)
		return;
	location = define_below(d, location, "Retry");
	if (!json_is(value, JSON_ARRAY)) {
		diagnose_schema(d->diagnostics, location, "Value is not an array");
		return;
	}
	s->retriers = arena_alloc_array(d->arena, value->count + 1, sizeof(*s->retriers));
	for (size_t i = 0; s->retriers && i < value->count; i++) {
		struct str where = arena_printf(d->arena, STR_FMT "[%zu]", STR_ARG(location), i);
		read_retrier(d, &s->retriers[s->retrier_count++], value->items[i], i + 1 == value->count, where);
	}
}

static void read_catcher(struct definer *d, const struct state *s, struct catcher *c, const struct json *value, bool last,
			 struct str location)
{
	static const char *const in_path[] = { "ErrorEquals", "Next", "ResultPath", "Assign", "Comment", NULL };
	static const char *const in_jsonata[] = { "ErrorEquals", "Next", "Output", "Assign", "Comment", NULL };
	if (!check_names(d, value, s->language == LANGUAGE_JSONATA ? in_jsonata : in_path, location))
		return;
	c->errors = read_errors(d, value, last, location);
	define_path(d, &c->result_path, value, "ResultPath", true, location);
	c->assign = define_template(d, s, value, "Assign", location);
	c->output = define_template(d, s, value, "Output", location);
	if (!json_is(json_get_c(value, "Next"), JSON_STRING))
		diagnose_schema(d->diagnostics, location, "These fields are required: [Next]");
}

void define_catch(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	if (!value)
		return;
	location = define_below(d, location, "Catch");
	if (!json_is(value, JSON_ARRAY)) {
		diagnose_schema(d->diagnostics, location, "Value is not an array");
		return;
	}
	s->catchers = arena_alloc_array(d->arena, value->count + 1, sizeof(*s->catchers));
	for (size_t i = 0; s->catchers && i < value->count; i++) {
		struct str where = arena_printf(d->arena, STR_FMT "[%zu]", STR_ARG(location), i);
		read_catcher(d, s, &s->catchers[s->catcher_count++], value->items[i], i + 1 == value->count, where);
	}
}

static void read_choice(struct definer *d, const struct state *s, struct choice *c, const struct json *value, struct str location)
{
	c->rule = choice_compile(d->arena, value, s->language, location, d->diagnostics);
	if (!c->rule)
		return;
	c->assign = define_template(d, s, value, "Assign", location);
	if (s->language == LANGUAGE_JSONATA)
		c->output = define_template(d, s, value, "Output", location);
	if (!json_is(json_get_c(value, "Next"), JSON_STRING))
		diagnose_schema(d->diagnostics, location, "These fields are required: [Next]");
}

void define_choices(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	const struct json *choices = json_get_c(value, "Choices");
	const struct json *otherwise = json_get_c(value, "Default");
	if (!choices)
		diagnose_schema(d->diagnostics, location, "These fields are required: [Choices]");
	else if (!json_is(choices, JSON_ARRAY) || choices->count == 0)
		diagnose_schema(d->diagnostics, define_below(d, location, "Choices"), "Value is not a non-empty array");
	if (otherwise && !json_is(otherwise, JSON_STRING))
		diagnose_schema(d->diagnostics, define_below(d, location, "Default"), "Value is not a string");
	if (!json_is(choices, JSON_ARRAY))
		return;
	s->choices = arena_alloc_array(d->arena, choices->count + 1, sizeof(*s->choices));
	for (size_t i = 0; s->choices && i < choices->count; i++)
		read_choice(d, s, &s->choices[s->choice_count++], choices->items[i],
			    define_below(d, location, "Choices[%zu]", i));
}
