/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "service/rekognition/selection.h"
#include "text/page.h"

/* An image of 200 x 100 with three words: two on a line, one below. */
static void make_page(struct arena *a, struct text_page *page)
{
	static const struct {
		const char *text;
		float confidence, x, y, width, height;
		bool line;
	} words[] = {
		{ "big", 0.99f, 10, 10, 60, 20, true },
		{ "small", 0.5f, 80, 14, 20, 10, false },
		{ "low", 0.79f, 10, 60, 40, 20, true },
	};
	struct page_builder b;

	page_init(&b, a);
	for (size_t i = 0; i < 3; i++) {
		float x = words[i].x, y = words[i].y, r = x + words[i].width, d = y + words[i].height;
		struct text_polygon p = { { { x, y }, { r, y }, { r, d }, { x, d } } };

		if (words[i].line)
			page_add_line(&b);
		page_add_word(&b, str_c(words[i].text), words[i].confidence, &p);
	}
	assert_int_equal(page_finish(&b, page, NULL), 0);
}

static struct str select_words(struct arena *a, const char *filters, size_t limit)
{
	const struct json *json;
	struct selection s;
	struct text_page page, out;
	struct str words = STR("");

	make_page(a, &page);
	assert_int_equal(json_parse(a, str_c(filters), &json, NULL), 0);
	if (selection_parse(json, &s) < 0)
		return STR("invalid");
	s.word_limit = limit;
	assert_int_equal(selection_apply(&s, &page, 200, 100, a, &out, NULL), 0);
	for (size_t i = 0; i < out.word_count; i++)
		words = arena_printf(a, STR_FMT "%s" STR_FMT, STR_ARG(words), i ? " " : "", STR_ARG(out.words[i].text));
	return words;
}

static void test_filters(void **state)
{
	static const struct {
		const char *filters, *words;
		size_t limit;
	} cases[] = {
		{ "{}", "big small low", 0 },
		{ "{\"WordFilter\":{}}", "big", 0 }, /* the default of 80 */
		{ "{\"WordFilter\":{\"MinConfidence\":50}}", "big small low", 0 },
		{ "{\"WordFilter\":{\"MinConfidence\":50.1}}", "big low", 0 },
		{ "{\"WordFilter\":{\"MinConfidence\":0,\"MinBoundingBoxHeight\":0.19}}", "big low", 0 },
		{ "{\"WordFilter\":{\"MinConfidence\":0,\"MinBoundingBoxHeight\":0.21}}", "", 0 },
		{ "{\"WordFilter\":{\"MinConfidence\":0,\"MinBoundingBoxWidth\":0.25}}", "big", 0 },
		{ "{\"WordFilter\":{\"MinConfidence\":101}}", "invalid", 0 },
		{ "{\"WordFilter\":{\"MinBoundingBoxWidth\":-0.1}}", "invalid", 0 },
		{ "{}", "big low", 2 },
		{ "{}", "big", 1 },
		{ "{\"RegionsOfInterest\":[]}", "big small low", 0 },
		{ "{\"RegionsOfInterest\":[{\"BoundingBox\":{\"Left\":0,\"Top\":0,\"Width\":1,\"Height\":0.5}}]}", "big small",
		  0 },
		/* "big" spans x 0.05 to 0.35: just under and just over its half */
		{ "{\"RegionsOfInterest\":[{\"BoundingBox\":{\"Left\":0,\"Top\":0,\"Width\":0.199,\"Height\":0.5}}]}", "", 0 },
		{ "{\"RegionsOfInterest\":[{\"BoundingBox\":{\"Left\":0,\"Top\":0,\"Width\":0.201,\"Height\":0.5}}]}", "big", 0 },
		{ "{\"RegionsOfInterest\":[{\"BoundingBox\":{\"Left\":0.4,\"Top\":0,\"Width\":0.2,\"Height\":1}},"
		  "{\"Polygon\":[{\"X\":0,\"Y\":0.5},{\"X\":1,\"Y\":0.5},{\"X\":0,\"Y\":1}]}]}",
		  "small low", 0 },
		/* concave: a bow that leaves out the middle of the word "big" */
		{ "{\"RegionsOfInterest\":[{\"Polygon\":[{\"X\":0,\"Y\":0},{\"X\":0.1,\"Y\":0},{\"X\":0.1,\"Y\":0.4},{\"X\":0.3,"
		  "\"Y\":0.4},"
		  "{\"X\":0.3,\"Y\":0},{\"X\":0.4,\"Y\":0},{\"X\":0.4,\"Y\":0.45},{\"X\":0,\"Y\":0.45}]}]}",
		  "", 0 },
		{ "{\"RegionsOfInterest\":[{}]}", "invalid", 0 },
		{ "{\"RegionsOfInterest\":[{\"Polygon\":[{\"X\":0,\"Y\":0},{\"X\":1,\"Y\":1}]}]}", "invalid", 0 },
		{ "{\"RegionsOfInterest\":[{\"Polygon\":[{\"X\":0,\"Y\":0},{\"X\":1,\"Y\":1},{\"X\":2,\"Y\":0}]}]}", "invalid",
		  0 },
		{ "{\"RegionsOfInterest\":[{\"BoundingBox\":{\"Left\":0.5,\"Top\":0,\"Width\":0.6,\"Height\":1}}]}", "invalid",
		  0 },
		{ "{\"RegionsOfInterest\":[{\"BoundingBox\":{\"Left\":0,\"Top\":0,\"Width\":0,\"Height\":1}}]}", "invalid", 0 },
	};
	struct arena arena;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct str words;

		arena_init(&arena, 1 << 20);
		words = select_words(&arena, cases[i].filters, cases[i].limit);
		if (!str_eq_c(words, cases[i].words))
			fail_msg("%s: '" STR_FMT "', expected '%s'", cases[i].filters, STR_ARG(words), cases[i].words);
		arena_release(&arena);
	}
}

static void test_at_most_ten_regions(void **state)
{
	struct arena arena;
	struct buf b;

	(void)state;
	for (int count = 10; count <= 11; count++) {
		arena_init(&arena, 1 << 20);
		buf_init(&b, 1 << 16);
		buf_add_c(&b, "{\"RegionsOfInterest\":[");
		for (int i = 0; i < count; i++)
			buf_addf(&b, "%s{\"BoundingBox\":{\"Width\":1,\"Height\":1}}", i ? "," : "");
		buf_add_c(&b, "]}");
		assert_true(str_eq_c(select_words(&arena, buf_c(&b), 0), count == 10 ? "big small low" : "invalid"));
		buf_release(&b);
		arena_release(&arena);
	}
}

static void test_answer(void **state)
{
	struct arena arena;
	struct text_page page;
	struct buf b;
	struct writer w;
	const struct json *json, *detections, *word, *box;
	double value;
	int64_t id;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&b, 1 << 16);
	make_page(&arena, &page);
	writer_init(&w, &b, WRITER_JSON);
	write_object(&w, NULL);
	selection_write(&w, &page, 200, 100);
	write_end(&w);
	assert_int_equal(json_parse(&arena, buf_str(&b), &json, NULL), 0);
	detections = json_get_c(json, "TextDetections");
	assert_int_equal(detections->count, 5);
	assert_true(str_eq_c(json_get_text(json_at(detections, 0), STR("DetectedText")), "big small"));
	assert_true(str_eq_c(json_get_text(json_at(detections, 1), STR("Type")), "LINE"));
	assert_null(json_get_c(json_at(detections, 1), "ParentId"));
	word = json_at(detections, 4);
	assert_true(str_eq_c(json_get_text(word, STR("DetectedText")), "low"));
	assert_int_equal(json_to_i64(json_get_c(word, "Id"), &id), 0);
	assert_int_equal(id, 4);
	assert_int_equal(json_to_i64(json_get_c(word, "ParentId"), &id), 0);
	assert_int_equal(id, 1);
	assert_int_equal(json_to_double(json_get_c(word, "Confidence"), &value), 0);
	assert_true(fabs(value - 79) < 1e-4);
	box = json_get_c(json_get_c(word, "Geometry"), "BoundingBox");
	assert_int_equal(json_to_double(json_get_c(box, "Top"), &value), 0);
	assert_true(fabs(value - 0.6) < 1e-6);
	assert_int_equal(json_get_c(json_get_c(word, "Geometry"), "Polygon")->count, 4);
	buf_release(&b);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_at_most_ten_regions),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
