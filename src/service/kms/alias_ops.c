/* SPDX-License-Identifier: Apache-2.0
 *
 * Aliases, and the keys AWS's services bring along.
 */
#include "os/clock.h"
#include "service/kms/internal.h"

struct alias_input {
	struct str alias_name, target_key_id, key_id, marker;
	struct opt_i64 limit;
};
KMS_INPUT_FITS(struct alias_input);

static bool is_alias_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ':' || c == '/' ||
		      c == '_' || c == '-'))
			return false;
	}
	return true;
}

#define ALIAS_NAME                                                                                                               \
	BIND_STR(struct alias_input, alias_name, "AliasName", .required = true, .min = 1, .max = 256, .valid = is_alias_name,    \
		 .pattern = "^[a-zA-Z0-9:/_-]+$")
#define TARGET BIND_STR(struct alias_input, target_key_id, "TargetKeyId", .required = true, .min = 1, .max = 2048)

const struct bind kms_create_alias_fields[] = { ALIAS_NAME, TARGET, BIND_DONE };
const struct bind kms_update_alias_fields[] = { ALIAS_NAME, TARGET, BIND_DONE };
const struct bind kms_delete_alias_fields[] = { ALIAS_NAME, BIND_DONE };
const struct bind kms_list_aliases_fields[] = {
	BIND_STR(struct alias_input, key_id, "KeyId", .min = 1, .max = 2048),
	BIND_I64(struct alias_input, limit, "Limit", .min = 1, .max = 1000),
	BIND_STR(struct alias_input, marker, "Marker"),
	BIND_DONE,
};

static int check_name(struct call *call, struct str name)
{
	if (!str_starts(name, STR("alias/")) || name.n == strlen("alias/"))
		return call_failf(call, &kms_ValidationException, "Invalid identifier");
	if (str_starts(name, STR("alias/aws/")))
		return call_failf(call, &kms_NotAuthorizedException, " "); /* as the service words it */
	return 0;
}

static bool exists(struct call *call, struct str name)
{
	struct key key;

	kms_alias_key(&key, name);
	return store_has(call->txn, SPACE_KMS, key_str(&key));
}

static const struct json *alias_record(struct arena *a, struct str name, struct str target)
{
	struct json *alias = json_new_object(a);

	json_put(a, alias, STR("name"), json_new_string(a, name));
	json_put(a, alias, STR("target"), json_new_string(a, target));
	json_put(a, alias, STR("created_ms"), json_new_i64(a, clock_wall_ms()));
	json_put(a, alias, STR("updated_ms"), json_new_i64(a, clock_wall_ms()));
	return alias;
}

static int save(struct call *call, const struct json *alias)
{
	struct error err = { 0 };
	struct key key;

	kms_alias_key(&key, json_get_text(alias, STR("name")));
	return record_put(call->txn, SPACE_KMS, &key, &call->arena, alias, &err) == 0 ? 0 : call_fault(call, &err);
}

static int load_target(struct call *call, const struct json **key)
{
	const struct alias_input *in = call->input;
	int result = check_name(call, in->alias_name);

	if (result == 0)
		result = kms_key_load_direct(call, in->target_key_id, key);
	if (result == 0 && str_eq(json_get_text(*key, STR("state")), STR("PendingDeletion")))
		result = kms_key_check_enabled(call, *key);
	return result;
}

int kms_create_alias(struct call *call)
{
	const struct alias_input *in = call->input;
	const struct json *key;
	struct str arn;
	int result = load_target(call, &key);

	if (result != 0)
		return result;
	arn = kms_alias_arn(call, in->alias_name);
	if (exists(call, in->alias_name))
		return call_failf(call, &kms_AlreadyExistsException, "An alias with the name " STR_FMT " already exists",
				  STR_ARG(arn));
	return save(call, alias_record(&call->arena, in->alias_name, json_get_text(key, STR("id"))));
}

static int not_found(struct call *call, struct str name)
{
	struct str arn = kms_alias_arn(call, name);

	return call_failf(call, &kms_NotFoundException, "Alias " STR_FMT " is not found.", STR_ARG(arn));
}

int kms_update_alias(struct call *call)
{
	const struct alias_input *in = call->input;
	const struct json *key;
	int result = load_target(call, &key);

	if (result == 0 && !exists(call, in->alias_name))
		result = not_found(call, in->alias_name);
	return result ? result : save(call, alias_record(&call->arena, in->alias_name, json_get_text(key, STR("id"))));
}

int kms_delete_alias(struct call *call)
{
	const struct alias_input *in = call->input;
	struct error err = { 0 };
	struct key key;
	int result = check_name(call, in->alias_name);

	if (result == 0 && !exists(call, in->alias_name))
		result = not_found(call, in->alias_name);
	if (result != 0)
		return result;
	kms_alias_key(&key, in->alias_name);
	return store_delete(call->txn, SPACE_KMS, key_str(&key), &err) == 0 ? 0 : call_fault(call, &err);
}

struct listing {
	struct call *call;
	struct str target; /* absent: all */
};

static int64_t member(const struct json *object, struct str name)
{
	int64_t n;

	return json_to_i64(json_get(object, name), &n) == 0 ? n : 0;
}

static int write_alias(void *argument, const struct json *alias)
{
	const struct listing *l = argument;
	struct writer *w = &l->call->out;
	struct str name = json_get_text(alias, STR("name")), target = json_get_text(alias, STR("target"));

	if (l->target.p && !str_eq(l->target, target))
		return 0;
	write_object(w, NULL);
	write_str(w, "AliasName", name);
	write_str(w, "AliasArn", kms_alias_arn(l->call, name));
	write_str(w, "TargetKeyId", target);
	write_time(w, "CreationDate", member(alias, STR("created_ms")));
	write_time(w, "LastUpdatedDate", member(alias, STR("updated_ms")));
	write_end(w);
	return 1;
}

int kms_list_aliases(struct call *call)
{
	const struct alias_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 50, .token = in->marker };
	struct listing listing = { .call = call };
	struct error err = { 0 };
	const struct json *key;
	struct key prefix;
	struct str next;
	int result = in->key_id.p ? kms_key_load_direct(call, in->key_id, &key) : 0;

	if (result != 0)
		return result;
	if (in->key_id.p)
		listing.target = json_get_text(key, STR("id"));
	record_key(&prefix, STR("alias"));
	write_list(&call->out, "Aliases", NULL);
	result = record_page(call->txn, SPACE_KMS, &prefix, &window, &call->arena, write_alias, &listing, &next, &err);
	if (result < 0)
		return result == ERR_INVALID ? call_fail(call, &kms_InvalidMarkerException) : call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextMarker", next);
	write_bool(&call->out, "Truncated", next.p != NULL);
	return 0;
}

/* ---- AWS's own ---- */

static const struct {
	const char *alias, *description;
} managed[] = {
	{ "alias/aws/dynamodb", "Default key that protects my DynamoDB data when no other key is defined" },
	{ "alias/aws/ebs", "Default key that protects my EBS volumes when no other key is defined" },
	{ "alias/aws/lambda", "Default key that protects my Lambda functions when no other key is defined" },
	{ "alias/aws/s3", "Default key that protects my S3 objects when no other key is defined" },
	{ "alias/aws/secretsmanager", "Default key that protects my Secrets Manager data when no other key is defined" },
	{ "alias/aws/sns", "Default key that protects my SNS data when no other key is defined" },
	{ "alias/aws/sqs", "Default key that protects my SQS messages when no other key is defined" },
	{ "alias/aws/ssm", "Default key that protects my SSM parameters when no other key is defined" },
};

static int make_managed(struct store_txn *txn, struct arena *a, struct str account, size_t i, struct error *err)
{
	struct str name = str_c(managed[i].alias);
	const struct json *key;
	struct key at;
	int result;

	kms_alias_key(&at, name);
	if (store_has(txn, SPACE_KMS, key_str(&at)))
		return 0;
	key = kms_key_new(a, account, str_c(managed[i].description), STR_NULL, "AWS", NULL);
	result = record_put(txn, SPACE_KMS, &at, a, alias_record(a, name, json_get_text(key, STR("id"))), err);
	kms_key_key(&at, json_get_text(key, STR("id")));
	return result ? result : record_put(txn, SPACE_KMS, &at, a, key, err);
}

static int write_managed(struct store_txn *txn, void *argument, struct error *err)
{
	const struct host *host = argument;
	struct arena a;
	int result = 0;

	arena_init(&a, 1 << 20);
	for (size_t i = 0; i < sizeof(managed) / sizeof(managed[0]) && result == 0; i++)
		result = make_managed(txn, &a, host_account(host), i, err);
	arena_release(&a);
	return result;
}

static bool last_exists(struct host *host)
{
	struct store_txn *txn;
	struct key key;
	bool there = false;

	kms_alias_key(&key, str_c(managed[sizeof(managed) / sizeof(managed[0]) - 1].alias));
	if (store_read_begin(host_store(host), &txn, NULL) == 0) {
		there = store_has(txn, SPACE_KMS, key_str(&key));
		store_read_end(txn);
	}
	return there;
}

int kms_aliases_make_managed(struct host *host, struct error *err)
{
	return last_exists(host) ? 0 : store_write_wait(host_store(host), write_managed, host, err);
}
