/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations of EventBridge and the life of its state.
 */
#include "service/events/internal.h"

#define ROW(wire, fn, mode, type, ...)                                                                                           \
	{                                                                                                                        \
		.name = wire, .kind = OPERATION_##mode, .run = events_##fn, .input = events_##fn##_fields,                       \
		.input_size = sizeof(type), ##__VA_ARGS__                                                                        \
	}

static const struct operation operations[] = {
	ROW("PutEvents", put_events, WRITE, struct put_events_input, .prepare = events_prepare_put_events,
	    .resource = events_entries_resource),
	ROW("TestEventPattern", test_event_pattern, READ, struct test_pattern_input),
	ROW("PutRule", put_rule, WRITE, struct rule_input, .prepare = events_prepare_put_rule, .resource = events_rule_resource),
	ROW("DescribeRule", describe_rule, READ, struct rule_input, .resource = events_rule_resource),
	ROW("DeleteRule", delete_rule, WRITE, struct rule_input, .resource = events_rule_resource),
	ROW("EnableRule", enable_rule, WRITE, struct rule_input, .resource = events_rule_resource),
	ROW("DisableRule", disable_rule, WRITE, struct rule_input, .resource = events_rule_resource),
	ROW("ListRules", list_rules, READ, struct rules_input, .resource = events_bus_resource),
	ROW("ListRuleNamesByTarget", list_rule_names_by_target, READ, struct rules_input, .resource = events_bus_resource),
	ROW("PutTargets", put_targets, WRITE, struct targets_input, .prepare = events_prepare_put_targets,
	    .resource = events_rule_resource),
	ROW("RemoveTargets", remove_targets, WRITE, struct targets_input, .resource = events_rule_resource),
	ROW("ListTargetsByRule", list_targets_by_rule, READ, struct targets_input, .resource = events_rule_resource),
	ROW("CreateEventBus", create_event_bus, WRITE, struct bus_input, .resource = events_bus_resource),
	ROW("DeleteEventBus", delete_event_bus, WRITE, struct bus_input, .resource = events_bus_resource),
	ROW("DescribeEventBus", describe_event_bus, READ, struct bus_input, .resource = events_bus_resource),
	ROW("ListEventBuses", list_event_buses, READ, struct rules_input),
	ROW("UpdateEventBus", update_event_bus, WRITE, struct bus_input, .resource = events_bus_resource),
	ROW("PutPermission", put_permission, WRITE, struct bus_input, .resource = events_bus_resource),
	ROW("RemovePermission", remove_permission, WRITE, struct bus_input, .resource = events_bus_resource),
	ROW("CreateArchive", create_archive, WRITE, struct archive_input, .resource = events_archive_resource),
	ROW("DescribeArchive", describe_archive, READ, struct archive_input, .resource = events_archive_resource),
	ROW("UpdateArchive", update_archive, WRITE, struct archive_input, .resource = events_archive_resource),
	ROW("DeleteArchive", delete_archive, WRITE, struct archive_input, .resource = events_archive_resource),
	ROW("ListArchives", list_archives, READ, struct archive_input),
	ROW("TagResource", tag_resource, WRITE, struct events_tags_input, .resource = events_tags_resource),
	ROW("UntagResource", untag_resource, WRITE, struct events_tags_input, .resource = events_tags_resource),
	ROW("ListTagsForResource", list_tags_for_resource, READ, struct events_tags_input, .resource = events_tags_resource),
	{ 0 },
};

/* Rules of this account may send to its buses, and who the bus's own policy names. */
static struct str bus_policy(struct call *call, struct store_txn *txn, struct str arn)
{
	const struct json *bus = NULL, *own = NULL, *statements;
	struct str more = STR("");
	struct key key;

	if (str_find(arn, STR(":event-bus/"), 0) < 0)
		return STR_NULL;
	record_key(&key, STR("bus"), events_bus_name(arn));
	if (record_get(txn, SPACE_EVENTS, &key, &call->arena, &bus, NULL) == 0 &&
	    json_parse(&call->arena, json_get_text(bus, STR("Policy")), &own, NULL) == 0)
		statements = json_get_c(own, "Statement");
	else
		statements = NULL;
	for (size_t i = 0; json_is(statements, JSON_ARRAY) && i < statements->count; i++) {
		struct str one = json_to_str(&call->arena, statements->items[i]);

		more = arena_printf(&call->arena, STR_FMT "," STR_FMT, STR_ARG(more), STR_ARG(one));
	}
	return arena_printf(&call->arena,
			    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":"
			    "\"events.amazonaws.com\"},\"Action\":\"events:PutEvents\",\"Resource\":\"" STR_FMT "\"}" STR_FMT
			    "]}",
			    STR_ARG(arn), STR_ARG(more));
}

static void events_close(void *state)
{
	struct events *e = state;

	dispatcher_free(e->dispatcher);
	index_release(&e->index);
	free(e);
}

static int events_open(struct host *host, void **state, struct error *err)
{
	struct events *e = calloc(1, sizeof(*e));

	if (!e)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the event rules");
	e->host = host;
	int rc = dispatcher_open(&e->dispatcher, e, err);
	if (rc < 0) {
		events_close(e);
		return rc;
	}
	*state = e;
	return 0;
}

static int events_start(void *state, struct error *err)
{
	struct events *e = state;

	(void)err;
	dispatcher_wake(e->dispatcher);
	events_tick(e);
	return 0;
}

static void events_stop(void *state)
{
	struct events *e = state;

	e->stopping = true;
	dispatcher_stop(e->dispatcher);
}

const struct service service_events = {
	.name = "events",
	.protocol = PROTOCOL_JSON,
	.target_prefix = "AWSEvents",
	.json_version = "1.1",
	.validation = &events_ValidationException,
	.operations = operations,
	.open = events_open,
	.start = events_start,
	.stop = events_stop,
	.close = events_close,
	.resource_policy = bus_policy,
};
