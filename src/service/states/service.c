/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations of Step Functions and the life of its state.
 */
#include <stdlib.h>

#include "base/log.h"
#include "service/states/execution.h"
#include "service/states/express.h"

#define ROW(wire, fn, mode, type, ...)                                                                                           \
	{                                                                                                                        \
		.name = wire, .kind = OPERATION_##mode, .run = states_##fn, .input = states_##fn##_fields,                       \
		.input_size = sizeof(type), ##__VA_ARGS__                                                                        \
	}
/* Known to the API and refused here, by name. */
#define REFUSED(wire)                                                                                                            \
	{                                                                                                                        \
		.name = wire, .kind = OPERATION_ASYNC, .run = states_unsupported, .refused = true                                \
	}
#define ON_MACHINE .resource = states_machine_resource
#define ON_EXECUTION .resource = states_execution_resource

static struct str new_machine_resource(struct call *call)
{
	const struct machine_input *in = call->input;
	return states_arn(call, "stateMachine", in->name);
}

static struct str update_resource(struct call *call)
{
	const struct machine_input *in = call->input;
	return in->arn;
}

static struct str anything(struct call *call)
{
	(void)call;
	return STR_NULL;
}

static const struct operation operations[] = {
	ROW("CreateStateMachine", create_state_machine, WRITE, struct machine_input, .prepare = states_prepare_machine,
	    .resource = new_machine_resource),
	ROW("UpdateStateMachine", update_state_machine, WRITE, struct machine_input, .prepare = states_prepare_machine,
	    .resource = update_resource),
	ROW("DeleteStateMachine", delete_state_machine, WRITE, struct machine_input, .resource = update_resource),
	ROW("DescribeStateMachine", describe_state_machine, READ, struct execution_input, ON_MACHINE),
	ROW("ListStateMachines", list_state_machines, READ, struct page_input, .resource = anything),
	ROW("ListStateMachineVersions", list_state_machine_versions, READ, struct page_input, ON_MACHINE),
	ROW("ListStateMachineAliases", list_state_machine_aliases, READ, struct page_input, ON_MACHINE),
	ROW("PublishStateMachineVersion", publish_state_machine_version, WRITE, struct version_input, ON_MACHINE),
	ROW("DeleteStateMachineVersion", delete_state_machine_version, WRITE, struct version_input, ON_MACHINE),
	ROW("CreateStateMachineAlias", create_state_machine_alias, WRITE, struct alias_input, .prepare = states_prepare_alias,
	    ON_MACHINE),
	ROW("UpdateStateMachineAlias", update_state_machine_alias, WRITE, struct alias_input, ON_MACHINE),
	ROW("DeleteStateMachineAlias", delete_state_machine_alias, WRITE, struct alias_input, ON_MACHINE),
	ROW("DescribeStateMachineAlias", describe_state_machine_alias, READ, struct alias_input, ON_MACHINE),
	ROW("ValidateStateMachineDefinition", validate_definition, READ, struct validate_input, .resource = anything),
	ROW("TagResource", tag_resource, WRITE, struct tags_input, ON_MACHINE),
	ROW("UntagResource", untag_resource, WRITE, struct tags_input, ON_MACHINE),
	ROW("ListTagsForResource", list_tags_for_resource, READ, struct tags_input, ON_MACHINE),
	ROW("StartExecution", start_execution, ASYNC, struct start_input, .prepare = states_prepare_start, ON_MACHINE),
	ROW("StartSyncExecution", start_sync_execution, ASYNC, struct start_input, .prepare = states_prepare_start, ON_MACHINE),
	ROW("DescribeExecution", describe_execution, READ, struct execution_input, ON_EXECUTION),
	ROW("DescribeStateMachineForExecution", describe_machine_for_execution, READ, struct execution_input, ON_EXECUTION),
	ROW("ListExecutions", list_executions, READ, struct page_input, ON_MACHINE),
	ROW("StopExecution", stop_execution, WRITE, struct execution_input, ON_EXECUTION),
	ROW("GetExecutionHistory", get_execution_history, READ, struct page_input, ON_EXECUTION),
	ROW("SendTaskSuccess", send_task_success, WRITE, struct token_input, .resource = anything),
	ROW("SendTaskFailure", send_task_failure, WRITE, struct token_input, .resource = anything),
	ROW("SendTaskHeartbeat", send_task_heartbeat, WRITE, struct token_input, .resource = anything),
	REFUSED("CreateActivity"),
	REFUSED("DeleteActivity"),
	REFUSED("DescribeActivity"),
	REFUSED("GetActivityTask"),
	REFUSED("ListActivities"),
	REFUSED("DescribeMapRun"),
	REFUSED("ListMapRuns"),
	REFUSED("UpdateMapRun"),
	REFUSED("RedriveExecution"),
	REFUSED("TestState"),
	{ 0 },
};

const struct bind states_start_sync_execution_fields[] = {
	BIND_STR(struct start_input, arn, "stateMachineArn", .required = true, .min = 1, .max = 256),
	BIND_STR(struct start_input, name, "name", .min = 1, .max = 80),
	BIND_STR(struct start_input, input, "input"),
	BIND_STR(struct start_input, trace, "traceHeader", .max = 256),
	BIND_STR(struct start_input, include, "includedData"),
	BIND_DONE,
};

int states_unsupported(struct call *call)
{
	return call_failf(call, &states_UnsupportedOperationException, "%s is not offered by this server.",
			  call->operation->name);
}

/* ---- life ---- */

static void service_close(void *state)
{
	struct states *s = state;
	express_close(s);
	alarms_free(s->alarms);
	revisions_release(s);
	map_release(&s->revisions);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static int service_open(struct host *host, void **state, struct error *err)
{
	struct states *s = calloc(1, sizeof(*s));
	if (!s)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the state machines");
	s->host = host;
	pthread_mutex_init(&s->lock, NULL);
	map_init(&s->revisions);
	if (alarms_new(&s->alarms, s) < 0) {
		service_close(s);
		return error_set(err, ERR_NO_MEMORY, "out of memory for the state machines");
	}
	if (quota_parse(&s->starts, host_setting(host, "start-execution-rate"), err) < 0) {
		service_close(s);
		return error_prefix(err, "start-execution-rate");
	}
	*state = s;
	return 0;
}

/* Every execution that has a state was running: its tasks are issued again, its deadlines set. */
static int resume_all(struct states *s, struct store_txn *txn, struct error *err)
{
	struct key prefix;
	struct store_cursor c;
	struct str at, value, kind, machine, name;
	struct arena a;
	size_t count = 0;
	arena_init(&a, GIB(1));
	record_key(&prefix, STR("s"));
	int rc = store_scan(&c, txn, SPACE_EXECUTIONS, key_str(&prefix), key_prefix_end(&a, key_str(&prefix)), false, err);
	while (rc == 0 && (rc = store_next(&c, &at, &value, err)) > 0) {
		at = arena_str(&a, at);
		rc = key_read_str(&a, &at, &kind) < 0 || key_read_str(&a, &at, &machine) < 0 || key_read_str(&a, &at, &name) < 0
			     ? ERR_CORRUPT
			     : 0;
		if (rc == 0)
			execution_post(s, machine, name, &(struct states_event){ .kind = STATES_RESUME });
		count++;
	}
	store_scan_end(&c);
	arena_release(&a);
	if (count > 0)
		log_info("states", "executions go on count=%zu", count);
	return rc < 0 ? rc : 0;
}

static int service_start(void *state, struct error *err)
{
	struct states *s = state;
	struct store_txn *txn;
	int rc = store_read_begin(host_store(s->host), &txn, err);
	if (rc < 0)
		return rc;
	rc = resume_all(s, txn, err);
	store_read_end(txn);
	return rc;
}

static void service_stop(void *state)
{
	struct states *s = state;
	s->stopping = true;
	express_stop(s);
}

const struct service service_states = {
	.name = "states",
	.protocol = PROTOCOL_JSON,
	.target_prefix = "AWSStepFunctions",
	.json_version = "1.0",
	.validation = &states_ValidationException,
	.operations = operations,
	.open = service_open,
	.start = service_start,
	.stop = service_stop,
	.close = service_close,
};
