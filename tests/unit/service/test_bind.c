/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "service/bind.h"

struct inner {
	struct str name;
};

struct sample {
	struct str table, colour, when_text;
	struct opt_i64 limit, when;
	struct opt_bool on;
	struct opt_double ratio;
	struct str bytes;
	const struct json *items, *map, *any;
	struct inner inner;
};

static bool no_blank(struct str text)
{
	return str_find_char(text, ' ', 0) < 0;
}

static const char *const colours[] = { "RED", "GREEN", NULL };
static const struct bind item_fields[] = { { .name = "Key", .kind = BIND_KIND_STR, .required = true }, BIND_DONE };
static const struct bind inner_fields[] = { BIND_STR(struct inner, name, "Name", .required = true), BIND_DONE };
static const struct bind fields[] = {
	BIND_STR(struct sample, table, "TableName", .required = true, .min = 3, .max = 5, .valid = no_blank, .pattern = "[^ ]+"),
	BIND_STR(struct sample, colour, "Colour", .values = colours),
	BIND_I64(struct sample, limit, "Limit", .min = 1, .max = 10),
	BIND_TIME(struct sample, when, "When"),
	BIND_BOOL(struct sample, on, "On"),
	BIND_DOUBLE(struct sample, ratio, "Ratio"),
	BIND_BLOB(struct sample, bytes, "Bytes", .max = 4),
	BIND_LIST(struct sample, items, "Items", .max = 2, .fields = item_fields),
	BIND_MAP(struct sample, map, "Map"),
	BIND_ANY(struct sample, any, "Any"),
	BIND_STRUCT(struct sample, inner, "Inner", inner_fields),
	BIND_IGNORED("Quiet"),
	BIND_REFUSED("Legacy"),
	BIND_DONE,
};

static int bind(struct arena *a, const char *text, bool texts, struct sample *out, struct bind_faults *faults)
{
	const struct json *v;

	memset(out, 0, sizeof(*out));
	assert_int_equal(json_parse(a, str_c(text), &v, NULL), 0);
	return bind_struct(a, fields, v, texts, out, faults);
}

static void binds_each_kind(void **state)
{
	struct arena a;
	struct sample s;
	struct bind_faults faults;

	(void)state;
	arena_init(&a, MIB(1));
	assert_int_equal(bind(&a,
			      "{\"TableName\":\"jobs\",\"Colour\":\"RED\",\"Limit\":10,\"When\":1.5,\"On\":true,\"Ratio\":0.25,"
			      "\"Bytes\":\"Zm9v\",\"Items\":[{\"Key\":\"a\"}],\"Map\":{},\"Any\":null,\"Inner\":{\"Name\":\"n\"},"
			      "\"Quiet\":1}",
			      false, &s, &faults),
			 0);
	assert_str(s.table, "jobs");
	assert_true(s.limit.set && s.limit.value == 10);
	assert_true(s.when.set && s.when.value == 1500);
	assert_true(s.on.set && s.on.value);
	assert_true(s.ratio.set && s.ratio.value == 0.25);
	assert_str(s.bytes, "foo");
	assert_int_equal(s.items->count, 1);
	assert_null(s.any);
	assert_str(s.inner.name, "n");
	arena_release(&a);
}

static void takes_texts_in_forms_only(void **state)
{
	struct arena a;
	struct sample s;
	struct bind_faults faults;
	const char *text = "{\"TableName\":\"jobs\",\"Limit\":\"3\",\"On\":\"true\",\"Items\":\"\"}";

	(void)state;
	arena_init(&a, MIB(1));
	assert_int_equal(bind(&a, text, true, &s, &faults), 0);
	assert_true(s.limit.value == 3 && s.on.value && s.items->count == 0);
	assert_int_equal(bind(&a, text, false, &s, &faults), ERR_INVALID);
	assert_int_equal(faults.count, 3);
	arena_release(&a);
}

static void names_each_fault(void **state)
{
	static const char *const cases[][2] = {
		{ "{}", "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: Member must not be "
			"null" },
		{ "{\"TableName\":\"ab\"}",
		  "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: Member must have "
		  "length greater than or equal to 3" },
		{ "{\"TableName\":\"abcdef\"}",
		  "1 validation error detected: Value 'abcdef' at 'tableName' failed to satisfy constraint: Member must "
		  "have length less than or equal to 5" },
		{ "{\"TableName\":\"a c\"}",
		  "1 validation error detected: Value 'a c' at 'tableName' failed to satisfy constraint: Member must satisfy "
		  "regular expression pattern: [^ ]+" },
		{ "{\"TableName\":\"jobs\",\"Colour\":\"BLUE\"}",
		  "1 validation error detected: Value 'BLUE' at 'colour' failed to satisfy constraint: "
		  "Member must satisfy enum value set: [RED, GREEN]" },
		{ "{\"TableName\":\"jobs\",\"Limit\":0}",
		  "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must "
		  "have value greater than or equal to 1" },
		{ "{\"TableName\":\"jobs\",\"Limit\":11,\"Items\":[{}]}",
		  "2 validation errors detected: Value '11' at 'limit' failed to satisfy constraint: Member must have value less "
		  "than or equal to 10; "
		  "Value null at 'items.1.member.key' failed to satisfy constraint: Member must not be null" },
		{ "{\"TableName\":\"jobs\",\"Inner\":{}}",
		  "1 validation error detected: Value null at 'inner.name' failed to satisfy constraint: "
		  "Member must not be null" },
		{ "{\"TableName\":\"jobs\",\"Legacy\":1}",
		  "1 validation error detected: Value '1' at 'legacy' failed to satisfy constraint: Member is "
		  "not supported by this server" },
		{ "{\"TableName\":\"jobs\",\"New\":1}",
		  "1 validation error detected: Value '1' at 'new' failed to satisfy constraint: Member is not "
		  "known to this server" },
		{ "{\"TableName\":1}",
		  "1 validation error detected: Value '1' at 'tableName' failed to satisfy constraint: Member has a value of the "
		  "wrong type" },
		{ "{\"TableName\":\"jobs\",\"Bytes\":\"Zm9vYmFy\"}",
		  "1 validation error detected: Value 'Zm9vYmFy' at 'bytes' failed to satisfy "
		  "constraint: Member must have length less than or equal to 4" },
	};
	struct arena a;
	struct sample s;
	struct bind_faults faults;

	(void)state;
	arena_init(&a, MIB(1));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(bind(&a, cases[i][0], false, &s, &faults), ERR_INVALID);
		assert_str(bind_faults_text(&a, &faults), cases[i][1]);
	}
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(binds_each_kind), cmocka_unit_test(takes_texts_in_forms_only),
					    cmocka_unit_test(names_each_fault) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
