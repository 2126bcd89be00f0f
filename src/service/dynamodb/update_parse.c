/* SPDX-License-Identifier: Apache-2.0
 *
 * Update expressions to lists of actions:
 *
 *   SET path = value, …   value := operand | operand + operand | operand - operand
 *   REMOVE path, …   ADD path :value, …   DELETE path :value, …     each section at most once
 *   operand := path | :value | if_not_exists(path, value) | list_append(value, value) | ( value )
 */
#include "service/dynamodb/parser.h"

static const char *const section_names[ACTION_KIND_COUNT] = { "SET", "REMOVE", "ADD", "DELETE" };

struct update_parser {
	struct parser p;
	struct action *actions;
	size_t count, capacity;
	bool seen[ACTION_KIND_COUNT];
};

static int parse_set_value(struct parser *p, struct operand *out);

static bool is_open(const struct token *t)
{
	return t->kind == TOKEN_SYMBOL && str_eq_c(t->text, "(");
}

static const struct operand *keep(struct parser *p, const struct operand *o)
{
	struct operand *kept = ARENA_NEW(p->arena, struct operand);

	if (kept)
		*kept = *o;
	return kept;
}

static int keep_pair(struct parser *p, struct operand *out, enum operand_kind kind, const struct operand *left,
		     const struct operand *right)
{
	*out = (struct operand){ .kind = kind, .path = left->path, .left = keep(p, left), .right = keep(p, right) };
	return out->left && out->right ? 0 : parser_out_of_memory(p);
}

static void check_type(struct parser *p, const char *operation, const struct operand *o, enum value_type type)
{
	if (o->kind == OPERAND_VALUE && o->value->type != type)
		parser_note(p, "Incorrect operand type for operator or function; operator or function: %s, operand type: %s",
			    operation, value_type_name(o->value->type));
}

static void note_function(struct parser *p, struct str name)
{
	static const char *const of_conditions[] = { "attribute_exists", "attribute_not_exists",
						     "attribute_type",   "begins_with",
						     "contains",         "size" };

	for (size_t i = 0; i < sizeof(of_conditions) / sizeof(of_conditions[0]); i++) {
		if (str_eq_c(name, of_conditions[i])) {
			parser_note(p, "The function is not allowed in an update expression; function: " STR_FMT, STR_ARG(name));
			return;
		}
	}
	parser_note(p, "Invalid function name; function: " STR_FMT, STR_ARG(name));
}

static int parse_arguments(struct parser *p, struct operand arguments[2], size_t *count)
{
	struct operand rest;
	int rc = parser_expect(p, "(");

	*count = 0;
	while (rc == 0) {
		rc = parse_set_value(p, *count < 2 ? &arguments[*count] : &rest);
		(*count)++;
		if (rc == 0 && !parser_take(p, ","))
			break;
	}
	return rc < 0 ? rc : parser_expect(p, ")");
}

static int parse_function(struct parser *p, struct operand *out)
{
	struct str name = parser_peek(p)->text;
	bool if_not_exists = str_eq_c(name, "if_not_exists"), list_append = str_eq_c(name, "list_append");
	struct operand arguments[2] = { 0 };
	size_t count = 0;

	if (!if_not_exists && !list_append)
		note_function(p, name);
	p->at++;
	int rc = parse_arguments(p, arguments, &count);
	if (rc < 0)
		return rc;
	if (count != 2)
		parser_note(p,
			    "Incorrect number of operands for operator or function; operator or function: " STR_FMT
			    ", number of operands: %zu",
			    STR_ARG(name), count);
	if (if_not_exists && arguments[0].kind != OPERAND_PATH)
		parser_note(p, "Operator or function requires a document path; operator or function: if_not_exists");
	if (list_append) {
		check_type(p, "list_append", &arguments[0], VALUE_L);
		check_type(p, "list_append", &arguments[1], VALUE_L);
	}
	return keep_pair(p, out, if_not_exists ? OPERAND_IF_NOT_EXISTS : OPERAND_LIST_APPEND, &arguments[0], &arguments[1]);
}

static int parse_parentheses(struct parser *p, struct operand *out)
{
	p->at++;
	if (parser_is(p, "("))
		parser_note(p, "The expression has redundant parentheses;");
	int rc = parse_set_value(p, out);
	return rc < 0 ? rc : parser_expect(p, ")");
}

static int parse_operand(struct parser *p, struct operand *out)
{
	const struct token *t = parser_peek(p);
	int rc = parser_enter(p);

	*out = (struct operand){ .kind = OPERAND_PATH };
	if (rc < 0)
		return rc;
	if (t->kind == TOKEN_VALUE) {
		out->kind = OPERAND_VALUE;
		rc = parse_value(p, &out->value);
	} else if (is_open(t)) {
		rc = parse_parentheses(p, out);
	} else if (t->kind == TOKEN_WORD && is_open(parser_peek_second(p))) {
		rc = parse_function(p, out);
	} else {
		rc = parse_path(p, &out->path);
	}
	parser_leave(p);
	return rc;
}

static int parse_set_value(struct parser *p, struct operand *out)
{
	struct operand right;
	int rc = parse_operand(p, out);

	if (rc < 0 || !(parser_is(p, "+") || parser_is(p, "-")))
		return rc;
	const char *symbol = parser_is(p, "+") ? "+" : "-";
	p->at++;
	rc = parse_operand(p, &right);
	if (rc < 0)
		return rc;
	struct operand left = *out;
	check_type(p, symbol, &left, VALUE_N);
	check_type(p, symbol, &right, VALUE_N);
	return keep_pair(p, out, symbol[0] == '+' ? OPERAND_PLUS : OPERAND_MINUS, &left, &right);
}

static struct action *add_action(struct update_parser *u)
{
	if (u->count == u->capacity) {
		size_t capacity = u->capacity ? u->capacity * 2 : 8;
		struct action *more = arena_alloc_array(u->p.arena, capacity, sizeof(*more));
		if (!more)
			return NULL;
		if (u->count > 0)
			memcpy(more, u->actions, u->count * sizeof(*more));
		u->actions = more;
		u->capacity = capacity;
	}
	return &u->actions[u->count++];
}

/* ADD takes a number or a set, DELETE a set. */
static void check_operand(struct parser *p, enum action_kind kind, const struct value *v)
{
	if (value_is_set(v) || (kind == ACTION_ADD && v->type == VALUE_N))
		return;
	parser_note(p,
		    "Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: "
		    "ALLOWED_FOR_%s_OPERAND",
		    section_names[kind], value_type_long_name(v->type), section_names[kind]);
}

static int parse_action_operand(struct parser *p, enum action_kind kind, struct operand *out)
{
	*out = (struct operand){ .kind = OPERAND_VALUE };
	if (kind == ACTION_SET) {
		int rc = parser_expect(p, "=");
		return rc < 0 ? rc : parse_set_value(p, out);
	}
	int rc = parse_value(p, &out->value);
	if (rc == 0)
		check_operand(p, kind, out->value);
	return rc;
}

static int parse_action(struct update_parser *u, enum action_kind kind)
{
	struct action *action = add_action(u);
	struct operand operand;

	if (!action)
		return parser_out_of_memory(&u->p);
	action->kind = kind;
	int rc = parse_path(&u->p, &action->path);
	if (rc < 0 || kind == ACTION_REMOVE)
		return rc;
	rc = parse_action_operand(&u->p, kind, &operand);
	if (rc < 0)
		return rc;
	action->operand = keep(&u->p, &operand);
	return action->operand ? 0 : parser_out_of_memory(&u->p);
}

static int parse_section(struct update_parser *u)
{
	int kind = 0;

	while (kind < ACTION_KIND_COUNT && !parser_is_word(&u->p, section_names[kind]))
		kind++;
	if (kind == ACTION_KIND_COUNT)
		return parser_syntax_error(&u->p);
	u->p.at++;
	if (u->seen[kind])
		parser_note(&u->p, "The \"%s\" section can only be used once in an update expression;", section_names[kind]);
	u->seen[kind] = true;
	int rc;
	do {
		rc = parse_action(u, (enum action_kind)kind);
	} while (rc == 0 && parser_take(&u->p, ","));
	return rc;
}

static int check_paths(const struct update_parser *u, struct error *err)
{
	const struct path **paths = arena_alloc_array(u->p.arena, u->count, sizeof(*paths));

	if (!paths)
		return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	for (size_t i = 0; i < u->count; i++)
		paths[i] = &u->actions[i].path;
	return paths_check_apart(u->p.arena, "UpdateExpression", paths, u->count, err);
}

int update_parse(struct placeholders *placeholders, struct str text, const struct update **out, struct error *err)
{
	struct update_parser u = { 0 };
	int rc = parser_init(&u.p, placeholders, "UpdateExpression", text, err);

	while (rc == 0 && parser_peek(&u.p)->kind != TOKEN_END)
		rc = parse_section(&u);
	if (rc == 0)
		rc = parser_finish(&u.p);
	if (rc == 0)
		rc = check_paths(&u, err);
	if (rc < 0)
		return rc;
	struct update *update = ARENA_NEW(placeholders->arena, struct update);
	if (!update)
		return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	*update = (struct update){ u.actions, u.count };
	*out = update;
	return 0;
}
