/* SPDX-License-Identifier: Apache-2.0 */
#include <yaml.h>

#include "service/codebuild/buildspec.h"

struct reader {
	yaml_parser_t parser;
	struct arena *arena;
	struct error *err;
};

static int fail(struct reader *r, const char *what)
{
	return error_set(r->err, ERR_INVALID, "line %zu, column %zu: %s", r->parser.mark.line + 1, r->parser.mark.column + 1,
			 what);
}

static int next_event(struct reader *r, yaml_event_t *event)
{
	if (yaml_parser_parse(&r->parser, event))
		return 0;
	return error_set(r->err, ERR_INVALID, "line %zu, column %zu: %s", r->parser.problem_mark.line + 1,
			 r->parser.problem_mark.column + 1, r->parser.problem ? r->parser.problem : "not YAML");
}

static int read_value(struct reader *r, yaml_event_t *event, int depth, const struct json **out);

static const struct json *scalar(struct reader *r, const yaml_event_t *event)
{
	struct str text = str_of((const char *)event->data.scalar.value, event->data.scalar.length);
	bool plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (plain && (text.n == 0 || str_eq(text, STR("~")) || str_eq(text, STR("null"))))
		return &json_null;
	return json_new_string(r->arena, arena_str(r->arena, text));
}

static int read_sequence(struct reader *r, int depth, const struct json **out)
{
	struct json *list = json_new_array(r->arena);
	yaml_event_t event;
	int result;

	while ((result = next_event(r, &event)) == 0 && event.type != YAML_SEQUENCE_END_EVENT) {
		const struct json *item;
		result = read_value(r, &event, depth + 1, &item);
		yaml_event_delete(&event);
		if (result != 0)
			return result;
		json_add(r->arena, list, item);
	}
	if (result == 0)
		yaml_event_delete(&event);
	*out = list;
	return result;
}

static int read_mapping(struct reader *r, int depth, const struct json **out)
{
	struct json *object = json_new_object(r->arena);
	yaml_event_t event;
	int result;

	while ((result = next_event(r, &event)) == 0 && event.type != YAML_MAPPING_END_EVENT) {
		const struct json *value;
		struct str name;
		if (event.type != YAML_SCALAR_EVENT) {
			yaml_event_delete(&event);
			return fail(r, "a key must be a text");
		}
		name = arena_str(r->arena, str_of((const char *)event.data.scalar.value, event.data.scalar.length));
		yaml_event_delete(&event);
		if (json_get(object, name))
			return fail(r, "a key stands twice");
		result = next_event(r, &event);
		if (result == 0) {
			result = read_value(r, &event, depth + 1, &value);
			yaml_event_delete(&event);
		}
		if (result != 0)
			return result;
		json_put(r->arena, object, name, value);
	}
	if (result == 0)
		yaml_event_delete(&event);
	*out = object;
	return result;
}

static int read_value(struct reader *r, yaml_event_t *event, int depth, const struct json **out)
{
	if (depth >= YAML_DEPTH_MAX)
		return fail(r, "nested too deeply");
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		*out = scalar(r, event);
		return 0;
	case YAML_SEQUENCE_START_EVENT:
		return read_sequence(r, depth, out);
	case YAML_MAPPING_START_EVENT:
		return read_mapping(r, depth, out);
	case YAML_ALIAS_EVENT:
		return fail(r, "aliases are not offered");
	default:
		return fail(r, "a value is missing");
	}
}

/* Stream start, document start, the value, document end, stream end. */
static int read_stream(struct reader *r, const struct json **out)
{
	static const yaml_event_type_t before[] = { YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT };
	static const yaml_event_type_t after[] = { YAML_DOCUMENT_END_EVENT, YAML_STREAM_END_EVENT };
	yaml_event_t event;
	int result = 0;

	for (size_t i = 0; i < 2 && result == 0; i++) {
		result = next_event(r, &event);
		if (result == 0 && event.type != before[i])
			result = fail(r, "there is no document");
		else if (result != 0)
			return result;
		yaml_event_delete(&event);
	}
	if (result == 0)
		result = next_event(r, &event);
	if (result != 0)
		return result;
	result = read_value(r, &event, 0, out);
	yaml_event_delete(&event);
	for (size_t i = 0; i < 2 && result == 0; i++) {
		result = next_event(r, &event);
		if (result != 0)
			return result;
		if (event.type != after[i])
			result = fail(r, "there is more than one document");
		yaml_event_delete(&event);
	}
	return result;
}

int yaml_parse(struct arena *a, struct str text, const struct json **out, struct error *err)
{
	struct reader r = { .arena = a, .err = err };
	int result;

	if (text.n > YAML_SIZE_MAX)
		return error_set(err, ERR_INVALID, "larger than %d bytes", YAML_SIZE_MAX);
	if (!yaml_parser_initialize(&r.parser))
		return error_set(err, ERR_NO_MEMORY, "no memory for YAML");
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.p ? text.p : ""), text.n);
	result = read_stream(&r, out);
	yaml_parser_delete(&r.parser);
	if (result == 0 && arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory for YAML");
	return result;
}
