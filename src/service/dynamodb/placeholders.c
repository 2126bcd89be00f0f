/* SPDX-License-Identifier: Apache-2.0
 *
 * ExpressionAttributeNames and ExpressionAttributeValues.
 */
#include "service/dynamodb/expression.h"

enum { LIST_TEXT_MAX = 900 };

static bool is_placeholder(struct str key, char mark)
{
	if (key.n < 2 || key.p[0] != mark)
		return false;
	for (size_t i = 1; i < key.n; i++) {
		char c = key.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
		if (!word)
			return false;
	}
	return true;
}

static int check_names(const struct json *names, struct error *err)
{
	if (names->count == 0)
		return error_set(err, ERR_INVALID, "ExpressionAttributeNames must not be empty");
	for (size_t i = 0; i < names->count; i++) {
		const struct json_member *m = &names->members[i];
		if (!is_placeholder(m->name, '#'))
			return error_set(err, ERR_INVALID,
					 "ExpressionAttributeNames contains invalid key: Syntax error; key: \"" STR_FMT "\"",
					 STR_ARG(m->name));
		if (!json_is(m->value, JSON_STRING))
			return value_fault_shape(m->value, "String", err);
		if (m->value->text.n > ATTRIBUTE_NAME_MAX)
			return error_set(
				err, ERR_INVALID,
				"ExpressionAttributeNames contains invalid value: Attribute name is too large, must be less "
				"than or equal to %d bytes for key " STR_FMT,
				ATTRIBUTE_NAME_MAX, STR_ARG(m->name));
		if (m->value->text.n == 0)
			return error_set(err, ERR_INVALID,
					 "ExpressionAttributeNames contains invalid value: Empty attribute name for key " STR_FMT,
					 STR_ARG(m->name));
	}
	return 0;
}

static int read_one_value(struct arena *a, const struct json_member *m, const struct value **out, struct error *err)
{
	if (!is_placeholder(m->name, ':'))
		return error_set(err, ERR_INVALID,
				 "ExpressionAttributeValues contains invalid key: Syntax error; key: \"" STR_FMT "\"",
				 STR_ARG(m->name));
	struct error fault = { 0 };
	int rc = value_read(a, m->value, out, &fault);
	if (rc == 0)
		return 0;
	if (rc == ERR_INVALID && fault.name[0] == '\0')
		return error_set(err, rc, "ExpressionAttributeValues contains invalid value: %s for key " STR_FMT, fault.message,
				 STR_ARG(m->name));
	if (err)
		*err = fault;
	return rc;
}

static int read_values(struct placeholders *p, const struct json *values, struct error *err)
{
	if (values->count == 0)
		return error_set(err, ERR_INVALID, "ExpressionAttributeValues must not be empty");
	p->values = arena_alloc_array(p->arena, values->count, sizeof(*p->values));
	p->value_used = arena_alloc_array(p->arena, values->count, sizeof(*p->value_used));
	if (!p->values || !p->value_used)
		return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	for (size_t i = 0; i < values->count; i++) {
		int rc = read_one_value(p->arena, &values->members[i], &p->values[i], err);
		if (rc < 0)
			return rc;
	}
	p->value_texts = values;
	return 0;
}

int placeholders_read(struct placeholders *p, struct arena *a, const struct json *names, const struct json *values,
		      struct error *err)
{
	int rc = 0;

	*p = (struct placeholders){ .arena = a };
	if (names) {
		rc = check_names(names, err);
		if (rc < 0)
			return rc;
		p->name_used = arena_alloc_array(a, names->count, sizeof(*p->name_used));
		if (!p->name_used)
			return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
		p->names = names;
	}
	if (values)
		rc = read_values(p, values, err);
	return rc;
}

static int refuse_unused(const char *parameter, const struct json *object, const bool *used, struct error *err)
{
	char list[LIST_TEXT_MAX] = "";
	size_t n = 0;

	for (size_t i = 0; object && i < object->count; i++) {
		if (used[i] || n + object->members[i].name.n + 3 > sizeof(list))
			continue;
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s" STR_FMT, n ? ", " : "", STR_ARG(object->members[i].name));
	}
	if (n == 0)
		return 0;
	return error_set(err, ERR_INVALID, "Value provided in %s unused in expressions: keys: {%s}", parameter, list);
}

int placeholders_finish(const struct placeholders *p, struct error *err)
{
	int rc = refuse_unused("ExpressionAttributeNames", p->names, p->name_used, err);

	return rc < 0 ? rc : refuse_unused("ExpressionAttributeValues", p->value_texts, p->value_used, err);
}
