/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "service/parameters.h"
#include "service/route.h"

static const struct operation operations[] = {
	{ .name = "ListBuckets", .method = "GET", .path = "/" },
	{ .name = "ListObjects", .method = "GET", .path = "/{Bucket}" },
	{ .name = "ListObjectsV2", .method = "GET", .path = "/{Bucket}", .query = "list-type=2" },
	{ .name = "GetBucketAcl", .method = "GET", .path = "/{Bucket}", .query = "acl" },
	{ .name = "GetObject", .method = "GET", .path = "/{Bucket}/{Key+}" },
	{ .name = "PutObject", .method = "PUT", .path = "/{Bucket}/{Key+}" },
	{ .name = "CopyObject", .method = "PUT", .path = "/{Bucket}/{Key+}", .header = "x-amz-copy-source" },
	{ .name = "UploadPart", .method = "PUT", .path = "/{Bucket}/{Key+}", .query = "uploadId&partNumber" },
	{ .name = "UploadPartCopy",
	  .method = "PUT",
	  .path = "/{Bucket}/{Key+}",
	  .query = "uploadId&partNumber",
	  .header = "x-amz-copy-source" },
	{ .name = "GetThing", .method = "GET", .path = "/v2/things/{Id}" },
	{ 0 },
};
static const struct service service = { .name = "sample", .operations = operations };

static void finds_the_most_particular(void **state)
{
	static const struct {
		const char *method, *path, *query, *name, *labels;
		bool copy;
	} cases[] = {
		{ "GET", "/", NULL, "ListBuckets", "{}", false },
		{ "GET", "/b", NULL, "ListObjects", "{\"Bucket\":\"b\"}", false },
		{ "GET", "/b/", NULL, "ListObjects", "{\"Bucket\":\"b\"}", false },
		{ "GET", "/b", "list-type=2", "ListObjectsV2", "{\"Bucket\":\"b\"}", false },
		{ "GET", "/b", "list-type=1", "ListObjects", "{\"Bucket\":\"b\"}", false },
		{ "GET", "/b", "acl", "GetBucketAcl", "{\"Bucket\":\"b\"}", false },
		{ "GET", "/b", "acl=", "GetBucketAcl", "{\"Bucket\":\"b\"}", false },
		{ "GET", "/b/a/b%20c//d", NULL, "GetObject", "{\"Bucket\":\"b\",\"Key\":\"a/b c//d\"}", false },
		{ "GET", "/b//x", NULL, "GetObject", "{\"Bucket\":\"b\",\"Key\":\"/x\"}", false },
		{ "PUT", "/b/k", NULL, "PutObject", "{\"Bucket\":\"b\",\"Key\":\"k\"}", false },
		{ "PUT", "/b/k", NULL, "CopyObject", "{\"Bucket\":\"b\",\"Key\":\"k\"}", true },
		{ "PUT", "/b/k", "partNumber=1&uploadId=u", "UploadPart", "{\"Bucket\":\"b\",\"Key\":\"k\"}", false },
		{ "PUT", "/b/k", "partNumber=1&uploadId=u", "UploadPartCopy", "{\"Bucket\":\"b\",\"Key\":\"k\"}", true },
		{ "GET", "/v2/things/7", NULL, "GetThing", "{\"Id\":\"7\"}", false },
		{ "DELETE", "/b", NULL, NULL, NULL, false },
		{ "GET", "/b/%zz", NULL, NULL, NULL, false },
	};
	static const struct http_header copy = { { "x-amz-copy-source", 17 }, { "/a/b", 4 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct call call = { .method = str_c(cases[i].method),
				     .path = str_c(cases[i].path),
				     .headers = &copy,
				     .header_count = cases[i].copy };
		const struct json *labels = NULL;
		arena_init(&call.arena, MIB(1));
		if (cases[i].query)
			assert_int_equal(uri_query_parse(&call.arena, str_c(cases[i].query), false, &call.query), 0);
		const struct operation *op = route_by_path(&call, &service, &labels);
		if (cases[i].name) {
			assert_non_null(op);
			assert_string_equal(op->name, cases[i].name);
			assert_str(json_to_str(&call.arena, labels), cases[i].labels);
		} else {
			assert_null(op);
		}
		arena_release(&call.arena);
	}
}

static void reads_forms(void **state)
{
	static const char *const cases[][2] = {
		{ "Action=X&Version=1&RoleName=a%20b", "{\"RoleName\":\"a b\"}" },
		{ "Tags.member.1.Key=k1&Tags.member.1.Value=v1&Tags.member.2.Key=k2&Tags.member.2.Value=",
		  "{\"Tags\":[{\"Key\":\"k1\",\"Value\":\"v1\"},{\"Key\":\"k2\",\"Value\":\"\"}]}" },
		{ "Attributes.entry.1.key=DisplayName&Attributes.entry.1.value=x", "{\"Attributes\":{\"DisplayName\":\"x\"}}" },
		{ "Names.1=a&Names.2=b", "{\"Names\":[\"a\",\"b\"]}" },
		{ "A.B.C=1", "{\"A\":{\"B\":{\"C\":\"1\"}}}" },
	};
	static const char *const wrong[] = { "A=1&A.B=2", "A=%zz" };
	struct arena a;
	const struct json *v;

	(void)state;
	arena_init(&a, MIB(1));
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(parameters_from_form(&a, str_c(cases[i][0]), &v, NULL), 0);
		assert_str(json_to_str(&a, v), cases[i][1]);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(parameters_from_form(&a, str_c(wrong[i]), &v, NULL), ERR_INVALID);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(finds_the_most_particular), cmocka_unit_test(reads_forms) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
