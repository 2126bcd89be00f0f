/* SPDX-License-Identifier: Apache-2.0
 *
 * Detects the text of an inspected image and writes it as processed/<id>.json and .txt. The first call lets the service read
 * the object itself; only a page that fills DetectText's 100 words is fetched, cut into tiles (sweep.h), each sent in its place
 * on a page that is blank otherwise (seam.h), and put together again (tiling.h).
 *
 * In:  {"job_id","image":{"bucket","key","bytes","width","height","etag","version_id"}}
 * Out: {"lines","words","mean_confidence","calls","text_key","json_key"}
 */
#include "aws/retry.h"
#include "aws/s3.h"
#include "base/encode.h"
#include "base/limits.h"
#include "detections.h"
#include "image/png.h"
#include "item.h"
#include "job.h"
#include "seam.h"
#include "source_image.h"
#include "sweep.h"
#include "tiling.h"

enum {
	TILE_BYTES_MAX = 5 << 20, /* DetectText: "Maximum image size as raw bytes" */
	TILE_ARENA_MAX = 128 << 20,
};

static int detect(struct function_context *c, const struct json *image, const struct text_area *area, struct text_page *page,
		  struct error *err)
{
	const struct json *answer = NULL;
	struct error failure = { 0 };

	int rc = aws_call(c->aws, c->arena, AWS_REKOGNITION, "DetectText", object_of(c->arena, { "Image", image }), &answer,
			  &failure);
	if (rc == 0)
		return detections_read(c->arena, answer, area, page, err);
	if (rc == ERR_SERVICE && retry_classify(&failure) == RETRY_NO)
		return function_refuse(err, 0, "TextDetectionFailed", "Text detection refused the image: %s", failure.name);
	*err = failure;
	return rc;
}

static int detect_object(struct function_context *c, const struct source_image *image, const struct text_area *area,
			 struct text_page *page, struct error *err)
{
	struct arena *a = c->arena;
	const struct json *object =
		object_of(a, { "Bucket", json_new_string(a, image->bucket) }, { "Name", json_new_string(a, image->key) },
			  { "Version", image->version_id.n > 0 ? json_new_string(a, image->version_id) : NULL });

	return detect(c, object_of(a, { "S3Object", object }), area, page, err);
}

/* What was found in the tiles that were looked at. */
struct tiling {
	const struct image *image;
	struct text_area whole;
	struct seam_backdrop backdrop;
	struct text_tile *done;
	size_t done_count;
	int64_t calls, calls_max;
	bool incomplete; /* a part was full, or not looked at, and no call was left for it */
};

/* ERR_LIMIT when the tile is more than DetectText takes. */
static int encode_area(struct arena *a, const struct tiling *t, const struct seam_area *area, struct str *base64,
		       struct error *err)
{
	struct image part = { 0 };
	struct buf png;

	buf_init(&png, TILE_BYTES_MAX);
	int rc = seam_paint(t->image, area, &t->backdrop, &part, err);
	if (rc == 0)
		rc = png_encode(&part, &png, err);
	if (rc == 0)
		*base64 = base64_encode(a, png.p, png.n);
	image_release(&part);
	buf_release(&png);
	return rc;
}

/* Looks at one tile with memory that ends with it, for a request has the image's bytes in it several times over. */
static int look(struct function_context *c, struct tiling *t, const struct seam_area *area, struct text_page *page,
		struct error *err)
{
	struct function_context scratch = *c;
	struct arena a;
	struct text_page found;
	struct str base64 = STR_NULL;

	arena_init(&a, TILE_ARENA_MAX);
	scratch.arena = &a;
	int rc = encode_area(&a, t, area, &base64, err);
	if (rc == 0) {
		t->calls++;
		rc = detect(&scratch, object_of(&a, { "Bytes", json_new_string(&a, base64) }), &t->whole, &found, err);
	}
	if (rc == 0)
		rc = detections_copy(c->arena, &found, page, err);
	arena_release(&a);
	return rc;
}

static int64_t calls_left(const struct tiling *t)
{
	return t->calls_max - t->calls;
}

static void keep(struct tiling *t, const struct seam_area *area, const struct text_page *page)
{
	t->done[t->done_count++] = (struct text_tile){ *area, *page };
	t->incomplete |= page->word_count >= DETECT_TEXT_WORDS_MAX;
}

static int look_at_halves(struct function_context *c, struct tiling *t, const struct seam_area *area,
			  const struct text_page *page, struct error *err);

/* `found` is what was told of the area, ERR_LIMIT in `rc` that nothing was: a tile as low as a line is cut along it. */
static int keep_or_halve(struct function_context *c, struct tiling *t, int rc, const struct seam_area *area,
			 const struct text_page *found, struct error *err)
{
	bool full = rc == ERR_LIMIT || found->word_count >= DETECT_TEXT_WORDS_MAX;

	if (full && calls_left(t) >= 2 && area->to - area->from >= TILE_SIDE_MIN)
		return look_at_halves(c, t, area, found, err);
	if (rc == 0)
		keep(t, area, found);
	return rc;
}

static int look_at_halves(struct function_context *c, struct tiling *t, const struct seam_area *area,
			  const struct text_page *page, struct error *err)
{
	struct seam_area halves[2];
	int rc = 0;

	tiling_halve(area, page, halves);
	for (int i = 0; rc == 0 && i < 2; i++) {
		struct text_page found = { 0 };
		if (calls_left(t) == 0) {
			t->incomplete = true;
			return 0;
		}
		int looked = look(c, t, &halves[i], &found, err);
		rc = looked && looked != ERR_LIMIT ? looked : keep_or_halve(c, t, looked, &halves[i], &found, err);
	}
	return rc;
}

/* One step of the sweep. A full tile is looked at again as two shorter ones or more, as long as calls are left for both. */
static int look_at_next(struct function_context *c, struct tiling *t, struct sweep *s, struct error *err)
{
	struct seam_area area;
	struct text_page page = { 0 };

	int rc = sweep_next(s, calls_left(t), &area, err);
	if (rc)
		return rc;
	rc = look(c, t, &area, &page, err);
	if (rc && rc != ERR_LIMIT)
		return rc;
	bool full = rc == ERR_LIMIT || page.word_count >= DETECT_TEXT_WORDS_MAX;
	if (full && calls_left(t) >= 2 && sweep_shorten(s))
		return 0;
	rc = keep_or_halve(c, t, rc, &area, &page, err);
	if (rc == 0)
		sweep_accept(s, page.word_count);
	return rc;
}

static int run_tiles(struct function_context *c, struct tiling *t, const struct ink *ink, struct text_page *page,
		     struct error *err)
{
	struct sweep s;
	int rc = 0;

	t->done = arena_alloc_array(c->arena, (size_t)t->calls_max, sizeof(*t->done));
	if (t->done == NULL)
		return error_set(err, ERR_NO_MEMORY, "no memory for tiles");
	sweep_init(&s, c->arena, ink, page);
	while (rc == 0 && calls_left(t) > 0 && !sweep_is_done(&s))
		rc = look_at_next(c, t, &s, err);
	if (t->incomplete || !sweep_is_done(&s)) /* the largest words of the page at least */
		keep(t, &(struct seam_area){ .upright = ink->upright, .to = ink->along, .end = ink->along }, page);
	if (rc == 0)
		rc = tiling_merge(c->arena, t->done, t->done_count, page, err);
	page->calls = t->calls;
	return rc;
}

/* `page` holds the 100 words of the whole image; it becomes all of them. With one call left nothing could be cut: what is known
 * stands. */
static int detect_tiles(struct function_context *c, const struct source_image *source, const struct text_area *whole,
			struct text_page *page, struct error *err)
{
	struct tiling t = { .whole = *whole, .calls = 1, .calls_max = c->settings->text_calls_max };
	struct image image = { 0 };
	struct ink ink = { 0 };
	struct str bytes;

	if (calls_left(&t) < 2)
		return 0;
	int rc = source_image_bytes(c, source, &bytes, err);
	if (rc == 0)
		rc = png_decode(bytes, &image_limits_job, IMAGE_AUTO, &image, err);
	if (rc == 0)
		rc = ink_init(&ink, &image, page, err);
	t.image = &image;
	if (rc == 0) {
		t.backdrop = seam_backdrop_of(&image);
		rc = run_tiles(c, &t, &ink, page, err);
	}
	ink_release(&ink);
	image_release(&image);
	return rc;
}

static int put(struct function_context *c, struct str job_id, const char *suffix, const char *type, struct str body,
	       struct error *err)
{
	struct s3_object object;
	struct s3_put request = {
		.id = { .bucket = c->settings->processed_bucket, .key = job_result_key(c->arena, job_id, suffix) },
		.body = body,
		.content_type = str_c(type),
	};

	if (!str_is_set(body))
		return error_set(err, ERR_NO_MEMORY, "no memory for the detections");
	return aws_s3_put_object(c->aws, c->arena, &request, &object, err);
}

static int write_results(struct function_context *c, struct str job_id, const struct source_image *image,
			 const struct text_page *page, struct error *err)
{
	struct arena *a = c->arena;
	struct str json = json_to_str(a, detections_json(a, page, image->width, image->height));

	int rc = put(c, job_id, "json", "application/json", json, err);
	return rc ? rc : put(c, job_id, "txt", "text/plain; charset=utf-8", detections_text(a, page), err);
}

int extract_text(struct function_context *c, const struct json *event, const struct json **result, struct error *err)
{
	struct arena *a = c->arena;
	struct str job_id = json_get_text(event, STR("job_id"));
	struct source_image image;
	struct text_page page = { 0 };

	int rc = source_image_read(json_get_c(event, "image"), &image, err);
	if (rc)
		return rc;
	struct text_area whole = { 0, 0, (uint32_t)image.width, (uint32_t)image.height };
	rc = detect_object(c, &image, &whole, &page, err);
	if (rc == 0 && page.word_count >= DETECT_TEXT_WORDS_MAX)
		rc = detect_tiles(c, &image, &whole, &page, err);
	if (rc == 0)
		rc = write_results(c, job_id, &image, &page, err);
	if (rc)
		return rc;
	*result = object_of(
		a, { "lines", json_new_i64(a, (int64_t)page.line_count) }, { "words", json_new_i64(a, (int64_t)page.word_count) },
		{ "mean_confidence", json_new_double(a, text_mean_confidence(&page)) }, { "calls", json_new_i64(a, page.calls) },
		{ "text_key", json_new_string(a, job_result_key(a, job_id, "txt")) },
		{ "json_key", json_new_string(a, job_result_key(a, job_id, "json")) });
	return 0;
}
