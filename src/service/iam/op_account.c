/* SPDX-License-Identifier: Apache-2.0
 *
 * The account: its summary, its alias, its password policy.
 */
#include "service/iam/operations.h"

const struct bind iam_account_no_fields[] = { BIND_DONE };

static bool count_one(void *argument, const struct json *document)
{
	int64_t *count = argument;

	(void)document;
	(*count)++;
	return true;
}

static int write_count(struct call *call, const char *name, int64_t value)
{
	write_object(&call->out, NULL);
	write_c(&call->out, "key", name);
	write_i64(&call->out, "value", value);
	write_end(&call->out);
	return 0;
}

/* Counts, and the quotas of a new account. */
int iam_get_account_summary(struct call *call)
{
	static const struct {
		const char *name;
		int64_t value;
	} quotas[] = {
		{ "RolesQuota", 1000 },
		{ "UsersQuota", 5000 },
		{ "PoliciesQuota", 1500 },
		{ "PolicySizeQuota", POLICY_SIZE_MAX },
		{ "VersionsPerPolicyQuota", POLICY_VERSIONS_MAX },
		{ "AttachedPoliciesPerRoleQuota", ATTACHED_MAX },
		{ "AttachedPoliciesPerUserQuota", ATTACHED_MAX },
		{ "AccessKeysPerUserQuota", ACCESS_KEYS_MAX },
		{ "GroupsQuota", 300 },
		{ "AssumeRolePolicySizeQuota", TRUST_SIZE_MAX },
		{ "MFADevices", 0 },
		{ "AccountMFAEnabled", 0 },
		{ "AccountAccessKeysPresent", 1 },
	};
	int64_t roles = 0, users = 0, policies = 0, providers = 0, groups = 0, profiles = 0;
	int rc = documents_each(call, "role", count_one, &roles);

	if (rc == 0)
		rc = documents_each(call, "user", count_one, &users);
	if (rc == 0)
		rc = documents_each(call, "policy", count_one, &policies);
	if (rc == 0)
		rc = documents_each(call, "oidc", count_one, &providers);
	if (rc == 0)
		rc = documents_each(call, "group", count_one, &groups);
	if (rc == 0)
		rc = documents_each(call, "profile", count_one, &profiles);
	if (rc < 0)
		return rc;
	write_list(&call->out, "SummaryMap", "entry");
	write_count(call, "Roles", roles);
	write_count(call, "Users", users);
	write_count(call, "Policies", policies);
	write_count(call, "Providers", providers);
	write_count(call, "Groups", groups);
	write_count(call, "InstanceProfiles", profiles);
	for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++)
		write_count(call, quotas[i].name, quotas[i].value);
	write_end(&call->out);
	return 0;
}

const struct bind iam_account_aliases_fields[] = { FIELDS_PAGE, BIND_DONE };

static int find_account(struct call *call, const char *what, const struct json **out)
{
	return arn_find(call, "account", str_c(what), out);
}

int iam_list_account_aliases(struct call *call)
{
	const struct json *alias;
	int rc = find_account(call, "alias", &alias);

	if (rc < 0)
		return rc;
	write_list(&call->out, "AccountAliases", "member");
	if (alias)
		write_json(&call->out, NULL, json_get_c(alias, "AccountAlias"));
	write_end(&call->out);
	write_bool(&call->out, "IsTruncated", false);
	return 0;
}

const struct bind iam_account_alias_fields[] = {
	BIND_STR(struct iam_input, alias, "AccountAlias", .required = true, .min = 3, .max = 63),
	BIND_DONE,
};

/* An account has one: a new one takes its place. */
int iam_create_account_alias(struct call *call)
{
	const struct iam_input *in = call->input;
	struct json *alias = json_new_object(&call->arena);

	put_text(&call->arena, alias, "AccountAlias", in->alias);
	return arn_put(call, "account", STR("alias"), alias);
}

int iam_delete_account_alias(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *alias;
	int rc = find_account(call, "alias", &alias);

	if (rc < 0)
		return rc;
	if (!str_eq(json_get_text(alias, STR("AccountAlias")), in->alias))
		return call_failf(call, &iam_NoSuchEntity, "The account alias " STR_FMT " cannot be found.", STR_ARG(in->alias));
	return arn_delete(call, "account", STR("alias"));
}

/* ---- passwords: nobody signs in with one here, the policy is kept ---- */

const struct bind iam_account_password_fields[] = {
	BIND_I64(struct iam_input, length, "MinimumPasswordLength", .min = 6, .max = 128),
	BIND_BOOL(struct iam_input, symbols, "RequireSymbols"),
	BIND_BOOL(struct iam_input, numbers, "RequireNumbers"),
	BIND_BOOL(struct iam_input, upper, "RequireUppercaseCharacters"),
	BIND_BOOL(struct iam_input, lower, "RequireLowercaseCharacters"),
	BIND_BOOL(struct iam_input, may_change, "AllowUsersToChangePassword"),
	BIND_I64(struct iam_input, password_age, "MaxPasswordAge", .min = 1, .max = 1095),
	BIND_I64(struct iam_input, reuse, "PasswordReusePrevention", .min = 1, .max = 24),
	BIND_BOOL(struct iam_input, hard_expiry, "HardExpiry"),
	BIND_DONE,
};

static void put_bool(struct call *call, struct json *to, const char *name, const struct opt_bool *value)
{
	json_put(&call->arena, to, str_c(name), json_new_bool(value->value));
}

int iam_update_password_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	struct json *policy = json_new_object(&call->arena);

	json_put(&call->arena, policy, STR("MinimumPasswordLength"),
		 json_new_i64(&call->arena, in->length.set ? in->length.value : 6));
	put_bool(call, policy, "RequireSymbols", &in->symbols);
	put_bool(call, policy, "RequireNumbers", &in->numbers);
	put_bool(call, policy, "RequireUppercaseCharacters", &in->upper);
	put_bool(call, policy, "RequireLowercaseCharacters", &in->lower);
	put_bool(call, policy, "AllowUsersToChangePassword", &in->may_change);
	json_put(&call->arena, policy, STR("ExpirePasswords"), json_new_bool(in->password_age.set));
	if (in->password_age.set)
		json_put(&call->arena, policy, STR("MaxPasswordAge"), json_new_i64(&call->arena, in->password_age.value));
	if (in->reuse.set)
		json_put(&call->arena, policy, STR("PasswordReusePrevention"), json_new_i64(&call->arena, in->reuse.value));
	put_bool(call, policy, "HardExpiry", &in->hard_expiry);
	return arn_put(call, "account", STR("password"), policy);
}

static int need_password_policy(struct call *call, const struct json **policy)
{
	struct str account = host_account(call->host);
	int rc = find_account(call, "password", policy);

	if (rc < 0 || *policy)
		return rc;
	return call_failf(call, &iam_NoSuchEntity, "The Password Policy with domain name " STR_FMT " cannot be found.",
			  STR_ARG(account));
}

int iam_get_password_policy(struct call *call)
{
	const struct json *policy;
	int rc = need_password_policy(call, &policy);

	if (rc == 0)
		write_json(&call->out, "PasswordPolicy", policy);
	return rc;
}

int iam_delete_password_policy(struct call *call)
{
	const struct json *policy;
	int rc = need_password_policy(call, &policy);

	return rc < 0 ? rc : arn_delete(call, "account", STR("password"));
}
