/* SPDX-License-Identifier: Apache-2.0
 *
 * AttributeUpdates, which UpdateItem had before expressions and Terraform's aws_dynamodb_table_item still sends: written as the
 * expression it stands for. Source: "Legacy conditional parameters", DynamoDB Developer Guide.
 */
#include "service/dynamodb/errors.h"
#include "service/dynamodb/operations.h"

enum { CLAUSES = 4 };

struct clauses {
	struct arena *arena;
	struct str text[CLAUSES]; /* SET, REMOVE, ADD, DELETE */
	struct json *names, *values;
};

static void add(struct clauses *c, size_t clause, const char *format, size_t n)
{
	struct str before = c->text[clause];

	c->text[clause] = arena_printf(c->arena, STR_FMT "%s", STR_ARG(before), before.n ? ", " : "");
	before = c->text[clause];
	if (format)
		c->text[clause] = arena_printf(c->arena, STR_FMT "#u%zu%s:u%zu", STR_ARG(before), n, format, n);
	else
		c->text[clause] = arena_printf(c->arena, STR_FMT "#u%zu", STR_ARG(before), n);
}

static int add_update(struct call *call, struct clauses *c, const struct json_member *update, size_t n)
{
	struct str action = json_get_text(update->value, STR("Action"));
	const struct json *value = json_get_c(update->value, "Value");

	if (action.n == 0 || str_eq_c(action, "PUT"))
		add(c, 0, " = ", n);
	else if (str_eq_c(action, "ADD"))
		add(c, 2, " ", n);
	else if (str_eq_c(action, "DELETE"))
		add(c, value ? 3 : 1, value ? " " : NULL, n);
	else
		return dynamodb_invalid(call, "Unknown Action in AttributeUpdates: " STR_FMT, STR_ARG(action));
	if (!value && !str_eq_c(action, "DELETE"))
		return dynamodb_invalid(
			call, "One or more parameter values were invalid: Only DELETE action is allowed when no attribute "
			      "value is specified");
	json_put(c->arena, c->names, arena_printf(c->arena, "#u%zu", n), json_new_string(c->arena, update->name));
	if (value)
		json_put(c->arena, c->values, arena_printf(c->arena, ":u%zu", n), value);
	return 0;
}

int legacy_update(struct call *call, const struct json *updates, struct str *expression, const struct json **names,
		  const struct json **values)
{
	static const char *const words[CLAUSES] = { "SET", "REMOVE", "ADD", "DELETE" };
	struct clauses c = { .arena = &call->arena,
			     .names = json_new_object(&call->arena),
			     .values = json_new_object(&call->arena) };
	struct str all = STR("");

	for (size_t i = 0; i < updates->count; i++) {
		int rc = add_update(call, &c, &updates->members[i], i);
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < CLAUSES; i++)
		if (c.text[i].n)
			all = arena_printf(c.arena, STR_FMT "%s " STR_FMT " ", STR_ARG(all), words[i], STR_ARG(c.text[i]));
	*expression = str_trim(all);
	*names = c.names;
	*values = c.values->count ? c.values : NULL;
	return 0;
}
