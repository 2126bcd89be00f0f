/* SPDX-License-Identifier: Apache-2.0
 *
 * Parallel and Map: states that hold blocks of states.
 */
#include "states/define.h"

void define_parallel(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	const struct json *branches = json_get_c(value, "Branches");
	if (!branches) {
		diagnose_schema(d->diagnostics, location, "These fields are required: [Branches]");
		return;
	}
	if (!json_is(branches, JSON_ARRAY) || branches->count == 0) {
		diagnose_schema(d->diagnostics, define_below(d, location, "Branches"), "Value is not a non-empty array");
		return;
	}
	s->branches = arena_alloc_array(d->arena, branches->count, sizeof(*s->branches));
	s->branch_count = s->branches ? branches->count : 0;
	for (size_t i = 0; i < s->branch_count; i++)
		define_block(d, &s->branches[i], branches->items[i], define_below(d, location, "Branches[%zu]", i));
}

static void define_processor_config(struct definer *d, struct state *s, const struct json *config, struct str location)
{
	struct str mode = json_text(json_get_c(config, "Mode")), type = json_text(json_get_c(config, "ExecutionType"));
	if (!config)
		return;
	location = define_below(d, location, "ProcessorConfig");
	s->map.distributed = str_eq_c(mode, "DISTRIBUTED");
	if (str_is_set(mode) && !s->map.distributed && !str_eq_c(mode, "INLINE"))
		diagnose_schema(d->diagnostics, define_below(d, location, "Mode"), "Value must be one of [INLINE, DISTRIBUTED]");
	if (s->map.distributed && d->machine->express)
		diagnose_schema(d->diagnostics, location, "Distributed Map state is not supported in Express state machines");
	if (str_is_set(type) && !str_eq_c(type, "STANDARD") && !str_eq_c(type, "EXPRESS"))
		diagnose_schema(d->diagnostics, define_below(d, location, "ExecutionType"),
				"Value must be one of [STANDARD, EXPRESS]");
	if (s->map.distributed && !str_is_set(type))
		diagnose_schema(d->diagnostics, location, "These fields are required: [ExecutionType]");
}

static void define_processor(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	const struct json *processor = json_get_c(value, "ItemProcessor"), *iterator = json_get_c(value, "Iterator");
	if ((processor != NULL) == (iterator != NULL)) {
		diagnose_schema(d->diagnostics, location, "Exactly one of these fields is required: [Iterator, ItemProcessor]");
		return;
	}
	location = define_below(d, location, processor ? "ItemProcessor" : "Iterator");
	processor = processor ? processor : iterator;
	if (json_get_c(processor, "QueryLanguage"))
		diagnose_schema(d->diagnostics, location, "Field 'QueryLanguage' is not supported");
	define_processor_config(d, s, json_get_c(processor, "ProcessorConfig"), location);
	define_block(d, &s->map.processor, processor, location);
}

static void check_literal(struct definer *d, const struct setting *s, double max, struct str location)
{
	double n;
	if (s->literal && (!json_is(s->literal, JSON_NUMBER) || json_to_double(s->literal, &n) < 0 || n < 0 || n > max))
		diagnose_schema(d->diagnostics, define_below(d, location, STR_FMT, STR_ARG(s->field)),
				"Value must be a number between 0 and %.0f", max);
}

static void define_limits(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	struct map_fields *m = &s->map;
	define_setting(d, s, &m->max_concurrency, value, "MaxConcurrency", "MaxConcurrencyPath", location);
	define_setting(d, s, &m->tolerated_count, value, "ToleratedFailureCount", "ToleratedFailureCountPath", location);
	define_setting(d, s, &m->tolerated_percentage, value, "ToleratedFailurePercentage", "ToleratedFailurePercentagePath",
		       location);
	check_literal(d, &m->max_concurrency, 1e9, location);
	check_literal(d, &m->tolerated_count, 1e9, location);
	check_literal(d, &m->tolerated_percentage, 100, location);
}

static void define_items(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	struct optional_path path = { 0 };
	const struct json *items = json_get_c(value, "Items");
	const struct json *selector = json_get_c(value, "ItemSelector");
	define_path(d, &path, value, "ItemsPath", false, location);
	s->map.items_path = path.path;
	if (items && json_is(items, JSON_ARRAY)) {
		s->map.items.field = STR("Items");
		s->map.items.expression = define_template(d, s, value, "Items", location);
	} else if (items) {
		setting_compile(&s->map.items, d->arena, items, s->language, STR("Items"), location, d->diagnostics);
	}
	if (s->map.items.literal)
		diagnose_schema(d->diagnostics, define_below(d, location, "Items"),
				"Value must be an array or a JSONata expression");
	if (selector && s->parameters)
		diagnose_schema(d->diagnostics, location, "You cannot specify both Parameters and ItemSelector");
	s->map.item_selector = selector ? define_template(d, s, value, "ItemSelector", location) : s->parameters;
	s->parameters = NULL; /* of a Map they are the old name of ItemSelector */
}

void define_map(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	define_items(d, s, value, location);
	define_limits(d, s, value, location);
	s->map.label = json_text(json_get_c(value, "Label"));
	define_processor(d, s, value, location);
	if (s->map.label.n > 40)
		diagnose_schema(d->diagnostics, define_below(d, location, "Label"), "Value must have at most 40 characters");
}
