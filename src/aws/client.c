/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/client.h"

#include <unistd.h>

#include "aws/endpoint.h"
#include "aws/reply.h"
#include "aws/retry.h"
#include "base/encode.h"
#include "base/limits.h"
#include "http/client.h"
#include "os/clock.h"
#include "os/random.h"

enum {
	ATTEMPTS = 3,
	REQUEST_TIMEOUT_MS = 60000,
	DEADLINE_MARGIN_MS = 200, /* left to the caller to say that time ran out */
	SIGNED_HEADERS_MAX = 4,
};

struct aws_client {
	struct aws_client_options options;
	struct http_client *http; /* made by the first request */
	struct sigv4_key_cache keys[AWS_SERVICE_COUNT];
	int64_t deadline_ms;
	uint64_t requests;
};

int aws_client_new(struct aws_client **out, const struct aws_client_options *options, struct error *err)
{
	struct aws_client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return error_set(err, ERR_NO_MEMORY, "no memory for a client");
	c->options = *options;
	if (c->options.attempts <= 0)
		c->options.attempts = ATTEMPTS;
	*out = c;
	return 0;
}

void aws_client_free(struct aws_client *c)
{
	if (c == NULL)
		return;
	http_client_free(c->http);
	explicit_bzero(c->keys, sizeof(c->keys));
	free(c);
}

void aws_client_set_deadline(struct aws_client *c, int64_t wall_ms)
{
	c->deadline_ms = wall_ms;
}

uint64_t aws_client_requests(const struct aws_client *c)
{
	return c->requests;
}

/* Milliseconds a request that starts now may take; 0 or less: none are left. */
static int64_t time_left(const struct aws_client *c)
{
	if (c->deadline_ms == 0)
		return REQUEST_TIMEOUT_MS;
	int64_t left = c->deadline_ms - DEADLINE_MARGIN_MS - clock_wall_ms();
	return left < REQUEST_TIMEOUT_MS ? left : REQUEST_TIMEOUT_MS;
}

static int hash_file(int fd, uint64_t length, uint8_t out[SHA256_SIZE], struct error *err)
{
	struct digest d;
	char piece[KIB(16)];

	if (digest_init(&d, DIGEST_SHA256))
		return error_set(err, ERR_NO_MEMORY, "no memory for a digest");
	for (uint64_t at = 0; at < length;) {
		size_t want = length - at < sizeof(piece) ? (size_t)(length - at) : sizeof(piece);
		ssize_t got = pread(fd, piece, want, (off_t)at);
		if (got <= 0) {
			digest_release(&d);
			return got < 0 ? error_set_errno(err, "pread")
				       : error_set(err, ERR_IO, "the file is shorter than it was");
		}
		digest_add(&d, piece, (size_t)got);
		at += (uint64_t)got;
	}
	digest_finish(&d, out);
	digest_release(&d);
	return 0;
}

static int payload_hash(struct arena *a, const struct aws_request *request, struct str *out, struct error *err)
{
	uint8_t digest[SHA256_SIZE];

	if (str_is_set(request->payload_hash)) {
		*out = request->payload_hash;
		return 0;
	}
	if (!str_is_set(request->body) && request->length > 0) {
		int rc = hash_file(request->fd, request->length, digest, err);
		if (rc)
			return rc;
	} else {
		sha256(request->body.p, request->body.n, digest);
	}
	*out = hex_str(a, digest, sizeof(digest));
	return str_is_set(*out) ? 0 : error_set(err, ERR_NO_MEMORY, "no memory for a digest");
}

/* Host first, then the request's own; room is left for what signing adds. */
static struct http_header *with_host(struct arena *a, const struct aws_request *request, struct str host)
{
	struct http_header *headers = arena_alloc_array(a, request->header_count + 1 + SIGNED_HEADERS_MAX, sizeof(*headers));

	if (headers == NULL)
		return NULL;
	headers[0] = (struct http_header){ STR("Host"), host };
	if (request->header_count > 0)
		memcpy(headers + 1, request->headers, request->header_count * sizeof(*headers));
	return headers;
}

static struct str url_of(struct arena *a, const struct aws_endpoint *endpoint, struct str query)
{
	return arena_printf(a, STR_FMT STR_FMT "%s" STR_FMT, STR_ARG(endpoint->origin), STR_ARG(endpoint->path),
			    query.n ? "?" : "", STR_ARG(query));
}

/* Signs for now and sends once. */
static int attempt(struct aws_client *c, struct arena *a, const struct aws_request *request, const struct aws_endpoint *endpoint,
		   struct str hash, struct aws_reply *reply, struct error *err)
{
	struct http_header *headers = with_host(a, request, endpoint->host);
	size_t count = request->header_count + 1, added = 0;
	struct http_client_response response;

	if (headers == NULL)
		return error_set(err, ERR_NO_MEMORY, "no memory for a request");
	struct sigv4_request to_sign = { request->method, endpoint->path, request->query, headers, count, hash };
	const struct aws_service_info *info = aws_service_info(request->service);
	int rc = sigv4_sign(a, &to_sign, &c->options.credentials, c->options.region, str_c(info->host), clock_wall_ms(),
			    &c->keys[request->service], headers + count, &added, err);
	if (rc)
		return rc;
	int64_t left = time_left(c);
	if (left <= 0)
		return error_set(err, ERR_TIMEOUT, "no time is left for a request to %s", info->host);
	if (!str_is_set(request->body) && request->length > 0 && lseek(request->fd, 0, SEEK_SET) < 0)
		return error_set_errno(err, "lseek");
	struct http_client_request send = {
		.method = request->method,
		.url = url_of(a, endpoint, request->query),
		.headers = headers + 1,
		.header_count = count - 1 + added, /* the HTTP client adds Host itself */
		.body = request->body,
		.body_fd = request->fd,
		.body_length = request->length,
		.timeout_ms = (int)left,
	};
	c->requests++;
	rc = http_client_send(c->http, a, &send, request->max_reply, &response, err);
	if (rc)
		return rc;
	*reply = (struct aws_reply){ response.status, response.headers, response.header_count, response.body };
	return response.status < 300 ? 0 : aws_reply_error(a, reply, err);
}

/* Waits before the next attempt; false when the deadline does not allow it. */
static bool back_off(struct aws_client *c, enum retry_class class, int attempts, const struct aws_reply *reply)
{
	int64_t asked = retry_after_ms(http_headers_get(reply->headers, reply->header_count, STR("retry-after")));
	int64_t delay = asked >= 0 ? asked : (int64_t)random_below(retry_ceiling_ms(class, attempts) + 1);

	if (c->deadline_ms != 0 && delay >= time_left(c))
		return false;
	clock_sleep_ms(delay);
	return true;
}

int aws_send(struct aws_client *c, struct arena *a, const struct aws_request *request, struct aws_reply *reply, struct error *err)
{
	struct http_client_options options = { .ca_file = c->options.ca_file };
	struct aws_endpoint endpoint;
	struct str hash;

	int rc = c->http ? 0 : http_client_new(&c->http, &options, err);
	if (rc == 0)
		rc = aws_endpoint_resolve(a, &c->options, request->service, request->bucket, request->path, &endpoint, err);
	if (rc == 0)
		rc = payload_hash(a, request, &hash, err);
	if (rc)
		return rc;
	for (int attempts = 1;; attempts++) {
		struct error failure = { 0 };
		struct aws_reply answer = { 0 };
		rc = attempt(c, a, request, &endpoint, hash, &answer, &failure);
		if (rc == 0) {
			*reply = answer;
			return 0;
		}
		enum retry_class class = retry_classify(&failure);
		if (class == RETRY_NO || attempts >= c->options.attempts || !back_off(c, class, attempts, &answer)) {
			if (err != NULL)
				*err = failure;
			return rc;
		}
	}
}

int aws_call(struct aws_client *c, struct arena *a, enum aws_service service, const char *operation, const struct json *input,
	     const struct json **output, struct error *err)
{
	const struct aws_service_info *info = aws_service_info(service);
	struct aws_reply reply;
	struct http_header headers[] = {
		{ STR("Content-Type"), arena_printf(a, "application/x-amz-json-%s", info->json_version) },
		{ STR("X-Amz-Target"), arena_printf(a, "%s.%s", info->target, operation) },
	};
	struct aws_request request = {
		.service = service,
		.method = STR("POST"),
		.path = STR("/"),
		.headers = headers,
		.header_count = 2,
		.body = json_to_str(a, input),
		.max_reply = LIMIT_REPLY_BODY,
	};

	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory for a request");
	int rc = aws_send(c, a, &request, &reply, err);
	if (rc)
		return rc;
	if (reply.body.n == 0) {
		*output = &json_empty_object;
		return 0;
	}
	rc = json_parse(a, reply.body, output, err);
	return rc ? error_set(err, ERR_CORRUPT, "%s answered %s with something that is not JSON", info->host, operation) : 0;
}

int aws_presign(struct aws_client *c, struct arena *a, const struct aws_request *request, int64_t now_ms, int expires_s,
		struct str *url, struct error *err)
{
	struct aws_endpoint endpoint;
	struct str query;

	int rc = aws_endpoint_resolve(a, &c->options, request->service, request->bucket, request->path, &endpoint, err);
	if (rc)
		return rc;
	struct http_header *headers = with_host(a, request, endpoint.host);
	if (headers == NULL)
		return error_set(err, ERR_NO_MEMORY, "no memory for a URL");
	struct sigv4_request to_sign = {
		request->method, endpoint.path, request->query, headers, request->header_count + 1, STR(SIGV4_UNSIGNED_PAYLOAD)
	};
	rc = sigv4_presign(a, &to_sign, &c->options.credentials, c->options.region,
			   str_c(aws_service_info(request->service)->host), now_ms, expires_s, &query, err);
	if (rc)
		return rc;
	struct str text = url_of(a, &endpoint, query);
	if (!str_is_set(text))
		return error_set(err, ERR_NO_MEMORY, "no memory for a URL");
	*url = text;
	return 0;
}
