/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations, by file, and the rows their bind tables share. The table of them is in iam.c.
 */
#ifndef GLEANER_SERVICE_IAM_OPERATIONS_H
#define GLEANER_SERVICE_IAM_OPERATIONS_H

#include "service/iam/model.h"

bool is_name(struct str text);        /* [\w+=,.@-]+ */
bool is_path(struct str text);        /* / or /…/ */

#define NAME_PATTERN "[\\w+=,.@-]+"
#define FIELD_NAME(wire, longest)                                                                                    \
	BIND_STR(struct iam_input, name, wire, .required = true, .min = 1, .max = longest, .valid = is_name, .pattern = NAME_PATTERN)
#define FIELD_ROLE FIELD_NAME("RoleName", 64)
#define FIELD_USER FIELD_NAME("UserName", 64)
#define FIELD_POLICY_NAME                                                                                            \
	BIND_STR(struct iam_input, policy_name, "PolicyName", .required = true, .min = 1, .max = 128, .valid = is_name, \
		 .pattern = NAME_PATTERN)
#define FIELD_POLICY_ARN BIND_STR(struct iam_input, policy_arn, "PolicyArn", .required = true, .min = 20, .max = 2048)
#define FIELD_DOCUMENT BIND_STR(struct iam_input, document, "PolicyDocument", .required = true, .min = 1, .max = 131072)
#define FIELD_PATH                                                                                                   \
	BIND_STR(struct iam_input, path, "Path", .min = 1, .max = 512, .valid = is_path, .pattern = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)")
#define FIELD_PATH_PREFIX BIND_STR(struct iam_input, path_prefix, "PathPrefix", .min = 1, .max = 512)
#define FIELD_BOUNDARY(needed) BIND_STR(struct iam_input, boundary, "PermissionsBoundary", .required = needed, .min = 20, .max = 2048)
#define FIELDS_PAGE                                                                                                  \
	BIND_STR(struct iam_input, marker, "Marker", .min = 1, .max = 320),                                          \
	BIND_I64(struct iam_input, max_items, "MaxItems", .min = 1, .max = PAGE_MAX)
#define FIELD_TAGS BIND_LIST(struct iam_input, tags, "Tags", .max = 50, .fields = tag_shape)
#define FIELD_TAGS_NEEDED BIND_LIST(struct iam_input, tags, "Tags", .required = true, .max = 50, .fields = tag_shape)
#define FIELD_TAG_KEYS BIND_LIST(struct iam_input, tag_keys, "TagKeys", .required = true, .max = 50)

extern const struct bind tag_shape[];

/* Rows of the operations table, one array a file; each ends with a row without a name. */
extern const struct operation role_operations[], user_operations[], entity_operations[], policy_operations[], oidc_operations[],
	account_operations[];

#define IAM_OPERATION(text, how, function, table, ...)                                                               \
	{ .name = text, .kind = OPERATION_##how, .run = function, .input = table, .input_size = sizeof(struct iam_input), ##__VA_ARGS__ }

/* Resources of permission checks. */
struct str resource_role(struct call *call);
struct str resource_user(struct call *call);
struct str resource_policy_arn(struct call *call);
struct str resource_provider(struct call *call);

/* A policy document as AWS takes it: MalformedPolicyDocument, or LimitExceeded past `size_max` characters without blanks. */
enum document_use { DOCUMENT_IDENTITY, DOCUMENT_TRUST };
int check_document(struct call *call, struct str document, enum document_use use, size_t size_max, const char *owner) MUST_CHECK;
/* The ARN of a managed policy that exists. */
int check_policy_arn(struct call *call, struct str arn) MUST_CHECK;
/* Replaces an entity's tags by `tags` (merged or cut already): LimitExceeded past 50. */
int check_tags(struct call *call, const struct json *tags) MUST_CHECK;

#endif
