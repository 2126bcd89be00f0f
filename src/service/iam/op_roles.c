/* SPDX-License-Identifier: Apache-2.0
 *
 * Roles.
 */
#include "os/clock.h"
#include "service/iam/operations.h"
#include "service/tags.h"

enum { SESSION_MIN_S = 3600, SESSION_MAX_S = 43200 };

/* ---- CreateRole, GetRole, DeleteRole ---- */

const struct bind iam_roles_create_role_fields[] = {
	FIELD_ROLE,
	FIELD_PATH,
	BIND_STR(struct iam_input, document, "AssumeRolePolicyDocument", .required = true, .min = 1, .max = 131072),
	BIND_STR(struct iam_input, description, "Description", .min = 0, .max = 1000),
	BIND_I64(struct iam_input, max_session, "MaxSessionDuration", .min = SESSION_MIN_S, .max = SESSION_MAX_S),
	FIELD_BOUNDARY(false),
	FIELD_TAGS,
	BIND_DONE,
};

static struct json *build_role(struct call *call)
{
	const struct iam_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *role = json_new_object(a);
	struct str path = in->path.p ? in->path : STR("/");

	put_text(a, role, "Path", path);
	put_text(a, role, "RoleName", in->name);
	put_text(a, role, "RoleId", new_id(a, role_kind.id_prefix));
	put_text(a, role, "Arn", entity_arn(call->host, a, "role", path, in->name));
	json_put(a, role, STR("CreateDate"), json_new_i64(a, clock_wall_ms()));
	put_text(a, role, "AssumeRolePolicyDocument", in->document);
	put_text(a, role, "Description", in->description.n > 0 ? in->description : STR_NULL);
	json_put(a, role, STR("MaxSessionDuration"),
		 json_new_i64(a, in->max_session.set ? in->max_session.value : SESSION_MIN_S));
	put_text(a, role, "PermissionsBoundary", in->boundary);
	if (in->tags)
		json_put(a, role, STR("Tags"), tags_merge(a, NULL, in->tags));
	return role;
}

int iam_create_role(struct call *call)
{
	const struct iam_input *in = call->input;
	int rc = check_document(call, in->document, DOCUMENT_TRUST, TRUST_SIZE_MAX, "AssumeRolePolicy");

	if (rc == 0 && in->boundary.p)
		rc = check_policy_arn(call, in->boundary);
	if (rc == 0 && entity_exists(call, &role_kind, in->name))
		rc = call_failf(call, &iam_EntityAlreadyExists, "Role with name " STR_FMT " already exists.", STR_ARG(in->name));
	if (rc < 0)
		return rc;
	const struct json *role = build_role(call);
	rc = entity_put(call, &role_kind, role);
	if (rc == 0)
		write_role(call, "Role", role, true);
	return rc;
}

const struct bind iam_roles_role_fields[] = { FIELD_ROLE, BIND_DONE };

int iam_get_role(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *role;
	int rc = entity_require(call, &role_kind, in->name, &role);

	if (rc == 0)
		write_role(call, "Role", role, true);
	return rc;
}

static bool has_any(const struct json *entity, struct str member)
{
	const struct json *list = json_get(entity, member);

	return list && list->count > 0;
}

int iam_delete_role(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *role;
	bool held;
	int rc = entity_require(call, &role_kind, in->name, &role);

	if (rc < 0)
		return rc;
	if (has_any(role, STR("Attached")))
		return call_failf(call, &iam_DeleteConflict, "Cannot delete entity, must detach all policies first.");
	if (has_any(role, STR("Policies")))
		return call_failf(call, &iam_DeleteConflict, "Cannot delete entity, must delete policies first.");
	rc = profile_holds_role(call, in->name, &held);
	if (rc < 0)
		return rc;
	if (held)
		return call_failf(call, &iam_DeleteConflict,
				  "Cannot delete entity, must remove roles from instance profile first.");
	return entity_delete(call, &role_kind, in->name);
}

/* ---- ListRoles ---- */

const struct bind iam_roles_list_roles_fields[] = { FIELD_PATH_PREFIX, FIELDS_PAGE, BIND_DONE };

struct listing {
	struct call *call;
	struct page page;
};

static bool list_role(void *argument, const struct json *role)
{
	struct listing *l = argument;
	const struct iam_input *in = l->call->input;

	if (in->path_prefix.p && !str_starts(json_get_text(role, STR("Path")), in->path_prefix))
		return true;
	if (page_takes(&l->page))
		write_role(l->call, NULL, role, false);
	return !l->page.more;
}

int iam_list_roles(struct call *call)
{
	struct listing l = { .call = call };
	int rc = page_begin(call, &l.page);

	if (rc < 0)
		return rc;
	write_list(&call->out, "Roles", "member");
	rc = documents_each(call, "role", list_role, &l);
	write_end(&call->out);
	page_write(call, &l.page);
	return rc;
}

/* ---- updates ---- */

const struct bind iam_roles_update_role_fields[] = {
	FIELD_ROLE,
	BIND_STR(struct iam_input, description, "Description", .min = 0, .max = 1000),
	BIND_I64(struct iam_input, max_session, "MaxSessionDuration", .min = SESSION_MIN_S, .max = SESSION_MAX_S),
	BIND_DONE,
};

static int change_role(struct call *call, struct json **out)
{
	const struct iam_input *in = call->input;
	const struct json *role;
	int rc = entity_require(call, &role_kind, in->name, &role);

	if (rc < 0)
		return rc;
	*out = json_copy_object(&call->arena, role);
	if (in->description.p)
		put_text(&call->arena, *out, "Description", in->description);
	if (in->max_session.set)
		json_put(&call->arena, *out, STR("MaxSessionDuration"), json_new_i64(&call->arena, in->max_session.value));
	return entity_put(call, &role_kind, *out);
}

int iam_update_role(struct call *call)
{
	struct json *role;

	return change_role(call, &role);
}

const struct bind iam_roles_update_description_fields[] = {
	FIELD_ROLE,
	BIND_STR(struct iam_input, description, "Description", .required = true, .min = 0, .max = 1000),
	BIND_DONE,
};

int iam_update_role_description(struct call *call)
{
	struct json *role;
	int rc = change_role(call, &role);

	if (rc == 0)
		write_role(call, "Role", role, true);
	return rc;
}

const struct bind iam_roles_update_trust_fields[] = { FIELD_ROLE, FIELD_DOCUMENT, BIND_DONE };

int iam_update_assume_role_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *role;
	int rc = entity_require(call, &role_kind, in->name, &role);

	if (rc == 0)
		rc = check_document(call, in->document, DOCUMENT_TRUST, TRUST_SIZE_MAX, "AssumeRolePolicy");
	if (rc < 0)
		return rc;
	struct json *changed = json_copy_object(&call->arena, role);
	put_text(&call->arena, changed, "AssumeRolePolicyDocument", in->document);
	return entity_put(call, &role_kind, changed);
}

/* ---- roles that belong to a service ---- */

const struct bind iam_roles_create_service_fields[] = {
	BIND_STR(struct iam_input, service_name, "AWSServiceName", .required = true, .min = 1, .max = 128),
	BIND_STR(struct iam_input, description, "Description", .min = 0, .max = 1000),
	BIND_STR(struct iam_input, suffix, "CustomSuffix", .min = 1, .max = 64),
	BIND_DONE,
};

/* "AWSServiceRoleForOpsApigateway" for ops.apigateway.amazonaws.com. (AWS writes some with other capitals.) */
static struct str service_role_name(struct call *call)
{
	const struct iam_input *in = call->input;
	struct str rest = in->service_name, name = STR("AWSServiceRoleFor");

	while (str_is_set(rest)) {
		struct str label = str_split(&rest, '.');

		if (label.n == 0 || str_eq_c(label, "amazonaws") || str_eq_c(label, "com"))
			continue;
		char first = (char)(label.p[0] >= 'a' && label.p[0] <= 'z' ? label.p[0] - ('a' - 'A') : label.p[0]);
		struct str tail = str_from(label, 1);
		name = arena_printf(&call->arena, STR_FMT "%c" STR_FMT, STR_ARG(name), first, STR_ARG(tail));
	}
	if (in->suffix.p)
		name = arena_printf(&call->arena, STR_FMT "_" STR_FMT, STR_ARG(name), STR_ARG(in->suffix));
	return name;
}

int iam_create_service_role(struct call *call)
{
	struct iam_input *in = call->input;
	int rc;

	if (!str_ends(in->service_name, STR(".amazonaws.com")))
		return call_failf(call, &iam_InvalidInput, "Service role is not supported for: " STR_FMT,
				  STR_ARG(in->service_name));
	in->name = service_role_name(call);
	in->path = arena_printf(&call->arena, "/aws-service-role/" STR_FMT "/", STR_ARG(in->service_name));
	in->document = arena_printf(&call->arena,
				    "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{"
				    "\"Service\":\"" STR_FMT "\"},\"Action\":\"sts:AssumeRole\"}]}",
				    STR_ARG(in->service_name));
	if (entity_exists(call, &role_kind, in->name))
		return call_failf(call, &iam_InvalidInput,
				  "Service role name " STR_FMT " has been taken in this account, please try a different suffix.",
				  STR_ARG(in->name));
	const struct json *role = build_role(call);
	rc = entity_put(call, &role_kind, role);
	if (rc == 0)
		write_role(call, "Role", role, true);
	return rc;
}

/* Nothing uses it here, so it is gone at once. */
int iam_delete_service_role(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *role;
	int rc = entity_require(call, &role_kind, in->name, &role);

	if (rc < 0)
		return rc;
	write_strf(&call->out, "DeletionTaskId", "task" STR_FMT STR_FMT "/" STR_FMT, STR_ARG(json_get_text(role, STR("Path"))),
		   STR_ARG(in->name), STR_ARG(new_id(&call->arena, "")));
	return entity_delete(call, &role_kind, in->name);
}

const struct bind iam_roles_deletion_fields[] = {
	BIND_STR(struct iam_input, task, "DeletionTaskId", .required = true, .min = 1, .max = 1000),
	BIND_DONE,
};

int iam_service_role_deletion(struct call *call)
{
	const struct iam_input *in = call->input;

	if (!str_starts(in->task, STR("task/aws-service-role/")))
		return call_failf(call, &iam_NoSuchEntity, "The deletion task " STR_FMT " cannot be found.", STR_ARG(in->task));
	write_c(&call->out, "Status", "SUCCEEDED");
	return 0;
}
