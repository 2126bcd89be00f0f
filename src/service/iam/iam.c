/* SPDX-License-Identifier: Apache-2.0
 *
 * The service: its operations, its life, and the checks its operations share.
 */
#include "service/iam/iam.h"

#include "policy/policy.h"
#include "service/iam/grants.h"
#include "service/iam/managed.h"
#include "service/iam/operations.h"
#include "service/tags.h"

IAM_ERRORS(SERVICE_ERROR_ROW, iam)

/* ---- rules ---- */

bool is_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
		if (!word && !memchr("+=,.@-", c, 6))
			return false;
	}
	return true;
}

bool is_path(struct str text)
{
	if (text.n == 0 || text.p[0] != '/' || text.p[text.n - 1] != '/')
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < 0x21 || text.p[i] > 0x7E)
			return false;
	}
	return true;
}

struct tag_shape {
	struct str text;
};

const struct bind iam_tag_shape[] = {
	BIND_STR(struct tag_shape, text, "Key", .required = true, .min = 1, .max = TAG_KEY_MAX),
	BIND_STR(struct tag_shape, text, "Value", .required = true, .min = 0, .max = TAG_VALUE_MAX),
	BIND_DONE,
};

int check_document(struct call *call, struct str document, enum document_use use, size_t size_max, const char *owner)
{
	struct error err = { 0 };
	const struct policy *p;
	int rc = policy_parse(&call->arena, document, use == DOCUMENT_TRUST ? POLICY_TRUST : POLICY_IDENTITY, &p, &err);

	if (rc == ERR_INVALID)
		return call_failf(call, &iam_MalformedPolicyDocument, "%s", err.message);
	if (rc < 0)
		return call_fault(call, &err);
	if (document_size(document) > size_max)
		return call_failf(call, &iam_LimitExceeded, "Cannot exceed quota for %s: %zu", owner, size_max);
	return 0;
}

int check_policy_arn(struct call *call, struct str arn)
{
	const struct json *policy = NULL;
	int rc = 0;

	if (managed_is_arn(arn))
		policy = managed_find(&call->arena, arn);
	else
		rc = arn_find(call, "policy", arn, &policy);
	if (rc < 0 || policy)
		return rc;
	return call_failf(call, &iam_NoSuchEntity, "Policy " STR_FMT " does not exist or is not attachable.", STR_ARG(arn));
}

int check_tags(struct call *call, const struct json *tags)
{
	if (!tags)
		return call_fault(call, NULL);
	if (tags->count > TAGS_MAX)
		return call_failf(call, &iam_LimitExceeded, "The number of tags has reached the maximum limit of %d.", TAGS_MAX);
	return 0;
}

/* ---- resources ---- */

/* With the entity's real path when it exists: its ARN has it. */
static struct str resource_entity(struct call *call, const struct entity_kind *kind)
{
	const struct iam_input *in = call->input;
	const struct json *entity = NULL;
	struct store_txn *txn;

	if (!in->name.p)
		return STR_NULL;
	if (store_read_begin(host_store(call->host), &txn, NULL) == 0) {
		if (model_read_entity(call->state, txn, &call->arena, kind, in->name, &entity) < 0)
			entity = NULL;
		store_read_end(txn);
	}
	if (entity)
		return json_get_text(entity, STR("Arn"));
	return entity_arn(call->host, &call->arena, kind->noun, in->path.p ? in->path : STR("/"), in->name);
}

struct str resource_role(struct call *call)
{
	return resource_entity(call, &role_kind);
}

struct str resource_group(struct call *call)
{
	return resource_entity(call, &group_kind);
}

struct str resource_profile(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *profile = NULL;
	struct store_txn *txn;

	if (!in->profile.p)
		return STR_NULL;
	if (store_read_begin(host_store(call->host), &txn, NULL) == 0) {
		if (model_read_arn(call->state, txn, &call->arena, "profile", in->profile, &profile) < 0)
			profile = NULL;
		store_read_end(txn);
	}
	if (profile)
		return json_get_text(profile, STR("Arn"));
	return entity_arn(call->host, &call->arena, "instance-profile", in->path.p ? in->path : STR("/"), in->profile);
}

struct str resource_user(struct call *call)
{
	const struct iam_input *in = call->input;

	return !in->name.p && call->principal.kind == PRINCIPAL_USER ? call->principal.arn : resource_entity(call, &user_kind);
}

struct str resource_policy_arn(struct call *call)
{
	const struct iam_input *in = call->input;

	if (in->policy_arn.p)
		return in->policy_arn;
	return entity_arn(call->host, &call->arena, "policy", in->path.p ? in->path : STR("/"), in->policy_name);
}

struct str resource_provider(struct call *call)
{
	const struct iam_input *in = call->input;

	if (in->arn.p)
		return in->arn;
	return entity_arn(call->host, &call->arena, "oidc-provider", STR("/"),
			  str_starts(in->url, STR("https://")) ? str_from(in->url, sizeof("https://") - 1) : in->url);
}

/* ---- life ---- */

static void close_service(void *state)
{
	struct iam *iam = state;

	grants_free(iam->grants);
	free(iam);
}

static int open_service(struct host *host, void **state, struct error *err)
{
	struct iam *iam = calloc(1, sizeof(*iam));

	if (!iam)
		return error_set(err, ERR_NO_MEMORY, "iam: out of memory");
	iam->host = host;
	int rc = grants_new(&iam->grants, err);
	if (rc < 0) {
		free(iam);
		return rc;
	}
	*state = iam;
	return 0;
}

/* ---- operations ---- */

#define ROW(text, how, function, table)                                                                                          \
	.name = text, .kind = OPERATION_##how, .run = function, .input = table, .input_size = sizeof(struct iam_input)

static const struct operation operations[] = {
	{ ROW("AddClientIDToOpenIDConnectProvider", WRITE, iam_add_client, iam_oidc_client_fields),
	  .resource = resource_provider },
	{ ROW("AddRoleToInstanceProfile", WRITE, iam_add_role_to_profile, iam_profiles_role_fields),
	  .resource = resource_profile },
	{ ROW("AddUserToGroup", WRITE, iam_add_user_to_group, iam_groups_member_fields), .resource = resource_group },
	{ ROW("AttachGroupPolicy", WRITE, iam_attach_policy, iam_entities_attach_group_fields), .resource = resource_group },
	{ ROW("AttachRolePolicy", WRITE, iam_attach_policy, iam_entities_attach_role_fields), .resource = resource_role },
	{ ROW("AttachUserPolicy", WRITE, iam_attach_policy, iam_entities_attach_user_fields), .resource = resource_user },
	{ ROW("CreateAccessKey", WRITE, iam_create_access_key, iam_users_create_key_fields), .resource = resource_user },
	{ ROW("CreateAccountAlias", WRITE, iam_create_account_alias, iam_account_alias_fields) },
	{ ROW("CreateGroup", WRITE, iam_create_group, iam_groups_create_fields), .resource = resource_group },
	{ ROW("CreateInstanceProfile", WRITE, iam_create_profile, iam_profiles_create_fields), .resource = resource_profile },
	{ ROW("CreateOpenIDConnectProvider", WRITE, iam_create_provider, iam_oidc_create_fields), .resource = resource_provider },
	{ ROW("CreatePolicy", WRITE, iam_create_policy, iam_policies_create_policy_fields), .resource = resource_policy_arn },
	{ ROW("CreatePolicyVersion", WRITE, iam_create_policy_version, iam_policies_create_version_fields),
	  .resource = resource_policy_arn },
	{ ROW("CreateRole", WRITE, iam_create_role, iam_roles_create_role_fields), .resource = resource_role },
	{ ROW("CreateServiceLinkedRole", WRITE, iam_create_service_role, iam_roles_create_service_fields) },
	{ ROW("CreateUser", WRITE, iam_create_user, iam_users_create_user_fields), .resource = resource_user },
	{ ROW("DeleteAccessKey", WRITE, iam_delete_access_key, iam_users_delete_key_fields), .resource = resource_user },
	{ ROW("DeleteAccountAlias", WRITE, iam_delete_account_alias, iam_account_alias_fields) },
	{ ROW("DeleteAccountPasswordPolicy", WRITE, iam_delete_password_policy, iam_account_no_fields) },
	{ ROW("DeleteGroup", WRITE, iam_delete_group, iam_groups_group_fields), .resource = resource_group },
	{ ROW("DeleteGroupPolicy", WRITE, iam_delete_inline_policy, iam_entities_group_policy_fields),
	  .resource = resource_group },
	{ ROW("DeleteInstanceProfile", WRITE, iam_delete_profile, iam_profiles_profile_fields), .resource = resource_profile },
	{ ROW("DeleteLoginProfile", WRITE, iam_no_login_profile, iam_users_user_fields), .resource = resource_user },
	{ ROW("DeleteOpenIDConnectProvider", WRITE, iam_delete_provider, iam_oidc_provider_fields),
	  .resource = resource_provider },
	{ ROW("DeletePolicy", WRITE, iam_delete_policy, iam_policies_policy_fields), .resource = resource_policy_arn },
	{ ROW("DeletePolicyVersion", WRITE, iam_delete_policy_version, iam_policies_version_fields),
	  .resource = resource_policy_arn },
	{ ROW("DeleteRole", WRITE, iam_delete_role, iam_roles_role_fields), .resource = resource_role },
	{ ROW("DeleteRolePermissionsBoundary", WRITE, iam_delete_boundary, iam_entities_role_fields), .resource = resource_role },
	{ ROW("DeleteRolePolicy", WRITE, iam_delete_inline_policy, iam_entities_role_policy_fields), .resource = resource_role },
	{ ROW("DeleteServiceLinkedRole", WRITE, iam_delete_service_role, iam_roles_role_fields), .resource = resource_role },
	{ ROW("DeleteUser", WRITE, iam_delete_user, iam_users_user_fields), .resource = resource_user },
	{ ROW("DeleteUserPermissionsBoundary", WRITE, iam_delete_boundary, iam_entities_user_fields), .resource = resource_user },
	{ ROW("DeleteUserPolicy", WRITE, iam_delete_inline_policy, iam_entities_user_policy_fields), .resource = resource_user },
	{ ROW("DetachGroupPolicy", WRITE, iam_detach_policy, iam_entities_attach_group_fields), .resource = resource_group },
	{ ROW("DetachRolePolicy", WRITE, iam_detach_policy, iam_entities_attach_role_fields), .resource = resource_role },
	{ ROW("DetachUserPolicy", WRITE, iam_detach_policy, iam_entities_attach_user_fields), .resource = resource_user },
	{ ROW("ExplainAccess", ASYNC, iam_explain_access, iam_explain_fields), .action = "SimulatePrincipalPolicy" },
	{ ROW("GetAccountPasswordPolicy", READ, iam_get_password_policy, iam_account_no_fields) },
	{ ROW("GetAccountSummary", READ, iam_get_account_summary, iam_account_no_fields) },
	{ ROW("GetGroup", READ, iam_get_group, iam_groups_get_fields), .resource = resource_group },
	{ ROW("GetGroupPolicy", READ, iam_get_inline_policy, iam_entities_group_policy_fields), .resource = resource_group },
	{ ROW("GetInstanceProfile", READ, iam_get_profile, iam_profiles_profile_fields), .resource = resource_profile },
	{ ROW("GetLoginProfile", READ, iam_no_login_profile, iam_users_user_fields), .resource = resource_user },
	{ ROW("GetOpenIDConnectProvider", READ, iam_get_provider, iam_oidc_provider_fields), .resource = resource_provider },
	{ ROW("GetPolicy", READ, iam_get_policy, iam_policies_policy_fields), .resource = resource_policy_arn },
	{ ROW("GetPolicyVersion", READ, iam_get_policy_version, iam_policies_version_fields), .resource = resource_policy_arn },
	{ ROW("GetRole", READ, iam_get_role, iam_roles_role_fields), .resource = resource_role },
	{ ROW("GetRolePolicy", READ, iam_get_inline_policy, iam_entities_role_policy_fields), .resource = resource_role },
	{ ROW("GetServiceLinkedRoleDeletionStatus", READ, iam_service_role_deletion, iam_roles_deletion_fields) },
	{ ROW("GetUser", READ, iam_get_user, iam_users_get_user_fields), .resource = resource_user },
	{ ROW("GetUserPolicy", READ, iam_get_inline_policy, iam_entities_user_policy_fields), .resource = resource_user },
	{ ROW("ListAccessKeys", READ, iam_list_access_keys, iam_users_access_keys_fields), .resource = resource_user },
	{ ROW("ListAccountAliases", READ, iam_list_account_aliases, iam_account_aliases_fields) },
	{ ROW("ListAttachedGroupPolicies", READ, iam_list_attached_policies, iam_entities_attached_group_fields),
	  .resource = resource_group },
	{ ROW("ListAttachedRolePolicies", READ, iam_list_attached_policies, iam_entities_attached_role_fields),
	  .resource = resource_role },
	{ ROW("ListAttachedUserPolicies", READ, iam_list_attached_policies, iam_entities_attached_user_fields),
	  .resource = resource_user },
	{ ROW("ListEntitiesForPolicy", READ, iam_list_entities_for_policy, iam_policies_list_entities_fields),
	  .resource = resource_policy_arn },
	{ ROW("ListGroupPolicies", READ, iam_list_inline_policies, iam_entities_group_list_fields), .resource = resource_group },
	{ ROW("ListGroups", READ, iam_list_groups, iam_groups_list_fields) },
	{ ROW("ListGroupsForUser", READ, iam_list_groups_for_user, iam_groups_of_user_fields), .resource = resource_user },
	{ ROW("ListInstanceProfileTags", READ, iam_list_profile_tags, iam_profiles_profile_fields),
	  .resource = resource_profile },
	{ ROW("ListInstanceProfiles", READ, iam_list_profiles, iam_profiles_list_fields) },
	{ ROW("ListInstanceProfilesForRole", READ, iam_list_instance_profiles_for_role, iam_profiles_of_role_fields),
	  .resource = resource_role },
	{ ROW("ListMFADevices", READ, iam_list_nothing, iam_users_nothing_fields), .resource = resource_user },
	{ ROW("ListOpenIDConnectProviderTags", READ, iam_list_provider_tags, iam_oidc_list_tags_fields),
	  .resource = resource_provider },
	{ ROW("ListOpenIDConnectProviders", READ, iam_list_providers, iam_oidc_no_fields) },
	{ ROW("ListPolicies", READ, iam_list_policies, iam_policies_list_policies_fields) },
	{ ROW("ListPolicyTags", READ, iam_list_policy_tags, iam_policies_list_versions_fields), .resource = resource_policy_arn },
	{ ROW("ListPolicyVersions", READ, iam_list_policy_versions, iam_policies_list_versions_fields),
	  .resource = resource_policy_arn },
	{ ROW("ListRolePolicies", READ, iam_list_inline_policies, iam_entities_role_list_fields), .resource = resource_role },
	{ ROW("ListRoleTags", READ, iam_list_tags, iam_entities_role_list_fields), .resource = resource_role },
	{ ROW("ListRoles", READ, iam_list_roles, iam_roles_list_roles_fields) },
	{ ROW("ListSSHPublicKeys", READ, iam_list_nothing, iam_users_nothing_fields), .resource = resource_user },
	{ ROW("ListServiceSpecificCredentials", READ, iam_list_nothing, iam_users_nothing_fields), .resource = resource_user },
	{ ROW("ListSigningCertificates", READ, iam_list_nothing, iam_users_nothing_fields), .resource = resource_user },
	{ ROW("ListUserPolicies", READ, iam_list_inline_policies, iam_entities_user_list_fields), .resource = resource_user },
	{ ROW("ListUserTags", READ, iam_list_tags, iam_entities_user_list_fields), .resource = resource_user },
	{ ROW("ListUsers", READ, iam_list_users, iam_users_list_users_fields) },
	{ ROW("ListVirtualMFADevices", READ, iam_list_nothing, iam_users_nothing_fields) },
	{ ROW("PutGroupPolicy", WRITE, iam_put_inline_policy, iam_entities_put_group_policy_fields), .resource = resource_group },
	{ ROW("PutRolePermissionsBoundary", WRITE, iam_put_boundary, iam_entities_put_role_boundary_fields),
	  .resource = resource_role },
	{ ROW("PutRolePolicy", WRITE, iam_put_inline_policy, iam_entities_put_role_policy_fields), .resource = resource_role },
	{ ROW("PutUserPermissionsBoundary", WRITE, iam_put_boundary, iam_entities_put_user_boundary_fields),
	  .resource = resource_user },
	{ ROW("PutUserPolicy", WRITE, iam_put_inline_policy, iam_entities_put_user_policy_fields), .resource = resource_user },
	{ ROW("RemoveClientIDFromOpenIDConnectProvider", WRITE, iam_remove_client, iam_oidc_client_fields),
	  .resource = resource_provider },
	{ ROW("RemoveRoleFromInstanceProfile", WRITE, iam_remove_role_from_profile, iam_profiles_role_fields),
	  .resource = resource_profile },
	{ ROW("RemoveUserFromGroup", WRITE, iam_remove_user_from_group, iam_groups_member_fields), .resource = resource_group },
	{ ROW("SetDefaultPolicyVersion", WRITE, iam_set_default_policy_version, iam_policies_version_fields),
	  .resource = resource_policy_arn },
	{ ROW("SimulateCustomPolicy", ASYNC, iam_simulate_custom_policy, iam_simulate_custom_fields) },
	{ ROW("SimulatePrincipalPolicy", ASYNC, iam_simulate_principal_policy, iam_simulate_principal_fields) },
	{ ROW("TagInstanceProfile", WRITE, iam_tag_profile, iam_profiles_tag_fields), .resource = resource_profile },
	{ ROW("TagOpenIDConnectProvider", WRITE, iam_tag_provider, iam_oidc_tag_fields), .resource = resource_provider },
	{ ROW("TagPolicy", WRITE, iam_tag_policy, iam_policies_tag_policy_fields), .resource = resource_policy_arn },
	{ ROW("TagRole", WRITE, iam_tag_entity, iam_entities_tag_role_fields), .resource = resource_role },
	{ ROW("TagUser", WRITE, iam_tag_entity, iam_entities_tag_user_fields), .resource = resource_user },
	{ ROW("UntagInstanceProfile", WRITE, iam_untag_profile, iam_profiles_untag_fields), .resource = resource_profile },
	{ ROW("UntagOpenIDConnectProvider", WRITE, iam_untag_provider, iam_oidc_untag_fields), .resource = resource_provider },
	{ ROW("UntagPolicy", WRITE, iam_untag_policy, iam_policies_untag_policy_fields), .resource = resource_policy_arn },
	{ ROW("UntagRole", WRITE, iam_untag_entity, iam_entities_untag_role_fields), .resource = resource_role },
	{ ROW("UntagUser", WRITE, iam_untag_entity, iam_entities_untag_user_fields), .resource = resource_user },
	{ ROW("UpdateAccessKey", WRITE, iam_update_access_key, iam_users_update_key_fields), .resource = resource_user },
	{ ROW("UpdateAccountPasswordPolicy", WRITE, iam_update_password_policy, iam_account_password_fields) },
	{ ROW("UpdateAssumeRolePolicy", WRITE, iam_update_assume_role_policy, iam_roles_update_trust_fields),
	  .resource = resource_role },
	{ ROW("UpdateGroup", WRITE, iam_update_group, iam_groups_update_fields), .resource = resource_group },
	{ ROW("UpdateOpenIDConnectProviderThumbprint", WRITE, iam_update_thumbprint, iam_oidc_thumbprint_fields),
	  .resource = resource_provider },
	{ ROW("UpdateRole", WRITE, iam_update_role, iam_roles_update_role_fields), .resource = resource_role },
	{ ROW("UpdateRoleDescription", WRITE, iam_update_role_description, iam_roles_update_description_fields),
	  .resource = resource_role },
	{ ROW("UpdateUser", WRITE, iam_update_user, iam_users_update_user_fields), .resource = resource_user },
	{ .name = NULL },
};

const struct service service_iam = {
	.name = "iam",
	.protocol = PROTOCOL_QUERY,
	.api_version = "2010-05-08",
	.xml_namespace = "https://iam.amazonaws.com/doc/2010-05-08/",
	.validation = &iam_ValidationError,
	.operations = operations,
	.open = open_service,
	.close = close_service,
};
