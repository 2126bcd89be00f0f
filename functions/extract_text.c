/* SPDX-License-Identifier: Apache-2.0
 *
 * Detects the text of an inspected image and writes it as processed/<id>.json and .txt. The first call lets the service read
 * the object itself; only a page that fills DetectText's 100 words is fetched, cut into tiles (tiling.h), and each sent in its
 * place on a page that is blank otherwise (seam.h).
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

/* The tiles that are still to be looked at (a stack: the first half is looked at first, which is reading order), and what was
 * found in those that need no more cutting. */
struct tiling {
	const struct image *image;
	struct text_area whole;
	struct seam_backdrop backdrop;
	struct text_area *open;
	size_t open_count;
	struct text_tile *done;
	size_t done_count;
	int64_t calls, calls_max;
};

/* ERR_LIMIT when the tile is more than DetectText takes. */
static int encode_area(struct arena *a, const struct tiling *t, const struct text_area *area, struct str *base64,
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

/* A cut costs two calls more: only as many as the bound allows. */
static bool push_halves(struct tiling *t, const struct text_area *area, const struct text_page *page)
{
	struct text_area halves[2];

	if (t->calls + (int64_t)t->open_count + 2 > t->calls_max || !tiling_split(area, page, halves))
		return false;
	seam_settle(t->image, area, halves);
	t->open[t->open_count++] = halves[1];
	t->open[t->open_count++] = halves[0];
	return true;
}

/* Looks at one tile with memory that ends with it, for a request has the image's bytes in it several times over. */
static int look(struct function_context *c, struct tiling *t, const struct text_area *area, struct text_page *page,
		struct error *err)
{
	struct function_context scratch = *c;
	struct arena a;
	struct text_page found;
	struct str base64 = STR_NULL;

	arena_init(&a, TILE_ARENA_MAX);
	scratch.arena = &a;
	int rc = encode_area(&a, t, area, &base64, err);
	if (rc == 0)
		rc = detect(&scratch, object_of(&a, { "Bytes", json_new_string(&a, base64) }), &t->whole, &found, err);
	if (rc == 0)
		rc = detections_copy(c->arena, &found, page, err);
	arena_release(&a);
	return rc;
}

static int look_at_tile(struct function_context *c, struct tiling *t, struct error *err)
{
	struct text_area area = t->open[--t->open_count];
	struct text_page page = { 0 };

	int rc = look(c, t, &area, &page, err);
	if (rc == ERR_LIMIT && push_halves(t, &area, &page))
		return 0;
	if (rc)
		return rc;
	t->calls++;
	if (page.word_count >= DETECT_TEXT_WORDS_MAX && push_halves(t, &area, &page))
		return 0;
	t->done[t->done_count++] = (struct text_tile){ area, page };
	return 0;
}

static int run_tiles(struct function_context *c, struct tiling *t, struct text_page *page, struct error *err)
{
	size_t most = (size_t)t->calls_max + 2;
	int rc = 0;

	t->open = arena_alloc_array(c->arena, most, sizeof(*t->open));
	t->done = arena_alloc_array(c->arena, most, sizeof(*t->done));
	if (arena_failed(c->arena))
		return error_set(err, ERR_NO_MEMORY, "no memory for tiles");
	if (!push_halves(t, &t->whole, page))
		return 0; /* too small or no calls left: what is known stands */
	while (rc == 0 && t->open_count > 0)
		rc = look_at_tile(c, t, err);
	if (rc == 0)
		rc = tiling_merge(c->arena, t->done, t->done_count, t->whole.width, t->whole.height, page, err);
	page->calls = t->calls;
	return rc;
}

/* `page` holds the 100 words of the whole image; it becomes all of them. */
static int detect_tiles(struct function_context *c, const struct source_image *source, const struct text_area *whole,
			struct text_page *page, struct error *err)
{
	struct tiling t = { .whole = *whole, .calls = 1, .calls_max = c->settings->text_calls_max };
	struct image image = { 0 };
	struct str bytes;

	int rc = source_image_bytes(c, source, &bytes, err);
	if (rc == 0)
		rc = png_decode(bytes, &image_limits_job, IMAGE_AUTO, &image, err);
	t.image = &image;
	if (rc == 0) {
		t.backdrop = seam_backdrop_of(&image);
		rc = run_tiles(c, &t, page, err);
	}
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
