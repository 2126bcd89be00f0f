/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/api.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/limits.h"
#include "cli/profile.h"
#include "format/uri.h"
#include "os/clock.h"

#define DEFAULT_ENDPOINT "http://127.0.0.1:4566"

enum { REPLY_MAX = 64 * 1024 * 1024, UPLOAD_HEADERS_MAX = 16 };

struct api {
	struct arena arena; /* as long as the connection */
	struct http_client *http;
	struct str url; /* without a slash at its end */
	bool is_signed;
	struct sigv4_credentials credentials;
	struct str region;
	struct sigv4_key_cache keys;
};

static int send(struct api *api, struct arena *a, const struct http_client_request *request,
		struct http_client_response *response, struct error *err)
{
	return http_client_send(api->http, a, request, REPLY_MAX, response, err);
}

/* Asks the server where its API is. */
static int find_api(struct api *api, const char *endpoint, struct error *err)
{
	const char *from_environment = getenv("AWS_ENDPOINT_URL");
	struct http_client_request request = { .method = STR("GET") };
	struct http_client_response response;
	const struct json *info;

	if (!endpoint)
		endpoint = from_environment && *from_environment ? from_environment : DEFAULT_ENDPOINT;
	request.url = arena_printf(&api->arena, "%s/_gleaner/info", endpoint);
	int result = send(api, &api->arena, &request, &response, err);
	if (result)
		return error_prefix(err, "no gleaner server at %s (start one with 'gleaner serve')", endpoint), result;
	if (response.status != 200 || json_parse(&api->arena, response.body, &info, NULL))
		return error_set(err, ERR_IO, "what answers at %s is no gleaner server", endpoint);
	api->url = json_get_text(info, STR("api_endpoint"));
	if (!api->url.p)
		return error_set(err, ERR_NOT_FOUND,
				 "the server at %s runs without the pipeline (--bare): name an API with --api", endpoint);
	return 0;
}

int api_open(struct api **out, const struct api_options *options, struct error *err)
{
	struct http_client_options http = { .ca_file = getenv("SSL_CERT_FILE") };
	struct api *api = calloc(1, sizeof(*api));
	int result;

	if (!api)
		return error_set(err, ERR_NO_MEMORY, "out of memory");
	arena_init(&api->arena, MIB(4));
	result = http_client_new(&api->http, &http, err);
	if (!result && options->profile) {
		api->is_signed = true;
		result = profile_load(&api->arena, options->profile, &api->credentials, &api->region, err);
	}
	if (options->region)
		api->region = str_c(options->region);
	if (!api->region.p)
		api->region = STR("us-east-1");
	if (!result && options->api)
		api->url = str_c(options->api);
	else if (!result)
		result = find_api(api, options->endpoint, err);
	while (str_ends(api->url, STR("/")))
		api->url.n--;
	if (result) {
		api_close(api);
		return result;
	}
	*out = api;
	return 0;
}

void api_close(struct api *api)
{
	if (!api)
		return;
	http_client_free(api->http);
	arena_release(&api->arena);
	free(api);
}

/* Adds what SigV4 adds. headers[0] is Host: the client sends its own, which is the same. */
static int sign(struct api *api, struct arena *a, struct http_client_request *request, struct http_header *headers, size_t *count,
		struct error *err)
{
	struct uri uri;
	uint8_t hash[SHA256_SIZE];
	size_t added = 0;
	int result = uri_parse(request->url, &uri, err);

	if (result)
		return result;
	bool usual = uri.port == (str_eq(uri.scheme, STR("https")) ? 443 : 80);
	headers[0] = (struct http_header){ STR("Host"),
					   usual ? uri.host : arena_printf(a, STR_FMT ":%u", STR_ARG(uri.host), uri.port) };
	sha256(request->body.p ? request->body.p : "", request->body.n, hash);
	struct sigv4_request to_sign = { .method = request->method,
					 .path = uri.path,
					 .query = uri.query,
					 .headers = headers,
					 .header_count = *count,
					 .payload_hash = hex_str(a, hash, sizeof(hash)) };
	result = sigv4_sign(a, &to_sign, &api->credentials, api->region, STR("execute-api"), clock_wall_ms(), &api->keys,
			    headers + *count, &added, err);
	*count += added;
	return result;
}

/* {"error":{"code","message"}} of the handlers, {"message"} of the gateway. */
static int read_error(const struct http_client_response *response, const struct json *body, struct error *err)
{
	const struct json *error = json_get_c(body, "error");
	struct str code = json_get_text(error, STR("code")), message = json_get_text(error, STR("message"));
	char name[ERROR_NAME_MAX];

	if (!message.p)
		message = json_get_text(body, STR("message"));
	snprintf(name, sizeof(name), STR_FMT, STR_ARG(code.p ? code : STR("Gateway")));
	return error_set_service(err, response->status, name, "%d " STR_FMT, response->status,
				 STR_ARG(message.p ? message : str_c(http_reason(response->status))));
}

int api_send(struct api *api, struct arena *a, const char *method, struct str target, const struct json *body,
	     const struct json **reply, struct error *err)
{
	struct http_header headers[8] = { { STR("Host"), STR("") }, { STR("Content-Type"), STR("application/json") } };
	struct http_client_request request = { .method = str_c(method), .url = arena_concat(a, api->url, target) };
	struct http_client_response response;
	const struct json *parsed = NULL;
	size_t count = 2;
	int result = 0;

	if (body)
		request.body = json_to_str(a, body);
	if (api->is_signed)
		result = sign(api, a, &request, headers, &count, err);
	request.headers = headers + 1;
	request.header_count = count - 1;
	if (!result)
		result = send(api, a, &request, &response, err);
	if (result)
		return result;
	if (response.body.n && json_parse(a, response.body, &parsed, NULL) && response.status < 400)
		return error_set(err, ERR_CORRUPT, "the API's answer is not JSON");
	if (response.status >= 400)
		return read_error(&response, parsed, err);
	if (reply)
		*reply = parsed;
	return 0;
}

/* S3's words for a refused upload are XML: the status says enough here. */
static int upload(struct api *api, struct arena *a, const struct json *upload, struct str bytes, struct error *err)
{
	struct http_header headers[UPLOAD_HEADERS_MAX];
	const struct json *given = json_get_c(upload, "headers");
	struct http_client_request request = { .method = json_get_text(upload, STR("method")),
					       .url = json_get_text(upload, STR("url")),
					       .headers = headers,
					       .body = bytes };
	struct http_client_response response;

	for (size_t i = 0; json_is(given, JSON_OBJECT) && i < given->count && request.header_count < UPLOAD_HEADERS_MAX; i++)
		if (!str_eq_nocase(given->members[i].name, STR("content-length")))
			headers[request.header_count++] =
				(struct http_header){ given->members[i].name, json_text(given->members[i].value) };
	int result = send(api, a, &request, &response, err);
	if (!result && response.status >= 300)
		result = error_set_service(err, response.status, "UploadRefused", "the upload was refused: %d %s",
					   response.status, http_reason(response.status));
	return result;
}

int api_submit(struct api *api, struct arena *a, struct str bytes, struct str *job_id, struct error *err)
{
	struct json *body = json_new_object(a);
	const struct json *reply = NULL;
	uint8_t hash[SHA256_SIZE];

	sha256(bytes.p, bytes.n, hash);
	json_put(a, body, STR("content_length"), json_new_i64(a, (int64_t)bytes.n));
	json_put(a, body, STR("checksum_sha256"), json_new_string(a, base64_encode(a, hash, sizeof(hash))));
	int result = api_send(api, a, "POST", STR("/jobs"), body, &reply, err);
	if (result)
		return result;
	*job_id = json_get_text(reply, STR("job_id"));
	return upload(api, a, json_get_c(reply, "upload"), bytes, err);
}

int api_download(struct api *api, struct arena *a, struct str url, struct str *bytes, struct error *err)
{
	struct http_client_request request = { .method = STR("GET"), .url = url };
	struct http_client_response response;
	int result = send(api, a, &request, &response, err);

	if (!result && response.status != 200)
		result = error_set_service(err, response.status, "DownloadRefused", "the download was refused: %d %s",
					   response.status, http_reason(response.status));
	if (!result)
		*bytes = response.body;
	return result;
}

bool api_is_settled(const struct json *job)
{
	struct str status = json_get_text(job, STR("status"));

	return str_eq(status, STR("succeeded")) || str_eq(status, STR("failed")) || str_eq(status, STR("expired"));
}
