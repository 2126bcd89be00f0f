/* SPDX-License-Identifier: Apache-2.0
 *
 * The client against a scripted service on loopback.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <unistd.h>

#include "aws/s3.h"
#include "fake_service.h"
#include "os/clock.h"

struct fixture {
	struct fake_service *fake;
	struct aws_client *client;
	struct arena arena;
	struct error err;
};

static void setup(struct fixture *x, const struct fake_reply *replies, size_t count)
{
	memset(x, 0, sizeof(*x));
	x->fake = fake_new(replies, count);
	struct aws_client_options options = {
		.credentials = { STR("AKIDEXAMPLE"), STR("secret"), STR("token") },
		.region = STR("us-east-1"),
		.endpoint = str_c(fake_url(x->fake)),
	};
	assert_int_equal(aws_client_new(&x->client, &options, &x->err), 0);
	arena_init(&x->arena, 1 << 24);
}

static void teardown(struct fixture *x)
{
	aws_client_free(x->client);
	fake_free(x->fake);
	arena_release(&x->arena);
}

#define SETUP(x, replies) setup((x), (replies), sizeof(replies) / sizeof((replies)[0]))

static int describe_table(struct fixture *x, const struct json **out)
{
	return aws_call(x->client, &x->arena, AWS_DYNAMODB, "DescribeTable", &json_empty_object, out, &x->err);
}

static void test_json_call(void **state)
{
	static const struct fake_reply replies[] = {
		{ .expect = "POST / DynamoDB_20120810.DescribeTable",
		  .status = 200,
		  .body = "{\"Table\":{\"TableName\":\"t\"}}" },
		{ .expect = "POST / RekognitionService.DetectText", .status = 200 },
	};
	const struct json *out = NULL;
	struct fixture x;
	(void)state;
	SETUP(&x, replies);
	assert_int_equal(describe_table(&x, &out), 0);
	assert_true(str_eq_c(json_get_text(json_get_c(out, "Table"), STR("TableName")), "t"));
	assert_true(fake_header_has(x.fake, 0, "content-type: application/x-amz-json-1.0\n"));
	assert_true(fake_header_has(x.fake, 0, "x-amz-security-token: token\n"));
	assert_true(fake_header_has(x.fake, 0, "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
	assert_true(fake_header_has(x.fake, 0,
				    "/us-east-1/dynamodb/aws4_request, "
				    "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target"));
	assert_int_equal(aws_call(x.client, &x.arena, AWS_REKOGNITION, "DetectText", &json_empty_object, &out, &x.err), 0);
	assert_true(fake_header_has(x.fake, 1, "content-type: application/x-amz-json-1.1\n"));
	assert_int_equal(out->count, 0);
	teardown(&x);
}

static void test_retries_and_gives_up(void **state)
{
	static const struct fake_reply replies[] = {
		{ .status = 503, .header = "Retry-After", .value = "0" },
		{ .status = 400, .body = "{\"__type\":\"ThrottlingException\"}", .header = "Retry-After", .value = "0" },
		{ .status = 200, .body = "{}" },
		{ .status = 500 },
		{ .status = 500 },
		{ .status = 500, .body = "{\"__type\":\"InternalServerError\"}" },
		{ .status = 400, .body = "{\"__type\":\"ValidationException\",\"message\":\"bad\"}" },
	};
	const struct json *out = NULL;
	struct fixture x;
	(void)state;
	SETUP(&x, replies);
	assert_int_equal(describe_table(&x, &out), 0);
	assert_int_equal(fake_count(x.fake), 3);
	assert_int_equal(describe_table(&x, &out), ERR_SERVICE);
	assert_string_equal(x.err.name, "InternalServerError");
	assert_int_equal(fake_count(x.fake), 6);
	assert_int_equal(describe_table(&x, &out), ERR_SERVICE);
	assert_string_equal(x.err.name, "ValidationException");
	assert_string_equal(x.err.message, "bad");
	assert_int_equal(fake_count(x.fake), 7);
	assert_int_equal(aws_client_requests(x.client), 7);
	teardown(&x);
}

static void test_deadline(void **state)
{
	static const struct fake_reply replies[] = { { .status = 503, .header = "Retry-After", .value = "20" } };
	const struct json *out = NULL;
	struct fixture x;
	(void)state;
	SETUP(&x, replies);
	int64_t start = clock_wall_ms();
	aws_client_set_deadline(x.client, start + 3000);
	assert_int_equal(describe_table(&x, &out), ERR_SERVICE); /* no time for what the server asks */
	assert_true(clock_wall_ms() - start < 2000);
	aws_client_set_deadline(x.client, clock_wall_ms() - 1);
	assert_int_equal(describe_table(&x, &out), ERR_TIMEOUT);
	assert_int_equal(fake_count(x.fake), 1);
	teardown(&x);
}

static void test_nobody_listens(void **state)
{
	struct aws_client_options options = { .credentials = { STR("A"), STR("s"), STR_NULL },
					      .region = STR("us-east-1"),
					      .endpoint = STR("http://127.0.0.1:1"),
					      .attempts = 2 };
	const struct json *out = NULL;
	struct fixture x = { 0 };
	(void)state;
	arena_init(&x.arena, 1 << 20);
	assert_int_equal(aws_client_new(&x.client, &options, &x.err), 0);
	assert_int_equal(describe_table(&x, &out), ERR_IO);
	assert_int_equal(aws_client_requests(x.client), 2);
	aws_client_free(x.client);
	arena_release(&x.arena);
}

static void test_s3_get(void **state)
{
	static const struct fake_reply replies[] = {
		{ .expect = "GET /bucket/uploads/a%20b.png?versionId=v%2F1",
		  .status = 206,
		  .body = "0123456789",
		  .header = "Content-Range",
		  .value = "bytes 0-9/443" },
		{ .expect = "GET /bucket/k", .status = 200, .body = "0123456789" },
		{ .status = 404, .body = "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>" },
		{ .expect = "HEAD /bucket/k", .status = 404 },
	};
	struct s3_get get = { .id = { STR("bucket"), STR("uploads/a b.png"), STR("v/1") },
			      .ranged = true,
			      .last = 9,
			      .if_match = STR("\"e\""),
			      .max = 10 };
	struct s3_object object;
	struct fixture x;
	(void)state;
	SETUP(&x, replies);
	assert_int_equal(aws_s3_get_object(x.client, &x.arena, &get, &object, &x.err), 0);
	assert_true(str_eq_c(object.body, "0123456789"));
	assert_int_equal(object.size, 443);
	assert_true(fake_header_has(x.fake, 0, "range: bytes=0-9\n"));
	assert_true(fake_header_has(x.fake, 0, "if-match: \"e\"\n"));
	get = (struct s3_get){ .id = { STR("bucket"), STR("k"), STR_NULL }, .max = 9 };
	assert_int_equal(aws_s3_get_object(x.client, &x.arena, &get, &object, &x.err), ERR_LIMIT);
	assert_int_equal(aws_s3_get_object(x.client, &x.arena, &get, &object, &x.err), ERR_SERVICE);
	assert_string_equal(x.err.name, "NoSuchKey");
	assert_int_equal(aws_s3_head_object(x.client, &x.arena, &get.id, &object, &x.err), ERR_SERVICE);
	assert_string_equal(x.err.name, "NotFound");
	teardown(&x);
}

static void test_s3_put(void **state)
{
	static const struct fake_reply replies[] = {
		{ .expect = "PUT /bucket/k", .status = 200, .header = "ETag", .value = "\"e\"" },
		{ .expect = "PUT /bucket/k", .status = 503, .header = "Retry-After", .value = "0" },
		{ .expect = "PUT /bucket/k", .status = 200 },
	};
	struct s3_put put = { .id = { STR("bucket"), STR("k"), STR_NULL },
			      .body = STR("hello"),
			      .content_type = STR("text/plain"),
			      .if_none_match = true };
	struct s3_object object;
	struct fixture x;
	(void)state;
	SETUP(&x, replies);
	assert_int_equal(aws_s3_put_object(x.client, &x.arena, &put, &object, &x.err), 0);
	assert_true(str_eq_c(object.etag, "\"e\""));
	assert_true(fake_header_has(x.fake, 0, "if-none-match: *\n"));
	assert_true(fake_header_has(x.fake, 0, "content-type: text/plain\n"));
	assert_true(fake_header_has(x.fake, 0, "x-amz-checksum-sha256: LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\n"));
	assert_true(fake_header_has(x.fake, 0,
				    "x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n"));
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_int_equal(fwrite("hello", 1, 5, file), 5);
	fflush(file);
	put = (struct s3_put){ .id = put.id, .fd = fileno(file), .length = 5 };
	assert_int_equal(aws_s3_put_object(x.client, &x.arena, &put, &object, &x.err), 0);
	assert_true(fake_header_has(x.fake, 2,
				    "x-amz-content-sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n"));
	assert_true(fake_body_has(x.fake, 1, "hello"));
	assert_true(fake_body_has(x.fake, 2, "hello")); /* sent again from the file's beginning */
	fclose(file);
	teardown(&x);
}

static void test_s3_lists(void **state)
{
	static const struct fake_reply replies[] = {
		{ .expect = "GET /bucket/?versions=&encoding-type=url&prefix=uploads%2Fa",
		  .status = 200,
		  .body = "<ListVersionsResult><Version><Key>uploads/a%2B</Key><VersionId>1</VersionId></Version>"
			  "<DeleteMarker><Key>uploads/a</Key><VersionId>2</VersionId></DeleteMarker></ListVersionsResult>" },
		{ .expect = "GET /bucket/?list-type=2&encoding-type=url&prefix=",
		  .status = 200,
		  .body = "<ListBucketResult><Contents><Key>x</Key><Size>7</Size></Contents>"
			  "<NextContinuationToken>t/1</NextContinuationToken></ListBucketResult>" },
		{ .expect = "continuation-token=t%2F1", .status = 200, .body = "<ListBucketResult></ListBucketResult>" },
	};
	struct s3_version *versions;
	struct s3_listed *objects;
	struct str token = STR_NULL;
	size_t count;
	struct fixture x;
	(void)state;
	SETUP(&x, replies);
	assert_int_equal(aws_s3_list_versions(x.client, &x.arena, STR("bucket"), STR("uploads/a"), &versions, &count, &x.err), 0);
	assert_int_equal(count, 2);
	assert_true(str_eq_c(versions[0].key, "uploads/a+") && str_eq_c(versions[0].version_id, "1") &&
		    !versions[0].delete_marker);
	assert_true(versions[1].delete_marker);
	assert_int_equal(aws_s3_list_objects(x.client, &x.arena, STR("bucket"), STR(""), &token, &objects, &count, &x.err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(objects[0].size, 7);
	assert_int_equal(aws_s3_list_objects(x.client, &x.arena, STR("bucket"), STR(""), &token, &objects, &count, &x.err), 0);
	assert_int_equal(count, 0);
	assert_false(str_is_set(token));
	teardown(&x);
}

static void test_s3_presign(void **state)
{
	static const struct fake_reply replies[] = { { .status = 200 } };
	const struct http_header headers[] = { { STR("Content-Type"), STR("image/png") }, { STR("If-None-Match"), STR("*") } };
	struct s3_object_id id = { STR("bucket"), STR("uploads/a.png"), STR_NULL };
	struct str url = STR_NULL;
	struct fixture x;
	(void)state;
	SETUP(&x, replies);
	assert_int_equal(
		s3_presign(x.client, &x.arena, STR("PUT"), &id, headers, 2, STR("x=1"), 1369353600000, 900, &url, &x.err), 0);
	assert_true(str_starts(url, str_c(fake_url(x.fake))));
	assert_true(str_find(url, STR("/bucket/uploads/a.png?X-Amz-Algorithm=AWS4-HMAC-SHA256&"), 0) > 0);
	assert_true(str_find(url, STR("X-Amz-SignedHeaders=content-type%3Bhost%3Bif-none-match&x=1&X-Amz-Signature="), 0) > 0);
	assert_true(str_find(url, STR("X-Amz-Security-Token=token"), 0) > 0);
	assert_int_equal(fake_count(x.fake), 0);
	teardown(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json_call), cmocka_unit_test(test_retries_and_gives_up),
		cmocka_unit_test(test_deadline),  cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_s3_get),    cmocka_unit_test(test_s3_put),
		cmocka_unit_test(test_s3_lists),  cmocka_unit_test(test_s3_presign),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
