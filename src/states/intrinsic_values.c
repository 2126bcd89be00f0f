/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions over arrays, objects and numbers, and the table of all.
 */
#include "states/intrinsic_internal.h"

enum { RANGE_MAX = 1000 }; /* "The specified range can contain up to 1000 elements" */

static bool want_array(struct values *v, size_t index)
{
	if (json_is(v->items[index], JSON_ARRAY))
		return true;
	(void)refuse(v, "The first argument must be an array");
	return false;
}

/* Fractions are rounded, as the service does. */
static bool want_integer(struct values *v, size_t index, int64_t *out)
{
	double d;
	if (json_to_i64(v->items[index], out) == 0)
		return true;
	if (json_is(v->items[index], JSON_NUMBER) && json_to_double(v->items[index], &d) == 0 && d > -9e18 && d < 9e18) {
		*out = (int64_t)(d < 0 ? d - 0.5 : d + 0.5);
		return true;
	}
	(void)refuse(v, "Argument %zu must be an integer", index + 1);
	return false;
}

static const struct json *function_array(struct values *v)
{
	struct json *out = json_new_array(v->arena);
	for (size_t i = 0; i < v->count; i++)
		(void)json_add(v->arena, out, v->items[i]);
	return out;
}

static const struct json *function_array_partition(struct values *v)
{
	int64_t size;
	if (!want_array(v, 0) || !want_integer(v, 1, &size))
		return NULL;
	if (size < 1)
		return refuse(v, "The chunk size must be a positive integer");
	struct json *out = json_new_array(v->arena), *chunk = NULL;
	for (size_t i = 0; i < v->items[0]->count; i++) {
		if (!chunk || (int64_t)chunk->count == size) {
			chunk = json_new_array(v->arena);
			(void)json_add(v->arena, out, chunk);
		}
		(void)json_add(v->arena, chunk, v->items[0]->items[i]);
	}
	return out;
}

static const struct json *function_array_contains(struct values *v)
{
	if (!want_array(v, 0))
		return NULL;
	for (size_t i = 0; i < v->items[0]->count; i++)
		if (json_equal(v->items[0]->items[i], v->items[1]))
			return json_new_bool(true);
	return json_new_bool(false);
}

static const struct json *function_array_range(struct values *v)
{
	int64_t first, last, step;
	if (!want_integer(v, 0, &first) || !want_integer(v, 1, &last) || !want_integer(v, 2, &step))
		return NULL;
	if (step == 0)
		return refuse(v, "The step must not be 0");
	struct json *out = json_new_array(v->arena);
	for (int64_t i = first; step > 0 ? i <= last : i >= last;) {
		if (!out || out->count == RANGE_MAX)
			return refuse(v, "The range can contain up to %d elements", RANGE_MAX);
		(void)json_add(v->arena, out, json_new_i64(v->arena, i));
		if (__builtin_add_overflow(i, step, &i))
			break;
	}
	return out;
}

static const struct json *function_array_get_item(struct values *v)
{
	int64_t index;
	if (!want_array(v, 0) || !want_integer(v, 1, &index))
		return NULL;
	if (index < 0 || (size_t)index >= v->items[0]->count)
		return refuse(v, "The index %lld is out of bounds for an array of length %zu", (long long)index,
			      v->items[0]->count);
	return v->items[0]->items[index];
}

static const struct json *function_array_length(struct values *v)
{
	return want_array(v, 0) ? json_new_i64(v->arena, (int64_t)v->items[0]->count) : NULL;
}

static bool array_has(const struct json *array, const struct json *value)
{
	for (size_t i = 0; i < array->count; i++)
		if (json_equal(array->items[i], value))
			return true;
	return false;
}

static const struct json *function_array_unique(struct values *v)
{
	if (!want_array(v, 0))
		return NULL;
	struct json *out = json_new_array(v->arena);
	for (size_t i = 0; out && i < v->items[0]->count; i++)
		if (!array_has(out, v->items[0]->items[i]))
			(void)json_add(v->arena, out, v->items[0]->items[i]);
	return out;
}

static const struct json *function_json_merge(struct values *v)
{
	if (!json_is(v->items[0], JSON_OBJECT) || !json_is(v->items[1], JSON_OBJECT))
		return refuse(v, "The first two arguments must be JSON objects");
	if (!json_is(v->items[2], JSON_BOOL) || v->items[2]->boolean)
		return refuse(v, "Step Functions supports only the shallow merging mode: the third argument must be false");
	struct json *out = json_copy_object(v->arena, v->items[0]);
	for (size_t i = 0; i < v->items[1]->count; i++)
		(void)json_put(v->arena, out, v->items[1]->members[i].name, v->items[1]->members[i].value);
	return out;
}

/* SplitMix64: with a seed the same number comes each time. */
static uint64_t mix(uint64_t seed)
{
	seed += 0x9e3779b97f4a7c15u;
	seed = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9u;
	seed = (seed ^ (seed >> 27)) * 0x94d049bb133111ebu;
	return seed ^ (seed >> 31);
}

static const struct json *function_math_random(struct values *v)
{
	int64_t first, last, seed;
	uint64_t bits;
	if (!want_integer(v, 0, &first) || !want_integer(v, 1, &last) || (v->count == 3 && !want_integer(v, 2, &seed)))
		return NULL;
	if (last <= first)
		return refuse(v, "The end number must be greater than the start number");
	if (v->count == 3)
		bits = mix((uint64_t)seed);
	else
		v->scope->world->random(v->scope->world->random_argument, &bits, sizeof(bits));
	return json_new_i64(v->arena, (int64_t)((uint64_t)first + bits % ((uint64_t)last - (uint64_t)first)));
}

static const struct json *function_math_add(struct values *v)
{
	int64_t a, b, sum;
	if (!want_integer(v, 0, &a) || !want_integer(v, 1, &b))
		return NULL;
	if (__builtin_add_overflow(a, b, &sum))
		return refuse(v, "The sum is out of range");
	return json_new_i64(v->arena, sum);
}

static const struct function functions[] = {
	{ "Array", 0, INTRINSIC_ARGUMENTS_MAX, function_array },
	{ "ArrayContains", 2, 2, function_array_contains },
	{ "ArrayGetItem", 2, 2, function_array_get_item },
	{ "ArrayLength", 1, 1, function_array_length },
	{ "ArrayPartition", 2, 2, function_array_partition },
	{ "ArrayRange", 3, 3, function_array_range },
	{ "ArrayUnique", 1, 1, function_array_unique },
	{ "Base64Decode", 1, 1, function_base64_decode },
	{ "Base64Encode", 1, 1, function_base64_encode },
	{ "Format", 1, INTRINSIC_ARGUMENTS_MAX, function_format },
	{ "Hash", 2, 2, function_hash },
	{ "JsonMerge", 3, 3, function_json_merge },
	{ "JsonToString", 1, 1, function_json_to_string },
	{ "MathAdd", 2, 2, function_math_add },
	{ "MathRandom", 2, 3, function_math_random },
	{ "StringSplit", 2, 2, function_string_split },
	{ "StringToJson", 1, 1, function_string_to_json },
	{ "UUID", 0, 0, function_uuid },
};

const struct function *function_by_name(struct str name)
{
	if (!intrinsic_looks_like(name))
		return NULL;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (str_eq_c(str_from(name, strlen("States.")), functions[i].name))
			return &functions[i];
	return NULL;
}
