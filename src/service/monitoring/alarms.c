/* SPDX-License-Identifier: Apache-2.0
 *
 * Alarms: put, describe, delete, set, enable, tag.
 */
#include "service/monitoring/internal.h"

#include "aws/arn.h"
#include "os/clock.h"

MONITORING_ERRORS(SERVICE_ERROR_ROW, monitoring)

struct str monitoring_alarm_arn(struct call *call, struct str name)
{
	return arn_format(&call->arena, "cloudwatch", host_region(call->host), host_account(call->host), "alarm:" STR_FMT,
			  STR_ARG(name));
}

struct str monitoring_alarm_resource(struct call *call)
{
	return monitoring_alarm_arn(call, ((const struct monitoring_input *)call->input)->name);
}

/* Descriptions are asked for of all alarms, whichever are named. */
struct str monitoring_any_alarm_resource(struct call *call)
{
	return monitoring_alarm_arn(call, STR("*"));
}

/* Of each alarm in AlarmNames. */
size_t monitoring_alarms_permissions(struct call *call, const struct permission **list)
{
	const struct json *names = ((const struct monitoring_input *)call->input)->names;
	size_t count = names ? names->count : 0;
	struct permission *asked = arena_alloc_array(&call->arena, count + 1, sizeof(*asked));

	for (size_t i = 0; asked && i < count; i++)
		asked[i] = (struct permission){ str_c(call->operation->action),
						monitoring_alarm_arn(call, json_text(names->items[i])) };
	*list = asked;
	return asked ? count : 0;
}

struct str monitoring_arn_resource(struct call *call)
{
	return ((const struct monitoring_input *)call->input)->arn;
}

int monitoring_page_fault(struct call *call, const struct error *err)
{
	return err->code == ERR_INVALID ? call_fail(call, &monitoring_InvalidNextToken) : call_fault(call, err);
}

static void alarm_key(struct key *key, struct str name)
{
	record_key(key, STR("alarm"), name);
}

static int put_alarm(struct call *call, struct str name, const struct json *alarm)
{
	struct monitoring *m = call->state;
	struct error err = { 0 };
	struct key key;

	alarm_key(&key, name);
	if (record_put(call->txn, SPACE_MONITORING, &key, &call->arena, alarm, &err) < 0)
		return call_fault(call, &err);
	m->has_alarms = true;
	return 0;
}

/* ---- building a record ---- */

static void put_text(struct arena *a, struct json *out, const char *name, struct str text)
{
	if (str_is_set(text))
		json_put(a, out, str_c(name), json_new_string(a, text));
}

static void put_number(struct arena *a, struct json *out, const char *name, const struct opt_i64 *value)
{
	if (value->set)
		json_put(a, out, str_c(name), json_new_i64(a, value->value));
}

static void put_list(struct arena *a, struct json *out, const char *name, const struct json *list)
{
	json_put(a, out, str_c(name), list ? list : &json_empty_array);
}

/* What a changed alarm keeps: its state and its tags. */
static void put_state(struct call *call, struct json *out, const struct json *before)
{
	static const char *const kept[] = {
		"StateValue", "StateReason", "StateReasonData", "StateUpdatedTimestamp", "StateTransitionedTimestamp", "Tags"
	};
	const struct monitoring_input *in = call->input;
	struct arena *a = &call->arena;
	const struct json *now = json_new_i64(a, clock_wall_ms());

	json_put(a, out, STR("AlarmConfigurationUpdatedTimestamp"), now);
	for (size_t i = 0; before && i < sizeof(kept) / sizeof(kept[0]); i++)
		if (json_get(before, str_c(kept[i])))
			json_put(a, out, str_c(kept[i]), json_get(before, str_c(kept[i])));
	if (before)
		return;
	put_text(a, out, "StateValue", STR("INSUFFICIENT_DATA"));
	put_text(a, out, "StateReason", STR("Unchecked: Initial alarm creation"));
	json_put(a, out, STR("StateUpdatedTimestamp"), now);
	json_put(a, out, STR("StateTransitionedTimestamp"), now);
	json_put(a, out, STR("Tags"), tags_merge(a, NULL, in->tags));
}

static struct json *new_alarm(struct call *call, const char *type, const struct json *before)
{
	const struct monitoring_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *out = json_new_object(a);

	put_text(a, out, "Type", str_c(type));
	put_text(a, out, "AlarmName", in->name);
	put_text(a, out, "AlarmArn", monitoring_alarm_arn(call, in->name));
	put_text(a, out, "AlarmDescription", in->description);
	json_put(a, out, STR("ActionsEnabled"), json_new_bool(!in->enabled.set || in->enabled.value));
	put_list(a, out, "OKActions", in->ok_actions);
	put_list(a, out, "AlarmActions", in->alarm_actions);
	put_list(a, out, "InsufficientDataActions", in->other_actions);
	put_state(call, out, before);
	return out;
}

static int find_before(struct call *call, const struct json **before)
{
	const struct monitoring_input *in = call->input;
	struct error err = { 0 };
	struct key key;

	*before = NULL;
	alarm_key(&key, in->name);
	int rc = record_get(call->txn, SPACE_MONITORING, &key, &call->arena, before, &err);
	return rc < 0 && rc != ERR_NOT_FOUND ? call_fault(call, &err) : 0;
}

/* Topics and functions act; what else an alarm can do on AWS would silently not happen here. */
static int check_actions(struct call *call)
{
	const struct monitoring_input *in = call->input;
	const struct json *const lists[] = { in->ok_actions, in->alarm_actions, in->other_actions };

	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++) {
		for (size_t i = 0; lists[l] && i < lists[l]->count; i++) {
			struct str action = json_text(lists[l]->items[i]);
			struct arn arn;

			if (arn_parse(action, &arn) < 0 || (!str_eq_c(arn.service, "sns") && !str_eq_c(arn.service, "lambda")))
				return call_failf(call, &monitoring_ValidationError,
						  "Invalid arn syntax or unsupported action: " STR_FMT, STR_ARG(action));
		}
	}
	return 0;
}

/* ---- PutMetricAlarm ---- */

static const char *const statistics[] = { "SampleCount", "Average", "Sum", "Minimum", "Maximum", NULL };
static const char *const comparisons[] = { "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold",
					   "LessThanOrEqualToThreshold", NULL };
static const char *const states[] = { "OK", "ALARM", "INSUFFICIENT_DATA", NULL };

#define ALARM_MEMBERS                                                                                                            \
	BIND_STR(struct monitoring_input, name, "AlarmName", .required = true, .min = 1, .max = 255),                            \
		BIND_STR(struct monitoring_input, description, "AlarmDescription", .max = 1024),                                 \
		BIND_BOOL(struct monitoring_input, enabled, "ActionsEnabled"),                                                   \
		BIND_LIST(struct monitoring_input, ok_actions, "OKActions", .max = 5),                                           \
		BIND_LIST(struct monitoring_input, alarm_actions, "AlarmActions", .max = 5),                                     \
		BIND_LIST(struct monitoring_input, other_actions, "InsufficientDataActions", .max = 5),                          \
		BIND_LIST(struct monitoring_input, tags, "Tags", .max = TAGS_MAX)

static const char *const low_samples[] = { "evaluate", "ignore", NULL };

/* The shapes inside Metrics: checked here, then kept as they came. */
static const struct bind metric_shape[] = {
	BIND_STR(struct monitoring_input, name_space, "Namespace", .min = 1, .max = 255),
	BIND_STR(struct monitoring_input, metric, "MetricName", .min = 1, .max = 255),
	BIND_LIST(struct monitoring_input, dimensions, "Dimensions", .max = MONITORING_DIMENSIONS_MAX),
	BIND_DONE,
};
static const struct bind metric_stat_shape[] = {
	BIND_STRUCT(struct monitoring_input, metrics, "Metric", metric_shape, .required = true),
	BIND_I64(struct monitoring_input, period, "Period", .required = true, .min = 60),
	BIND_STR(struct monitoring_input, statistic, "Stat", .required = true),
	BIND_STR(struct monitoring_input, unit, "Unit"),
	BIND_DONE,
};
static const struct bind query_shape[] = {
	BIND_STR(struct monitoring_input, name, "Id", .required = true, .min = 1, .max = 255),
	BIND_STRUCT(struct monitoring_input, metrics, "MetricStat", metric_stat_shape),
	BIND_STR(struct monitoring_input, rule, "Expression", .min = 1, .max = 2048),
	BIND_STR(struct monitoring_input, description, "Label"),
	BIND_BOOL(struct monitoring_input, enabled, "ReturnData"),
	BIND_I64(struct monitoring_input, period, "Period", .min = 60),
	BIND_REFUSED("AccountId"), /* there is one account */
	BIND_DONE,
};

const struct bind monitoring_put_metric_alarm_fields[] = {
	ALARM_MEMBERS,
	BIND_STR(struct monitoring_input, metric, "MetricName", .min = 1, .max = 255),
	BIND_STR(struct monitoring_input, name_space, "Namespace", .min = 1, .max = 255),
	BIND_STR(struct monitoring_input, statistic, "Statistic", .values = statistics),
	BIND_LIST(struct monitoring_input, dimensions, "Dimensions", .max = MONITORING_DIMENSIONS_MAX),
	BIND_I64(struct monitoring_input, period, "Period", .min = 1, .max = 604800),
	BIND_STR(struct monitoring_input, unit, "Unit"),
	BIND_I64(struct monitoring_input, periods, "EvaluationPeriods", .min = 1, .max = 604800),
	BIND_I64(struct monitoring_input, datapoints, "DatapointsToAlarm", .min = 1, .max = 604800),
	BIND_DOUBLE(struct monitoring_input, threshold, "Threshold"),
	BIND_STR(struct monitoring_input, comparison, "ComparisonOperator", .required = true, .values = comparisons),
	BIND_STR(struct monitoring_input, missing, "TreatMissingData", .min = 1, .max = 255),
	BIND_STR(struct monitoring_input, extended, "ExtendedStatistic"),
	BIND_STR(struct monitoring_input, low_sample, "EvaluateLowSampleCountPercentile", .values = low_samples),
	BIND_LIST(struct monitoring_input, metrics, "Metrics", .max = 20, .fields = query_shape),
	BIND_REFUSED("ThresholdMetricId"),
	BIND_REFUSED("EvaluationCriteria"),
	BIND_REFUSED("EvaluationInterval"),
	BIND_DONE,
};

static int need(struct call *call, bool present, const char *name)
{
	return present ? 0 : call_failf(call, &monitoring_ValidationError, "The parameter %s is required.", name);
}

/* An alarm of one metric. */
static int check_metric(struct call *call)
{
	const struct monitoring_input *in = call->input;

	if (need(call, in->metric.n, "MetricName") < 0 || need(call, in->name_space.n, "Namespace") < 0 ||
	    need(call, in->statistic.n || in->extended.n, "Statistic") < 0 || need(call, in->period.set, "Period") < 0)
		return -1;
	if (in->statistic.n && in->extended.n)
		return call_failf(call, &monitoring_InvalidParameterCombination,
				  "Specify only one of Statistic or ExtendedStatistic.");
	if (in->extended.n && !is_percentile(in->extended))
		return call_failf(call, &monitoring_ValidationError,
				  "The value " STR_FMT " for ExtendedStatistic is not supported.", STR_ARG(in->extended));
	if (in->period.value % 60)
		return call_failf(call, &monitoring_ValidationError,
				  "Period must be 60 or a multiple of 60: measurements are kept by the minute.");
	return 0;
}

static const struct json *as_number(struct arena *a, const struct json *value)
{
	int64_t n;

	return str_to_i64(json_text(value), &n) == 0 ? json_new_i64(a, n) : value;
}

/* The Query protocol's texts as the numbers and booleans they stand for. */
static const struct json *typed_query(struct arena *a, const struct json *query)
{
	const struct json *stat = json_get_c(query, "MetricStat"), *data = json_get_c(query, "ReturnData");
	struct json *out = json_copy_object(a, query);

	if (json_get_c(query, "Period"))
		json_put(a, out, STR("Period"), as_number(a, json_get_c(query, "Period")));
	json_put(a, out, STR("ReturnData"), json_new_bool(!data || json_true(data) || str_eq_c(json_text(data), "true")));
	if (stat) {
		struct json *typed = json_copy_object(a, stat);

		json_put(a, typed, STR("Period"), as_number(a, json_get_c(stat, "Period")));
		json_put(a, out, STR("MetricStat"), typed);
	}
	return out;
}

static const struct json *typed_queries(struct arena *a, const struct json *queries)
{
	struct json *out = json_new_array(a);

	for (size_t i = 0; i < queries->count; i++)
		json_add(a, out, typed_query(a, queries->items[i]));
	return out;
}

/* An alarm of metric math. */
static int check_metrics(struct call *call)
{
	const struct monitoring_input *in = call->input;
	const struct json *queries = typed_queries(&call->arena, in->metrics);
	struct error err = { 0 };

	if (in->metric.n || in->name_space.n || in->statistic.n || in->extended.n || in->period.set || in->dimensions)
		return call_failf(
			call, &monitoring_InvalidParameterCombination,
			"Metrics cannot be used together with MetricName, Namespace, Dimensions, Period, Unit, Statistic or "
			"ExtendedStatistic.");
	for (size_t i = 0; i < queries->count; i++) {
		const struct json *stat = json_get_c(queries->items[i], "MetricStat");
		struct str statistic = json_get_text(stat, STR("Stat"));
		bool expression = json_get_c(queries->items[i], "Expression") != NULL;

		if (expression == (stat != NULL) || (stat && !is_statistic(statistic) && !is_percentile(statistic)))
			return call_failf(call, &monitoring_ValidationError,
					  "Each element of Metrics needs either an Expression or a MetricStat with one of "
					  "SampleCount, Average, Sum, Minimum, Maximum, pNN.");
	}
	if (alarm_check_queries(&call->arena, queries, &err) < 0)
		return call_failf(call, &monitoring_ValidationError, "Invalid metrics list: %s", err.message);
	return 0;
}

static int check_metric_alarm(struct call *call)
{
	static const char *const treatments[] = { "missing", "ignore", "breaching", "notBreaching" };
	const struct monitoring_input *in = call->input;
	bool known = in->missing.n == 0;

	if (need(call, in->periods.set, "EvaluationPeriods") < 0 || need(call, in->threshold.set, "Threshold") < 0 ||
	    (in->metrics ? check_metrics(call) : check_metric(call)) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(treatments) / sizeof(treatments[0]); i++)
		known = known || str_eq_c(in->missing, treatments[i]);
	if (!known)
		return call_failf(call, &monitoring_ValidationError,
				  "Option for treating missing data must be one of: [breaching, notBreaching, "
				  "ignore, missing]");
	if (in->period.value * in->periods.value > 604800)
		return call_failf(call, &monitoring_ValidationError, "Metrics cannot be checked across more than seven days.");
	if (in->datapoints.set && in->datapoints.value > in->periods.value)
		return call_failf(call, &monitoring_ValidationError,
				  "Number of datapoints to alarm on must be less than or equal to the evaluation periods.");
	return check_actions(call);
}

int monitoring_put_metric_alarm(struct call *call)
{
	const struct monitoring_input *in = call->input;
	struct arena *a = &call->arena;
	const struct json *before;

	if (check_metric_alarm(call) < 0 || find_before(call, &before) < 0)
		return -1;
	struct json *alarm = new_alarm(call, "MetricAlarm", before);
	put_text(a, alarm, "MetricName", in->metric);
	put_text(a, alarm, "Namespace", in->name_space);
	put_text(a, alarm, "Statistic", in->statistic);
	put_text(a, alarm, "ExtendedStatistic", in->extended);
	put_text(a, alarm, "EvaluateLowSampleCountPercentile", in->low_sample);
	if (in->metrics)
		json_put(a, alarm, STR("Metrics"), typed_queries(a, in->metrics));
	else
		put_list(a, alarm, "Dimensions", in->dimensions);
	put_number(a, alarm, "Period", &in->period);
	put_text(a, alarm, "Unit", in->unit);
	put_number(a, alarm, "EvaluationPeriods", &in->periods);
	put_number(a, alarm, "DatapointsToAlarm", &in->datapoints);
	json_put(a, alarm, STR("Threshold"), json_new_double(a, in->threshold.value));
	put_text(a, alarm, "ComparisonOperator", in->comparison);
	put_text(a, alarm, "TreatMissingData", in->missing.n ? in->missing : STR("missing"));
	return put_alarm(call, in->name, alarm);
}

const struct bind monitoring_put_composite_alarm_fields[] = {
	ALARM_MEMBERS,
	BIND_STR(struct monitoring_input, rule, "AlarmRule", .required = true, .min = 1, .max = 10240),
	BIND_STR(struct monitoring_input, suppressor, "ActionsSuppressor", .min = 1, .max = 1600),
	BIND_I64(struct monitoring_input, wait, "ActionsSuppressorWaitPeriod"),
	BIND_I64(struct monitoring_input, extension, "ActionsSuppressorExtensionPeriod"),
	BIND_DONE,
};

int monitoring_put_composite_alarm(struct call *call)
{
	const struct monitoring_input *in = call->input;
	const struct json *before;
	struct error err = { 0 };
	bool ignored;

	if (rule_evaluate(in->rule, NULL, NULL, &ignored, &err) < 0)
		return call_failf(call, &monitoring_ValidationError, "AlarmRule is not valid: %s", err.message);
	if (check_actions(call) < 0 || find_before(call, &before) < 0)
		return -1;
	struct json *alarm = new_alarm(call, "CompositeAlarm", before);
	put_text(&call->arena, alarm, "AlarmRule", in->rule);
	put_text(&call->arena, alarm, "ActionsSuppressor", in->suppressor);
	put_number(&call->arena, alarm, "ActionsSuppressorWaitPeriod", &in->wait);
	put_number(&call->arena, alarm, "ActionsSuppressorExtensionPeriod", &in->extension);
	return put_alarm(call, in->name, alarm);
}

/* ---- DescribeAlarms ---- */

const struct bind monitoring_describe_alarms_fields[] = {
	BIND_LIST(struct monitoring_input, names, "AlarmNames", .max = 100),
	BIND_STR(struct monitoring_input, prefix, "AlarmNamePrefix", .min = 1, .max = 255),
	BIND_LIST(struct monitoring_input, types, "AlarmTypes"),
	BIND_STR(struct monitoring_input, state, "StateValue", .values = states),
	BIND_STR(struct monitoring_input, action_prefix, "ActionPrefix", .min = 1, .max = 1024),
	BIND_I64(struct monitoring_input, limit, "MaxRecords", .min = 1, .max = 100),
	BIND_STR(struct monitoring_input, token, "NextToken"),
	BIND_REFUSED("ChildrenOfAlarmName"),
	BIND_REFUSED("ParentsOfAlarmName"),
	BIND_DONE,
};

static bool list_has(const struct json *list, struct str text)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (str_eq(json_text(list->items[i]), text))
			return true;
	return false;
}

static bool has_action(const struct json *alarm, struct str prefix)
{
	static const char *const lists[] = { "OKActions", "AlarmActions", "InsufficientDataActions" };

	for (size_t l = 0; l < sizeof(lists) / sizeof(lists[0]); l++) {
		const struct json *list = json_get(alarm, str_c(lists[l]));

		for (size_t i = 0; list && i < list->count; i++)
			if (str_starts(json_text(list->items[i]), prefix))
				return true;
	}
	return false;
}

static bool is_meant(const struct monitoring_input *in, const struct json *alarm)
{
	struct str name = json_get_text(alarm, STR("AlarmName")), type = json_get_text(alarm, STR("Type"));

	if (in->names && !list_has(in->names, name))
		return false;
	if (in->types ? !list_has(in->types, type) : !str_eq_c(type, "MetricAlarm"))
		return false;
	if (in->state.n && !str_eq(in->state, json_get_text(alarm, STR("StateValue"))))
		return false;
	return str_starts(name, in->prefix) && (!in->action_prefix.n || has_action(alarm, in->action_prefix));
}

static bool is_time(struct str name)
{
	return str_ends(name, STR("Timestamp"));
}

static void write_alarm(struct call *call, const struct json *alarm)
{
	write_object(&call->out, NULL);
	for (size_t i = 0; i < alarm->count; i++) {
		const struct json_member *m = &alarm->members[i];
		const char *name = arena_c(&call->arena, m->name);
		int64_t at;

		if (str_eq_c(m->name, "Type") || str_eq_c(m->name, "Tags"))
			continue;
		if (is_time(m->name) && json_to_i64(m->value, &at) == 0)
			write_time(&call->out, name, at);
		else
			write_json(&call->out, name, m->value);
	}
	write_end(&call->out);
}

struct found_alarms {
	struct call *call;
	struct json *list;
};

static int collect(void *argument, const struct json *alarm)
{
	struct found_alarms *found = argument;

	if (!is_meant(found->call->input, alarm))
		return 0;
	json_add(&found->call->arena, found->list, alarm);
	return 1;
}

static void write_kind(struct call *call, const char *member, const char *type, const struct json *list)
{
	write_list(&call->out, member, "member");
	for (size_t i = 0; i < list->count; i++)
		if (str_eq_c(json_get_text(list->items[i], STR("Type")), type))
			write_alarm(call, list->items[i]);
	write_end(&call->out);
}

int monitoring_describe_alarms(struct call *call)
{
	const struct monitoring_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 100, .token = in->token };
	struct found_alarms found = { .call = call, .list = json_new_array(&call->arena) };
	struct error err = { 0 };
	struct str next;
	struct key key;

	record_key(&key, STR("alarm"));
	if (record_page(call->txn, SPACE_MONITORING, &key, &window, &call->arena, collect, &found, &next, &err) < 0)
		return monitoring_page_fault(call, &err);
	write_kind(call, "CompositeAlarms", "CompositeAlarm", found.list);
	write_kind(call, "MetricAlarms", "MetricAlarm", found.list);
	write_str(&call->out, "NextToken", next);
	return 0;
}

/* ---- DescribeAlarmHistory ---- */

const struct bind monitoring_describe_alarm_history_fields[] = {
	BIND_STR(struct monitoring_input, name, "AlarmName", .min = 1, .max = 255),
	BIND_LIST(struct monitoring_input, types, "AlarmTypes"),
	BIND_STR(struct monitoring_input, history_type, "HistoryItemType"),
	BIND_TIME(struct monitoring_input, start, "StartDate"),
	BIND_TIME(struct monitoring_input, end, "EndDate"),
	BIND_I64(struct monitoring_input, limit, "MaxRecords", .min = 1, .max = 100),
	BIND_STR(struct monitoring_input, token, "NextToken"),
	BIND_STR(struct monitoring_input, scan_by, "ScanBy"),
	BIND_REFUSED("AlarmContributorId"),
	BIND_DONE,
};

static int collect_history(void *argument, const struct json *item)
{
	struct found_alarms *found = argument;
	const struct monitoring_input *in = found->call->input;
	int64_t at;

	if (json_to_i64(json_get_c(item, "Timestamp"), &at) != 0 || (in->start.set && at < in->start.value) ||
	    (in->end.set && at > in->end.value))
		return 0;
	if (in->history_type.n && !str_eq(in->history_type, json_get_text(item, STR("HistoryItemType"))))
		return 0;
	json_add(&found->call->arena, found->list, item);
	return 1;
}

static void write_history(struct call *call, const struct json *item)
{
	int64_t at = 0;

	if (json_to_i64(json_get_c(item, "Timestamp"), &at) != 0)
		at = 0;
	write_object(&call->out, NULL);
	write_str(&call->out, "AlarmName", json_get_text(item, STR("AlarmName")));
	write_str(&call->out, "AlarmType", json_get_text(item, STR("AlarmType")));
	write_time(&call->out, "Timestamp", at);
	write_str(&call->out, "HistoryItemType", json_get_text(item, STR("HistoryItemType")));
	write_str(&call->out, "HistorySummary", json_get_text(item, STR("HistorySummary")));
	write_str(&call->out, "HistoryData", json_get_text(item, STR("HistoryData")));
	write_end(&call->out);
}

/* Newest first unless told otherwise. */
int monitoring_describe_alarm_history(struct call *call)
{
	const struct monitoring_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 100, .token = in->token };
	struct found_alarms found = { .call = call, .list = json_new_array(&call->arena) };
	bool ascending = str_eq_c(in->scan_by, "TimestampAscending");
	struct error err = { 0 };
	struct str next;
	struct key key;

	record_key(&key, STR("history"));
	if (in->name.n)
		key_add_str(&key, in->name);
	if (record_page(call->txn, SPACE_MONITORING, &key, &window, &call->arena, collect_history, &found, &next, &err) < 0)
		return monitoring_page_fault(call, &err);
	write_list(&call->out, "AlarmHistoryItems", "member");
	for (size_t i = 0; i < found.list->count; i++)
		write_history(call, found.list->items[ascending ? i : found.list->count - 1 - i]);
	write_end(&call->out);
	write_str(&call->out, "NextToken", next);
	return 0;
}

/* ---- delete, set, enable ---- */

const struct bind monitoring_delete_alarms_fields[] = {
	BIND_LIST(struct monitoring_input, names, "AlarmNames", .required = true, .max = 100),
	BIND_DONE,
};

int monitoring_delete_alarms(struct call *call)
{
	const struct monitoring_input *in = call->input;
	struct error err = { 0 };
	struct key key;

	for (size_t i = 0; i < in->names->count; i++) {
		alarm_key(&key, json_text(in->names->items[i]));
		if (!store_has(call->txn, SPACE_MONITORING, key_str(&key)))
			return call_failf(call, &monitoring_ResourceNotFound, "Alarm(s) not found");
		if (store_delete(call->txn, SPACE_MONITORING, key_str(&key), &err) < 0)
			return call_fault(call, &err);
		record_key(&key, STR("history"), json_text(in->names->items[i]));
		if (record_delete_all(call->txn, SPACE_MONITORING, &key, &call->arena, &err) < 0)
			return call_fault(call, &err);
	}
	return 0;
}

static int need_alarm(struct call *call, struct str name, const struct json **out)
{
	struct error err = { 0 };
	struct key key;

	alarm_key(&key, name);
	int rc = record_get(call->txn, SPACE_MONITORING, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &monitoring_ResourceNotFound, "Unknown alarm: " STR_FMT, STR_ARG(name));
	return rc < 0 ? call_fault(call, &err) : 0;
}

const struct bind monitoring_set_alarm_state_fields[] = {
	BIND_STR(struct monitoring_input, name, "AlarmName", .required = true, .min = 1, .max = 255),
	BIND_STR(struct monitoring_input, state, "StateValue", .required = true, .values = states),
	BIND_STR(struct monitoring_input, reason, "StateReason", .required = true, .max = 1023),
	BIND_STR(struct monitoring_input, reason_data, "StateReasonData", .max = 4000),
	BIND_DONE,
};

int monitoring_set_alarm_state(struct call *call)
{
	const struct monitoring_input *in = call->input;
	struct verdict verdict = { .state = arena_c(&call->arena, in->state), .reason = in->reason };
	const struct json *alarm;
	struct error err = { 0 };

	if (need_alarm(call, in->name, &alarm) < 0)
		return -1;
	if (str_eq(json_get_text(alarm, STR("StateValue")), in->state))
		return 0;
	if (alarm_change(call->state, call->txn, &call->arena, alarm, &verdict, clock_wall_ms(), &err) < 0)
		return call_fault(call, &err);
	return 0;
}

const struct bind monitoring_enable_alarm_actions_fields[] = {
	BIND_LIST(struct monitoring_input, names, "AlarmNames", .required = true, .max = 100),
	BIND_DONE,
};
const struct bind monitoring_disable_alarm_actions_fields[] = {
	BIND_LIST(struct monitoring_input, names, "AlarmNames", .required = true, .max = 100),
	BIND_DONE,
};

/* Names that are not there are passed over, as CloudWatch does. */
static int set_enabled(struct call *call, bool enabled)
{
	const struct monitoring_input *in = call->input;
	const struct json *alarm;
	struct key key;

	for (size_t i = 0; i < in->names->count; i++) {
		struct str name = json_text(in->names->items[i]);

		alarm_key(&key, name);
		if (record_get(call->txn, SPACE_MONITORING, &key, &call->arena, &alarm, NULL) < 0)
			continue;
		struct json *changed = json_copy_object(&call->arena, alarm);
		json_put(&call->arena, changed, STR("ActionsEnabled"), json_new_bool(enabled));
		if (put_alarm(call, name, changed) < 0)
			return -1;
	}
	return 0;
}

int monitoring_enable_alarm_actions(struct call *call)
{
	return set_enabled(call, true);
}

int monitoring_disable_alarm_actions(struct call *call)
{
	return set_enabled(call, false);
}

/* ---- tags of alarms ---- */

#define RESOURCE_ARN BIND_STR(struct monitoring_input, arn, "ResourceARN", .required = true, .min = 1, .max = 1024)

const struct bind monitoring_tag_resource_fields[] = {
	RESOURCE_ARN,
	BIND_LIST(struct monitoring_input, tags, "Tags", .required = true),
	BIND_DONE,
};
const struct bind monitoring_untag_resource_fields[] = {
	RESOURCE_ARN,
	BIND_LIST(struct monitoring_input, keys, "TagKeys", .required = true),
	BIND_DONE,
};
const struct bind monitoring_list_tags_for_resource_fields[] = { RESOURCE_ARN, BIND_DONE };

static int need_tagged(struct call *call, const struct json **out)
{
	const struct monitoring_input *in = call->input;
	struct error err = { 0 };
	struct key key;
	struct arn arn;

	if (arn_parse(in->arn, &arn) < 0 || !str_starts(arn.resource, STR("alarm:")))
		return call_failf(call, &monitoring_ResourceNotFoundException, "Resource " STR_FMT " does not exist",
				  STR_ARG(in->arn));
	alarm_key(&key, str_from(arn.resource, strlen("alarm:")));
	int rc = record_get(call->txn, SPACE_MONITORING, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &monitoring_ResourceNotFoundException, "Resource " STR_FMT " does not exist",
				  STR_ARG(in->arn));
	return rc < 0 ? call_fault(call, &err) : 0;
}

static int put_tags(struct call *call, const struct json *alarm, const struct json *tags)
{
	struct json *changed = json_copy_object(&call->arena, alarm);

	if (tags && tags->count > TAGS_MAX)
		return call_failf(call, &monitoring_ValidationError, "A resource may have at most %d tags.", TAGS_MAX);
	json_put(&call->arena, changed, STR("Tags"), tags);
	return put_alarm(call, json_get_text(alarm, STR("AlarmName")), changed);
}

int monitoring_tag_resource(struct call *call)
{
	const struct json *alarm;

	if (need_tagged(call, &alarm) < 0)
		return -1;
	return put_tags(
		call, alarm,
		tags_merge(&call->arena, json_get_c(alarm, "Tags"), ((const struct monitoring_input *)call->input)->tags));
}

int monitoring_untag_resource(struct call *call)
{
	const struct json *alarm;

	if (need_tagged(call, &alarm) < 0)
		return -1;
	return put_tags(
		call, alarm,
		tags_without(&call->arena, json_get_c(alarm, "Tags"), ((const struct monitoring_input *)call->input)->keys));
}

int monitoring_list_tags_for_resource(struct call *call)
{
	const struct json *alarm;

	if (need_tagged(call, &alarm) < 0)
		return -1;
	tags_write_list(&call->out, "Tags", json_get_c(alarm, "Tags"));
	return 0;
}
