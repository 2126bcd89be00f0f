/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service keeps in SPACE_KMS:
 *   ("key", id)      {"id", "description", "state", "manager", "created_ms", "policy", "tags": {}, "rotation", "period",
 *                     "deletion_ms"?, "material": base64 of 32 bytes}
 *   ("grant", key, id)  the grant as it is shown, "CreationDate" in milliseconds, and "token". Key policies and grants are
 *                    kept, not evaluated: access to keys is decided by identity policies.
 *   ("alias", name)  {"name","target","created_ms","updated_ms"}; the name with its "alias/"
 */
#ifndef GLEANER_SERVICE_KMS_INTERNAL_H
#define GLEANER_SERVICE_KMS_INTERNAL_H

#include "service/kms/kms.h"
#include "service/record.h"

#define KMS_ERRORS(E)                                                                                                            \
	E(kms, NotFoundException, 400, "The key or alias does not exist.")                                                       \
	E(kms, AlreadyExistsException, 400, "The alias already exists.")                                                         \
	E(kms, DisabledException, 400, "The key is disabled.")                                                                   \
	E(kms, KMSInvalidStateException, 400, "The key is pending deletion.")                                                    \
	E(kms, ValidationException, 400, "The request is not valid.")                                                            \
	E(kms, NotAuthorizedException, 400, "Aliases that begin with alias/aws/ are reserved.")                                  \
	E(kms, InvalidAliasNameException, 400, "The alias name is not valid.")                                                   \
	E(kms, InvalidArnException, 400, "The ARN is not valid.")                                                                \
	E(kms, InvalidCiphertextException, 400, NULL)                                                                            \
	E(kms, IncorrectKeyException, 400, "The key ID in the request does not identify a CMK that can perform this operation.") \
	E(kms, InvalidMarkerException, 400, "The marker is not valid.")                                                          \
	E(kms, MalformedPolicyDocumentException, 400, "The policy is not valid JSON.")                                           \
	E(kms, UnsupportedOperationException, 400, "The operation is not supported.")                                            \
	E(kms, TagException, 400, "The tags are not valid.")                                                                     \
	E(kms, LimitExceededException, 400, "A limit was exceeded.")

KMS_ERRORS(SERVICE_ERROR_EXTERN)

enum { KMS_MATERIAL_SIZE = 32, KMS_INPUT_SIZE = 256 };
#define KMS_INPUT_FITS(type) _Static_assert(sizeof(type) <= KMS_INPUT_SIZE, "KMS_INPUT_SIZE is too small")

struct str kms_key_arn(struct call *call, struct str id);
struct str kms_alias_arn(struct call *call, struct str name);
void kms_key_key(struct key *k, struct str id);
void kms_alias_key(struct key *k, struct str name);

/* The key that a KeyId means: an id, a key's ARN, an alias or its ARN. Fails the call when there is none. */
int kms_key_load(struct call *call, struct str text, const struct json **out) MUST_CHECK;
/* As kms_key_load; aliases are refused, as most changes do. */
int kms_key_load_direct(struct call *call, struct str text, const struct json **out) MUST_CHECK;
/* Fails the call unless it can be used now. */
int kms_key_check_enabled(struct call *call, const struct json *key) MUST_CHECK;
int kms_key_save(struct call *call, const struct json *key) MUST_CHECK;
struct str kms_key_resource(struct call *call);
/* A new key's record; policy and description may be absent. */
const struct json *kms_key_new(struct arena *a, struct str account, struct str description, struct str policy,
			       const char *manager, const struct json *tags);

#define KMS_OPERATION(name)                                                                                                      \
	int name(struct call *call);                                                                                             \
	extern const struct bind name##_fields[];

KMS_OPERATION(kms_create_key)
KMS_OPERATION(kms_describe_key)
KMS_OPERATION(kms_list_keys)
KMS_OPERATION(kms_update_key_description)
KMS_OPERATION(kms_enable_key)
KMS_OPERATION(kms_disable_key)
KMS_OPERATION(kms_schedule_key_deletion)
KMS_OPERATION(kms_cancel_key_deletion)
KMS_OPERATION(kms_get_key_policy)
KMS_OPERATION(kms_put_key_policy)
KMS_OPERATION(kms_list_key_policies)
KMS_OPERATION(kms_enable_key_rotation)
KMS_OPERATION(kms_disable_key_rotation)
KMS_OPERATION(kms_get_key_rotation_status)
KMS_OPERATION(kms_tag_resource)
KMS_OPERATION(kms_untag_resource)
KMS_OPERATION(kms_list_resource_tags)
KMS_OPERATION(kms_create_grant)
KMS_OPERATION(kms_list_grants)
KMS_OPERATION(kms_revoke_grant)
KMS_OPERATION(kms_retire_grant)
KMS_OPERATION(kms_create_alias)
KMS_OPERATION(kms_update_alias)
KMS_OPERATION(kms_delete_alias)
KMS_OPERATION(kms_list_aliases)
KMS_OPERATION(kms_encrypt)
KMS_OPERATION(kms_decrypt)
KMS_OPERATION(kms_generate_data_key)
KMS_OPERATION(kms_generate_data_key_without_plaintext)
KMS_OPERATION(kms_generate_random)

/* At open: the keys that AWS's services have in every account (alias/aws/s3 …). */
int kms_aliases_make_managed(struct host *host, struct error *err) MUST_CHECK;

#endif
