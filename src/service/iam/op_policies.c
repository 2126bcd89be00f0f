/* SPDX-License-Identifier: Apache-2.0
 *
 * Managed policies and their versions; AWS's own can be read and attached.
 */
#include "os/clock.h"
#include "service/iam/managed.h"
#include "service/iam/operations.h"
#include "service/tags.h"

/* ---- who uses a policy ---- */

struct usage {
	struct str arn;
	int64_t attached, boundaries;
};

static bool count_usage(void *argument, const struct json *entity)
{
	struct usage *u = argument;
	const struct json *list = json_get_c(entity, "Attached");

	for (size_t i = 0; list && i < list->count; i++)
		u->attached += str_eq(json_text(list->items[i]), u->arn);
	u->boundaries += str_eq(json_get_text(entity, STR("PermissionsBoundary")), u->arn);
	return true;
}

static int find_usage(struct call *call, struct str arn, struct usage *out)
{
	*out = (struct usage){ .arn = arn };
	int rc = documents_each(call, "role", count_usage, out);
	if (rc == 0)
		rc = documents_each(call, "user", count_usage, out);
	return rc < 0 ? rc : documents_each(call, "group", count_usage, out);
}

/* ---- answers ---- */

static int write_policy(struct call *call, const char *name, const struct json *policy, bool whole)
{
	struct writer *w = &call->out;
	struct usage usage;
	int rc = find_usage(call, json_get_text(policy, STR("Arn")), &usage);

	if (rc < 0)
		return rc;
	write_object(w, name);
	write_str(w, "PolicyName", json_get_text(policy, STR("PolicyName")));
	write_str(w, "PolicyId", json_get_text(policy, STR("PolicyId")));
	write_str(w, "Arn", json_get_text(policy, STR("Arn")));
	write_str(w, "Path", json_get_text(policy, STR("Path")));
	write_str(w, "DefaultVersionId", json_get_text(policy, STR("DefaultVersionId")));
	write_i64(w, "AttachmentCount", usage.attached);
	write_i64(w, "PermissionsBoundaryUsageCount", usage.boundaries);
	write_bool(w, "IsAttachable", true);
	if (whole)
		write_str(w, "Description", json_get_text(policy, STR("Description")));
	write_time(w, "CreateDate", get_i64(policy, "CreateDate"));
	write_time(w, "UpdateDate", get_i64(policy, "UpdateDate"));
	if (whole)
		write_tags(call, policy);
	write_end(w);
	return 0;
}

static void write_version(struct writer *w, const char *name, const struct json *policy, const struct json *version,
			  bool document)
{
	struct str id = json_get_text(version, STR("VersionId"));

	write_object(w, name);
	if (document)
		write_document(w, "Document", json_get_text(version, STR("Document")));
	write_str(w, "VersionId", id);
	write_bool(w, "IsDefaultVersion", str_eq(id, json_get_text(policy, STR("DefaultVersionId"))));
	write_time(w, "CreateDate", get_i64(version, "CreateDate"));
	write_end(w);
}

/* ---- finding ---- */

static int fail_missing(struct call *call, struct str arn)
{
	return call_failf(call, &iam_NoSuchEntity, "Policy " STR_FMT " was not found.", STR_ARG(arn));
}

/* AWS's policies are given the one version they are known by. */
static const struct json *with_version(struct arena *a, const struct json *policy)
{
	struct json *out = json_copy_object(a, policy), *versions = json_new_array(a), *version = json_new_object(a);

	put_text(a, version, "VersionId", json_get_text(policy, STR("DefaultVersionId")));
	put_text(a, version, "Document", json_get_text(policy, STR("Document")));
	json_put(a, version, STR("CreateDate"), json_get_c(policy, "UpdateDate"));
	json_add(a, versions, version);
	json_put(a, out, STR("Versions"), versions);
	return out;
}

static int require_policy(struct call *call, const struct json **out)
{
	const struct iam_input *in = call->input;

	if (managed_is_arn(in->policy_arn)) {
		const struct json *managed = managed_find(&call->arena, in->policy_arn);
		*out = managed ? with_version(&call->arena, managed) : NULL;
	} else {
		int rc = arn_find(call, "policy", in->policy_arn, out);
		if (rc < 0)
			return rc;
	}
	return *out ? 0 : fail_missing(call, in->policy_arn);
}

static int require_own_policy(struct call *call, const struct json **out)
{
	const struct iam_input *in = call->input;

	if (managed_is_arn(in->policy_arn))
		return call_failf(call, &iam_UnmodifiableEntity, "Policies managed by AWS cannot be modified.");
	return require_policy(call, out);
}

static const struct json *find_version(const struct json *policy, struct str id)
{
	const struct json *versions = json_get_c(policy, "Versions");

	for (size_t i = 0; i < versions->count; i++) {
		if (str_eq(json_get_text(versions->items[i], STR("VersionId")), id))
			return versions->items[i];
	}
	return NULL;
}

static int require_version(struct call *call, const struct json *policy, const struct json **out)
{
	const struct iam_input *in = call->input;

	*out = find_version(policy, in->version_id);
	if (*out)
		return 0;
	return call_failf(call, &iam_NoSuchEntity, "Policy " STR_FMT " version " STR_FMT " does not exist or is not attachable.",
			  STR_ARG(in->policy_arn), STR_ARG(in->version_id));
}

/* ---- CreatePolicy, GetPolicy, DeletePolicy, ListPolicies ---- */

const struct bind iam_policies_create_policy_fields[] = {
	FIELD_POLICY_NAME, FIELD_PATH,
	FIELD_DOCUMENT,    BIND_STR(struct iam_input, description, "Description", .min = 0, .max = 1000),
	FIELD_TAGS,        BIND_DONE,
};
const struct bind iam_policies_policy_fields[] = { FIELD_POLICY_ARN, BIND_DONE };

static struct json *new_version(struct call *call, struct str id, const struct json *now)
{
	const struct iam_input *in = call->input;
	struct json *version = json_new_object(&call->arena);

	put_text(&call->arena, version, "VersionId", id);
	put_text(&call->arena, version, "Document", in->document);
	json_put(&call->arena, version, STR("CreateDate"), now);
	return version;
}

static struct json *build_policy(struct call *call, struct str arn)
{
	const struct iam_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *policy = json_new_object(a), *versions = json_new_array(a);
	const struct json *now = json_new_i64(a, clock_wall_ms());

	put_text(a, policy, "PolicyName", in->policy_name);
	put_text(a, policy, "PolicyId", new_id(a, "ANPA"));
	put_text(a, policy, "Path", in->path.p ? in->path : STR("/"));
	put_text(a, policy, "Arn", arn);
	put_text(a, policy, "Description", in->description.n > 0 ? in->description : STR_NULL);
	json_put(a, policy, STR("CreateDate"), now);
	json_put(a, policy, STR("UpdateDate"), now);
	put_text(a, policy, "DefaultVersionId", STR("v1"));
	json_put(a, policy, STR("LastVersion"), json_new_i64(a, 1));
	json_add(a, versions, new_version(call, STR("v1"), now));
	json_put(a, policy, STR("Versions"), versions);
	if (in->tags)
		json_put(a, policy, STR("Tags"), tags_merge(a, NULL, in->tags));
	return policy;
}

int iam_create_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	struct str arn = entity_arn(call->host, &call->arena, "policy", in->path.p ? in->path : STR("/"), in->policy_name);
	const struct json *old;
	int rc = check_document(call, in->document, DOCUMENT_IDENTITY, POLICY_SIZE_MAX, "PolicySize");

	if (rc == 0)
		rc = arn_find(call, "policy", arn, &old);
	if (rc == 0 && old)
		rc = call_failf(call, &iam_EntityAlreadyExists,
				"A policy called " STR_FMT " already exists. Duplicate names are not allowed.",
				STR_ARG(in->policy_name));
	if (rc < 0)
		return rc;
	const struct json *policy = build_policy(call, arn);
	rc = arn_put(call, "policy", arn, policy);
	return rc < 0 ? rc : write_policy(call, "Policy", policy, true);
}

int iam_get_policy(struct call *call)
{
	const struct json *policy;
	int rc = require_policy(call, &policy);

	return rc < 0 ? rc : write_policy(call, "Policy", policy, true);
}

int iam_delete_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *policy;
	struct usage usage;
	int rc = require_own_policy(call, &policy);

	if (rc == 0)
		rc = find_usage(call, in->policy_arn, &usage);
	if (rc < 0)
		return rc;
	if (usage.attached + usage.boundaries > 0)
		return call_failf(call, &iam_DeleteConflict, "Cannot delete a policy attached to entities.");
	if (json_get_c(policy, "Versions")->count > 1)
		return call_failf(call, &iam_DeleteConflict,
				  "This policy has more than one version. Before you delete a policy, you must delete the "
				  "policy's versions. The default version is deleted with the policy.");
	return arn_delete(call, "policy", in->policy_arn);
}

static const char *const scopes[] = { "All", "AWS", "Local", NULL };
static const char *const usages[] = { "PermissionsPolicy", "PermissionsBoundary", NULL };
const struct bind iam_policies_list_policies_fields[] = {
	BIND_STR(struct iam_input, scope, "Scope", .values = scopes),
	BIND_BOOL(struct iam_input, only_attached, "OnlyAttached"),
	BIND_STR(struct iam_input, usage, "PolicyUsageFilter", .values = usages),
	FIELD_PATH_PREFIX,
	FIELDS_PAGE,
	BIND_DONE,
};

struct listing {
	struct call *call;
	struct page page;
	int rc;
};

static bool list_policy(void *argument, const struct json *policy)
{
	struct listing *l = argument;
	const struct iam_input *in = l->call->input;
	bool boundary = str_eq(in->usage, STR("PermissionsBoundary"));
	struct usage usage;

	if (in->path_prefix.p && !str_starts(json_get_text(policy, STR("Path")), in->path_prefix))
		return true;
	if (in->only_attached.value || in->usage.p) {
		l->rc = find_usage(l->call, json_get_text(policy, STR("Arn")), &usage);
		if (l->rc == 0 && (boundary ? usage.boundaries : usage.attached) == 0)
			return true;
	}
	if (l->rc == 0 && page_takes(&l->page))
		l->rc = write_policy(l->call, NULL, policy, false);
	return l->rc == 0 && !l->page.more;
}

int iam_list_policies(struct call *call)
{
	const struct iam_input *in = call->input;
	struct listing l = { .call = call };
	int rc = page_begin(call, &l.page);

	if (rc < 0)
		return rc;
	write_list(&call->out, "Policies", "member");
	if (!str_eq(in->scope, STR("AWS")))
		rc = documents_each(call, "policy", list_policy, &l);
	if (rc == 0 && !str_eq(in->scope, STR("Local")) && !l.page.more)
		managed_each(&call->arena, list_policy, &l);
	write_end(&call->out);
	page_write(call, &l.page);
	return rc < 0 ? rc : l.rc;
}

/* ---- versions ---- */

const struct bind iam_policies_create_version_fields[] = {
	FIELD_POLICY_ARN,
	FIELD_DOCUMENT,
	BIND_BOOL(struct iam_input, set_default, "SetAsDefault"),
	BIND_DONE,
};
const struct bind iam_policies_version_fields[] = {
	FIELD_POLICY_ARN,
	BIND_STR(struct iam_input, version_id, "VersionId", .required = true, .min = 2, .max = 21),
	BIND_DONE,
};
const struct bind iam_policies_list_versions_fields[] = { FIELD_POLICY_ARN, FIELDS_PAGE, BIND_DONE };

static int put_policy(struct call *call, struct json *policy)
{
	const struct iam_input *in = call->input;

	json_put(&call->arena, policy, STR("UpdateDate"), json_new_i64(&call->arena, clock_wall_ms()));
	return arn_put(call, "policy", in->policy_arn, policy);
}

int iam_create_policy_version(struct call *call)
{
	const struct iam_input *in = call->input;
	struct arena *a = &call->arena;
	const struct json *old;
	int rc = require_own_policy(call, &old);

	if (rc == 0)
		rc = check_document(call, in->document, DOCUMENT_IDENTITY, POLICY_SIZE_MAX, "PolicySize");
	if (rc < 0)
		return rc;
	if (json_get_c(old, "Versions")->count >= POLICY_VERSIONS_MAX)
		return call_failf(call, &iam_LimitExceeded,
				  "A managed policy can have up to %d versions. Before you create a new version, you must "
				  "delete an existing version.",
				  POLICY_VERSIONS_MAX);
	int64_t number = get_i64(old, "LastVersion") + 1;
	struct json *policy = json_copy_object(a, old), *versions = json_copy_array(a, json_get_c(old, "Versions"));
	struct str id = arena_printf(a, "v%lld", (long long)number);
	struct json *version = new_version(call, id, json_new_i64(a, clock_wall_ms()));
	json_add(a, versions, version);
	json_put(a, policy, STR("Versions"), versions);
	json_put(a, policy, STR("LastVersion"), json_new_i64(a, number));
	if (in->set_default.value)
		put_text(a, policy, "DefaultVersionId", id);
	rc = put_policy(call, policy);
	if (rc == 0)
		write_version(&call->out, "PolicyVersion", policy, version, false);
	return rc;
}

int iam_get_policy_version(struct call *call)
{
	const struct json *policy, *version;
	int rc = require_policy(call, &policy);

	if (rc == 0)
		rc = require_version(call, policy, &version);
	if (rc == 0)
		write_version(&call->out, "PolicyVersion", policy, version, true);
	return rc;
}

int iam_delete_policy_version(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *old, *version;
	int rc = require_own_policy(call, &old);

	if (rc == 0)
		rc = require_version(call, old, &version);
	if (rc < 0)
		return rc;
	if (str_eq(in->version_id, json_get_text(old, STR("DefaultVersionId"))))
		return call_failf(call, &iam_DeleteConflict, "Cannot delete the default version of a policy.");
	const struct json *versions = json_get_c(old, "Versions");
	struct json *policy = json_copy_object(&call->arena, old), *left = json_new_array(&call->arena);
	for (size_t i = 0; i < versions->count; i++) {
		if (versions->items[i] != version)
			json_add(&call->arena, left, versions->items[i]);
	}
	json_put(&call->arena, policy, STR("Versions"), left);
	return put_policy(call, policy);
}

int iam_set_default_policy_version(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *old, *version;
	int rc = require_own_policy(call, &old);

	if (rc == 0)
		rc = require_version(call, old, &version);
	if (rc < 0)
		return rc;
	struct json *policy = json_copy_object(&call->arena, old);
	put_text(&call->arena, policy, "DefaultVersionId", in->version_id);
	return put_policy(call, policy);
}

/* The newest first. */
int iam_list_policy_versions(struct call *call)
{
	const struct json *policy;
	struct page page;
	int rc = require_policy(call, &policy);

	if (rc == 0)
		rc = page_begin(call, &page);
	if (rc < 0)
		return rc;
	const struct json *versions = json_get_c(policy, "Versions");
	write_list(&call->out, "Versions", "member");
	for (size_t i = versions->count; i-- > 0;) {
		if (page_takes(&page))
			write_version(&call->out, NULL, policy, versions->items[i], false);
	}
	write_end(&call->out);
	page_write(call, &page);
	return 0;
}

/* ---- tags, entities ---- */

const struct bind iam_policies_tag_policy_fields[] = { FIELD_POLICY_ARN, FIELD_TAGS_NEEDED, BIND_DONE };
const struct bind iam_policies_untag_policy_fields[] = { FIELD_POLICY_ARN, FIELD_TAG_KEYS, BIND_DONE };

static int put_policy_tags(struct call *call, const struct json *old, const struct json *tags)
{
	const struct iam_input *in = call->input;
	struct json *policy = json_copy_object(&call->arena, old);

	json_put(&call->arena, policy, STR("Tags"), tags);
	return arn_put(call, "policy", in->policy_arn, policy);
}

int iam_tag_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *policy;
	int rc = require_own_policy(call, &policy);

	if (rc < 0)
		return rc;
	const struct json *tags = tags_merge(&call->arena, json_get_c(policy, "Tags"), in->tags);
	rc = check_tags(call, tags);
	return rc < 0 ? rc : put_policy_tags(call, policy, tags);
}

int iam_untag_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *policy;
	int rc = require_own_policy(call, &policy);

	return rc < 0 ? rc : put_policy_tags(call, policy, tags_without(&call->arena, json_get_c(policy, "Tags"), in->tag_keys));
}

int iam_list_policy_tags(struct call *call)
{
	const struct json *policy;
	int rc = require_policy(call, &policy);

	if (rc < 0)
		return rc;
	tags_write_list(&call->out, "Tags", json_get_c(policy, "Tags"));
	write_bool(&call->out, "IsTruncated", false);
	return 0;
}

struct entities {
	struct call *call;
	const struct entity_kind *kind;
	bool boundary; /* those that have the policy as boundary, else as attachment */
};

static bool list_entity(void *argument, const struct json *entity)
{
	struct entities *e = argument;
	const struct iam_input *in = e->call->input;
	struct usage usage = { .arn = in->policy_arn };

	count_usage(&usage, entity);
	if ((e->boundary ? usage.boundaries : usage.attached) == 0)
		return true;
	write_object(&e->call->out, NULL);
	write_str(&e->call->out, e->kind->name_member, json_get_text(entity, str_c(e->kind->name_member)));
	write_str(&e->call->out, e->kind->id_member, json_get_text(entity, str_c(e->kind->id_member)));
	write_end(&e->call->out);
	return true;
}

static const char *const entity_filters[] = { "User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy", NULL };
const struct bind iam_policies_list_entities_fields[] = {
	FIELD_POLICY_ARN,
	BIND_STR(struct iam_input, scope, "EntityFilter", .values = entity_filters),
	BIND_STR(struct iam_input, usage, "PolicyUsageFilter", .values = usages),
	FIELD_PATH_PREFIX,
	FIELDS_PAGE,
	BIND_DONE,
};

static int write_entities(struct call *call, const char *name, const struct entity_kind *kind)
{
	const struct iam_input *in = call->input;
	struct entities e = { call, kind, str_eq(in->usage, STR("PermissionsBoundary")) };
	int rc = 0;

	write_list(&call->out, name, "member");
	if (!in->scope.p || str_eq_c(in->scope, kind->title))
		rc = documents_each(call, kind->noun, list_entity, &e);
	write_end(&call->out);
	return rc;
}

int iam_list_entities_for_policy(struct call *call)
{
	const struct json *policy;
	int rc = require_policy(call, &policy);

	if (rc == 0)
		rc = write_entities(call, "PolicyRoles", &role_kind);
	if (rc == 0)
		rc = write_entities(call, "PolicyUsers", &user_kind);
	if (rc == 0)
		rc = write_entities(call, "PolicyGroups", &group_kind);
	if (rc < 0)
		return rc;
	write_bool(&call->out, "IsTruncated", false);
	return 0;
}
