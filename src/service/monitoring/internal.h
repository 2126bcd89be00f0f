/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share.
 *
 * SPACE_MONITORING:      ("alarm", name)                       the alarm as it is shown, times in milliseconds, and Tags
 *                        ("history", alarm, time)              its changes of state
 *                        ("dashboard", name)                   {Name, Body, Modified}
 *                        ("metric", namespace, name, dims)     {Namespace, MetricName, Dimensions}
 * SPACE_MONITORING_DATA: (namespace, name, dims, minute)       {n, sum, min, max} of that minute
 *
 * dims is the dimensions sorted by name, "name=value" with a unit separator between.
 */
#ifndef GLEANER_SERVICE_MONITORING_INTERNAL_H
#define GLEANER_SERVICE_MONITORING_INTERNAL_H

#include <pthread.h>

#include "base/map.h"
#include "service/monitoring/monitoring.h"
#include "service/record.h"
#include "service/tags.h"

#define MONITORING_ERRORS(E, prefix)                                                                                             \
	E(prefix, ValidationError, 400, "The request is not valid.")                                                             \
	E(prefix, InvalidParameterValue, 400, "The value of an input parameter is bad or out-of-range.")                         \
	E(prefix, InvalidParameterCombination, 400, "Parameters were used together that cannot be used together.")               \
	E(prefix, InvalidParameterInput, 400, "Some part of the dashboard data is invalid.")                                     \
	E(prefix, MissingParameter, 400, "An input parameter that is required is missing.")                                      \
	E(prefix, InvalidNextToken, 400, "The next token specified is invalid.")                                                 \
	E(prefix, ResourceNotFound, 404, "The named resource does not exist.")                                                   \
	E(prefix, ResourceNotFoundException, 404, "The named resource does not exist.")

MONITORING_ERRORS(SERVICE_ERROR_EXTERN, monitoring)

enum {
	MINUTE_MS = 60 * 1000,
	MONITORING_DIMENSIONS_MAX = 30,
	MONITORING_DATA_MAX = 1000,   /* of a PutMetricData */
	MONITORING_POINTS_MAX = 1440, /* of a GetMetricStatistics */
	MONITORING_DAYS = 15,         /* minutes are kept */
};

struct gathering;

struct monitoring {
	struct host *host;
	struct gathering *gathering;
	_Atomic bool has_alarms;
	_Atomic bool stopping;
	int64_t swept_ms; /* the writer thread's */
};

/* ---- minutes (data.c) ---- */

struct aggregate {
	double n, sum, min, max;
};

struct metric_name {
	struct str name_space, metric, dimensions; /* dimensions in the key's form */
};

/* [{Name, Value}] in the key's form. */
struct str dimensions_key(struct arena *a, const struct json *dimensions);
const struct json *dimensions_list(struct arena *a, struct str key);
void aggregate_add(struct aggregate *a, const struct aggregate *more);
/* "Sum", "Average" … of an aggregate. Of a percentile ("p99") the maximum: minutes do not keep their single values. */
double aggregate_statistic(const struct aggregate *a, struct str statistic);
bool is_statistic(struct str text);
bool is_percentile(struct str text); /* "p99", "p95.5" */
/* Adds to a minute's row, and to the list of metrics. */
int data_add(struct store_txn *txn, struct arena *a, const struct metric_name *name, int64_t minute_ms,
	     const struct aggregate *more, struct error *err) MUST_CHECK;
/* What was measured in [from, to); n is 0 when nothing was. */
int data_read(struct store_txn *txn, struct arena *a, const struct metric_name *name, int64_t from_ms, int64_t to_ms,
	      struct aggregate *out, struct error *err) MUST_CHECK;
/* Forgets minutes past their time. */
int data_sweep(struct store_txn *txn, int64_t now_ms, struct error *err) MUST_CHECK;

/* ---- our own measurements (gather.c) ---- */

int gathering_new(struct gathering **out, struct error *err) MUST_CHECK;
void gathering_free(struct gathering *g);
void gathering_add(struct gathering *g, const char *name_space, const char *metric, const char *dimension, struct str value,
		   double amount);
bool gathering_is_empty(struct gathering *g);
/* Inside a write function: what was gathered goes to the store. */
int gathering_write(struct gathering *g, struct store_txn *txn, struct error *err) MUST_CHECK;

/* ---- alarms (evaluate.c, math.c, rule.c, actions.c) ---- */

/* Every few seconds: what was gathered is written, every alarm is looked at. */
void monitoring_plan(struct monitoring *m);
struct verdict {
	const char *state; /* NULL: leave it as it is */
	struct str reason;
};
/* Looks at one metric alarm. */
int alarm_judge(struct store_txn *txn, struct arena *a, const struct json *alarm, int64_t now_ms, struct verdict *out,
		struct error *err) MUST_CHECK;
/* What it compares with its threshold in [from, to); `known` is false when nothing was measured. */
int alarm_value(struct store_txn *txn, struct arena *a, const struct json *alarm, int64_t from_ms, int64_t to_ms, bool *known,
		double *number, struct error *err) MUST_CHECK;
int64_t alarm_step_ms(const struct json *alarm); /* its period */
/* Whether the queries of a metric math alarm can be answered: ERR_INVALID says what cannot. */
int alarm_check_queries(struct arena *a, const struct json *queries, struct error *err) MUST_CHECK;
/* Stores the new state, its history and event, and starts the actions after the commit. */
int alarm_change(struct monitoring *m, struct store_txn *txn, struct arena *a, const struct json *alarm,
		 const struct verdict *verdict, int64_t now_ms, struct error *err) MUST_CHECK;
/* A composite alarm's rule: ERR_INVALID for none. `state_of` may be NULL, to check only. */
typedef const char *(*state_of_fn)(void *argument, struct str alarm_name);
int rule_evaluate(struct str rule, state_of_fn state_of, void *argument, bool *out, struct error *err) MUST_CHECK;

/* ---- operations ---- */

struct monitoring_input {
	struct str name, prefix, description, metric, name_space, statistic, unit, comparison, missing, rule, state, reason,
		reason_data, token, action_prefix, arn, body, scan_by, extended, history_type, low_sample, suppressor;
	const struct json *names, *types, *ok_actions, *alarm_actions, *other_actions, *dimensions, *metrics, *tags, *keys, *data,
		*statistics, *queries;
	struct opt_i64 period, periods, datapoints, limit, start, end, wait, extension;
	struct opt_double threshold;
	struct opt_bool enabled;
};

struct str monitoring_alarm_arn(struct call *call, struct str name);
struct str monitoring_alarm_resource(struct call *call);
struct str monitoring_any_alarm_resource(struct call *call);
size_t monitoring_alarms_permissions(struct call *call, const struct permission **list);
struct str monitoring_dashboard_resource(struct call *call);
size_t monitoring_dashboards_permissions(struct call *call, const struct permission **list);
struct str monitoring_arn_resource(struct call *call);
int monitoring_page_fault(struct call *call, const struct error *err);

#define MONITORING_OPERATION(name)                                                                                               \
	int monitoring_##name(struct call *call);                                                                                \
	extern const struct bind monitoring_##name##_fields[];
MONITORING_OPERATION(put_metric_alarm)
MONITORING_OPERATION(put_composite_alarm)
MONITORING_OPERATION(describe_alarms)
MONITORING_OPERATION(describe_alarm_history)
MONITORING_OPERATION(delete_alarms)
MONITORING_OPERATION(set_alarm_state)
MONITORING_OPERATION(enable_alarm_actions)
MONITORING_OPERATION(disable_alarm_actions)
MONITORING_OPERATION(tag_resource)
MONITORING_OPERATION(untag_resource)
MONITORING_OPERATION(list_tags_for_resource)
MONITORING_OPERATION(put_metric_data)
MONITORING_OPERATION(get_metric_statistics)
MONITORING_OPERATION(get_metric_data)
MONITORING_OPERATION(list_metrics)
MONITORING_OPERATION(put_dashboard)
MONITORING_OPERATION(get_dashboard)
MONITORING_OPERATION(list_dashboards)
MONITORING_OPERATION(delete_dashboards)

#endif
