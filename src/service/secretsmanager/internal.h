/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share.
 *
 * SPACE_SECRETS: ("secret", name)  {"ARN", "Name", "Description"?, "KmsKeyId"?, "created", "changed", "deleted"? (ms),
 *                                  "Policy"?, "Tags": {}, "Versions": {id: {"SecretString" | "SecretBinary", "created", "Stages":
 * []}}}
 */
#ifndef GLEANER_SERVICE_SECRETSMANAGER_INTERNAL_H
#define GLEANER_SERVICE_SECRETSMANAGER_INTERNAL_H

#include "service/record.h"
#include "service/secretsmanager/secretsmanager.h"
#include "service/tags.h"

#define SECRETS_ERRORS(E)                                                                                                        \
	E(secrets, ResourceNotFoundException, 400, "Secrets Manager can't find the specified secret.")                           \
	E(secrets, ResourceExistsException, 400, "A resource with the ID you requested already exists.")                         \
	E(secrets, InvalidRequestException, 400, "The request is not valid for the secret's current state.")                     \
	E(secrets, InvalidParameterException, 400, "A parameter is not valid.")                                                  \
	E(secrets, InvalidNextTokenException, 400, "The NextToken value is invalid.")                                            \
	E(secrets, MalformedPolicyDocumentException, 400, "This resource policy contains invalid Json")

SECRETS_ERRORS(SERVICE_ERROR_EXTERN)

enum { SECRETS_VALUE_MAX = 65536 };

struct secrets_input {
	struct str name, secret_id, token, description, key_id, text, binary, version_id, stage, policy, next, to, from;
	struct opt_bool force;
	struct opt_i64 window, limit;
	const struct json *tags, *tag_keys, *stages;
};

/* The secret that a name, an ARN or an ARN without its random end means; one scheduled for deletion only when `gone_too`. */
int secret_load(struct call *call, struct str id, bool gone_too, const struct json **out) MUST_CHECK;
int secret_save(struct call *call, const struct json *secret) MUST_CHECK;
void secret_key(struct key *k, struct str name);
void secret_write_name(struct call *call, const struct json *secret); /* ARN and Name */
/* A new version of the value that the request has, with these stages (NULL: AWSCURRENT); `id` is its name. */
int secret_add_version(struct call *call, struct json *secret, const struct json *stages, struct str *id) MUST_CHECK;
struct str secret_resource(struct call *call);

#define SECRETS_OPERATION(name)                                                                                                  \
	int secrets_##name(struct call *call);                                                                                   \
	extern const struct bind secrets_##name##_fields[];
SECRETS_OPERATION(create_secret)
SECRETS_OPERATION(describe_secret)
SECRETS_OPERATION(update_secret)
SECRETS_OPERATION(delete_secret)
SECRETS_OPERATION(restore_secret)
SECRETS_OPERATION(list_secrets)
SECRETS_OPERATION(tag_resource)
SECRETS_OPERATION(untag_resource)
SECRETS_OPERATION(get_resource_policy)
SECRETS_OPERATION(put_resource_policy)
SECRETS_OPERATION(delete_resource_policy)
SECRETS_OPERATION(get_secret_value)
SECRETS_OPERATION(put_secret_value)
SECRETS_OPERATION(list_secret_version_ids)
SECRETS_OPERATION(update_secret_version_stage)

#endif
