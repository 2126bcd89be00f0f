/* SPDX-License-Identifier: Apache-2.0
 *
 * Metric filters: lines that fit a pattern become measurements.
 */
#include "service/logs/internal.h"

#include "base/limits.h"
#include "os/clock.h"
#include "service/logs/filter.h"

static bool valid_filter_name(struct str text)
{
	return str_find_char(text, ':', 0) < 0 && str_find_char(text, '*', 0) < 0;
}

#define FILTER_GROUP BIND_STR(struct logs_input, group, "logGroupName", .required = true, .min = 1, .max = 512)
#define FILTER_NAME                                                                                                              \
	BIND_STR(struct logs_input, filter_name, "filterName", .required = true, .min = 1, .max = 512,                           \
		 .valid = valid_filter_name, .pattern = "[^:*]*")

static const struct bind transformation_fields[] = {
	{ .name = "metricName", .kind = BIND_KIND_STR, .required = true, .max = 255 },
	{ .name = "metricNamespace", .kind = BIND_KIND_STR, .required = true, .max = 255 },
	{ .name = "metricValue", .kind = BIND_KIND_STR, .required = true, .max = 100 },
	{ .name = "defaultValue", .kind = BIND_KIND_DOUBLE },
	{ .name = "unit", .kind = BIND_KIND_STR },
	{ .name = "dimensions", .kind = BIND_KIND_MAP, .max = 1 }, /* our own measurements have one at most */
	BIND_DONE,
};

const struct bind logs_put_metric_filter_fields[] = {
	FILTER_GROUP,
	FILTER_NAME,
	BIND_STR(struct logs_input, filter_pattern, "filterPattern", .required = true, .max = 1024),
	BIND_LIST(struct logs_input, transformations, "metricTransformations", .required = true, .min = 1, .max = 1,
		  .fields = transformation_fields),
	BIND_IGNORED("applyOnTransformedLogs"), /* there are no log transformers */
	BIND_REFUSED("fieldSelectionCriteria"),
	BIND_REFUSED("emitSystemFieldDimensions"),
	BIND_DONE,
};

int logs_put_metric_filter(struct call *call)
{
	const struct logs_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *filter = json_new_object(a);
	const struct log_filter *compiled;
	const struct json *group;
	struct error err = { 0 };
	struct key key;

	if (log_filter_compile(a, in->filter_pattern, &compiled, &err) < 0)
		return call_failf(call, &logs_InvalidParameterException, "%s", err.message);
	if (logs_need_group(call, in->group, &group) < 0)
		return -1;
	json_put(a, filter, STR("filterName"), json_new_string(a, in->filter_name));
	json_put(a, filter, STR("filterPattern"), json_new_string(a, in->filter_pattern));
	json_put(a, filter, STR("metricTransformations"), in->transformations);
	json_put(a, filter, STR("creationTime"), json_new_i64(a, clock_wall_ms()));
	json_put(a, filter, STR("logGroupName"), json_new_string(a, in->group));
	record_key(&key, STR("filter"), in->group, in->filter_name);
	return logs_put(call, &key, filter);
}

const struct bind logs_delete_metric_filter_fields[] = { FILTER_GROUP, FILTER_NAME, BIND_DONE };

int logs_delete_filter(struct call *call, struct str space, const char *what)
{
	const struct logs_input *in = call->input;
	const struct json *group;
	struct error err = { 0 };
	struct key key;

	if (logs_need_group(call, in->group, &group) < 0)
		return -1;
	record_key(&key, space, in->group, in->filter_name);
	if (!store_has(call->txn, SPACE_LOGS, key_str(&key)))
		return call_failf(call, &logs_ResourceNotFoundException, "The specified %s filter does not exist.", what);
	return store_delete(call->txn, SPACE_LOGS, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
}

int logs_delete_metric_filter(struct call *call)
{
	return logs_delete_filter(call, STR("filter"), "metric");
}

const struct bind logs_describe_metric_filters_fields[] = {
	BIND_STR(struct logs_input, group, "logGroupName", .min = 1, .max = 512),
	BIND_STR(struct logs_input, prefix, "filterNamePrefix", .min = 1, .max = 512),
	BIND_STR(struct logs_input, token, "nextToken", .min = 1),
	BIND_I64(struct logs_input, limit, "limit", .min = 1, .max = 50),
	BIND_STR(struct logs_input, metric_name, "metricName", .max = 255),
	BIND_STR(struct logs_input, metric_namespace, "metricNamespace", .max = 255),
	BIND_DONE,
};

static int write_filter(void *argument, const struct json *filter)
{
	struct call *call = argument;
	const struct logs_input *in = call->input;
	const struct json *made = json_at(json_get_c(filter, "metricTransformations"), 0);

	if (!str_starts(json_get_text(filter, STR("filterName")), in->prefix) ||
	    (in->metric_name.n && !str_eq(in->metric_name, json_get_text(made, STR("metricName")))) ||
	    (in->metric_namespace.n && !str_eq(in->metric_namespace, json_get_text(made, STR("metricNamespace")))))
		return 0;
	write_json(&call->out, NULL, filter);
	return 1;
}

int logs_describe_metric_filters(struct call *call)
{
	const struct logs_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 50, .token = in->token };
	const struct json *group;
	struct error err = { 0 };
	struct str next;
	struct key key;

	if (in->group.n && logs_need_group(call, in->group, &group) < 0)
		return -1;
	record_key(&key, STR("filter"));
	if (in->group.n)
		key_add_str(&key, in->group);
	write_list(&call->out, "metricFilters", "member");
	if (record_page(call->txn, SPACE_LOGS, &key, &window, &call->arena, write_filter, call, &next, &err) < 0)
		return logs_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "nextToken", next);
	return 0;
}

const struct bind logs_test_metric_filter_fields[] = {
	BIND_STR(struct logs_input, filter_pattern, "filterPattern", .required = true, .max = 1024),
	BIND_LIST(struct logs_input, events, "logEventMessages", .required = true, .min = 1, .max = 50),
	BIND_DONE,
};

int logs_test_metric_filter(struct call *call)
{
	const struct logs_input *in = call->input;
	const struct log_filter *filter;
	struct error err = { 0 };

	if (log_filter_compile(&call->arena, in->filter_pattern, &filter, &err) < 0)
		return call_failf(call, &logs_InvalidParameterException, "%s", err.message);
	write_list(&call->out, "matches", "member");
	for (size_t i = 0; i < in->events->count; i++) {
		struct str line = json_text(in->events->items[i]);

		if (!log_filter_matches(filter, &call->arena, line))
			continue;
		write_object(&call->out, NULL);
		write_i64(&call->out, "eventNumber", (int64_t)i + 1);
		write_str(&call->out, "eventMessage", line);
		write_object(&call->out, "extractedValues");
		write_end(&call->out);
		write_end(&call->out);
	}
	write_end(&call->out);
	return 0;
}

/* ---- acting ---- */

struct applying {
	struct logs *logs;
	struct arena *arena;
	const struct log_batch *batch;
};

/* "$.field.field" of a JSON line; NULL for none. */
static const struct json *selected(struct arena *a, struct str selector, struct str line)
{
	struct str rest = str_from(selector, 2);
	const struct json *v;

	if (!str_starts(selector, STR("$.")) || json_parse(a, line, &v, NULL) != 0)
		return NULL;
	while (str_is_set(rest))
		v = json_get(v, str_split(&rest, '.'));
	return v;
}

/* "1", or "$.field" of a JSON line. */
static bool metric_value(struct arena *a, struct str wanted, struct str line, double *out)
{
	if (!str_starts(wanted, STR("$.")))
		return str_to_double(wanted, out) == 0;
	return json_to_double(selected(a, wanted, line), out) == 0;
}

/* The measurement of a line that fits; without its dimension where the line lacks that. */
static void record_line(struct applying *ap, const struct json *made, struct str line, double value)
{
	const struct json *dimensions = json_get_c(made, "dimensions");
	const char *space = arena_c(ap->arena, json_get_text(made, STR("metricNamespace")));
	const char *metric = arena_c(ap->arena, json_get_text(made, STR("metricName"))), *dimension = NULL;
	struct str of = STR_NULL;

	if (dimensions && dimensions->count == 1) {
		const struct json *v = selected(ap->arena, json_text(dimensions->members[0].value), line);

		of = json_is(v, JSON_STRING) ? json_text(v) : v ? json_to_str(ap->arena, v) : STR_NULL;
		dimension = str_is_set(of) ? arena_c(ap->arena, dimensions->members[0].name) : NULL;
	}
	host_metric(ap->logs->host, space, metric, dimension, dimension ? of : STR_NULL, value);
}

static int apply_filter(void *argument, const struct json *record)
{
	struct applying *ap = argument;
	const struct json *made = json_at(json_get_c(record, "metricTransformations"), 0);
	const char *space = arena_c(ap->arena, json_get_text(made, STR("metricNamespace")));
	const char *metric = arena_c(ap->arena, json_get_text(made, STR("metricName")));
	const struct log_filter *filter;
	double value;

	if (log_filter_compile(ap->arena, json_get_text(record, STR("filterPattern")), &filter, NULL) < 0)
		return 1;
	for (size_t i = 0; i < ap->batch->count; i++) {
		struct str line = ap->batch->events[i].message;
		bool fits = log_filter_matches(filter, ap->arena, line);

		if (fits && metric_value(ap->arena, json_get_text(made, STR("metricValue")), line, &value))
			record_line(ap, made, line, value);
		else if (!fits && json_to_double(json_get_c(made, "defaultValue"), &value) == 0)
			host_metric(ap->logs->host, space, metric, NULL, STR_NULL, value);
	}
	return 1;
}

void metric_filters_apply(struct logs *l, struct store_txn *txn, const struct log_batch *batch)
{
	struct applying ap = { .logs = l, .batch = batch };
	struct arena arena;
	struct key key;

	arena_init(&arena, MIB(32));
	ap.arena = &arena;
	record_key(&key, STR("filter"), batch->group);
	/* A failure to read them must not lose the lines. */
	if (record_page(txn, SPACE_LOGS, &key, &(struct record_window){ 0 }, &arena, apply_filter, &ap, NULL, NULL) < 0)
		host_metric(l->host, "AWS/Logs", "MetricFilterErrors", "LogGroupName", batch->group, 1);
	arena_release(&arena);
}
