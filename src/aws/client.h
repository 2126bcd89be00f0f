/* SPDX-License-Identifier: Apache-2.0
 *
 * The AWS client of the functions and the command line: signs, retries, reads errors.
 *
 * A client makes no connection and no TLS context before its first request, keeps connections and signing keys between
 * requests, and is used by one thread at a time. Requests end before the client's deadline. Replies live in the arena
 * the caller passes. A service's error is ERR_SERVICE with its code in err->name and the HTTP status in err->status.
 *
 * Retries follow the SDKs' "standard" mode: at most 3 attempts, for throttling (by the service's code, or 429), 500, 502,
 * 503, 504, timeouts and broken connections; full jitter under a capped exponential; Retry-After is honoured. So a
 * conditional write may answer "condition failed" because its own first attempt went through: callers allow for it.
 */
#ifndef GLEANER_AWS_CLIENT_H
#define GLEANER_AWS_CLIENT_H

#include "aws/sigv4.h"
#include "format/json.h"

enum aws_service { AWS_S3, AWS_DYNAMODB, AWS_REKOGNITION, AWS_STATES, AWS_EVENTS, AWS_IAM, AWS_SERVICE_COUNT };

/* The part of AWS_ENDPOINT_URL_<…> that names the service ("DYNAMODB", "SFN"). */
const char *aws_service_variable(enum aws_service service);

struct aws_client;

/* All borrowed: they must outlive the client. */
struct aws_client_options {
	struct sigv4_credentials credentials;
	struct str region;
	struct str endpoint;                             /* AWS_ENDPOINT_URL; absent: AWS's own hosts */
	struct str service_endpoints[AWS_SERVICE_COUNT]; /* AWS_ENDPOINT_URL_<SERVICE>; absent: `endpoint` */
	const char *ca_file;                             /* SSL_CERT_FILE; NULL: the usual places */
	int attempts;                                    /* 0: 3 */
};

int aws_client_new(struct aws_client **out, const struct aws_client_options *options, struct error *err) MUST_CHECK;
void aws_client_free(struct aws_client *c); /* NULL is allowed */
/* Instant (os/clock.h, wall) by which every request must have ended; 0: none. */
void aws_client_set_deadline(struct aws_client *c, int64_t wall_ms);
/* Requests sent so far, retries included. */
uint64_t aws_client_requests(const struct aws_client *c);

/* An operation of a JSON service: "DynamoDB_20120810.PutItem" is (AWS_DYNAMODB, "PutItem"). */
int aws_call(struct aws_client *c, struct arena *a, enum aws_service service, const char *operation, const struct json *input,
	     const struct json **output, struct error *err) MUST_CHECK;

/* One HTTP request to a service, for protocols that are not JSON. */
struct aws_request {
	enum aws_service service;
	struct str method;
	struct str bucket; /* S3: becomes part of host or path */
	struct str path;   /* encoded, begins with '/' */
	struct str query;  /* encoded; absent: none */
	const struct http_header *headers;
	size_t header_count;
	struct str body;
	int fd; /* with body absent and length > 0: sent from offset 0 of this file */
	uint64_t length;
	struct str payload_hash; /* absent: computed */
	size_t max_reply;
};

struct aws_reply {
	int status;
	const struct http_header *headers;
	size_t header_count;
	struct str body;
};

/* Success is a status below 300. */
int aws_send(struct aws_client *c, struct arena *a, const struct aws_request *request, struct aws_reply *reply,
	     struct error *err) MUST_CHECK;

/* A URL that carries its own permission for `expires_s` seconds; request->headers must then be sent as given. */
int aws_presign(struct aws_client *c, struct arena *a, const struct aws_request *request, int64_t now_ms, int expires_s,
		struct str *url, struct error *err) MUST_CHECK;

#endif
