/* SPDX-License-Identifier: Apache-2.0
 *
 * The engine as a whole on a picture of the project's own. GLEANER_TEST_MODELS names the folder with ONNX Runtime and the models.
 */
#include "../unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "image/decode.h"
#include "image/image.h"
#include "os/file.h"
#include "text/pixels.h"
#include "text/text.h"

static const struct image_limits limits = { .bytes = MIB(16), .side_min = 1, .side_max = 10000, .pixels = 10000000 };

/* The head of samples/receipt.png, in whole words, and its rows. */
static const char *const head[] = { "HARBOUR", "BAKERY", "14", "Quay", "Street", "Tel", "020", "5550", "1234" };
enum { HEAD_WORDS = sizeof(head) / sizeof(head[0]), HEAD_ROWS = 250, LETTER = 20 };

struct fixture {
	struct arena arena;
	struct text_engine *engines[2]; /* of one thread and of two */
	struct image receipt;           /* grey */
};

static int set_up(void **state)
{
	const char *folder = getenv("GLEANER_TEST_MODELS");
	struct fixture *f = calloc(1, sizeof(*f));
	struct error err = { 0 };
	struct str file;

	*state = f;
	arena_init(&f->arena, MIB(64));
	if (!folder)
		return 0;
	for (int i = 0; i < 2; i++) {
		const struct text_options options = { .engine = "ppocr", .folders = folder, .threads = i + 1, .load = true };

		if (text_engine_new(&f->engines[i], &options, &err) < 0)
			fail_msg("%s", err.message);
	}
	assert_int_equal(file_read(&f->arena, "samples/receipt.png", MIB(1), &file, &err), 0);
	assert_int_equal(image_decode(file, &limits, IMAGE_GREY, &f->receipt, &err), 0);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	image_release(&f->receipt);
	for (int i = 0; i < 2; i++)
		text_engine_free(f->engines[i]);
	arena_release(&f->arena);
	free(f);
	return 0;
}

static struct fixture *installed(void **state)
{
	struct fixture *f = *state;

	if (!f->engines[0]) {
		print_message("GLEANER_TEST_MODELS is not set: scripts/fetch-models.sh FOLDER installs the models\n");
		skip();
	}
	return f;
}

static struct text_page read_image(struct fixture *f, int threads, const struct image *image)
{
	struct text_page page;
	struct error err = { 0 };

	if (text_detect(f->engines[threads - 1], image, 0, &f->arena, &page, &err) < 0)
		fail_msg("%s", err.message);
	return page;
}

static size_t words_of_head(const struct text_page *page)
{
	size_t found = 0;

	for (size_t i = 0; i < HEAD_WORDS; i++)
		for (size_t k = 0; k < page->word_count; k++)
			if (str_eq_c(page->words[k].text, head[i])) {
				found++;
				break;
			}
	return found;
}

/* The first rows of the receipt in the middle of white. */
static void make_head(const struct fixture *f, uint32_t margin, struct image *out)
{
	uint32_t width = f->receipt.width;

	assert_int_equal(image_init(out, width + 2 * margin, HEAD_ROWS + 2 * margin, IMAGE_GREY, NULL), 0);
	memset(out->pixels, *image_at(&f->receipt, 0, 0), (size_t)out->width * out->height);
	for (uint32_t y = 0; y < HEAD_ROWS; y++)
		memcpy(image_at(out, margin, margin + y), image_at(&f->receipt, 0, y), width);
}

static void test_text_at_any_angle(void **state)
{
	struct fixture *f = installed(state);
	struct image level;

	make_head(f, 40, &level);
	for (int degrees = -90; degrees <= 180; degrees += 15) {
		struct image turned;
		struct pixels_turn turn;
		struct text_page page;
		size_t found;

		assert_int_equal(pixels_turn(&level, (float)degrees, &turned, &turn, NULL), 0);
		page = read_image(f, 1, &turned);
		found = words_of_head(&page);
		if (found < HEAD_WORDS)
			fail_msg("at %d degrees %zu of %d words are read", degrees, found, HEAD_WORDS);
		image_release(&turned);
	}
	image_release(&level);
}

/* Word for word and pixel for pixel. */
static void test_threads_change_nothing(void **state)
{
	struct fixture *f = installed(state);
	struct text_page one = read_image(f, 1, &f->receipt);
	struct text_page two = read_image(f, 2, &f->receipt);

	assert_true(one.word_count > 20);
	assert_int_equal(one.word_count, two.word_count);
	for (size_t i = 0; i < one.word_count; i++) {
		assert_true(str_eq(one.words[i].text, two.words[i].text));
		assert_memory_equal(&one.words[i].polygon, &two.words[i].polygon, sizeof(one.words[i].polygon));
	}
}

/* A part of a page on a blank one of its size, as ExtractText sends it, is read as in the page. */
static void test_blank_surroundings_change_nothing(void **state)
{
	struct fixture *f = installed(state);
	struct text_page whole = read_image(f, 1, &f->receipt), part;
	struct image alone;

	assert_int_equal(image_init(&alone, f->receipt.width, f->receipt.height, IMAGE_GREY, NULL), 0);
	memset(alone.pixels, *image_at(&f->receipt, 0, 0), (size_t)alone.width * alone.height);
	memcpy(alone.pixels, f->receipt.pixels, (size_t)alone.width * HEAD_ROWS);
	part = read_image(f, 1, &alone);
	assert_int_equal(part.word_count, HEAD_WORDS);
	for (size_t i = 0; i < HEAD_WORDS; i++) {
		assert_true(str_eq(part.words[i].text, whole.words[i].text));
		for (size_t k = 0; k < 4; k++) {
			assert_true(fabsf(part.words[i].polygon.points[k].x - whole.words[i].polygon.points[k].x) < LETTER / 2);
			assert_true(fabsf(part.words[i].polygon.points[k].y - whole.words[i].polygon.points[k].y) < LETTER / 2);
		}
	}
	image_release(&alone);
}

static void test_nothing_to_read(void **state)
{
	static const uint32_t sides[] = { 1, 7, 600 };
	struct fixture *f = installed(state);

	for (size_t i = 0; i < 9; i++) {
		struct image blank;

		assert_int_equal(image_init(&blank, sides[i / 3], sides[i % 3], IMAGE_RGB, NULL), 0);
		assert_int_equal(read_image(f, 2, &blank).word_count, 0);
		image_release(&blank);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_at_any_angle),
		cmocka_unit_test(test_threads_change_nothing),
		cmocka_unit_test(test_blank_surroundings_change_nothing),
		cmocka_unit_test(test_nothing_to_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
