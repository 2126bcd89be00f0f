/* SPDX-License-Identifier: Apache-2.0
 *
 * What roles, users and groups have in common: inline policies, attached policies, permissions boundaries, tags.
 */
#include "service/iam/operations.h"
#include "service/tags.h"

static const struct entity_kind *kind_of(const struct call *call)
{
	struct str operation = str_c(call->operation->name);

	if (str_find(operation, STR("Role"), 0) >= 0)
		return &role_kind;
	return str_find(operation, STR("Group"), 0) >= 0 ? &group_kind : &user_kind;
}

static int require(struct call *call, const struct json **entity)
{
	const struct iam_input *in = call->input;

	return entity_require(call, kind_of(call), in->name, entity);
}

/* Stores the entity with one member replaced. */
static int put_member(struct call *call, const struct json *entity, struct str member, const struct json *value)
{
	struct json *changed = json_copy_object(&call->arena, entity);

	json_put(&call->arena, changed, member, value);
	return entity_put(call, kind_of(call), changed);
}

/* ---- inline policies ---- */

const struct bind iam_entities_put_role_policy_fields[] = { FIELD_ROLE, FIELD_POLICY_NAME, FIELD_DOCUMENT, BIND_DONE };
const struct bind iam_entities_put_user_policy_fields[] = { FIELD_USER, FIELD_POLICY_NAME, FIELD_DOCUMENT, BIND_DONE };
const struct bind iam_entities_put_group_policy_fields[] = { FIELD_GROUP, FIELD_POLICY_NAME, FIELD_DOCUMENT, BIND_DONE };
const struct bind iam_entities_group_policy_fields[] = { FIELD_GROUP, FIELD_POLICY_NAME, BIND_DONE };
const struct bind iam_entities_group_list_fields[] = { FIELD_GROUP, FIELDS_PAGE, BIND_DONE };
const struct bind iam_entities_role_policy_fields[] = { FIELD_ROLE, FIELD_POLICY_NAME, BIND_DONE };
const struct bind iam_entities_user_policy_fields[] = { FIELD_USER, FIELD_POLICY_NAME, BIND_DONE };
const struct bind iam_entities_role_list_fields[] = { FIELD_ROLE, FIELDS_PAGE, BIND_DONE };
const struct bind iam_entities_user_list_fields[] = { FIELD_USER, FIELDS_PAGE, BIND_DONE };

static const struct json *inline_policies(const struct json *entity)
{
	const struct json *policies = json_get_c(entity, "Policies");

	return policies ? policies : &json_empty_object;
}

static int check_inline_size(struct call *call, const struct json *policies)
{
	const struct iam_input *in = call->input;
	const struct entity_kind *kind = kind_of(call);
	size_t size = 0;

	for (size_t i = 0; i < policies->count; i++)
		size += document_size(json_text(policies->members[i].value));
	if (size <= kind->inline_size_max)
		return 0;
	return call_failf(call, &iam_LimitExceeded, "Maximum policy size of %zu bytes exceeded for %s " STR_FMT,
			  kind->inline_size_max, kind->noun, STR_ARG(in->name));
}

int iam_put_inline_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *entity;
	int rc = require(call, &entity);

	if (rc == 0)
		rc = check_document(call, in->document, DOCUMENT_IDENTITY, SIZE_MAX, "");
	if (rc < 0)
		return rc;
	struct json *policies = json_copy_object(&call->arena, inline_policies(entity));
	json_put(&call->arena, policies, in->policy_name, json_new_string(&call->arena, in->document));
	rc = check_inline_size(call, policies);
	return rc < 0 ? rc : put_member(call, entity, STR("Policies"), policies);
}

static int require_inline(struct call *call, const struct json **entity, const struct json **document)
{
	const struct iam_input *in = call->input;
	int rc = require(call, entity);

	if (rc < 0)
		return rc;
	*document = json_get(inline_policies(*entity), in->policy_name);
	if (*document)
		return 0;
	return call_failf(call, &iam_NoSuchEntity, "The %s policy with name " STR_FMT " cannot be found.", kind_of(call)->noun,
			  STR_ARG(in->policy_name));
}

int iam_get_inline_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct entity_kind *kind = kind_of(call);
	const struct json *entity, *document;
	int rc = require_inline(call, &entity, &document);

	if (rc < 0)
		return rc;
	write_str(&call->out, kind->name_member, json_get_text(entity, str_c(kind->name_member)));
	write_str(&call->out, "PolicyName", in->policy_name);
	write_document(&call->out, "PolicyDocument", json_text(document));
	return 0;
}

int iam_delete_inline_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *entity, *document;
	int rc = require_inline(call, &entity, &document);

	if (rc < 0)
		return rc;
	return put_member(call, entity, STR("Policies"), copy_without(&call->arena, inline_policies(entity), in->policy_name));
}

int iam_list_inline_policies(struct call *call)
{
	const struct json *entity;
	struct page page;
	int rc = require(call, &entity);

	if (rc == 0)
		rc = page_begin(call, &page);
	if (rc < 0)
		return rc;
	write_list(&call->out, "PolicyNames", "member");
	for (size_t i = 0; i < inline_policies(entity)->count; i++) {
		if (page_takes(&page))
			write_str(&call->out, NULL, inline_policies(entity)->members[i].name);
	}
	write_end(&call->out);
	page_write(call, &page);
	return 0;
}

/* ---- attached policies ---- */

const struct bind iam_entities_attach_role_fields[] = { FIELD_ROLE, FIELD_POLICY_ARN, BIND_DONE };
const struct bind iam_entities_attach_user_fields[] = { FIELD_USER, FIELD_POLICY_ARN, BIND_DONE };
const struct bind iam_entities_attach_group_fields[] = { FIELD_GROUP, FIELD_POLICY_ARN, BIND_DONE };
const struct bind iam_entities_attached_group_fields[] = { FIELD_GROUP, FIELD_PATH_PREFIX, FIELDS_PAGE, BIND_DONE };
const struct bind iam_entities_attached_role_fields[] = { FIELD_ROLE, FIELD_PATH_PREFIX, FIELDS_PAGE, BIND_DONE };
const struct bind iam_entities_attached_user_fields[] = { FIELD_USER, FIELD_PATH_PREFIX, FIELDS_PAGE, BIND_DONE };

static const struct json *attached(const struct json *entity)
{
	const struct json *list = json_get_c(entity, "Attached");

	return list ? list : &json_empty_array;
}

static bool is_attached(const struct json *entity, struct str arn)
{
	for (size_t i = 0; i < attached(entity)->count; i++) {
		if (str_eq(json_text(attached(entity)->items[i]), arn))
			return true;
	}
	return false;
}

int iam_attach_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *entity;
	int rc = require(call, &entity);

	if (rc == 0)
		rc = check_policy_arn(call, in->policy_arn);
	if (rc < 0 || is_attached(entity, in->policy_arn))
		return rc;
	if (attached(entity)->count >= ATTACHED_MAX)
		return call_failf(call, &iam_LimitExceeded, "Cannot exceed quota for %s: %d", kind_of(call)->quota, ATTACHED_MAX);
	struct json *list = json_copy_array(&call->arena, attached(entity));
	json_add(&call->arena, list, json_new_string(&call->arena, in->policy_arn));
	return put_member(call, entity, STR("Attached"), list);
}

int iam_detach_policy(struct call *call)
{
	const struct iam_input *in = call->input;
	struct json *left = json_new_array(&call->arena);
	const struct json *entity;
	int rc = require(call, &entity);

	if (rc < 0)
		return rc;
	if (!is_attached(entity, in->policy_arn))
		return call_failf(call, &iam_NoSuchEntity, "Policy " STR_FMT " was not found.", STR_ARG(in->policy_arn));
	for (size_t i = 0; i < attached(entity)->count; i++) {
		if (!str_eq(json_text(attached(entity)->items[i]), in->policy_arn))
			json_add(&call->arena, left, attached(entity)->items[i]);
	}
	return put_member(call, entity, STR("Attached"), left);
}

int iam_list_attached_policies(struct call *call)
{
	const struct json *entity;
	struct page page;
	int rc = require(call, &entity);

	if (rc == 0)
		rc = page_begin(call, &page);
	if (rc < 0)
		return rc;
	write_list(&call->out, "AttachedPolicies", "member");
	for (size_t i = 0; i < attached(entity)->count; i++) {
		struct str arn = json_text(attached(entity)->items[i]);
		if (!page_takes(&page))
			continue;
		write_object(&call->out, NULL);
		write_str(&call->out, "PolicyName", arn_last_name(arn));
		write_str(&call->out, "PolicyArn", arn);
		write_end(&call->out);
	}
	write_end(&call->out);
	page_write(call, &page);
	return 0;
}

/* ---- boundaries ---- */

const struct bind iam_entities_put_role_boundary_fields[] = { FIELD_ROLE, FIELD_BOUNDARY(true), BIND_DONE };
const struct bind iam_entities_put_user_boundary_fields[] = { FIELD_USER, FIELD_BOUNDARY(true), BIND_DONE };
const struct bind iam_entities_role_fields[] = { FIELD_ROLE, BIND_DONE };
const struct bind iam_entities_user_fields[] = { FIELD_USER, BIND_DONE };

int iam_put_boundary(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *entity;
	int rc = require(call, &entity);

	if (rc == 0)
		rc = check_policy_arn(call, in->boundary);
	return rc < 0 ? rc : put_member(call, entity, STR("PermissionsBoundary"), json_new_string(&call->arena, in->boundary));
}

int iam_delete_boundary(struct call *call)
{
	const struct json *entity;
	int rc = require(call, &entity);

	return rc < 0 ? rc : entity_put(call, kind_of(call), copy_without(&call->arena, entity, STR("PermissionsBoundary")));
}

/* ---- tags ---- */

const struct bind iam_entities_tag_role_fields[] = { FIELD_ROLE, FIELD_TAGS_NEEDED, BIND_DONE };
const struct bind iam_entities_tag_user_fields[] = { FIELD_USER, FIELD_TAGS_NEEDED, BIND_DONE };
const struct bind iam_entities_untag_role_fields[] = { FIELD_ROLE, FIELD_TAG_KEYS, BIND_DONE };
const struct bind iam_entities_untag_user_fields[] = { FIELD_USER, FIELD_TAG_KEYS, BIND_DONE };

int iam_tag_entity(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *entity;
	int rc = require(call, &entity);

	if (rc < 0)
		return rc;
	const struct json *tags = tags_merge(&call->arena, json_get_c(entity, "Tags"), in->tags);
	rc = check_tags(call, tags);
	return rc < 0 ? rc : put_member(call, entity, STR("Tags"), tags);
}

int iam_untag_entity(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *entity;
	int rc = require(call, &entity);

	return rc < 0 ? rc
		      : put_member(call, entity, STR("Tags"),
				   tags_without(&call->arena, json_get_c(entity, "Tags"), in->tag_keys));
}

int iam_list_tags(struct call *call)
{
	const struct json *entity;
	int rc = require(call, &entity);

	if (rc < 0)
		return rc;
	tags_write_list(&call->out, "Tags", json_get_c(entity, "Tags"));
	write_bool(&call->out, "IsTruncated", false);
	return 0;
}
