/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/endpoint.h"

#include "format/uri.h"

static const struct aws_service_info services[AWS_SERVICE_COUNT] = {
	[AWS_S3] = { "S3", "s3", NULL, NULL },
	[AWS_DYNAMODB] = { "DYNAMODB", "dynamodb", "DynamoDB_20120810", "1.0" },
	[AWS_REKOGNITION] = { "REKOGNITION", "rekognition", "RekognitionService", "1.1" },
	[AWS_STATES] = { "SFN", "states", "AWSStepFunctions", "1.0" },
	[AWS_EVENTS] = { "EVENTBRIDGE", "events", "AWSEvents", "1.1" },
	[AWS_IAM] = { "IAM", "iam", NULL, NULL },
};

const struct aws_service_info *aws_service_info(enum aws_service service)
{
	return &services[service];
}

const char *aws_service_variable(enum aws_service service)
{
	return services[service].variable;
}

static const char *domain_of(struct str region)
{
	return str_starts(region, STR("cn-")) ? "amazonaws.com.cn" : "amazonaws.com";
}

static bool has_bucket(struct str bucket)
{
	return bucket.n > 0;
}

/* A bucket with a dot in its name has no place under the certificate's one-label wildcard. */
static bool fits_in_host(struct str bucket)
{
	return has_bucket(bucket) && str_find_char(bucket, '.', 0) < 0;
}

static struct str with_bucket(struct arena *a, struct str bucket, struct str path)
{
	return has_bucket(bucket) ? arena_printf(a, "/" STR_FMT STR_FMT, STR_ARG(bucket), STR_ARG(path)) : path;
}

static void resolve_aws(struct arena *a, const struct aws_client_options *options, enum aws_service service, struct str bucket,
			struct str path, struct aws_endpoint *out)
{
	bool in_host = fits_in_host(bucket);

	out->host =
		arena_printf(a, STR_FMT "%s%s." STR_FMT ".%s", in_host ? (int)bucket.n : 0, in_host ? bucket.p : "",
			     in_host ? "." : "", services[service].host, STR_ARG(options->region), domain_of(options->region));
	out->origin = arena_concat(a, STR("https://"), out->host);
	out->path = in_host ? path : with_bucket(a, bucket, path);
}

static int resolve_custom(struct arena *a, struct str endpoint, struct str bucket, struct str path, struct aws_endpoint *out,
			  struct error *err)
{
	struct uri uri;

	int rc = uri_parse(endpoint, &uri, err);
	if (rc)
		return rc;
	bool usual = uri.port == (str_eq(uri.scheme, STR("https")) ? 443 : 80);
	struct str base = str_ends(uri.path, STR("/")) ? str_sub(uri.path, 0, uri.path.n - 1) : uri.path;
	out->host = usual ? arena_str(a, uri.host) : arena_printf(a, STR_FMT ":%u", STR_ARG(uri.host), uri.port);
	out->origin = arena_printf(a, STR_FMT "://" STR_FMT, STR_ARG(uri.scheme), STR_ARG(out->host));
	out->path = arena_concat(a, base, with_bucket(a, bucket, path));
	return 0;
}

int aws_endpoint_resolve(struct arena *a, const struct aws_client_options *options, enum aws_service service, struct str bucket,
			 struct str path, struct aws_endpoint *out, struct error *err)
{
	struct str custom = options->service_endpoints[service];
	struct aws_endpoint found = { 0 };

	if (custom.n == 0)
		custom = options->endpoint;
	if (custom.n > 0) {
		int rc = resolve_custom(a, custom, bucket, path, &found, err);
		if (rc)
			return rc;
	} else {
		resolve_aws(a, options, service, bucket, path, &found);
	}
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "no memory for an endpoint");
	*out = found;
	return 0;
}
