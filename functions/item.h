/* SPDX-License-Identifier: Apache-2.0
 *
 * DynamoDB items and their attribute values ({"S":"…"}, {"N":"…"}, {"M":{…}}), and JSON objects in one expression. *Pure.*
 */
#ifndef GLEANER_FUNCTIONS_ITEM_H
#define GLEANER_FUNCTIONS_ITEM_H

#include "format/json.h"

struct item_member {
	const char *name; /* NULL ends a list */
	const struct json *value;
};

/* object_of(a, { "name", value }, { "other", value }); a member whose value is NULL is left out. */
#define object_of(a, ...) object_of_members((a), (const struct item_member[]){ __VA_ARGS__, { NULL, NULL } })
struct json *object_of_members(struct arena *a, const struct item_member *members);
const struct json *text_of(struct arena *a, const char *text);

const struct json *attr_s(struct arena *a, struct str value); /* absent: NULL */
const struct json *attr_c(struct arena *a, const char *value);
const struct json *attr_i64(struct arena *a, int64_t value);
const struct json *attr_double(struct arena *a, double value);
const struct json *attr_bool(struct arena *a, bool value);
const struct json *attr_m(struct arena *a, const struct json *members);

/* Of an item (or a map's members); absent where there is none of that name and type. */
struct str item_s(const struct json *item, const char *name);
const struct json *item_m(const struct json *item, const char *name);
bool item_i64(const struct json *item, const char *name, int64_t *out);

/* The plain JSON an attribute value stands for; sets and binary stay as their text forms. NULL for NULL. */
const struct json *attr_plain(struct arena *a, const struct json *attribute);

#endif
