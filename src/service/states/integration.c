/* SPDX-License-Identifier: Apache-2.0
 *
 * Services as tasks know them. An optimised integration names errors as version 1 of the AWS SDK for Java does, an SDK
 * integration as version 2.
 */
#include "service/states/task.h"

static const struct service_route optimised[] = {
	{ "lambda", "lambda", "Lambda", "AWSLambda", "AWSLambdaException", false },
	{ "dynamodb", "dynamodb", "DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException", false },
	{ "events", "events", "EventBridge", "AmazonEventBridge", "AmazonEventBridgeException", false },
	{ "sqs", "sqs", "SQS", "AmazonSQS", "AmazonSQSException", false },
	{ "sns", "sns", "SNS", "AmazonSNS", "AmazonSNSException", false },
	{ "states", "states", "StepFunctions", "AWSStepFunctions", "AWSStepFunctionsException", true },
};

static const struct service_route sdk[] = {
	{ "dynamodb", "dynamodb", "DynamoDb", NULL, "DynamoDbException", false },
	{ "lambda", "lambda", "Lambda", NULL, "LambdaException", false },
	{ "s3", "s3", "S3", NULL, "S3Exception", false },
	{ "sqs", "sqs", "Sqs", NULL, "SqsException", false },
	{ "sns", "sns", "Sns", NULL, "SnsException", false },
	{ "states", "sfn", "Sfn", NULL, "SfnException", true },
	{ "events", "eventbridge", "EventBridge", NULL, "EventBridgeException", false },
	{ "logs", "cloudwatchlogs", "CloudWatchLogs", NULL, "CloudWatchLogsException", true },
	{ "rekognition", "rekognition", "Rekognition", NULL, "RekognitionException", false },
	{ "kms", "kms", "Kms", NULL, "KmsException", false },
	{ "codebuild", "codebuild", "CodeBuild", NULL, "CodeBuildException", true },
	{ "sts", "sts", "Sts", NULL, "StsException", false },
};

const struct service_route *route_find(const struct resource *r)
{
	bool is_sdk = r->kind == RESOURCE_SDK;
	const struct service_route *routes = is_sdk ? sdk : optimised;
	size_t count = is_sdk ? sizeof(sdk) / sizeof(sdk[0]) : sizeof(optimised) / sizeof(optimised[0]);
	for (size_t i = 0; i < count; i++)
		if (str_eq_c(r->service, routes[i].asl))
			return &routes[i];
	return NULL;
}

/* ---- member names: APIs such as Step Functions' write them small, states always write them large ---- */

static struct str with_case(struct arena *a, struct str name, bool upper)
{
	char *copy = arena_c(a, name);
	if (copy && name.n > 0) {
		if (upper && copy[0] >= 'a' && copy[0] <= 'z')
			copy[0] = (char)(copy[0] - 'a' + 'A');
		else if (!upper && copy[0] >= 'A' && copy[0] <= 'Z')
			copy[0] = (char)(copy[0] - 'A' + 'a');
	}
	return str_of(copy, name.n);
}

static const struct json *members_cased(struct arena *a, const struct json *v, bool upper)
{
	struct json *out;
	if (json_is(v, JSON_OBJECT)) {
		out = json_new_object(a);
		for (size_t i = 0; i < v->count; i++)
			(void)json_put(a, out, with_case(a, v->members[i].name, upper),
				       members_cased(a, v->members[i].value, upper));
		return out;
	}
	if (!json_is(v, JSON_ARRAY))
		return v;
	out = json_new_array(a);
	for (size_t i = 0; i < v->count; i++)
		(void)json_add(a, out, members_cased(a, v->items[i], upper));
	return out;
}

const struct json *members_lowered(struct arena *a, const struct json *v)
{
	return members_cased(a, v, false);
}

const struct json *members_raised(struct arena *a, const struct json *v)
{
	return members_cased(a, v, true);
}
