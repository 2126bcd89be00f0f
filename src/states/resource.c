/* SPDX-License-Identifier: Apache-2.0
 *
 * The optimised integrations and SDK services on offer are the two tables here; everything else is refused when the state
 * machine is created, in the service's words for a resource that a region does not have.
 */
#include "states/resource.h"

enum { REQUEST = 1 << PATTERN_REQUEST, SYNC = 1 << PATTERN_SYNC, SYNC2 = 1 << PATTERN_SYNC2, TOKEN = 1 << PATTERN_TOKEN };

static const struct {
	const char *service, *action;
	int patterns;
} integrations[] = {
	{ "lambda", "invoke", REQUEST | TOKEN },
	{ "dynamodb", "getItem", REQUEST },
	{ "dynamodb", "putItem", REQUEST },
	{ "dynamodb", "updateItem", REQUEST },
	{ "dynamodb", "deleteItem", REQUEST },
	{ "events", "putEvents", REQUEST | TOKEN },
	{ "sqs", "sendMessage", REQUEST | TOKEN },
	{ "sns", "publish", REQUEST | TOKEN },
	{ "states", "startExecution", REQUEST | SYNC | SYNC2 | TOKEN },
};

static const char *const sdk_services[] = {
	"dynamodb",    "lambda",         "s3",          "sqs", "sns",       "sfn",
	"eventbridge", "cloudwatchlogs", "rekognition", "kms", "codebuild", "sts",
};

static bool integration_known(const struct resource *r)
{
	for (size_t i = 0; i < sizeof(integrations) / sizeof(integrations[0]); i++)
		if (str_eq_c(r->service, integrations[i].service) && str_eq_c(r->action, integrations[i].action))
			return (integrations[i].patterns & (1 << r->pattern)) != 0;
	return false;
}

static bool sdk_known(const struct resource *r)
{
	if (r->pattern != PATTERN_REQUEST && r->pattern != PATTERN_TOKEN)
		return false;
	for (size_t i = 0; i < sizeof(sdk_services) / sizeof(sdk_services[0]); i++)
		if (str_eq_c(r->service, sdk_services[i]))
			return r->action.n > 0;
	return false;
}

static bool split_pattern(struct resource *r)
{
	static const struct {
		const char *suffix;
		enum resource_pattern pattern;
	} patterns[] = {
		{ "sync", PATTERN_SYNC },
		{ "sync:2", PATTERN_SYNC2 },
		{ "waitForTaskToken", PATTERN_TOKEN },
	};
	ptrdiff_t dot = str_find_char(r->call, '.', 0);
	r->action = r->call;
	if (dot < 0)
		return true;
	r->action = str_sub(r->call, 0, (size_t)dot);
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (str_eq_c(str_from(r->call, (size_t)dot + 1), patterns[i].suffix)) {
			r->pattern = patterns[i].pattern;
			return true;
		}
	}
	return false;
}

/* `rest` is what follows "arn:aws:states:::". */
static enum resource_fault parse_integration(struct str rest, bool express, struct resource *r)
{
	r->kind = str_starts(rest, STR("aws-sdk:")) ? RESOURCE_SDK : RESOURCE_INTEGRATION;
	ptrdiff_t colon = str_find_char(rest, ':', r->kind == RESOURCE_SDK ? strlen("aws-sdk:") : 0);
	if (colon < 0)
		return RESOURCE_UNKNOWN;
	r->type = str_sub(rest, 0, (size_t)colon);
	r->service = r->kind == RESOURCE_SDK ? str_from(r->type, strlen("aws-sdk:")) : r->type;
	r->call = str_from(rest, (size_t)colon + 1);
	if (!split_pattern(r) || !(r->kind == RESOURCE_SDK ? sdk_known(r) : integration_known(r)))
		return RESOURCE_UNKNOWN;
	return express && r->pattern != PATTERN_REQUEST ? RESOURCE_PATTERN_EXPRESS : RESOURCE_OK;
}

enum resource_fault resource_parse(struct str arn, bool express, struct resource *out)
{
	struct resource r = { .arn = arn };
	enum resource_fault fault = RESOURCE_UNKNOWN;
	if (!str_starts(arn, STR("arn:")) || arn.n > 256)
		return RESOURCE_NOT_ARN;
	if (str_starts(arn, STR("arn:aws:states:::"))) {
		fault = parse_integration(str_from(arn, strlen("arn:aws:states:::")), express, &r);
	} else if (str_starts(arn, STR("arn:aws:lambda:")) && str_find(arn, STR(":function:"), 0) > 0) {
		r.kind = RESOURCE_FUNCTION;
		r.type = r.service = STR("lambda");
		r.call = r.action = STR("invoke");
		fault = RESOURCE_OK;
	}
	*out = r;
	return fault;
}
