/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSONata expression as a tree, and the values it makes. Internal to the jsonata files.
 *
 * A value is JSON, a function, or nothing (undefined). What a path finds is a *sequence*: an array that stands for its items,
 * so that one of one item is that item, and one of none is nothing.
 */
#ifndef GLEANER_STATES_JSONATA_NODE_H
#define GLEANER_STATES_JSONATA_NODE_H

#include <regex.h>

#include "states/jsonata.h"

enum node_type {
	NODE_LITERAL,
	NODE_NAME,
	NODE_WILDCARD,
	NODE_DESCENDANT,
	NODE_VARIABLE,
	NODE_REGEX,
	NODE_PATH,      /* items: the steps */
	NODE_ARRAY,     /* items */
	NODE_OBJECT,    /* items: name, value, name, value … */
	NODE_BLOCK,     /* items */
	NODE_NEGATE,    /* left */
	NODE_BINARY,    /* operator, left, right */
	NODE_CONDITION, /* left ? right : third */
	NODE_BIND,      /* text := right */
	NODE_LAMBDA,    /* items: its parameters (variables); right: the body */
	NODE_CALL,      /* left: the function; items: arguments */
	NODE_SORT,      /* left; items: terms; flags[i]: descending */
	NODE_GROUP,     /* left; items as of an object */
};

enum binary {
	BINARY_ADD,
	BINARY_SUBTRACT,
	BINARY_MULTIPLY,
	BINARY_DIVIDE,
	BINARY_MODULO,
	BINARY_CONCAT,
	BINARY_EQUAL,
	BINARY_NOT_EQUAL,
	BINARY_LESS,
	BINARY_LESS_EQUAL,
	BINARY_GREATER,
	BINARY_GREATER_EQUAL,
	BINARY_AND,
	BINARY_OR,
	BINARY_IN,
	BINARY_RANGE,
	BINARY_CHAIN,
	BINARY_COALESCE,
	BINARY_ELVIS,
};

struct node {
	enum node_type type;
	enum binary operator;
	struct str text; /* NODE_NAME, NODE_VARIABLE, NODE_BIND, NODE_REGEX */
	const struct json *literal;
	struct node *left, *right, *third;
	struct node **items;
	size_t count;
	bool *flags;
	struct node **filters; /* [predicate]s, in order */
	size_t filter_count;
	bool keep_array;  /* [] was written: one item stays an array */
	bool ignore_case; /* NODE_REGEX */
};

struct jsonata {
	struct str text;
	struct node *root;
};

struct binding {
	const struct binding *outer;
	struct str name;
	struct value {
		const struct json *json;
		const struct function_value *function;
		bool sequence;
	} value;
};

struct evaluation {
	struct scope *scope;
	struct arena *arena;
	const struct json *states; /* `$states`, made when first asked for */
	int depth, steps;
	const char *code; /* of the error; NULL: none */
	struct str message;
	void *regexes; /* compiled ones, freed at the end */
};

typedef struct value (*builtin_fn)(struct evaluation *e, struct value *arguments, size_t count);

struct function_value {
	builtin_fn builtin;
	const struct node *lambda;
	const struct binding *closure;
	const struct json *context; /* where the lambda was made */
	const struct node *regex;
	size_t parameters;                           /* how many it takes at most */
	const struct function_value *first, *second; /* f ~> g */
};

#define UNDEFINED ((struct value){ 0 })

static inline struct value value_of(const struct json *json)
{
	return (struct value){ .json = json };
}

static inline bool is_undefined(struct value v)
{
	return !v.json && !v.function;
}

static inline bool is_array(struct value v)
{
	return json_is(v.json, JSON_ARRAY);
}

/* jsonata_lex.c, jsonata_parse.c */
struct node *jsonata_parse(struct arena *a, struct str text, struct error *err);

/* jsonata_eval.c */
struct value evaluate(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env);
struct value call_function(struct evaluation *e, const struct function_value *f, struct value *arguments, size_t count);
/* Keeps the first error. */
struct value throw(struct evaluation * e, const char *code, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool truth(struct value v);
struct value unwrap(struct value sequence);
struct json *new_list(struct evaluation *e);
/* Adds a value, the items of an array one by one; nothing adds nothing. */
void list_append(struct evaluation *e, struct json *list, struct value v);

/* jsonata_path.c */
struct value evaluate_path(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env);
struct value apply_filters(struct evaluation *e, const struct node *n, struct value v, const struct binding *env);
struct value evaluate_sort(struct evaluation *e, const struct node *n, struct value v, const struct binding *env);
struct value evaluate_group(struct evaluation *e, const struct node *n, struct value v, const struct binding *env);
struct value evaluate_object(struct evaluation *e, const struct node *n, const struct json *input, const struct binding *env);

/* jsonata_functions.c: the table; jsonata_text.c, jsonata_lists.c, jsonata_numbers.c */
const struct function_value *builtin_find(struct str name);
struct str text_of(struct evaluation *e, struct value v); /* as $string makes it */
bool number_of(struct evaluation *e, struct value v, double *out);
struct value new_number(struct evaluation *e, double v);
struct value new_text(struct evaluation *e, struct str text);
/* -2: cannot be ordered. */
int compare_values(struct value a, struct value b);
regex_t *regex_of(struct evaluation *e, const struct node *n);
void regexes_free(struct evaluation *e);

#define BUILTIN(name) struct value builtin_##name(struct evaluation *e, struct value *arguments, size_t count)
BUILTIN(string);
BUILTIN(length);
BUILTIN(substring);
BUILTIN(substring_before);
BUILTIN(substring_after);
BUILTIN(uppercase);
BUILTIN(lowercase);
BUILTIN(trim);
BUILTIN(pad);
BUILTIN(contains);
BUILTIN(split);
BUILTIN(join);
BUILTIN(match);
BUILTIN(replace);
BUILTIN(base64encode);
BUILTIN(base64decode);
BUILTIN(encode_url);
BUILTIN(decode_url);
BUILTIN(parse);
BUILTIN(hash);
BUILTIN(uuid);
BUILTIN(number);
BUILTIN(abs);
BUILTIN(floor);
BUILTIN(ceil);
BUILTIN(round);
BUILTIN(power);
BUILTIN(sqrt);
BUILTIN(random);
BUILTIN(sum);
BUILTIN(max);
BUILTIN(min);
BUILTIN(average);
BUILTIN(boolean);
BUILTIN(not );
BUILTIN(exists);
BUILTIN(count);
BUILTIN(append);
BUILTIN(sort);
BUILTIN(reverse);
BUILTIN(distinct);
BUILTIN(zip);
BUILTIN(keys);
BUILTIN(lookup);
BUILTIN(spread);
BUILTIN(merge);
BUILTIN(sift);
BUILTIN(each);
BUILTIN(error);
BUILTIN(assert);
BUILTIN(type);
BUILTIN(now);
BUILTIN(millis);
BUILTIN(from_millis);
BUILTIN(to_millis);
BUILTIN(map);
BUILTIN(filter);
BUILTIN(single);
BUILTIN(reduce);
BUILTIN(partition);
BUILTIN(range);

#endif
