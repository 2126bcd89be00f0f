/* SPDX-License-Identifier: Apache-2.0
 *
 * What all parts of an API have in common: made, shown, changed, listed and removed the same way.
 */
#include "service/apigatewayv2/internal.h"

#include "os/random.h"
#include "service/apigatewayv2/config.h"

APIGW_ERRORS(SERVICE_ERROR_ROW, apigw)

struct str apigw_new_id(struct arena *a)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	char id[10];

	id[0] = letters[random_below(26)];
	for (size_t i = 1; i < sizeof(id); i++)
		id[i] = letters[random_below(36)];
	return arena_str(a, str_of(id, sizeof(id)));
}

static void resource_key(struct key *key, const struct resource_kind *kind, struct str api_id, struct str id)
{
	record_key(key, str_c(kind->space), api_id, id);
}

int apigw_need_api(struct call *call, struct str api_id, const struct json **out)
{
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("api"), api_id);
	int rc = record_get(call->txn, SPACE_API, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &apigw_NotFoundException, "Invalid API identifier specified " STR_FMT ":" STR_FMT,
				  STR_ARG(host_account(call->host)), STR_ARG(api_id));
	return rc < 0 ? call_fault(call, &err) : 0;
}

int apigw_get_record(struct call *call, const struct resource_kind *kind, struct str api_id, struct str id,
		     const struct json **out)
{
	const struct json *api;
	struct error err = { 0 };
	struct key key;

	if (apigw_need_api(call, api_id, &api) < 0)
		return -1;
	resource_key(&key, kind, api_id, id);
	int rc = record_get(call->txn, SPACE_API, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &apigw_NotFoundException, "Unable to find %s by ID " STR_FMT " within API " STR_FMT,
				  kind->name, STR_ARG(id), STR_ARG(api_id));
	return rc < 0 ? call_fault(call, &err) : 0;
}

int apigw_put_record(struct call *call, const struct resource_kind *kind, struct str api_id, struct str id,
		     const struct json *record)
{
	struct error err = { 0 };
	struct key key;

	resource_key(&key, kind, api_id, id);
	if (record_put(call->txn, SPACE_API, &key, &call->arena, record, &err) < 0)
		return call_fault(call, &err);
	return apigw_changed(call, api_id);
}

struct collecting {
	struct arena *arena;
	struct json *list;
};

static int collect(void *argument, const struct json *record)
{
	struct collecting *c = argument;

	return json_add(c->arena, c->list, record) ? 1 : ERR_NO_MEMORY;
}

int apigw_all_records(struct call *call, const struct resource_kind *kind, struct str api_id, struct json **out)
{
	struct collecting c = { .arena = &call->arena, .list = json_new_array(&call->arena) };
	struct error err = { 0 };
	struct key key;

	record_key(&key, str_c(kind->space), api_id);
	if (record_page(call->txn, SPACE_API, &key, &(struct record_window){ 0 }, &call->arena, collect, &c, NULL, &err) < 0)
		return call_fault(call, &err);
	*out = c.list;
	return 0;
}

/* What a record keeps for itself begins with a capital. */
void apigw_write_members(struct call *call, const struct json *record)
{
	for (size_t i = 0; i < record->count; i++) {
		struct str name = record->members[i].name;

		if (name.n && name.p[0] >= 'a')
			write_json(&call->out, arena_c(&call->arena, name), record->members[i].value);
	}
}

static bool is_label(struct str name)
{
	return str_eq_c(name, "apiId") || str_eq_c(name, "integrationId") || str_eq_c(name, "routeId");
}

struct json *apigw_merge(struct arena *a, const struct json *record, const struct json *changes)
{
	struct json *out = json_new_object(a);

	for (size_t i = 0; record && i < record->count; i++) {
		const struct json *change = json_get(changes, record->members[i].name);

		if (!change || is_label(record->members[i].name))
			json_put(a, out, record->members[i].name, record->members[i].value);
	}
	for (size_t i = 0; changes && i < changes->count; i++) {
		const struct json_member *m = &changes->members[i];
		bool taken_away = json_is(m->value, JSON_NULL) || (json_is(m->value, JSON_STRING) && m->value->text.n == 0);

		if (!taken_away && !is_label(m->name))
			json_put(a, out, m->name, m->value);
	}
	return out;
}

struct str apigw_resource_arn(struct call *call)
{
	struct str path = str_starts(call->path, STR("/v2/")) ? str_from(call->path, 3) : STR("/apis");

	return arena_printf(&call->arena, "arn:aws:apigateway:" STR_FMT "::" STR_FMT, STR_ARG(host_region(call->host)),
			    STR_ARG(path));
}

/* ---- the five operations ---- */

static int make_and_put(struct call *call, const struct resource_kind *kind, struct str id, const struct json *before)
{
	const struct resource_input *in = call->input;
	struct json *record = apigw_merge(&call->arena, before, call->parameters);

	json_put(&call->arena, record, str_c(kind->id_member), json_new_string(&call->arena, id));
	if (kind->check && kind->check(call, record, id) < 0)
		return -1;
	if (apigw_put_record(call, kind, in->api_id, id, record) < 0)
		return -1;
	apigw_write_members(call, record);
	return 0;
}

static int create(struct call *call, const struct resource_kind *kind)
{
	const struct resource_input *in = call->input;
	const struct json *api, *defaults;
	struct json *others;

	if (apigw_need_api(call, in->api_id, &api) < 0 || apigw_all_records(call, kind, in->api_id, &others) < 0)
		return -1;
	if (others->count >= (size_t)kind->max)
		return call_failf(call, &apigw_TooManyRequestsException, "Maximum number of %ss for this API has been reached.",
				  kind->name);
	if (json_parse(&call->arena, str_c(kind->defaults), &defaults, NULL) < 0)
		return call_fault(call, NULL);
	struct str id = str_is_set(in->id) ? in->id : apigw_new_id(&call->arena);
	return make_and_put(call, kind, id, defaults);
}

static int get(struct call *call, const struct resource_kind *kind)
{
	const struct resource_input *in = call->input;
	const struct json *record;

	if (apigw_get_record(call, kind, in->api_id, in->id, &record) < 0)
		return -1;
	apigw_write_members(call, record);
	return 0;
}

static int update(struct call *call, const struct resource_kind *kind)
{
	const struct resource_input *in = call->input;
	const struct json *before;

	if (apigw_get_record(call, kind, in->api_id, in->id, &before) < 0)
		return -1;
	return make_and_put(call, kind, in->id, before);
}

static int write_listed(void *argument, const struct json *record)
{
	struct call *call = argument;

	write_object(&call->out, NULL);
	apigw_write_members(call, record);
	write_end(&call->out);
	return 1;
}

static int list(struct call *call, const struct resource_kind *kind)
{
	const struct resource_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 500, .token = in->token };
	struct error err = { 0 };
	const struct json *api;
	struct str next;
	struct key key;

	if (apigw_need_api(call, in->api_id, &api) < 0)
		return -1;
	record_key(&key, str_c(kind->space), in->api_id);
	write_list(&call->out, "items", "item");
	int rc = record_page(call->txn, SPACE_API, &key, &window, &call->arena, write_listed, call, &next, &err);
	if (rc == ERR_INVALID)
		return call_failf(call, &apigw_BadRequestException, "Invalid nextToken.");
	if (rc < 0)
		return call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "nextToken", next);
	return 0;
}

static int delete (struct call *call, const struct resource_kind *kind)
{
	const struct resource_input *in = call->input;
	const struct json *record;
	struct error err = { 0 };
	struct key key;

	if (apigw_get_record(call, kind, in->api_id, in->id, &record) < 0)
		return -1;
	if (kind->check_delete && kind->check_delete(call, in->id) < 0)
		return -1;
	resource_key(&key, kind, in->api_id, in->id);
	if (store_delete(call->txn, SPACE_API, key_str(&key), &err) < 0)
		return call_fault(call, &err);
	return apigw_changed(call, in->api_id);
}

#define CRUD(one)                                                                                                                \
	int apigw_create_##one(struct call *call)                                                                                \
	{                                                                                                                        \
		return create(call, &apigw_##one);                                                                               \
	}                                                                                                                        \
	int apigw_get_##one(struct call *call)                                                                                   \
	{                                                                                                                        \
		return get(call, &apigw_##one);                                                                                  \
	}                                                                                                                        \
	int apigw_list_##one(struct call *call)                                                                                  \
	{                                                                                                                        \
		return list(call, &apigw_##one);                                                                                 \
	}                                                                                                                        \
	int apigw_update_##one(struct call *call)                                                                                \
	{                                                                                                                        \
		return update(call, &apigw_##one);                                                                               \
	}                                                                                                                        \
	int apigw_delete_##one(struct call *call)                                                                                \
	{                                                                                                                        \
		return delete (call, &apigw_##one);                                                                              \
	}
CRUD(route)
CRUD(integration)
CRUD(stage)
CRUD(authorizer)
CRUD(deployment)
