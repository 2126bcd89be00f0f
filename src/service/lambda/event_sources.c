/* SPDX-License-Identifier: Apache-2.0
 *
 * Event source mappings: kept as they are answered; poller.h says what they do.
 */
#include "events/pattern.h"
#include "os/clock.h"
#include "os/random.h"
#include "service/lambda/operations.h"
#include "service/lambda/poller.h"

#include <stdlib.h>

#include "service/tags.h"

struct source_input {
	struct str uuid, function_name, source_arn, starting_position, marker, kms_key;
	struct opt_bool enabled, bisect;
	struct opt_i64 batch, window, retries, age, parallel, tumbling, limit, starting_at;
	const struct json *filter, *types, *scaling, *destination, *tags;
};
LAMBDA_INPUT_FITS(struct source_input);

static const char *const positions[] = { "TRIM_HORIZON", "LATEST", "AT_TIMESTAMP", NULL };

#define SOURCE_SETTINGS                                                                                                          \
	BIND_BOOL(struct source_input, enabled, "Enabled"),                                                                      \
		BIND_I64(struct source_input, batch, "BatchSize", .min = 1, .max = 10000),                                       \
		BIND_MAP(struct source_input, filter, "FilterCriteria"),                                                         \
		BIND_I64(struct source_input, window, "MaximumBatchingWindowInSeconds", .min = 0, .max = 300),                   \
		BIND_I64(struct source_input, parallel, "ParallelizationFactor", .min = 1, .max = 10),                           \
		BIND_MAP(struct source_input, destination, "DestinationConfig"),                                                 \
		BIND_I64(struct source_input, age, "MaximumRecordAgeInSeconds", .min = -1, .max = 604800),                       \
		BIND_BOOL(struct source_input, bisect, "BisectBatchOnFunctionError"),                                            \
		BIND_I64(struct source_input, retries, "MaximumRetryAttempts", .min = -1, .max = 10000),                         \
		BIND_I64(struct source_input, tumbling, "TumblingWindowInSeconds", .min = 0, .max = 900),                        \
		BIND_LIST(struct source_input, types, "FunctionResponseTypes", .max = 1),                                        \
		BIND_MAP(struct source_input, scaling, "ScalingConfig"), BIND_STR(struct source_input, kms_key, "KMSKeyArn"),    \
		BIND_REFUSED("SourceAccessConfigurations"), BIND_REFUSED("DocumentDBEventSourceConfig"),                         \
		BIND_REFUSED("MetricsConfig"), BIND_REFUSED("ProvisionedPollerConfig")

const struct bind lambda_create_event_source_fields[] = {
	BIND_STR(struct source_input, source_arn, "EventSourceArn", .required = true),
	BIND_STR(struct source_input, function_name, "FunctionName", .required = true, .min = 1, .max = 256),
	BIND_STR(struct source_input, starting_position, "StartingPosition", .values = positions),
	BIND_TIME(struct source_input, starting_at, "StartingPositionTimestamp"),
	BIND_MAP(struct source_input, tags, "Tags"),
	SOURCE_SETTINGS,
	BIND_REFUSED("Topics"),
	BIND_REFUSED("Queues"),
	BIND_REFUSED("SelfManagedEventSource"),
	BIND_REFUSED("AmazonManagedKafkaEventSourceConfig"),
	BIND_REFUSED("SelfManagedKafkaEventSourceConfig"),
	BIND_DONE,
};
const struct bind lambda_update_event_source_fields[] = {
	BIND_STR(struct source_input, uuid, "UUID", .location = BIND_LABEL, .required = true),
	BIND_STR(struct source_input, function_name, "FunctionName", .min = 1, .max = 256),
	SOURCE_SETTINGS,
	BIND_DONE,
};
const struct bind lambda_event_source_fields[] = {
	BIND_STR(struct source_input, uuid, "UUID", .location = BIND_LABEL, .required = true),
	BIND_DONE,
};
const struct bind lambda_list_event_sources_fields[] = {
	BIND_STR(struct source_input, function_name, "FunctionName", .location = BIND_QUERY, .min = 1, .max = 256),
	BIND_STR(struct source_input, source_arn, "EventSourceArn", .location = BIND_QUERY),
	BIND_STR(struct source_input, marker, "Marker", .location = BIND_QUERY),
	BIND_I64(struct source_input, limit, "MaxItems", .location = BIND_QUERY, .min = 1, .max = 10000),
	BIND_DONE,
};

/* ---- records ---- */

static void mapping_key(struct key *k, struct str uuid)
{
	record_key(k, STR("mapping"), uuid);
}

static int load_mapping(struct call *call, const struct json **out)
{
	const struct source_input *in = call->input;
	struct error err = { 0 };
	struct key key;

	mapping_key(&key, in->uuid);
	int rc = record_get(call->txn, SPACE_LAMBDA, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return lambda_refuse(call, &lambda_ResourceNotFoundException, "The resource you requested does not exist.");
	return rc < 0 ? call_fault(call, &err) : 0;
}

/* What is left to do after the commit; owns its mapping. */
struct replacement {
	struct lambda *lambda;
	struct arena arena;
	struct str uuid;
	const struct json *mapping; /* NULL: it is gone */
};

static void replace(void *argument)
{
	struct replacement *r = argument;

	poller_replace(r->lambda, r->uuid, r->mapping);
	arena_release(&r->arena);
	free(r);
}

static int replace_later(struct call *call, struct str uuid, const struct json *mapping)
{
	struct replacement *r = calloc(1, sizeof(*r));

	if (!r)
		return call_fault(call, NULL);
	arena_init(&r->arena, 1 << 20);
	r->lambda = call->state;
	r->uuid = arena_str(&r->arena, uuid);
	r->mapping = mapping ? json_clone(&r->arena, mapping) : NULL;
	if (!arena_failed(&r->arena) && store_after_commit(call->txn, replace, r) == 0)
		return 0;
	arena_release(&r->arena);
	free(r);
	return call_fault(call, NULL);
}

static int save_mapping(struct call *call, struct str uuid, const struct json *mapping)
{
	struct error err = { 0 };
	struct key key;

	mapping_key(&key, uuid);
	if (record_put(call->txn, SPACE_LAMBDA, &key, &call->arena, mapping, &err) < 0)
		return call_fault(call, &err);
	return replace_later(call, uuid, mapping);
}

static void write_mapping(struct call *call, const struct json *mapping, const char *state)
{
	for (size_t i = 0; i < mapping->count; i++) {
		struct str name = mapping->members[i].name;

		if (state && str_eq_c(name, "State"))
			write_c(&call->out, "State", state);
		else if (!str_eq_c(name, "tags"))
			write_json(&call->out, arena_c(&call->arena, name), mapping->members[i].value);
	}
}

/* ---- making one ---- */

static void put(struct call *call, struct json *to, const char *name, const struct json *value)
{
	json_put(&call->arena, to, str_c(name), value);
}

static void put_text(struct call *call, struct json *to, const char *name, struct str text)
{
	put(call, to, name, json_new_string(&call->arena, text));
}

static int check_filters(struct call *call)
{
	const struct source_input *in = call->input;
	const struct json *filters = json_get_c(in->filter, "Filters");
	const struct event_pattern *compiled;
	struct error err;

	for (size_t i = 0; filters && i < filters->count; i++)
		if (event_pattern_compile(&call->arena, json_get_text(filters->items[i], STR("Pattern")), &compiled, &err) != 0)
			return lambda_refuse(call, &lambda_InvalidParameterValueException, "Invalid filter pattern definition.");
	return 0;
}

static bool is_queue(struct str arn)
{
	return str_starts(arn, STR("arn:aws:sqs:"));
}

static int check_source(struct call *call)
{
	const struct source_input *in = call->input;
	bool table = str_starts(in->source_arn, STR("arn:aws:dynamodb:")) && str_find(in->source_arn, STR("/stream/"), 0) > 0;

	if (!is_queue(in->source_arn) && !table)
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "The event source " STR_FMT
				     " is not offered by this server: queues are, and streams of tables.",
				     STR_ARG(in->source_arn));
	if (table && !in->starting_position.p)
		return lambda_refuse(
			call, &lambda_InvalidParameterValueException,
			"1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
			"Member must not be null.");
	if (is_queue(in->source_arn) && in->batch.value > 10 && in->window.value < 1)
		return lambda_refuse(
			call, &lambda_InvalidParameterValueException,
			"Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10");
	return check_filters(call);
}

/* What a request sets, over what there was. */
static void put_settings(struct call *call, struct json *mapping)
{
	static const char *const members[] = {
		"BatchSize",
		"MaximumBatchingWindowInSeconds",
		"ParallelizationFactor",
		"DestinationConfig",
		"MaximumRecordAgeInSeconds",
		"BisectBatchOnFunctionError",
		"MaximumRetryAttempts",
		"TumblingWindowInSeconds",
		"FunctionResponseTypes",
		"ScalingConfig",
		"StartingPosition",
		"KMSKeyArn",
	};
	const struct source_input *in = call->input;
	const struct json *filters = json_get_c(in->filter, "Filters");

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		const struct json *value = json_get(call->parameters, str_c(members[i]));

		if (value && !json_is(value, JSON_NULL))
			put(call, mapping, members[i], value);
	}
	if (in->filter)
		put(call, mapping, "FilterCriteria", filters && filters->count ? in->filter : &json_empty_object);
	if (in->enabled.set)
		put_text(call, mapping, "State", in->enabled.value ? STR("Enabled") : STR("Disabled"));
	put(call, mapping, "LastModified", json_new_double(&call->arena, (double)clock_wall_ms() / 1000));
}

static int put_function(struct call *call, struct json *mapping, struct str text)
{
	struct function_name name;
	const struct json *function;
	struct str version;
	int rc = function_name_parse(call, text, STR_NULL, &name);

	if (rc == 0)
		rc = function_resolve(call, &name, &function, &version);
	if (rc == 0)
		put_text(call, mapping, "FunctionArn", function_arn(call, name.name, name.qualifier));
	return rc;
}

struct same {
	struct str source, function;
	const struct json *found;
};

static int find_same(void *argument, const struct json *mapping)
{
	struct same *s = argument;

	if (str_eq(s->source, json_get_text(mapping, STR("EventSourceArn"))) &&
	    str_eq(s->function, json_get_text(mapping, STR("FunctionArn"))))
		s->found = mapping;
	return 0;
}

static int check_new(struct call *call, const struct json *mapping)
{
	struct same s = { json_get_text(mapping, STR("EventSourceArn")), json_get_text(mapping, STR("FunctionArn")), NULL };
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("mapping"));
	if (record_page(call->txn, SPACE_LAMBDA, &key, &(struct record_window){ 0 }, &call->arena, find_same, &s, NULL, &err) < 0)
		return call_fault(call, &err);
	if (!s.found)
		return 0;
	struct str uuid = json_get_text(s.found, STR("UUID"));
	return lambda_refuse(
		call, &lambda_ResourceConflictException,
		"The event source arn (\" " STR_FMT " \") and function (\" " STR_FMT
		" \") provided mapping already exists. Please update or delete the existing mapping with UUID " STR_FMT,
		STR_ARG(s.source), STR_ARG(s.function), STR_ARG(uuid));
}

/* A stream's settings come back even where nothing was said. */
static void put_stream_defaults(struct call *call, struct json *mapping)
{
	put(call, mapping, "BatchSize", json_new_i64(&call->arena, 100));
	put(call, mapping, "ParallelizationFactor", json_new_i64(&call->arena, 1));
	put(call, mapping, "MaximumRecordAgeInSeconds", json_new_i64(&call->arena, -1));
	put(call, mapping, "MaximumRetryAttempts", json_new_i64(&call->arena, -1));
	put(call, mapping, "BisectBatchOnFunctionError", json_new_bool(false));
	put(call, mapping, "TumblingWindowInSeconds", json_new_i64(&call->arena, 0));
	put(call, mapping, "LastProcessingResult", json_new_string(&call->arena, STR("No records processed")));
}

int lambda_create_event_source(struct call *call)
{
	const struct source_input *in = call->input;
	struct json *mapping = json_new_object(&call->arena);
	struct str region = host_region(call->host), account = host_account(call->host);
	char uuid[37];
	int rc = check_source(call);

	if (rc != 0)
		return rc;
	random_uuid(uuid);
	put_text(call, mapping, "UUID", str_c(uuid));
	put_text(call, mapping, "EventSourceArn", in->source_arn);
	put_text(call, mapping, "EventSourceMappingArn",
		 arena_printf(&call->arena, "arn:aws:lambda:" STR_FMT ":" STR_FMT ":event-source-mapping:%s", STR_ARG(region),
			      STR_ARG(account), uuid));
	put_text(call, mapping, "State", STR("Enabled"));
	put_text(call, mapping, "StateTransitionReason", STR("USER_INITIATED"));
	put(call, mapping, "BatchSize", json_new_i64(&call->arena, 10));
	put(call, mapping, "MaximumBatchingWindowInSeconds", json_new_i64(&call->arena, 0));
	put(call, mapping, "FunctionResponseTypes", &json_empty_array);
	if (!is_queue(in->source_arn))
		put_stream_defaults(call, mapping);
	put_settings(call, mapping);
	put(call, mapping, "tags", tags_merge(&call->arena, NULL, in->tags));
	rc = put_function(call, mapping, in->function_name);
	if (rc == 0)
		rc = check_new(call, mapping);
	if (rc == 0)
		rc = save_mapping(call, str_c(uuid), mapping);
	if (rc == 0)
		write_mapping(call, mapping, NULL);
	return rc;
}

int lambda_get_event_source(struct call *call)
{
	const struct json *mapping;
	int rc = load_mapping(call, &mapping);

	if (rc == 0)
		write_mapping(call, mapping, NULL);
	return rc;
}

int lambda_update_event_source(struct call *call)
{
	const struct source_input *in = call->input;
	const struct json *old;
	int rc = load_mapping(call, &old);

	if (rc == 0)
		rc = check_filters(call);
	if (rc != 0)
		return rc;
	struct json *mapping = json_copy_object(&call->arena, old);
	put_settings(call, mapping);
	if (in->function_name.p)
		rc = put_function(call, mapping, in->function_name);
	if (rc == 0)
		rc = save_mapping(call, in->uuid, mapping);
	if (rc == 0)
		write_mapping(call, mapping, NULL);
	return rc;
}

int lambda_delete_event_source(struct call *call)
{
	const struct source_input *in = call->input;
	const struct json *mapping;
	struct error err = { 0 };
	struct key key;
	int rc = load_mapping(call, &mapping);

	if (rc != 0)
		return rc;
	mapping_key(&key, in->uuid);
	if (store_delete(call->txn, SPACE_LAMBDA, key_str(&key), &err) < 0)
		return call_fault(call, &err);
	write_mapping(call, mapping, "Deleting");
	return replace_later(call, in->uuid, NULL);
}

static int write_listed(void *argument, const struct json *mapping)
{
	struct call *call = argument;
	const struct source_input *in = call->input;
	struct str arn = json_get_text(mapping, STR("FunctionArn"));

	if ((in->source_arn.p && !str_eq(in->source_arn, json_get_text(mapping, STR("EventSourceArn")))) ||
	    (in->function_name.p && !str_eq(arn, in->function_name) &&
	     !str_ends(arn, arena_printf(&call->arena, ":function:" STR_FMT, STR_ARG(in->function_name)))))
		return 0;
	write_object(&call->out, NULL);
	write_mapping(call, mapping, NULL);
	write_end(&call->out);
	return 1;
}

int lambda_list_event_sources(struct call *call)
{
	const struct source_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 100, .token = in->marker };
	struct error err = { 0 };
	struct str next = STR_NULL;
	struct key key;

	record_key(&key, STR("mapping"));
	write_list(&call->out, "EventSourceMappings", NULL);
	int rc = record_page(call->txn, SPACE_LAMBDA, &key, &window, &call->arena, write_listed, call, &next, &err);
	if (rc < 0)
		return rc == ERR_INVALID ? lambda_refuse(call, &lambda_InvalidParameterValueException, "Invalid marker")
					 : call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextMarker", next);
	return 0;
}

/* ---- tags ---- */

bool event_source_is_arn(struct str arn)
{
	return str_find(arn, STR(":event-source-mapping:"), 0) > 0;
}

int event_source_load(struct call *call, struct str arn, const struct json **mapping)
{
	ptrdiff_t at = str_find(arn, STR(":event-source-mapping:"), 0);
	struct error err = { 0 };
	struct key key;

	mapping_key(&key, str_from(arn, (size_t)at + 22));
	int rc = record_get(call->txn, SPACE_LAMBDA, &key, &call->arena, mapping, &err);
	if (rc == ERR_NOT_FOUND)
		return lambda_refuse(call, &lambda_ResourceNotFoundException, "The resource you requested does not exist.");
	return rc < 0 ? call_fault(call, &err) : 0;
}

int event_source_set_tags(struct call *call, const struct json *mapping, const struct json *tags)
{
	struct json *changed = json_copy_object(&call->arena, mapping);
	struct error err = { 0 };
	struct key key;

	put(call, changed, "tags", tags);
	mapping_key(&key, json_get_text(mapping, STR("UUID")));
	return record_put(call->txn, SPACE_LAMBDA, &key, &call->arena, changed, &err) < 0 ? call_fault(call, &err) : 0;
}
