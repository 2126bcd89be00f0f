/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of JSONata's functions, those that Step Functions adds ($partition, $range, $hash, $random with a seed, $uuid,
 * $parse) included. $eval is not offered, as there.
 */
#include "states/jsonata_node.h"

static const struct {
	const char *name;
	struct function_value function;
} builtins[] = {
#define ROW(text, fn, n)                                                                                                         \
	{                                                                                                                        \
		text,                                                                                                            \
		{                                                                                                                \
			.builtin = builtin_##fn, .parameters = n                                                                 \
		}                                                                                                                \
	}
	ROW("string", string, 2),
	ROW("length", length, 1),
	ROW("substring", substring, 3),
	ROW("substringBefore", substring_before, 2),
	ROW("substringAfter", substring_after, 2),
	ROW("uppercase", uppercase, 1),
	ROW("lowercase", lowercase, 1),
	ROW("trim", trim, 1),
	ROW("pad", pad, 3),
	ROW("contains", contains, 2),
	ROW("split", split, 3),
	ROW("join", join, 2),
	ROW("match", match, 3),
	ROW("replace", replace, 4),
	ROW("base64encode", base64encode, 1),
	ROW("base64decode", base64decode, 1),
	ROW("encodeUrlComponent", encode_url, 1),
	ROW("decodeUrlComponent", decode_url, 1),
	ROW("parse", parse, 1),
	ROW("hash", hash, 2),
	ROW("uuid", uuid, 0),
	ROW("number", number, 1),
	ROW("abs", abs, 1),
	ROW("floor", floor, 1),
	ROW("ceil", ceil, 1),
	ROW("round", round, 2),
	ROW("power", power, 2),
	ROW("sqrt", sqrt, 1),
	ROW("random", random, 1),
	ROW("sum", sum, 1),
	ROW("max", max, 1),
	ROW("min", min, 1),
	ROW("average", average, 1),
	ROW("boolean", boolean, 1),
	ROW("not", not, 1),
	ROW("exists", exists, 1),
	ROW("count", count, 1),
	ROW("append", append, 2),
	ROW("sort", sort, 2),
	ROW("reverse", reverse, 1),
	ROW("distinct", distinct, 1),
	ROW("zip", zip, 16),
	ROW("keys", keys, 1),
	ROW("lookup", lookup, 2),
	ROW("spread", spread, 1),
	ROW("merge", merge, 1),
	ROW("sift", sift, 2),
	ROW("each", each, 2),
	ROW("error", error, 1),
	ROW("assert", assert, 2),
	ROW("type", type, 1),
	ROW("now", now, 0),
	ROW("millis", millis, 0),
	ROW("fromMillis", from_millis, 1),
	ROW("toMillis", to_millis, 1),
	ROW("map", map, 2),
	ROW("filter", filter, 2),
	ROW("single", single, 2),
	ROW("reduce", reduce, 3),
	ROW("partition", partition, 2),
	ROW("range", range, 3),
};

const struct function_value *builtin_find(struct str name)
{
	for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
		if (str_eq_c(name, builtins[i].name))
			return &builtins[i].function;
	return NULL;
}
