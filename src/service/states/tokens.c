/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers to tasks that wait for a token.
 */
#include "aws/arn.h"
#include "service/states/execution.h"

const struct bind states_send_task_success_fields[] = {
	BIND_STR(struct token_input, token, "taskToken", .required = true, .min = 1, .max = 2048),
	BIND_STR(struct token_input, output, "output", .required = true),
	BIND_DONE,
};
const struct bind states_send_task_failure_fields[] = {
	BIND_STR(struct token_input, token, "taskToken", .required = true, .min = 1, .max = 2048),
	BIND_STR(struct token_input, error, "error", .max = 256),
	BIND_STR(struct token_input, cause, "cause", .max = 32768),
	BIND_DONE,
};
const struct bind states_send_task_heartbeat_fields[] = {
	BIND_STR(struct token_input, token, "taskToken", .required = true, .min = 1, .max = 2048),
	BIND_DONE,
};

static int send(struct call *call, struct states_event *event)
{
	const struct token_input *in = call->input;
	struct arn arn;
	struct key key;
	struct str state;
	struct error err = { 0 };
	struct str text = states_token_execution(&call->arena, in->token);
	if (!str_is_set(text) || arn_parse(text, &arn) < 0)
		return call_failf(call, &states_InvalidToken, "Invalid Token: 'Invalid token'");
	struct str name = arn_resource_id(arn.resource), machine = str_split(&name, ':');
	execution_key(&key, "s", machine, name);
	int rc = store_get(call->txn, SPACE_EXECUTIONS, key_str(&key), &call->arena, &state, &err);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return call_fault(call, &err);
	event->task = rc == 0 ? states_token_task(&call->arena, state, in->token) : 0;
	if (event->task == 0)
		return call_failf(call, &states_TaskTimedOut, "Task Timed Out: 'Provided task does not exist anymore'");
	rc = execution_advance(call->state, call->txn, machine, name, event, &err);
	return rc < 0 ? call_fault(call, &err) : 0;
}

int states_send_task_success(struct call *call)
{
	const struct token_input *in = call->input;
	const struct json *value;
	struct error err = { 0 };
	if (in->output.n > LIMIT_STATES_PAYLOAD || json_parse(&call->arena, in->output, &value, &err) < 0)
		return call_failf(call, &states_InvalidOutput, "Invalid Output: '%s'", err.code ? err.message : "too long");
	return send(call, &(struct states_event){ .kind = STATES_TASK_SUCCEEDED, .output = in->output });
}

int states_send_task_failure(struct call *call)
{
	const struct token_input *in = call->input;
	return send(call, &(struct states_event){ .kind = STATES_TASK_FAILED, .error = in->error, .cause = in->cause });
}

int states_send_task_heartbeat(struct call *call)
{
	return send(call, &(struct states_event){ .kind = STATES_TASK_HEARTBEAT });
}
