/* SPDX-License-Identifier: Apache-2.0 */
#include "service/tags.h"

const struct json *tags_merge(struct arena *a, const struct json *tags, const struct json *added)
{
	struct json *out = tags ? json_copy_object(a, tags) : json_new_object(a);

	for (size_t i = 0; added && out && i < added->count; i++) {
		if (added->type == JSON_OBJECT) {
			json_put(a, out, added->members[i].name, added->members[i].value);
			continue;
		}
		const struct json *value = json_get_c(added->items[i], "Value");
		json_put(a, out, json_get_text(added->items[i], STR("Key")), value ? value : &json_empty_string);
	}
	return out;
}

static bool is_named(const struct json *names, struct str name)
{
	for (size_t i = 0; names && i < names->count; i++)
		if (str_eq(json_text(names->items[i]), name))
			return true;
	return false;
}

const struct json *tags_without(struct arena *a, const struct json *tags, const struct json *names)
{
	struct json *out = json_new_object(a);

	for (size_t i = 0; tags && i < tags->count; i++)
		if (!is_named(names, tags->members[i].name))
			json_add_member(a, out, tags->members[i].name, tags->members[i].value);
	return out;
}

void tags_write_list(struct writer *w, const char *name, const struct json *tags)
{
	write_list(w, name, "member");
	for (size_t i = 0; tags && i < tags->count; i++) {
		write_object(w, NULL);
		write_str(w, "Key", tags->members[i].name);
		write_str(w, "Value", json_text(tags->members[i].value));
		write_end(w);
	}
	write_end(w);
}
