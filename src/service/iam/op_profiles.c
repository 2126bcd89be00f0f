/* SPDX-License-Identifier: Apache-2.0
 *
 * Instance profiles: kept for those who have them. This server has no instances.
 */
#include "os/clock.h"
#include "service/iam/operations.h"
#include "service/tags.h"

#define PROFILES "profile"

const struct bind iam_profiles_create_fields[] = { FIELD_PROFILE, FIELD_PATH, FIELD_TAGS, BIND_DONE };
const struct bind iam_profiles_profile_fields[] = { FIELD_PROFILE, BIND_DONE };
const struct bind iam_profiles_list_fields[] = { FIELD_PATH_PREFIX, FIELDS_PAGE, BIND_DONE };
const struct bind iam_profiles_of_role_fields[] = { FIELD_ROLE, FIELDS_PAGE, BIND_DONE };
const struct bind iam_profiles_role_fields[] = { FIELD_PROFILE, FIELD_ROLE, BIND_DONE };
const struct bind iam_profiles_tag_fields[] = { FIELD_PROFILE, FIELD_TAGS_NEEDED, BIND_DONE };
const struct bind iam_profiles_untag_fields[] = { FIELD_PROFILE, FIELD_TAG_KEYS, BIND_DONE };

static int require_profile(struct call *call, const struct json **out)
{
	const struct iam_input *in = call->input;
	int rc = arn_find(call, PROFILES, in->profile, out);

	if (rc < 0 || *out)
		return rc;
	return call_failf(call, &iam_NoSuchEntity, "Instance Profile " STR_FMT " cannot be found.", STR_ARG(in->profile));
}

/* With its role, as far as that is there. */
static int write_profile(struct call *call, const char *name, const struct json *profile)
{
	static const char *const members[] = { "Path", "InstanceProfileName", "InstanceProfileId", "Arn" };
	struct str held = json_get_text(profile, STR("Role"));
	const struct json *role;

	write_object(&call->out, name);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		write_json(&call->out, members[i], json_get(profile, str_c(members[i])));
	write_time(&call->out, "CreateDate", get_i64(profile, "CreateDate"));
	write_list(&call->out, "Roles", "member");
	if (held.n && entity_exists(call, &role_kind, held) && entity_require(call, &role_kind, held, &role) == 0)
		write_role(call, NULL, role, false);
	write_end(&call->out);
	write_tags(call, profile);
	write_end(&call->out);
	return 0;
}

int iam_create_profile(struct call *call)
{
	const struct iam_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *profile = json_new_object(a);
	struct str path = in->path.p ? in->path : STR("/");
	const struct json *old;
	int rc = arn_find(call, PROFILES, in->profile, &old);

	if (rc < 0)
		return rc;
	if (old)
		return call_failf(call, &iam_EntityAlreadyExists, "Instance Profile " STR_FMT " already exists.",
				  STR_ARG(in->profile));
	put_text(a, profile, "Path", path);
	put_text(a, profile, "InstanceProfileName", in->profile);
	put_text(a, profile, "InstanceProfileId", new_id(a, "AIPA"));
	put_text(a, profile, "Arn", entity_arn(call->host, a, "instance-profile", path, in->profile));
	json_put(a, profile, STR("CreateDate"), json_new_i64(a, clock_wall_ms()));
	if (in->tags)
		json_put(a, profile, STR("Tags"), tags_merge(a, NULL, in->tags));
	rc = arn_put(call, PROFILES, in->profile, profile);
	return rc < 0 ? rc : write_profile(call, "InstanceProfile", profile);
}

int iam_get_profile(struct call *call)
{
	const struct json *profile;
	int rc = require_profile(call, &profile);

	return rc < 0 ? rc : write_profile(call, "InstanceProfile", profile);
}

int iam_delete_profile(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *profile;
	int rc = require_profile(call, &profile);

	if (rc < 0)
		return rc;
	if (json_get_text(profile, STR("Role")).n)
		return call_failf(call, &iam_DeleteConflict,
				  "Cannot delete entity, must remove roles from instance profile first.");
	return arn_delete(call, PROFILES, in->profile);
}

int iam_add_role_to_profile(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *profile, *role;
	int rc = require_profile(call, &profile);

	if (rc == 0)
		rc = entity_require(call, &role_kind, in->name, &role);
	if (rc < 0)
		return rc;
	if (json_get_text(profile, STR("Role")).n)
		return call_failf(call, &iam_LimitExceeded, "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1");
	struct json *changed = json_copy_object(&call->arena, profile);
	put_text(&call->arena, changed, "Role", json_get_text(role, STR("RoleName")));
	return arn_put(call, PROFILES, in->profile, changed);
}

int iam_remove_role_from_profile(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *profile;
	int rc = require_profile(call, &profile);

	if (rc < 0)
		return rc;
	if (!str_eq_nocase(json_get_text(profile, STR("Role")), in->name))
		return call_failf(call, &iam_NoSuchEntity, "The role with name " STR_FMT " cannot be found.", STR_ARG(in->name));
	return arn_put(call, PROFILES, in->profile, copy_without(&call->arena, profile, STR("Role")));
}

/* ---- tags ---- */

static int put_tags(struct call *call, const struct json *profile, const struct json *tags)
{
	const struct iam_input *in = call->input;
	struct json *changed = json_copy_object(&call->arena, profile);
	int rc = check_tags(call, tags);

	json_put(&call->arena, changed, STR("Tags"), tags);
	return rc < 0 ? rc : arn_put(call, PROFILES, in->profile, changed);
}

int iam_tag_profile(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *profile;
	int rc = require_profile(call, &profile);

	return rc < 0 ? rc : put_tags(call, profile, tags_merge(&call->arena, json_get_c(profile, "Tags"), in->tags));
}

int iam_untag_profile(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *profile;
	int rc = require_profile(call, &profile);

	return rc < 0 ? rc : put_tags(call, profile, tags_without(&call->arena, json_get_c(profile, "Tags"), in->tag_keys));
}

int iam_list_profile_tags(struct call *call)
{
	const struct json *profile;
	int rc = require_profile(call, &profile);

	if (rc < 0)
		return rc;
	tags_write_list(&call->out, "Tags", json_get_c(profile, "Tags"));
	write_bool(&call->out, "IsTruncated", false);
	return 0;
}

/* ---- lists ---- */

struct listing {
	struct call *call;
	struct page page;
	struct str role; /* absent: all */
};

static bool list_profile(void *argument, const struct json *profile)
{
	struct listing *l = argument;
	const struct iam_input *in = l->call->input;

	if ((in->path_prefix.p && !str_starts(json_get_text(profile, STR("Path")), in->path_prefix)) ||
	    (l->role.p && !str_eq_nocase(json_get_text(profile, STR("Role")), l->role)))
		return true;
	if (page_takes(&l->page))
		(void)!write_profile(l->call, NULL, profile);
	return !l->page.more;
}

static int list(struct call *call, struct str role)
{
	struct listing l = { .call = call, .role = role };
	int rc = page_begin(call, &l.page);

	if (rc < 0)
		return rc;
	write_list(&call->out, "InstanceProfiles", "member");
	rc = documents_each(call, PROFILES, list_profile, &l);
	write_end(&call->out);
	page_write(call, &l.page);
	return rc;
}

int iam_list_profiles(struct call *call)
{
	return list(call, STR_NULL);
}

int iam_list_instance_profiles_for_role(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *role;
	int rc = entity_require(call, &role_kind, in->name, &role);

	return rc < 0 ? rc : list(call, in->name);
}

struct search {
	struct str role;
	bool found;
};

static bool find_role(void *argument, const struct json *profile)
{
	struct search *s = argument;

	s->found = s->found || str_eq_nocase(json_get_text(profile, STR("Role")), s->role);
	return !s->found;
}

int profile_holds_role(struct call *call, struct str role, bool *out)
{
	struct search s = { .role = role };
	int rc = documents_each(call, PROFILES, find_role, &s);

	*out = s.found;
	return rc;
}
