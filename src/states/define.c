/* SPDX-License-Identifier: Apache-2.0
 *
 * From a definition's text to a machine: the top level and the blocks of states.
 */
#include "states/define.h"

#include <stdlib.h>

#include "base/limits.h"

struct str define_below(struct definer *d, struct str location, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str name = arena_vprintf(d->arena, format, args);
	va_end(args);
	return arena_printf(d->arena, STR_FMT "/" STR_FMT, STR_ARG(location), STR_ARG(name));
}

static enum language read_language(struct definer *d, const struct json *value, enum language inherited, struct str location)
{
	const struct json *field = json_get_c(value, "QueryLanguage");
	if (!field)
		return inherited;
	if (str_eq_c(json_text(field), "JSONata"))
		return LANGUAGE_JSONATA;
	if (!str_eq_c(json_text(field), "JSONPath"))
		diagnose_schema(d->diagnostics, define_below(d, location, "QueryLanguage"),
				"Value must be one of [JSONPath, JSONata]");
	else if (d->machine->language == LANGUAGE_JSONATA)
		diagnose_schema(d->diagnostics, location,
				"'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
	return LANGUAGE_JSONPATH;
}

static enum state_type read_type(struct definer *d, const struct json *value, struct str location)
{
	static const struct {
		const char *name;
		enum state_type type;
	} types[] = {
		{ "Pass", STATE_PASS },       { "Task", STATE_TASK }, { "Choice", STATE_CHOICE },     { "Wait", STATE_WAIT },
		{ "Succeed", STATE_SUCCEED }, { "Fail", STATE_FAIL }, { "Parallel", STATE_PARALLEL }, { "Map", STATE_MAP },
	};
	const struct json *type = json_get_c(value, "Type");
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (str_eq_c(json_text(type), types[i].name))
			return types[i].type;
	if (!type)
		diagnose_schema(d->diagnostics, location, "These fields are required: [Type]");
	else
		diagnose_schema(d->diagnostics, define_below(d, location, "Type"),
				"Value must be one of [Task, Wait, Pass, "
				"Succeed, Fail, Choice, Parallel, Map]");
	return 0;
}

static bool machine_add(struct machine *m, struct state *s)
{
	if (m->count == m->capacity) {
		size_t capacity = m->capacity ? m->capacity * 2 : 16;
		struct state **states = arena_alloc_array(&m->arena, capacity, sizeof(*states));
		if (!states || capacity > STATES_MAX)
			return false;
		if (m->count)
			memcpy(states, m->states, m->count * sizeof(*states));
		m->states = states;
		m->capacity = capacity;
	}
	s->index = m->count;
	m->states[m->count++] = s;
	return true;
}

static void define_one(struct definer *d, struct block *block, const struct json_member *m, struct str location)
{
	struct state *s = ARENA_NEW(d->arena, struct state);
	location = define_below(d, location, "States/" STR_FMT, STR_ARG(m->name));
	if (!s || !machine_add(d->machine, s)) {
		diagnose_schema(d->diagnostics, location, "The definition has too many states");
		return;
	}
	s->name = m->name;
	block->states[block->count++] = s;
	if (m->name.n == 0 || str_utf8_length(m->name) > STATE_NAME_MAX)
		diagnose_schema(d->diagnostics, location, "State name must be between 1 and %d characters", STATE_NAME_MAX);
	if (!json_is(m->value, JSON_OBJECT)) {
		diagnose_schema(d->diagnostics, location, "Value is not an object");
		return;
	}
	s->type = read_type(d, m->value, location);
	s->language = read_language(d, m->value, d->machine->language, location);
	if (s->type)
		define_state(d, s, m->value, location);
}

static void check_block(struct definer *d, const struct json *value, struct str location)
{
	bool start = json_get_c(value, "StartAt"), states = json_get_c(value, "States");
	if (!start || !states)
		diagnose_schema(d->diagnostics, location, "These fields are required: [%s%s%s]", start ? "" : "StartAt",
				start || states ? "" : ", ", states ? "" : "States");
	if (start && !json_is(json_get_c(value, "StartAt"), JSON_STRING))
		diagnose_schema(d->diagnostics, define_below(d, location, "StartAt"), "Value is not a string");
	if (states && (!json_is(json_get_c(value, "States"), JSON_OBJECT) || json_get_c(value, "States")->count == 0))
		diagnose_schema(d->diagnostics, define_below(d, location, "States"), "Value is not a non-empty object");
}

void define_block(struct definer *d, struct block *block, const struct json *value, struct str location)
{
	const struct json *states = json_get_c(value, "States");
	if (!json_is(value, JSON_OBJECT) || d->depth >= BLOCK_DEPTH_MAX) {
		diagnose_schema(d->diagnostics, location,
				d->depth >= BLOCK_DEPTH_MAX ? "The definition is nested too deeply" : "Value is not an object");
		return;
	}
	size_t errors = d->diagnostics->errors;
	check_block(d, value, location);
	block->states =
		json_is(states, JSON_OBJECT) ? arena_alloc_array(d->arena, states->count + 1, sizeof(*block->states)) : NULL;
	if (!block->states || errors != d->diagnostics->errors)
		return;
	d->depth++;
	for (size_t i = 0; i < states->count; i++)
		define_one(d, block, &states->members[i], location);
	d->depth--;
	if (errors == d->diagnostics->errors)
		define_links(d, block, value, location);
}

/* The seconds may be quoted: definitions made by templates often quote them. */
static int64_t read_timeout(struct definer *d, const struct json *value)
{
	const struct json *field = json_get_c(value, "TimeoutSeconds");
	int64_t seconds = 0;
	if (!field)
		return 0;
	if (json_to_i64(field, &seconds) < 0 && str_to_i64(json_text(field), &seconds) < 0)
		seconds = 0;
	if (seconds < 1 || seconds > 99999999)
		diagnose_schema(d->diagnostics, STR("/TimeoutSeconds"), "Value must be an integer between 1 and 99999999");
	return seconds;
}

static void check_top(struct definer *d, const struct json *value)
{
	static const char *const known[] = { "Comment", "StartAt", "States", "Version", "TimeoutSeconds", "QueryLanguage" };
	for (size_t i = 0; i < value->count; i++) {
		bool found = false;
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			found = found || str_eq_c(value->members[i].name, known[k]);
		if (!found)
			diagnose_schema(d->diagnostics, STR(""), "Field '" STR_FMT "' is not supported",
					STR_ARG(value->members[i].name));
	}
	const struct json *version = json_get_c(value, "Version");
	if (version && !str_eq_c(json_text(version), "1.0"))
		diagnose_schema(d->diagnostics, STR("/Version"), "Value must be one of [1.0]");
}

static void define_machine(struct definer *d, struct str definition)
{
	const struct json *value;
	struct error err = { 0 };
	if (json_parse(d->arena, definition, &value, &err) < 0) {
		diagnose(d->diagnostics, "INVALID_JSON_DESCRIPTION", STR_NULL, "%s", err.message);
		return;
	}
	if (!json_is(value, JSON_OBJECT)) {
		diagnose(d->diagnostics, "INVALID_JSON_DESCRIPTION", STR_NULL, "The definition is not a JSON object");
		return;
	}
	check_top(d, value);
	d->machine->language = read_language(d, value, LANGUAGE_JSONPATH, STR(""));
	d->machine->timeout_s = read_timeout(d, value);
	define_block(d, &d->machine->root, value, STR(""));
}

struct machine *machine_compile(struct str definition, bool express, struct diagnostics *diagnostics)
{
	struct machine *m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	arena_init(&m->arena, MIB(64));
	m->express = express;
	struct definer d = { .machine = m, .arena = &m->arena, .diagnostics = diagnostics };
	size_t errors = diagnostics->errors;
	define_machine(&d, arena_str(&m->arena, definition));
	if (errors == diagnostics->errors && !arena_failed(&m->arena))
		return m;
	if (errors == diagnostics->errors)
		diagnose_schema(diagnostics, STR_NULL, "The definition is too large");
	machine_free(m);
	return NULL;
}

void machine_free(struct machine *m)
{
	if (!m)
		return;
	arena_release(&m->arena);
	free(m);
}

int64_t machine_timeout_s(const struct machine *m)
{
	return m->timeout_s;
}
