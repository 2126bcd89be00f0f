/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a service answers, and how its JSON protocol is spoken. *Pure.*
 */
#ifndef GLEANER_AWS_ENDPOINT_H
#define GLEANER_AWS_ENDPOINT_H

#include "aws/client.h"

struct aws_service_info {
	const char *variable;     /* of AWS_ENDPOINT_URL_<variable> */
	const char *host;         /* endpoint prefix and signing name */
	const char *target;       /* X-Amz-Target's prefix; NULL: not a JSON service */
	const char *json_version; /* "1.0" */
};

const struct aws_service_info *aws_service_info(enum aws_service service);

struct aws_endpoint {
	struct str origin; /* "https://bucket.s3.eu-west-1.amazonaws.com": what precedes the path in the URL */
	struct str host;   /* the Host header's value, with a port only where it is not the scheme's own */
	struct str path;   /* the whole path, encoded: with a custom endpoint S3's begins with the bucket */
};

/* ERR_INVALID when a configured endpoint is not an http or https URL. */
int aws_endpoint_resolve(struct arena *a, const struct aws_client_options *options, enum aws_service service, struct str bucket,
			 struct str path, struct aws_endpoint *out, struct error *err) MUST_CHECK;

#endif
