/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations of CloudWatch Logs and the life of its state.
 */
#include "service/logs/internal.h"

#include "os/clock.h"

#define ROW(wire, fn, mode, where)                                                                                               \
	{                                                                                                                        \
		.name = wire, .kind = OPERATION_##mode, .run = logs_##fn, .input = logs_##fn##_fields,                           \
		.input_size = sizeof(struct logs_input), .resource = where                                                       \
	}

static const struct operation operations[] = {
	ROW("CreateLogGroup", create_log_group, WRITE, logs_group_resource),
	ROW("DeleteLogGroup", delete_log_group, WRITE, logs_group_resource),
	ROW("DescribeLogGroups", describe_log_groups, READ, logs_any_group_resource),
	ROW("PutRetentionPolicy", put_retention_policy, WRITE, logs_group_resource),
	ROW("DeleteRetentionPolicy", delete_retention_policy, WRITE, logs_group_resource),
	ROW("AssociateKmsKey", associate_kms_key, WRITE, logs_group_resource),
	ROW("DisassociateKmsKey", disassociate_kms_key, WRITE, logs_group_resource),
	ROW("TagResource", tag_resource, WRITE, logs_arn_resource),
	ROW("UntagResource", untag_resource, WRITE, logs_arn_resource),
	ROW("ListTagsForResource", list_tags_for_resource, READ, logs_arn_resource),
	ROW("TagLogGroup", tag_log_group, WRITE, logs_group_resource),
	ROW("UntagLogGroup", untag_log_group, WRITE, logs_group_resource),
	ROW("ListTagsLogGroup", list_tags_log_group, READ, logs_group_resource),
	ROW("CreateLogStream", create_log_stream, WRITE, logs_group_resource),
	ROW("DeleteLogStream", delete_log_stream, WRITE, logs_group_resource),
	ROW("DescribeLogStreams", describe_log_streams, READ, logs_group_resource),
	ROW("PutLogEvents", put_log_events, WRITE, logs_group_resource),
	ROW("GetLogEvents", get_log_events, READ, logs_group_resource),
	ROW("FilterLogEvents", filter_log_events, READ, logs_group_resource),
	ROW("PutMetricFilter", put_metric_filter, WRITE, logs_group_resource),
	ROW("DeleteMetricFilter", delete_metric_filter, WRITE, logs_group_resource),
	ROW("DescribeMetricFilters", describe_metric_filters, READ, logs_group_resource),
	ROW("TestMetricFilter", test_metric_filter, READ, NULL),
	ROW("PutSubscriptionFilter", put_subscription_filter, WRITE, logs_group_resource),
	ROW("DeleteSubscriptionFilter", delete_subscription_filter, WRITE, logs_group_resource),
	ROW("DescribeSubscriptionFilters", describe_subscription_filters, READ, logs_group_resource),
	ROW("PutQueryDefinition", put_query_definition, WRITE, NULL),
	ROW("DeleteQueryDefinition", delete_query_definition, WRITE, NULL),
	ROW("DescribeQueryDefinitions", describe_query_definitions, READ, NULL),
	ROW("PutResourcePolicy", put_resource_policy, WRITE, NULL),
	ROW("DeleteResourcePolicy", delete_resource_policy, WRITE, NULL),
	ROW("DescribeResourcePolicies", describe_resource_policies, READ, NULL),
	{ 0 },
};

void logs_append(void *state, struct str group, struct str stream, int64_t timestamp_ms, struct str line)
{
	struct logs *l = state;

	log_queue_add(l->queue, group, stream, timestamp_ms, line);
}

bool logs_append_try(void *state, struct str group, struct str stream, int64_t timestamp_ms, struct str line)
{
	struct logs *l = state;

	return log_queue_try(l->queue, group, stream, timestamp_ms, line);
}

static void logs_close(void *state)
{
	struct logs *l = state;

	log_queue_free(l->queue);
	free(l);
}

static int logs_open(struct host *host, void **state, struct error *err)
{
	struct logs *l = calloc(1, sizeof(*l));

	if (!l)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the logs");
	l->host = host;
	/* Numbers only tell events of the same millisecond apart; they must not repeat after a restart. */
	l->next_number = (uint64_t)clock_wall_ms() * 1000;
	int rc = log_queue_new(&l->queue, l, err);
	if (rc < 0) {
		logs_close(l);
		return rc;
	}
	*state = l;
	return 0;
}

static int logs_start(void *state, struct error *err)
{
	(void)err;
	retention_plan(state, 0);
	return 0;
}

static void logs_stop(void *state)
{
	struct logs *l = state;

	l->stopping = true;
	log_queue_stop(l->queue);
}

const struct service service_logs = {
	.name = "logs",
	.protocol = PROTOCOL_JSON,
	.target_prefix = "Logs_20140328",
	.json_version = "1.1",
	.validation = &logs_InvalidParameterException,
	.operations = operations,
	.open = logs_open,
	.start = logs_start,
	.stop = logs_stop,
	.close = logs_close,
	.resource_policy = logs_resource_policy,
};
