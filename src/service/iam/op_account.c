/* SPDX-License-Identifier: Apache-2.0
 *
 * The account: its summary and aliases.
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
		{ "Groups", 0 },
		{ "MFADevices", 0 },
		{ "InstanceProfiles", 0 },
		{ "AccountMFAEnabled", 0 },
		{ "AccountAccessKeysPresent", 1 },
	};
	int64_t roles = 0, users = 0, policies = 0, providers = 0;
	int rc = documents_each(call, "role", count_one, &roles);

	if (rc == 0)
		rc = documents_each(call, "user", count_one, &users);
	if (rc == 0)
		rc = documents_each(call, "policy", count_one, &policies);
	if (rc == 0)
		rc = documents_each(call, "oidc", count_one, &providers);
	if (rc < 0)
		return rc;
	write_list(&call->out, "SummaryMap", "entry");
	write_count(call, "Roles", roles);
	write_count(call, "Users", users);
	write_count(call, "Policies", policies);
	write_count(call, "Providers", providers);
	for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++)
		write_count(call, quotas[i].name, quotas[i].value);
	write_end(&call->out);
	return 0;
}

const struct bind iam_account_aliases_fields[] = { FIELDS_PAGE, BIND_DONE };

/* Aliases cannot be made here: there are none. */
int iam_list_account_aliases(struct call *call)
{
	write_list(&call->out, "AccountAliases", "member");
	write_end(&call->out);
	write_bool(&call->out, "IsTruncated", false);
	return 0;
}
