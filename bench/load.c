/* SPDX-License-Identifier: Apache-2.0
 *
 * A load of signed requests from many connections, one thread each, with the project's own client.
 *
 *   load KIND ENDPOINT ACCESS_KEY SECRET_KEY CONNECTIONS REQUESTS [TARGET]
 *
 * KIND: put-object, get-object (TARGET: size in bytes), put-item, update-item, get-item, invoke (TARGET: function),
 * start-execution, start-sync-execution (TARGET: ARN of a state machine). Prints one JSON line: requests, seconds, errors, and
 * the p50 and p99 of the latency in microseconds. Signing is the client's cost, not the server's.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/client.h"
#include "base/encode.h"
#include "base/limits.h"
#include "format/uri.h"
#include "http/client.h"
#include "os/clock.h"
#include "os/thread.h"

struct load {
	const char *kind, *target;
	struct str endpoint, access_key, secret_key;
	long connections, requests; /* requests: for each connection */
};

struct worker {
	const struct load *load;
	int number;
	pthread_t thread;
	int64_t *latencies;
	long errors;
};

/* One request's method, URL, headers and body. */
struct shape {
	struct str method, service, path, target, content_type, body;
};

static struct shape item_shape(struct arena *a, const struct worker *w, long i)
{
	struct shape s = { .method = STR("POST"),
			   .service = STR("dynamodb"),
			   .path = STR("/"),
			   .content_type = STR("application/x-amz-json-1.0") };
	const char *kind = w->load->kind;

	if (str_eq_c(STR("put-item"), kind)) {
		s.target = STR("DynamoDB_20120810.PutItem");
		s.body = arena_printf(
			a,
			"{\"TableName\":\"bench\",\"Item\":{\"id\":{\"S\":\"%d-%ld\"},\"status\":{\"S\":\"upload_pending\"},"
			"\"created_at\":{\"S\":\"2026-11-22T09:30:00Z\"},\"n\":{\"N\":\"%ld\"},\"note\":{\"S\":\"a record of the "
			"size of a job's\"}}}",
			w->number, i, i);
	} else if (str_eq_c(STR("get-item"), kind)) {
		s.target = STR("DynamoDB_20120810.GetItem");
		s.body = arena_printf(a, "{\"TableName\":\"bench\",\"Key\":{\"id\":{\"S\":\"%d-0\"}}}", w->number);
	} else {
		s.target = STR("DynamoDB_20120810.UpdateItem");
		s.body = arena_printf(a,
				      "{\"TableName\":\"bench\",\"Key\":{\"id\":{\"S\":\"%d-%ld\"}},\"UpdateExpression\":\"SET "
				      "#s = :s, n = :n\","
				      "\"ExpressionAttributeNames\":{\"#s\":\"status\"},\"ExpressionAttributeValues\":{\":s\":{"
				      "\"S\":\"processing\"},"
				      "\":n\":{\"N\":\"%ld\"}}}",
				      w->number, i % 100, i);
	}
	return s;
}

static struct shape execution_shape(struct arena *a, const struct worker *w)
{
	bool waits = str_eq_c(STR("start-sync-execution"), w->load->kind);

	return (struct shape){ .method = STR("POST"),
			       .service = STR("states"),
			       .path = STR("/"),
			       .content_type = STR("application/x-amz-json-1.0"),
			       .target = waits ? STR("AWSStepFunctions.StartSyncExecution")
					       : STR("AWSStepFunctions.StartExecution"),
			       .body = arena_printf(a, "{\"stateMachineArn\":\"%s\",\"input\":\"{}\"}", w->load->target) };
}

static struct shape shape_of(struct arena *a, const struct worker *w, long i, struct str bytes)
{
	const char *kind = w->load->kind;

	if (str_eq_c(STR("put-object"), kind))
		return (struct shape){ .method = STR("PUT"),
				       .service = STR("s3"),
				       .body = bytes,
				       .path = arena_printf(a, "/bench/%d/%ld", w->number, i % 64),
				       .content_type = STR("application/octet-stream") };
	if (str_eq_c(STR("get-object"), kind))
		return (struct shape){ .method = STR("GET"),
				       .service = STR("s3"),
				       .path = arena_printf(a, "/bench/%d/0", w->number) };
	if (str_eq_c(STR("invoke"), kind))
		return (struct shape){ .method = STR("POST"),
				       .service = STR("lambda"),
				       .body = STR("{}"),
				       .path = arena_printf(a, "/2015-03-31/functions/%s/invocations", w->load->target) };
	if (strncmp(kind, "start-", 6) == 0)
		return execution_shape(a, w);
	return item_shape(a, w, i);
}

static int send_one(struct worker *w, struct http_client *client, struct sigv4_key_cache *keys, long i, struct str bytes)
{
	struct arena a;
	struct error err = { 0 };
	struct http_client_response response = { 0 };
	struct http_header headers[8] = { 0 };
	struct uri uri;
	size_t count = 1, added = 0;
	uint8_t hash[SHA256_SIZE];

	arena_init(&a, MIB(64));
	struct shape s = shape_of(&a, w, i, bytes);
	struct sigv4_credentials credentials = { w->load->access_key, w->load->secret_key, STR_NULL };
	int result = uri_parse(w->load->endpoint, &uri, &err);
	headers[0] = (struct http_header){ STR("Host"), arena_printf(&a, STR_FMT ":%u", STR_ARG(uri.host), uri.port) };
	if (s.content_type.p)
		headers[count++] = (struct http_header){ STR("Content-Type"), s.content_type };
	if (s.target.p)
		headers[count++] = (struct http_header){ STR("X-Amz-Target"), s.target };
	sha256(s.body.p ? s.body.p : "", s.body.n, hash);
	struct sigv4_request to_sign = { .method = s.method,
					 .path = s.path,
					 .headers = headers,
					 .header_count = count,
					 .payload_hash = hex_str(&a, hash, sizeof(hash)) };
	if (!result)
		result = sigv4_sign(&a, &to_sign, &credentials, STR("us-east-1"), s.service, clock_wall_ms(), keys,
				    headers + count, &added, &err);
	struct http_client_request request = { .method = s.method,
					       .url = arena_concat(&a, w->load->endpoint, s.path),
					       .headers = headers + 1,
					       .header_count = count + added - 1,
					       .body = s.body };
	int64_t begin = clock_mono_ns();
	if (!result)
		result = http_client_send(client, &a, &request, MIB(64), &response, &err);
	w->latencies[i] = clock_mono_ns() - begin;
	if (result || response.status >= 300) {
		if (!w->errors)
			fprintf(stderr, "load: %s %d " STR_FMT "\n", err.message, response.status, STR_ARG(response.body));
		w->errors++;
	}
	arena_release(&a);
	return result;
}

static void work(void *argument)
{
	struct worker *w = argument;
	struct http_client_options options = { 0 };
	struct sigv4_key_cache keys = { 0 };
	struct http_client *client;
	size_t size = w->load->target ? (size_t)strtoul(w->load->target, NULL, 10) : 0;
	char *bytes = calloc(1, size + 1);

	if (!http_client_new(&client, &options, NULL)) {
		for (long i = 0; i < w->load->requests; i++)
			if (send_one(w, client, &keys, i, str_of(bytes, size)))
				break;
		http_client_free(client);
	}
	free(bytes);
}

static void *thread(void *argument)
{
	work(argument);
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void print(const struct load *load, struct worker *workers, int64_t ns)
{
	size_t total = (size_t)(load->connections * load->requests), n = 0;
	int64_t *all = calloc(total + 1, sizeof(*all));
	long errors = 0;

	for (long c = 0; c < load->connections; c++) {
		memcpy(all + n, workers[c].latencies, (size_t)load->requests * sizeof(*all));
		n += (size_t)load->requests;
		errors += workers[c].errors;
	}
	qsort(all, total, sizeof(*all), by_value);
	printf("{\"requests\":%zu,\"seconds\":%.6f,\"errors\":%ld,\"p50_us\":%.1f,\"p99_us\":%.1f}\n", total, (double)ns / 1e9,
	       errors, (double)all[total / 2] / 1e3, (double)all[total * 99 / 100] / 1e3);
	free(all);
}

int main(int argc, char **argv)
{
	if (argc < 7) {
		fprintf(stderr, "usage: load KIND ENDPOINT ACCESS_KEY SECRET_KEY CONNECTIONS REQUESTS [TARGET]\n");
		return 2;
	}
	struct load load = { .kind = argv[1],
			     .endpoint = str_c(argv[2]),
			     .access_key = str_c(argv[3]),
			     .secret_key = str_c(argv[4]),
			     .connections = strtol(argv[5], NULL, 10),
			     .requests = strtol(argv[6], NULL, 10),
			     .target = argc > 7 ? argv[7] : NULL };
	struct worker *workers = calloc((size_t)load.connections, sizeof(*workers));
	int64_t begin = clock_mono_ns();

	for (long c = 0; c < load.connections; c++) {
		workers[c] = (struct worker){ .load = &load,
					      .number = (int)c,
					      .latencies = calloc((size_t)load.requests, sizeof(int64_t)) };
		if (pthread_create(&workers[c].thread, NULL, thread, &workers[c]))
			return 1;
	}
	for (long c = 0; c < load.connections; c++)
		pthread_join(workers[c].thread, NULL);
	print(&load, workers, clock_mono_ns() - begin);
	for (long c = 0; c < load.connections; c++)
		free(workers[c].latencies);
	free(workers);
	return 0;
}
