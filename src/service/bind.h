/* SPDX-License-Identifier: Apache-2.0
 *
 * Bind tables turn the parameters of an operation into a struct, with AWS's validation in one place.
 *
 * The parameters are one JSON object whatever the protocol: a JSON body; the labels, query, headers and body of a REST
 * request merged by each row's location; the fields of a Query form (a.member.1, a.entry.1.key become arrays and objects, and
 * there texts are taken as numbers and booleans where the row wants those). Internal calls pass the object as it is.
 *
 *   struct get_item_input { struct str table_name; const struct json *key; struct opt_bool consistent_read; };
 *   static const struct bind get_item_fields[] = {
 *       BIND_STR(struct get_item_input, table_name, "TableName", .required = true, .min = 1, .max = 1024),
 *       BIND_MAP(struct get_item_input, key, "Key", .required = true),
 *       BIND_BOOL(struct get_item_input, consistent_read, "ConsistentRead"),
 *       BIND_REFUSED("AttributesToGet"),
 *       BIND_DONE,
 *   };
 *
 * A member that no row names is refused, so that nothing is silently ignored; BIND_IGNORED rows say what may be, with the
 * reason beside them. *Pure.*
 */
#ifndef GLEANER_SERVICE_BIND_H
#define GLEANER_SERVICE_BIND_H

#include "format/json.h"

enum bind_kind {
	BIND_KIND_STR,    /* struct str */
	BIND_KIND_I64,    /* struct opt_i64 */
	BIND_KIND_DOUBLE, /* struct opt_double */
	BIND_KIND_BOOL,   /* struct opt_bool */
	BIND_KIND_TIME,   /* struct opt_i64, milliseconds; epoch seconds or ISO 8601 */
	BIND_KIND_BLOB,   /* struct str, decoded from base64 */
	BIND_KIND_LIST,   /* const struct json * of JSON_ARRAY */
	BIND_KIND_MAP,    /* const struct json * of JSON_OBJECT */
	BIND_KIND_ANY,    /* const struct json * */
	BIND_KIND_STRUCT, /* nested table, bound in place at the same struct's offset; presence in a bool member is up to the
			     table */
	BIND_KIND_IGNORED,
	BIND_KIND_REFUSED,
	BIND_KIND_END,
};

enum bind_location {
	BIND_BODY,
	BIND_LABEL,
	BIND_QUERY,
	BIND_HEADER,
	BIND_HEADERS /* all with a prefix, as a map */,
	BIND_PAYLOAD
};

struct opt_i64 {
	bool set;
	int64_t value;
};
struct opt_double {
	bool set;
	double value;
};
struct opt_bool {
	bool set;
	bool value;
};

struct bind {
	const char *name; /* AWS's member name; also the label's name */
	enum bind_kind kind;
	enum bind_location location;
	const char *wire; /* query, header or prefix where it differs from `name` */
	size_t offset;
	bool required;
	int64_t min, max;               /* length (code points), items, or value; both 0: unbounded */
	const char *const *values;      /* enum: NULL-terminated */
	bool (*valid)(struct str text); /* pattern; the text of `pattern` is shown when it answers false */
	const char *pattern;
	const struct bind *fields; /* BIND_KIND_STRUCT; for LIST and MAP: the shape of each item, checked but not bound */
};

#define BIND_ROW(type, member, text, k, ...)                                                                                     \
	{                                                                                                                        \
		.name = text, .kind = k, .offset = offsetof(type, member), ##__VA_ARGS__                                         \
	}
#define BIND_STR(type, member, text, ...) BIND_ROW(type, member, text, BIND_KIND_STR, ##__VA_ARGS__)
#define BIND_I64(type, member, text, ...) BIND_ROW(type, member, text, BIND_KIND_I64, ##__VA_ARGS__)
#define BIND_DOUBLE(type, member, text, ...) BIND_ROW(type, member, text, BIND_KIND_DOUBLE, ##__VA_ARGS__)
#define BIND_BOOL(type, member, text, ...) BIND_ROW(type, member, text, BIND_KIND_BOOL, ##__VA_ARGS__)
#define BIND_TIME(type, member, text, ...) BIND_ROW(type, member, text, BIND_KIND_TIME, ##__VA_ARGS__)
#define BIND_BLOB(type, member, text, ...) BIND_ROW(type, member, text, BIND_KIND_BLOB, ##__VA_ARGS__)
#define BIND_LIST(type, member, text, ...) BIND_ROW(type, member, text, BIND_KIND_LIST, ##__VA_ARGS__)
#define BIND_MAP(type, member, text, ...) BIND_ROW(type, member, text, BIND_KIND_MAP, ##__VA_ARGS__)
#define BIND_ANY(type, member, text, ...) BIND_ROW(type, member, text, BIND_KIND_ANY, ##__VA_ARGS__)
#define BIND_STRUCT(type, member, text, table, ...) BIND_ROW(type, member, text, BIND_KIND_STRUCT, .fields = table, ##__VA_ARGS__)
#define BIND_IGNORED(text)                                                                                                       \
	{                                                                                                                        \
		.name = text, .kind = BIND_KIND_IGNORED                                                                          \
	}
#define BIND_REFUSED(text)                                                                                                       \
	{                                                                                                                        \
		.name = text, .kind = BIND_KIND_REFUSED                                                                          \
	}
/* The whole body is the named member, and the operation reads it from call->body: no copy, no base64. */
#define BIND_RAW_PAYLOAD(text)                                                                                                   \
	{                                                                                                                        \
		.name = text, .kind = BIND_KIND_IGNORED, .location = BIND_PAYLOAD                                                \
	}
#define BIND_DONE                                                                                                                \
	{                                                                                                                        \
		.kind = BIND_KIND_END                                                                                            \
	}

enum bind_fault_kind {
	BIND_FAULT_MISSING,
	BIND_FAULT_TYPE,
	BIND_FAULT_MIN,
	BIND_FAULT_MAX,
	BIND_FAULT_ENUM,
	BIND_FAULT_PATTERN,
	BIND_FAULT_REFUSED,
	BIND_FAULT_UNKNOWN,
};

struct bind_fault {
	enum bind_fault_kind kind;
	const struct bind *row; /* NULL for BIND_FAULT_UNKNOWN */
	struct str path;        /* "key" or "items.1.member.name", lower camel case as AWS shows it */
	struct str value;       /* as text */
};

enum { BIND_FAULTS_MAX = 10 };

struct bind_faults {
	size_t count;
	struct bind_fault faults[BIND_FAULTS_MAX];
};

/* Fills `out` (zeroed by the caller) from `parameters` (an object). `texts`: the Query protocol's coercions. Returns 0 or
 * ERR_INVALID with the faults in table order. */
int bind_struct(struct arena *a, const struct bind *table, const struct json *parameters, bool texts, void *out,
		struct bind_faults *faults) MUST_CHECK;

/* "2 validation errors detected: Value '…' at 'name' failed to satisfy constraint: Member must …; Value null at …" as the AWS
 * JSON services word it. */
struct str bind_faults_text(struct arena *a, const struct bind_faults *faults);

#endif
