/* SPDX-License-Identifier: Apache-2.0
 *
 * Secrets: made, described, changed, deleted, tagged, their policies. Values are in values.c.
 */
#include "aws/arn.h"
#include "os/clock.h"
#include "os/random.h"
#include "service/secretsmanager/internal.h"

enum { SUFFIX = 6, WINDOW_DEFAULT = 30 };
#define DAY_MS ((int64_t)24 * 3600 * 1000)

#define SECRET_ID BIND_STR(struct secrets_input, secret_id, "SecretId", .required = true, .min = 1, .max = 2048)
#define SECRET_VALUE                                                                                                             \
	BIND_STR(struct secrets_input, text, "SecretString", .max = SECRETS_VALUE_MAX),                                          \
		BIND_STR(struct secrets_input, binary, "SecretBinary", .max = 2 * SECRETS_VALUE_MAX),                            \
		BIND_STR(struct secrets_input, token, "ClientRequestToken", .min = 32, .max = 64)

/* ---- records ---- */

void secret_key(struct key *k, struct str name)
{
	record_key(k, STR("secret"), name);
}

static struct str name_in(struct str id)
{
	ptrdiff_t at = str_find(id, STR(":secret:"), 0);

	return str_starts(id, STR("arn:")) && at > 0 ? str_from(id, (size_t)at + 8) : id;
}

static int find_named(struct call *call, struct str name, const struct json **out)
{
	struct error err = { 0 };
	struct key key;

	*out = NULL;
	secret_key(&key, name);
	int rc = record_get(call->txn, SPACE_SECRETS, &key, &call->arena, out, &err);
	return rc == 0 || rc == ERR_NOT_FOUND ? 0 : call_fault(call, &err);
}

static bool is_past(const struct json *secret)
{
	int64_t deleted;

	return json_to_i64(json_get_c(secret, "deleted"), &deleted) == 0 && clock_wall_ms() >= deleted;
}

int secret_load(struct call *call, struct str id, bool gone_too, const struct json **out)
{
	struct str name = name_in(id);
	int rc = find_named(call, name, out);

	/* An ARN ends with a hyphen and six characters that are not the name's. */
	if (rc == 0 && !*out && name.n > SUFFIX + 1)
		rc = find_named(call, str_sub(name, 0, name.n - SUFFIX - 1), out);
	if (rc == 0 && *out && name.n != id.n && !str_starts(json_get_text(*out, STR("ARN")), id))
		*out = NULL;
	if (rc < 0)
		return rc;
	if (!*out || is_past(*out))
		return call_fail(call, &secrets_ResourceNotFoundException);
	if (!gone_too && json_is(json_get_c(*out, "deleted"), JSON_NUMBER))
		return call_failf(call, &secrets_InvalidRequestException,
				  "You can't perform this operation on the secret because it was marked for deletion.");
	return 0;
}

int secret_save(struct call *call, const struct json *secret)
{
	struct error err = { 0 };
	struct key key;

	secret_key(&key, json_get_text(secret, STR("Name")));
	return record_put(call->txn, SPACE_SECRETS, &key, &call->arena, secret, &err) < 0 ? call_fault(call, &err) : 0;
}

void secret_write_name(struct call *call, const struct json *secret)
{
	write_json(&call->out, "ARN", json_get_c(secret, "ARN"));
	write_json(&call->out, "Name", json_get_c(secret, "Name"));
}

/* With the ARN's random end where the secret exists; else with the wildcard that policies use for it. */
struct str secret_resource(struct call *call)
{
	const struct secrets_input *in = call->input;
	struct str name = in->secret_id.p ? name_in(in->secret_id) : in->name;
	const struct json *secret;
	struct store_txn *txn;
	struct str arn = STR_NULL;
	struct key key;

	if (!name.p || str_starts(in->secret_id, STR("arn:")))
		return name.p ? in->secret_id : STR_NULL;
	secret_key(&key, name);
	if (store_read_begin(host_store(call->host), &txn, NULL) == 0) {
		if (record_get(txn, SPACE_SECRETS, &key, &call->arena, &secret, NULL) == 0)
			arn = json_get_text(secret, STR("ARN"));
		store_read_end(txn);
	}
	return arn.p ? arn
		     : arn_format(&call->arena, "secretsmanager", host_region(call->host), host_account(call->host),
				  "secret:" STR_FMT "-??????", STR_ARG(name));
}

static void put_text(struct call *call, struct json *to, const char *name, struct str text)
{
	if (text.p)
		json_put(&call->arena, to, str_c(name), json_new_string(&call->arena, text));
}

static void put_now(struct call *call, struct json *to, const char *name)
{
	json_put(&call->arena, to, str_c(name), json_new_i64(&call->arena, clock_wall_ms()));
}

/* ---- CreateSecret ---- */

const struct bind secrets_create_secret_fields[] = {
	BIND_STR(struct secrets_input, name, "Name", .required = true, .min = 1, .max = 512),
	BIND_STR(struct secrets_input, description, "Description", .max = 2048),
	BIND_STR(struct secrets_input, key_id, "KmsKeyId", .max = 2048),
	SECRET_VALUE,
	BIND_LIST(struct secrets_input, tags, "Tags"),
	BIND_REFUSED("AddReplicaRegions"),
	BIND_IGNORED("ForceOverwriteReplicaSecret"), /* there are no replicas */
	BIND_DONE,
};

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && !memchr("/_+=.@-", c, 7))
			return false;
	}
	return true;
}

static struct str new_arn(struct call *call, struct str name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	char suffix[SUFFIX];

	for (size_t i = 0; i < SUFFIX; i++)
		suffix[i] = letters[random_below(sizeof(letters) - 1)];
	return arn_format(&call->arena, "secretsmanager", host_region(call->host), host_account(call->host),
			  "secret:" STR_FMT "-%.6s", STR_ARG(name), suffix);
}

static int check_free(struct call *call, struct str name)
{
	const struct json *old;
	int rc = find_named(call, name, &old);

	if (rc < 0 || !old || is_past(old))
		return rc;
	if (json_is(json_get_c(old, "deleted"), JSON_NUMBER))
		return call_failf(
			call, &secrets_InvalidRequestException,
			"You can't create this secret because a secret with this name is already scheduled for deletion.");
	return call_failf(call, &secrets_ResourceExistsException,
			  "The operation failed because the secret " STR_FMT " already exists.", STR_ARG(name));
}

int secrets_create_secret(struct call *call)
{
	const struct secrets_input *in = call->input;
	struct json *secret = json_new_object(&call->arena);
	struct str version = STR_NULL;
	int rc = check_free(call, in->name);

	if (rc == 0 && !is_name(in->name))
		rc = call_failf(call, &secrets_InvalidParameterException,
				"Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: "
				"-/_+=.@!");
	if (rc < 0)
		return rc;
	put_text(call, secret, "ARN", new_arn(call, in->name));
	put_text(call, secret, "Name", in->name);
	put_text(call, secret, "Description", in->description.n ? in->description : STR_NULL);
	put_text(call, secret, "KmsKeyId", in->key_id.n ? in->key_id : STR_NULL);
	put_now(call, secret, "created");
	put_now(call, secret, "changed");
	json_put(&call->arena, secret, STR("Tags"), tags_merge(&call->arena, NULL, in->tags));
	json_put(&call->arena, secret, STR("Versions"), &json_empty_object);
	if (in->text.p || in->binary.p)
		rc = secret_add_version(call, secret, NULL, &version);
	if (rc == 0)
		rc = secret_save(call, secret);
	secret_write_name(call, secret);
	write_str(&call->out, "VersionId", version);
	return rc;
}

/* ---- DescribeSecret, ListSecrets ---- */

static void write_times(struct call *call, const struct json *secret)
{
	static const char *const times[][2] = { { "created", "CreatedDate" },
						{ "changed", "LastChangedDate" },
						{ "deleted", "DeletedDate" } };
	int64_t at;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		if (json_to_i64(json_get(secret, str_c(times[i][0])), &at) == 0)
			write_time(&call->out, times[i][1], at);
}

static void write_secret(struct call *call, const struct json *secret, const char *stages_name)
{
	const struct json *versions = json_get_c(secret, "Versions");

	secret_write_name(call, secret);
	write_json(&call->out, "Description", json_get_c(secret, "Description"));
	write_json(&call->out, "KmsKeyId", json_get_c(secret, "KmsKeyId"));
	write_times(call, secret);
	tags_write_list(&call->out, "Tags", json_get_c(secret, "Tags"));
	if (!versions || versions->count == 0)
		return;
	write_object(&call->out, stages_name);
	for (size_t i = 0; i < versions->count; i++)
		if (json_get_c(versions->members[i].value, "Stages")->count)
			write_json(&call->out, arena_c(&call->arena, versions->members[i].name),
				   json_get_c(versions->members[i].value, "Stages"));
	write_end(&call->out);
}

const struct bind secrets_describe_secret_fields[] = { SECRET_ID, BIND_DONE };

int secrets_describe_secret(struct call *call)
{
	const struct secrets_input *in = call->input;
	const struct json *secret;
	int rc = secret_load(call, in->secret_id, true, &secret);

	if (rc == 0)
		write_secret(call, secret, "VersionIdsToStages");
	return rc;
}

const struct bind secrets_list_secrets_fields[] = {
	BIND_BOOL(struct secrets_input, force, "IncludePlannedDeletion"),
	BIND_I64(struct secrets_input, limit, "MaxResults", .min = 1, .max = 100),
	BIND_STR(struct secrets_input, next, "NextToken", .min = 1, .max = 4096),
	BIND_REFUSED("Filters"),
	BIND_REFUSED("SortOrder"),
	BIND_DONE,
};

static int write_listed(void *argument, const struct json *secret)
{
	struct call *call = argument;
	const struct secrets_input *in = call->input;

	if (is_past(secret) || (!in->force.value && json_is(json_get_c(secret, "deleted"), JSON_NUMBER)))
		return 0;
	write_object(&call->out, NULL);
	write_secret(call, secret, "SecretVersionsToStages");
	write_end(&call->out);
	return 1;
}

int secrets_list_secrets(struct call *call)
{
	const struct secrets_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 100, .token = in->next };
	struct error err = { 0 };
	struct str next = STR_NULL;
	struct key key;

	record_key(&key, STR("secret"));
	write_list(&call->out, "SecretList", NULL);
	int rc = record_page(call->txn, SPACE_SECRETS, &key, &window, &call->arena, write_listed, call, &next, &err);
	if (rc < 0)
		return rc == ERR_INVALID ? call_fail(call, &secrets_InvalidNextTokenException) : call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextToken", next);
	return 0;
}

/* ---- changes ---- */

const struct bind secrets_update_secret_fields[] = {
	SECRET_ID,
	BIND_STR(struct secrets_input, description, "Description", .max = 2048),
	BIND_STR(struct secrets_input, key_id, "KmsKeyId", .max = 2048),
	SECRET_VALUE,
	BIND_DONE,
};

int secrets_update_secret(struct call *call)
{
	const struct secrets_input *in = call->input;
	struct str version = STR_NULL;
	const struct json *old;
	int rc = secret_load(call, in->secret_id, false, &old);

	if (rc < 0)
		return rc;
	struct json *secret = json_copy_object(&call->arena, old);
	put_text(call, secret, "Description", in->description);
	put_text(call, secret, "KmsKeyId", in->key_id);
	put_now(call, secret, "changed");
	if (in->text.p || in->binary.p)
		rc = secret_add_version(call, secret, NULL, &version);
	if (rc == 0)
		rc = secret_save(call, secret);
	secret_write_name(call, secret);
	write_str(&call->out, "VersionId", version);
	return rc;
}

const struct bind secrets_delete_secret_fields[] = {
	SECRET_ID,
	BIND_I64(struct secrets_input, window, "RecoveryWindowInDays"),
	BIND_BOOL(struct secrets_input, force, "ForceDeleteWithoutRecovery"),
	BIND_DONE,
};

int secrets_delete_secret(struct call *call)
{
	const struct secrets_input *in = call->input;
	int64_t days = in->window.set ? in->window.value : WINDOW_DEFAULT, at = clock_wall_ms();
	const struct json *old;
	struct error err = { 0 };
	struct key key;
	int rc = secret_load(call, in->secret_id, in->force.value, &old);

	if (rc < 0)
		return rc;
	if (in->window.set && (in->force.value || days < 7 || days > 30))
		return call_failf(
			call, &secrets_InvalidParameterException,
			"The RecoveryWindowInDays value must be between 7 and 30 days (inclusive), and not be given with "
			"ForceDeleteWithoutRecovery.");
	secret_write_name(call, old);
	write_time(&call->out, "DeletionDate", in->force.value ? at : at + days * DAY_MS);
	if (in->force.value) {
		secret_key(&key, json_get_text(old, STR("Name")));
		return store_delete(call->txn, SPACE_SECRETS, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
	}
	struct json *secret = json_copy_object(&call->arena, old);
	json_put(&call->arena, secret, STR("deleted"), json_new_i64(&call->arena, at + days * DAY_MS));
	return secret_save(call, secret);
}

const struct bind secrets_restore_secret_fields[] = { SECRET_ID, BIND_DONE };

int secrets_restore_secret(struct call *call)
{
	const struct secrets_input *in = call->input;
	const struct json *old;
	int rc = secret_load(call, in->secret_id, true, &old);

	if (rc < 0)
		return rc;
	struct json *secret = json_copy_object(&call->arena, old);
	json_put(&call->arena, secret, STR("deleted"), &json_null);
	secret_write_name(call, secret);
	return secret_save(call, secret);
}

/* ---- tags and policies ---- */

const struct bind secrets_tag_resource_fields[] = {
	SECRET_ID,
	BIND_LIST(struct secrets_input, tags, "Tags", .required = true),
	BIND_DONE,
};
const struct bind secrets_untag_resource_fields[] = {
	SECRET_ID,
	BIND_LIST(struct secrets_input, tag_keys, "TagKeys", .required = true),
	BIND_DONE,
};
const struct bind secrets_get_resource_policy_fields[] = { SECRET_ID, BIND_DONE };
const struct bind secrets_delete_resource_policy_fields[] = { SECRET_ID, BIND_DONE };
const struct bind secrets_put_resource_policy_fields[] = {
	SECRET_ID,
	BIND_STR(struct secrets_input, policy, "ResourcePolicy", .required = true, .min = 1, .max = 20480),
	BIND_IGNORED("BlockPublicPolicy"), /* nobody from outside gets here */
	BIND_DONE,
};

/* The secret with one member put. */
static int change(struct call *call, const struct json *secret, struct str member, const struct json *value)
{
	struct json *changed = json_copy_object(&call->arena, secret);

	json_put(&call->arena, changed, member, value);
	return secret_save(call, changed);
}

int secrets_tag_resource(struct call *call)
{
	const struct secrets_input *in = call->input;
	const struct json *secret;
	int rc = secret_load(call, in->secret_id, false, &secret);

	return rc < 0 ? rc : change(call, secret, STR("Tags"), tags_merge(&call->arena, json_get_c(secret, "Tags"), in->tags));
}

int secrets_untag_resource(struct call *call)
{
	const struct secrets_input *in = call->input;
	const struct json *secret;
	int rc = secret_load(call, in->secret_id, false, &secret);

	return rc < 0 ? rc
		      : change(call, secret, STR("Tags"), tags_without(&call->arena, json_get_c(secret, "Tags"), in->tag_keys));
}

int secrets_get_resource_policy(struct call *call)
{
	const struct secrets_input *in = call->input;
	const struct json *secret;
	int rc = secret_load(call, in->secret_id, false, &secret);

	if (rc < 0)
		return rc;
	secret_write_name(call, secret);
	write_str(&call->out, "ResourcePolicy", json_get_text(secret, STR("Policy")));
	return 0;
}

int secrets_put_resource_policy(struct call *call)
{
	const struct secrets_input *in = call->input;
	const struct json *secret, *document;
	int rc = secret_load(call, in->secret_id, false, &secret);

	if (rc < 0)
		return rc;
	if (json_parse(&call->arena, in->policy, &document, NULL) != 0 || !json_get_c(document, "Statement"))
		return call_fail(call, &secrets_MalformedPolicyDocumentException);
	secret_write_name(call, secret);
	return change(call, secret, STR("Policy"), json_new_string(&call->arena, in->policy));
}

int secrets_delete_resource_policy(struct call *call)
{
	const struct secrets_input *in = call->input;
	const struct json *secret;
	int rc = secret_load(call, in->secret_id, false, &secret);

	if (rc < 0)
		return rc;
	secret_write_name(call, secret);
	return change(call, secret, STR("Policy"), &json_null);
}
