/* SPDX-License-Identifier: Apache-2.0
 *
 * Hostile expressions, numbers and attribute values. The first byte picks the kind of expression; the rest is its text, and,
 * after a NUL, an item as JSON.
 */
#include "base/limits.h"
#include "service/dynamodb/expression.h"
#include "service/dynamodb/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char names[] = "{\"#a\":\"a\",\"#b\":\"b.c\"}";
static const char values[] =
	"{\":s\":{\"S\":\"x\"},\":n\":{\"N\":\"1\"},\":l\":{\"L\":[]},\":m\":{\"M\":{}},\":t\":{\"SS\":[\"a\"]}}";
static const char plain_item[] =
	"{\"a\":{\"S\":\"x\"},\"n\":{\"N\":\"1\"},\"l\":{\"L\":[{\"N\":\"1\"}]},\"m\":{\"M\":{\"k\":{\"S\":\"v\"}}}}";

static const struct value *read_item(struct arena *a, struct str text)
{
	const struct json *json;
	const struct value *item;

	if (json_parse(a, text.p ? text : str_c(plain_item), &json, NULL) < 0 || item_read(a, json, &item, NULL) < 0)
		return NULL;
	return item;
}

static void try_update(struct arena *a, struct placeholders *p, struct str text, const struct value *item)
{
	const struct update *u;
	const struct value *after;

	if (update_parse(p, text, &u, NULL) < 0 || !item)
		return;
	if (update_apply(a, u, item, &after, NULL) == 0)
		(void)item_size(after);
	(void)update_project(a, u, item);
}

static void try_number(struct str text)
{
	struct number number, sum;
	char out[NUMBER_TEXT_MAX];
	uint8_t key[NUMBER_KEY_MAX];

	if (number_parse(text, &number, NULL) < 0)
		return;
	(void)number_order_key(&number, key);
	if (number_parse(number_text(out, &number), &sum, NULL) < 0 || number_compare(&number, &sum) != 0)
		abort();
	(void)(number_add(&number, &number, &sum, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str item_text = n > 0 ? str_of((const char *)bytes + 1, n - 1) : STR("");
	struct str text = str_split(&item_text, '\0');
	const struct json *name_json, *value_json;
	const struct condition *c;
	const struct projection *projection;
	struct key_condition key;
	struct placeholders p;
	struct arena a;

	arena_init(&a, MIB(64));
	const struct value *item = read_item(&a, item_text);
	bool ready = json_parse(&a, str_c(names), &name_json, NULL) == 0 &&
		     json_parse(&a, str_c(values), &value_json, NULL) == 0 &&
		     placeholders_read(&p, &a, name_json, value_json, NULL) == 0;
	switch (n > 0 && ready ? bytes[0] % 5 : 5) {
	case 0:
		if (condition_parse(&p, "ConditionExpression", text, &c, NULL) == 0)
			(void)condition_holds(c, item);
		break;
	case 1:
		try_update(&a, &p, text, item);
		break;
	case 2:
		if (projection_parse(&p, text, &projection, NULL) == 0 && item)
			(void)projection_apply(&a, projection, item);
		break;
	case 3:
		(void)(key_condition_parse(&p, text, STR("a"), VALUE_S, STR("n"), VALUE_N, &key, NULL) == 0);
		break;
	case 4:
		try_number(text);
		break;
	}
	arena_release(&a);
	return 0;
}
