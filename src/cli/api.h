/* SPDX-License-Identifier: Apache-2.0
 *
 * The jobs API as the command line sees it: on this machine's server, or any deployment, signed where asked to.
 */
#ifndef GLEANER_CLI_API_H
#define GLEANER_CLI_API_H

#include "format/json.h"
#include "http/client.h"

struct api_options {
	const char *endpoint; /* a gleaner server; NULL: AWS_ENDPOINT_URL or http://127.0.0.1:4566 */
	const char *api;      /* the API's own URL (AWS: the output `api_endpoint`); NULL: asked from the server */
	const char *profile;  /* signs with these credentials (SigV4, execute-api); NULL: unsigned */
	const char *region;   /* for signing; NULL: the profile's, AWS_REGION or us-east-1 */
};

struct api;

/* Options are borrowed. ERR_IO where no server answers; ERR_NOT_FOUND for an unknown profile. */
int api_open(struct api **out, const struct api_options *options, struct error *err) MUST_CHECK;
void api_close(struct api *api); /* NULL is allowed */

/* One request; `target` is path and query. A status of 400 and more is ERR_SERVICE with the API's own code and message.
 * The reply (NULL: not wanted) lives in the arena; it is NULL for an empty body. */
int api_send(struct api *api, struct arena *a, const char *method, struct str target, const struct json *body,
	     const struct json **reply, struct error *err) MUST_CHECK;

/* Creates a job for the file's bytes and uploads them. */
int api_submit(struct api *api, struct arena *a, struct str bytes, struct str *job_id, struct error *err) MUST_CHECK;
/* GET on a presigned URL. */
int api_download(struct api *api, struct arena *a, struct str url, struct str *bytes, struct error *err) MUST_CHECK;

/* True once the status is a last one. */
bool api_is_settled(const struct json *job);

#endif
