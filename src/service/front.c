/* SPDX-License-Identifier: Apache-2.0
 *
 * From HTTP to a call: whose request it is, its signature, its body, its operation.
 *
 *   on_headers  Host and Origin checked, service found, claim read; S3: signature verified now, so that a stranger's upload
 *               is refused before it arrives
 *   on_body     to the body receiver
 *   on_end      body checked; other services: signature verified over its hash; operation found; dispatched
 */
#include <stdio.h>

#include "base/encode.h"
#include "base/limits.h"
#include "service/auth.h"
#include "service/body.h"
#include "service/host_internal.h"
#include "service/parameters.h"
#include "service/route.h"

#define EXECUTE_API_PATH "/_aws/execute-api/"

struct front {
	struct call *call; /* NULL once dispatched or refused */
	struct body_receiver body;
	struct sigv4_claim claim;
	bool is_signed, verified;
	struct str wire_path; /* as signed; call->path may differ (bucket from the host name) */
};

/* Speaks for services that are not here, in the caller's protocol. */
static const struct service front_service = { .name = "front", .protocol = PROTOCOL_REST_JSON, .xml_namespace = "" };
static const struct service_error forbidden_host = { "ForbiddenHost", 403, NULL };
static const struct service_error forbidden_origin = { "ForbiddenOrigin", 403, NULL };
static const struct service_error unknown_service = { "UnknownService", 400, NULL };
static const struct service_error unknown_operation = { "UnknownOperationException", 400, NULL };
static const struct service_error invalid_action = { "InvalidAction", 400, NULL };
static const struct service_error method_not_allowed = { "MethodNotAllowed", 405,
							 "The specified method is not allowed against this resource." };
static const struct service_error not_implemented = {
	"NotImplemented", 400, "A header or query you provided implies functionality that is not implemented."
};
static const struct service_error serialization = { "SerializationException", 400, NULL };
static const struct service_error malformed_query = { "MalformedQueryString", 400, NULL };

static void refuse(struct front *f)
{
	struct call *call = f->call;

	f->call = NULL;
	body_release(&f->body);
	call_refuse(call);
}

static int refuse_with(struct call *call, const struct error *err)
{
	const struct service_error error = { err->name, err->status, NULL };

	return err->code == ERR_SERVICE ? call_failf(call, &error, "%s", err->message) : call_fault(call, err);
}

/* ---- where the request is for ---- */

/* The host name without its port. */
static struct str host_name(const struct http_exchange *x)
{
	struct str host = http_header(x, STR("Host"));
	ptrdiff_t colon = str_starts(host, STR("[")) ? str_find(host, STR("]:"), 0) + 1 : str_find_char(host, ':', 0);

	return colon > 0 ? str_sub(host, 0, (size_t)colon) : host;
}

/* A page on another site can make a browser send requests here, under a name that its owner points at 127.0.0.1: only
 * names that cannot be pointed elsewhere are served. */
static bool host_is_ours(const struct host *h, struct str name)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]", "host.docker.internal" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (str_eq_nocase(name, str_c(names[i])))
			return true;
	return str_ends(name, STR(".localhost")) || str_eq_c(name, h->options.listen_address) || str_starts(name, STR("127."));
}

static bool origin_is_ours(const struct host *h, const struct http_exchange *x)
{
	struct str origin = http_header(x, STR("Origin"));
	struct uri uri;

	if (!origin.p)
		return true;
	return uri_parse(origin, &uri, NULL) == 0 && host_is_ours(h, uri.host) && uri.port == h->port;
}

static void set_service(struct call *call, const struct host_service *s)
{
	call->service = s->service;
	call->state = s->state;
	call->protocol = s->service->protocol;
	if (s->service->target_prefix && s->service->xml_namespace)
		call->protocol = call_header(call, STR("X-Amz-Target")).p ? PROTOCOL_JSON : PROTOCOL_QUERY;
}

static struct host_service *service_signed_for(struct host *h, struct str signing_name)
{
	for (size_t i = 0; i < h->service_count; i++) {
		const struct service *s = h->services[i].service;
		if (str_eq_c(signing_name, s->signing_name ? s->signing_name : s->name))
			return &h->services[i];
	}
	return NULL;
}

static struct host_service *service_of_target(struct host *h, struct str target)
{
	for (size_t i = 0; i < h->service_count; i++) {
		const struct service *s = h->services[i].service;
		if (s->target_prefix && str_starts(target, str_c(s->target_prefix)))
			return &h->services[i];
	}
	return NULL;
}

/* Unsigned requests: a target header, a form (only STS has unsigned forms), else S3, whose bucket policies may allow strangers.
 */
static struct host_service *service_of_unsigned(struct call *call)
{
	struct str target = call_header(call, STR("X-Amz-Target"));

	if (target.p)
		return service_of_target(call->host, target);
	bool form = str_starts(call_header(call, STR("Content-Type")), STR("application/x-www-form-urlencoded"));
	if (form && str_eq(call->path, STR("/")))
		return host_find_service(call->host, STR("sts"));
	return host_find_service(call->host, STR("s3"));
}

/* "<bucket>.s3.localhost", "<bucket>.s3.<region>.localhost", "<bucket>.localhost": the bucket goes before the path. */
static void add_bucket_of_host(struct call *call)
{
	struct str name = call->host_name;

	if (!str_ends(name, STR(".localhost")) || str_eq(name, STR("s3.localhost")))
		return;
	ptrdiff_t end = str_find(name, STR(".s3."), 0);
	struct str bucket = end > 0 ? str_sub(name, 0, (size_t)end) : str_sub(name, 0, name.n - strlen(".localhost"));
	if (str_starts(bucket, STR("s3.")))
		return;
	call->path = arena_printf(&call->arena, "/" STR_FMT STR_FMT, STR_ARG(bucket), STR_ARG(call->path));
}

/* "/_aws/execute-api/<id>/rest" or "<id>.execute-api.localhost": the API's own routes. */
static bool find_api(struct call *call)
{
	struct str id = STR_NULL, rest = call->path;
	ptrdiff_t at = str_find(call->host_name, STR(".execute-api."), 0);

	if (at > 0) {
		id = str_sub(call->host_name, 0, (size_t)at);
	} else if (str_starts(call->path, STR(EXECUTE_API_PATH))) {
		struct str after = str_from(call->path, strlen(EXECUTE_API_PATH));
		size_t n = after.n;
		id = str_split(&after, '/');
		rest = after.p ? str_from(call->path, call->path.n - (n - id.n)) : STR("/");
	}
	if (!id.p)
		return false;
	struct json *parameters = json_new_object(&call->arena);
	json_put(&call->arena, parameters, STR("ApiId"), json_new_string(&call->arena, id));
	call->parameters = parameters;
	call->path = rest;
	return true;
}

static const struct operation execute_api = { .name = "Execute", .kind = OPERATION_ASYNC };

static int find_service(struct front *f)
{
	struct call *call = f->call;
	struct host_service *s;

	if (find_api(call) && (s = host_find_service(call->host, STR("apigatewayv2")))) {
		set_service(call, s);
		call->operation = &execute_api;
		return 0;
	}
	s = f->is_signed ? service_signed_for(call->host, f->claim.service) : service_of_unsigned(call);
	if (!s) {
		bool form = str_starts(call_header(call, STR("Content-Type")), STR("application/x-www-form-urlencoded"));
		call->protocol = call_header(call, STR("X-Amz-Target")).p ? PROTOCOL_JSON
				 : form                                   ? PROTOCOL_QUERY
									  : PROTOCOL_REST_JSON;
		return call_failf(call, &unknown_service, "This server has no service '" STR_FMT "'.", STR_ARG(f->claim.service));
	}
	set_service(call, s);
	if (call->protocol == PROTOCOL_REST_XML)
		add_bucket_of_host(call);
	return 0;
}

/* ---- headers ---- */

static bool is_s3(const struct call *call)
{
	return call->protocol == PROTOCOL_REST_XML;
}

static bool is_object_upload(const struct call *call)
{
	struct str rest = str_from(call->path, 1);

	str_split(&rest, '/');
	return is_s3(call) && str_eq(call->method, STR("PUT")) && rest.n > 0;
}

static bool is_streaming(struct str payload_hash)
{
	return str_starts(payload_hash, STR("STREAMING-"));
}

/* S3 signs a hash it is told, so the signature can be judged before the body comes. */
static int verify_s3(struct front *f, uint8_t signing_key[SHA256_SIZE])
{
	static const struct service_error missing = { "MissingSecurityHeader", 400,
						      "Your request was missing a required header: x-amz-content-sha256" };
	struct call *call = f->call;

	if (!f->is_signed)
		return 0;
	if (!f->claim.payload_hash.p)
		return call_fail(call, &missing);
	f->verified = true;
	return auth_verify(call, f->wire_path, call->query_text, &f->claim, f->claim.payload_hash, signing_key);
}

static int start_body(struct front *f, struct http_exchange *x)
{
	struct call *call = f->call;
	uint8_t signing_key[SHA256_SIZE] = { 0 };
	struct error err = { 0 };

	if (is_s3(call) && verify_s3(f, signing_key))
		return ERR_SERVICE;
	if (body_start(&f->body, call, is_object_upload(call), &err))
		return refuse_with(call, &err);
	if (is_s3(call) && f->is_signed && is_streaming(f->claim.payload_hash) &&
	    body_expect_chunks(&f->body, &f->claim, signing_key, &err))
		return refuse_with(call, &err);
	if (x->content_length > 0 && (uint64_t)x->content_length > f->body.max + MIB(64)) {
		error_set_service(&err, is_s3(call) ? 400 : 413,
				  is_s3(call) ? "EntityTooLarge" : "RequestEntityTooLargeException",
				  "The request's body is too large.");
		return refuse_with(call, &err);
	}
	return 0;
}

static int read_head(struct front *f, struct http_exchange *x)
{
	struct call *call = f->call;
	struct host *h = call->host;

	if (!host_is_ours(h, call->host_name))
		return call_failf(call, &forbidden_host, "This server does not serve the host name '" STR_FMT "'.",
				  STR_ARG(call->host_name));
	if (x->query.p && uri_query_parse(&call->arena, x->query, false, &call->query))
		return call_failf(call, &malformed_query, "The query string is malformed.");
	call->protocol = PROTOCOL_REST_XML;
	/* A browser asks first (CORS) at the address it will use: a presigned URL's signature is not for that question. */
	bool preflight = str_eq(call->method, STR("OPTIONS"));
	int claimed = preflight ? 0 : auth_claim(call, x->path, x->query, &f->claim);
	if (claimed < 0) {
		call->service = host_find_service(h, STR("s3")) ? host_find_service(h, STR("s3"))->service : &front_service;
		return claimed;
	}
	f->is_signed = claimed == 1;
	if (find_service(f))
		return ERR_SERVICE;
	bool cors = is_s3(call) || call->operation == &execute_api;
	if (!cors && !origin_is_ours(h, x))
		return call_failf(call, &forbidden_origin, "Requests from another site's pages are not served.");
	return start_body(f, x);
}

static void on_headers(void *context, struct http_exchange *x)
{
	struct host *h = context;

	if (admin_answer(h, x))
		return;
	struct front *f = ARENA_NEW(&x->arena, struct front);
	struct call *call = f && atomic_load(&h->ready) ? call_new(h) : NULL;
	if (!call) {
		struct http_reply r;
		http_reply_init(&r, 503);
		http_respond(x, &r);
		return;
	}
	call->exchange = x;
	call->service = &front_service;
	call->protocol = PROTOCOL_REST_JSON;
	call->method = x->method;
	call->path = f->wire_path = x->path;
	call->query_text = x->query;
	call->headers = x->headers;
	call->header_count = x->header_count;
	call->host_name = host_name(x);
	call->remote = x->remote;
	f->call = call;
	x->user = f;
	if (read_head(f, x))
		refuse(f);
}

static void on_body(void *context, struct http_exchange *x, const void *bytes, size_t n)
{
	struct front *f = x->user;
	struct error err = { 0 };

	(void)context;
	if (!f || !f->call || !body_add(&f->body, bytes, n, &err))
		return;
	refuse_with(f->call, &err);
	refuse(f);
}

/* ---- the end of the body ---- */

static const struct service_error hash_differs = {
	"XAmzContentSHA256Mismatch", 400, "The provided 'x-amz-content-sha256' header does not match what was computed."
};

/* S3's signature was judged over the hash it declared: that must be the body's. The others' is judged over the body's own. */
static int verify_body(struct front *f)
{
	struct call *call = f->call;
	uint8_t signing_key[SHA256_SIZE];
	char hex[2 * SHA256_SIZE];
	struct str declared = f->claim.payload_hash;

	hex_encode(hex, call->body.sha256, SHA256_SIZE);
	struct str computed = str_of(hex, sizeof(hex));
	if (!f->is_signed)
		return 0;
	if (f->verified) {
		bool hashed = !is_streaming(declared) && !str_eq(declared, STR(SIGV4_UNSIGNED_PAYLOAD));
		return hashed && !str_eq(declared, computed) ? call_fail(call, &hash_differs) : 0;
	}
	struct str hash = str_eq(declared, STR(SIGV4_UNSIGNED_PAYLOAD)) ? declared : computed;
	return auth_verify(call, f->wire_path, call->query_text, &f->claim, hash, signing_key);
}

static int find_json_operation(struct call *call)
{
	struct str target = call_header(call, STR("X-Amz-Target"));
	struct str prefix = str_c(call->service->target_prefix);
	struct error err = { 0 };

	if (str_starts(target, prefix) && target.n > prefix.n + 1 && target.p[prefix.n] == '.')
		call->operation = route_by_name(call->service, str_from(target, prefix.n + 1));
	if (!call->operation)
		return call_failf(call, &unknown_operation, "The operation '" STR_FMT "' is not supported.", STR_ARG(target));
	struct str bytes = call->body.bytes.n ? call->body.bytes : STR("{}");
	if (json_parse(&call->arena, bytes, &call->parameters, &err) || call->parameters->type != JSON_OBJECT)
		return call_failf(call, &serialization, "%s",
				  err.code ? err.message : "The request's body is not a JSON object.");
	return 0;
}

static int find_query_operation(struct call *call)
{
	struct uri_query form;
	struct error err = { 0 };

	if (uri_query_parse(&call->arena, call->body.bytes, true, &form))
		return call_failf(call, &malformed_query, "The request's form is malformed.");
	struct str action = uri_query_get(&form, STR("Action"));
	call->operation = route_by_name(call->service, action);
	if (!call->operation)
		return call_failf(call, &invalid_action, "Could not find operation " STR_FMT " for version %s", STR_ARG(action),
				  call->service->api_version ? call->service->api_version : "");
	if (parameters_from_form(&call->arena, call->body.bytes, &call->parameters, &err))
		return call_failf(call, &malformed_query, "%s", err.message);
	if (call->service->dialect && !(call->parameters = call->service->dialect->parameters(call, call->parameters)))
		return call_fault(call, NULL);
	return 0;
}

static int find_rest_operation(struct call *call)
{
	const struct json *labels = NULL;
	struct error err = { 0 };

	call->operation = route_by_path(call, call->service, &labels);
	if (!call->operation && is_s3(call))
		return call_fail(call, call->query.count ? &not_implemented : &method_not_allowed);
	if (!call->operation)
		return call_failf(call, &unknown_operation, "No operation of %s has the route " STR_FMT " " STR_FMT ".",
				  call->service->name, STR_ARG(call->method), STR_ARG(call->path));
	if (parameters_from_rest(call, labels, &call->parameters, &err))
		return call_failf(call, &serialization, "%s", err.message);
	return 0;
}

static int find_operation(struct call *call)
{
	if (call->operation == &execute_api)
		return 0;
	switch (call->protocol) {
	case PROTOCOL_JSON:
		return find_json_operation(call);
	case PROTOCOL_QUERY:
		return find_query_operation(call);
	case PROTOCOL_REST_JSON:
	case PROTOCOL_REST_XML:
		break;
	}
	return find_rest_operation(call);
}

/* An unsigned request passes where the operation says so, or where policies are evaluated and may allow it. */
static int check_signed(const struct front *f)
{
	struct call *call = f->call;

	if (f->is_signed || call->operation->anonymous || call->operation == &execute_api)
		return 0;
	if (is_s3(call) && call->host->options.hooks.authorize)
		return 0;
	return auth_refuse_unsigned(call);
}

static void go(struct call *call)
{
	if (call->operation != &execute_api) {
		call_dispatch(call);
		return;
	}
	reply_open(call);
	int result = call->service->fallback(call);
	if (result != CALL_PENDING)
		call_complete(call, result);
}

static void seal(void *argument)
{
	struct call *call = argument;
	struct error err = { 0 };

	if (blob_seal(call->body.file, &err)) {
		call_fault(call, &err);
		call_refuse(call);
		return;
	}
	go(call);
}

/* Objects keep their coding, and what a function of an API does with it is the function's. */
static int open_body(struct call *call)
{
	struct error err = { 0 };

	if (is_s3(call) || call->operation == &execute_api || body_inflate(call, &err) == 0)
		return 0;
	return refuse_with(call, &err);
}

static void on_end(void *context, struct http_exchange *x)
{
	struct front *f = x->user;
	struct error err = { 0 };

	(void)context;
	if (!f || !f->call)
		return;
	struct call *call = f->call;
	if (body_finish(&f->body, &err))
		refuse_with(call, &err);
	if (call->error.code || verify_body(f) || open_body(call) || find_operation(call) || check_signed(f)) {
		refuse(f);
		return;
	}
	f->call = NULL;
	body_release(&f->body);
	if (!call->body.file) {
		go(call);
	} else if (pool_run(call->host->pool, seal, call)) {
		error_set(&err, ERR_UNAVAILABLE, "the pool's queue is full");
		call_fault(call, &err);
		call_refuse(call);
	}
}

static void on_free(void *context, struct http_exchange *x)
{
	struct front *f = x->user;

	(void)context;
	if (!f || !f->call)
		return;
	body_release(&f->body);
	call_free(f->call);
	f->call = NULL;
}

const struct http_handlers front_handlers = {
	.on_headers = on_headers,
	.on_body = on_body,
	.on_end = on_end,
	.on_free = on_free,
};
