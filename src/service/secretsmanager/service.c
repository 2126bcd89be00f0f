/* SPDX-License-Identifier: Apache-2.0 */
#include "service/secretsmanager/internal.h"

SECRETS_ERRORS(SERVICE_ERROR_ROW)

#define ROW(wire, fn, mode)                                                                                                      \
	{                                                                                                                        \
		.name = wire, .kind = OPERATION_##mode, .run = secrets_##fn, .input = secrets_##fn##_fields,                     \
		.input_size = sizeof(struct secrets_input), .resource = secret_resource                                          \
	}

static const struct operation operations[] = {
	ROW("CreateSecret", create_secret, WRITE),
	ROW("DescribeSecret", describe_secret, READ),
	ROW("UpdateSecret", update_secret, WRITE),
	ROW("DeleteSecret", delete_secret, WRITE),
	ROW("RestoreSecret", restore_secret, WRITE),
	ROW("ListSecrets", list_secrets, READ),
	ROW("TagResource", tag_resource, WRITE),
	ROW("UntagResource", untag_resource, WRITE),
	ROW("GetResourcePolicy", get_resource_policy, READ),
	ROW("PutResourcePolicy", put_resource_policy, WRITE),
	ROW("DeleteResourcePolicy", delete_resource_policy, WRITE),
	ROW("GetSecretValue", get_secret_value, READ),
	ROW("PutSecretValue", put_secret_value, WRITE),
	ROW("ListSecretVersionIds", list_secret_version_ids, READ),
	ROW("UpdateSecretVersionStage", update_secret_version_stage, WRITE),
	{ 0 },
};

static int secrets_open(struct host *host, void **state, struct error *err)
{
	(void)host, (void)err;
	*state = NULL;
	return 0;
}

static struct str resource_policy(struct call *call, struct store_txn *txn, struct str arn)
{
	ptrdiff_t at = str_find(arn, STR(":secret:"), 0);
	struct str name = at < 0 ? STR("") : str_from(arn, (size_t)at + 8);
	const struct json *secret;
	struct key key;

	secret_key(&key, name.n > 7 ? str_sub(name, 0, name.n - 7) : name);
	if (record_get(txn, SPACE_SECRETS, &key, &call->arena, &secret, NULL) < 0)
		return STR_NULL;
	return json_get_text(secret, STR("Policy"));
}

const struct service service_secretsmanager = {
	.name = "secretsmanager",
	.protocol = PROTOCOL_JSON,
	.target_prefix = "secretsmanager",
	.json_version = "1.1",
	.error_text_name = "Message",
	.validation = &secrets_InvalidParameterException,
	.operations = operations,
	.open = secrets_open,
	.resource_policy = resource_policy,
};
