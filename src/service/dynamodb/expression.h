/* SPDX-License-Identifier: Apache-2.0
 *
 * DynamoDB's expressions: texts compiled into trees in the request's arena, then evaluated against items. *Pure.*
 *
 *   struct placeholders p;  placeholders_read(&p, arena, names, values, err)    the #names and :values of a request
 *   condition_parse, update_parse, projection_parse, key_condition_parse        each marks the placeholders it uses
 *   placeholders_finish(&p, err)                                                 unused ones are an error
 *
 * Every parser returns 0, ERR_INVALID with the service's sentence ("Invalid UpdateExpression: …"), or ERR_NO_MEMORY.
 * Source: "Expressions in DynamoDB", Amazon DynamoDB Developer Guide.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_EXPRESSION_H
#define GLEANER_SERVICE_DYNAMODB_EXPRESSION_H

#include "service/dynamodb/value.h"

enum {
	EXPRESSION_SIZE_MAX = 4096,
	EXPRESSION_DEPTH_MAX = 256, /* of parentheses and function calls */
	IN_OPERANDS_MAX = 100,
};

struct placeholders {
	struct arena *arena;
	const struct json *names;
	const struct json *value_texts;
	const struct value **values; /* beside value_texts' members */
	bool *name_used, *value_used;
};

/* `names`, `values`: objects or NULL. */
int placeholders_read(struct placeholders *p, struct arena *a, const struct json *names, const struct json *values,
		      struct error *err) MUST_CHECK;
int placeholders_finish(const struct placeholders *p, struct error *err) MUST_CHECK;

struct path_step {
	struct str name; /* absent: an index */
	size_t index;
};

struct path {
	const struct path_step *steps;
	size_t count;
};

/* The value a path leads to, NULL when there is none. */
const struct value *path_get(const struct value *item, const struct path *path);
bool path_equal(const struct path *a, const struct path *b);
/* "[a, [1], b]" as errors show it. */
struct str document_path_text(struct arena *a, const struct path *path);
/* Refuses two paths of which one is part of the other, or that take one place for a map and for a list. */
int paths_check_apart(struct arena *a, const char *label, const struct path *const *paths, size_t count,
		      struct error *err) MUST_CHECK;

enum operand_kind {
	OPERAND_PATH,
	OPERAND_VALUE,
	OPERAND_SIZE, /* conditions */
	OPERAND_IF_NOT_EXISTS,
	OPERAND_LIST_APPEND,
	OPERAND_PLUS,
	OPERAND_MINUS,     /* updates, besides the first two */
	OPERAND_PREDICATE, /* a condition's function, on its way into one */
};

struct operand {
	enum operand_kind kind;
	struct path path;          /* OPERAND_PATH, OPERAND_SIZE of a path, OPERAND_IF_NOT_EXISTS */
	const struct value *value; /* OPERAND_VALUE, OPERAND_SIZE of a value */
	const struct operand *left, *right;
	const struct condition *predicate;
	const char *function; /* name, of OPERAND_PREDICATE and OPERAND_SIZE */
};

enum condition_kind {
	CONDITION_AND,
	CONDITION_OR,
	CONDITION_NOT,
	CONDITION_EQ,
	CONDITION_NE,
	CONDITION_LT,
	CONDITION_LE,
	CONDITION_GT,
	CONDITION_GE,
	CONDITION_BETWEEN,
	CONDITION_IN,
	CONDITION_EXISTS,
	CONDITION_NOT_EXISTS,
	CONDITION_TYPE,
	CONDITION_BEGINS_WITH,
	CONDITION_CONTAINS,
};

struct condition {
	enum condition_kind kind;
	const struct condition *left, *right; /* AND, OR; NOT has `left` */
	const struct operand **operands;      /* the others */
	size_t count;
};

/* `label` names the parameter in errors: "ConditionExpression", "FilterExpression", "KeyConditionExpression". */
int condition_parse(struct placeholders *p, const char *label, struct str text, const struct condition **out,
		    struct error *err) MUST_CHECK;
/* `item` NULL: one that does not exist. */
bool condition_holds(const struct condition *c, const struct value *item);
/* The top-level attribute names a condition reads: calls `each` until it returns false. */
bool condition_each_path(const struct condition *c, bool (*each)(void *argument, const struct path *path), void *argument);

enum action_kind { ACTION_SET, ACTION_REMOVE, ACTION_ADD, ACTION_DELETE, ACTION_KIND_COUNT };

struct action {
	enum action_kind kind;
	struct path path;
	const struct operand *operand; /* not for REMOVE */
};

struct update {
	struct action *actions;
	size_t count;
};

int update_parse(struct placeholders *p, struct str text, const struct update **out, struct error *err) MUST_CHECK;
/* The item after the update; `item` is an existing one, or just its key. ERR_INVALID with the service's sentence. */
int update_apply(struct arena *a, const struct update *u, const struct value *item, const struct value **out,
		 struct error *err) MUST_CHECK;
/* The attributes an update names, as they are in `item`; NULL when it has none of them or memory is out. */
const struct value *update_project(struct arena *a, const struct update *u, const struct value *item);

struct projection {
	const struct path **paths;
	size_t count;
};

int projection_parse(struct placeholders *p, struct str text, const struct projection **out, struct error *err) MUST_CHECK;
/* Those parts of the item that the projection names; NULL only when memory is out. */
const struct value *projection_apply(struct arena *a, const struct projection *projection, const struct value *item);

/* A key condition: the partition key's value and at most one condition on the sort key. */
struct key_condition {
	const struct value *hash;
	bool has_range;
	enum condition_kind range_kind; /* EQ, LT, LE, GT, GE, BETWEEN, BEGINS_WITH */
	const struct value *low, *high; /* `high` for BETWEEN */
};

/* `hash` and `range` are the key attributes' names, `range` absent when there is none. */
int key_condition_parse(struct placeholders *p, struct str text, struct str hash, enum value_type hash_type, struct str range,
			enum value_type range_type, struct key_condition *out, struct error *err) MUST_CHECK;

/* DynamoDB's reserved words, any case. */
bool word_is_reserved(struct str word);

#endif
