/* SPDX-License-Identifier: Apache-2.0
 *
 * Operations on keys: life, policy, rotation, tags.
 */
#include "os/clock.h"
#include "service/kms/internal.h"
#include "service/tags.h"

enum { DAY_MS = 24 * 60 * 60 * 1000, WINDOW_MIN = 7, WINDOW_MAX = 30, KEY_TAGS_MAX = 50 };

struct key_input {
	struct str key_id, policy_name, policy, description, usage, spec, old_spec, origin, marker;
	const struct json *tags, *tag_keys;
	struct opt_i64 window, period, limit;
};

#define KEY_ID BIND_STR(struct key_input, key_id, "KeyId", .required = true, .min = 1, .max = 2048)
KMS_INPUT_FITS(struct key_input);

static const struct bind tag_fields[] = {
	{ .name = "TagKey", .kind = BIND_KIND_STR, .required = true, .min = 1, .max = 128 },
	{ .name = "TagValue", .kind = BIND_KIND_STR, .required = true, .max = 256 },
	BIND_DONE,
};

/* [{"TagKey","TagValue"}] as an object put over `tags`. */
static struct json *merge_tags(struct call *call, const struct json *tags, const struct json *added)
{
	struct json *merged = tags ? json_copy_object(&call->arena, tags) : json_new_object(&call->arena);

	for (size_t i = 0; added && i < added->count; i++)
		json_put(&call->arena, merged, json_get_text(added->items[i], STR("TagKey")),
			 json_get_c(added->items[i], "TagValue"));
	return merged;
}

/* ---- metadata ---- */

static int64_t member(const struct json *object, struct str name, int64_t fallback)
{
	int64_t n;

	return json_to_i64(json_get(object, name), &n) == 0 ? n : fallback;
}

static void write_metadata(struct call *call, const struct json *key)
{
	struct writer *w = &call->out;
	struct str id = json_get_text(key, STR("id")), state = json_get_text(key, STR("state"));
	int64_t deletion_ms = member(key, STR("deletion_ms"), 0);

	write_object(w, "KeyMetadata");
	write_str(w, "AWSAccountId", host_account(call->host));
	write_str(w, "KeyId", id);
	write_str(w, "Arn", kms_key_arn(call, id));
	write_time(w, "CreationDate", member(key, STR("created_ms"), 0));
	write_bool(w, "Enabled", str_eq(state, STR("Enabled")));
	write_str(w, "Description", json_get_text(key, STR("description")));
	write_c(w, "KeyUsage", "ENCRYPT_DECRYPT");
	write_str(w, "KeyState", state);
	if (deletion_ms)
		write_time(w, "DeletionDate", deletion_ms);
	write_c(w, "Origin", "AWS_KMS");
	write_str(w, "KeyManager", json_get_text(key, STR("manager")));
	write_c(w, "CustomerMasterKeySpec", "SYMMETRIC_DEFAULT");
	write_c(w, "KeySpec", "SYMMETRIC_DEFAULT");
	write_list(w, "EncryptionAlgorithms", NULL);
	write_c(w, NULL, "SYMMETRIC_DEFAULT");
	write_end(w);
	write_bool(w, "MultiRegion", false);
	write_end(w);
}

/* ---- CreateKey, DescribeKey, ListKeys ---- */

const struct bind kms_create_key_fields[] = {
	BIND_STR(struct key_input, policy, "Policy", .min = 1, .max = 131072),
	BIND_STR(struct key_input, description, "Description", .max = 8192),
	BIND_STR(struct key_input, usage, "KeyUsage"),
	BIND_STR(struct key_input, spec, "KeySpec"),
	BIND_STR(struct key_input, old_spec, "CustomerMasterKeySpec"),
	BIND_STR(struct key_input, origin, "Origin"),
	BIND_LIST(struct key_input, tags, "Tags", .fields = tag_fields),
	BIND_IGNORED("BypassPolicyLockoutSafetyCheck"), /* nobody is locked out: root may always change a policy */
	{ .name = "MultiRegion", .kind = BIND_KIND_ANY, .offset = offsetof(struct key_input, tag_keys) },
	BIND_DONE,
};

static bool is_absent_or(struct str text, const char *value)
{
	return !text.p || str_eq_c(text, value);
}

static int check_policy(struct call *call, struct str policy)
{
	const struct json *document;

	if (!policy.p || (json_parse(&call->arena, policy, &document, NULL) == 0 && document->type == JSON_OBJECT))
		return 0;
	return call_fail(call, &kms_MalformedPolicyDocumentException);
}

int kms_create_key(struct call *call)
{
	const struct key_input *in = call->input;
	const struct json *key;
	int result = check_policy(call, in->policy);

	if (result != 0)
		return result;
	if (!is_absent_or(in->usage, "ENCRYPT_DECRYPT") || !is_absent_or(in->spec, "SYMMETRIC_DEFAULT") ||
	    !is_absent_or(in->old_spec, "SYMMETRIC_DEFAULT") || !is_absent_or(in->origin, "AWS_KMS") || json_true(in->tag_keys))
		return call_failf(call, &kms_UnsupportedOperationException,
				  "This server has symmetric encryption keys of its own only (SYMMETRIC_DEFAULT, "
				  "ENCRYPT_DECRYPT, AWS_KMS).");
	key = kms_key_new(&call->arena, host_account(call->host), in->description, in->policy, "CUSTOMER",
			  merge_tags(call, NULL, in->tags));
	result = kms_key_save(call, key);
	if (result == 0)
		write_metadata(call, key);
	return result;
}

const struct bind kms_describe_key_fields[] = { KEY_ID, BIND_IGNORED("GrantTokens"), BIND_DONE }; /* there are no grants */

int kms_describe_key(struct call *call)
{
	const struct key_input *in = call->input;
	const struct json *key;
	int result = kms_key_load(call, in->key_id, &key);

	if (result == 0)
		write_metadata(call, key);
	return result;
}

const struct bind kms_list_keys_fields[] = {
	BIND_I64(struct key_input, limit, "Limit", .min = 1, .max = 1000),
	BIND_STR(struct key_input, marker, "Marker"),
	BIND_DONE,
};

static int write_key(void *argument, const struct json *key)
{
	struct call *call = argument;
	struct str id = json_get_text(key, STR("id"));
	int64_t deletion_ms = member(key, STR("deletion_ms"), 0);

	if (deletion_ms && clock_wall_ms() >= deletion_ms)
		return 0;
	write_object(&call->out, NULL);
	write_str(&call->out, "KeyId", id);
	write_str(&call->out, "KeyArn", kms_key_arn(call, id));
	write_end(&call->out);
	return 1;
}

int kms_list_keys(struct call *call)
{
	const struct key_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 100, .token = in->marker };
	struct error err = { 0 };
	struct str next;
	struct key prefix;
	int result;

	record_key(&prefix, STR("key"));
	write_list(&call->out, "Keys", NULL);
	result = record_page(call->txn, SPACE_KMS, &prefix, &window, &call->arena, write_key, call, &next, &err);
	if (result < 0)
		return result == ERR_INVALID ? call_fail(call, &kms_InvalidMarkerException) : call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextMarker", next);
	write_bool(&call->out, "Truncated", next.p != NULL);
	return 0;
}

/* ---- changes ---- */

/* The key with one member changed; AWS's own keys are not to be changed. */
static int change(struct call *call, struct str member_name, const struct json *value)
{
	const struct key_input *in = call->input;
	const struct json *key;
	struct json *changed;
	int result = kms_key_load_direct(call, in->key_id, &key);

	if (result != 0)
		return result;
	if (str_eq(json_get_text(key, STR("manager")), STR("AWS")))
		return call_failf(call, &kms_UnsupportedOperationException, "AWS managed keys cannot be changed.");
	if (str_eq(json_get_text(key, STR("state")), STR("PendingDeletion")))
		return kms_key_check_enabled(call, key);
	changed = json_copy_object(&call->arena, key);
	json_put(&call->arena, changed, member_name, value);
	return kms_key_save(call, changed);
}

const struct bind kms_update_key_description_fields[] = {
	KEY_ID,
	BIND_STR(struct key_input, description, "Description", .required = true, .max = 8192),
	BIND_DONE,
};

int kms_update_key_description(struct call *call)
{
	const struct key_input *in = call->input;

	return change(call, STR("description"), json_new_string(&call->arena, in->description));
}

const struct bind kms_enable_key_fields[] = { KEY_ID, BIND_DONE };
const struct bind kms_disable_key_fields[] = { KEY_ID, BIND_DONE };

int kms_enable_key(struct call *call)
{
	return change(call, STR("state"), json_new_string(&call->arena, STR("Enabled")));
}

int kms_disable_key(struct call *call)
{
	return change(call, STR("state"), json_new_string(&call->arena, STR("Disabled")));
}

const struct bind kms_schedule_key_deletion_fields[] = {
	KEY_ID,
	BIND_I64(struct key_input, window, "PendingWindowInDays", .min = WINDOW_MIN, .max = WINDOW_MAX),
	BIND_DONE,
};

int kms_schedule_key_deletion(struct call *call)
{
	const struct key_input *in = call->input;
	int64_t days = in->window.set ? in->window.value : WINDOW_MAX, at = clock_wall_ms() + days * DAY_MS;
	const struct json *key;
	struct json *changed;
	int result = kms_key_load_direct(call, in->key_id, &key);

	if (result != 0)
		return result;
	if (str_eq(json_get_text(key, STR("state")), STR("PendingDeletion")))
		return kms_key_check_enabled(call, key);
	if (str_eq(json_get_text(key, STR("manager")), STR("AWS")))
		return call_failf(call, &kms_UnsupportedOperationException, "AWS managed keys cannot be deleted.");
	changed = json_copy_object(&call->arena, key);
	json_put(&call->arena, changed, STR("state"), json_new_string(&call->arena, STR("PendingDeletion")));
	json_put(&call->arena, changed, STR("deletion_ms"), json_new_i64(&call->arena, at));
	result = kms_key_save(call, changed);
	if (result != 0)
		return result;
	write_str(&call->out, "KeyId", kms_key_arn(call, json_get_text(key, STR("id"))));
	write_time(&call->out, "DeletionDate", at);
	write_c(&call->out, "KeyState", "PendingDeletion");
	write_i64(&call->out, "PendingWindowInDays", days);
	return 0;
}

const struct bind kms_cancel_key_deletion_fields[] = { KEY_ID, BIND_DONE };

int kms_cancel_key_deletion(struct call *call)
{
	const struct key_input *in = call->input;
	const struct json *key;
	struct json *changed = json_new_object(&call->arena);
	struct str arn;
	int result = kms_key_load_direct(call, in->key_id, &key);

	if (result != 0)
		return result;
	arn = kms_key_arn(call, json_get_text(key, STR("id")));
	if (!str_eq(json_get_text(key, STR("state")), STR("PendingDeletion")))
		return call_failf(call, &kms_KMSInvalidStateException, STR_FMT " is not pending deletion.", STR_ARG(arn));
	for (size_t i = 0; i < key->count; i++) {
		if (!str_eq(key->members[i].name, STR("deletion_ms")))
			json_add_member(&call->arena, changed, key->members[i].name, key->members[i].value);
	}
	json_put(&call->arena, changed, STR("state"), json_new_string(&call->arena, STR("Disabled")));
	result = kms_key_save(call, changed);
	if (result == 0)
		write_str(&call->out, "KeyId", arn);
	return result;
}

/* ---- policy ---- */

const struct bind kms_get_key_policy_fields[] = { KEY_ID, BIND_STR(struct key_input, policy_name, "PolicyName"), BIND_DONE };
const struct bind kms_put_key_policy_fields[] = {
	KEY_ID,
	BIND_STR(struct key_input, policy_name, "PolicyName"),
	BIND_STR(struct key_input, policy, "Policy", .required = true, .min = 1, .max = 131072),
	BIND_IGNORED("BypassPolicyLockoutSafetyCheck"),
	BIND_DONE,
};
const struct bind kms_list_key_policies_fields[] = { KEY_ID, BIND_IGNORED("Limit"), BIND_IGNORED("Marker"),
						     BIND_DONE }; /* there is one */

static int check_policy_name(struct call *call, struct str name)
{
	return is_absent_or(name, "default") ? 0 : call_failf(call, &kms_NotFoundException, "No such policy exists");
}

int kms_get_key_policy(struct call *call)
{
	const struct key_input *in = call->input;
	const struct json *key;
	int result = check_policy_name(call, in->policy_name);

	if (result == 0)
		result = kms_key_load_direct(call, in->key_id, &key);
	if (result != 0)
		return result;
	write_str(&call->out, "Policy", json_get_text(key, STR("policy")));
	write_c(&call->out, "PolicyName", "default");
	return 0;
}

int kms_put_key_policy(struct call *call)
{
	const struct key_input *in = call->input;
	int result = check_policy_name(call, in->policy_name);

	if (result == 0)
		result = check_policy(call, in->policy);
	return result ? result : change(call, STR("policy"), json_new_string(&call->arena, in->policy));
}

int kms_list_key_policies(struct call *call)
{
	const struct key_input *in = call->input;
	const struct json *key;
	int result = kms_key_load_direct(call, in->key_id, &key);

	if (result != 0)
		return result;
	write_list(&call->out, "PolicyNames", NULL);
	write_c(&call->out, NULL, "default");
	write_end(&call->out);
	write_bool(&call->out, "Truncated", false);
	return 0;
}

/* ---- rotation ---- */

const struct bind kms_enable_key_rotation_fields[] = {
	KEY_ID,
	BIND_I64(struct key_input, period, "RotationPeriodInDays", .min = 90, .max = 2560),
	BIND_DONE,
};
const struct bind kms_disable_key_rotation_fields[] = { KEY_ID, BIND_DONE };
const struct bind kms_get_key_rotation_status_fields[] = { KEY_ID, BIND_DONE };

int kms_enable_key_rotation(struct call *call)
{
	const struct key_input *in = call->input;
	int result = 0;

	if (in->period.set)
		result = change(call, STR("period"), json_new_i64(&call->arena, in->period.value));
	return result ? result : change(call, STR("rotation"), json_new_bool(true));
}

int kms_disable_key_rotation(struct call *call)
{
	return change(call, STR("rotation"), json_new_bool(false));
}

int kms_get_key_rotation_status(struct call *call)
{
	const struct key_input *in = call->input;
	const struct json *key;
	bool on;
	int64_t period;
	int result = kms_key_load_direct(call, in->key_id, &key);

	if (result != 0)
		return result;
	on = json_true(json_get_c(key, "rotation"));
	period = member(key, STR("period"), 365);
	write_str(&call->out, "KeyId", kms_key_arn(call, json_get_text(key, STR("id"))));
	write_bool(&call->out, "KeyRotationEnabled", on);
	if (on) {
		write_i64(&call->out, "RotationPeriodInDays", period);
		write_time(&call->out, "NextRotationDate", member(key, STR("created_ms"), 0) + period * DAY_MS);
	}
	return 0;
}

/* ---- tags ---- */

const struct bind kms_tag_resource_fields[] = {
	KEY_ID,
	BIND_LIST(struct key_input, tags, "Tags", .required = true, .fields = tag_fields),
	BIND_DONE,
};
const struct bind kms_untag_resource_fields[] = { KEY_ID, BIND_LIST(struct key_input, tag_keys, "TagKeys", .required = true),
						  BIND_DONE };
const struct bind kms_list_resource_tags_fields[] = { KEY_ID, BIND_IGNORED("Limit"), BIND_IGNORED("Marker"),
						      BIND_DONE }; /* fit on a page */

int kms_tag_resource(struct call *call)
{
	const struct key_input *in = call->input;
	const struct json *key;
	struct json *tags;
	int result = kms_key_load_direct(call, in->key_id, &key);

	if (result != 0)
		return result;
	tags = merge_tags(call, json_get_c(key, "tags"), in->tags);
	if (tags && tags->count > KEY_TAGS_MAX)
		return call_failf(call, &kms_LimitExceededException, "A key may have %d tags.", KEY_TAGS_MAX);
	return change(call, STR("tags"), tags);
}

int kms_untag_resource(struct call *call)
{
	const struct key_input *in = call->input;
	const struct json *key;
	int result = kms_key_load_direct(call, in->key_id, &key);

	return result ? result : change(call, STR("tags"), tags_without(&call->arena, json_get_c(key, "tags"), in->tag_keys));
}

int kms_list_resource_tags(struct call *call)
{
	const struct key_input *in = call->input;
	const struct json *key, *tags;
	int result = kms_key_load_direct(call, in->key_id, &key);

	if (result != 0)
		return result;
	tags = json_get_c(key, "tags");
	write_list(&call->out, "Tags", NULL);
	for (size_t i = 0; tags && i < tags->count; i++) {
		write_object(&call->out, NULL);
		write_str(&call->out, "TagKey", tags->members[i].name);
		write_str(&call->out, "TagValue", json_text(tags->members[i].value));
		write_end(&call->out);
	}
	write_end(&call->out);
	write_bool(&call->out, "Truncated", false);
	return 0;
}
