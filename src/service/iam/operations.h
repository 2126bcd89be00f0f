/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations, by file, and the rows their bind tables share. The table of them is in iam.c.
 */
#ifndef GLEANER_SERVICE_IAM_OPERATIONS_H
#define GLEANER_SERVICE_IAM_OPERATIONS_H

#include "policy/policy.h"
#include "service/iam/model.h"

bool is_name(struct str text); /* [\w+=,.@-]+ */
bool is_path(struct str text); /* / or /…/ */

#define NAME_PATTERN "[\\w+=,.@-]+"
#define FIELD_NAME(wire, longest)                                                                                                \
	BIND_STR(struct iam_input, name, wire, .required = true, .min = 1, .max = longest, .valid = is_name,                     \
		 .pattern = NAME_PATTERN)
#define FIELD_ROLE FIELD_NAME("RoleName", 64)
#define FIELD_USER FIELD_NAME("UserName", 64)
#define FIELD_GROUP FIELD_NAME("GroupName", 128)
#define FIELD_OTHER_USER                                                                                                         \
	BIND_STR(struct iam_input, user, "UserName", .required = true, .min = 1, .max = 64, .valid = is_name,                    \
		 .pattern = NAME_PATTERN)
#define FIELD_PROFILE                                                                                                            \
	BIND_STR(struct iam_input, profile, "InstanceProfileName", .required = true, .min = 1, .max = 128, .valid = is_name,     \
		 .pattern = NAME_PATTERN)
#define FIELD_POLICY_NAME                                                                                                        \
	BIND_STR(struct iam_input, policy_name, "PolicyName", .required = true, .min = 1, .max = 128, .valid = is_name,          \
		 .pattern = NAME_PATTERN)
#define FIELD_POLICY_ARN BIND_STR(struct iam_input, policy_arn, "PolicyArn", .required = true, .min = 20, .max = 2048)
#define FIELD_DOCUMENT BIND_STR(struct iam_input, document, "PolicyDocument", .required = true, .min = 1, .max = 131072)
#define FIELD_PATH                                                                                                               \
	BIND_STR(struct iam_input, path, "Path", .min = 1, .max = 512, .valid = is_path,                                         \
		 .pattern = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)")
#define FIELD_PATH_PREFIX BIND_STR(struct iam_input, path_prefix, "PathPrefix", .min = 1, .max = 512)
#define FIELD_BOUNDARY(needed)                                                                                                   \
	BIND_STR(struct iam_input, boundary, "PermissionsBoundary", .required = needed, .min = 20, .max = 2048)
#define FIELDS_PAGE                                                                                                              \
	BIND_STR(struct iam_input, marker, "Marker", .min = 1, .max = 320),                                                      \
		BIND_I64(struct iam_input, max_items, "MaxItems", .min = 1, .max = PAGE_MAX)
#define FIELD_TAGS BIND_LIST(struct iam_input, tags, "Tags", .max = 50, .fields = iam_tag_shape)
#define FIELD_TAGS_NEEDED BIND_LIST(struct iam_input, tags, "Tags", .required = true, .max = 50, .fields = iam_tag_shape)
#define FIELD_TAG_KEYS BIND_LIST(struct iam_input, tag_keys, "TagKeys", .required = true, .max = 50)

extern const struct bind iam_tag_shape[];

/* op_account.c */
int iam_get_account_summary(struct call *call);
int iam_list_account_aliases(struct call *call);
int iam_create_account_alias(struct call *call);
int iam_delete_account_alias(struct call *call);
int iam_get_password_policy(struct call *call);
int iam_update_password_policy(struct call *call);
int iam_delete_password_policy(struct call *call);
extern const struct bind iam_account_aliases_fields[], iam_account_no_fields[], iam_account_alias_fields[],
	iam_account_password_fields[];

/* op_groups.c */
int iam_create_group(struct call *call);
int iam_get_group(struct call *call);
int iam_update_group(struct call *call);
int iam_delete_group(struct call *call);
int iam_list_groups(struct call *call);
int iam_add_user_to_group(struct call *call);
int iam_remove_user_from_group(struct call *call);
int iam_list_groups_for_user(struct call *call);
extern const struct bind iam_groups_create_fields[], iam_groups_get_fields[], iam_groups_update_fields[],
	iam_groups_group_fields[], iam_groups_list_fields[], iam_groups_member_fields[], iam_groups_of_user_fields[];

/* op_profiles.c */
int iam_create_profile(struct call *call);
int iam_get_profile(struct call *call);
int iam_delete_profile(struct call *call);
int iam_list_profiles(struct call *call);
int iam_list_instance_profiles_for_role(struct call *call);
int iam_add_role_to_profile(struct call *call);
int iam_remove_role_from_profile(struct call *call);
int iam_tag_profile(struct call *call);
int iam_untag_profile(struct call *call);
int iam_list_profile_tags(struct call *call);
extern const struct bind iam_profiles_create_fields[], iam_profiles_profile_fields[], iam_profiles_list_fields[],
	iam_profiles_of_role_fields[], iam_profiles_role_fields[], iam_profiles_tag_fields[], iam_profiles_untag_fields[];
/* Whether some profile holds the role: it cannot be deleted then. */
int profile_holds_role(struct call *call, struct str role, bool *out) MUST_CHECK;

/* op_entities.c */
int iam_attach_policy(struct call *call);
int iam_delete_boundary(struct call *call);
int iam_delete_inline_policy(struct call *call);
int iam_detach_policy(struct call *call);
int iam_get_inline_policy(struct call *call);
int iam_list_attached_policies(struct call *call);
int iam_list_inline_policies(struct call *call);
int iam_list_tags(struct call *call);
int iam_put_boundary(struct call *call);
int iam_put_inline_policy(struct call *call);
int iam_tag_entity(struct call *call);
int iam_untag_entity(struct call *call);
extern const struct bind iam_entities_attach_role_fields[], iam_entities_attach_user_fields[],
	iam_entities_attached_role_fields[], iam_entities_attached_user_fields[], iam_entities_put_role_boundary_fields[],
	iam_entities_put_role_policy_fields[], iam_entities_put_user_boundary_fields[], iam_entities_put_user_policy_fields[],
	iam_entities_role_fields[], iam_entities_role_list_fields[], iam_entities_role_policy_fields[],
	iam_entities_tag_role_fields[], iam_entities_tag_user_fields[], iam_entities_untag_role_fields[],
	iam_entities_untag_user_fields[], iam_entities_user_fields[], iam_entities_user_list_fields[],
	iam_entities_user_policy_fields[], iam_entities_put_group_policy_fields[], iam_entities_group_policy_fields[],
	iam_entities_group_list_fields[], iam_entities_attach_group_fields[], iam_entities_attached_group_fields[];

/* op_oidc.c */
int iam_add_client(struct call *call);
int iam_create_provider(struct call *call);
int iam_delete_provider(struct call *call);
int iam_get_provider(struct call *call);
int iam_list_provider_tags(struct call *call);
int iam_list_providers(struct call *call);
int iam_remove_client(struct call *call);
int iam_tag_provider(struct call *call);
int iam_untag_provider(struct call *call);
int iam_update_thumbprint(struct call *call);
extern const struct bind iam_oidc_client_fields[], iam_oidc_create_fields[], iam_oidc_list_tags_fields[], iam_oidc_no_fields[],
	iam_oidc_provider_fields[], iam_oidc_tag_fields[], iam_oidc_thumbprint_fields[], iam_oidc_untag_fields[];

/* op_policies.c */
int iam_create_policy(struct call *call);
int iam_create_policy_version(struct call *call);
int iam_delete_policy(struct call *call);
int iam_delete_policy_version(struct call *call);
int iam_get_policy(struct call *call);
int iam_get_policy_version(struct call *call);
int iam_list_entities_for_policy(struct call *call);
int iam_list_policies(struct call *call);
int iam_list_policy_tags(struct call *call);
int iam_list_policy_versions(struct call *call);
int iam_set_default_policy_version(struct call *call);
int iam_tag_policy(struct call *call);
int iam_untag_policy(struct call *call);
extern const struct bind iam_policies_create_policy_fields[], iam_policies_create_version_fields[],
	iam_policies_list_entities_fields[], iam_policies_list_policies_fields[], iam_policies_list_versions_fields[],
	iam_policies_policy_fields[], iam_policies_tag_policy_fields[], iam_policies_untag_policy_fields[],
	iam_policies_version_fields[];

/* op_roles.c */
int iam_create_role(struct call *call);
int iam_delete_role(struct call *call);
int iam_get_role(struct call *call);
int iam_create_service_role(struct call *call);
int iam_delete_service_role(struct call *call);
int iam_service_role_deletion(struct call *call);
int iam_list_roles(struct call *call);
int iam_update_assume_role_policy(struct call *call);
int iam_update_role(struct call *call);
int iam_update_role_description(struct call *call);
extern const struct bind iam_roles_create_role_fields[], iam_roles_create_service_fields[], iam_roles_deletion_fields[],
	iam_roles_list_roles_fields[], iam_roles_role_fields[], iam_roles_update_description_fields[],
	iam_roles_update_role_fields[], iam_roles_update_trust_fields[];

/* op_simulate.c */
int iam_simulate_custom_policy(struct call *call);
int iam_simulate_principal_policy(struct call *call);
/* One of the call's ContextEntries. */
bool iam_find_context_entry(struct call *call, struct str key, struct policy_values *out);
int iam_explain_access(struct call *call);
extern const struct bind iam_explain_fields[];
extern const struct bind iam_simulate_custom_fields[], iam_simulate_principal_fields[];

/* op_users.c */
int iam_create_access_key(struct call *call);
int iam_create_user(struct call *call);
int iam_delete_access_key(struct call *call);
int iam_delete_user(struct call *call);
int iam_get_user(struct call *call);
int iam_list_access_keys(struct call *call);
int iam_update_user(struct call *call);
int iam_list_nothing(struct call *call);
int iam_no_login_profile(struct call *call);
int iam_list_users(struct call *call);
int iam_update_access_key(struct call *call);
extern const struct bind iam_users_access_keys_fields[], iam_users_create_key_fields[], iam_users_create_user_fields[],
	iam_users_delete_key_fields[], iam_users_get_user_fields[], iam_users_update_user_fields[], iam_users_nothing_fields[],
	iam_users_list_users_fields[], iam_users_update_key_fields[], iam_users_user_fields[];

/* Resources of permission checks. */
struct str resource_role(struct call *call);
struct str resource_user(struct call *call);
struct str resource_group(struct call *call);
struct str resource_profile(struct call *call);
struct str resource_policy_arn(struct call *call);
struct str resource_provider(struct call *call);

/* A policy document as AWS takes it: MalformedPolicyDocument, or LimitExceeded past `size_max` characters without blanks. */
enum document_use { DOCUMENT_IDENTITY, DOCUMENT_TRUST };
int check_document(struct call *call, struct str document, enum document_use use, size_t size_max, const char *owner) MUST_CHECK;
/* The ARN of a managed policy that exists. */
int check_policy_arn(struct call *call, struct str arn) MUST_CHECK;
/* Replaces an entity's tags by `tags` (merged or cut already): LimitExceeded past 50. */
int check_tags(struct call *call, const struct json *tags) MUST_CHECK;

#endif
