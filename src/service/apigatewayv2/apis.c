/* SPDX-License-Identifier: Apache-2.0
 *
 * APIs themselves, what is taken out of them and of stages by name, and tags.
 */
#include "service/apigatewayv2/internal.h"

#include "format/date.h"
#include "os/clock.h"
#include "service/apigatewayv2/config.h"

static const char api_defaults[] =
	"{\"apiKeySelectionExpression\":\"$request.header.x-api-key\",\"disableExecuteApiEndpoint\":false,"
	"\"ipAddressType\":\"ipv4\",\"routeSelectionExpression\":\"$request.method $request.path\",\"tags\":{}}";

static void write_api(struct call *call, const struct json *api)
{
	struct str id = json_get_text(api, STR("Id"));

	write_str(&call->out, "apiId", id);
	write_strf(&call->out, "apiEndpoint", STR_FMT "/_aws/execute-api/" STR_FMT, STR_ARG(host_endpoint(call->host)),
		   STR_ARG(id));
	apigw_write_members(call, api);
}

static int put_api(struct call *call, const struct json *api)
{
	struct str id = json_get_text(api, STR("Id"));
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("api"), id);
	if (record_put(call->txn, SPACE_API, &key, &call->arena, api, &err) < 0)
		return call_fault(call, &err);
	return apigw_changed(call, id);
}

/* An origin of "*" and credentials exclude each other. */
static int check_cors(struct call *call, const struct json *api)
{
	const struct json *cors = json_get_c(api, "corsConfiguration"), *origins = json_get_c(cors, "allowOrigins");

	for (size_t i = 0; origins && i < origins->count; i++)
		if (str_eq_c(json_text(origins->items[i]), "*") && json_true(json_get_c(cors, "allowCredentials")))
			return call_failf(
				call, &apigw_BadRequestException,
				"allowCredentials is not supported for origin *. To set allowCredentials to true, allowOrigins "
				"must not be *.");
	return 0;
}

int apigw_create_api(struct call *call)
{
	struct arena *a = &call->arena;
	const struct json *defaults;
	char now[DATE_TEXT_MAX];

	if (json_parse(a, str_c(api_defaults), &defaults, NULL) < 0)
		return call_fault(call, NULL);
	struct json *api = apigw_merge(a, defaults, call->parameters);
	json_put(a, api, STR("Id"), json_new_string(a, apigw_new_id(a)));
	json_put(a, api, STR("createdDate"), json_new_string(a, arena_str(a, date_iso(now, clock_wall_ms()))));
	if (check_cors(call, api) < 0 || put_api(call, api) < 0)
		return -1;
	write_api(call, api);
	return 0;
}

int apigw_get_api(struct call *call)
{
	const struct resource_input *in = call->input;
	const struct json *api;

	if (apigw_need_api(call, in->api_id, &api) < 0)
		return -1;
	write_api(call, api);
	return 0;
}

int apigw_update_api(struct call *call)
{
	const struct resource_input *in = call->input;
	const struct json *before;

	if (apigw_need_api(call, in->api_id, &before) < 0)
		return -1;
	struct json *api = apigw_merge(&call->arena, before, call->parameters);
	if (check_cors(call, api) < 0 || put_api(call, api) < 0)
		return -1;
	write_api(call, api);
	return 0;
}

static int write_listed_api(void *argument, const struct json *api)
{
	struct call *call = argument;

	write_object(&call->out, NULL);
	write_api(call, api);
	write_end(&call->out);
	return 1;
}

int apigw_list_api(struct call *call)
{
	const struct resource_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 500, .token = in->token };
	struct error err = { 0 };
	struct str next;
	struct key key;

	record_key(&key, STR("api"));
	write_list(&call->out, "items", "item");
	int rc = record_page(call->txn, SPACE_API, &key, &window, &call->arena, write_listed_api, call, &next, &err);
	if (rc == ERR_INVALID)
		return call_failf(call, &apigw_BadRequestException, "Invalid nextToken.");
	if (rc < 0)
		return call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "nextToken", next);
	return 0;
}

int apigw_delete_api(struct call *call)
{
	static const struct resource_kind *const kinds[] = { &apigw_route, &apigw_integration, &apigw_stage, &apigw_authorizer,
							     &apigw_deployment };
	const struct resource_input *in = call->input;
	const struct json *api;
	struct error err = { 0 };
	struct key key;

	if (apigw_need_api(call, in->api_id, &api) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		record_key(&key, str_c(kinds[i]->space), in->api_id);
		if (record_delete_all(call->txn, SPACE_API, &key, &call->arena, &err) < 0)
			return call_fault(call, &err);
	}
	record_key(&key, STR("api"), in->api_id);
	if (store_delete(call->txn, SPACE_API, key_str(&key), &err) < 0)
		return call_fault(call, &err);
	return apigw_changed(call, in->api_id);
}

/* ---- taking one setting out ---- */

static struct json *without(struct arena *a, const struct json *object, struct str name)
{
	struct json *out = json_new_object(a);

	for (size_t i = 0; object && i < object->count; i++)
		if (!str_eq(object->members[i].name, name))
			json_add_member(a, out, object->members[i].name, object->members[i].value);
	return out;
}

int apigw_delete_cors(struct call *call)
{
	const struct resource_input *in = call->input;
	const struct json *api;

	if (apigw_need_api(call, in->api_id, &api) < 0)
		return -1;
	return put_api(call, without(&call->arena, api, STR("corsConfiguration")));
}

int apigw_delete_access_log_settings(struct call *call)
{
	const struct resource_input *in = call->input;
	const struct json *stage;

	if (apigw_get_record(call, &apigw_stage, in->api_id, in->id, &stage) < 0)
		return -1;
	return apigw_put_record(call, &apigw_stage, in->api_id, in->id, without(&call->arena, stage, STR("accessLogSettings")));
}

int apigw_delete_route_settings(struct call *call)
{
	const struct resource_input *in = call->input;
	const struct json *stage;

	if (apigw_get_record(call, &apigw_stage, in->api_id, in->id, &stage) < 0)
		return -1;
	struct json *changed = json_copy_object(&call->arena, stage);
	json_put(&call->arena, changed, STR("routeSettings"),
		 without(&call->arena, json_get_c(stage, "routeSettings"), in->token));
	return apigw_put_record(call, &apigw_stage, in->api_id, in->id, changed);
}

/* ---- tags: arn:aws:apigateway:region::/apis/id, or …/apis/id/stages/name ---- */

struct tagged {
	struct str api_id, stage;
	const struct json *record;
};

static int find_tagged(struct call *call, struct tagged *out)
{
	const struct resource_input *in = call->input;
	ptrdiff_t at = str_find(in->id, STR("::/apis/"), 0);

	if (at < 0)
		return call_failf(call, &apigw_BadRequestException, "Invalid ARN specified: " STR_FMT, STR_ARG(in->id));
	struct str rest = str_from(in->id, (size_t)at + strlen("::/apis/"));
	out->api_id = str_split(&rest, '/');
	out->stage = STR_NULL;
	if (!str_is_set(rest))
		return apigw_need_api(call, out->api_id, &out->record);
	if (!str_starts(rest, STR("stages/")))
		return call_failf(call, &apigw_BadRequestException, "Invalid ARN specified: " STR_FMT, STR_ARG(in->id));
	out->stage = str_from(rest, strlen("stages/"));
	return apigw_get_record(call, &apigw_stage, out->api_id, out->stage, &out->record);
}

static int put_tags(struct call *call, const struct tagged *t, const struct json *tags)
{
	struct json *changed = json_copy_object(&call->arena, t->record);

	if (tags && tags->count > TAGS_MAX)
		return call_failf(call, &apigw_BadRequestException, "A resource may have at most %d tags.", TAGS_MAX);
	json_put(&call->arena, changed, STR("tags"), tags);
	if (str_is_set(t->stage))
		return apigw_put_record(call, &apigw_stage, t->api_id, t->stage, changed);
	return put_api(call, changed);
}

int apigw_tag_resource(struct call *call)
{
	const struct resource_input *in = call->input;
	struct tagged t;

	if (find_tagged(call, &t) < 0)
		return -1;
	return put_tags(call, &t, tags_merge(&call->arena, json_get_c(t.record, "tags"), in->tags));
}

int apigw_untag_resource(struct call *call)
{
	const struct resource_input *in = call->input;
	struct tagged t;

	if (find_tagged(call, &t) < 0)
		return -1;
	return put_tags(call, &t, tags_without(&call->arena, json_get_c(t.record, "tags"), in->keys));
}

int apigw_get_tags(struct call *call)
{
	struct tagged t;

	if (find_tagged(call, &t) < 0)
		return -1;
	const struct json *tags = json_get_c(t.record, "tags");
	write_json(&call->out, "tags", tags ? tags : &json_empty_object);
	return 0;
}
