/* SPDX-License-Identifier: Apache-2.0
 *
 * DetectText: parameters (HTTP thread) -> the object, when it lies in S3 (host_call, with the caller's own permissions) ->
 * decode, read, select (this service's pool) -> answer.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "image/convert.h"
#include "image/decode.h"
#include "os/clock.h"
#include "service/rekognition/selection.h"
#include "service/rekognition/state.h"

/* "TextModelVersion": what the service answers today. */
#define TEXT_MODEL_VERSION "3.0"

struct word_filter_input {
	struct opt_double confidence, width, height;
};

struct detect_text_input {
	struct {
		struct str bytes;
		struct {
			struct str bucket, name, version;
		} object;
	} image;
	struct {
		struct word_filter_input word_filter;
		const struct json *regions;
	} filters;
};

/* One request between its parts; in the call's arena. */
struct detection {
	struct call *call;
	struct rekognition *rekognition;
	struct selection selection;
	struct str bytes; /* the image; absent while it is still in `fd` */
	int fd;
	uint64_t offset, size;
};

static bool is_bucket_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (!plain && c != '.' && c != '-' && c != '_')
			return false;
	}
	return true;
}

/* Members of nested structs: offsets are from the struct that holds the table. */
#define OBJECT_OFFSET(member)                                                                                                    \
	(offsetof(struct detect_text_input, image.object.member) - offsetof(struct detect_text_input, image.object))
#define IMAGE_OFFSET(member) (offsetof(struct detect_text_input, image.member) - offsetof(struct detect_text_input, image))
#define FILTERS_OFFSET(member) (offsetof(struct detect_text_input, filters.member) - offsetof(struct detect_text_input, filters))

static const struct bind object_fields[] = {
	{ .name = "Bucket",
	  .kind = BIND_KIND_STR,
	  .offset = OBJECT_OFFSET(bucket),
	  .min = 3,
	  .max = 255,
	  .valid = is_bucket_name,
	  .pattern = "[0-9A-Za-z\\.\\-_]*" },
	{ .name = "Name", .kind = BIND_KIND_STR, .offset = OBJECT_OFFSET(name), .min = 1, .max = 1024 },
	{ .name = "Version", .kind = BIND_KIND_STR, .offset = OBJECT_OFFSET(version), .min = 1, .max = 1024 },
	BIND_DONE,
};

/* The length of Bytes is checked by the operation: a fault's text would repeat five megabytes. */
static const struct bind image_fields[] = {
	{ .name = "Bytes", .kind = BIND_KIND_BLOB, .offset = IMAGE_OFFSET(bytes) },
	{ .name = "S3Object", .kind = BIND_KIND_STRUCT, .offset = IMAGE_OFFSET(object), .fields = object_fields },
	BIND_DONE,
};

/* Shapes only, so that no unknown member passes; selection_parse reads the values and checks their ranges. */
static const struct bind box_fields[] = {
	{ .name = "Width", .kind = BIND_KIND_DOUBLE },
	{ .name = "Height", .kind = BIND_KIND_DOUBLE },
	{ .name = "Left", .kind = BIND_KIND_DOUBLE },
	{ .name = "Top", .kind = BIND_KIND_DOUBLE },
	BIND_DONE,
};

static const struct bind point_fields[] = {
	{ .name = "X", .kind = BIND_KIND_DOUBLE },
	{ .name = "Y", .kind = BIND_KIND_DOUBLE },
	BIND_DONE,
};

static const struct bind region_fields[] = {
	{ .name = "BoundingBox", .kind = BIND_KIND_STRUCT, .fields = box_fields },
	{ .name = "Polygon", .kind = BIND_KIND_LIST, .fields = point_fields },
	BIND_DONE,
};

static const struct bind word_filter_fields[] = {
	BIND_DOUBLE(struct word_filter_input, confidence, "MinConfidence"),
	BIND_DOUBLE(struct word_filter_input, width, "MinBoundingBoxWidth"),
	BIND_DOUBLE(struct word_filter_input, height, "MinBoundingBoxHeight"),
	BIND_DONE,
};

static const struct bind filters_fields[] = {
	{ .name = "WordFilter", .kind = BIND_KIND_STRUCT, .offset = FILTERS_OFFSET(word_filter), .fields = word_filter_fields },
	{ .name = "RegionsOfInterest", .kind = BIND_KIND_LIST, .offset = FILTERS_OFFSET(regions), .fields = region_fields },
	BIND_DONE,
};

static const struct bind detect_text_fields[] = {
	BIND_STRUCT(struct detect_text_input, image, "Image", image_fields, .required = true),
	BIND_STRUCT(struct detect_text_input, filters, "Filters", filters_fields),
	BIND_DONE,
};
/* ---- reading and answering, on the pool ---- */

static const struct image_limits limits = {
	.bytes = OBJECT_MAX,
	.side_min = SIDE_MIN,
	.side_max = SIDE_MAX,
	.pixels = (uint64_t)SIDE_MAX * SIDE_MAX,
};

static int fail_image(struct call *call, struct str file, const struct error *why)
{
	uint32_t width, height;

	if (why->code == ERR_NO_MEMORY)
		return call_fault(call, why);
	if (strcmp(why->name, "ImageTooSmall") == 0)
		return rekognition_fail(call, &rekognition_InvalidParameterException);
	if (strcmp(why->name, "ImageTooLarge") == 0 && image_size(file, &width, &height) == 0)
		return rekognition_failf(call, &rekognition_ImageTooLargeException,
					 "Input image dimensions %u x %u exceed maximum dimension size of %d pixels", width,
					 height, SIDE_MAX);
	return rekognition_fail(call, &rekognition_InvalidImageFormatException);
}

static int fail_detection(struct call *call, const struct error *why)
{
	log_warn("rekognition", "text detection failed request=%s reason=\"%s\"", call->request_id, why->message);
	return rekognition_fail(call, &rekognition_InternalServerError);
}

static int read_object(struct detection *d, struct error *err)
{
	char *bytes = arena_alloc(&d->call->arena, d->size + 1);
	uint64_t done = 0;

	if (!bytes)
		return error_set(err, ERR_NO_MEMORY, "no memory for an image of %llu bytes", (unsigned long long)d->size);
	while (done < d->size) {
		ssize_t n = pread(d->fd, bytes + done, d->size - done, (off_t)(d->offset + done));

		if (n <= 0)
			return error_set_errno(err, "pread");
		done += (uint64_t)n;
	}
	d->bytes = str_of(bytes, d->size);
	return 0;
}

static int read_text(struct detection *d, const struct image *image, int64_t deadline)
{
	struct call *call = d->call;
	struct text_page all, selected;
	struct error err = { 0 };
	int rc = text_detect(d->rekognition->engine, image, deadline, &call->arena, &all, &err);

	if (rc == 0)
		rc = selection_apply(&d->selection, &all, image->width, image->height, &call->arena, &selected, &err);
	if (rc < 0)
		return fail_detection(call, &err);
	selection_write(&call->out, &selected, image->width, image->height);
	write_c(&call->out, "TextModelVersion", TEXT_MODEL_VERSION);
	return 0;
}

/* In place here: the engines would need a copy. */
static int drop_alpha(struct image *image, struct error *err)
{
	if (image->channels == IMAGE_RGBA)
		return image_convert(image, IMAGE_RGB, err);
	return image->channels == IMAGE_GREY_ALPHA ? image_convert(image, IMAGE_GREY, err) : 0;
}

static int run_detection(struct detection *d)
{
	int64_t deadline = clock_mono_ns() + d->rekognition->timeout_ms * 1000000;
	struct image image;
	struct error err = { 0 };
	int rc = d->bytes.p ? 0 : read_object(d, &err);

	if (rc < 0)
		return call_fault(d->call, &err);
	if (image_decode(d->bytes, &limits, text_layout(d->bytes), &image, &err) < 0)
		return fail_image(d->call, d->bytes, &err);
	rc = drop_alpha(&image, &err);
	rc = rc < 0 ? call_fault(d->call, &err) : read_text(d, &image, deadline);
	image_release(&image);
	return rc;
}

/* Every accepted request ends here, once. */
static void finish(struct detection *d, int result)
{
	struct rekognition *r = d->rekognition;

	if (d->fd >= 0)
		close(d->fd);
	atomic_fetch_sub(&r->running, 1);
	call_complete(d->call, result);
}

static void detection_task(void *argument)
{
	struct detection *d = argument;

	finish(d, run_detection(d));
}

static int queue_detection(struct detection *d)
{
	if (pool_run(d->rekognition->pool, detection_task, d) == 0)
		return 0;
	return rekognition_fail(d->call, &rekognition_ThrottlingException);
}

/* ---- the image ---- */

/* Takes the object out of the reply, which dies with its call. */
static int take_object(struct detection *d, struct call *reply)
{
	struct call *call = d->call;

	if (reply->error.code)
		return rekognition_fail(call, &rekognition_InvalidS3ObjectException);
	d->size = reply->reply.fd >= 0 ? reply->reply.fd_length : call_reply_text(reply).n;
	if (d->size > OBJECT_MAX)
		return rekognition_fail(call, &rekognition_ImageTooLargeException);
	if (reply->reply.fd >= 0) {
		d->offset = reply->reply.fd_offset;
		d->fd = dup(reply->reply.fd);
		return d->fd >= 0 ? 0 : rekognition_fail(call, &rekognition_ThrottlingException);
	}
	d->bytes = arena_str(&call->arena, call_reply_text(reply));
	return d->bytes.p ? 0 : call_fault(call, NULL);
}

static void object_done(struct call *reply, void *argument)
{
	struct detection *d = argument;
	int rc = take_object(d, reply);

	if (rc == 0)
		rc = queue_detection(d);
	if (rc < 0)
		finish(d, rc);
}

static int get_object(struct detection *d, const struct detect_text_input *in)
{
	struct call *call = d->call;
	struct json *parameters = json_new_object(&call->arena);
	struct host_request request = {
		.service = "s3", .operation = "GetObject", .principal = call->principal, .parameters = parameters
	};

	json_put(&call->arena, parameters, STR("Bucket"), json_new_string(&call->arena, in->image.object.bucket));
	json_put(&call->arena, parameters, STR("Key"), json_new_string(&call->arena, in->image.object.name));
	if (in->image.object.version.p)
		json_put(&call->arena, parameters, STR("VersionId"), json_new_string(&call->arena, in->image.object.version));
	if (arena_failed(&call->arena))
		return call_fault(call, NULL);
	if (host_call(call->host, &request, object_done, d) < 0)
		return rekognition_fail(call, &rekognition_ThrottlingException);
	return 0;
}

static int check_input(struct call *call, const struct detect_text_input *in)
{
	bool by_object = json_is(json_get_c(json_get_c(call->parameters, "Image"), "S3Object"), JSON_OBJECT);

	if ((in->image.bytes.p != NULL) == by_object || (by_object && (!in->image.object.bucket.p || !in->image.object.name.p)))
		return rekognition_fail(call, &rekognition_InvalidParameterException);
	if (in->image.bytes.p && in->image.bytes.n < 1)
		return rekognition_failf(call, &rekognition_ValidationException,
					 "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=0 cap=0]' at "
					 "'image.bytes' failed to "
					 "satisfy constraint: Member must have length greater than or equal to 1");
	if (in->image.bytes.n > BYTES_MAX)
		return rekognition_failf(call, &rekognition_ValidationException,
					 "1 validation error detected: Value 'java.nio.HeapByteBuffer[pos=0 lim=%zu cap=%zu]' at "
					 "'image.bytes' failed to "
					 "satisfy constraint: Member must have length less than or equal to %d",
					 in->image.bytes.n, in->image.bytes.n, BYTES_MAX);
	return 0;
}

/* "Transactions per second" of the account and region: past it the call is refused before its image is looked at. */
static bool is_throttled(struct rekognition *r)
{
	pthread_mutex_lock(&r->quota_lock);
	bool throttled = !quota_take(&r->quota, clock_mono_ns());
	pthread_mutex_unlock(&r->quota_lock);
	if (throttled)
		host_metric(r->host, "AWS/Rekognition", "ThrottledCount", "Operation", STR("DetectText"), 1);
	return throttled;
}

static int detect_text(struct call *call)
{
	struct rekognition *r = call->state;
	const struct detect_text_input *in = call->input;
	struct detection *d = ARENA_NEW(&call->arena, struct detection);
	int rc = check_input(call, in);

	if (rc < 0)
		return rc;
	if (is_throttled(r))
		return rekognition_fail(call, &rekognition_ProvisionedThroughputExceededException);
	if (!d)
		return call_fault(call, NULL);
	*d = (struct detection){ .call = call, .rekognition = r, .bytes = in->image.bytes, .fd = -1 };
	if (selection_parse(json_get_c(call->parameters, "Filters"), &d->selection) < 0)
		return rekognition_fail(call, &rekognition_InvalidParameterException);
	d->selection.word_limit = r->word_limit;
	if (!r->engine)
		return rekognition_fail(call, &rekognition_InternalServerError);
	if (atomic_fetch_add(&r->running, 1) >= r->concurrency)
		rc = rekognition_fail(call, &rekognition_ProvisionedThroughputExceededException);
	else
		rc = d->bytes.p ? queue_detection(d) : get_object(d, in);
	if (rc == 0)
		return CALL_PENDING;
	atomic_fetch_sub(&r->running, 1);
	return rc;
}

const struct operation rekognition_operations[] = {
	{ .name = "DetectText",
	  .kind = OPERATION_ASYNC,
	  .run = detect_text,
	  .input = detect_text_fields,
	  .input_size = sizeof(struct detect_text_input) },
	{ 0 },
};
