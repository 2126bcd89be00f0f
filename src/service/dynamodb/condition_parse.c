/* SPDX-License-Identifier: Apache-2.0
 *
 * Condition, filter and key condition expressions to trees:
 *
 *   or := and (OR and)*        and := not (AND not)*        not := NOT not | primary
 *   primary := ( or ) | function | operand comparator operand | operand BETWEEN operand AND operand | operand IN ( operand, … )
 */
#include "service/dynamodb/parser.h"

static int parse_or(struct parser *p, const struct condition **out);
static int parse_operand(struct parser *p, struct operand *out);

static struct condition *new_condition(struct parser *p, enum condition_kind kind, const struct condition *left,
				       const struct condition *right)
{
	struct condition *c = ARENA_NEW(p->arena, struct condition);

	if (c)
		*c = (struct condition){ .kind = kind, .left = left, .right = right };
	return c;
}

/* A condition over operands that are copied into the arena. */
static struct condition *new_test(struct parser *p, enum condition_kind kind, const struct operand *operands, size_t count)
{
	struct condition *c = new_condition(p, kind, NULL, NULL);
	struct operand *kept = arena_alloc_array(p->arena, count, sizeof(*kept));
	const struct operand **list = arena_alloc_array(p->arena, count, sizeof(*list));

	if (!c || !kept || !list)
		return NULL;
	memcpy(kept, operands, count * sizeof(*kept));
	for (size_t i = 0; i < count; i++)
		list[i] = &kept[i];
	c->operands = list;
	c->count = count;
	return c;
}

/* ---- what operands may be ---- */

static bool type_has_order(enum value_type type)
{
	return type == VALUE_S || type == VALUE_N || type == VALUE_B;
}

static bool type_has_prefix(enum value_type type)
{
	return type == VALUE_S || type == VALUE_B;
}

static bool type_has_size(enum value_type type)
{
	return type != VALUE_N && type != VALUE_BOOL && type != VALUE_NULL;
}

static void check_literal(struct parser *p, const char *operation, const struct operand *o, bool (*fits)(enum value_type type))
{
	if (o->kind == OPERAND_VALUE && !fits(o->value->type))
		parser_note(p, "Incorrect operand type for operator or function; operator or function: %s, operand type: %s",
			    operation, value_type_name(o->value->type));
}

static void check_path(struct parser *p, const char *operation, const struct operand *o)
{
	if (o->kind != OPERAND_PATH)
		parser_note(p, "Operator or function requires a document path; operator or function: %s", operation);
}

static void check_type_name(struct parser *p, const char *operation, const struct operand *o)
{
	if (o->kind != OPERAND_VALUE || o->value->type != VALUE_S) {
		parser_note(p, "Incorrect operand type for operator or function; operator or function: %s, operand type: %s",
			    operation,
			    o->kind == OPERAND_VALUE ? value_type_name(o->value->type) : "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}");
	} else if (value_type_of(o->value->text) == VALUE_TYPE_COUNT) {
		parser_note(p,
			    "Invalid attribute type name found; type: " STR_FMT ", valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
			    STR_ARG(o->value->text));
	}
}

static void check_distinct(struct parser *p, const char *operation, const struct operand *operands, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		bool same = operands[0].kind == OPERAND_PATH && operands[i].kind == OPERAND_PATH &&
			    path_equal(&operands[0].path, &operands[i].path);
		if (!same)
			continue;
		struct str text = document_path_text(p->arena, &operands[0].path);
		parser_note(p,
			    "The first operand must be distinct from the remaining operands for this operator or function; "
			    "operator: %s, "
			    "first operand: " STR_FMT,
			    operation, STR_ARG(text));
		return;
	}
}

static void check_value_position(struct parser *p, const struct operand *o)
{
	if (o->kind == OPERAND_PREDICATE)
		parser_note(p, "The function is not allowed to be used this way in an expression; function: %s", o->function);
}

/* ---- functions ---- */

enum { ARGUMENTS_MAX = 8 };

static const struct function {
	const char *name;
	size_t arguments;
	enum condition_kind kind;
} functions[] = {
	{ "attribute_exists", 1, CONDITION_EXISTS }, { "attribute_not_exists", 1, CONDITION_NOT_EXISTS },
	{ "attribute_type", 2, CONDITION_TYPE },     { "begins_with", 2, CONDITION_BEGINS_WITH },
	{ "contains", 2, CONDITION_CONTAINS },
};

static const struct function *find_function(struct str name)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
		if (str_eq_c(name, functions[i].name))
			return &functions[i];
	}
	return NULL;
}

static int parse_arguments(struct parser *p, struct operand arguments[ARGUMENTS_MAX], size_t *count)
{
	struct operand rest;
	int rc = parser_expect(p, "(");

	*count = 0;
	while (rc == 0) {
		rc = parse_operand(p, *count < ARGUMENTS_MAX ? &arguments[*count] : &rest);
		if (rc == 0 && *count < ARGUMENTS_MAX)
			check_value_position(p, &arguments[*count]);
		(*count)++;
		if (rc == 0 && !parser_take(p, ","))
			break;
	}
	return rc < 0 ? rc : parser_expect(p, ")");
}

static bool check_count(struct parser *p, const char *name, size_t count, size_t wanted)
{
	if (count != wanted)
		parser_note(p,
			    "Incorrect number of operands for operator or function; operator or function: %s, number of "
			    "operands: %zu",
			    name, count);
	return count == wanted;
}

static void check_function(struct parser *p, const struct function *f, const struct operand *arguments)
{
	if (f->kind == CONDITION_EXISTS || f->kind == CONDITION_NOT_EXISTS) {
		check_path(p, f->name, &arguments[0]);
		return;
	}
	if (f->kind == CONDITION_TYPE) /* the first may be a value too, whatever the documentation says */
		check_type_name(p, f->name, &arguments[1]);
	if (f->kind == CONDITION_BEGINS_WITH) {
		check_literal(p, f->name, &arguments[0], type_has_prefix);
		check_literal(p, f->name, &arguments[1], type_has_prefix);
	}
	check_distinct(p, f->name, arguments, 2);
}

static int make_size(struct parser *p, const struct operand *argument, size_t count, struct operand *out)
{
	*out = (struct operand){ .kind = OPERAND_SIZE, .function = "size" };
	if (!check_count(p, "size", count, 1))
		return 0;
	check_literal(p, "size", argument, type_has_size);
	if (argument->kind == OPERAND_SIZE)
		parser_note(p, "Incorrect operand type for operator or function; operator or function: size, operand type: N");
	out->path = argument->path;
	out->value = argument->value;
	return 0;
}

static void note_unknown_function(struct parser *p, struct str name)
{
	if (str_eq_c(name, "if_not_exists") || str_eq_c(name, "list_append"))
		parser_note(p, "The function is not allowed in a condition expression; function: " STR_FMT, STR_ARG(name));
	else
		parser_note(p, "Invalid function name; function: " STR_FMT, STR_ARG(name));
}

static int parse_function(struct parser *p, struct operand *out)
{
	struct str name = parser_peek(p)->text;
	const struct function *f = find_function(name);
	struct operand arguments[ARGUMENTS_MAX] = { 0 };
	size_t count = 0;

	if (!f && !str_eq_c(name, "size"))
		note_unknown_function(p, name);
	p->at++;
	int rc = parser_enter(p);
	if (rc == 0)
		rc = parse_arguments(p, arguments, &count);
	if (rc < 0)
		return rc;
	parser_leave(p);
	if (str_eq_c(name, "size"))
		return make_size(p, arguments, count, out);
	*out = (struct operand){ .kind = OPERAND_PREDICATE, .function = f ? f->name : "" };
	if (f && check_count(p, f->name, count, f->arguments))
		check_function(p, f, arguments);
	out->predicate = new_test(p, f ? f->kind : CONDITION_EXISTS, arguments, f ? f->arguments : 1);
	return out->predicate ? 0 : parser_out_of_memory(p);
}

/* ---- operands ---- */

static bool is_keyword(const struct token *t)
{
	static const char *const keywords[] = { "AND", "OR", "NOT", "BETWEEN", "IN" };

	for (size_t i = 0; t->kind == TOKEN_WORD && i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (str_eq_nocase(t->text, str_c(keywords[i])))
			return true;
	}
	return false;
}

static bool is_symbol(const struct token *t, const char *symbol)
{
	return t->kind == TOKEN_SYMBOL && str_eq_c(t->text, symbol);
}

static int parse_operand_parentheses(struct parser *p, struct operand *out)
{
	int rc = parser_enter(p);

	p->at++;
	if (rc == 0 && parser_is(p, "("))
		parser_note(p, "The expression has redundant parentheses;");
	if (rc == 0)
		rc = parse_operand(p, out);
	if (rc == 0)
		rc = parser_expect(p, ")");
	parser_leave(p);
	return rc;
}

static int parse_operand(struct parser *p, struct operand *out)
{
	const struct token *t = parser_peek(p);

	*out = (struct operand){ .kind = OPERAND_PATH };
	if (t->kind == TOKEN_VALUE) {
		out->kind = OPERAND_VALUE;
		return parse_value(p, &out->value);
	}
	if (is_symbol(t, "("))
		return parse_operand_parentheses(p, out);
	if (t->kind == TOKEN_WORD && is_symbol(parser_peek_second(p), "(") && !is_keyword(t))
		return parse_function(p, out);
	if (is_keyword(t))
		return parser_syntax_error(p);
	return parse_path(p, &out->path);
}

/* ---- comparisons ---- */

static const struct comparator {
	const char *symbol;
	enum condition_kind kind;
} comparators[] = {
	{ "=", CONDITION_EQ },  { "<>", CONDITION_NE }, { "<", CONDITION_LT },
	{ "<=", CONDITION_LE }, { ">", CONDITION_GT },  { ">=", CONDITION_GE },
};

static const struct comparator *find_comparator(const struct token *t)
{
	for (size_t i = 0; i < sizeof(comparators) / sizeof(comparators[0]); i++) {
		if (is_symbol(t, comparators[i].symbol))
			return &comparators[i];
	}
	return NULL;
}

static int finish_test(struct parser *p, enum condition_kind kind, const struct operand *operands, size_t count,
		       const struct condition **out)
{
	for (size_t i = 0; i < count; i++)
		check_value_position(p, &operands[i]);
	*out = new_test(p, kind, operands, count);
	return *out ? 0 : parser_out_of_memory(p);
}

static int parse_comparison(struct parser *p, const struct comparator *comparator, const struct operand *left,
			    const struct condition **out)
{
	struct operand operands[2] = { *left };

	p->at++;
	int rc = parse_operand(p, &operands[1]);
	if (rc < 0)
		return rc;
	if (comparator->kind != CONDITION_EQ && comparator->kind != CONDITION_NE) {
		check_literal(p, comparator->symbol, &operands[0], type_has_order);
		check_literal(p, comparator->symbol, &operands[1], type_has_order);
	}
	check_distinct(p, comparator->symbol, operands, 2);
	return finish_test(p, comparator->kind, operands, 2, out);
}

static struct str literal_text(struct parser *p, const struct value *v)
{
	return arena_printf(p->arena, "AttributeValue: {%s:" STR_FMT "}", value_type_name(v->type), STR_ARG(v->text));
}

static void check_bounds(struct parser *p, const struct operand *low, const struct operand *high)
{
	const char *rule = NULL;

	if (p->meaningless || low->kind != OPERAND_VALUE || high->kind != OPERAND_VALUE)
		return;
	if (low->value->type != high->value->type)
		rule = "The BETWEEN operator requires same data type for lower and upper bounds";
	else if (value_compare(low->value, high->value) > 0)
		rule = "The BETWEEN operator requires upper bound to be greater than or equal to lower bound";
	if (!rule)
		return;
	struct str from = literal_text(p, low->value), to = literal_text(p, high->value);
	parser_note(p, "%s; lower bound operand: " STR_FMT ", upper bound operand: " STR_FMT, rule, STR_ARG(from), STR_ARG(to));
}

static int parse_between(struct parser *p, const struct operand *left, const struct condition **out)
{
	struct operand operands[3] = { *left };

	p->at++;
	int rc = parse_operand(p, &operands[1]);
	if (rc == 0 && !parser_take_word(p, "AND"))
		rc = parser_syntax_error(p);
	if (rc == 0)
		rc = parse_operand(p, &operands[2]);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < 3; i++)
		check_literal(p, "BETWEEN", &operands[i], type_has_order);
	check_bounds(p, &operands[1], &operands[2]);
	return finish_test(p, CONDITION_BETWEEN, operands, 3, out);
}

static int parse_in(struct parser *p, const struct operand *left, const struct condition **out)
{
	struct operand operands[1 + IN_OPERANDS_MAX], rest;
	size_t count = 1;

	operands[0] = *left;
	p->at++;
	int rc = parser_expect(p, "(");
	while (rc == 0) {
		rc = parse_operand(p, count <= IN_OPERANDS_MAX ? &operands[count] : &rest);
		count++;
		if (rc == 0 && !parser_take(p, ","))
			break;
	}
	if (rc == 0)
		rc = parser_expect(p, ")");
	if (rc < 0)
		return rc;
	if (count > 1 + IN_OPERANDS_MAX) {
		check_count(p, "IN", count, 1 + IN_OPERANDS_MAX);
		count = 1 + IN_OPERANDS_MAX;
	}
	check_distinct(p, "IN", operands, count);
	return finish_test(p, CONDITION_IN, operands, count, out);
}

static int parse_test(struct parser *p, const struct condition **out)
{
	struct operand left;
	int rc = parse_operand(p, &left);

	if (rc < 0)
		return rc;
	const struct comparator *comparator = find_comparator(parser_peek(p));
	if (comparator)
		return parse_comparison(p, comparator, &left, out);
	if (parser_is_word(p, "BETWEEN"))
		return parse_between(p, &left, out);
	if (parser_is_word(p, "IN"))
		return parse_in(p, &left, out);
	if (left.kind == OPERAND_SIZE) {
		parser_note(p, "The function is not allowed to be used this way in an expression; function: size");
		return finish_test(p, CONDITION_EXISTS, &left, 1, out);
	}
	if (left.kind != OPERAND_PREDICATE)
		return parser_syntax_error(p);
	*out = left.predicate;
	return 0;
}

/* ---- the boolean part ---- */

/* Whether the parenthesis at hand holds an operand: what follows its end is then a comparison. */
static bool parentheses_hold_operand(const struct parser *p)
{
	int depth = 0;

	for (const struct token *t = parser_peek(p); t->kind != TOKEN_END; t++) {
		depth += is_symbol(t, "(");
		depth -= is_symbol(t, ")");
		if (depth == 0)
			return find_comparator(t + 1) || (t[1].kind == TOKEN_WORD && (str_eq_nocase(t[1].text, STR("BETWEEN")) ||
										      str_eq_nocase(t[1].text, STR("IN"))));
	}
	return false;
}

static int parse_parentheses(struct parser *p, const struct condition **out)
{
	size_t start = ++p->at;
	bool doubled = parser_is(p, "(") && !parentheses_hold_operand(p);
	int rc = parser_enter(p);

	if (rc == 0)
		rc = parse_or(p, out);
	if (rc == 0 && doubled && parser_is(p, ")")) {
		/* The inner pair is redundant when it spans all that the outer one holds. */
		int depth = 0;
		size_t end = start;
		do {
			depth += is_symbol(&p->tokens[end], "(");
			depth -= is_symbol(&p->tokens[end], ")");
			end++;
		} while (depth > 0);
		if (end == p->at)
			parser_note(p, "The expression has redundant parentheses;");
	}
	if (rc == 0)
		rc = parser_expect(p, ")");
	parser_leave(p);
	return rc;
}

static int parse_not(struct parser *p, const struct condition **out)
{
	const struct condition *inner;

	if (parser_is(p, "(") && !parentheses_hold_operand(p))
		return parse_parentheses(p, out);
	if (!parser_take_word(p, "NOT"))
		return parse_test(p, out);
	int rc = parser_enter(p);
	if (rc == 0)
		rc = parse_not(p, &inner);
	parser_leave(p);
	if (rc < 0)
		return rc;
	*out = new_condition(p, CONDITION_NOT, inner, NULL);
	return *out ? 0 : parser_out_of_memory(p);
}

static int parse_and(struct parser *p, const struct condition **out)
{
	const struct condition *right;
	int rc = parse_not(p, out);

	while (rc == 0 && parser_take_word(p, "AND")) {
		rc = parse_not(p, &right);
		if (rc == 0)
			*out = new_condition(p, CONDITION_AND, *out, right);
		if (!*out)
			return parser_out_of_memory(p);
	}
	return rc;
}

static int parse_or(struct parser *p, const struct condition **out)
{
	const struct condition *right;
	int rc = parse_and(p, out);

	while (rc == 0 && parser_take_word(p, "OR")) {
		rc = parse_and(p, &right);
		if (rc == 0)
			*out = new_condition(p, CONDITION_OR, *out, right);
		if (!*out)
			return parser_out_of_memory(p);
	}
	return rc;
}

int condition_parse(struct placeholders *placeholders, const char *label, struct str text, const struct condition **out,
		    struct error *err)
{
	struct parser p;
	const struct condition *c = NULL;
	int rc = parser_init(&p, placeholders, label, text, err);

	if (rc == 0)
		rc = parse_or(&p, &c);
	if (rc == 0)
		rc = parser_finish(&p);
	if (rc == 0)
		*out = c;
	return rc;
}
