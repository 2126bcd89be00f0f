/* SPDX-License-Identifier: Apache-2.0
 *
 * A rule's targets: put, remove, list.
 */
#include "service/events/internal.h"

#include "aws/arn.h"
#include "events/transform.h"

static const struct bind retry_policy_fields[] = {
	{ .name = "MaximumRetryAttempts", .kind = BIND_KIND_I64, .min = 0, .max = EVENTS_RETRIES_MAX },
	{ .name = "MaximumEventAgeInSeconds", .kind = BIND_KIND_I64, .min = 60, .max = EVENTS_AGE_MAX_S },
	BIND_DONE,
};

static const struct bind dead_letter_fields[] = {
	{ .name = "Arn", .kind = BIND_KIND_STR, .min = 1, .max = 1600 },
	BIND_DONE,
};

static const struct bind transformer_fields[] = {
	{ .name = "InputPathsMap", .kind = BIND_KIND_MAP },
	{ .name = "InputTemplate", .kind = BIND_KIND_STR, .required = true, .min = 1, .max = TRANSFORM_TEMPLATE_MAX },
	BIND_DONE,
};

static const struct bind sqs_fields[] = {
	{ .name = "MessageGroupId", .kind = BIND_KIND_STR, .max = 100 },
	BIND_DONE,
};

static const struct bind target_fields[] = {
	{ .name = "Id",
	  .kind = BIND_KIND_STR,
	  .required = true,
	  .min = 1,
	  .max = 64,
	  .valid = events_valid_name,
	  .pattern = "[\\.\\-_A-Za-z0-9]+" },
	{ .name = "Arn", .kind = BIND_KIND_STR, .required = true, .min = 1, .max = 1600 },
	{ .name = "RoleArn", .kind = BIND_KIND_STR, .min = 1, .max = 1600 },
	{ .name = "Input", .kind = BIND_KIND_STR, .max = 8192 },
	{ .name = "InputPath", .kind = BIND_KIND_STR, .max = 256 },
	{ .name = "InputTransformer", .kind = BIND_KIND_STRUCT, .fields = transformer_fields },
	{ .name = "DeadLetterConfig", .kind = BIND_KIND_STRUCT, .fields = dead_letter_fields },
	{ .name = "RetryPolicy", .kind = BIND_KIND_STRUCT, .fields = retry_policy_fields },
	{ .name = "SqsParameters", .kind = BIND_KIND_STRUCT, .fields = sqs_fields },
	BIND_REFUSED("KinesisParameters"),
	BIND_REFUSED("RunCommandParameters"),
	BIND_REFUSED("EcsParameters"),
	BIND_REFUSED("BatchParameters"),
	BIND_REFUSED("HttpParameters"),
	BIND_REFUSED("RedshiftDataParameters"),
	BIND_REFUSED("SageMakerPipelineParameters"),
	BIND_REFUSED("AppSyncParameters"),
	BIND_DONE,
};

#define TARGETS_RULE                                                                                                             \
	BIND_STR(struct targets_input, name, "Rule", .required = true, .min = 1, .max = 64, .valid = events_valid_name,          \
		 .pattern = "[\\.\\-_A-Za-z0-9]+")
#define TARGETS_BUS BIND_STR(struct targets_input, bus, "EventBusName", .min = 1, .max = 1600)

const struct bind events_put_targets_fields[] = {
	TARGETS_RULE,
	TARGETS_BUS,
	BIND_LIST(struct targets_input, targets, "Targets", .required = true, .min = 1, .max = 100, .fields = target_fields),
	BIND_DONE,
};

/* ---- checks ---- */

static int refuse_target(struct call *call, const struct json *target, const char *format)
{
	struct str id = json_get_text(target, STR("Id"));

	return call_failf(call, &events_ValidationException, "%s " STR_FMT ".", format, STR_ARG(id));
}

static int check_arns(struct call *call, const struct json *target)
{
	struct str arn_text = json_get_text(target, STR("Arn"));
	struct str queue = json_get_text(json_get_c(target, "DeadLetterConfig"), STR("Arn"));
	struct arn queue_arn;
	bool needs_role;

	if (!send_supports(arn_text, &needs_role))
		return call_failf(call, &events_ValidationException,
				  "Parameter " STR_FMT " is not valid. Reason: Provided Arn is not in correct format.",
				  STR_ARG(arn_text));
	if (needs_role && !json_get_c(target, "RoleArn"))
		return call_failf(call, &events_ValidationException, "RoleArn is required for target " STR_FMT ".",
				  STR_ARG(arn_text));
	if (queue.n && (arn_parse(queue, &queue_arn) != 0 || !str_eq_c(queue_arn.service, "sqs")))
		return call_failf(call, &events_ValidationException,
				  "Parameter DeadLetterConfig.Arn is not valid. Reason: Invalid SQS ARN: " STR_FMT ".",
				  STR_ARG(queue));
	return 0;
}

static int check_input(struct call *call, const struct json *target)
{
	const struct json *input = json_get_c(target, "Input"), *path = json_get_c(target, "InputPath");
	const struct json *transformer = json_get_c(target, "InputTransformer"), *parsed;
	struct str id = json_get_text(target, STR("Id"));
	struct error err = { 0 };

	if (!!input + !!path + !!transformer > 1)
		return refuse_target(call, target,
				     "Only one of Input, InputPath, or InputTransformer must be provided for target");
	if (input && json_parse(&call->arena, input->text, &parsed, NULL) != 0)
		return refuse_target(call, target, "JSON syntax error in input for target");
	if (path && transform_check_path(path->text, &err) < 0)
		return call_failf(call, &events_ValidationException, "InputPath for target " STR_FMT " is invalid.", STR_ARG(id));
	if (transformer && transform_check(transformer, &err) < 0)
		return call_failf(call, &events_ValidationException, "Invalid InputTemplate for target " STR_FMT " : %s",
				  STR_ARG(id), err.message);
	return 0;
}

static int check_group(struct call *call, const struct json *target)
{
	struct str arn = json_get_text(target, STR("Arn"));
	bool fifo = str_ends(arn, STR(".fifo")) && str_starts(arn, STR("arn:aws:sqs:"));
	struct str group = json_get_text(json_get_c(target, "SqsParameters"), STR("MessageGroupId"));

	if (fifo && group.n == 0)
		return call_failf(call, &events_ValidationException,
				  "Parameter(s) SqsParameters must be specified for target: " STR_FMT ".",
				  STR_ARG(json_get_text(target, STR("Id"))));
	if (!fifo && group.n)
		return call_failf(call, &events_ValidationException,
				  "Parameter(s) MessageGroupId not valid for target: " STR_FMT
				  ". Reason: the queue is not a FIFO queue.",
				  STR_ARG(json_get_text(target, STR("Id"))));
	return 0;
}

int events_prepare_put_targets(struct call *call)
{
	const struct targets_input *in = call->input;

	for (size_t i = 0; i < in->targets->count; i++) {
		const struct json *target = in->targets->items[i];

		if (check_arns(call, target) < 0 || check_input(call, target) < 0 || check_group(call, target) < 0)
			return -1;
	}
	return 0;
}

/* ---- put and remove ---- */

static int need_bus_and_rule(struct call *call, struct str bus)
{
	const struct targets_input *in = call->input;
	const struct json *rule;

	if (events_need_bus(call, bus) < 0)
		return -1;
	return events_need_rule(call, bus, in->name, &rule);
}

static int count_target(void *argument, const struct json *target)
{
	(void)target;
	*(int *)argument += 1;
	return 1;
}

static int check_target_quota(struct call *call, struct str bus)
{
	const struct targets_input *in = call->input;
	struct error err = { 0 };
	int count = 0;
	struct key key;

	record_key(&key, STR("target"), bus, in->name);
	if (record_page(call->txn, SPACE_EVENTS, &key, &(struct record_window){ 0 }, &call->arena, count_target, &count, NULL,
			&err) < 0)
		return call_fault(call, &err);
	return count <= EVENTS_TARGETS_MAX ? 0 : call_fail(call, &events_LimitExceededException);
}

static void write_no_failures(struct call *call)
{
	write_i64(&call->out, "FailedEntryCount", 0);
	write_list(&call->out, "FailedEntries", "member");
	write_end(&call->out);
}

int events_put_targets(struct call *call)
{
	const struct targets_input *in = call->input;
	struct str bus = events_bus_name(in->bus);
	struct error err = { 0 };
	struct key key;

	if (need_bus_and_rule(call, bus) < 0)
		return -1;
	for (size_t i = 0; i < in->targets->count; i++) {
		const struct json *target = in->targets->items[i];

		record_key(&key, STR("target"), bus, in->name, json_get_text(target, STR("Id")));
		if (record_put(call->txn, SPACE_EVENTS, &key, &call->arena, target, &err) < 0)
			return call_fault(call, &err);
	}
	if (check_target_quota(call, bus) < 0)
		return -1;
	if (index_changed(call->state, call->txn, &err) < 0)
		return call_fault(call, &err);
	write_no_failures(call);
	return 0;
}

const struct bind events_remove_targets_fields[] = {
	TARGETS_RULE,
	TARGETS_BUS,
	BIND_LIST(struct targets_input, ids, "Ids", .required = true, .min = 1, .max = 100),
	BIND_BOOL(struct targets_input, force, "Force"),
	BIND_DONE,
};

int events_remove_targets(struct call *call)
{
	const struct targets_input *in = call->input;
	struct str bus = events_bus_name(in->bus);
	struct error err = { 0 };
	struct key key;

	if (need_bus_and_rule(call, bus) < 0)
		return -1;
	for (size_t i = 0; i < in->ids->count; i++) {
		record_key(&key, STR("target"), bus, in->name, json_text(in->ids->items[i]));
		if (store_delete(call->txn, SPACE_EVENTS, key_str(&key), &err) < 0)
			return call_fault(call, &err);
	}
	if (index_changed(call->state, call->txn, &err) < 0)
		return call_fault(call, &err);
	write_no_failures(call);
	return 0;
}

const struct bind events_list_targets_by_rule_fields[] = {
	TARGETS_RULE,
	TARGETS_BUS,
	BIND_STR(struct targets_input, token, "NextToken", .min = 1, .max = 2048),
	BIND_I64(struct targets_input, limit, "Limit", .min = 1, .max = 100),
	BIND_DONE,
};

static int write_target(void *argument, const struct json *target)
{
	struct call *call = argument;

	write_json(&call->out, NULL, target);
	return 1;
}

int events_list_targets_by_rule(struct call *call)
{
	const struct targets_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 100, .token = in->token };
	struct str bus = events_bus_name(in->bus);
	struct error err = { 0 };
	struct str next;
	struct key key;

	if (need_bus_and_rule(call, bus) < 0)
		return -1;
	record_key(&key, STR("target"), bus, in->name);
	write_list(&call->out, "Targets", "member");
	if (record_page(call->txn, SPACE_EVENTS, &key, &window, &call->arena, write_target, call, &next, &err) < 0)
		return events_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextToken", next);
	return 0;
}
