/* SPDX-License-Identifier: Apache-2.0 */
#include "service/kms/internal.h"

#define ROW(text, how, function)                                                                                                 \
	{                                                                                                                        \
		.name = text, .kind = OPERATION_##how, .run = function, .input = function##_fields,                              \
		.input_size = KMS_INPUT_SIZE, .resource = kms_key_resource                                                       \
	}

static const struct operation operations[] = {
	ROW("CreateKey", WRITE, kms_create_key),
	ROW("DescribeKey", READ, kms_describe_key),
	ROW("ListKeys", READ, kms_list_keys),
	ROW("UpdateKeyDescription", WRITE, kms_update_key_description),
	ROW("EnableKey", WRITE, kms_enable_key),
	ROW("DisableKey", WRITE, kms_disable_key),
	ROW("ScheduleKeyDeletion", WRITE, kms_schedule_key_deletion),
	ROW("CancelKeyDeletion", WRITE, kms_cancel_key_deletion),
	ROW("GetKeyPolicy", READ, kms_get_key_policy),
	ROW("PutKeyPolicy", WRITE, kms_put_key_policy),
	ROW("ListKeyPolicies", READ, kms_list_key_policies),
	ROW("EnableKeyRotation", WRITE, kms_enable_key_rotation),
	ROW("DisableKeyRotation", WRITE, kms_disable_key_rotation),
	ROW("GetKeyRotationStatus", READ, kms_get_key_rotation_status),
	ROW("TagResource", WRITE, kms_tag_resource),
	ROW("UntagResource", WRITE, kms_untag_resource),
	ROW("ListResourceTags", READ, kms_list_resource_tags),
	ROW("CreateGrant", WRITE, kms_create_grant),
	ROW("ListGrants", READ, kms_list_grants),
	ROW("RevokeGrant", WRITE, kms_revoke_grant),
	ROW("RetireGrant", WRITE, kms_retire_grant),
	ROW("CreateAlias", WRITE, kms_create_alias),
	ROW("UpdateAlias", WRITE, kms_update_alias),
	ROW("DeleteAlias", WRITE, kms_delete_alias),
	ROW("ListAliases", READ, kms_list_aliases),
	ROW("Encrypt", READ, kms_encrypt),
	ROW("Decrypt", READ, kms_decrypt),
	ROW("GenerateDataKey", READ, kms_generate_data_key),
	ROW("GenerateDataKeyWithoutPlaintext", READ, kms_generate_data_key_without_plaintext),
	ROW("GenerateRandom", READ, kms_generate_random),
	{ 0 },
};

static int kms_open(struct host *host, void **state, struct error *err)
{
	*state = NULL;
	return kms_aliases_make_managed(host, err);
}

const struct service service_kms = {
	.name = "kms",
	.protocol = PROTOCOL_JSON,
	.target_prefix = "TrentService",
	.json_version = "1.1",
	.operations = operations,
	.open = kms_open,
};
