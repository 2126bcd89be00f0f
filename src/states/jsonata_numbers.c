/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions over numbers, booleans and time.
 */
#include <math.h>

#include "format/date.h"
#include "states/jsonata_node.h"

bool number_of(struct evaluation *e, struct value v, double *out)
{
	if (json_is(v.json, JSON_NUMBER) && json_to_double(v.json, out) == 0)
		return true;
	if (!is_undefined(v))
		throw(e, "T0410", "The argument of the function must be a number");
	return false;
}

static struct value argument(struct value *arguments, size_t count, size_t index)
{
	return index < count ? arguments[index] : UNDEFINED;
}

struct value builtin_number(struct evaluation *e, struct value *arguments, size_t count)
{
	struct value v = argument(arguments, count, 0);
	double d;
	if (is_undefined(v) || json_is(v.json, JSON_NUMBER))
		return v;
	if (json_is(v.json, JSON_BOOL))
		return new_number(e, v.json->boolean);
	if (json_is(v.json, JSON_STRING) && str_to_double(v.json->text, &d) == 0)
		return new_number(e, d);
	return throw(e, "D3030", "Unable to cast value to a number");
}

static struct value apply(struct evaluation *e, struct value v, double (*f)(double))
{
	double d;
	return number_of(e, v, &d) ? new_number(e, f(d)) : UNDEFINED;
}

struct value builtin_abs(struct evaluation *e, struct value *arguments, size_t count)
{
	return apply(e, argument(arguments, count, 0), fabs);
}

struct value builtin_floor(struct evaluation *e, struct value *arguments, size_t count)
{
	return apply(e, argument(arguments, count, 0), floor);
}

struct value builtin_ceil(struct evaluation *e, struct value *arguments, size_t count)
{
	return apply(e, argument(arguments, count, 0), ceil);
}

struct value builtin_sqrt(struct evaluation *e, struct value *arguments, size_t count)
{
	return apply(e, argument(arguments, count, 0), sqrt);
}

/* Halves go to the even neighbour. */
struct value builtin_round(struct evaluation *e, struct value *arguments, size_t count)
{
	double d, places = 0;
	if (!number_of(e, argument(arguments, count, 0), &d) || (count > 1 && !number_of(e, arguments[1], &places)))
		return UNDEFINED;
	double scale = pow(10, places), scaled = d * scale, low = floor(scaled);
	double rounded = scaled - low > 0.5 ? low + 1 : scaled - low < 0.5 ? low : fmod(low, 2) == 0 ? low : low + 1;
	return new_number(e, rounded / scale);
}

struct value builtin_power(struct evaluation *e, struct value *arguments, size_t count)
{
	double a, b;
	if (!number_of(e, argument(arguments, count, 0), &a) || !number_of(e, argument(arguments, count, 1), &b))
		return UNDEFINED;
	return new_number(e, pow(a, b));
}

struct value builtin_random(struct evaluation *e, struct value *arguments, size_t count)
{
	const struct states_world *w = e->scope->world;
	uint64_t bits;
	double seed;
	if (count > 0 && number_of(e, arguments[0], &seed)) {
		bits = (uint64_t)(int64_t)seed * 0x9e3779b97f4a7c15u + 0x9e3779b97f4a7c15u;
		bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
		bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
		bits ^= bits >> 31;
	} else {
		w->random(w->random_argument, &bits, sizeof(bits));
	}
	return value_of(json_new_double(e->arena, (double)(bits >> 11) / 9007199254740992.0));
}

/* ---- of arrays ---- */

static bool each_number(struct evaluation *e, struct value v, double *sum, double *min, double *max, size_t *count)
{
	*sum = *count = 0;
	if (is_undefined(v))
		return false;
	*count = is_array(v) ? v.json->count : 1;
	for (size_t i = 0; i < *count; i++) {
		double d;
		if (!json_is(is_array(v) ? v.json->items[i] : v.json, JSON_NUMBER) ||
		    json_to_double(is_array(v) ? v.json->items[i] : v.json, &d) < 0) {
			throw(e, "T0412", "Argument 1 of the function must be an array of \"number\"");
			return false;
		}
		*sum += d;
		*min = i == 0 || d < *min ? d : *min;
		*max = i == 0 || d > *max ? d : *max;
	}
	return true;
}

struct value builtin_sum(struct evaluation *e, struct value *arguments, size_t count)
{
	double sum, min = 0, max = 0;
	size_t n;
	return each_number(e, argument(arguments, count, 0), &sum, &min, &max, &n) ? new_number(e, sum) : UNDEFINED;
}

struct value builtin_max(struct evaluation *e, struct value *arguments, size_t count)
{
	double sum, min = 0, max = 0;
	size_t n;
	bool any = each_number(e, argument(arguments, count, 0), &sum, &min, &max, &n) && n > 0;
	return any ? new_number(e, max) : UNDEFINED;
}

struct value builtin_min(struct evaluation *e, struct value *arguments, size_t count)
{
	double sum, min = 0, max = 0;
	size_t n;
	bool any = each_number(e, argument(arguments, count, 0), &sum, &min, &max, &n) && n > 0;
	return any ? new_number(e, min) : UNDEFINED;
}

struct value builtin_average(struct evaluation *e, struct value *arguments, size_t count)
{
	double sum, min = 0, max = 0;
	size_t n;
	bool any = each_number(e, argument(arguments, count, 0), &sum, &min, &max, &n) && n > 0;
	return any ? new_number(e, sum / (double)n) : UNDEFINED;
}

/* ---- booleans ---- */

struct value builtin_boolean(struct evaluation *e, struct value *arguments, size_t count)
{
	(void)e;
	struct value v = argument(arguments, count, 0);
	return is_undefined(v) ? v : value_of(json_new_bool(truth(v)));
}

struct value builtin_not(struct evaluation *e, struct value *arguments, size_t count)
{
	(void)e;
	struct value v = argument(arguments, count, 0);
	return is_undefined(v) ? v : value_of(json_new_bool(!truth(v)));
}

struct value builtin_exists(struct evaluation *e, struct value *arguments, size_t count)
{
	(void)e;
	return value_of(json_new_bool(!is_undefined(argument(arguments, count, 0))));
}

/* ---- time ---- */

struct value builtin_now(struct evaluation *e, struct value *arguments, size_t count)
{
	char text[DATE_TEXT_MAX];
	(void)arguments;
	(void)count;
	return new_text(e, arena_str(e->arena, date_iso_ms(text, e->scope->world->now_ms)));
}

struct value builtin_millis(struct evaluation *e, struct value *arguments, size_t count)
{
	(void)arguments;
	(void)count;
	return value_of(json_new_i64(e->arena, e->scope->world->now_ms));
}

struct value builtin_from_millis(struct evaluation *e, struct value *arguments, size_t count)
{
	char text[DATE_TEXT_MAX];
	double ms;
	if (count > 1)
		return throw(e, "D3133", "Picture strings of $fromMillis are not supported");
	if (!number_of(e, argument(arguments, count, 0), &ms))
		return UNDEFINED;
	if (fabs(ms) > 8.64e15)
		return throw(e, "D3110", "The date is out of range");
	return new_text(e, arena_str(e->arena, date_iso_ms(text, (int64_t)ms)));
}

struct value builtin_to_millis(struct evaluation *e, struct value *arguments, size_t count)
{
	int64_t ms;
	struct value v = argument(arguments, count, 0);
	if (count > 1)
		return throw(e, "D3133", "Picture strings of $toMillis are not supported");
	if (is_undefined(v))
		return v;
	if (!json_is(v.json, JSON_STRING) || date_parse_iso(v.json->text, &ms) < 0)
		return throw(e, "D3110", "The argument of the toMillis function must be an ISO 8601 formatted timestamp");
	return value_of(json_new_i64(e->arena, ms));
}
