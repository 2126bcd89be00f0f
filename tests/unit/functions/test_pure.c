/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "detections.h"
#include "function.h"
#include "item.h"
#include "job.h"

struct variable {
	const char *name, *value;
};

static const struct variable *variables;

static const char *source(const char *name)
{
	for (const struct variable *v = variables; v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v->value;
	return NULL;
}

static void test_settings(void **state)
{
	static const struct variable good[] = {
		{ "JOBS_TABLE", "t" },
		{ "AUTHORIZATION", "jwt" },
		{ "CONTENT_LENGTH_REQUIRED", "true" },
		{ "UPLOAD_SECONDS", "60" },
		{ 0 },
	};
	static const struct variable bad[][2] = {
		{ { "AUTHORIZATION", "basic" } }, { { "CONTENT_LENGTH_REQUIRED", "yes" } },
		{ { "UPLOAD_SECONDS", "0" } },    { { "UPLOAD_SECONDS", "604801" } },
		{ { "RECORD_DAYS", "ten" } },     { { "TEXT_CALLS_MAX", "-1" } },
	};
	struct function_settings s;
	(void)state;
	variables = good;
	assert_int_equal(function_settings_read(&s, source, NULL), 0);
	assert_true(str_eq_c(s.jobs_table, "t"));
	assert_int_equal(s.authorization, AUTHORIZATION_JWT);
	assert_true(s.content_length_required);
	assert_int_equal(s.upload_seconds, 60);
	assert_int_equal(s.record_days, 90);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = { 0 };
		variables = bad[i];
		if (function_settings_read(&s, source, &err) != ERR_INVALID || strstr(err.message, bad[i][0].name) == NULL)
			fail_msg("%s=%s: %s", bad[i][0].name, bad[i][0].value, err.message);
	}
}

static void test_attributes(void **state)
{
	static const char text[] =
		"{\"S\":{\"S\":\"x\"},\"M\":{\"M\":{\"n\":{\"N\":\"1.5\"},\"z\":{\"NULL\":true},\"b\":{\"BOOL\":true},"
		"\"l\":{\"L\":[{\"S\":\"y\"},{\"N\":\"12345678901234567890\"}]}}}}";
	const struct json *item = NULL;
	struct arena a;
	int64_t n;
	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(json_parse(&a, str_c(text), &item, NULL), 0);
	assert_true(str_eq_c(item_s(item, "S"), "x"));
	assert_false(str_is_set(item_s(item, "M")));
	assert_false(item_i64(item, "S", &n));
	struct str plain = json_to_str(&a, attr_plain(&a, json_get_c(item, "M")));
	assert_true(str_eq_c(plain, "{\"n\":1.5,\"z\":null,\"b\":true,\"l\":[\"y\",12345678901234567890]}"));
	assert_null(attr_plain(&a, &json_empty_object));
	assert_null(attr_s(&a, STR_NULL));
	assert_true(str_eq_c(json_to_str(&a, attr_m(&a, object_of(&a, { "i", attr_i64(&a, -7) }, { "none", NULL }))),
			     "{\"M\":{\"i\":{\"N\":\"-7\"}}}"));
	arena_release(&a);
}

static void test_keys(void **state)
{
	static const struct {
		const char *key;
		bool good;
	} keys[] = {
		{ "uploads/0f8fad5b-d9cb-469f-a165-70867728950e.png", true },
		{ "uploads/0f8fad5b-d9cb-469f-a165-70867728950e.jpg", false },
		{ "uploads/0f8fad5b-d9cb-469f-a165-70867728950e.png.png", false },
		{ "uploads/0f8fad5b-d9cb-469f-a165-70867728950x.png", false },
		{ "other/0f8fad5b-d9cb-469f-a165-70867728950e.png", false },
		{ "", false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (str_is_set(job_id_of_key(str_c(keys[i].key))) != keys[i].good)
			fail_msg("%s", keys[i].key);
	assert_true(job_status_is_valid(STR("expired")));
	assert_false(job_status_is_valid(STR("done")));
	assert_false(job_status_is_valid(STR_NULL));
}

static void test_error_types(void **state)
{
	static const struct {
		int code, status;
		const char *name, *want;
	} cases[] = {
		{ ERR_INVALID, 0, "NotPng", "NotPng" },
		{ ERR_LIMIT, 0, "ImageTooLarge", "ImageTooLarge" },
		{ ERR_TIMEOUT, 0, "", "TimedOut" },
		{ ERR_IO, 0, "", "Unavailable" },
		{ ERR_SERVICE, 500, "InternalServerError", "Unavailable" },
		{ ERR_SERVICE, 400, "ThrottlingException", "Throttled" },
		{ ERR_SERVICE, 403, "AccessDeniedException", "Internal" },
		{ ERR_CORRUPT, 0, "", "Internal" },
		{ ERR_NO_MEMORY, 0, "", "Internal" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = { .code = cases[i].code, .status = cases[i].status };
		snprintf(err.name, sizeof(err.name), "%s", cases[i].name);
		assert_string_equal(function_error_type(&err), cases[i].want);
	}
}

static void test_text_cut(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		const char *want;
	} cases[] = {
		{ "abc", 3, "abc" },
		{ "abc", 2, "ab" },
		{ "abc", 0, "" },
		{ "a\xc3\xa9", 2, "a" },
		{ "a\xc3\xa9", 3, "a\xc3\xa9" },
		{ "\xe2\x82\xac", 2, "" },
		{ "x\xf0\x9f\x98\x80y", 4, "x" },
		{ "x\xf0\x9f\x98\x80y", 5, "x\xf0\x9f\x98\x80" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (!str_eq_c(text_cut(str_c(cases[i].text), cases[i].max), cases[i].want))
			fail_msg("case %zu", i);
}

#define POLYGON(l, t, r, b)                                                                                                      \
	"\"Geometry\":{\"Polygon\":[{\"X\":" l ",\"Y\":" t "},{\"X\":" r ",\"Y\":" t "},{\"X\":" r ",\"Y\":" b "},{\"X\":" l     \
	",\"Y\":" b "}]}"

static void test_detections(void **state)
{
	static const char text[] =
		"{\"TextModelVersion\":\"3.0\",\"TextDetections\":["
		"{\"Type\":\"LINE\",\"Id\":4,\"DetectedText\":\"one two\",\"Confidence\":99.5," POLYGON(
			"0.1", "0.2", "0.5",
			"0.3") "},"
			       "{\"Type\":\"WORD\",\"Id\":5,\"ParentId\":4,\"DetectedText\":\"one\",\"Confidence\":99," POLYGON(
				       "0.1", "0.2", "0.3", "0.3") "},"
								   "{\"Type\":\"WORD\",\"Id\":6,\"ParentId\":9,\"DetectedText\":"
								   "\"two\",\"Confidence\":100," POLYGON("0.3", "0.2", "0.5",
													 "0.3") "}]}";
	struct text_area area = { 100, 50, 200, 100 };
	struct text_page page;
	struct text_point(*polygons)[4];
	const struct json *answer = NULL;
	struct error err = { 0 };
	size_t count;
	struct arena a;
	(void)state;
	arena_init(&a, 1 << 20);
	assert_int_equal(json_parse(&a, str_c(text), &answer, &err), 0);
	assert_int_equal(detections_read(&a, answer, &area, &page, &err), 0);
	assert_int_equal(page.line_count, 1);
	assert_int_equal(page.word_count, 2);
	assert_int_equal(page.words[0].line, 0);
	assert_int_equal(page.words[1].line, -1);
	assert_float_equal(page.lines[0].box.left, 120, 1e-9);
	assert_float_equal(page.lines[0].box.bottom, 80, 1e-9);
	assert_float_equal(text_mean_confidence(&page), 99.5, 1e-9);
	assert_true(str_eq_c(detections_text(&a, &page), "one two\n"));
	const struct json *document = detections_json(&a, &page, 400, 300);
	assert_true(
		str_eq_c(json_to_str(&a, json_at(json_get_c(document, "words"), 0)),
			 "{\"id\":0,\"text\":\"one\",\"confidence\":99,\"polygon\":[{\"x\":120,\"y\":70},{\"x\":160,\"y\":70},"
			 "{\"x\":160,\"y\":80},{\"x\":120,\"y\":80}],\"line\":0}"));
	assert_int_equal(detections_polygons(&a, document, &polygons, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_float_equal(polygons[0][2].x, 200, 1e-9);
	assert_int_equal(detections_read(&a, &json_empty_object, &area, &page, &err), ERR_CORRUPT);
	assert_int_equal(detections_polygons(&a, &json_empty_object, &polygons, &count, &err), ERR_CORRUPT);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings),    cmocka_unit_test(test_attributes), cmocka_unit_test(test_keys),
		cmocka_unit_test(test_error_types), cmocka_unit_test(test_text_cut),   cmocka_unit_test(test_detections),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
