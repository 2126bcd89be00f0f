/* SPDX-License-Identifier: Apache-2.0
 *
 * The functions behind the HTTP API.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "harness.h"

#define GET_REPLY(item)                                                                                                          \
	{                                                                                                                        \
		.expect = "POST / DynamoDB_20120810.GetItem", .status = 200, .body = "{\"Item\":" item "}"                       \
	}
#define NO_ITEM                                                                                                                  \
	{                                                                                                                        \
		.expect = "POST / DynamoDB_20120810.GetItem", .status = 200, .body = "{}"                                        \
	}
#define PUT_REPLY                                                                                                                \
	{                                                                                                                        \
		.expect = "POST / DynamoDB_20120810.PutItem", .status = 200, .body = "{}"                                        \
	}
#define DELETE_REPLY                                                                                                             \
	{                                                                                                                        \
		.expect = "POST / DynamoDB_20120810.DeleteItem", .status = 200, .body = "{}"                                     \
	}
#define NO_VERSIONS                                                                                                              \
	{                                                                                                                        \
		.expect = "versions=", .status = 200, .body = "<ListVersionsResult/>"                                            \
	}

#define PENDING_ITEM                                                                                                             \
	"{\"job_id\":{\"S\":\"" OTHER_ID "\"},\"status\":{\"S\":\"upload_pending\"},\"image_bucket\":{\"S\":\"source\"},"        \
	"\"image_key\":{\"S\":\"uploads/" OTHER_ID ".png\"},\"created_at\":{\"S\":\"2026-09-21T14:03:20.000Z\"},"                \
	"\"updated_at\":{\"S\":\"2026-09-21T14:03:20.000Z\"},\"upload_expires_at\":{\"S\":\"2026-09-21T14:18:20.000Z\"},"        \
	"\"expires_at\":{\"N\":\"1797776000\"},\"idempotency_key\":{\"S\":\"idempotency#1\"},\"owner\":{\"S\":\"me\"}}"
#define ITEM_WITH(status, more)                                                                                                  \
	"{\"job_id\":{\"S\":\"" JOB_ID "\"},\"status\":{\"S\":\"" status "\"},\"image_bucket\":{\"S\":\"source\"},"              \
	"\"image_key\":{\"S\":\"uploads/" JOB_ID ".png\"},\"created_at\":{\"S\":\"" NOW_TEXT "\"}" more "}"
#define RESULT                                                                                                                   \
	",\"image\":{\"M\":{\"bytes\":{\"N\":\"5\"},\"version_id\":{\"S\":\"\"}}},\"result\":{\"M\":{\"text\":{\"S\":\"hello\"}" \
	","                                                                                                                      \
	"\"processed_bucket\":{\"S\":\"processed\"},\"processed_key\":{\"S\":\"processed/" JOB_ID ".png\"},"                     \
	"\"text_key\":{\"S\":\"processed/" JOB_ID ".txt\"},\"json_key\":{\"S\":\"processed/" JOB_ID ".json\"}}}"
#define JWT(sub) "\"requestContext\":{\"authorizer\":{\"jwt\":{\"claims\":{\"sub\":\"" sub "\"}}}}"
#define BY_ID "{\"pathParameters\":{\"job_id\":\"" JOB_ID "\"}}"

static void test_create(void **state)
{
	static const struct fake_reply replies[] = { PUT_REPLY };
	const struct json *body = NULL;
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	const char *event = "{\"body\":\"{\\\"content_length\\\":5,\\\"checksum_sha256\\\":\\\"LPJNul+"
			    "wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\\\"}\"}";
	assert_int_equal(harness_call(&h, "create_job", event, &body), 201);
	assert_true(str_eq_c(json_get_text(body, STR("job_id")), JOB_ID));
	assert_true(str_eq_c(json_get_text(body, STR("image_key")), "uploads/" JOB_ID ".png"));
	assert_true(str_eq_c(json_get_text(body, STR("status")), "upload_pending"));
	const struct json *upload = json_get_c(body, "upload"), *headers = json_get_c(upload, "headers");
	assert_true(str_eq_c(json_get_text(upload, STR("method")), "PUT"));
	assert_true(str_eq_c(json_get_text(upload, STR("expires_at")), "2026-09-21T14:28:20.000Z"));
	assert_true(str_eq_c(json_to_str(&h.arena, headers),
			     "{\"Content-Type\":\"image/png\",\"If-None-Match\":\"*\",\"Content-Length\":\"5\","
			     "\"x-amz-checksum-sha256\":\"LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=\"}"));
	struct str url = json_get_text(upload, STR("url"));
	assert_true(str_find(url,
			     STR("X-Amz-Expires=900&X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost%3Bif-none-match"
				 "%3Bx-amz-checksum-sha256"),
			     0) > 0);
	assert_true(fake_body_has(h.fake, 0, "\"ConditionExpression\":\"attribute_not_exists(job_id)\""));
	assert_true(fake_body_has(h.fake, 0, "\"expires_at\":{\"N\":\"1797776000\"}"));
	assert_false(fake_body_has(h.fake, 0, "X-Amz-"));
	assert_false(fake_body_has(h.fake, 0, "owner"));
	harness_release(&h);
}

static void test_create_refuses(void **state)
{
	static const char *const events[] = {
		"{\"body\":\"{\"}",
		"{\"body\":\"[]\"}",
		"{\"body\":\"{\\\"content_length\\\":0}\"}",
		"{\"body\":\"{\\\"content_length\\\":15728641}\"}",
		"{\"body\":\"{\\\"content_length\\\":\\\"5\\\"}\"}",
		"{\"body\":\"{\\\"checksum_sha256\\\":\\\"AAAA\\\"}\"}",
		"{\"body\":\"{\\\"unknown\\\":1}\"}",
		"{\"headers\":{\"idempotency-key\":\"\"}}",
		"{\"body\":\"%%\",\"isBase64Encoded\":true}",
	};
	struct harness h;
	(void)state;
	harness_init(&h, NULL, 0);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const struct json *body = NULL;
		if (harness_call(&h, "create_job", events[i], &body) != 400 ||
		    !str_eq_c(harness_error_code(body), "InvalidRequest"))
			fail_msg("%s", events[i]);
	}
	const struct json *body = NULL;
	h.settings.content_length_required = true;
	assert_int_equal(harness_call(&h, "create_job", "{}", &body), 400);
	assert_int_equal(fake_count(h.fake), 0);
	harness_release(&h);
}

static void test_create_from_base64(void **state)
{
	static const struct fake_reply replies[] = { PUT_REPLY };
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_call(&h, "create_job", "{\"body\":\"e30=\",\"isBase64Encoded\":true}", NULL), 201);
	harness_release(&h);
}

static struct str stored(struct harness *h, size_t i, const char *name)
{
	const struct json *request = NULL;
	assert_int_equal(json_parse(&h->arena, buf_str(&fake_request(h->fake, i)->body), &request, NULL), 0);
	return json_get_text(json_get(json_get_c(request, "Item"), str_c(name)), STR("S"));
}

struct replay {
	char hash[80];
	bool other_body;
	int step;
};

/* First request: both puts go through. Second: the key's item is there, then the record is. */
static void replay_answer(void *argument, const struct fake_request *request, struct fake_reply *reply)
{
	static char item[512];
	struct replay *r = argument;
	static const struct fake_reply taken = CONDITION_FAILED;

	(void)request;
	switch (r->step++) {
	case 0:
	case 1:
		*reply = (struct fake_reply){ .expect = "PutItem", .status = 200, .body = "{}" };
		break;
	case 2:
	case 4:
		*reply = taken;
		break;
	case 3:
		snprintf(item, sizeof(item),
			 "{\"Item\":{\"job_id\":{\"S\":\"idempotency#1\"},\"body_hash\":{\"S\":\"%s\"},"
			 "\"target_job_id\":{\"S\":\"" OTHER_ID "\"},\"created_at\":{\"S\":\"2026-09-21T14:03:20.000Z\"}}}",
			 r->other_body ? "different" : r->hash);
		*reply = (struct fake_reply){ .expect = "GetItem", .status = 200, .body = item };
		break;
	default:
		*reply = (struct fake_reply){ .expect = "GetItem", .status = 200, .body = "{\"Item\":" PENDING_ITEM "}" };
		break;
	}
}

static void test_idempotency(void **state)
{
	static const char event[] = "{\"headers\":{\"Idempotency-Key\":\"k\"}}";
	const struct json *body = NULL;
	struct replay r = { .step = 0 };
	struct harness h;
	(void)state;
	harness_init_with(&h, replay_answer, &r);
	assert_int_equal(harness_call(&h, "create_job", event, &body), 201);
	struct str hash = stored(&h, 0, "body_hash"), key = stored(&h, 0, "job_id");
	assert_int_equal(hash.n, 64);
	assert_true(str_starts(key, STR("idempotency#")));
	assert_true(fake_body_has(h.fake, 0, "attribute_not_exists(job_id) OR expires_at < :now"));
	assert_true(fake_body_has(h.fake, 0, "\"expires_at\":{\"N\":\"1790086400\"}"));
	assert_true(str_eq(stored(&h, 1, "idempotency_key"), key));
	snprintf(r.hash, sizeof(r.hash), STR_FMT, STR_ARG(hash));
	assert_int_equal(harness_call(&h, "create_job", event, &body), 201);
	assert_true(str_eq_c(json_get_text(body, STR("job_id")), OTHER_ID));
	struct str url = json_get_text(json_get_c(body, "upload"), STR("url"));
	assert_true(str_find(url, STR("X-Amz-Expires=300&"), 0) > 0); /* the time that is left */
	assert_true(str_find(url, STR(OTHER_ID), 0) > 0);
	harness_release(&h);
}

static void test_idempotency_key_reused(void **state)
{
	const struct json *body = NULL;
	struct replay r = { .step = 2, .other_body = true };
	struct harness h;
	(void)state;
	harness_init_with(&h, replay_answer, &r);
	assert_int_equal(harness_call(&h, "create_job", "{\"headers\":{\"idempotency-key\":\"k\"}}", &body), 409);
	assert_true(str_eq_c(harness_error_code(body), "IdempotencyKeyReused"));
	harness_release(&h);
}

static void test_idempotency_is_per_caller(void **state)
{
	static const struct fake_reply replies[] = { PUT_REPLY, PUT_REPLY, PUT_REPLY, PUT_REPLY };
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	h.settings.authorization = AUTHORIZATION_JWT;
	assert_int_equal(harness_call(&h, "create_job", "{\"headers\":{\"idempotency-key\":\"k\"}," JWT("me") "}", NULL), 201);
	assert_int_equal(harness_call(&h, "create_job", "{\"headers\":{\"idempotency-key\":\"k\"}," JWT("you") "}", NULL), 201);
	assert_false(str_eq(stored(&h, 0, "job_id"), stored(&h, 2, "job_id")));
	assert_true(str_eq_c(stored(&h, 1, "owner"), "me"));
	harness_release(&h);
}

static void test_get(void **state)
{
	static const struct fake_reply replies[] = {
		GET_REPLY(ITEM_WITH("succeeded", RESULT)),
		GET_REPLY(ITEM_WITH("processing", RESULT)),
		NO_ITEM,
	};
	const struct json *body = NULL;
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_call(&h, "get_job", BY_ID, &body), 200);
	const struct json *result = json_get_c(body, "result");
	assert_true(str_eq_c(json_get_text(result, STR("text")), "hello"));
	assert_true(str_find(json_get_text(result, STR("processed_url")), STR("/processed/processed/" JOB_ID ".png?X-Amz-"), 0) >
		    0);
	assert_true(str_find(json_get_text(result, STR("json_url")), STR(".json?"), 0) > 0);
	assert_true(str_eq_c(json_get_text(result, STR("urls_expire_at")), "2026-09-21T14:28:20.000Z"));
	assert_true(str_eq_c(json_to_str(&h.arena, json_get_c(body, "image")), "{\"bytes\":5}"));
	assert_true(fake_body_has(h.fake, 0, "\"ConsistentRead\":true"));
	body = NULL;
	assert_int_equal(harness_call(&h, "get_job", BY_ID, &body), 200);
	assert_null(json_get_c(body, "result")); /* not before the job has succeeded */
	assert_int_equal(harness_call(&h, "get_job", BY_ID, &body), 404);
	assert_true(str_eq_c(harness_error_code(body), "JobNotFound"));
	assert_int_equal(harness_call(&h, "get_job", "{\"pathParameters\":{\"job_id\":\"idempotency#1\"}}", &body), 404);
	assert_int_equal(fake_count(h.fake), 3);
	harness_release(&h);
}

static void test_owner(void **state)
{
	static const struct fake_reply replies[] = { GET_REPLY(PENDING_ITEM), GET_REPLY(PENDING_ITEM) };
	const struct json *body = NULL;
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	h.settings.authorization = AUTHORIZATION_JWT;
	assert_int_equal(harness_call(&h, "get_job", "{\"pathParameters\":{\"job_id\":\"" OTHER_ID "\"}," JWT("me") "}", &body),
			 200);
	assert_int_equal(
		harness_call(&h, "delete_job", "{\"pathParameters\":{\"job_id\":\"" OTHER_ID "\"}," JWT("you") "}", &body), 404);
	assert_int_equal(harness_call(&h, "get_job", "{\"pathParameters\":{\"job_id\":\"" OTHER_ID "\"}}", &body), 403);
	harness_release(&h);
}

static void test_failures_become_answers(void **state)
{
	static const struct fake_reply replies[] = {
		{ .status = 400, .body = "{\"__type\":\"ThrottlingException\"}" },
		{ .status = 400, .body = "{\"__type\":\"AccessDeniedException\",\"message\":\"secret detail\"}" },
	};
	const struct json *body = NULL;
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_call(&h, "get_job", BY_ID, &body), 503);
	assert_true(str_eq_c(harness_error_code(body), "Throttled"));
	assert_true(str_eq_c(json_get_text(json_get_c(h.result, "headers"), STR("retry-after")), "5"));
	assert_int_equal(harness_call(&h, "get_job", BY_ID, &body), 500);
	assert_true(str_eq_c(harness_error_code(body), "Internal"));
	assert_true(str_find(json_get_text(h.result, STR("body")), STR("secret"), 0) < 0);
	harness_release(&h);
}

#define PAGE(items, last)                                                                                                        \
	{                                                                                                                        \
		.expect = "DynamoDB_20120810.Query", .status = 200, .body = "{\"Items\":[" items "]" last "}"                    \
	}
#define LAST                                                                                                                     \
	",\"LastEvaluatedKey\":{\"job_id\":{\"S\":\"" JOB_ID                                                                     \
	"\"},\"status\":{\"S\":\"failed\"},\"created_at\":{\"S\":\"" NOW_TEXT "\"}}"

static void test_list(void **state)
{
	static const struct fake_reply replies[] = {
		PAGE(ITEM_WITH("failed", ""), LAST),
		PAGE(PENDING_ITEM, LAST),
		PAGE("", ""),
	};
	const struct json *body = NULL;
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(
		harness_call(&h, "list_jobs", "{\"queryStringParameters\":{\"status\":\"failed\",\"limit\":\"2\"}}", &body), 200);
	assert_int_equal(json_get_c(body, "jobs")->count, 2);
	assert_true(fake_body_has(h.fake, 0, "\"IndexName\":\"status-created_at\""));
	assert_true(fake_body_has(h.fake, 0, "\"Limit\":2"));
	assert_true(fake_body_has(h.fake, 1, "\"Limit\":1"));
	assert_true(fake_body_has(h.fake, 1, "\"ExclusiveStartKey\":{\"job_id\":{\"S\":\"" JOB_ID "\"}"));
	struct str cursor = json_get_text(body, STR("cursor"));
	assert_true(cursor.n > 0);
	struct str next = arena_printf(&h.arena, "{\"queryStringParameters\":{\"status\":\"failed\",\"cursor\":\"" STR_FMT "\"}}",
				       STR_ARG(cursor));
	assert_int_equal(harness_call(&h, "list_jobs", next.p, &body), 200);
	assert_true(fake_body_has(h.fake, 2, "\"ExclusiveStartKey\":{\"job_id\":{\"S\":\"" JOB_ID "\"}"));
	assert_int_equal(json_get_c(body, "jobs")->count, 0);
	assert_null(json_get_c(body, "cursor"));
	next = arena_printf(&h.arena, "{\"queryStringParameters\":{\"status\":\"expired\",\"cursor\":\"" STR_FMT "\"}}",
			    STR_ARG(cursor));
	assert_int_equal(harness_call(&h, "list_jobs", next.p, &body), 400); /* of another list */
	harness_release(&h);
}

static void test_list_refuses(void **state)
{
	static const char *const queries[] = {
		"{}",
		"{\"status\":\"\"}",
		"{\"status\":\"done\"}",
		"{\"status\":\"failed\",\"limit\":\"0\"}",
		"{\"status\":\"failed\",\"limit\":\"101\"}",
		"{\"status\":\"failed\",\"limit\":\"x\"}",
		"{\"status\":\"failed\",\"cursor\":\"!\"}",
		"{\"status\":\"failed\",\"cursor\":\"\"}",
		"{\"status\":\"failed\",\"cursor\":\"W10\"}",
	};
	struct harness h;
	(void)state;
	harness_init(&h, NULL, 0);
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		struct str event = arena_printf(&h.arena, "{\"queryStringParameters\":%s}", queries[i]);
		if (harness_call(&h, "list_jobs", event.p, NULL) != 400)
			fail_msg("%s", queries[i]);
	}
	harness_release(&h);
}

static void test_delete_ended(void **state)
{
	static const struct fake_reply replies[] = {
		GET_REPLY(ITEM_WITH("succeeded", ",\"idempotency_key\":{\"S\":\"idempotency#1\"}")),
		{ .expect = "GET /source/?versions=",
		  .status = 200,
		  .body = "<L><Version><Key>uploads/" JOB_ID ".png</Key><VersionId>v1</VersionId></Version>"
			  "<Version><Key>uploads/" JOB_ID ".png.other</Key><VersionId>v2</VersionId></Version></L>" },
		{ .expect = "DELETE /source/uploads/" JOB_ID ".png?versionId=v1", .status = 204 },
		NO_VERSIONS,
		NO_VERSIONS,
		NO_VERSIONS,
		NO_VERSIONS,
		DELETE_REPLY,
		DELETE_REPLY,
	};
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_call(&h, "delete_job", BY_ID, NULL), 204);
	assert_int_equal(fake_count(h.fake), 9);
	assert_true(fake_body_has(h.fake, 7, "#status = :status"));
	assert_true(fake_body_has(h.fake, 8, "idempotency#1"));
	assert_false(str_is_set(json_get_text(h.result, STR("body"))));
	harness_release(&h);
}

static void test_delete_pending_takes_the_record_first(void **state)
{
	static const struct fake_reply replies[] = {
		GET_REPLY(ITEM_WITH("upload_pending", "")), DELETE_REPLY, NO_VERSIONS, NO_VERSIONS, NO_VERSIONS, NO_VERSIONS,
	};
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_call(&h, "delete_job", BY_ID, NULL), 204);
	harness_release(&h);
}

static void test_delete_in_progress(void **state)
{
	static const struct fake_reply replies[] = {
		GET_REPLY(ITEM_WITH("processing", "")),
		GET_REPLY(ITEM_WITH("upload_pending", "")),
		CONDITION_FAILED,
	};
	const struct json *body = NULL;
	struct harness h;
	(void)state;
	HARNESS(&h, replies);
	assert_int_equal(harness_call(&h, "delete_job", BY_ID, &body), 409);
	assert_true(str_eq_c(harness_error_code(body), "JobInProgress"));
	assert_int_equal(harness_call(&h, "delete_job", BY_ID, &body), 409); /* claimed in between */
	assert_int_equal(fake_count(h.fake), 3);
	harness_release(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),
		cmocka_unit_test(test_create_refuses),
		cmocka_unit_test(test_create_from_base64),
		cmocka_unit_test(test_idempotency),
		cmocka_unit_test(test_idempotency_key_reused),
		cmocka_unit_test(test_idempotency_is_per_caller),
		cmocka_unit_test(test_get),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_failures_become_answers),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_refuses),
		cmocka_unit_test(test_delete_ended),
		cmocka_unit_test(test_delete_pending_takes_the_record_first),
		cmocka_unit_test(test_delete_in_progress),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
