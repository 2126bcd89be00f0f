/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules: put, describe, enable, disable, delete, list.
 */
#include "service/events/internal.h"

#include "os/clock.h"

static const char *const states[] = { "ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", NULL };

#define RULE_NAME(type, member, text)                                                                                            \
	BIND_STR(type, member, text, .required = true, .min = 1, .max = 64, .valid = events_valid_name,                          \
		 .pattern = "[\\.\\-_A-Za-z0-9]+")
#define RULE_BUS(type) BIND_STR(type, bus, "EventBusName", .min = 1, .max = 1600)

const struct bind events_put_rule_fields[] = {
	RULE_NAME(struct rule_input, name, "Name"),
	BIND_STR(struct rule_input, schedule_expression, "ScheduleExpression", .max = 256),
	BIND_STR(struct rule_input, event_pattern, "EventPattern", .max = EVENTS_PATTERN_MAX),
	BIND_STR(struct rule_input, state, "State", .values = states),
	BIND_STR(struct rule_input, description, "Description", .max = 512),
	BIND_STR(struct rule_input, role_arn, "RoleArn", .min = 1, .max = 1600),
	BIND_LIST(struct rule_input, tags, "Tags"),
	RULE_BUS(struct rule_input),
	BIND_DONE,
};

int events_prepare_put_rule(struct call *call)
{
	const struct rule_input *in = call->input;
	const struct event_pattern *pattern;
	struct schedule schedule;
	struct error err = { 0 };

	if (in->event_pattern.n == 0 && in->schedule_expression.n == 0)
		return call_failf(call, &events_ValidationException,
				  "Parameter(s) EventPattern or ScheduleExpression must be specified.");
	if (in->event_pattern.n && event_pattern_compile(&call->arena, in->event_pattern, &pattern, &err) < 0)
		return call_failf(call, &events_InvalidEventPatternException, "%s", err.message);
	if (in->schedule_expression.n == 0)
		return 0;
	if (!str_eq_c(events_bus_name(in->bus), "default"))
		return call_failf(call, &events_ValidationException,
				  "ScheduleExpression is supported only on the default event bus.");
	if (schedule_parse(in->schedule_expression, &schedule, &err) < 0)
		return call_failf(call, &events_ValidationException, "%s", err.message);
	return 0;
}

static void put_text(struct arena *a, struct json *object, struct str name, struct str text)
{
	if (text.n)
		json_put(a, object, name, json_new_string(a, text));
}

static bool is_enabled(const struct json *rule)
{
	return rule && !str_eq_c(json_get_text(rule, STR("State")), "DISABLED");
}

/* A schedule counts from when it was put, changed or enabled. */
static const struct json *schedule_origin(struct call *call, const struct json *before, const struct json *after)
{
	bool same = str_eq(json_get_text(before, STR("ScheduleExpression")), json_get_text(after, STR("ScheduleExpression")));

	if (same && is_enabled(before) && is_enabled(after))
		return json_get_c(before, "From");
	return json_new_i64(&call->arena, clock_wall_ms());
}

static int store_rule(struct call *call, struct str bus, struct str name, const struct json *rule)
{
	struct events *e = call->state;
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("rule"), bus, name);
	if (record_put(call->txn, SPACE_EVENTS, &key, &call->arena, rule, &err) < 0)
		return call_fault(call, &err);
	return index_changed(e, call->txn, &err) < 0 ? call_fault(call, &err) : 0;
}

/* "If you omit arguments in PutRule, the old values for those arguments are not kept"; tags are. */
static const struct json *new_rule(struct call *call, struct str bus, struct str arn, const struct json *before)
{
	const struct rule_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *rule = json_new_object(a);

	put_text(a, rule, STR("Name"), in->name);
	put_text(a, rule, STR("Arn"), arn);
	put_text(a, rule, STR("EventBusName"), bus);
	put_text(a, rule, STR("EventPattern"), in->event_pattern);
	put_text(a, rule, STR("ScheduleExpression"), in->schedule_expression);
	put_text(a, rule, STR("State"), str_is_set(in->state) ? in->state : STR("ENABLED"));
	put_text(a, rule, STR("Description"), in->description);
	put_text(a, rule, STR("RoleArn"), in->role_arn);
	json_put(a, rule, STR("From"), schedule_origin(call, before, rule));
	json_put(a, rule, STR("Tags"), before ? json_get_c(before, "Tags") : tags_merge(a, NULL, in->tags));
	return rule;
}

static int count_rule(void *argument, const struct json *rule)
{
	(void)rule;
	*(int *)argument += 1;
	return 1;
}

static int check_rule_quota(struct call *call, struct str bus)
{
	struct record_window all = { .limit = EVENTS_RULES_MAX };
	struct error err = { 0 };
	int count = 0;
	struct key key;

	record_key(&key, STR("rule"), bus);
	if (record_page(call->txn, SPACE_EVENTS, &key, &all, &call->arena, count_rule, &count, NULL, &err) < 0)
		return call_fault(call, &err);
	return count < EVENTS_RULES_MAX ? 0 : call_fail(call, &events_LimitExceededException);
}

int events_put_rule(struct call *call)
{
	const struct rule_input *in = call->input;
	struct str bus = events_bus_name(in->bus);
	struct str arn = events_rule_arn(call, bus, in->name);
	const struct json *before = NULL;
	struct error err = { 0 };
	struct key key;

	if (events_need_bus(call, bus) < 0)
		return -1;
	record_key(&key, STR("rule"), bus, in->name);
	int rc = record_get(call->txn, SPACE_EVENTS, &key, &call->arena, &before, &err);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return call_fault(call, &err);
	if (rc == ERR_NOT_FOUND && check_rule_quota(call, bus) < 0)
		return -1;
	if (store_rule(call, bus, in->name, new_rule(call, bus, arn, before)) < 0)
		return -1;
	write_str(&call->out, "RuleArn", arn);
	return 0;
}

/* ---- one rule ---- */

const struct bind events_describe_rule_fields[] = {
	RULE_NAME(struct rule_input, name, "Name"),
	RULE_BUS(struct rule_input),
	BIND_DONE,
};
const struct bind events_enable_rule_fields[] = {
	RULE_NAME(struct rule_input, name, "Name"),
	RULE_BUS(struct rule_input),
	BIND_DONE,
};
const struct bind events_disable_rule_fields[] = {
	RULE_NAME(struct rule_input, name, "Name"),
	RULE_BUS(struct rule_input),
	BIND_DONE,
};
const struct bind events_delete_rule_fields[] = {
	RULE_NAME(struct rule_input, name, "Name"),
	RULE_BUS(struct rule_input),
	BIND_BOOL(struct rule_input, force, "Force"),
	BIND_DONE,
};

static void write_rule(struct writer *w, const struct json *rule)
{
	static const char *const members[] = { "Name",  "Arn",         "EventPattern", "ScheduleExpression",
					       "State", "Description", "RoleArn",      "EventBusName" };

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		write_str(w, members[i], json_get_text(rule, str_c(members[i])));
}

int events_describe_rule(struct call *call)
{
	const struct rule_input *in = call->input;
	struct str bus = events_bus_name(in->bus);
	const struct json *rule;

	if (events_need_bus(call, bus) < 0 || events_need_rule(call, bus, in->name, &rule) < 0)
		return -1;
	write_rule(&call->out, rule);
	write_str(&call->out, "CreatedBy", host_account(call->host));
	return 0;
}

static int set_state(struct call *call, struct str state)
{
	const struct rule_input *in = call->input;
	struct str bus = events_bus_name(in->bus);
	const struct json *rule;

	if (events_need_bus(call, bus) < 0 || events_need_rule(call, bus, in->name, &rule) < 0)
		return -1;
	struct json *changed = json_copy_object(&call->arena, rule);
	json_put(&call->arena, changed, STR("State"), json_new_string(&call->arena, state));
	json_put(&call->arena, changed, STR("From"), schedule_origin(call, rule, changed));
	return store_rule(call, bus, in->name, changed);
}

int events_enable_rule(struct call *call)
{
	return set_state(call, STR("ENABLED"));
}

int events_disable_rule(struct call *call)
{
	return set_state(call, STR("DISABLED"));
}

/* Deleting a rule that is not there is success. */
int events_delete_rule(struct call *call)
{
	const struct rule_input *in = call->input;
	struct str bus = events_bus_name(in->bus);
	struct record_window first = { .limit = 1 };
	struct error err = { 0 };
	int targets = 0;
	struct key key;

	if (events_need_bus(call, bus) < 0)
		return -1;
	record_key(&key, STR("target"), bus, in->name);
	if (record_page(call->txn, SPACE_EVENTS, &key, &first, &call->arena, count_rule, &targets, NULL, &err) < 0)
		return call_fault(call, &err);
	if (targets)
		return call_failf(call, &events_ValidationException, "Rule can't be deleted since it has targets.");
	record_key(&key, STR("fired"), bus, in->name);
	if (store_delete(call->txn, SPACE_EVENTS, key_str(&key), &err) < 0)
		return call_fault(call, &err);
	record_key(&key, STR("rule"), bus, in->name);
	if (store_delete(call->txn, SPACE_EVENTS, key_str(&key), &err) < 0 || index_changed(call->state, call->txn, &err) < 0)
		return call_fault(call, &err);
	return 0;
}

/* ---- lists ---- */

const struct bind events_list_rules_fields[] = {
	BIND_STR(struct rules_input, prefix, "NamePrefix", .min = 1, .max = 64),
	RULE_BUS(struct rules_input),
	BIND_STR(struct rules_input, token, "NextToken", .min = 1, .max = 2048),
	BIND_I64(struct rules_input, limit, "Limit", .min = 1, .max = 100),
	BIND_DONE,
};

static int write_listed_rule(void *argument, const struct json *rule)
{
	struct call *call = argument;
	const struct rules_input *in = call->input;

	if (!str_starts(json_get_text(rule, STR("Name")), in->prefix))
		return 0;
	write_object(&call->out, NULL);
	write_rule(&call->out, rule);
	write_end(&call->out);
	return 1;
}

static int list_rules(struct call *call, const char *member, record_fn each)
{
	const struct rules_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 100, .token = in->token };
	struct str bus = events_bus_name(in->bus);
	struct error err = { 0 };
	struct str next;
	struct key key;

	if (events_need_bus(call, bus) < 0)
		return -1;
	record_key(&key, STR("rule"), bus);
	write_list(&call->out, member, "member");
	if (record_page(call->txn, SPACE_EVENTS, &key, &window, &call->arena, each, call, &next, &err) < 0)
		return events_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextToken", next);
	return 0;
}

int events_list_rules(struct call *call)
{
	return list_rules(call, "Rules", write_listed_rule);
}

const struct bind events_list_rule_names_by_target_fields[] = {
	BIND_STR(struct rules_input, target_arn, "TargetArn", .required = true, .min = 1, .max = 1600),
	RULE_BUS(struct rules_input),
	BIND_STR(struct rules_input, token, "NextToken", .min = 1, .max = 2048),
	BIND_I64(struct rules_input, limit, "Limit", .min = 1, .max = 100),
	BIND_DONE,
};

struct target_search {
	struct str arn;
	bool found;
};

static int look_at_target(void *argument, const struct json *target)
{
	struct target_search *search = argument;

	search->found = search->found || str_eq(json_get_text(target, STR("Arn")), search->arn);
	return 1;
}

static int write_name_by_target(void *argument, const struct json *rule)
{
	struct call *call = argument;
	const struct rules_input *in = call->input;
	struct target_search search = { .arn = in->target_arn };
	struct str name = json_get_text(rule, STR("Name"));
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("target"), events_bus_name(in->bus), name);
	int rc = record_page(call->txn, SPACE_EVENTS, &key, &(struct record_window){ 0 }, &call->arena, look_at_target, &search,
			     NULL, &err);
	if (rc < 0)
		return rc;
	if (search.found)
		write_str(&call->out, NULL, name);
	return search.found;
}

int events_list_rule_names_by_target(struct call *call)
{
	return list_rules(call, "RuleNames", write_name_by_target);
}
