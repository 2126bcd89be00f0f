/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/arn.h"

int arn_parse(struct str text, struct arn *out)
{
	struct arn arn;
	struct str rest = text;

	if (!str_eq(str_split(&rest, ':'), STR("arn")))
		return ERR_INVALID;
	arn.partition = str_split(&rest, ':');
	arn.service = str_split(&rest, ':');
	arn.region = str_split(&rest, ':');
	arn.account = str_split(&rest, ':');
	arn.resource = rest; /* may hold ':' itself */
	if (arn.partition.n == 0 || arn.service.n == 0 || arn.resource.n == 0)
		return ERR_INVALID;
	*out = arn;
	return 0;
}

static const char *partition_of(struct str region)
{
	if (str_starts(region, STR("cn-")))
		return "aws-cn";
	if (str_starts(region, STR("us-gov-")))
		return "aws-us-gov";
	return "aws";
}

struct str arn_format(struct arena *a, const char *service, struct str region, struct str account, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str resource = arena_vprintf(a, format, args);
	va_end(args);
	return arena_printf(a, "arn:%s:%s:" STR_FMT ":" STR_FMT ":" STR_FMT, partition_of(region), service, STR_ARG(region),
			    STR_ARG(account), STR_ARG(resource));
}

struct str arn_resource_id(struct str resource)
{
	for (size_t i = 0; i < resource.n; i++)
		if (resource.p[i] == '/' || resource.p[i] == ':')
			return str_from(resource, i + 1);
	return resource;
}
