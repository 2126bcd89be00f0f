/* SPDX-License-Identifier: Apache-2.0
 *
 * Attribute values: immutable trees in an arena. An item is a value of type VALUE_M.
 *
 * Values may be shared between items; "changing" one makes a new one that shares the unchanged parts. Numbers are kept as the
 * text DynamoDB answers with, so equal numbers are equal texts. Binary is kept decoded. The members of sets are kept in the
 * order of their bytes (DynamoDB promises none), so that large sets can be searched and compared. *Pure.*
 *
 * Stored form of an item: its size as DynamoDB counts it (four bytes, big-endian), then its JSON text as the API shows it, so
 * that a read of a whole item copies bytes.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_VALUE_H
#define GLEANER_SERVICE_DYNAMODB_VALUE_H

#include "format/json.h"

/* In the order of value_type_name's table. */
enum value_type {
	VALUE_S,
	VALUE_N,
	VALUE_B,
	VALUE_BOOL,
	VALUE_NULL,
	VALUE_SS,
	VALUE_NS,
	VALUE_BS,
	VALUE_M,
	VALUE_L,
	VALUE_TYPE_COUNT
};

enum {
	VALUE_DEPTH_MAX = 32,
	ITEM_SIZE_MAX = 400 * 1024,
	ATTRIBUTE_NAME_MAX = 65535, /* bytes */
	ITEM_HEADER = 4,
};

struct attribute;

struct value {
	enum value_type type;
	bool boolean;
	size_t count;    /* sets, lists, maps */
	struct str text; /* S, N, B */
	union {
		const struct value **items;         /* L and the sets, whose members are S, N or B */
		const struct attribute *attributes; /* M */
	};
};

struct attribute {
	struct str name;
	const struct value *value;
};

const char *value_type_name(enum value_type type);      /* "SS" */
const char *value_type_long_name(enum value_type type); /* "STRING SET", as update expressions' errors say */
/* VALUE_TYPE_COUNT when there is no such type. */
enum value_type value_type_of(struct str name);
bool value_is_set(const struct value *v);

/* Reads what a client sent: {"S":"…"} and an object of such. ERR_INVALID with the service's sentence; err->name is
 * "SerializationException" where the JSON itself has the wrong shape, else empty. ERR_NO_MEMORY. */
int value_read(struct arena *a, const struct json *json, const struct value **out, struct error *err) MUST_CHECK;
/* The SerializationException for a value of another JSON type than the `wanted` one ("String"). Returns ERR_INVALID. */
int value_fault_shape(const struct json *json, const char *wanted, struct error *err);
int item_read(struct arena *a, const struct json *json, const struct value **out, struct error *err) MUST_CHECK;

/* A map value over `count` attributes. NULL when memory is out. */
const struct value *value_new_map(struct arena *a, const struct attribute *attributes, size_t count);
const struct value *value_new_number(struct arena *a, struct str text);
const struct value *value_new_list(struct arena *a, const struct value **items, size_t count);

const struct value *value_get(const struct value *map, struct str name); /* NULL when absent or no map */
bool value_equal(const struct value *a, const struct value *b);          /* sets and maps regardless of order */
/* S by UTF-8 bytes, N by value, B by bytes; the types must be equal and one of these. */
int value_compare(const struct value *a, const struct value *b);
bool value_set_has(const struct value *set, const struct value *member);

size_t value_size(const struct value *v);
size_t item_size(const struct value *item);

void value_write(struct buf *out, const struct value *v);   /* {"S":"…"} */
void item_write(struct buf *out, const struct value *item); /* {"name":{"S":"…"},…} */
struct str item_text(struct arena *a, const struct value *item);

/* Stored form. */
int item_encode(struct arena *a, const struct value *item, struct str *stored) MUST_CHECK; /* ERR_NO_MEMORY */
int item_decode(struct arena *a, struct str stored, const struct value **item, struct error *err) MUST_CHECK;
size_t item_stored_size(struct str stored); /* as DynamoDB counts it */
struct str item_stored_text(struct str stored);

#endif
