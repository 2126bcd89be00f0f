/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions that the state machine calls, with real PNG bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness.h"
#include "image/png.h"

#define EVENT_OBJECT                                                                                                             \
	"{\"job_id\":\"" JOB_ID "\",\"bucket\":\"source\",\"object\":{\"key\":\"uploads/" JOB_ID ".png\",\"size\":%zu,"          \
	"\"etag\":\"e1\",\"version-id\":\"v1\"}}"
#define IMAGE(bytes, side)                                                                                                       \
	"\"image\":{\"bucket\":\"source\",\"key\":\"uploads/" JOB_ID ".png\",\"bytes\":" bytes ",\"width\":" side                \
	",\"height\":" side ",\"etag\":\"e1\",\"version_id\":\"\"}"
#define WORD(id, left)                                                                                                           \
	"{\"Type\":\"WORD\",\"Id\":" id ",\"ParentId\":0,\"DetectedText\":\"w\",\"Confidence\":90,\"Geometry\":{\"Polygon\":["   \
	"{\"X\":" left ",\"Y\":0.1},{\"X\":" left ",\"Y\":0.1},{\"X\":0.2,\"Y\":0.2},{\"X\":0.1,\"Y\":0.2}]}}"
#define LINE                                                                                                                     \
	"{\"Type\":\"LINE\",\"Id\":0,\"DetectedText\":\"w w\",\"Confidence\":90,\"Geometry\":{\"Polygon\":["                     \
	"{\"X\":0.1,\"Y\":0.1},{\"X\":0.2,\"Y\":0.1},{\"X\":0.2,\"Y\":0.2},{\"X\":0.1,\"Y\":0.2}]}}"

static void make_png(struct buf *out, uint32_t width, uint32_t height)
{
	struct image image = { 0 };
	struct error err = { 0 };

	buf_init(out, 1 << 24);
	assert_int_equal(image_init(&image, width, height, IMAGE_RGB, &err), 0);
	memset(image.pixels, 200, (size_t)width * height * 3);
	assert_int_equal(png_encode(&image, out, &err), 0);
	image_release(&image);
}

/* S3 with one object: answers ranges of it, and remembers nothing. */
struct bucket {
	struct str object;
	char range[64], piece[64];
};

static void bucket_answer(void *argument, const struct fake_request *request, struct fake_reply *reply)
{
	struct bucket *b = argument;
	unsigned long first, last;
	const char *range = strstr(buf_c(&request->headers), "range: bytes=");

	*reply = (struct fake_reply){ .expect = "GET /source/uploads/" JOB_ID ".png?versionId=v1",
				      .status = 200,
				      .body = b->object.p,
				      .body_n = b->object.n };
	if (range == NULL || sscanf(range, "range: bytes=%lu-%lu", &first, &last) != 2)
		return;
	if (first >= b->object.n) {
		*reply = (struct fake_reply){ .status = 416 };
		return;
	}
	snprintf(b->range, sizeof(b->range), "bytes %lu-%lu/%zu", first, last, b->object.n);
	struct str part = str_sub(b->object, first, last - first + 1);
	memcpy(b->piece, part.p, part.n);
	*reply = (struct fake_reply){
		.status = 206, .body = b->piece, .body_n = part.n, .header = "Content-Range", .value = b->range
	};
}

/* Inspects these bytes, announced with this size; returns the error's type, NULL on success. */
static const char *inspect(struct harness *h, struct str bytes, size_t announced, size_t *requests)
{
	static char type[ERROR_NAME_MAX];
	struct bucket b = { .object = bytes };
	char event[512];

	harness_init_with(h, bucket_answer, &b);
	snprintf(event, sizeof(event), EVENT_OBJECT, announced);
	int rc = harness_run(h, "inspect_image", event);
	*requests = fake_count(h->fake);
	snprintf(type, sizeof(type), "%s", rc ? function_error_type(&h->err) : "");
	return rc ? type : NULL;
}

static void test_inspect_good(void **state)
{
	struct harness h;
	struct buf png;
	size_t requests;
	(void)state;
	make_png(&png, 100, 90);
	assert_null(inspect(&h, buf_str(&png), png.n, &requests));
	struct str want = arena_printf(
		&h.arena, "{\"bytes\":%zu,\"width\":100,\"height\":90,\"etag\":\"e1\",\"version_id\":\"v1\"}", png.n);
	assert_true(str_eq(json_to_str(&h.arena, h.result), want));
	assert_int_equal(requests, 2);
	assert_true(fake_header_has(h.fake, 0, "range: bytes=0-32\n"));
	assert_true(fake_header_has(h.fake, 0, "if-match: \"e1\"\n"));
	harness_release(&h);
	buf_release(&png);
}

enum { GOOD, TRUNCATED, FLIPPED, JPEG, EMPTY, SHORT, SMALL, ANNOUNCED_LARGER, ANNOUNCED_HUGE, GONE };

static void test_inspect_bad(void **state)
{
	static const struct {
		int kind;
		const char *want;
		size_t requests;
	} cases[] = {
		{ TRUNCATED, "CorruptImage", 2 },
		{ FLIPPED, "CorruptImage", 2 },
		{ JPEG, "NotPng", 1 },
		{ EMPTY, "NotPng", 0 },
		{ SHORT, "NotPng", 1 },
		{ SMALL, "ImageTooSmall", 1 },
		{ ANNOUNCED_LARGER, "UploadMismatch", 1 },
		{ ANNOUNCED_HUGE, "ImageTooLarge", 0 },
		{ GONE, "UploadMismatch", 1 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct harness h;
		struct buf png;
		make_png(&png, cases[i].kind == SMALL ? 79 : 100, 100);
		struct str bytes = buf_str(&png);
		size_t announced, requests;
		if (cases[i].kind == TRUNCATED)
			bytes.n -= 20;
		if (cases[i].kind == FLIPPED)
			png.p[60] ^= 1;
		if (cases[i].kind == JPEG)
			bytes = STR("\xff\xd8\xff\xe0\x00\x10JFIF and more bytes than a header has");
		if (cases[i].kind == SHORT)
			bytes = STR("plain text");
		if (cases[i].kind == EMPTY || cases[i].kind == GONE)
			bytes = STR("");
		announced = cases[i].kind == ANNOUNCED_LARGER ? bytes.n + 1 : bytes.n;
		if (cases[i].kind == ANNOUNCED_HUGE)
			announced = 15 * 1024 * 1024 + 1;
		if (cases[i].kind == GONE)
			announced = 1000;
		const char *got = inspect(&h, bytes, announced, &requests);
		if (got == NULL || strcmp(got, cases[i].want) != 0 || requests != cases[i].requests)
			fail_msg("case %zu: %s after %zu requests", i, got, requests);
		harness_release(&h);
		buf_release(&png);
	}
}

static void test_extract(void **state)
{
	static const struct fake_reply replies[] = {
		{ .expect = "RekognitionService.DetectText",
		  .status = 200,
		  .body = "{\"TextModelVersion\":\"3.0\",\"TextDetections\":[" LINE
			  "," WORD("1", "0.1") "," WORD("2", "0.15") "]}" },
		{ .expect = "PUT /processed/processed/" JOB_ID ".json", .status = 200 },
		{ .expect = "PUT /processed/processed/" JOB_ID ".txt", .status = 200 },
	};
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_run(&h, "extract_text", "{\"job_id\":\"" JOB_ID "\"," IMAGE("5", "100") "}"), 0);
	assert_true(str_eq_c(json_to_str(&h.arena, h.result),
			     "{\"lines\":1,\"words\":2,\"mean_confidence\":90,\"calls\":1,"
			     "\"text_key\":\"processed/" JOB_ID ".txt\",\"json_key\":\"processed/" JOB_ID ".json\"}"));
	assert_true(fake_body_has(h.fake, 0,
				  "{\"Image\":{\"S3Object\":{\"Bucket\":\"source\",\"Name\":\"uploads/" JOB_ID ".png\"}}}"));
	assert_true(fake_body_has(h.fake, 1,
				  "\"image\":{\"width\":100,\"height\":100},\"model\":\"3.0\",\"calls\":1,\"lines\":[{\"id\":0"));
	assert_true(str_eq_c(buf_str(&fake_request(h.fake, 2)->body), "w w\n"));
	harness_release(&h);
}

static void test_extract_errors(void **state)
{
	static const struct {
		const char *type, *want;
	} cases[] = {
		{ "ThrottlingException", "Throttled" },
		{ "ProvisionedThroughputExceededException", "Throttled" },
		{ "InvalidImageFormatException", "TextDetectionFailed" },
		{ "AccessDeniedException", "TextDetectionFailed" },
		{ "InternalServerError", "Unavailable" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char body[128];
		snprintf(body, sizeof(body), "{\"__type\":\"%s\"}", cases[i].type);
		const struct fake_reply replies[] = { { .status = 400, .body = body } };
		struct harness h;
		HARNESS(&h, replies);
		assert_true(harness_run(&h, "extract_text", "{\"job_id\":\"" JOB_ID "\"," IMAGE("5", "100") "}") != 0);
		assert_string_equal(function_error_type(&h.err), cases[i].want);
		harness_release(&h);
	}
}

/* A service that sees 100 words in the whole page and 60 in either half of it, which comes in its place on a blank page. */
struct dense {
	struct str png;
	struct buf whole, halves[2];
	int detections;
};

/* Ten a row, within `height` of the page from `top` on. */
static void add_words(struct buf *b, int count, double top, double height)
{
	buf_init(b, 1 << 20);
	buf_add_c(b, "{\"TextDetections\":[" LINE);
	for (int i = 0; i < count; i++) {
		double x = 0.005 + (i % 10) * 0.099, y = top + height * (0.05 + i / 10 * 0.09);
		buf_addf(b,
			 ",{\"Type\":\"WORD\",\"Id\":%d,\"ParentId\":0,\"DetectedText\":\"w%d\",\"Confidence\":90,\"Geometry\":{"
			 "\"Polygon\":["
			 "{\"X\":%f,\"Y\":%f},{\"X\":%f,\"Y\":%f},{\"X\":%f,\"Y\":%f},{\"X\":%f,\"Y\":%f}]}}",
			 i + 1, i, x, y, x + 0.05, y, x + 0.05, y + 0.03 * height, x, y + 0.03 * height);
	}
	buf_add_c(b, "]}");
}

static void dense_answer(void *argument, const struct fake_request *request, struct fake_reply *reply)
{
	struct dense *d = argument;

	*reply = (struct fake_reply){ .status = 200 };
	if (strstr(request->line, "DetectText") != NULL) {
		const struct buf *answer = d->detections == 0 ? &d->whole : &d->halves[d->detections % 2 ? 0 : 1];
		d->detections++;
		reply->body = answer->p;
		reply->body_n = answer->n;
	} else if (strncmp(request->line, "GET ", 4) == 0) {
		reply->body = d->png.p;
		reply->body_n = d->png.n;
	}
}

static int64_t number(const struct harness *h, const char *name)
{
	int64_t n = -1;
	if (json_to_i64(json_get(h->result, str_c(name)), &n))
		return -1;
	return n;
}

static void test_extract_tiles(void **state)
{
	struct dense d = { 0 };
	struct harness h;
	struct buf png;
	char event[512];
	(void)state;
	make_png(&png, 400, 400);
	d.png = buf_str(&png);
	add_words(&d.whole, 100, 0, 1);
	add_words(&d.halves[0], 60, 0, 0.5);
	add_words(&d.halves[1], 60, 0.5, 0.5);
	harness_init_with(&h, dense_answer, &d);
	snprintf(event, sizeof(event),
		 "{\"job_id\":\"" JOB_ID "\",\"image\":{\"bucket\":\"source\",\"key\":\"k\",\"bytes\":%zu,\"width\":400,"
		 "\"height\":400,\"etag\":\"\",\"version_id\":\"\"}}",
		 png.n);
	assert_int_equal(harness_run(&h, "extract_text", event), 0);
	assert_int_equal(number(&h, "calls"), 3);
	assert_int_equal(number(&h, "words"), 120);
	assert_true(fake_body_has(h.fake, 2, "{\"Image\":{\"Bytes\":\"iVBORw0KGgo"));
	harness_release(&h);

	/* Always full: the number of calls is bounded, and what is known comes back. */
	buf_release(&d.halves[0]);
	add_words(&d.halves[0], 100, 0, 0.5);
	d.detections = 0;
	harness_init_with(&h, dense_answer, &d);
	h.settings.text_calls_max = 5;
	assert_int_equal(harness_run(&h, "extract_text", event), 0);
	assert_true(number(&h, "calls") <= 5);
	assert_true(number(&h, "words") >= 100);
	harness_release(&h);

	/* Not even one cut is allowed: the first answer stands. */
	d.detections = 0;
	harness_init_with(&h, dense_answer, &d);
	h.settings.text_calls_max = 2;
	assert_int_equal(harness_run(&h, "extract_text", event), 0);
	assert_int_equal(number(&h, "calls"), 1);
	assert_int_equal(number(&h, "words"), 100);
	harness_release(&h);
	buf_release(&d.whole);
	buf_release(&d.halves[0]);
	buf_release(&d.halves[1]);
	buf_release(&png);
}

#define POINTS "[{\"x\":10,\"y\":10},{\"x\":90,\"y\":10},{\"x\":90,\"y\":40},{\"x\":10,\"y\":40}]"

struct publish {
	struct str png, text;
	struct buf image; /* as it was put */
	bool taken_over;
};

static void publish_answer(void *argument, const struct fake_request *request, struct fake_reply *reply)
{
	static const struct fake_reply taken = CONDITION_FAILED;
	struct publish *p = argument;

	*reply = (struct fake_reply){ .status = 200 };
	if (strstr(request->line, "UpdateItem") != NULL) {
		*reply = p->taken_over ? taken : (struct fake_reply){ .status = 200, .body = "{}" };
	} else if (strstr(request->line, "GET /source/") != NULL) {
		reply->body = p->png.p;
		reply->body_n = p->png.n;
	} else if (strstr(request->line, "GET /processed/processed/" JOB_ID ".json") != NULL) {
		reply->body = "{\"lines\":[{\"polygon\":" POINTS "}]}";
	} else if (strstr(request->line, "GET /processed/processed/" JOB_ID ".txt") != NULL) {
		reply->body = p->text.p;
		reply->body_n = p->text.n;
	} else if (strstr(request->line, "PUT ") != NULL) {
		buf_add(&p->image, request->body.p, request->body.n);
	}
}

static int publish(struct harness *h, struct publish *p)
{
	char event[1024];

	harness_init_with(h, publish_answer, p);
	snprintf(event, sizeof(event),
		 "{\"job_id\":\"" JOB_ID "\",\"execution_arn\":\"arn:e\",\"started_at\":\"2026-09-21T14:13:18.500Z\",\"image\":"
		 "{\"bucket\":\"source\",\"key\":\"k\",\"bytes\":%zu,\"width\":100,\"height\":90,\"etag\":\"e1\",\"version_id\":"
		 "\"\"},"
		 "\"extracted\":{\"lines\":1,\"words\":2,\"mean_confidence\":90.25,\"calls\":1,\"text_key\":\"processed/" JOB_ID
		 ".txt\","
		 "\"json_key\":\"processed/" JOB_ID ".json\"}}",
		 p->png.n);
	return harness_run(h, "publish_result", event);
}

static void test_publish(void **state)
{
	struct publish p = { .text = STR("hello\n") };
	struct image image = { 0 };
	struct harness h;
	struct buf png;
	(void)state;
	make_png(&png, 100, 90);
	p.png = buf_str(&png);
	buf_init(&p.image, 1 << 24);
	assert_int_equal(publish(&h, &p), 0);
	assert_true(str_eq_c(json_to_str(&h.arena, h.result),
			     "{\"processed_key\":\"processed/" JOB_ID ".png\",\"duration_ms\":1500}"));
	size_t last = fake_count(h.fake) - 1;
	assert_true(fake_body_has(h.fake, last,
				  "\"text\":{\"S\":\"hello\\n\"},\"text_truncated\":{\"BOOL\":false},\"lines\":{\"N\":\"1\"},"
				  "\"words\":{\"N\":\"2\"},\"mean_confidence\":{\"N\":\"90.25\"}"));
	assert_true(fake_body_has(h.fake, last, "#status = :processing AND execution_arn = :execution"));
	assert_int_equal(png_decode(buf_str(&p.image), &image_limits_job, IMAGE_RGB, &image, &h.err), 0);
	assert_int_equal(image.width, 100);
	assert_true(image_at(&image, 50, 10)[1] < 100);     /* the outline is red */
	assert_int_equal(image_at(&image, 50, 25)[1], 200); /* inside nothing has changed */
	image_release(&image);
	harness_release(&h);
	buf_release(&p.image);
	buf_release(&png);
}

static void test_publish_cuts_long_text(void **state)
{
	struct publish p = { 0 };
	struct harness h;
	struct buf png, text;
	(void)state;
	make_png(&png, 100, 90);
	buf_init(&text, 1 << 20);
	buf_add_char(&text, 'x');
	for (int i = 0; i < 20000; i++)
		buf_add_c(&text, "\xc3\xa9"); /* the limit falls inside a character */
	p.png = buf_str(&png);
	p.text = buf_str(&text);
	buf_init(&p.image, 1 << 24);
	assert_int_equal(publish(&h, &p), 0);
	size_t last = fake_count(h.fake) - 1;
	assert_true(fake_body_has(h.fake, last, "\"text_truncated\":{\"BOOL\":true}"));
	const struct json *request = NULL;
	assert_int_equal(json_parse(&h.arena, buf_str(&fake_request(h.fake, last)->body), &request, &h.err), 0);
	const struct json *result = json_get_c(json_get_c(json_get_c(request, "ExpressionAttributeValues"), ":result"), "M");
	struct str kept = json_get_text(json_get_c(result, "text"), STR("S"));
	assert_int_equal(kept.n, 32 * 1024 - 1);
	assert_true(str_is_utf8(kept));
	harness_release(&h);
	buf_release(&p.image);
	buf_release(&text);
	buf_release(&png);
}

static void test_publish_for_another_execution(void **state)
{
	struct publish p = { .text = STR(""), .taken_over = true };
	struct harness h;
	struct buf png;
	(void)state;
	make_png(&png, 100, 90);
	p.png = buf_str(&png);
	buf_init(&p.image, 1 << 24);
	assert_int_equal(publish(&h, &p), ERR_INVALID);
	assert_string_equal(function_error_type(&h.err), "JobTakenOver");
	harness_release(&h);
	buf_release(&p.image);
	buf_release(&png);
}

static void test_unknown_handler(void **state)
{
	(void)state;
	assert_null(function_find(STR("nothing")));
	assert_null(function_find(STR_NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_inspect_good),
		cmocka_unit_test(test_inspect_bad),
		cmocka_unit_test(test_extract),
		cmocka_unit_test(test_extract_errors),
		cmocka_unit_test(test_extract_tiles),
		cmocka_unit_test(test_publish),
		cmocka_unit_test(test_publish_cuts_long_text),
		cmocka_unit_test(test_publish_for_another_execution),
		cmocka_unit_test(test_unknown_handler),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
