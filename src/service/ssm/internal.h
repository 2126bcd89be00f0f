/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share.
 *
 * SPACE_SSM: ("parameter", name)  {"Name", "Type", "Value", "Version", "modified" (ms), "Tier", "DataType", "Description"?,
 *                                 "AllowedPattern"?, "KeyId"?, "Tags": {}}; the latest version only.
 */
#ifndef GLEANER_SERVICE_SSM_INTERNAL_H
#define GLEANER_SERVICE_SSM_INTERNAL_H

#include "service/record.h"
#include "service/ssm/ssm.h"
#include "service/tags.h"

#define SSM_ERRORS(E)                                                                                                            \
	E(ssm, ParameterNotFound, 400, "")                                                                                       \
	E(ssm, ParameterAlreadyExists, 400,                                                                                      \
	  "The parameter already exists. To overwrite this value, set the overwrite option "                                     \
	  "in the request to true.")                                                                                             \
	E(ssm, ParameterPatternMismatchException, 400, "Parameter value, cannot be validated against allowedPattern")            \
	E(ssm, ValidationException, 400, "The request is not valid.")                                                            \
	E(ssm, InvalidResourceId, 400, "The resource ID is not valid.")                                                          \
	E(ssm, InvalidNextToken, 400, "The specified token is not valid.")

SSM_ERRORS(SERVICE_ERROR_EXTERN)

struct ssm_input {
	struct str name, type, value, description, pattern, key_id, tier, data_type, path, resource_type, resource_id, token;
	struct opt_bool overwrite, decrypt, recursive;
	struct opt_i64 limit;
	const struct json *tags, *tag_keys, *names, *filters;
};

struct str ssm_parameter_resource(struct call *call);
struct str ssm_named_resource(struct call *call, struct str name);

#define SSM_OPERATION(name)                                                                                                      \
	int ssm_##name(struct call *call);                                                                                       \
	extern const struct bind ssm_##name##_fields[];
SSM_OPERATION(put_parameter)
SSM_OPERATION(get_parameter)
SSM_OPERATION(get_parameters)
SSM_OPERATION(get_parameters_by_path)
SSM_OPERATION(describe_parameters)
SSM_OPERATION(delete_parameter)
SSM_OPERATION(delete_parameters)
SSM_OPERATION(add_tags_to_resource)
SSM_OPERATION(remove_tags_from_resource)
SSM_OPERATION(list_tags_for_resource)

#endif
