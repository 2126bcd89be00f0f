/* SPDX-License-Identifier: Apache-2.0 */
#include "service/bind.h"

#include "base/encode.h"
#include "format/date.h"

struct binder {
	struct arena *arena;
	bool texts;
	struct bind_faults *faults;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* "KeySchema" -> "keySchema", as AWS shows members in validation errors. */
static struct str camel(struct arena *a, struct str name)
{
	char *copy = arena_c(a, name);

	if (copy)
		copy[0] = lower(copy[0]);
	return copy ? str_of(copy, name.n) : STR_NULL;
}

static struct str join(struct arena *a, struct str parent, struct str name)
{
	struct str own = camel(a, name);

	return parent.n ? arena_printf(a, STR_FMT "." STR_FMT, STR_ARG(parent), STR_ARG(own)) : own;
}

static void fault(struct binder *b, enum bind_fault_kind kind, const struct bind *row, struct str path, const struct json *value)
{
	if (b->faults->count >= BIND_FAULTS_MAX)
		return;
	struct str text = json_is(value, JSON_STRING) || json_is(value, JSON_NUMBER) ? value->text : json_to_str(b->arena, value);
	b->faults->faults[b->faults->count++] = (struct bind_fault){ .kind = kind, .row = row, .path = path, .value = text };
}

static bool outside(const struct bind *row, int64_t n, enum bind_fault_kind *kind)
{
	if (row->min == 0 && row->max == 0)
		return false;
	*kind = n < row->min ? BIND_FAULT_MIN : BIND_FAULT_MAX;
	return n < row->min || (row->max && n > row->max);
}

static bool in_values(const char *const *values, struct str text)
{
	for (; *values; values++)
		if (str_eq_c(text, *values))
			return true;
	return false;
}

static void check_text(struct binder *b, const struct bind *row, struct str path, const struct json *value)
{
	enum bind_fault_kind kind;

	if (row->values && !in_values(row->values, value->text))
		fault(b, BIND_FAULT_ENUM, row, path, value);
	if (outside(row, (int64_t)str_utf8_length(value->text), &kind))
		fault(b, kind, row, path, value);
	if (row->valid && !row->valid(value->text))
		fault(b, BIND_FAULT_PATTERN, row, path, value);
}

/* Text values may stand for numbers and booleans in labels, queries, headers and forms. */
static bool takes_text(const struct binder *b, const struct bind *row)
{
	return b->texts || row->location != BIND_BODY;
}

static bool bind_i64(struct binder *b, const struct bind *row, const struct json *value, int64_t *out)
{
	if (json_is(value, JSON_STRING) && takes_text(b, row))
		return str_to_i64(value->text, out) == 0;
	return json_to_i64(value, out) == 0;
}

static bool bind_double(struct binder *b, const struct bind *row, const struct json *value, double *out)
{
	if (json_is(value, JSON_STRING) && takes_text(b, row))
		return str_to_double(value->text, out) == 0;
	return json_to_double(value, out) == 0;
}

static bool bind_bool(struct binder *b, const struct bind *row, const struct json *value, bool *out)
{
	if (json_is(value, JSON_STRING) && takes_text(b, row)) {
		*out = str_eq_nocase(value->text, STR("true"));
		return *out || str_eq_nocase(value->text, STR("false"));
	}
	*out = json_true(value);
	return json_is(value, JSON_BOOL);
}

static bool bind_time(struct binder *b, const struct bind *row, const struct json *value, int64_t *ms)
{
	double seconds;

	if (json_is(value, JSON_STRING) && date_parse_iso(value->text, ms) == 0)
		return true;
	if (!bind_double(b, row, value, &seconds) || seconds < -1e12 || seconds > 1e12)
		return false;
	*ms = (int64_t)(seconds * 1000 + (seconds < 0 ? -0.5 : 0.5));
	return true;
}

static void bind_table(struct binder *b, const struct bind *table, const struct json *parameters, struct str path, char *out);

/* Checks the items of a list or map against the table of their shape, when there is one. */
static void check_items(struct binder *b, const struct bind *row, struct str path, const struct json *value)
{
	enum bind_fault_kind kind;

	if (outside(row, (int64_t)value->count, &kind))
		fault(b, kind, row, path, value);
	if (!row->fields)
		return;
	for (size_t i = 0; i < value->count; i++) {
		bool list = value->type == JSON_ARRAY;
		const struct json *item = list ? value->items[i] : value->members[i].value;
		struct str at = list ? arena_printf(b->arena, STR_FMT ".%zu.member", STR_ARG(path), i + 1)
				     : arena_printf(b->arena, STR_FMT "." STR_FMT ".member", STR_ARG(path),
						    STR_ARG(value->members[i].name));
		if (json_is(item, JSON_OBJECT))
			bind_table(b, row->fields, item, at, NULL);
		else
			fault(b, BIND_FAULT_TYPE, row, at, item);
	}
}

static void bind_container(struct binder *b, const struct bind *row, struct str path, const struct json *value, char *out)
{
	enum json_type want = row->kind == BIND_KIND_LIST ? JSON_ARRAY : JSON_OBJECT;

	/* An empty list or map in a form is an empty text. */
	if (b->texts && json_is(value, JSON_STRING) && value->text.n == 0)
		value = want == JSON_ARRAY ? &json_empty_array : &json_empty_object;
	if (!json_is(value, want)) {
		fault(b, BIND_FAULT_TYPE, row, path, value);
		return;
	}
	check_items(b, row, path, value);
	if (out)
		*(const struct json **)(void *)(out + row->offset) = value;
}

static void bind_number(struct binder *b, const struct bind *row, struct str path, const struct json *value, char *out)
{
	struct opt_i64 n = { .set = true };
	enum bind_fault_kind kind;

	if (!bind_i64(b, row, value, &n.value))
		fault(b, BIND_FAULT_TYPE, row, path, value);
	else if (outside(row, n.value, &kind))
		fault(b, kind, row, path, value);
	else if (out)
		*(struct opt_i64 *)(void *)(out + row->offset) = n;
}

static void bind_text(struct binder *b, const struct bind *row, struct str path, const struct json *value, char *out)
{
	if (!json_is(value, JSON_STRING)) {
		fault(b, BIND_FAULT_TYPE, row, path, value);
		return;
	}
	check_text(b, row, path, value);
	if (out)
		*(struct str *)(void *)(out + row->offset) = value->text;
}

static void bind_blob(struct binder *b, const struct bind *row, struct str path, const struct json *value, char *out)
{
	struct str bytes;
	enum bind_fault_kind kind;

	if (!json_is(value, JSON_STRING) || base64_decode(b->arena, value->text, &bytes))
		fault(b, BIND_FAULT_TYPE, row, path, value);
	else if (outside(row, (int64_t)bytes.n, &kind))
		fault(b, kind, row, path, value);
	else if (out)
		*(struct str *)(void *)(out + row->offset) = bytes;
}

static void bind_value(struct binder *b, const struct bind *row, struct str path, const struct json *value, char *out)
{
	struct opt_double number = { .set = true };
	struct opt_bool flag = { .set = true };
	struct opt_i64 time = { .set = true };

	switch (row->kind) {
	case BIND_KIND_STR:
		bind_text(b, row, path, value, out);
		break;
	case BIND_KIND_BLOB:
		bind_blob(b, row, path, value, out);
		break;
	case BIND_KIND_I64:
		bind_number(b, row, path, value, out);
		break;
	case BIND_KIND_DOUBLE:
		if (!bind_double(b, row, value, &number.value))
			fault(b, BIND_FAULT_TYPE, row, path, value);
		else if (out)
			*(struct opt_double *)(void *)(out + row->offset) = number;
		break;
	case BIND_KIND_BOOL:
		if (!bind_bool(b, row, value, &flag.value))
			fault(b, BIND_FAULT_TYPE, row, path, value);
		else if (out)
			*(struct opt_bool *)(void *)(out + row->offset) = flag;
		break;
	case BIND_KIND_TIME:
		if (!bind_time(b, row, value, &time.value))
			fault(b, BIND_FAULT_TYPE, row, path, value);
		else if (out)
			*(struct opt_i64 *)(void *)(out + row->offset) = time;
		break;
	case BIND_KIND_LIST:
	case BIND_KIND_MAP:
		bind_container(b, row, path, value, out);
		break;
	case BIND_KIND_ANY:
		if (out)
			*(const struct json **)(void *)(out + row->offset) = value;
		break;
	case BIND_KIND_STRUCT:
		if (json_is(value, JSON_OBJECT))
			bind_table(b, row->fields, value, path, out ? out + row->offset : NULL);
		else
			fault(b, BIND_FAULT_TYPE, row, path, value);
		break;
	case BIND_KIND_REFUSED:
		fault(b, BIND_FAULT_REFUSED, row, path, value);
		break;
	case BIND_KIND_IGNORED:
	case BIND_KIND_END:
		break;
	}
}

static const struct bind *find_row(const struct bind *table, struct str name)
{
	for (; table->kind != BIND_KIND_END; table++)
		if (str_eq_c(name, table->name))
			return table;
	return NULL;
}

static void bind_table(struct binder *b, const struct bind *table, const struct json *parameters, struct str path, char *out)
{
	for (const struct bind *row = table; row->kind != BIND_KIND_END; row++) {
		const struct json *value = json_get(parameters, str_c(row->name));
		struct str at = join(b->arena, path, str_c(row->name));
		if (value && value->type != JSON_NULL)
			bind_value(b, row, at, value, out);
		else if (row->required)
			fault(b, BIND_FAULT_MISSING, row, at, NULL);
	}
	for (size_t i = 0; i < parameters->count; i++)
		if (!find_row(table, parameters->members[i].name))
			fault(b, BIND_FAULT_UNKNOWN, NULL, join(b->arena, path, parameters->members[i].name),
			      parameters->members[i].value);
}

int bind_struct(struct arena *a, const struct bind *table, const struct json *parameters, bool texts, void *out,
		struct bind_faults *faults)
{
	struct binder b = { .arena = a, .texts = texts, .faults = faults };

	faults->count = 0;
	bind_table(&b, table, parameters, STR_NULL, out);
	return faults->count ? ERR_INVALID : 0;
}

static struct str enum_text(struct arena *a, const char *const *values)
{
	struct str text = STR("");

	for (; *values; values++)
		text = arena_printf(a, STR_FMT "%s%s", STR_ARG(text), text.n ? ", " : "", *values);
	return text;
}

/* What is measured: code points, items or the number itself. */
static struct str constraint_text(struct arena *a, const struct bind_fault *f)
{
	const struct bind *row = f->row;
	bool value = row && row->kind == BIND_KIND_I64;
	const char *measure = value ? "value" : "length";
	const char *side = f->kind == BIND_FAULT_MIN ? "greater than or equal to" : "less than or equal to";

	switch (f->kind) {
	case BIND_FAULT_MISSING:
		return STR("Member must not be null");
	case BIND_FAULT_MIN:
	case BIND_FAULT_MAX:
		return arena_printf(a, "Member must have %s %s %lld", measure, side,
				    (long long)(f->kind == BIND_FAULT_MIN ? row->min : row->max));
	case BIND_FAULT_ENUM: {
		struct str values = enum_text(a, row->values);
		return arena_printf(a, "Member must satisfy enum value set: [" STR_FMT "]", STR_ARG(values));
	}
	case BIND_FAULT_PATTERN:
		return arena_printf(a, "Member must satisfy regular expression pattern: %s", row->pattern ? row->pattern : "");
	case BIND_FAULT_TYPE:
		return STR("Member has a value of the wrong type");
	case BIND_FAULT_REFUSED:
		return STR("Member is not supported by this server");
	case BIND_FAULT_UNKNOWN:
		return STR("Member is not known to this server");
	}
	return STR("");
}

struct str bind_faults_text(struct arena *a, const struct bind_faults *faults)
{
	struct str text = arena_printf(a, "%zu validation error%s detected: ", faults->count, faults->count == 1 ? "" : "s");

	for (size_t i = 0; i < faults->count; i++) {
		const struct bind_fault *f = &faults->faults[i];
		struct str constraint = constraint_text(a, f);
		struct str value = f->kind == BIND_FAULT_MISSING
					   ? STR("null")
					   : arena_printf(a, "'" STR_FMT "'", STR_ARG(str_sub(f->value, 0, 256)));
		text = arena_printf(a, STR_FMT "%sValue " STR_FMT " at '" STR_FMT "' failed to satisfy constraint: " STR_FMT,
				    STR_ARG(text), i ? "; " : "", STR_ARG(value), STR_ARG(f->path), STR_ARG(constraint));
	}
	return text;
}
