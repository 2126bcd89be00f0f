/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys as records: finding, checking, saving.
 */
#include "aws/arn.h"
#include "base/encode.h"
#include "os/clock.h"
#include "os/random.h"
#include "service/kms/internal.h"

KMS_ERRORS(SERVICE_ERROR_ROW)

struct str kms_key_arn(struct call *call, struct str id)
{
	return arn_format(&call->arena, "kms", host_region(call->host), host_account(call->host), "key/" STR_FMT, STR_ARG(id));
}

struct str kms_alias_arn(struct call *call, struct str name)
{
	return arn_format(&call->arena, "kms", host_region(call->host), host_account(call->host), STR_FMT, STR_ARG(name));
}

void kms_key_key(struct key *k, struct str id)
{
	record_key(k, STR("key"), id);
}

void kms_alias_key(struct key *k, struct str name)
{
	record_key(k, STR("alias"), name);
}

static int key_not_found(struct call *call, struct str id)
{
	struct str arn = kms_key_arn(call, id);

	return call_failf(call, &kms_NotFoundException, "Key '" STR_FMT "' does not exist", STR_ARG(arn));
}

/* A key whose time is up is gone. */
static bool is_gone(const struct json *key)
{
	int64_t deletion_ms;

	return json_to_i64(json_get_c(key, "deletion_ms"), &deletion_ms) == 0 && clock_wall_ms() >= deletion_ms;
}

static int load_id(struct call *call, struct str id, const struct json **out)
{
	struct error err = { 0 };
	struct key key;
	int result;

	kms_key_key(&key, id);
	result = record_get(call->txn, SPACE_KMS, &key, &call->arena, out, &err);
	if (result == ERR_NOT_FOUND || (result == 0 && is_gone(*out)))
		return key_not_found(call, id);
	return result == 0 ? 0 : call_fault(call, &err);
}

static int load_alias(struct call *call, struct str name, const struct json **out)
{
	const struct json *alias;
	struct error err = { 0 };
	struct key key;
	struct str arn;
	int result;

	kms_alias_key(&key, name);
	result = record_get(call->txn, SPACE_KMS, &key, &call->arena, &alias, &err);
	arn = kms_alias_arn(call, name);
	if (result == ERR_NOT_FOUND)
		return call_failf(call, &kms_NotFoundException, "Alias " STR_FMT " is not found.", STR_ARG(arn));
	return result == 0 ? load_id(call, json_get_text(alias, STR("target")), out) : call_fault(call, &err);
}

/* Cuts an ARN of ours to "key/…" or "alias/…"; others' keys are not here. */
static int strip_arn(struct call *call, struct str *text)
{
	struct str whole = *text;
	struct arn arn;

	if (!str_starts(whole, STR("arn:")))
		return 0;
	if (arn_parse(whole, &arn) != 0 || !str_eq(arn.service, STR("kms")))
		return call_failf(call, &kms_InvalidArnException, STR_FMT " is not a valid KMS key or alias ARN.",
				  STR_ARG(whole));
	if (!str_eq(arn.region, host_region(call->host)) || !str_eq(arn.account, host_account(call->host)))
		return call_failf(call, &kms_NotFoundException, "Key '" STR_FMT "' does not exist", STR_ARG(whole));
	*text = str_starts(arn.resource, STR("key/")) ? str_from(arn.resource, 4) : arn.resource;
	return 0;
}

int kms_key_load(struct call *call, struct str text, const struct json **out)
{
	int result = strip_arn(call, &text);

	if (result != 0)
		return result;
	return str_starts(text, STR("alias/")) ? load_alias(call, text, out) : load_id(call, text, out);
}

int kms_key_load_direct(struct call *call, struct str text, const struct json **out)
{
	struct str id = text;
	int result = strip_arn(call, &id);

	if (result != 0)
		return result;
	if (str_starts(id, STR("alias/")))
		return call_failf(call, &kms_NotFoundException, "Invalid keyId '" STR_FMT "'", STR_ARG(text));
	return load_id(call, id, out);
}

int kms_key_check_enabled(struct call *call, const struct json *key)
{
	struct str state = json_get_text(key, STR("state")), arn = kms_key_arn(call, json_get_text(key, STR("id")));

	if (str_eq(state, STR("Enabled")))
		return 0;
	if (str_eq(state, STR("Disabled")))
		return call_failf(call, &kms_DisabledException, STR_FMT " is disabled.", STR_ARG(arn));
	return call_failf(call, &kms_KMSInvalidStateException, STR_FMT " is pending deletion.", STR_ARG(arn));
}

int kms_key_save(struct call *call, const struct json *key)
{
	struct error err = { 0 };
	struct key k;

	kms_key_key(&k, json_get_text(key, STR("id")));
	return record_put(call->txn, SPACE_KMS, &k, &call->arena, key, &err) == 0 ? 0 : call_fault(call, &err);
}

struct str kms_key_resource(struct call *call)
{
	struct str text = json_get_text(call->parameters, STR("KeyId"));

	if (!text.p)
		text = json_get_text(call->parameters, STR("TargetKeyId"));
	if (!text.p || str_starts(text, STR("arn:")))
		return text;
	return str_starts(text, STR("alias/")) ? kms_alias_arn(call, text) : kms_key_arn(call, text);
}

/* What a key has whose maker says nothing. */
static struct str default_policy(struct arena *a, struct str account)
{
	return arena_printf(
		a,
		"{\"Version\":\"2012-10-17\",\"Id\":\"key-default-1\",\"Statement\":[{\"Sid\":\"Enable IAM User Permissions\","
		"\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::" STR_FMT ":root\"},\"Action\":\"kms:*\","
		"\"Resource\":\"*\"}]}",
		STR_ARG(account));
}

const struct json *kms_key_new(struct arena *a, struct str account, struct str description, struct str policy,
			       const char *manager, const struct json *tags)
{
	struct json *key = json_new_object(a);
	uint8_t material[KMS_MATERIAL_SIZE];
	char id[37];

	random_uuid(id);
	random_bytes(material, sizeof(material));
	json_put(a, key, STR("id"), json_new_string(a, arena_str(a, str_c(id))));
	json_put(a, key, STR("description"), json_new_string(a, description.p ? description : STR("")));
	json_put(a, key, STR("state"), json_new_string(a, STR("Enabled")));
	json_put(a, key, STR("manager"), json_new_string(a, str_c(manager)));
	json_put(a, key, STR("created_ms"), json_new_i64(a, clock_wall_ms()));
	json_put(a, key, STR("policy"), json_new_string(a, policy.p ? policy : default_policy(a, account)));
	json_put(a, key, STR("tags"), tags ? tags : &json_empty_object);
	json_put(a, key, STR("rotation"), json_new_bool(false));
	json_put(a, key, STR("period"), json_new_i64(a, 365));
	json_put(a, key, STR("material"), json_new_string(a, base64_encode(a, material, sizeof(material))));
	return key;
}
