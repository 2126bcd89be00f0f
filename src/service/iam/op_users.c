/* SPDX-License-Identifier: Apache-2.0
 *
 * Users and their access keys. A user's keys lie in the user's document; the ones that are active are also known to the signature
 * check.
 */
#include "os/clock.h"
#include "service/credentials.h"
#include "service/iam/operations.h"
#include "service/tags.h"

/* ---- users ---- */

const struct bind iam_users_create_user_fields[] = { FIELD_USER, FIELD_PATH, FIELD_BOUNDARY(false), FIELD_TAGS, BIND_DONE };

static struct json *build_user(struct call *call)
{
	const struct iam_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *user = json_new_object(a);
	struct str path = in->path.p ? in->path : STR("/");

	put_text(a, user, "Path", path);
	put_text(a, user, "UserName", in->name);
	put_text(a, user, "UserId", new_id(a, user_kind.id_prefix));
	put_text(a, user, "Arn", entity_arn(call->host, a, "user", path, in->name));
	json_put(a, user, STR("CreateDate"), json_new_i64(a, clock_wall_ms()));
	put_text(a, user, "PermissionsBoundary", in->boundary);
	if (in->tags)
		json_put(a, user, STR("Tags"), tags_merge(a, NULL, in->tags));
	return user;
}

int iam_create_user(struct call *call)
{
	const struct iam_input *in = call->input;
	int rc = in->boundary.p ? check_policy_arn(call, in->boundary) : 0;

	if (rc == 0 && entity_exists(call, &user_kind, in->name))
		rc = call_failf(call, &iam_EntityAlreadyExists, "User with name " STR_FMT " already exists.", STR_ARG(in->name));
	if (rc < 0)
		return rc;
	const struct json *user = build_user(call);
	rc = entity_put(call, &user_kind, user);
	if (rc == 0)
		write_user(call, "User", user, true);
	return rc;
}

const struct bind iam_users_user_fields[] = { FIELD_USER, BIND_DONE };
/* Without a name, the caller is meant. */
const struct bind iam_users_get_user_fields[] = {
	BIND_STR(struct iam_input, name, "UserName", .min = 1, .max = 128, .valid = is_name, .pattern = NAME_PATTERN),
	BIND_DONE,
};

static void write_root(struct call *call)
{
	write_object(&call->out, "User");
	write_str(&call->out, "UserId", call->principal.user_id);
	write_str(&call->out, "Arn", call->principal.arn);
	write_time(&call->out, "CreateDate", 0);
	write_end(&call->out);
}

static int find_caller(struct call *call, struct str *name)
{
	if (call->principal.kind != PRINCIPAL_USER)
		return call_failf(call, &iam_ValidationError, "Must specify userName when calling with non-User credentials");
	*name = arn_last_name(call->principal.arn);
	return 0;
}

int iam_get_user(struct call *call)
{
	const struct iam_input *in = call->input;
	struct str name = in->name;
	const struct json *user;
	int rc = 0;

	if (!name.p && call->principal.kind == PRINCIPAL_ROOT) {
		write_root(call);
		return 0;
	}
	if (!name.p)
		rc = find_caller(call, &name);
	if (rc == 0)
		rc = entity_require(call, &user_kind, name, &user);
	if (rc == 0)
		write_user(call, "User", user, true);
	return rc;
}

static bool has_any(const struct json *entity, struct str member)
{
	const struct json *list = json_get(entity, member);

	return list && list->count > 0;
}

int iam_delete_user(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *user;
	int rc = entity_require(call, &user_kind, in->name, &user);

	if (rc < 0)
		return rc;
	if (has_any(user, STR("AccessKeys")))
		return call_failf(call, &iam_DeleteConflict, "Cannot delete entity, must delete access keys first.");
	if (has_any(user, STR("Attached")))
		return call_failf(call, &iam_DeleteConflict, "Cannot delete entity, must detach all policies first.");
	if (has_any(user, STR("Policies")))
		return call_failf(call, &iam_DeleteConflict, "Cannot delete entity, must delete policies first.");
	if (has_any(user, STR("Groups")))
		return call_failf(call, &iam_DeleteConflict, "Cannot delete entity, must remove users from group first.");
	return entity_delete(call, &user_kind, in->name);
}

const struct bind iam_users_list_users_fields[] = { FIELD_PATH_PREFIX, FIELDS_PAGE, BIND_DONE };

struct listing {
	struct call *call;
	struct page page;
};

static bool list_user(void *argument, const struct json *user)
{
	struct listing *l = argument;
	const struct iam_input *in = l->call->input;

	if (in->path_prefix.p && !str_starts(json_get_text(user, STR("Path")), in->path_prefix))
		return true;
	if (page_takes(&l->page))
		write_user(l->call, NULL, user, false);
	return !l->page.more;
}

int iam_list_users(struct call *call)
{
	struct listing l = { .call = call };
	int rc = page_begin(call, &l.page);

	if (rc < 0)
		return rc;
	write_list(&call->out, "Users", "member");
	rc = documents_each(call, "user", list_user, &l);
	write_end(&call->out);
	page_write(call, &l.page);
	return rc;
}

/* Groups are not offered, so a user is in none. */
/* ---- access keys ---- */

const struct bind iam_users_access_keys_fields[] = {
	BIND_STR(struct iam_input, name, "UserName", .min = 1, .max = 128, .valid = is_name, .pattern = NAME_PATTERN),
	FIELDS_PAGE,
	BIND_DONE,
};
const struct bind iam_users_create_key_fields[] = {
	BIND_STR(struct iam_input, name, "UserName", .min = 1, .max = 128, .valid = is_name, .pattern = NAME_PATTERN),
	BIND_DONE,
};
static const char *const key_statuses[] = { "Active", "Inactive", NULL };
const struct bind iam_users_update_key_fields[] = {
	BIND_STR(struct iam_input, name, "UserName", .min = 1, .max = 128, .valid = is_name, .pattern = NAME_PATTERN),
	BIND_STR(struct iam_input, access_key, "AccessKeyId", .required = true, .min = 16, .max = 128),
	BIND_STR(struct iam_input, status, "Status", .required = true, .values = key_statuses),
	BIND_DONE,
};
const struct bind iam_users_delete_key_fields[] = {
	BIND_STR(struct iam_input, name, "UserName", .min = 1, .max = 128, .valid = is_name, .pattern = NAME_PATTERN),
	BIND_STR(struct iam_input, access_key, "AccessKeyId", .required = true, .min = 16, .max = 128),
	BIND_DONE,
};

static int find_user(struct call *call, const struct json **user)
{
	const struct iam_input *in = call->input;
	struct str name = in->name;
	int rc = name.p ? 0 : find_caller(call, &name);

	return rc < 0 ? rc : entity_require(call, &user_kind, name, user);
}

static const struct json *keys_of(const struct json *user)
{
	const struct json *keys = json_get_c(user, "AccessKeys");

	return keys ? keys : &json_empty_array;
}

static void write_key(struct writer *w, const char *name, const struct json *user, const struct json *key, bool secret)
{
	write_object(w, name);
	write_str(w, "UserName", json_get_text(user, STR("UserName")));
	write_str(w, "AccessKeyId", json_get_text(key, STR("AccessKeyId")));
	write_str(w, "Status", json_get_text(key, STR("Status")));
	if (secret)
		write_str(w, "SecretAccessKey", json_get_text(key, STR("Secret")));
	write_time(w, "CreateDate", get_i64(key, "CreateDate"));
	write_end(w);
}

/* Makes the key known to the signature check, or unknown. */
static int show_key(struct call *call, const struct json *user, const struct json *key, bool active)
{
	struct error err = { 0 };
	struct str id = json_get_text(key, STR("AccessKeyId"));
	const struct principal principal = { .kind = PRINCIPAL_USER,
					     .arn = json_get_text(user, STR("Arn")),
					     .user_id = json_get_text(user, STR("UserId")),
					     .access_key = id };
	int rc = active ? host_put_access_key(call->host, call->txn, &principal, json_get_text(key, STR("Secret")), &err)
			: host_delete_access_key(call->host, call->txn, id, &err);

	return rc < 0 ? call_fault(call, &err) : 0;
}

static int put_keys(struct call *call, const struct json *user, const struct json *keys)
{
	struct json *changed = json_copy_object(&call->arena, user);

	json_put(&call->arena, changed, STR("AccessKeys"), keys);
	return entity_put(call, &user_kind, changed);
}

int iam_create_access_key(struct call *call)
{
	struct arena *a = &call->arena;
	struct credential credential = { 0 };
	const struct json *user;
	int rc = find_user(call, &user);

	if (rc < 0)
		return rc;
	if (keys_of(user)->count >= ACCESS_KEYS_MAX)
		return call_failf(call, &iam_LimitExceeded, "Cannot exceed quota for AccessKeysPerUser: %d", ACCESS_KEYS_MAX);
	if (credential_new(a, "AKIA", false, &credential) < 0)
		return call_fault(call, NULL);
	struct json *key = json_new_object(a), *keys = json_copy_array(a, keys_of(user));
	put_text(a, key, "AccessKeyId", credential.principal.access_key);
	put_text(a, key, "Secret", credential.secret_key);
	put_text(a, key, "Status", STR("Active"));
	json_put(a, key, STR("CreateDate"), json_new_i64(a, clock_wall_ms()));
	json_add(a, keys, key);
	rc = put_keys(call, user, keys);
	if (rc == 0)
		rc = show_key(call, user, key, true);
	if (rc == 0)
		write_key(&call->out, "AccessKey", user, key, true);
	return rc;
}

int iam_list_access_keys(struct call *call)
{
	const struct json *user;
	struct page page;
	int rc = find_user(call, &user);

	if (rc == 0)
		rc = page_begin(call, &page);
	if (rc < 0)
		return rc;
	write_list(&call->out, "AccessKeyMetadata", "member");
	for (size_t i = 0; i < keys_of(user)->count; i++) {
		if (page_takes(&page))
			write_key(&call->out, NULL, user, keys_of(user)->items[i], false);
	}
	write_end(&call->out);
	page_write(call, &page);
	return 0;
}

/* The list without the key named, and that key. */
static int take_key(struct call *call, const struct json *user, struct json **others, const struct json **key)
{
	const struct iam_input *in = call->input;
	const struct json *keys = keys_of(user);

	*others = json_new_array(&call->arena);
	*key = NULL;
	for (size_t i = 0; i < keys->count; i++) {
		if (str_eq(json_get_text(keys->items[i], STR("AccessKeyId")), in->access_key))
			*key = keys->items[i];
		else
			json_add(&call->arena, *others, keys->items[i]);
	}
	if (*key)
		return 0;
	return call_failf(call, &iam_NoSuchEntity, "The Access Key with id " STR_FMT " cannot be found.",
			  STR_ARG(in->access_key));
}

int iam_update_access_key(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *user, *key;
	struct json *keys;
	int rc = find_user(call, &user);

	if (rc == 0)
		rc = take_key(call, user, &keys, &key);
	if (rc < 0)
		return rc;
	struct json *changed = json_copy_object(&call->arena, key);
	put_text(&call->arena, changed, "Status", in->status);
	json_add(&call->arena, keys, changed);
	rc = put_keys(call, user, keys);
	return rc < 0 ? rc : show_key(call, user, changed, str_eq(in->status, STR("Active")));
}

int iam_delete_access_key(struct call *call)
{
	const struct json *user, *key;
	struct json *keys;
	int rc = find_user(call, &user);

	if (rc == 0)
		rc = take_key(call, user, &keys, &key);
	if (rc == 0)
		rc = put_keys(call, user, keys);
	return rc < 0 ? rc : show_key(call, user, key, false);
}

/* ---- UpdateUser ---- */

const struct bind iam_users_update_user_fields[] = {
	FIELD_USER,
	BIND_STR(struct iam_input, new_path, "NewPath", .min = 1, .max = 512, .valid = is_path,
		 .pattern = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"),
	BIND_STR(struct iam_input, new_name, "NewUserName", .min = 1, .max = 64, .valid = is_name, .pattern = NAME_PATTERN),
	BIND_DONE,
};

/* The signature check knows keys by their user's ARN: they are told the new one. */
static int move_keys(struct call *call, const struct json *user)
{
	const struct json *keys = json_get_c(user, "AccessKeys");
	int rc = 0;

	for (size_t i = 0; keys && i < keys->count && rc == 0; i++)
		if (str_eq_c(json_get_text(keys->items[i], STR("Status")), "Active"))
			rc = show_key(call, user, keys->items[i], true);
	return rc;
}

int iam_update_user(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *user;
	int rc = entity_require(call, &user_kind, in->name, &user);

	if (rc < 0)
		return rc;
	struct json *changed = json_copy_object(&call->arena, user);
	struct str name = in->new_name.p ? in->new_name : json_get_text(user, STR("UserName"));
	struct str path = in->new_path.p ? in->new_path : json_get_text(user, STR("Path"));
	if (!str_eq_nocase(name, in->name) && entity_exists(call, &user_kind, name))
		return call_failf(call, &iam_EntityAlreadyExists, "User with name " STR_FMT " already exists.", STR_ARG(name));
	put_text(&call->arena, changed, "UserName", name);
	put_text(&call->arena, changed, "Path", path);
	put_text(&call->arena, changed, "Arn", entity_arn(call->host, &call->arena, "user", path, name));
	rc = entity_delete(call, &user_kind, in->name);
	if (rc == 0)
		rc = entity_put(call, &user_kind, changed);
	return rc == 0 ? move_keys(call, changed) : rc;
}

/* ---- what a user can have on AWS, and has not here: the lists are empty, so that deleting by force goes through ---- */

const struct bind iam_users_nothing_fields[] = {
	BIND_STR(struct iam_input, name, "UserName", .min = 1, .max = 128, .valid = is_name, .pattern = NAME_PATTERN),
	BIND_IGNORED("AssignmentStatus"), /* of an empty list */
	BIND_IGNORED("ServiceName"),
	FIELDS_PAGE,
	BIND_DONE,
};

int iam_list_nothing(struct call *call)
{
	static const char *const lists[][2] = {
		{ "ListMFADevices", "MFADevices" },
		{ "ListSSHPublicKeys", "SSHPublicKeys" },
		{ "ListServiceSpecificCredentials", "ServiceSpecificCredentials" },
		{ "ListSigningCertificates", "Certificates" },
		{ "ListVirtualMFADevices", "VirtualMFADevices" },
	};
	const struct iam_input *in = call->input;
	const struct json *user;
	int rc = in->name.p ? entity_require(call, &user_kind, in->name, &user) : 0;

	for (size_t i = 0; rc == 0 && i < sizeof(lists) / sizeof(lists[0]); i++) {
		if (strcmp(call->operation->name, lists[i][0]) != 0)
			continue;
		write_list(&call->out, lists[i][1], "member");
		write_end(&call->out);
	}
	if (rc == 0)
		write_bool(&call->out, "IsTruncated", false);
	return rc;
}

/* Nobody signs in with a password here. */
int iam_no_login_profile(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *user;
	int rc = entity_require(call, &user_kind, in->name, &user);

	return rc < 0 ? rc
		      : call_failf(call, &iam_NoSuchEntity, "Login Profile for User " STR_FMT " cannot be found.",
				   STR_ARG(in->name));
}
