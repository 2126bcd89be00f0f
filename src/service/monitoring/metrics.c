/* SPDX-License-Identifier: Apache-2.0
 *
 * Putting and getting measurements.
 */
#include "service/monitoring/internal.h"

#include "os/clock.h"

static const struct bind dimension_fields[] = {
	{ .name = "Name", .kind = BIND_KIND_STR, .required = true, .min = 1, .max = 255 },
	{ .name = "Value", .kind = BIND_KIND_STR, .required = true, .min = 1, .max = 1024 },
	BIND_DONE,
};

#define DIMENSIONS                                                                                                               \
	BIND_LIST(struct monitoring_input, dimensions, "Dimensions", .max = MONITORING_DIMENSIONS_MAX, .fields = dimension_fields)

/* ---- PutMetricData ---- */

const struct bind monitoring_put_metric_data_fields[] = {
	BIND_STR(struct monitoring_input, name_space, "Namespace", .required = true, .min = 1, .max = 255),
	BIND_LIST(struct monitoring_input, data, "MetricData", .required = true, .max = MONITORING_DATA_MAX),
	BIND_REFUSED("EntityMetricData"),
	BIND_IGNORED("StrictEntityValidation"), /* entities are refused */
	BIND_DONE,
};

struct datum {
	struct str metric, unit;
	const struct json *dimensions, *values, *counts, *set;
	struct opt_i64 at, resolution;
	struct opt_double value;
};

static const struct bind datum_fields[] = {
	BIND_STR(struct datum, metric, "MetricName", .required = true, .min = 1, .max = 255),
	BIND_LIST(struct datum, dimensions, "Dimensions", .max = MONITORING_DIMENSIONS_MAX, .fields = dimension_fields),
	BIND_TIME(struct datum, at, "Timestamp"),
	BIND_DOUBLE(struct datum, value, "Value"),
	BIND_ANY(struct datum, set, "StatisticValues"),
	BIND_LIST(struct datum, values, "Values", .max = 150),
	BIND_LIST(struct datum, counts, "Counts", .max = 150),
	BIND_STR(struct datum, unit, "Unit"),
	BIND_I64(struct datum, resolution, "StorageResolution", .min = 1, .max = 60),
	BIND_DONE,
};

/* Numbers of a Query form are texts. */
static double number_of(const struct json *v, double otherwise)
{
	double out;

	if (json_to_double(v, &out) == 0 || str_to_double(json_text(v), &out) == 0)
		return out;
	return otherwise;
}

static struct aggregate datum_aggregate(const struct datum *d)
{
	struct aggregate out = { 0 };

	if (d->set)
		return (struct aggregate){ number_of(json_get_c(d->set, "SampleCount"), 0),
					   number_of(json_get_c(d->set, "Sum"), 0), number_of(json_get_c(d->set, "Minimum"), 0),
					   number_of(json_get_c(d->set, "Maximum"), 0) };
	if (d->value.set)
		return (struct aggregate){ 1, d->value.value, d->value.value, d->value.value };
	for (size_t i = 0; d->values && i < d->values->count; i++) {
		double value = number_of(d->values->items[i], 0), count = number_of(json_at(d->counts, i), 1);
		struct aggregate one = { count, value * count, value, value };

		aggregate_add(&out, &one);
	}
	return out;
}

static int put_datum(struct call *call, size_t index)
{
	const struct monitoring_input *in = call->input;
	struct datum d = { 0 };
	struct bind_faults faults;
	struct error err = { 0 };

	if (bind_struct(&call->arena, datum_fields, in->data->items[index], true, &d, &faults) != 0)
		return call_failf(call,
				  faults.faults[0].kind == BIND_FAULT_MISSING ? &monitoring_MissingParameter
									      : &monitoring_InvalidParameterValue,
				  "The parameter MetricData.member.%zu." STR_FMT " is required or not valid.", index + 1,
				  STR_ARG(faults.faults[0].path));
	struct aggregate sum = datum_aggregate(&d);
	if (sum.n <= 0)
		return call_failf(call, &monitoring_MissingParameter, "The parameter MetricData.member.%zu.Value is required.",
				  index + 1);
	int64_t at = d.at.set ? d.at.value : clock_wall_ms();
	struct metric_name name = { .name_space = in->name_space,
				    .metric = d.metric,
				    .dimensions = dimensions_key(&call->arena, d.dimensions) };
	if (data_add(call->txn, &call->arena, &name, at, &sum, &err) < 0)
		return call_fault(call, &err);
	return 0;
}

int monitoring_put_metric_data(struct call *call)
{
	const struct monitoring_input *in = call->input;

	for (size_t i = 0; i < in->data->count; i++)
		if (put_datum(call, i) < 0)
			return -1;
	return 0;
}

/* ---- GetMetricStatistics ---- */

const struct bind monitoring_get_metric_statistics_fields[] = {
	BIND_STR(struct monitoring_input, name_space, "Namespace", .required = true, .min = 1, .max = 255),
	BIND_STR(struct monitoring_input, metric, "MetricName", .required = true, .min = 1, .max = 255),
	DIMENSIONS,
	BIND_TIME(struct monitoring_input, start, "StartTime", .required = true),
	BIND_TIME(struct monitoring_input, end, "EndTime", .required = true),
	BIND_I64(struct monitoring_input, period, "Period", .required = true, .min = 1, .max = 86400 * 30),
	BIND_LIST(struct monitoring_input, statistics, "Statistics", .max = 5),
	BIND_STR(struct monitoring_input, unit, "Unit"),
	BIND_REFUSED("ExtendedStatistics"),
	BIND_DONE,
};

static int64_t floor_to(int64_t ms, int64_t step)
{
	return ms - ms % step;
}

static void write_point(struct call *call, const struct json *statistics, int64_t at, const struct aggregate *sum)
{
	write_object(&call->out, NULL);
	write_time(&call->out, "Timestamp", at);
	for (size_t i = 0; i < statistics->count; i++) {
		const char *name = arena_c(&call->arena, json_text(statistics->items[i]));

		write_double(&call->out, name, aggregate_statistic(sum, str_c(name)));
	}
	write_c(&call->out, "Unit", "None");
	write_end(&call->out);
}

static int check_statistics(struct call *call, int64_t step)
{
	const struct monitoring_input *in = call->input;

	if (step % MINUTE_MS)
		return call_failf(call, &monitoring_InvalidParameterValue, "The parameter Period must be a multiple of 60.");
	if (in->start.value >= in->end.value)
		return call_failf(call, &monitoring_InvalidParameterValue,
				  "The parameter StartTime must be less than the parameter EndTime.");
	if ((in->end.value - in->start.value) / step > MONITORING_POINTS_MAX)
		return call_failf(
			call, &monitoring_InvalidParameterCombination,
			"You have requested up to %lld datapoints, which exceeds the limit of %d. You may reduce the datapoints "
			"requested by increasing Period, or decreasing the time range.",
			(long long)((in->end.value - in->start.value) / step), MONITORING_POINTS_MAX);
	if (!in->statistics || in->statistics->count == 0)
		return call_failf(call, &monitoring_MissingParameter, "Must specify either Statistics or ExtendedStatistics");
	for (size_t i = 0; i < in->statistics->count; i++)
		if (!is_statistic(json_text(in->statistics->items[i])))
			return call_failf(call, &monitoring_InvalidParameterValue,
					  "The parameter Statistics.member.%zu is not valid.", i + 1);
	return 0;
}

int monitoring_get_metric_statistics(struct call *call)
{
	const struct monitoring_input *in = call->input;
	struct metric_name name = { .name_space = in->name_space,
				    .metric = in->metric,
				    .dimensions = dimensions_key(&call->arena, in->dimensions) };
	int64_t step = in->period.value * 1000;
	struct error err = { 0 };

	if (check_statistics(call, step) < 0)
		return -1;
	write_str(&call->out, "Label", in->metric);
	write_list(&call->out, "Datapoints", "member");
	for (int64_t at = floor_to(in->start.value, step); at < in->end.value; at += step) {
		struct aggregate sum;

		if (data_read(call->txn, &call->arena, &name, at, at + step, &sum, &err) < 0)
			return call_fault(call, &err);
		if (sum.n > 0)
			write_point(call, in->statistics, at, &sum);
	}
	write_end(&call->out);
	return 0;
}

/* ---- GetMetricData ---- */

const struct bind monitoring_get_metric_data_fields[] = {
	BIND_LIST(struct monitoring_input, queries, "MetricDataQueries", .required = true, .max = 500),
	BIND_TIME(struct monitoring_input, start, "StartTime", .required = true),
	BIND_TIME(struct monitoring_input, end, "EndTime", .required = true),
	BIND_STR(struct monitoring_input, scan_by, "ScanBy"),
	BIND_IGNORED("NextToken"),     /* everything fits one answer */
	BIND_IGNORED("MaxDatapoints"), /* and stays below it */
	BIND_REFUSED("LabelOptions"),
	BIND_DONE,
};

struct series_query {
	const struct json *query, *stat, *metric;
	struct metric_name name;
	int64_t step;
	struct str statistic;
};

static int read_query(struct call *call, const struct json *query, struct series_query *out)
{
	out->query = query;
	out->stat = json_get_c(query, "MetricStat");
	out->metric = json_get_c(out->stat, "Metric");
	out->step = (int64_t)number_of(json_get_c(out->stat, "Period"), 0) * 1000;
	out->statistic = json_get_text(out->stat, STR("Stat"));
	out->name = (struct metric_name){ .name_space = json_get_text(out->metric, STR("Namespace")),
					  .metric = json_get_text(out->metric, STR("MetricName")),
					  .dimensions = dimensions_key(&call->arena, json_get_c(out->metric, "Dimensions")) };
	if (json_get_c(query, "Expression"))
		return call_failf(call, &monitoring_ValidationError, "Metric math expressions are not supported.");
	if (out->step <= 0 || out->step % MINUTE_MS || !is_statistic(out->statistic) || out->name.metric.n == 0)
		return call_failf(call, &monitoring_ValidationError,
				  "The value for MetricStat of query " STR_FMT
				  " is not valid: a metric, a period that is a multiple of 60 and "
				  "one of SampleCount, Average, Sum, Minimum, Maximum are needed.",
				  STR_ARG(json_get_text(query, STR("Id"))));
	return 0;
}

static int write_series(struct call *call, const struct series_query *q)
{
	const struct monitoring_input *in = call->input;
	struct json *times = json_new_array(&call->arena), *values = json_new_array(&call->arena);
	int64_t first = floor_to(in->start.value, q->step), last = floor_to(in->end.value - 1, q->step);
	bool ascending = str_eq_c(in->scan_by, "TimestampAscending");
	struct error err = { 0 };

	for (int64_t i = 0; i <= (last - first) / q->step && i < 100800; i++) {
		int64_t at = ascending ? first + i * q->step : last - i * q->step;
		struct aggregate sum;

		if (data_read(call->txn, &call->arena, &q->name, at, at + q->step, &sum, &err) < 0)
			return call_fault(call, &err);
		if (sum.n == 0)
			continue;
		json_add(&call->arena, times, json_new_i64(&call->arena, at));
		json_add(&call->arena, values, json_new_double(&call->arena, aggregate_statistic(&sum, q->statistic)));
	}
	write_list(&call->out, "Timestamps", "member");
	for (size_t i = 0; i < times->count; i++) {
		int64_t at;

		if (json_to_i64(times->items[i], &at) == 0)
			write_time(&call->out, NULL, at);
	}
	write_end(&call->out);
	write_json(&call->out, "Values", values);
	return 0;
}

int monitoring_get_metric_data(struct call *call)
{
	const struct monitoring_input *in = call->input;

	write_list(&call->out, "MetricDataResults", "member");
	for (size_t i = 0; i < in->queries->count; i++) {
		struct series_query q;

		if (read_query(call, in->queries->items[i], &q) < 0)
			return -1;
		struct str label = json_get_text(q.query, STR("Label")), wanted = json_get_text(q.query, STR("ReturnData"));
		if (str_eq_c(wanted, "false") ||
		    (json_is(json_get_c(q.query, "ReturnData"), JSON_BOOL) && !json_true(json_get_c(q.query, "ReturnData"))))
			continue;
		write_object(&call->out, NULL);
		write_str(&call->out, "Id", json_get_text(q.query, STR("Id")));
		write_str(&call->out, "Label", label.n ? label : q.name.metric);
		if (write_series(call, &q) < 0)
			return -1;
		write_c(&call->out, "StatusCode", "Complete");
		write_end(&call->out);
	}
	write_end(&call->out);
	write_list(&call->out, "Messages", "member");
	write_end(&call->out);
	return 0;
}

/* ---- ListMetrics ---- */

const struct bind monitoring_list_metrics_fields[] = {
	BIND_STR(struct monitoring_input, name_space, "Namespace", .min = 1, .max = 255),
	BIND_STR(struct monitoring_input, metric, "MetricName", .min = 1, .max = 255),
	BIND_LIST(struct monitoring_input, dimensions, "Dimensions", .max = 10),
	BIND_STR(struct monitoring_input, token, "NextToken"),
	BIND_IGNORED("RecentlyActive"),        /* metrics are listed while they have data */
	BIND_IGNORED("IncludeLinkedAccounts"), /* there is one account */
	BIND_REFUSED("OwningAccount"),
	BIND_DONE,
};

static bool has_dimension(const struct json *dimensions, const struct json *wanted)
{
	struct str name = json_get_text(wanted, STR("Name")), value = json_get_text(wanted, STR("Value"));

	for (size_t i = 0; dimensions && i < dimensions->count; i++)
		if (str_eq(name, json_get_text(dimensions->items[i], STR("Name"))) &&
		    (!str_is_set(value) || str_eq(value, json_get_text(dimensions->items[i], STR("Value")))))
			return true;
	return false;
}

static int write_metric(void *argument, const struct json *record)
{
	struct call *call = argument;
	const struct monitoring_input *in = call->input;
	const struct json *dimensions = json_get_c(record, "Dimensions");

	if ((in->name_space.n && !str_eq(in->name_space, json_get_text(record, STR("Namespace")))) ||
	    (in->metric.n && !str_eq(in->metric, json_get_text(record, STR("MetricName")))))
		return 0;
	for (size_t i = 0; in->dimensions && i < in->dimensions->count; i++)
		if (!has_dimension(dimensions, in->dimensions->items[i]))
			return 0;
	write_json(&call->out, NULL, record);
	return 1;
}

int monitoring_list_metrics(struct call *call)
{
	const struct monitoring_input *in = call->input;
	struct record_window window = { .limit = 500, .token = in->token };
	struct error err = { 0 };
	struct str next;
	struct key key;

	record_key(&key, STR("metric"));
	write_list(&call->out, "Metrics", "member");
	if (record_page(call->txn, SPACE_MONITORING, &key, &window, &call->arena, write_metric, call, &next, &err) < 0)
		return monitoring_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextToken", next);
	return 0;
}
