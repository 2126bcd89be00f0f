/* SPDX-License-Identifier: Apache-2.0
 *
 * The condition keys of a request. Source: "Using IAM policy conditions for fine-grained access control", Amazon DynamoDB
 * Developer Guide.
 */
#include "service/dynamodb/dynamodb.h"
#include "service/dynamodb/expression.h"
#include "service/dynamodb/operations.h"
#include "service/dynamodb/table.h"

/* ---- dynamodb:LeadingKeys: the partition keys of what is read or written ---- */

static void add_value(struct call *call, struct json *out, const struct json *attribute)
{
	const struct json *value = json_is(attribute, JSON_OBJECT) && attribute->count == 1 ? attribute->members[0].value : NULL;

	if (json_is(value, JSON_STRING))
		json_add(&call->arena, out, value);
}

/* A key or an item of that table. */
static void add_key(struct call *call, struct json *out, struct str table, const struct json *key)
{
	int rc;
	const struct table *t = key ? table_get(call, table, &rc) : NULL;

	if (t)
		add_value(call, out, json_get(key, t->keys.hash));
}

/* {"PutRequest": {"Item": …}} of a batch, {"Put": {"TableName": …, "Item": …}} of a transaction. */
static void add_member(struct call *call, struct json *out, struct str table, const struct json *member)
{
	const struct json *action = json_is(member, JSON_OBJECT) && member->count == 1 ? member->members[0].value : NULL;
	struct str named = json_get_text(action, STR("TableName"));

	add_key(call, out, named.p ? named : table, json_get_c(action, "Item"));
	add_key(call, out, named.p ? named : table, json_get_c(action, "Key"));
}

static void add_requests(struct call *call, struct json *out, const struct json *requests)
{
	for (size_t i = 0; json_is(requests, JSON_OBJECT) && i < requests->count; i++) {
		const struct json *value = requests->members[i].value, *keys = json_get_c(value, "Keys");
		for (size_t k = 0; json_is(keys, JSON_ARRAY) && k < keys->count; k++)
			add_key(call, out, requests->members[i].name, keys->items[k]);
		for (size_t k = 0; json_is(value, JSON_ARRAY) && k < value->count; k++)
			add_member(call, out, requests->members[i].name, value->items[k]);
	}
}

/* Of a Query: what its condition says the partition key is. */
static void add_queried(struct call *call, struct json *out)
{
	const struct json *in = call->parameters;
	struct str condition = json_get_text(in, STR("KeyConditionExpression")), index = json_get_text(in, STR("IndexName"));
	struct placeholders p;
	struct key_condition key;
	int rc;
	const struct table *t = condition.p ? table_get(call, json_get_text(in, STR("TableName")), &rc) : NULL;
	const struct table_index *by = t && index.p ? table_index_find(t, index) : NULL;

	if (!t || (index.p && !by) ||
	    placeholders_read(&p, &call->arena, json_get_c(in, "ExpressionAttributeNames"),
			      json_get_c(in, "ExpressionAttributeValues"), NULL) < 0)
		return;
	const struct key_schema *keys = by ? &by->keys : &t->keys;
	if (key_condition_parse(&p, condition, keys->hash, keys->hash_type, keys->range, keys->range_type, &key, NULL) == 0)
		json_add(&call->arena, out, json_new_string(&call->arena, key.hash->text));
}

static const struct json *leading_keys(struct call *call)
{
	const struct json *in = call->parameters, *items = json_get_c(in, "TransactItems");
	struct json *out = json_new_array(&call->arena);
	struct str table = json_get_text(in, STR("TableName"));

	if (!out)
		return NULL;
	add_key(call, out, table, json_get_c(in, "Key"));
	add_key(call, out, table, json_get_c(in, "Item"));
	add_requests(call, out, json_get_c(in, "RequestItems"));
	for (size_t i = 0; json_is(items, JSON_ARRAY) && i < items->count; i++)
		add_member(call, out, table, items->items[i]);
	add_queried(call, out);
	return out->count > 0 ? out : NULL;
}

static const struct json *find_key(struct call *call, struct str name)
{
	static const char *const plain[] = { "ReturnConsumedCapacity", "ReturnValues", "Select", NULL };

	for (size_t i = 0; plain[i]; i++)
		if (str_eq_nocase(name, str_c(plain[i])))
			return json_get(call->parameters, str_c(plain[i]));
	if (!str_eq_nocase(name, STR("LeadingKeys")) || store_read_begin(host_store(call->host), &call->txn, NULL) < 0)
		return NULL;
	const struct json *found = leading_keys(call);
	store_read_end(call->txn);
	call->txn = NULL;
	return found;
}

bool dynamodb_condition_list(struct call *call, struct str key, const struct str **values, size_t *count)
{
	struct str name = key, service = str_split(&name, ':');
	const struct json *found = str_eq_nocase(service, STR("dynamodb")) ? find_key(call, name) : NULL;
	bool list = json_is(found, JSON_ARRAY);
	size_t n = !found ? 0 : list ? found->count : 1;
	struct str *texts = n > 0 ? arena_alloc_array(&call->arena, n, sizeof(*texts)) : NULL;

	if (!texts)
		return false;
	for (size_t i = 0; i < n; i++)
		texts[i] = json_text(list ? found->items[i] : found);
	*values = texts;
	*count = n;
	return true;
}
