/* SPDX-License-Identifier: Apache-2.0
 *
 * From the JSON of a pattern to its compiled form; every refusal is worded as the service words it.
 */
#include "events/pattern_internal.h"

#include <arpa/inet.h>
#include <math.h>

/* What one compilation carries along. */
struct compiler {
	struct arena *arena;
	struct error *err;
};

static int refuse(struct compiler *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct compiler *c, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int code = error_setv(c->err, ERR_INVALID, format, args);
	va_end(args);
	error_prefix(c->err, "Event pattern is not valid. Reason");
	return code;
}

static int no_memory(struct compiler *c)
{
	return error_set(c->err, ERR_NO_MEMORY, "out of memory for an event pattern");
}

/* ---- the tests of one field ---- */

static bool is_scalar(const struct json *v)
{
	return v->type != JSON_ARRAY && v->type != JSON_OBJECT;
}

static int need_text(struct compiler *c, const char *operator, const struct json * v, struct test *out)
{
	if (!json_is(v, JSON_STRING))
		return refuse(c, "%s match pattern must be a string", operator);
	out->text = arena_str(c->arena, v->text);
	return str_is_set(out->text) ? 0 : no_memory(c);
}

/* "x", or {"equals-ignore-case": "x"}. */
static int compile_affix(struct compiler *c, enum test_kind kind, const char *operator, const struct json * v, struct test *out)
{
	const struct json *folded = json_get_c(v, "equals-ignore-case");

	out->kind = kind;
	if (!json_is(v, JSON_OBJECT))
		return need_text(c, operator, v, out);
	if (v->count != 1 || !folded)
		return refuse(c, "Unsupported %s pattern: " STR_FMT, operator,
			      STR_ARG(v->count ? v->members[0].name : STR("{}")));
	out->nocase = true;
	return need_text(c, "equals-ignore-case", folded, out);
}

static int compile_prefix(struct compiler *c, const struct json *v, struct test *out)
{
	return compile_affix(c, TEST_PREFIX, "prefix", v, out);
}

static int compile_suffix(struct compiler *c, const struct json *v, struct test *out)
{
	return compile_affix(c, TEST_SUFFIX, "suffix", v, out);
}

static int compile_equals(struct compiler *c, const struct json *v, struct test *out)
{
	out->kind = TEST_EQUALS;
	out->nocase = true;
	return need_text(c, "equals-ignore-case", v, out);
}

static int compile_wildcard(struct compiler *c, const struct json *v, struct test *out)
{
	out->kind = TEST_WILDCARD;
	int rc = need_text(c, "wildcard", v, out);

	for (size_t i = 0; rc == 0 && i < out->text.n; i++) {
		char next = i + 1 < out->text.n ? out->text.p[i + 1] : 0;

		if (out->text.p[i] == '\\') {
			if (next != '*' && next != '\\')
				return refuse(c, "Invalid escape character at pos %zu", i);
			i++;
		} else if (out->text.p[i] == '*' && next == '*') {
			return refuse(c, "Consecutive wildcard characters at pos %zu", i);
		}
	}
	return rc;
}

static int compile_exists(struct compiler *c, const struct json *v, struct test *out)
{
	if (!json_is(v, JSON_BOOL))
		return refuse(c, "exists match pattern must be either true or false.");
	out->kind = v->boolean ? TEST_EXISTS : TEST_ABSENT;
	return 0;
}

/* One comparison of "numeric" narrows the range; `=` makes it a point. */
static int narrow(struct compiler *c, struct test *out, struct str operator, double bound)
{
	bool closed = str_ends(operator, STR("="));

	if (str_eq_c(operator, "=")) {
		out->low = out->high = bound;
		out->low_closed = out->high_closed = true;
	} else if (str_eq_c(operator, ">") || str_eq_c(operator, ">=")) {
		out->low = bound;
		out->low_closed = closed;
	} else if (str_eq_c(operator, "<") || str_eq_c(operator, "<=")) {
		out->high = bound;
		out->high_closed = closed;
	} else {
		return refuse(c, "Unrecognized numeric range operator: " STR_FMT, STR_ARG(operator));
	}
	return 0;
}

/* A second comparison must be the other end of a range that the first one opened below. */
static int check_range_form(struct compiler *c, const struct json *v)
{
	if (v->count == 2)
		return 0;
	if (v->count != 4)
		return refuse(c, v->count > 4 ? "Too many elements in numeric expression" : "Value of numeric must be numeric");
	if (!str_starts(json_text(json_at(v, 0)), STR(">")))
		return refuse(c, "Too many elements in numeric expression");
	if (!str_starts(json_text(json_at(v, 2)), STR("<")))
		return refuse(c, "Bad numeric range operator: " STR_FMT, STR_ARG(json_text(json_at(v, 2))));
	return 0;
}

static int compile_numeric(struct compiler *c, const struct json *v, struct test *out)
{
	if (!json_is(v, JSON_ARRAY))
		return refuse(c, "Value of numeric must be an array.");
	if (v->count == 0)
		return refuse(c, "Invalid member in numeric match: ]");
	out->kind = TEST_NUMERIC;
	out->low = -INFINITY;
	out->high = INFINITY;
	int rc = 0;
	for (size_t i = 0; rc == 0 && i + 1 < v->count && i < 4; i += 2) {
		double bound;

		if (!json_is(v->items[i], JSON_STRING))
			return refuse(c, "Invalid member in numeric match");
		if (!json_is(v->items[i + 1], JSON_NUMBER) || json_to_double(v->items[i + 1], &bound) != 0)
			return refuse(c, "Value of " STR_FMT " must be numeric", STR_ARG(v->items[i]->text));
		rc = narrow(c, out, v->items[i]->text, bound);
	}
	if (rc == 0)
		rc = check_range_form(c, v);
	if (rc == 0 && v->count == 4 && out->low >= out->high)
		return refuse(c, "Bottom must be less than top");
	return rc;
}

int pattern_read_address(struct str text, uint8_t out[16])
{
	char copy[INET6_ADDRSTRLEN + 1];

	if (text.n == 0 || text.n >= sizeof(copy))
		return 0;
	memcpy(copy, text.p, text.n);
	copy[text.n] = 0;
	if (inet_pton(AF_INET, copy, out) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, copy, out) == 1 ? AF_INET6 : 0;
}

static int compile_cidr(struct compiler *c, const struct json *v, struct test *out)
{
	struct str rest = json_text(v);
	int64_t bits;

	if (!json_is(v, JSON_STRING))
		return refuse(c, "prefix match pattern must be a string");
	struct str address = str_split(&rest, '/');
	if (!str_is_set(rest) || str_find_char(rest, '/', 0) >= 0)
		return refuse(c, "Malformed CIDR, one '/' required");
	out->kind = TEST_CIDR;
	out->family = pattern_read_address(address, out->network);
	if (!out->family)
		return refuse(c, "Malformed CIDR, invalid IP address: " STR_FMT, STR_ARG(address));
	if (str_to_i64(rest, &bits) != 0)
		return refuse(c, "Malformed CIDR, mask bits must be an integer");
	if (bits < 0)
		return refuse(c, "Malformed CIDR, mask bits must not be negative");
	if (bits > (out->family == AF_INET ? 32 : 128))
		return refuse(c, out->family == AF_INET ? "IPv4 mask bits must be <= 32" : "IPv6 mask bits must be <= 128");
	out->bits = (int)bits;
	return 0;
}

/* ---- anything-but ---- */

typedef int (*compile_fn)(struct compiler *c, const struct json *v, struct test *out);

static int compile_scalar(struct compiler *c, const struct json *v, struct test *out)
{
	if (!is_scalar(v))
		return refuse(c, "Match value must be String, number, true, false, or null");
	out->kind = TEST_EXACT;
	out->value = json_clone(c->arena, v);
	return out->value ? 0 : no_memory(c);
}

static int compile_but_value(struct compiler *c, const struct json *v, struct test *out)
{
	if (v->type != JSON_STRING && v->type != JSON_NUMBER)
		return refuse(c, "Inside anything but list, start|null|boolean is not supported.");
	return compile_scalar(c, v, out);
}

/* One value or a list of them, each compiled the same way. */
static int compile_each(struct compiler *c, const struct json *v, compile_fn compile, struct event_tests *out)
{
	bool list = json_is(v, JSON_ARRAY);
	size_t count = list ? v->count : 1;

	if (count == 0)
		return refuse(c, "Empty arrays are not allowed");
	out->tests = arena_alloc_array(c->arena, count, sizeof(*out->tests));
	if (!out->tests)
		return no_memory(c);
	for (out->count = 0; out->count < count; out->count++) {
		int rc = compile(c, list ? v->items[out->count] : v, &out->tests[out->count]);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static const struct {
	const char *name;
	compile_fn compile;
} but_operators[] = {
	{ "prefix", compile_prefix },
	{ "suffix", compile_suffix },
	{ "equals-ignore-case", compile_equals },
	{ "wildcard", compile_wildcard },
};

static int compile_but(struct compiler *c, const struct json *v, struct test *out)
{
	out->kind = TEST_OTHER;
	if (json_is(v, JSON_NULL) || json_is(v, JSON_BOOL))
		return refuse(c, "Value of anything-but must be an array or single string/number value.");
	if (!json_is(v, JSON_OBJECT))
		return compile_each(c, v, compile_but_value, &out->but);
	if (v->count != 1)
		return refuse(c, "Only one key allowed in match expression");
	struct str name = v->members[0].name;
	for (size_t i = 0; i < sizeof(but_operators) / sizeof(but_operators[0]); i++)
		if (str_eq_c(name, but_operators[i].name))
			return compile_each(c, v->members[0].value, but_operators[i].compile, &out->but);
	return refuse(c, "Unsupported anything-but pattern: " STR_FMT, STR_ARG(name));
}

/* ---- operators ---- */

static const struct {
	const char *name;
	compile_fn compile;
} operators[] = {
	{ "exists", compile_exists },     { "prefix", compile_prefix },
	{ "suffix", compile_suffix },     { "equals-ignore-case", compile_equals },
	{ "wildcard", compile_wildcard }, { "anything-but", compile_but },
	{ "numeric", compile_numeric },   { "cidr", compile_cidr },
};

static compile_fn find_operator(struct str name)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (str_eq_c(name, operators[i].name))
			return operators[i].compile;
	return NULL;
}

static int compile_test(struct compiler *c, const struct json *v, struct test *out)
{
	if (!json_is(v, JSON_OBJECT))
		return compile_scalar(c, v, out);
	if (v->count == 0)
		return refuse(c, "Empty objects are not allowed");
	compile_fn compile = find_operator(v->members[0].name);
	if (!compile)
		return refuse(c, "Unrecognized match type " STR_FMT, STR_ARG(v->members[0].name));
	if (v->count > 1)
		return refuse(c, "Only one key allowed in match expression");
	return compile(c, v->members[0].value, out);
}

static int compile_tests(struct compiler *c, const struct json *list, const struct event_tests **out)
{
	struct event_tests *tests = ARENA_NEW(c->arena, struct event_tests);

	if (!tests)
		return no_memory(c);
	*out = tests;
	return compile_each(c, list, compile_test, tests);
}

/* ---- objects ---- */

static int compile_object(struct compiler *c, const struct json *v, const struct event_pattern **out);

/* "$or" is a choice only when it is a list of at least two patterns; else it is a field like any other. */
static bool is_choice(struct str name, const struct json *v)
{
	if (!str_eq_c(name, "$or") || !json_is(v, JSON_ARRAY) || v->count < 2)
		return false;
	for (size_t i = 0; i < v->count; i++) {
		const struct json *item = v->items[i];

		if (!json_is(item, JSON_OBJECT) || item->count == 0)
			return false;
		for (size_t m = 0; m < item->count; m++)
			if (find_operator(item->members[m].name))
				return false;
	}
	return true;
}

static int compile_choices(struct compiler *c, const struct json *list, struct event_pattern *p)
{
	p->choices = arena_alloc_array(c->arena, list->count, sizeof(*p->choices));
	if (!p->choices)
		return no_memory(c);
	for (p->choice_count = 0; p->choice_count < list->count; p->choice_count++) {
		int rc = compile_object(c, list->items[p->choice_count], &p->choices[p->choice_count]);

		if (rc < 0)
			return rc;
	}
	return 0;
}

static int compile_field(struct compiler *c, const struct json_member *member, struct pattern_field *field)
{
	field->name = arena_str(c->arena, member->name);
	if (!str_is_set(field->name))
		return no_memory(c);
	if (json_is(member->value, JSON_OBJECT))
		return compile_object(c, member->value, &field->nested);
	if (json_is(member->value, JSON_ARRAY))
		return compile_tests(c, member->value, &field->tests);
	return refuse(c, "\"" STR_FMT "\" must be an object or an array", STR_ARG(member->name));
}

static int compile_object(struct compiler *c, const struct json *v, const struct event_pattern **out)
{
	struct event_pattern *p = ARENA_NEW(c->arena, struct event_pattern);

	if (v->count == 0)
		return refuse(c, "Empty objects are not allowed");
	if (!p || !(p->fields = arena_alloc_array(c->arena, v->count, sizeof(*p->fields))))
		return no_memory(c);
	for (size_t i = 0; i < v->count; i++) {
		const struct json_member *member = &v->members[i];
		int rc = is_choice(member->name, member->value) ? compile_choices(c, member->value, p)
								: compile_field(c, member, &p->fields[p->field_count++]);
		if (rc < 0)
			return rc;
	}
	*out = p;
	return 0;
}

/* ---- entry ---- */

int event_pattern_compile_json(struct arena *a, const struct json *document, const struct event_pattern **out, struct error *err)
{
	struct compiler c = { .arena = a, .err = err };
	const struct event_pattern *pattern = NULL;

	if (!json_is(document, JSON_OBJECT))
		return refuse(&c, "Filter is not an object");
	int rc = compile_object(&c, document, &pattern);
	if (rc == 0)
		*out = pattern;
	return rc;
}

int event_pattern_compile(struct arena *a, struct str text, const struct event_pattern **out, struct error *err)
{
	struct compiler c = { .arena = a, .err = err };
	struct error why = { 0 };
	const struct json *document;
	int rc = json_parse(a, text, &document, &why);

	if (rc == ERR_NO_MEMORY)
		return no_memory(&c);
	if (rc < 0)
		return refuse(&c, "%s", why.message);
	return event_pattern_compile_json(a, document, out, err);
}

int event_tests_compile(struct arena *a, const struct json *list, const struct event_tests **out, struct error *err)
{
	struct compiler c = { .arena = a, .err = err };
	const struct event_tests *tests = NULL;

	if (!json_is(list, JSON_ARRAY))
		return refuse(&c, "Match value must be an array");
	int rc = compile_tests(&c, list, &tests);
	if (rc == 0)
		*out = tests;
	return rc;
}
