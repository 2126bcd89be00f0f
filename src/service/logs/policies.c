/* SPDX-License-Identifier: Apache-2.0
 *
 * Resource policies: which services may write to log groups.
 */
#include "service/logs/internal.h"

#include "os/clock.h"

const struct bind logs_put_resource_policy_fields[] = {
	BIND_STR(struct logs_input, policy_name, "policyName", .required = true),
	BIND_STR(struct logs_input, policy_document, "policyDocument", .required = true, .min = 1, .max = 5120),
	BIND_REFUSED("resourceArn"),
	BIND_REFUSED("expectedRevisionId"),
	BIND_DONE,
};

int logs_put_resource_policy(struct call *call)
{
	const struct logs_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *policy = json_new_object(a);
	const struct json *document;
	struct key key;

	if (json_parse(a, in->policy_document, &document, NULL) < 0 || !json_is(document, JSON_OBJECT))
		return call_failf(call, &logs_InvalidParameterException, "Policy document is malformed");
	json_put(a, policy, STR("policyName"), json_new_string(a, in->policy_name));
	json_put(a, policy, STR("policyDocument"), json_new_string(a, in->policy_document));
	json_put(a, policy, STR("lastUpdatedTime"), json_new_i64(a, clock_wall_ms()));
	record_key(&key, STR("policy"), in->policy_name);
	if (logs_put(call, &key, policy) < 0)
		return -1;
	write_json(&call->out, "resourcePolicy", policy);
	return 0;
}

const struct bind logs_delete_resource_policy_fields[] = {
	BIND_STR(struct logs_input, policy_name, "policyName", .required = true),
	BIND_REFUSED("resourceArn"),
	BIND_REFUSED("expectedRevisionId"),
	BIND_DONE,
};

int logs_delete_resource_policy(struct call *call)
{
	const struct logs_input *in = call->input;
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("policy"), in->policy_name);
	if (!store_has(call->txn, SPACE_LOGS, key_str(&key)))
		return call_failf(call, &logs_ResourceNotFoundException, "Policy with name [" STR_FMT "] does not exist",
				  STR_ARG(in->policy_name));
	return store_delete(call->txn, SPACE_LOGS, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
}

const struct bind logs_describe_resource_policies_fields[] = {
	BIND_STR(struct logs_input, token, "nextToken", .min = 1),
	BIND_I64(struct logs_input, limit, "limit", .min = 1, .max = 50),
	BIND_REFUSED("resourceArn"),
	BIND_IGNORED("policyScope"), /* all policies are the account's */
	BIND_DONE,
};

static int write_policy(void *argument, const struct json *policy)
{
	struct call *call = argument;

	write_json(&call->out, NULL, policy);
	return 1;
}

int logs_describe_resource_policies(struct call *call)
{
	const struct logs_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 50, .token = in->token };
	struct error err = { 0 };
	struct str next;
	struct key key;

	record_key(&key, STR("policy"));
	write_list(&call->out, "resourcePolicies", "member");
	if (record_page(call->txn, SPACE_LOGS, &key, &window, &call->arena, write_policy, call, &next, &err) < 0)
		return logs_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "nextToken", next);
	return 0;
}

/* ---- for permissions ---- */

struct merging {
	struct arena *arena;
	struct json *statements;
};

static int merge_policy(void *argument, const struct json *policy)
{
	struct merging *m = argument;
	const struct json *document;

	if (json_parse(m->arena, json_get_text(policy, STR("policyDocument")), &document, NULL) < 0)
		return 0;
	const struct json *statements = json_get_c(document, "Statement");
	if (json_is(statements, JSON_OBJECT))
		json_add(m->arena, m->statements, statements);
	for (size_t i = 0; json_is(statements, JSON_ARRAY) && i < statements->count; i++)
		json_add(m->arena, m->statements, statements->items[i]);
	return 1;
}

struct str logs_resource_policy(struct call *call, struct store_txn *txn, struct str arn)
{
	struct merging m = { .arena = &call->arena, .statements = json_new_array(&call->arena) };
	struct json *merged = json_new_object(&call->arena);
	struct key key;

	(void)arn;
	record_key(&key, STR("policy"));
	if (record_page(txn, SPACE_LOGS, &key, &(struct record_window){ 0 }, &call->arena, merge_policy, &m, NULL, NULL) < 0 ||
	    m.statements->count == 0)
		return STR_NULL;
	json_put(&call->arena, merged, STR("Version"), json_new_string(&call->arena, STR("2012-10-17")));
	json_put(&call->arena, merged, STR("Statement"), m.statements);
	return json_to_str(&call->arena, merged);
}
