/* SPDX-License-Identifier: Apache-2.0
 *
 * The Query protocol, for clients older than late 2023: lists are flattened (AttributeName.1), maps are pairs (Attribute.1.Name,
 * Attribute.1.Value), in requests and answers. Source: "Making Query API requests using AWS query protocol", SQS Developer Guide.
 */
#include "service/sqs/internal.h"

enum spelling_kind { SPELL_LIST, SPELL_PAIRS, SPELL_TAGS };

struct spelling {
	const char *form, *json;
	enum spelling_kind kind;
};

static const struct spelling spellings[] = {
	{ "Attribute", "Attributes", SPELL_PAIRS },
	{ "AttributeName", "AttributeNames", SPELL_LIST },
	{ "ChangeMessageVisibilityBatchRequestEntry", "Entries", SPELL_LIST },
	{ "DeleteMessageBatchRequestEntry", "Entries", SPELL_LIST },
	{ "MessageAttribute", "MessageAttributes", SPELL_PAIRS },
	{ "MessageAttributeName", "MessageAttributeNames", SPELL_LIST },
	{ "MessageSystemAttribute", "MessageSystemAttributes", SPELL_PAIRS },
	{ "MessageSystemAttributeName", "MessageSystemAttributeNames", SPELL_LIST },
	{ "SendMessageBatchRequestEntry", "Entries", SPELL_LIST },
	{ "Tag", "Tags", SPELL_TAGS },
	{ "TagKey", "TagKeys", SPELL_LIST },
	/* Only in answers. */
	{ "Message", "Messages", SPELL_LIST },
	{ "QueueUrl", "QueueUrls", SPELL_LIST },
	{ "QueueUrl", "queueUrls", SPELL_LIST },
	{ "BatchResultErrorEntry", "Failed", SPELL_LIST },
};

static const struct spelling *find(struct str name, bool by_form)
{
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
		if (str_eq_c(name, by_form ? spellings[i].form : spellings[i].json))
			return &spellings[i];
	return NULL;
}

/* ---- requests ---- */

static const struct json *renamed(struct call *call, const struct json *form);

/* [{"Name": n, "Value": v}] as {n: v} */
static const struct json *pairs_map(struct call *call, const struct json *list, struct str name)
{
	struct json *map = json_new_object(&call->arena);

	for (size_t i = 0; i < list->count; i++) {
		const struct json *value = json_get_c(list->items[i], "Value");

		json_put(&call->arena, map, json_get_text(list->items[i], name), value ? value : &json_empty_string);
	}
	return map;
}

static const struct json *entries(struct call *call, const struct json *list)
{
	struct json *out = json_new_array(&call->arena);

	for (size_t i = 0; i < list->count; i++)
		json_add(&call->arena, out,
			 json_is(list->items[i], JSON_OBJECT) ? renamed(call, list->items[i]) : list->items[i]);
	return out;
}

/* The numbers inside entries, which are bound as JSON. */
static const struct json *typed(struct call *call, struct str name, const struct json *value)
{
	int64_t n;

	if ((str_eq_c(name, "DelaySeconds") || str_eq_c(name, "VisibilityTimeout")) && str_to_i64(json_text(value), &n) == 0)
		return json_new_i64(&call->arena, n);
	return value;
}

static const struct json *renamed(struct call *call, const struct json *form)
{
	struct json *out = json_new_object(&call->arena);

	for (size_t i = 0; i < form->count; i++) {
		struct str name = form->members[i].name;
		const struct json *value = form->members[i].value;
		const struct spelling *s = json_is(value, JSON_ARRAY) ? find(name, true) : NULL;

		if (!s)
			json_put(&call->arena, out, name, typed(call, name, value));
		else if (s->kind == SPELL_LIST)
			json_put(&call->arena, out, str_c(s->json), entries(call, value));
		else
			json_put(&call->arena, out,
				 s->kind == SPELL_TAGS && str_eq_c(str_c(call->operation->name), "CreateQueue") ? STR("tags")
														: str_c(s->json),
				 pairs_map(call, value, s->kind == SPELL_TAGS ? STR("Key") : STR("Name")));
	}
	return arena_failed(&call->arena) ? NULL : out;
}

/* ---- answers ---- */

static void write_members(struct call *call, struct writer *w, const struct json *object);

static void write_value(struct call *call, struct writer *w, const char *name, const struct json *value)
{
	if (!json_is(value, JSON_OBJECT)) {
		write_json(w, name, value);
		return;
	}
	write_object(w, name);
	write_members(call, w, value);
	write_end(w);
}

static void write_flat(struct call *call, struct writer *w, const char *name, const struct json *list)
{
	for (size_t i = 0; i < list->count; i++)
		write_value(call, w, name, list->items[i]);
}

static void write_pairs(struct call *call, struct writer *w, const struct spelling *s, const struct json *map)
{
	for (size_t i = 0; i < map->count; i++) {
		write_object(w, s->form);
		write_str(w, s->kind == SPELL_TAGS ? "Key" : "Name", map->members[i].name);
		write_value(call, w, "Value", map->members[i].value);
		write_end(w);
	}
}

static void write_members(struct call *call, struct writer *w, const struct json *object)
{
	for (size_t i = 0; i < object->count; i++) {
		struct str name = object->members[i].name;
		const struct json *value = object->members[i].value;
		const struct spelling *s = find(name, false);

		if (str_eq_c(name, "Successful"))
			write_flat(call, w,
				   arena_c(&call->arena, arena_printf(&call->arena, "%sResultEntry", call->operation->name)),
				   value);
		else if (s && s->kind == SPELL_LIST && json_is(value, JSON_ARRAY))
			write_flat(call, w, s->form, value);
		else if (s && json_is(value, JSON_OBJECT))
			write_pairs(call, w, s, value);
		else
			write_value(call, w, arena_c(&call->arena, name), value);
	}
}

const struct query_dialect sqs_dialect = { .parameters = renamed, .answer = write_members, .code = sqs_legacy_name };
