/* SPDX-License-Identifier: Apache-2.0
 *
 * The fields of each type of state.
 */
#include "states/define.h"

#include "format/date.h"

static void require(struct definer *d, const struct json *value, const char *field, struct str location)
{
	if (!json_get(value, str_c(field)))
		diagnose_schema(d->diagnostics, location, "These fields are required: [%s]", field);
}

/* A literal number must be whole and within bounds; expressions are judged when they run. */
static void check_whole(struct definer *d, const struct setting *s, int64_t min, int64_t max, struct str location)
{
	int64_t n;
	if (!s->literal)
		return;
	if (json_to_i64(s->literal, &n) < 0 || n < min || n > max)
		diagnose_schema(d->diagnostics, define_below(d, location, STR_FMT, STR_ARG(s->field)),
				"Value must be an integer between %lld and %lld", (long long)min, (long long)max);
}

static void check_string(struct definer *d, const struct setting *s, struct str location)
{
	if (s->literal && !json_is(s->literal, JSON_STRING))
		diagnose_schema(d->diagnostics, define_below(d, location, STR_FMT, STR_ARG(s->field)), "Value is not a string");
}

static void define_resource(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	struct str arn = json_text(json_get_c(value, "Resource"));
	struct str where = define_below(d, location, "Resource");
	if (!json_get_c(value, "Resource"))
		return;
	switch (resource_parse(arn, d->machine->express, &s->resource)) {
	case RESOURCE_OK:
		break;
	case RESOURCE_NOT_ARN:
		diagnose_schema(d->diagnostics, where, "Value is not a valid resource ARN");
		break;
	case RESOURCE_UNKNOWN:
		diagnose_schema(d->diagnostics, where,
				"The resource provided " STR_FMT " is not recognized. The value is not a "
				"valid resource ARN, or the resource is not available in this region.",
				STR_ARG(arn));
		break;
	case RESOURCE_PATTERN_EXPRESS:
		diagnose_schema(d->diagnostics, where,
				"Express state machine does not support '." STR_FMT "' service integration",
				STR_ARG(str_from(s->resource.call, s->resource.action.n + 1)));
		break;
	}
}

static void define_task(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	require(d, value, "Resource", location);
	define_resource(d, s, value, location);
	define_setting(d, s, &s->timeout, value, "TimeoutSeconds", "TimeoutSecondsPath", location);
	define_setting(d, s, &s->heartbeat, value, "HeartbeatSeconds", "HeartbeatSecondsPath", location);
	check_whole(d, &s->timeout, 1, 99999999, location);
	check_whole(d, &s->heartbeat, 1, 99999999, location);
	int64_t timeout, heartbeat;
	if (s->timeout.literal && s->heartbeat.literal && json_to_i64(s->timeout.literal, &timeout) == 0 &&
	    json_to_i64(s->heartbeat.literal, &heartbeat) == 0 && heartbeat >= timeout)
		diagnose_schema(d->diagnostics, location, "HeartbeatSeconds must be smaller than TimeoutSeconds");
	struct str token = STR("$$.Task.Token");
	const struct json *parameters = json_get_c(value, "Parameters");
	if (s->resource.pattern == PATTERN_TOKEN && s->language == LANGUAGE_JSONPATH &&
	    str_find(json_to_str(d->arena, parameters), token, 0) < 0)
		diagnose_schema(d->diagnostics, location, "The Parameters field must pass the task token: '" STR_FMT "'",
				STR_ARG(token));
}

static void define_wait(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	static const char *const choices[] = { "Seconds", "SecondsPath", "Timestamp", "TimestampPath" };
	int given = 0;
	int64_t ms;
	for (size_t i = 0; i < 4; i++)
		given += json_get(value, str_c(choices[i])) != NULL;
	if (given != 1) {
		diagnose_schema(d->diagnostics, location, "Exactly one of these fields is required: [%s]",
				s->language == LANGUAGE_JSONATA ? "Seconds, Timestamp"
								: "Seconds, SecondsPath, Timestamp, TimestampPath");
		return;
	}
	define_setting(d, s, &s->seconds, value, "Seconds", "SecondsPath", location);
	define_setting(d, s, &s->timestamp, value, "Timestamp", "TimestampPath", location);
	check_whole(d, &s->seconds, 0, 99999999, location);
	if (s->timestamp.literal && date_parse_iso(json_text(s->timestamp.literal), &ms) < 0)
		diagnose_schema(d->diagnostics, define_below(d, location, "Timestamp"),
				"Value is not a valid ISO-8601 timestamp");
}

static void define_fail(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	define_setting(d, s, &s->error, value, "Error", "ErrorPath", location);
	define_setting(d, s, &s->cause, value, "Cause", "CausePath", location);
	check_string(d, &s->error, location);
	check_string(d, &s->cause, location);
}

static void define_next(struct definer *d, const struct state *s, const struct json *value, struct str location)
{
	const struct json *next = json_get_c(value, "Next"), *end = json_get_c(value, "End");
	if (s->type & (STATE_CHOICE | STATE_SUCCEED | STATE_FAIL))
		return;
	if (next && !json_is(next, JSON_STRING))
		diagnose_schema(d->diagnostics, define_below(d, location, "Next"), "Value is not a string");
	if (end && !json_is(end, JSON_BOOL))
		diagnose_schema(d->diagnostics, define_below(d, location, "End"), "Value is not a boolean");
	if ((next != NULL) == json_true(end))
		diagnose_schema(d->diagnostics, location, "Exactly one of these fields is required: [Next, End]");
}

static void define_data(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	define_path(d, &s->input_path, value, "InputPath", false, location);
	define_path(d, &s->output_path, value, "OutputPath", false, location);
	define_path(d, &s->result_path, value, "ResultPath", true, location);
	s->parameters = define_template(d, s, value, s->language == LANGUAGE_JSONATA ? "Arguments" : "Parameters", location);
	s->result_selector = define_template(d, s, value, "ResultSelector", location);
	s->assign = define_template(d, s, value, "Assign", location);
	s->output = define_template(d, s, value, "Output", location);
	if (json_get_c(value, "Assign") && !json_is(json_get_c(value, "Assign"), JSON_OBJECT))
		diagnose_schema(d->diagnostics, define_below(d, location, "Assign"), "Value is not an object");
}

void define_state(struct definer *d, struct state *s, const struct json *value, struct str location)
{
	size_t errors = d->diagnostics->errors;
	define_check_fields(d, s, value, location);
	if (errors != d->diagnostics->errors)
		return;
	define_next(d, s, value, location);
	define_data(d, s, value, location);
	define_retry(d, s, json_get_c(value, "Retry"), location);
	switch (s->type) {
	case STATE_PASS:
		s->result = json_get_c(value, "Result");
		break;
	case STATE_TASK:
		define_task(d, s, value, location);
		break;
	case STATE_CHOICE:
		define_choices(d, s, value, location);
		break;
	case STATE_WAIT:
		define_wait(d, s, value, location);
		break;
	case STATE_FAIL:
		define_fail(d, s, value, location);
		break;
	case STATE_PARALLEL:
		define_parallel(d, s, value, location);
		break;
	case STATE_MAP:
		define_map(d, s, value, location);
		break;
	default:
		break;
	}
	define_catch(d, s, json_get_c(value, "Catch"), location);
}
