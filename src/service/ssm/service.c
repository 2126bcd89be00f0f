/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ssm/internal.h"

SSM_ERRORS(SERVICE_ERROR_ROW)

#define ROW(wire, fn, mode)                                                                                                      \
	{                                                                                                                        \
		.name = wire, .kind = OPERATION_##mode, .run = ssm_##fn, .input = ssm_##fn##_fields,                             \
		.input_size = sizeof(struct ssm_input), .resource = ssm_parameter_resource                                       \
	}

static const struct operation operations[] = {
	ROW("PutParameter", put_parameter, WRITE),
	ROW("GetParameter", get_parameter, READ),
	ROW("GetParameters", get_parameters, READ),
	ROW("GetParametersByPath", get_parameters_by_path, READ),
	ROW("DescribeParameters", describe_parameters, READ),
	ROW("DeleteParameter", delete_parameter, WRITE),
	ROW("DeleteParameters", delete_parameters, WRITE),
	ROW("AddTagsToResource", add_tags_to_resource, WRITE),
	ROW("RemoveTagsFromResource", remove_tags_from_resource, WRITE),
	ROW("ListTagsForResource", list_tags_for_resource, READ),
	{ 0 },
};

static int ssm_open(struct host *host, void **state, struct error *err)
{
	(void)host, (void)err;
	*state = NULL;
	return 0;
}

const struct service service_ssm = {
	.name = "ssm",
	.protocol = PROTOCOL_JSON,
	.target_prefix = "AmazonSSM",
	.json_version = "1.1",
	.operations = operations,
	.open = ssm_open,
};
