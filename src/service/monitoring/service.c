/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations of CloudWatch and the life of its state.
 */
#include "service/monitoring/internal.h"

#define ROW(wire, fn, mode, where, permission)                                                                                   \
	{                                                                                                                        \
		.name = wire, .kind = OPERATION_##mode, .run = monitoring_##fn, .input = monitoring_##fn##_fields,               \
		.input_size = sizeof(struct monitoring_input), .resource = where, .action = "cloudwatch:" permission             \
	}

#define NAMES_ROW(wire, fn, asked)                                                                                               \
	{                                                                                                                        \
		.name = wire, .kind = OPERATION_WRITE, .run = monitoring_##fn, .input = monitoring_##fn##_fields,                \
		.input_size = sizeof(struct monitoring_input), .permissions = asked, .action = "cloudwatch:" wire                \
	}

static const struct operation operations[] = {
	ROW("PutMetricAlarm", put_metric_alarm, WRITE, monitoring_alarm_resource, "PutMetricAlarm"),
	ROW("PutCompositeAlarm", put_composite_alarm, WRITE, monitoring_alarm_resource, "PutCompositeAlarm"),
	ROW("DescribeAlarms", describe_alarms, READ, monitoring_any_alarm_resource, "DescribeAlarms"),
	ROW("DescribeAlarmHistory", describe_alarm_history, READ, monitoring_any_alarm_resource, "DescribeAlarmHistory"),
	NAMES_ROW("DeleteAlarms", delete_alarms, monitoring_alarms_permissions),
	ROW("SetAlarmState", set_alarm_state, WRITE, monitoring_alarm_resource, "SetAlarmState"),
	NAMES_ROW("EnableAlarmActions", enable_alarm_actions, monitoring_alarms_permissions),
	NAMES_ROW("DisableAlarmActions", disable_alarm_actions, monitoring_alarms_permissions),
	ROW("TagResource", tag_resource, WRITE, monitoring_arn_resource, "TagResource"),
	ROW("UntagResource", untag_resource, WRITE, monitoring_arn_resource, "UntagResource"),
	ROW("ListTagsForResource", list_tags_for_resource, READ, monitoring_arn_resource, "ListTagsForResource"),
	ROW("PutMetricData", put_metric_data, WRITE, NULL, "PutMetricData"),
	ROW("GetMetricStatistics", get_metric_statistics, READ, NULL, "GetMetricStatistics"),
	ROW("GetMetricData", get_metric_data, READ, NULL, "GetMetricData"),
	ROW("ListMetrics", list_metrics, READ, NULL, "ListMetrics"),
	ROW("PutDashboard", put_dashboard, WRITE, monitoring_dashboard_resource, "PutDashboard"),
	ROW("GetDashboard", get_dashboard, READ, monitoring_dashboard_resource, "GetDashboard"),
	ROW("ListDashboards", list_dashboards, READ, NULL, "ListDashboards"),
	NAMES_ROW("DeleteDashboards", delete_dashboards, monitoring_dashboards_permissions),
	{ 0 },
};

void monitoring_record(void *state, const char *name_space, const char *metric, const char *dimension, struct str value,
		       double amount)
{
	struct monitoring *m = state;

	gathering_add(m->gathering, name_space, metric, dimension, value, amount);
}

static void monitoring_close(void *state)
{
	struct monitoring *m = state;

	gathering_free(m->gathering);
	free(m);
}

static int monitoring_open(struct host *host, void **state, struct error *err)
{
	struct monitoring *m = calloc(1, sizeof(*m));

	if (!m)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the metrics");
	m->host = host;
	m->has_alarms = true; /* until the first look says otherwise */
	int rc = gathering_new(&m->gathering, err);
	if (rc < 0) {
		monitoring_close(m);
		return rc;
	}
	*state = m;
	return 0;
}

static int monitoring_start(void *state, struct error *err)
{
	(void)err;
	monitoring_plan(state);
	return 0;
}

static void monitoring_stop(void *state)
{
	struct monitoring *m = state;

	m->stopping = true;
}

const struct service service_monitoring = {
	.name = "monitoring",
	.protocol = PROTOCOL_QUERY,
	.api_version = "2010-08-01",
	.xml_namespace = "http://monitoring.amazonaws.com/doc/2010-08-01/",
	.target_prefix = "GraniteServiceVersion20100801",
	.json_version = "1.0",
	.error_prefix = "com.amazonaws.cloudwatch.v2010_08_01#",
	.validation = &monitoring_ValidationError,
	.operations = operations,
	.open = monitoring_open,
	.start = monitoring_start,
	.stop = monitoring_stop,
	.close = monitoring_close,
};
