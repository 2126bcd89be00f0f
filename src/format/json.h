/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON values (RFC 8259): an immutable tree in an arena, and its reader.
 *
 * Numbers keep their text, so 64-bit integers and DynamoDB's 38 digits survive. Values may be shared between trees as
 * long as the arenas outlive them; "changing" a value makes a new one that shares the unchanged parts. Builders accept
 * NULL operands and return NULL when the arena is exhausted, so a caller may check once at the end. *Pure.*
 */
#ifndef GLEANER_FORMAT_JSON_H
#define GLEANER_FORMAT_JSON_H

#include "base/arena.h"
#include "base/buf.h"

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json;

struct json_member {
	struct str name;
	const struct json *value;
};

struct json {
	enum json_type type;
	bool boolean;    /* JSON_BOOL */
	size_t count;    /* JSON_ARRAY, JSON_OBJECT */
	size_t capacity; /* of the builder; no meaning for readers */
	union {
		struct str text;             /* JSON_STRING: decoded UTF-8; JSON_NUMBER: as written */
		const struct json **items;   /* JSON_ARRAY */
		struct json_member *members; /* JSON_OBJECT, in the order written */
	};
};

/* Reads exactly one value. Of duplicate names the last one wins. Depth is bounded by LIMIT_JSON_DEPTH; text must be
 * UTF-8, escapes of lone surrogates are refused. Strings without escapes point into `text`, which must outlive the
 * tree. ERR_INVALID (message has line and column), ERR_LIMIT, ERR_NO_MEMORY. */
int json_parse(struct arena *a, struct str text, const struct json **out, struct error *err) MUST_CHECK;

/* Access. All accept NULL and answer absent. */
const struct json *json_get(const struct json *object, struct str name); /* NULL when absent or not an object */
#define json_get_c(object, literal) json_get((object), STR(literal))
const struct json *json_at(const struct json *array, size_t index);
static inline bool json_is(const struct json *v, enum json_type type)
{
	return v != NULL && v->type == type;
}
struct str json_text(const struct json *v); /* a string's text, else absent */
struct str json_get_text(const struct json *object, struct str name);
bool json_true(const struct json *v);
int json_to_i64(const struct json *v, int64_t *out) MUST_CHECK; /* integral values only: 1, 1.0, 1e3 */
int json_to_double(const struct json *v, double *out) MUST_CHECK;
const char *json_type_name(enum json_type type); /* "object" … */

/* Deep equality; numbers by value, objects regardless of order. */
bool json_equal(const struct json *a, const struct json *b);

/* Building. Texts are borrowed, not copied. */
extern const struct json json_null, json_bool_true, json_bool_false, json_empty_object, json_empty_array, json_empty_string;
const struct json *json_new_bool(bool value);
const struct json *json_new_string(struct arena *a, struct str text);
const struct json *json_new_number(struct arena *a, struct str text); /* `text` must be a JSON number */
const struct json *json_new_i64(struct arena *a, int64_t value);
const struct json *json_new_double(struct arena *a, double value); /* shortest form that reads back equal */
struct json *json_new_object(struct arena *a);
struct json *json_new_array(struct arena *a);
/* Only for values under construction by this caller. `json_put` replaces a member of that name; `json_add_member`
 * trusts that there is none. Both return false (and do nothing) when an operand is NULL or memory is out. */
bool json_put(struct arena *a, struct json *object, struct str name, const struct json *value);
bool json_add_member(struct arena *a, struct json *object, struct str name, const struct json *value);
bool json_add(struct arena *a, struct json *array, const struct json *value);

/* A copy of `object` (not its values) that the caller may json_put into. */
struct json *json_copy_object(struct arena *a, const struct json *object);
struct json *json_copy_array(struct arena *a, const struct json *array);
/* A copy all the way down, texts included, for trees that outlive their source. */
const struct json *json_clone(struct arena *a, const struct json *v);

/* Compact text, names in their order. NULL writes null. */
void json_write(struct buf *out, const struct json *v);
struct str json_to_str(struct arena *a, const struct json *v);
/* A string literal with quotes; control characters, quote and backslash escaped, the rest as UTF-8. */
void json_write_string(struct buf *out, struct str text);

#endif
