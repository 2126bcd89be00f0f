/* SPDX-License-Identifier: Apache-2.0
 *
 * Top-down operator precedence: each operator has a binding power, each token a meaning at the start of an expression and,
 * for operators, one after an operand.
 */
#include "states/jsonata_lex.h"
#include "states/jsonata_node.h"

struct parser {
	struct lexer lexer;
	struct arena *arena;
	struct token token; /* the next one */
	struct error *err;
	bool failed;
	int depth;
};

static struct node *parse_expression(struct parser *p, int power);

static struct node *fail(struct parser *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
static struct node *fail(struct parser *p, const char *format, ...)
{
	va_list args;
	if (!p->failed) {
		va_start(args, format);
		error_setv(p->err, ERR_INVALID, format, args);
		va_end(args);
	}
	p->failed = true;
	return NULL;
}

static void advance(struct parser *p, bool operand)
{
	struct error err = { 0 };
	if (!p->failed && lex(&p->lexer, operand, &p->token, &err) < 0)
		fail(p, "%s", err.message);
}

static bool at(const struct parser *p, const char *operator)
{
	return p->token.type == TOKEN_OPERATOR && str_eq_c(p->token.text, operator);
}

static struct node *expect(struct parser *p, const char *operator, bool operand)
{
	if (!at(p, operator))
		return p->token.type == TOKEN_END
			       ? fail(p, "Expected \"%s\" before end of expression", operator)
			       : fail(p, "Expected \"%s\", got \"" STR_FMT "\"", operator, STR_ARG(p->token.text));
	advance(p, operand);
	return NULL;
}

static struct node *new_node(struct parser *p, enum node_type type)
{
	struct node *n = ARENA_NEW(p->arena, struct node);
	if (!n)
		return fail(p, "The expression is too large");
	n->type = type;
	return n;
}

static void push(struct parser *p, struct node ***items, size_t *count, struct node *item)
{
	if (*count % 8 == 0) {
		struct node **grown = arena_alloc_array(p->arena, *count + 8, sizeof(*grown));
		if (!grown) {
			fail(p, "The expression is too large");
			return;
		}
		if (*count)
			memcpy(grown, *items, *count * sizeof(*grown));
		*items = grown;
	}
	(*items)[(*count)++] = item;
}

/* ---- what may start an expression ---- */

static struct node *parse_list(struct parser *p, struct node *n, const char *separator, const char *end, bool operand_after)
{
	while (!p->failed && !at(p, end)) {
		push(p, &n->items, &n->count, parse_expression(p, 0));
		if (!at(p, separator))
			break;
		advance(p, true);
	}
	expect(p, end, operand_after);
	return n;
}

static struct node *parse_array(struct parser *p)
{
	struct node *n = new_node(p, NODE_ARRAY);
	while (n && !p->failed && !at(p, "]")) {
		struct node *item = parse_expression(p, 0);
		if (at(p, "..")) {
			struct node *range = new_node(p, NODE_BINARY);
			advance(p, true);
			if (!range)
				return NULL;
			range->operator= BINARY_RANGE;
			range->left = item;
			range->right = parse_expression(p, 0);
			item = range;
		}
		push(p, &n->items, &n->count, item);
		if (!at(p, ","))
			break;
		advance(p, true);
	}
	expect(p, "]", false);
	return n;
}

static void parse_pairs(struct parser *p, struct node *n)
{
	while (!p->failed && !at(p, "}")) {
		push(p, &n->items, &n->count, parse_expression(p, 0));
		expect(p, ":", true);
		push(p, &n->items, &n->count, parse_expression(p, 0));
		if (!at(p, ","))
			break;
		advance(p, true);
	}
	expect(p, "}", false);
}

static struct node *parse_lambda(struct parser *p)
{
	struct node *n = new_node(p, NODE_LAMBDA);
	expect(p, "(", true);
	while (n && !p->failed && !at(p, ")")) {
		struct node *parameter = new_node(p, NODE_VARIABLE);
		if (p->token.type != TOKEN_VARIABLE || !parameter)
			return fail(p, "Parameter of function definition must be a variable name (start with $)");
		parameter->text = p->token.text;
		push(p, &n->items, &n->count, parameter);
		advance(p, false);
		if (!at(p, ","))
			break;
		advance(p, true);
	}
	expect(p, ")", false);
	expect(p, "{", true);
	if (n && !p->failed)
		n->right = parse_expression(p, 0);
	expect(p, "}", false);
	return n;
}

static struct node *parse_name(struct parser *p, struct token t)
{
	static const struct {
		const char *word;
		const struct json *value;
	} words[] = {
		{ "true", &json_bool_true },
		{ "false", &json_bool_false },
		{ "null", &json_null },
	};
	if ((str_eq_c(t.text, "function") || str_eq_c(t.text, "\xce\xbb")) && at(p, "("))
		return parse_lambda(p);
	for (size_t i = 0; i < 3; i++) {
		if (str_eq_c(t.text, words[i].word)) {
			struct node *n = new_node(p, NODE_LITERAL);
			if (n)
				n->literal = words[i].value;
			return n;
		}
	}
	struct node *path = new_node(p, NODE_PATH), *name = new_node(p, NODE_NAME);
	if (path && name) {
		name->text = t.text;
		push(p, &path->items, &path->count, name);
	}
	return path;
}

static struct node *parse_literal(struct parser *p, struct token t)
{
	struct node *n = new_node(p, NODE_LITERAL);
	if (n)
		n->literal = t.type == TOKEN_STRING ? json_new_string(p->arena, t.text) : json_new_number(p->arena, t.text);
	return n;
}

static struct node *as_step(struct parser *p, enum node_type type)
{
	struct node *path = new_node(p, NODE_PATH), *step = new_node(p, type);
	if (path && step)
		push(p, &path->items, &path->count, step);
	return path;
}

static struct node *parse_prefix(struct parser *p, struct token t)
{
	struct node *n;
	switch (t.text.p[0]) {
	case '(':
		n = new_node(p, NODE_BLOCK);
		return n ? parse_list(p, n, ";", ")", false) : NULL;
	case '[':
		return parse_array(p);
	case '{':
		n = new_node(p, NODE_OBJECT);
		if (n)
			parse_pairs(p, n);
		return n;
	case '-':
		n = new_node(p, NODE_NEGATE);
		if (n)
			n->left = parse_expression(p, 70);
		return n;
	case '*':
		return as_step(p, t.text.n == 2 ? NODE_DESCENDANT : NODE_WILDCARD);
	default:
		break;
	}
	if (str_eq_c(t.text, "and") || str_eq_c(t.text, "or") || str_eq_c(t.text, "in"))
		return parse_name(p, t);
	return fail(p, "The symbol \"" STR_FMT "\" cannot be used as a unary operator", STR_ARG(t.text));
}

static struct node *parse_start(struct parser *p)
{
	struct token t = p->token;
	bool opens = t.type == TOKEN_OPERATOR && (strchr("([{-", t.text.p[0]) != NULL);
	struct node *n;
	advance(p, opens);
	switch (t.type) {
	case TOKEN_END:
		return fail(p, "Unexpected end of expression");
	case TOKEN_STRING:
	case TOKEN_NUMBER:
		return parse_literal(p, t);
	case TOKEN_NAME:
		return parse_name(p, t);
	case TOKEN_OPERATOR:
		return parse_prefix(p, t);
	case TOKEN_VARIABLE:
	case TOKEN_REGEX:
		n = new_node(p, t.type == TOKEN_VARIABLE ? NODE_VARIABLE : NODE_REGEX);
		if (n) {
			n->text = t.text;
			n->ignore_case = t.ignore_case;
		}
		if (str_eq_c(t.text, "$") && t.type == TOKEN_VARIABLE)
			return fail(p, "The root of the input, \"$$\", is not available: use $states.input");
		return n;
	}
	return NULL;
}

/* ---- what may follow an operand ---- */

static const struct operator
{
	const char *text;
	int power;
	enum binary binary;
	bool plain; /* an ordinary binary operator */
}
operators[] = {
	{ ".", 75, 0, false },
	{ "[", 80, 0, false },
	{ "(", 80, 0, false },
	{ "{", 70, 0, false },
	{ "^", 40, 0, false },
	{ "?", 20, 0, false },
	{ ":=", 10, 0, false },
	{ "~>", 40, BINARY_CHAIN, true },
	{ "*", 60, BINARY_MULTIPLY, true },
	{ "/", 60, BINARY_DIVIDE, true },
	{ "%", 60, BINARY_MODULO, true },
	{ "+", 50, BINARY_ADD, true },
	{ "-", 50, BINARY_SUBTRACT, true },
	{ "&", 50, BINARY_CONCAT, true },
	{ "=", 40, BINARY_EQUAL, true },
	{ "!=", 40, BINARY_NOT_EQUAL, true },
	{ "<", 40, BINARY_LESS, true },
	{ "<=", 40, BINARY_LESS_EQUAL, true },
	{ ">", 40, BINARY_GREATER, true },
	{ ">=", 40, BINARY_GREATER_EQUAL, true },
	{ "in", 40, BINARY_IN, true },
	{ "and", 30, BINARY_AND, true },
	{ "or", 25, BINARY_OR, true },
	{ "??", 40, BINARY_COALESCE, true },
	{ "?:", 40, BINARY_ELVIS, true },
};

static const struct operator* operator_at(const struct parser *p)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (at(p, operators[i].text))
			return &operators[i];
	return NULL;
}

/* "x" on either side of a dot is a name. */
static struct node *step_of(struct parser *p, struct node *n)
{
	if (n && n->type == NODE_LITERAL && json_is(n->literal, JSON_STRING)) {
		struct node *name = new_node(p, NODE_NAME);
		if (name)
			name->text = n->literal->text;
		return name;
	}
	return n;
}

static void add_steps(struct parser *p, struct node *path, struct node *n)
{
	if (!n)
		return;
	if (n->type != NODE_PATH) {
		push(p, &path->items, &path->count, step_of(p, n));
		return;
	}
	path->keep_array = path->keep_array || n->keep_array;
	for (size_t i = 0; i < n->count; i++)
		push(p, &path->items, &path->count, n->items[i]);
}

static struct node *parse_dot(struct parser *p, struct node *left)
{
	struct node *path = new_node(p, NODE_PATH);
	struct node *right = parse_expression(p, 75);
	if (!path || p->failed)
		return NULL;
	if (right && right->type == NODE_LITERAL && !json_is(right->literal, JSON_STRING))
		return fail(p, "The literal value " STR_FMT " cannot be used as a step within a path expression",
			    STR_ARG(json_to_str(p->arena, right->literal)));
	add_steps(p, path, left);
	add_steps(p, path, right);
	return path;
}

static struct node *parse_filter(struct parser *p, struct node *left)
{
	struct node *target = left->type == NODE_PATH ? left->items[left->count - 1] : left;
	if (at(p, "]")) {
		left->keep_array = target->keep_array = true;
		advance(p, false);
		return left;
	}
	push(p, &target->filters, &target->filter_count, parse_expression(p, 0));
	expect(p, "]", false);
	return left;
}

static struct node *parse_sort(struct parser *p, struct node *left)
{
	struct node *n = new_node(p, NODE_SORT);
	expect(p, "(", true);
	if (!n)
		return NULL;
	n->left = left;
	n->flags = arena_alloc_array(p->arena, 32, sizeof(*n->flags));
	while (!p->failed && n->flags && n->count < 32) {
		n->flags[n->count] = at(p, ">");
		if (at(p, ">") || at(p, "<"))
			advance(p, true);
		push(p, &n->items, &n->count, parse_expression(p, 0));
		if (!at(p, ","))
			break;
		advance(p, true);
	}
	expect(p, ")", false);
	return n;
}

static struct node *parse_call(struct parser *p, struct node *left)
{
	struct node *n = new_node(p, NODE_CALL);
	if (!n)
		return NULL;
	n->left = left;
	if (at(p, "?"))
		return fail(p, "Partial application of functions is not supported");
	return parse_list(p, n, ",", ")", false);
}

static struct node *parse_special(struct parser *p, const struct operator* o, struct node *left)
{
	struct node *n;
	switch (o->text[0]) {
	case '.':
		return parse_dot(p, left);
	case '[':
		return parse_filter(p, left);
	case '(':
		return parse_call(p, left);
	case '^':
		return parse_sort(p, left);
	case '{':
		n = new_node(p, NODE_GROUP);
		if (n) {
			n->left = left;
			parse_pairs(p, n);
		}
		return n;
	case ':':
		n = new_node(p, NODE_BIND);
		if (left->type != NODE_VARIABLE || !n)
			return fail(p, "The left side of := must be a variable name (start with $)");
		n->text = left->text;
		n->right = parse_expression(p, 9);
		return n;
	default:
		n = new_node(p, NODE_CONDITION);
		if (!n)
			return NULL;
		n->left = left;
		n->right = parse_expression(p, 0);
		if (at(p, ":")) {
			advance(p, true);
			n->third = parse_expression(p, 0);
		}
		return n;
	}
}

static struct node *parse_binary(struct parser *p, const struct operator* o, struct node *left)
{
	struct node *n = new_node(p, NODE_BINARY);
	if (!n)
		return NULL;
	n->operator= o->binary;
	n->left = left;
	n->right = parse_expression(p, o->power);
	return n;
}

static struct node *parse_expression(struct parser *p, int power)
{
	if (p->failed || ++p->depth > JSONATA_DEPTH_MAX)
		return fail(p, "The expression is nested too deeply");
	struct node *left = parse_start(p);
	const struct operator* o;
	while (left && !p->failed && (o = operator_at(p)) && o->power > power) {
		advance(p, true);
		left = o->plain ? parse_binary(p, o, left) : parse_special(p, o, left);
	}
	p->depth--;
	return p->failed ? NULL : left;
}

struct node *jsonata_parse(struct arena *a, struct str text, struct error *err)
{
	struct parser p = { .lexer = { a, text, 0 }, .arena = a, .err = err };
	advance(&p, true);
	struct node *root = parse_expression(&p, 0);
	if (!p.failed && p.token.type != TOKEN_END)
		return fail(&p, "Syntax error: \"" STR_FMT "\"", STR_ARG(p.token.text));
	return p.failed ? NULL : root;
}
