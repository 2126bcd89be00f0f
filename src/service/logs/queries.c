/* SPDX-License-Identifier: Apache-2.0
 *
 * Query definitions: saved for people who keep them with their infrastructure. There is no Logs Insights here to run them.
 */
#include "service/logs/internal.h"

#include "os/clock.h"
#include "os/random.h"

const struct bind logs_put_query_definition_fields[] = {
	BIND_STR(struct logs_input, query_name, "name", .required = true, .min = 1, .max = 255),
	BIND_STR(struct logs_input, query_text, "queryString", .required = true, .min = 1, .max = 10000),
	BIND_STR(struct logs_input, query_id, "queryDefinitionId", .max = 256),
	BIND_LIST(struct logs_input, names, "logGroupNames"),
	BIND_IGNORED("clientToken"), /* putting the same again changes nothing but the time */
	BIND_REFUSED("queryLanguage"),
	BIND_DONE,
};

static struct str definition_id(struct call *call)
{
	const struct logs_input *in = call->input;
	char id[37];

	if (in->query_id.n)
		return in->query_id;
	random_uuid(id);
	return arena_str(&call->arena, str_c(id));
}

int logs_put_query_definition(struct call *call)
{
	const struct logs_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *record = json_new_object(a);
	struct str id = definition_id(call);
	struct key key;

	record_key(&key, STR("query"), id);
	if (in->query_id.n && !store_has(call->txn, SPACE_LOGS, key_str(&key)))
		return call_failf(call, &logs_ResourceNotFoundException, "The specified query definition does not exist.");
	json_put(a, record, STR("queryDefinitionId"), json_new_string(a, id));
	json_put(a, record, STR("name"), json_new_string(a, in->query_name));
	json_put(a, record, STR("queryString"), json_new_string(a, in->query_text));
	json_put(a, record, STR("lastModified"), json_new_i64(a, clock_wall_ms()));
	json_put(a, record, STR("logGroupNames"), in->names ? in->names : &json_empty_array);
	if (logs_put(call, &key, record) < 0)
		return -1;
	write_str(&call->out, "queryDefinitionId", id);
	return 0;
}

const struct bind logs_delete_query_definition_fields[] = {
	BIND_STR(struct logs_input, query_id, "queryDefinitionId", .required = true, .max = 256),
	BIND_DONE,
};

int logs_delete_query_definition(struct call *call)
{
	const struct logs_input *in = call->input;
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("query"), in->query_id);
	if (!store_has(call->txn, SPACE_LOGS, key_str(&key)))
		return call_failf(call, &logs_ResourceNotFoundException, "The specified query definition does not exist.");
	write_bool(&call->out, "success", true);
	return store_delete(call->txn, SPACE_LOGS, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
}

const struct bind logs_describe_query_definitions_fields[] = {
	BIND_STR(struct logs_input, query_prefix, "queryDefinitionNamePrefix", .min = 1, .max = 255),
	BIND_I64(struct logs_input, limit, "maxResults", .min = 1, .max = 1000),
	BIND_STR(struct logs_input, token, "nextToken", .min = 1),
	BIND_REFUSED("queryLanguage"),
	BIND_DONE,
};

static int write_definition(void *argument, const struct json *record)
{
	struct call *call = argument;
	const struct logs_input *in = call->input;

	if (!str_starts(json_get_text(record, STR("name")), in->query_prefix))
		return 0;
	write_json(&call->out, NULL, record);
	return 1;
}

int logs_describe_query_definitions(struct call *call)
{
	const struct logs_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 1000, .token = in->token };
	struct error err = { 0 };
	struct str next;
	struct key key;

	record_key(&key, STR("query"));
	write_list(&call->out, "queryDefinitions", NULL);
	if (record_page(call->txn, SPACE_LOGS, &key, &window, &call->arena, write_definition, call, &next, &err) < 0)
		return logs_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "nextToken", next);
	return 0;
}
