/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys as stored: their order, the ranges that conditions select, segments, checks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "service/dynamodb/keys.h"

static const char definition[] =
	"{\"id\":7,\"TableName\":\"t\",\"AttributeDefinitions\":[{\"AttributeName\":\"pk\",\"AttributeType\":\"S\"},"
	"{\"AttributeName\":\"sk\",\"AttributeType\":\"N\"},{\"AttributeName\":\"g\",\"AttributeType\":\"S\"}],"
	"\"KeySchema\":[{\"AttributeName\":\"pk\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"sk\",\"KeyType\":\"RANGE\"}],"
	"\"GlobalSecondaryIndexes\":[{\"IndexName\":\"by-g\",\"id\":8,\"KeySchema\":[{\"AttributeName\":\"g\",\"KeyType\":"
	"\"HASH\"}],"
	"\"Projection\":{\"ProjectionType\":\"KEYS_ONLY\"}}],\"TimeToLive\":{\"AttributeName\":\"ttl\",\"Enabled\":true}}";

struct world {
	struct arena a;
	struct table *table;
};

static int set_up(void **state)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct json *json;

	arena_init(&w->a, MIB(16));
	assert_int_equal(json_parse(&w->a, str_c(definition), &json, NULL), 0);
	w->table = table_new(json);
	assert_non_null(w->table);
	*state = w;
	return 0;
}

static int tear_down(void **state)
{
	struct world *w = *state;

	table_unref(w->table);
	arena_release(&w->a);
	free(w);
	return 0;
}

static const struct value *item(struct world *w, const char *text)
{
	char *copy = arena_c(&w->a, str_c(text));
	const struct json *json;
	const struct value *v;

	for (char *p = copy; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	assert_int_equal(json_parse(&w->a, str_c(copy), &json, NULL), 0);
	assert_int_equal(item_read(&w->a, json, &v, NULL), 0);
	return v;
}

static struct str stored_key(struct world *w, const char *sk)
{
	char text[128];
	struct key k;

	snprintf(text, sizeof(text), "{'pk':{'S':'a'},'sk':{'N':'%s'}}", sk);
	item_key(w->table, item(w, text), &k);
	return arena_str(&w->a, key_str(&k));
}

static bool selects(struct world *w, enum condition_kind kind, const char *low, const char *high, const char *sk)
{
	struct value bounds[3] = { { .type = VALUE_S, .text = STR("a") },
				   { .type = VALUE_N, .text = str_c(low) },
				   { .type = VALUE_N, .text = str_c(high) } };
	struct key_condition c = { &bounds[0], true, kind, &bounds[1], &bounds[2] };
	struct str from, to, key = stored_key(w, sk);

	query_bounds(&w->a, 7, &c, &from, &to);
	return str_cmp(key, from) >= 0 && str_cmp(key, to) < 0;
}

static void test_bounds(void **state)
{
	struct world *w = *state;

	assert_true(selects(w, CONDITION_EQ, "5", NULL, "5.0"));
	assert_false(selects(w, CONDITION_EQ, "5", NULL, "5.1"));
	assert_true(selects(w, CONDITION_LT, "5", NULL, "-100"));
	assert_false(selects(w, CONDITION_LT, "5", NULL, "5"));
	assert_true(selects(w, CONDITION_LE, "5", NULL, "5"));
	assert_false(selects(w, CONDITION_LE, "5", NULL, "5.01"));
	assert_true(selects(w, CONDITION_GT, "5", NULL, "50"));
	assert_false(selects(w, CONDITION_GT, "5", NULL, "5"));
	assert_true(selects(w, CONDITION_GE, "-5", NULL, "-5"));
	assert_false(selects(w, CONDITION_GE, "-5", NULL, "-5.5"));
	assert_true(selects(w, CONDITION_BETWEEN, "-1", "1", "0"));
	assert_true(selects(w, CONDITION_BETWEEN, "-1", "1", "1"));
	assert_false(selects(w, CONDITION_BETWEEN, "-1", "1", "1.1"));
}

static void test_segments(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 200; i++) {
		char text[64];
		struct key k;
		int found = 0;
		snprintf(text, sizeof(text), "{'pk':{'S':'key-%d'},'sk':{'N':'1'}}", i);
		item_key(w->table, item(w, text), &k);
		for (uint32_t s = 0; s < 7; s++) {
			struct str from, to;
			segment_bounds(&w->a, 7, s, 7, &from, &to);
			found += str_cmp(key_str(&k), from) >= 0 && str_cmp(key_str(&k), to) < 0;
		}
		assert_int_equal(found, 1);
	}
}

#define INVALID "One or more parameter values were invalid: "
#define NOT_VALID "One or more parameter values are not valid. "

static void test_checks(void **state)
{
	static const struct {
		const char *item, *error;
	} cases[] = {
		{ "{'pk':{'S':'a'},'sk':{'N':'1'}}", NULL },
		{ "{'pk':{'S':'a'}}", INVALID "Missing the key sk in the item" },
		{ "{'pk':{'N':'1'},'sk':{'N':'1'}}", INVALID "Type mismatch for key pk expected: S actual: N" },
		{ "{'pk':{'S':''},'sk':{'N':'1'}}",
		  NOT_VALID "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk" },
		{ "{'pk':{'S':'a'},'sk':{'N':'1'},'g':{'N':'1'}}",
		  INVALID "Type mismatch for Index Key g Expected: S Actual: N IndexName: by-g" },
		{ "{'pk':{'S':'a'},'sk':{'N':'1'},'g':{'S':''}}",
		  NOT_VALID "A value specified for a secondary index key is not supported. The AttributeValue for a key "
			    "attribute cannot contain an "
			    "empty string value. IndexName: by-g, IndexKey: g" },
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { 0 };
		int rc = item_check(w->table, item(w, cases[i].item), &err);
		assert_int_equal(rc, cases[i].error ? ERR_INVALID : 0);
		assert_string_equal(err.message, cases[i].error ? cases[i].error : "");
	}
	assert_int_equal(key_check(w->table, item(w, "{'pk':{'S':'a'},'sk':{'N':'1'}}"), NULL), 0);
	assert_int_equal(key_check(w->table, item(w, "{'pk':{'S':'a'}}"), NULL), ERR_INVALID);
	assert_int_equal(key_check(w->table, item(w, "{'pk':{'S':'a'},'sk':{'N':'1'},'x':{'S':'y'}}"), NULL), ERR_INVALID);
}

/* A partition key of 2,048 bytes and a sort key of 1,024 are taken, one more is not, and an item of 400 KB likewise. */
static void test_sizes(void **state)
{
	struct world *w = *state;

	for (size_t extra = 0; extra < 2; extra++) {
		char *text = arena_alloc(&w->a, ITEM_SIZE_MAX + 64);
		memset(text, 'x', HASH_KEY_SIZE_MAX + extra);
		struct value pk = { .type = VALUE_S, .text = { text, HASH_KEY_SIZE_MAX + extra } };
		struct value sk = { .type = VALUE_N, .text = STR("1") };
		struct attribute keys[] = { { STR("pk"), &pk }, { STR("sk"), &sk } };
		assert_int_equal(item_check(w->table, value_new_map(&w->a, keys, 2), NULL), extra ? ERR_INVALID : 0);

		memset(text, 'x', ITEM_SIZE_MAX);
		struct value small = { .type = VALUE_S, .text = STR("a") };
		struct value big = { .type = VALUE_S, .text = { text, ITEM_SIZE_MAX - 2 - 1 - 2 - 2 - 1 + extra } };
		struct attribute whole[] = { { STR("pk"), &small }, { STR("sk"), &sk }, { STR("z"), &big } };
		assert_int_equal(item_check(w->table, value_new_map(&w->a, whole, 3), NULL), extra ? ERR_INVALID : 0);
	}
}

static void test_index_and_expiry(void **state)
{
	struct world *w = *state;
	uint64_t seconds;
	struct key k;

	assert_false(index_key(w->table, &w->table->indexes[0], item(w, "{'pk':{'S':'a'},'sk':{'N':'1'}}"), &k));
	assert_true(index_key(w->table, &w->table->indexes[0], item(w, "{'pk':{'S':'a'},'sk':{'N':'1'},'g':{'S':'x'}}"), &k));
	assert_true(item_expiry(w->table, item(w, "{'ttl':{'N':'1790000000.9'}}"), &seconds));
	assert_int_equal(seconds, 1790000000);
	assert_false(item_expiry(w->table, item(w, "{'ttl':{'S':'1790000000'}}"), &seconds));
	assert_false(item_expiry(w->table, item(w, "{'ttl':{'N':'-5'}}"), &seconds));
	assert_true(index_projects(w->table, &w->table->indexes[0], STR("sk")));
	assert_false(index_projects(w->table, &w->table->indexes[0], STR("ttl")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_segments, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_checks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sizes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_index_and_expiry, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
