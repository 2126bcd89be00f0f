/* SPDX-License-Identifier: Apache-2.0
 *
 * An HTTP API over a real socket, with its function played by a fake: routes, events, answers, CORS, throttling, time limits,
 * JWT.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/encode.h"
#include "base/limits.h"
#include "http/client.h"
#include "http/server.h"
#include "os/clock.h"
#include "os/file.h"
#include "service/apigatewayv2/apigatewayv2.h"
#include "service/host.h"

/* ---- the function ---- */

static struct {
	pthread_mutex_t lock;
	struct arena arena;
	struct str event; /* the last one received */
	const char *answer;
	struct call *held; /* with answer NULL: never answered until the end */
} function = { .lock = PTHREAD_MUTEX_INITIALIZER };

static const struct service_error busy_error = { "TooManyRequestsException", 429, "Rate Exceeded." };

static int invoke(struct call *call)
{
	pthread_mutex_lock(&function.lock);
	function.event = arena_str(&function.arena, call->body.bytes);
	pthread_mutex_unlock(&function.lock);
	if (!function.answer) {
		function.held = call;
		return CALL_PENDING;
	}
	if (strcmp(function.answer, "busy") == 0)
		return call_fail(call, &busy_error);
	if (strcmp(function.answer, "crash") == 0)
		call_reply_header(call, "X-Amz-Function-Error", STR("Unhandled"));
	call_reply_bytes(call, str_c(function.answer), STR("application/json"));
	return 0;
}

static int fake_open(struct host *host, void **state, struct error *err)
{
	(void)host;
	(void)err;
	*state = NULL;
	return 0;
}

static const struct operation lambda_operations[] = { { .name = "Invoke", .kind = OPERATION_ASYNC, .run = invoke }, { 0 } };
static const struct service fake_lambda = { .name = "lambda",
					    .protocol = PROTOCOL_JSON,
					    .target_prefix = "AWSLambda",
					    .json_version = "1.0",
					    .operations = lambda_operations,
					    .open = fake_open };
static const struct service *const services[] = { &service_apigatewayv2, &fake_lambda, NULL };

/* ---- the fixture ---- */

struct fixture {
	char folder[64];
	struct host *host;
	struct http_client *client;
	struct arena arena;
	struct str api_id, integration;
	struct http_client_response response;
};

static const struct json *json_of(struct fixture *f, struct str text)
{
	const struct json *v = NULL;

	if (json_parse(&f->arena, text, &v, NULL) != 0)
		fail_msg("no JSON: " STR_FMT, STR_ARG(text));
	return v;
}

/* Parameters with ' for ". */
static const struct json *manage(struct fixture *f, const char *operation, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static const struct json *manage(struct fixture *f, const char *operation, const char *format, ...)
{
	struct host_answer *answer = ARENA_NEW(&f->arena, struct host_answer);
	va_list args;

	va_start(args, format);
	char *text = arena_c(&f->arena, arena_vprintf(&f->arena, format, args));
	va_end(args);
	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	int rc = host_call_wait(f->host, "apigatewayv2", operation, json_of(f, str_c(text)), STR_NULL, &f->arena, answer);
	if (rc < 0 || answer->error.code)
		return json_new_string(&f->arena, str_c(answer->error.name));
	return answer->body.n ? json_of(f, answer->body) : &json_null;
}

/* A member's text with a NUL behind it. */
static struct str member(struct fixture *f, const struct json *v, const char *name)
{
	return arena_str(&f->arena, json_get_text(v, str_c(name)));
}

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct host_options options = {
		.listen_address = "127.0.0.1", .durability = STORE_RELAXED, .threads = 1, .services = services
	};
	struct error err = { 0 };

	snprintf(f->folder, sizeof(f->folder), "/tmp/gleaner-api-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	options.data_folder = f->folder;
	arena_init(&f->arena, MIB(16));
	arena_init(&function.arena, MIB(16));
	function.answer = "{\"statusCode\":200,\"body\":\"hello\"}";
	if (host_new(&f->host, &options, &err) != 0)
		fail_msg("%s", err.message);
	assert_int_equal(http_client_new(&f->client, &(struct http_client_options){ 0 }, NULL), 0);
	f->api_id = member(f, manage(f, "CreateApi", "{'name':'a','protocolType':'HTTP'}"), "apiId");
	f->integration =
		member(f,
		       manage(f, "CreateIntegration",
			      "{'apiId':'%s','integrationType':'AWS_PROXY','payloadFormatVersion':'2.0',"
			      "'integrationUri':'arn:aws:lambda:us-east-1:000000000000:function:f','timeoutInMillis':200}",
			      f->api_id.p),
		       "integrationId");
	manage(f, "CreateRoute", "{'apiId':'%s','routeKey':'GET /jobs/{job_id}','target':'integrations/%s'}", f->api_id.p,
	       f->integration.p);
	manage(f, "CreateStage", "{'apiId':'%s','stageName':'$default','autoDeploy':true}", f->api_id.p);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	http_client_free(f->client);
	host_free(f->host);
	assert_int_equal(file_remove_tree(f->folder, NULL), 0);
	arena_release(&f->arena);
	arena_release(&function.arena);
	free(f);
	return 0;
}

static int ask(struct fixture *f, const char *method, const char *path, struct http_header *headers, size_t count,
	       const char *body)
{
	struct http_client_request request = {
		.method = str_c(method), .headers = headers, .header_count = count, .body = str_c(body)
	};
	struct error err = { 0 };

	request.url = arena_printf(&f->arena, "http://127.0.0.1:%u/_aws/execute-api/" STR_FMT "%s", host_port(f->host),
				   STR_ARG(f->api_id), path);
	if (http_client_send(f->client, &f->arena, &request, MIB(16), &f->response, &err) != 0)
		fail_msg("%s", err.message);
	return f->response.status;
}

static void has(struct str text, const char *part)
{
	if (str_find(text, str_c(part), 0) < 0)
		fail_msg("%s is not in " STR_FMT, part, STR_ARG(text));
}

static struct str reply_header(struct fixture *f, const char *name)
{
	return http_client_header(&f->response, str_c(name));
}

/* ---- tests ---- */

static void test_request_and_answer(void **state)
{
	struct fixture *f = *state;
	struct http_header headers[] = { { STR("X-Twice"), STR("a") },
					 { STR("X-Twice"), STR("b") },
					 { STR("Cookie"), STR("c=1; d=2") } };

	function.answer =
		"{\"statusCode\":201,\"headers\":{\"X-Made\":\"yes\",\"Content-Type\":\"text/html\"},\"cookies\":[\"k=v\"],"
		"\"body\":\"aGk=\",\"isBase64Encoded\":true}";
	assert_int_equal(ask(f, "GET", "/jobs/a%20b?q=1&q=2", headers, 3, NULL), 201);
	assert_true(str_eq(f->response.body, STR("hi")));
	assert_true(str_eq(reply_header(f, "x-made"), STR("yes")));
	assert_true(str_eq(reply_header(f, "content-type"), STR("text/html")));
	assert_true(str_eq(reply_header(f, "set-cookie"), STR("k=v")));
	has(function.event, "\"version\":\"2.0\",\"routeKey\":\"GET /jobs/{job_id}\",\"rawPath\":\"/jobs/a b\"");
	has(function.event, "\"rawQueryString\":\"q=1&q=2\",\"cookies\":[\"c=1\",\"d=2\"]");
	has(function.event, "\"x-twice\":\"a,b\"");
	has(function.event, "\"queryStringParameters\":{\"q\":\"1,2\"},\"pathParameters\":{\"job_id\":\"a b\"}");
	has(function.event, "\"stage\":\"$default\"");
	has(function.event, "\"isBase64Encoded\":false");
}

static void test_answers_of_other_kinds(void **state)
{
	static const struct {
		const char *answer;
		int status;
		const char *body, *content_type;
	} cases[] = {
		{ "{\"a\":1}", 200, "{\"a\":1}", "application/json" },
		{ "\"text\"", 200, "text", "application/json" },
		{ "{\"statusCode\":204}", 204, "", NULL },
		{ "{\"statusCode\":200,\"body\":\"x\"}", 200, "x", "text/plain; charset=utf-8" },
		{ "{\"statusCode\":\"200\"}", 500, "{\"message\":\"Internal Server Error\"}", "application/json" },
		{ "not json", 500, "{\"message\":\"Internal Server Error\"}", "application/json" },
		{ "crash", 500, "{\"message\":\"Internal Server Error\"}", "application/json" },
		{ "busy", 503, "{\"message\":\"Service Unavailable\"}", "application/json" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		function.answer = cases[i].answer;
		if (ask(f, "GET", "/jobs/1", NULL, 0, NULL) != cases[i].status || !str_eq(f->response.body, str_c(cases[i].body)))
			fail_msg("%s: %d " STR_FMT, cases[i].answer, f->response.status, STR_ARG(f->response.body));
		if (cases[i].content_type && !str_eq(reply_header(f, "content-type"), str_c(cases[i].content_type)))
			fail_msg("%s: " STR_FMT, cases[i].answer, STR_ARG(reply_header(f, "content-type")));
	}
}

static void test_no_route(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ask(f, "POST", "/jobs/1", NULL, 0, "x"), 404);
	assert_true(str_eq(f->response.body, STR("{\"message\":\"Not Found\"}")));
	assert_int_equal(ask(f, "GET", "", NULL, 0, NULL), 404);
	f->api_id = STR("nothere123");
	assert_int_equal(ask(f, "GET", "/jobs/1", NULL, 0, NULL), 404);
}

static void test_time_limit(void **state)
{
	struct fixture *f = *state;

	function.answer = NULL;
	assert_int_equal(ask(f, "GET", "/jobs/1", NULL, 0, NULL), 503);
	assert_true(str_eq(f->response.body, STR("{\"message\":\"Service Unavailable\"}")));
	call_complete(function.held, 0);
	function.answer = "{}";
	assert_int_equal(ask(f, "GET", "/jobs/1", NULL, 0, NULL), 200);
}

static void test_body(void **state)
{
	struct fixture *f = *state;
	struct http_header json[] = { { STR("Content-Type"), STR("application/json") } };
	struct http_header bytes[] = { { STR("Content-Type"), STR("application/octet-stream") } };

	manage(f, "CreateRoute", "{'apiId':'%s','routeKey':'POST /jobs','target':'integrations/%s'}", f->api_id.p,
	       f->integration.p);
	assert_int_equal(ask(f, "POST", "/jobs", json, 1, "{\"n\":1}"), 200);
	has(function.event, "\"body\":\"{\\\"n\\\":1}\",\"isBase64Encoded\":false");
	assert_int_equal(ask(f, "POST", "/jobs", bytes, 1, "hi"), 200);
	has(function.event, "\"body\":\"aGk=\",\"isBase64Encoded\":true");
}

static void test_cors(void **state)
{
	struct fixture *f = *state;
	struct http_header preflight[] = { { STR("Origin"), STR("https://app.test") },
					   { STR("Access-Control-Request-Method"), STR("POST") } };

	manage(f, "UpdateApi",
	       "{'apiId':'%s','corsConfiguration':{'allowOrigins':['https://app.test'],'allowMethods':['GET','POST'],"
	       "'allowHeaders':['content-type'],'maxAge':300}}",
	       f->api_id.p);
	assert_int_equal(ask(f, "OPTIONS", "/jobs/1", preflight, 2, NULL), 204);
	assert_true(str_eq(reply_header(f, "access-control-allow-origin"), STR("https://app.test")));
	assert_true(str_eq(reply_header(f, "access-control-allow-methods"), STR("GET,POST")));
	assert_true(str_eq(reply_header(f, "access-control-max-age"), STR("300")));
	function.answer = "{\"statusCode\":200,\"headers\":{\"Access-Control-Allow-Origin\":\"*\"},\"body\":\"\"}";
	assert_int_equal(ask(f, "GET", "/jobs/1", preflight, 1, NULL), 200);
	assert_true(str_eq(reply_header(f, "access-control-allow-origin"), STR("https://app.test")));
	preflight[0].value = STR("https://other.test");
	assert_int_equal(ask(f, "OPTIONS", "/jobs/1", preflight, 2, NULL), 204);
	assert_false(str_is_set(reply_header(f, "access-control-allow-origin")));
	manage(f, "DeleteCorsConfiguration", "{'apiId':'%s'}", f->api_id.p);
	assert_int_equal(ask(f, "OPTIONS", "/jobs/1", preflight, 2, NULL), 404);
}

static void test_throttling(void **state)
{
	struct fixture *f = *state;

	manage(f, "UpdateStage",
	       "{'apiId':'%s','stageName':'$default','defaultRouteSettings':{'throttlingBurstLimit':2,"
	       "'throttlingRateLimit':0.01}}",
	       f->api_id.p);
	assert_int_equal(ask(f, "GET", "/jobs/1", NULL, 0, NULL), 200);
	assert_int_equal(ask(f, "GET", "/jobs/1", NULL, 0, NULL), 200);
	assert_int_equal(ask(f, "GET", "/jobs/1", NULL, 0, NULL), 429);
	assert_true(str_eq(f->response.body, STR("{\"message\":\"Too Many Requests\"}")));
}

static void test_stage_of_a_deployment(void **state)
{
	struct fixture *f = *state;
	struct str id = member(f, manage(f, "CreateDeployment", "{'apiId':'%s'}", f->api_id.p), "deploymentId");

	manage(f, "CreateStage", "{'apiId':'%s','stageName':'prod','deploymentId':'%s'}", f->api_id.p, id.p);
	manage(f, "CreateRoute", "{'apiId':'%s','routeKey':'GET /new','target':'integrations/%s'}", f->api_id.p,
	       f->integration.p);
	assert_int_equal(ask(f, "GET", "/prod/jobs/1", NULL, 0, NULL), 200);
	has(function.event, "\"rawPath\":\"/prod/jobs/1\"");
	assert_int_equal(ask(f, "GET", "/prod/new", NULL, 0, NULL), 404);
	assert_int_equal(ask(f, "GET", "/new", NULL, 0, NULL), 200);
}

static void test_iam_needs_a_signature(void **state)
{
	struct fixture *f = *state;

	manage(f, "CreateRoute", "{'apiId':'%s','routeKey':'GET /own','authorizationType':'AWS_IAM','target':'integrations/%s'}",
	       f->api_id.p, f->integration.p);
	assert_int_equal(ask(f, "GET", "/own", NULL, 0, NULL), 403);
	assert_true(str_eq(f->response.body, STR("{\"message\":\"Forbidden\"}")));
}

static void test_management(void **state)
{
	struct fixture *f = *state;
	const struct json *v;

	v = manage(f, "CreateRoute", "{'apiId':'%s','routeKey':'GET /jobs/{job_id}'}", f->api_id.p);
	assert_true(str_eq(json_text(v), STR("ConflictException")));
	v = manage(f, "CreateRoute", "{'apiId':'%s','routeKey':'jobs'}", f->api_id.p);
	assert_true(str_eq(json_text(v), STR("BadRequestException")));
	v = manage(f, "CreateRoute", "{'apiId':'%s','routeKey':'GET /x','target':'integrations/none'}", f->api_id.p);
	assert_true(str_eq(json_text(v), STR("NotFoundException")));
	v = manage(f, "DeleteIntegration", "{'apiId':'%s','integrationId':'%s'}", f->api_id.p, f->integration.p);
	assert_true(str_eq(json_text(v), STR("ConflictException")));
	v = manage(f, "CreateStage", "{'apiId':'%s','stageName':'$default'}", f->api_id.p);
	assert_true(str_eq(json_text(v), STR("ConflictException")));
	v = manage(f, "GetStage", "{'apiId':'%s','stageName':'none'}", f->api_id.p);
	assert_true(str_eq(json_text(v), STR("NotFoundException")));
	v = manage(f, "GetApi", "{'apiId':'none'}");
	assert_true(str_eq(json_text(v), STR("NotFoundException")));
	manage(f, "TagResource", "{'resource-arn':'arn:aws:apigateway:us-east-1::/apis/%s','tags':{'a':'1'}}", f->api_id.p);
	v = manage(f, "GetApi", "{'apiId':'%s'}", f->api_id.p);
	assert_true(str_eq(json_get_text(json_get_c(v, "tags"), STR("a")), STR("1")));
	assert_true(str_ends(json_get_text(v, STR("apiEndpoint")), f->api_id));
	manage(f, "DeleteApi", "{'apiId':'%s'}", f->api_id.p);
	assert_int_equal(ask(f, "GET", "/jobs/1", NULL, 0, NULL), 404);
}

/* ---- JWT: an issuer of our own ---- */

struct issuer {
	struct http_server *server;
	struct http_listener *listener;
	struct str url, jwks;
	EVP_PKEY *key;
	char url_text[64];
};

static void ignore_exchange(void *context, struct http_exchange *x)
{
	(void)context;
	(void)x;
}

static void ignore_body(void *context, struct http_exchange *x, const void *bytes, size_t n)
{
	(void)context;
	(void)x;
	(void)bytes;
	(void)n;
}

static void issuer_answers(void *context, struct http_exchange *x)
{
	struct issuer *i = context;
	struct http_reply r;

	http_reply_init(&r, 200);
	r.body = str_ends(x->path, STR("openid-configuration"))
			 ? arena_printf(&x->arena, "{\"jwks_uri\":\"%s/keys\"}", i->url_text)
			 : i->jwks;
	http_respond(x, &r);
}

static struct str base64url_number(struct arena *a, EVP_PKEY *key, const char *name)
{
	unsigned char bytes[512];
	BIGNUM *n = NULL;

	assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
	int length = BN_bn2bin(n, bytes);
	BN_free(n);
	return base64url_encode(a, bytes, (size_t)length);
}

static void issuer_start(struct issuer *i, struct arena *a)
{
	struct http_handlers handlers = { .on_headers = ignore_exchange,
					  .on_body = ignore_body,
					  .on_end = issuer_answers,
					  .on_free = ignore_exchange,
					  .context = i };
	uint16_t port = 0;

	i->key = EVP_RSA_gen(2048);
	assert_non_null(i->key);
	struct str n = base64url_number(a, i->key, OSSL_PKEY_PARAM_RSA_N), e = base64url_number(a, i->key, OSSL_PKEY_PARAM_RSA_E);
	i->jwks = arena_printf(
		a, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"alg\":\"RS256\",\"n\":\"" STR_FMT "\",\"e\":\"" STR_FMT "\"}]}",
		STR_ARG(n), STR_ARG(e));
	assert_int_equal(
		http_server_new(&i->server,
				&(struct http_server_options){ .threads = 1, .max_connections = 8, .idle_timeout_seconds = 5 },
				&handlers, NULL),
		0);
	assert_int_equal(http_listen(i->server, "127.0.0.1", &port, NULL, &i->listener, NULL), 0);
	snprintf(i->url_text, sizeof(i->url_text), "http://127.0.0.1:%u", port);
}

static void issuer_stop(struct issuer *i)
{
	http_listener_close(i->listener);
	http_server_free(i->server);
	EVP_PKEY_free(i->key);
}

static struct str make_token(struct arena *a, EVP_PKEY *key, const char *claims)
{
	static const char head[] = "{\"alg\":\"RS256\",\"kid\":\"k1\"}";
	struct str header = base64url_encode(a, head, sizeof(head) - 1);
	struct str body =
		arena_printf(a, STR_FMT "." STR_FMT, STR_ARG(header), STR_ARG(base64url_encode(a, claims, strlen(claims))));
	unsigned char signature[512];
	size_t n = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &n, (const unsigned char *)body.p, body.n), 1);
	EVP_MD_CTX_free(context);
	return arena_printf(a, "Bearer " STR_FMT "." STR_FMT, STR_ARG(body), STR_ARG(base64url_encode(a, signature, n)));
}

static int ask_with(struct fixture *f, struct str token)
{
	struct http_header header[] = { { STR("Authorization"), token } };

	return ask(f, "GET", "/mine", header, 1, NULL);
}

static int ask_claiming(struct fixture *f, struct issuer *i, const char *issuer, const char *audience, int expires_in,
			const char *more)
{
	struct str claims = arena_printf(&f->arena, "{\"iss\":\"%s\",\"aud\":\"%s\",\"exp\":%lld,\"sub\":\"u\"%s}", issuer,
					 audience, (long long)(clock_wall_ms() / 1000 + expires_in), more);

	return ask_with(f, make_token(&f->arena, i->key, claims.p));
}

static void test_jwt(void **state)
{
	struct fixture *f = *state;
	struct issuer i = { 0 };

	issuer_start(&i, &f->arena);
	struct str id = member(
		f,
		manage(f, "CreateAuthorizer",
		       "{'apiId':'%s','authorizerType':'JWT','name':'j','identitySource':['$request.header.Authorization'],"
		       "'jwtConfiguration':{'issuer':'%s','audience':['app']}}",
		       f->api_id.p, i.url_text),
		"authorizerId");
	manage(f, "CreateRoute",
	       "{'apiId':'%s','routeKey':'GET /mine','authorizationType':'JWT','authorizerId':'%s',"
	       "'authorizationScopes':['read'],'target':'integrations/%s'}",
	       f->api_id.p, id.p, f->integration.p);
	assert_int_equal(ask(f, "GET", "/mine", NULL, 0, NULL), 401);
	assert_int_equal(ask_with(f, STR("Bearer x.y.z")), 401);
	assert_int_equal(ask_claiming(f, &i, i.url_text, "app", 60, ",\"scope\":\"write read\""), 200);
	has(function.event, "\"authorizer\":{\"jwt\":{\"claims\":{");
	has(function.event, "\"sub\":\"u\"");
	has(function.event, "\"scopes\":[\"write\",\"read\"]");
	assert_int_equal(ask_claiming(f, &i, i.url_text, "app", 60, ",\"scope\":\"write\""), 403);
	assert_int_equal(ask_claiming(f, &i, i.url_text, "other", 60, ",\"scope\":\"read\""), 401);
	assert_int_equal(ask_claiming(f, &i, "http://127.0.0.1:1", "app", 60, ",\"scope\":\"read\""), 401);
	assert_int_equal(ask_claiming(f, &i, i.url_text, "app", -5, ",\"scope\":\"read\""), 401);
	assert_int_equal(ask_claiming(f, &i, i.url_text, "app", 60, ",\"scope\":\"read\",\"nbf\":99999999999"), 401);
	EVP_PKEY *stranger = EVP_RSA_gen(2048);
	EVP_PKEY *own = i.key;
	i.key = stranger;
	assert_int_equal(ask_claiming(f, &i, i.url_text, "app", 60, ",\"scope\":\"read\""), 401);
	assert_true(str_eq(f->response.body, STR("{\"message\":\"Unauthorized\"}")));
	i.key = own;
	EVP_PKEY_free(stranger);
	issuer_stop(&i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_request_and_answer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_answers_of_other_kinds, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_route, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_time_limit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_body, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cors, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_throttling, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stage_of_a_deployment, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_iam_needs_a_signature, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_management, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_jwt, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
