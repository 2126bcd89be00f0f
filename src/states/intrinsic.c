/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading calls, and evaluating their arguments. The functions themselves are in intrinsic_values.c and intrinsic_text.c.
 */
#include "states/intrinsic.h"

#include "base/limits.h"
#include "states/intrinsic_internal.h"

struct reader {
	struct arena *arena;
	struct str text;
	size_t at;
	int depth;
};

static int parse_call(struct reader *r, const struct intrinsic **out);

bool intrinsic_looks_like(struct str text)
{
	return str_starts(text, STR("States."));
}

static char peek(const struct reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : '\0';
}

static void skip_blanks(struct reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || peek(r) == '\r')
		r->at++;
}

static bool take(struct reader *r, char c)
{
	skip_blanks(r);
	if (peek(r) != c)
		return false;
	r->at++;
	return true;
}

/* 'it\'s' — a backslash takes the next character as it is. */
static int parse_string(struct reader *r, struct argument *out)
{
	size_t start = ++r->at;
	struct buf b;
	buf_init(&b, r->text.n + 1);
	for (; r->at < r->text.n && peek(r) != '\''; r->at++) {
		if (peek(r) == '\\' && r->at + 1 < r->text.n)
			r->at++;
		buf_add_char(&b, peek(r));
	}
	out->raw = str_sub(r->text, start, r->at - start);
	out->literal = json_new_string(r->arena, arena_str(r->arena, buf_str(&b)));
	buf_release(&b);
	if (r->at >= r->text.n || !out->literal)
		return ERR_INVALID;
	r->at++;
	return 0;
}

/* A path or a plain literal ends at the comma or bracket that closes the argument; brackets and quotes inside it count. */
static struct str bare_argument(struct reader *r)
{
	size_t start = r->at;
	int brackets = 0;
	char quote = '\0';
	for (; r->at < r->text.n; r->at++) {
		char c = peek(r);
		if (quote) {
			quote = c == quote ? '\0' : quote;
			continue;
		}
		if (c == '\'' || c == '"')
			quote = c;
		else if (c == '[' || c == '(')
			brackets++;
		else if (brackets > 0 && (c == ']' || c == ')'))
			brackets--;
		else if (brackets == 0 && (c == ',' || c == ')'))
			break;
	}
	return str_trim(str_sub(r->text, start, r->at - start));
}

static int parse_argument(struct reader *r, struct argument *out)
{
	skip_blanks(r);
	if (peek(r) == '\'')
		return parse_string(r, out);
	if (intrinsic_looks_like(str_from(r->text, r->at)))
		return parse_call(r, &out->call);
	struct str text = bare_argument(r);
	if (text.n > 0 && text.p[0] == '$')
		return path_compile(r->arena, text, &out->path, NULL);
	return json_parse(r->arena, text, &out->literal, NULL);
}

static int parse_arguments(struct reader *r, struct intrinsic *f)
{
	if (take(r, ')'))
		return 0;
	do {
		if (f->count == INTRINSIC_ARGUMENTS_MAX || parse_argument(r, &f->arguments[f->count]) < 0)
			return ERR_INVALID;
		f->count++;
	} while (take(r, ','));
	return take(r, ')') ? 0 : ERR_INVALID;
}

static int parse_call(struct reader *r, const struct intrinsic **out)
{
	struct intrinsic *f = ARENA_NEW(r->arena, struct intrinsic);
	size_t start = r->at;
	ptrdiff_t open = str_find_char(r->text, '(', start);
	if (!f || open < 0 || ++r->depth > INTRINSIC_DEPTH_MAX)
		return ERR_INVALID;
	f->function = function_by_name(str_trim(str_sub(r->text, start, (size_t)open - start)));
	f->arguments = arena_alloc_array(r->arena, INTRINSIC_ARGUMENTS_MAX, sizeof(*f->arguments));
	r->at = (size_t)open + 1;
	if (!f->function || !f->arguments || parse_arguments(r, f) < 0)
		return ERR_INVALID;
	f->text = str_sub(r->text, start, r->at - start);
	r->depth--;
	*out = f;
	return f->count < f->function->min || f->count > f->function->max ? ERR_INVALID : 0;
}

int intrinsic_compile(struct arena *a, struct str text, const struct intrinsic **out, struct error *err)
{
	struct reader r = { .arena = a, .text = text };
	const struct intrinsic *f = NULL;
	int result = parse_call(&r, &f);
	skip_blanks(&r);
	if (result < 0 || r.at != text.n)
		return error_set(err, ERR_INVALID, "not a valid intrinsic function call");
	*out = f;
	return 0;
}

struct str intrinsic_text(const struct intrinsic *f)
{
	return f->text;
}

static const struct json *argument_value(const struct intrinsic *f, const struct argument *argument, struct scope *scope,
					 struct fault *fault)
{
	if (argument->literal)
		return argument->literal;
	if (argument->call)
		return intrinsic_call(argument->call, scope, fault);
	const struct json *value = path_read(argument->path, scope, NULL);
	if (!value) {
		struct str input = json_to_str(scope->arena, scope->input);
		fault_set(fault, scope->arena, "States.IntrinsicFailure",
			  "The function '" STR_FMT "' had the following error: The JsonPath argument for the field '" STR_FMT
			  "' could not be found in the input '" STR_FMT "'",
			  STR_ARG(f->text), STR_ARG(path_text(argument->path)), STR_ARG(input));
	}
	return value;
}

const struct json *refuse(struct values *v, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str why = arena_vprintf(v->arena, format, args);
	va_end(args);
	fault_set(v->fault, v->arena, "States.IntrinsicFailure", STR_FMT, STR_ARG(why));
	return NULL;
}

const struct json *intrinsic_call(const struct intrinsic *f, struct scope *scope, struct fault *fault)
{
	struct fault inner = { 0 };
	struct values v = { .scope = scope, .arena = scope->arena, .count = f->count, .fault = &inner };
	v.items = arena_alloc_array(scope->arena, f->count + 1, sizeof(*v.items));
	for (size_t i = 0; v.items && i < f->count; i++) {
		v.items[i] = argument_value(f, &f->arguments[i], scope, fault);
		if (!v.items[i])
			return NULL;
	}
	v.raw_first = f->count > 0 ? f->arguments[0].raw : STR_NULL;
	const struct json *result = v.items ? f->function->call(&v) : NULL;
	if (!result && fault_is_set(&inner))
		fault_set(fault, scope->arena, inner.error, "The function '" STR_FMT "' had the following error: " STR_FMT,
			  STR_ARG(f->text), STR_ARG(inner.cause));
	return result;
}
