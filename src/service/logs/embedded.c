/* SPDX-License-Identifier: Apache-2.0
 *
 * Metrics inside log lines: the embedded metric format. A line that is no such document is only a line.
 * Source: "Specification: Embedded metric format", CloudWatch User Guide.
 */
#include "service/logs/internal.h"

#include "base/limits.h"

/* One metric of a directive, for one set of dimensions; `dimension` NULL: none. */
struct embedded {
	struct host *host;
	struct arena *arena;
	const struct json *line;
	const char *name_space, *metric, *dimension;
};

static void record(const struct embedded *e, const struct json *v)
{
	struct str dimension_value = e->dimension ? json_get_text(e->line, str_c(e->dimension)) : STR_NULL;
	double value;

	if (json_to_double(v, &value) == 0)
		host_metric(e->host, e->name_space, e->metric, e->dimension, dimension_value, value);
	for (size_t i = 0; json_is(v, JSON_ARRAY) && i < v->count; i++)
		if (json_to_double(v->items[i], &value) == 0)
			host_metric(e->host, e->name_space, e->metric, e->dimension, dimension_value, value);
}

/* Our own measurements have one dimension at most: a set with more is passed over. */
static void record_sets(struct embedded *e, const struct json *sets, const struct json *v)
{
	if (!sets || sets->count == 0)
		record(e, v);
	for (size_t i = 0; sets && i < sets->count; i++) {
		const struct json *set = sets->items[i];

		if (!json_is(set, JSON_ARRAY) || set->count > 1)
			continue;
		e->dimension = set->count ? arena_c(e->arena, json_text(set->items[0])) : NULL;
		record(e, v);
	}
}

static void apply_directive(struct embedded *e, const struct json *directive)
{
	const struct json *metrics = json_get_c(directive, "Metrics");

	e->name_space = arena_c(e->arena, json_get_text(directive, STR("Namespace")));
	for (size_t i = 0; e->name_space && metrics && i < metrics->count; i++) {
		struct str name = json_get_text(metrics->items[i], STR("Name"));

		e->metric = arena_c(e->arena, name);
		e->dimension = NULL;
		if (e->metric)
			record_sets(e, json_get_c(directive, "Dimensions"), json_get(e->line, name));
	}
}

void embedded_metrics_apply(struct logs *l, struct str line)
{
	struct embedded e = { .host = l->host };
	struct arena arena;

	if (line.n == 0 || line.p[0] != '{' || str_find(line, STR("\"CloudWatchMetrics\""), 0) < 0)
		return;
	arena_init(&arena, MIB(8));
	e.arena = &arena;
	if (json_parse(&arena, str_trim(line), &e.line, NULL) == 0) {
		const struct json *directives = json_get_c(json_get_c(e.line, "_aws"), "CloudWatchMetrics");

		for (size_t i = 0; json_is(directives, JSON_ARRAY) && i < directives->count; i++)
			apply_directive(&e, directives->items[i]);
	}
	arena_release(&arena);
}
