/* SPDX-License-Identifier: Apache-2.0
 *
 * Values to JSON text, and items to and from their stored form.
 */
#include "base/encode.h"
#include "base/limits.h"
#include "service/dynamodb/value.h"

static void write_text(struct buf *out, const struct value *v)
{
	if (v->type == VALUE_S) {
		json_write_string(out, v->text);
		return;
	}
	buf_add_char(out, '"');
	if (v->type == VALUE_B)
		buf_add_base64(out, v->text.p, v->text.n);
	else
		buf_add_str(out, v->text);
	buf_add_char(out, '"');
}

static void write_items(struct buf *out, const struct value *v)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < v->count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		if (v->type == VALUE_L)
			value_write(out, v->items[i]);
		else
			write_text(out, v->items[i]);
	}
	buf_add_char(out, ']');
}

void value_write(struct buf *out, const struct value *v)
{
	buf_add(out, "{\"", 2);
	buf_add_c(out, value_type_name(v->type));
	buf_add(out, "\":", 2);
	switch (v->type) {
	case VALUE_S:
	case VALUE_N:
	case VALUE_B:
		write_text(out, v);
		break;
	case VALUE_BOOL:
	case VALUE_NULL:
		buf_add_c(out, v->boolean ? "true" : "false");
		break;
	case VALUE_M:
		item_write(out, v);
		break;
	default:
		write_items(out, v);
	}
	buf_add_char(out, '}');
}

void item_write(struct buf *out, const struct value *item)
{
	buf_add_char(out, '{');
	for (size_t i = 0; i < item->count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		json_write_string(out, item->attributes[i].name);
		buf_add_char(out, ':');
		value_write(out, item->attributes[i].value);
	}
	buf_add_char(out, '}');
}

struct str item_text(struct arena *a, const struct value *item)
{
	struct buf b;

	buf_init(&b, LIMIT_REPLY_BODY);
	item_write(&b, item);
	struct str text = buf_failed(&b) ? STR_NULL : arena_str(a, buf_str(&b));
	buf_release(&b);
	return text;
}

int item_encode(struct arena *a, const struct value *item, struct str *stored)
{
	size_t size = item_size(item);
	uint8_t header[ITEM_HEADER] = { (uint8_t)(size >> 24), (uint8_t)(size >> 16), (uint8_t)(size >> 8), (uint8_t)size };
	struct buf b;

	buf_init(&b, LIMIT_REPLY_BODY);
	buf_add(&b, header, sizeof(header));
	item_write(&b, item);
	struct str text = buf_failed(&b) ? STR_NULL : arena_str(a, buf_str(&b));
	buf_release(&b);
	if (!text.p)
		return ERR_NO_MEMORY;
	*stored = text;
	return 0;
}

size_t item_stored_size(struct str stored)
{
	const uint8_t *p = (const uint8_t *)stored.p;

	if (stored.n < ITEM_HEADER)
		return 0;
	return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

struct str item_stored_text(struct str stored)
{
	return str_from(stored, ITEM_HEADER);
}

static int load(struct arena *a, const struct json *json, struct value *out);

static int load_items(struct arena *a, const struct json *json, struct value *out)
{
	static const enum value_type members[] = { [VALUE_SS] = VALUE_S, [VALUE_NS] = VALUE_N, [VALUE_BS] = VALUE_B };
	struct value *values = arena_alloc_array(a, json->count, sizeof(*values));
	int rc = 0;

	out->count = json->count;
	out->items = arena_alloc_array(a, json->count, sizeof(*out->items));
	if (json->count > 0 && (!values || !out->items))
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < json->count && rc == 0; i++) {
		out->items[i] = &values[i];
		if (out->type == VALUE_L) {
			rc = load(a, json->items[i], &values[i]);
		} else {
			values[i].type = members[out->type];
			values[i].text = json->items[i]->text;
			if (out->type == VALUE_BS)
				rc = base64_decode(a, values[i].text, &values[i].text);
		}
	}
	return rc;
}

static int load_map(struct arena *a, const struct json *json, struct value *out)
{
	struct value *values = arena_alloc_array(a, json->count, sizeof(*values));
	struct attribute *attributes = arena_alloc_array(a, json->count, sizeof(*attributes));
	int rc = 0;

	if (json->count > 0 && (!values || !attributes))
		return ERR_NO_MEMORY;
	for (size_t i = 0; i < json->count && rc == 0; i++) {
		attributes[i] = (struct attribute){ json->members[i].name, &values[i] };
		rc = load(a, json->members[i].value, &values[i]);
	}
	out->type = VALUE_M;
	out->count = json->count;
	out->attributes = attributes;
	return rc;
}

/* As value_read without its checks: the text was written by value_write. */
static int load(struct arena *a, const struct json *json, struct value *out)
{
	if (!json_is(json, JSON_OBJECT) || json->count != 1)
		return ERR_CORRUPT;
	const struct json *v = json->members[0].value;
	out->type = value_type_of(json->members[0].name);
	switch (out->type) {
	case VALUE_S:
	case VALUE_N:
		out->text = json_text(v);
		return 0;
	case VALUE_B:
		return base64_decode(a, json_text(v), &out->text);
	case VALUE_BOOL:
	case VALUE_NULL:
		out->boolean = json_true(v);
		return 0;
	case VALUE_M:
		return json_is(v, JSON_OBJECT) ? load_map(a, v, out) : ERR_CORRUPT;
	case VALUE_TYPE_COUNT:
		return ERR_CORRUPT;
	default:
		return json_is(v, JSON_ARRAY) ? load_items(a, v, out) : ERR_CORRUPT;
	}
}

int item_decode(struct arena *a, struct str stored, const struct value **item, struct error *err)
{
	const struct json *json;
	struct value *v = ARENA_NEW(a, struct value);
	int rc = json_parse(a, item_stored_text(stored), &json, err);

	if (rc < 0)
		return rc;
	rc = v && json_is(json, JSON_OBJECT) ? load_map(a, json, v) : ERR_CORRUPT;
	if (rc < 0)
		return error_set(err, arena_failed(a) ? ERR_NO_MEMORY : ERR_CORRUPT, "a stored item cannot be read");
	*item = v;
	return 0;
}
