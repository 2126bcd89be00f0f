/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups. A user's document says which it is in; its decisions count their policies.
 */
#include "os/clock.h"
#include "service/iam/operations.h"
#include "service/tags.h"

const struct bind iam_groups_create_fields[] = { FIELD_GROUP, FIELD_PATH, BIND_DONE };
const struct bind iam_groups_get_fields[] = { FIELD_GROUP, FIELDS_PAGE, BIND_DONE };
const struct bind iam_groups_group_fields[] = { FIELD_GROUP, BIND_DONE };
const struct bind iam_groups_list_fields[] = { FIELD_PATH_PREFIX, FIELDS_PAGE, BIND_DONE };
const struct bind iam_groups_member_fields[] = { FIELD_GROUP, FIELD_OTHER_USER, BIND_DONE };
const struct bind iam_groups_of_user_fields[] = { FIELD_USER, FIELDS_PAGE, BIND_DONE };
const struct bind iam_groups_update_fields[] = {
	FIELD_GROUP,
	BIND_STR(struct iam_input, new_path, "NewPath", .min = 1, .max = 512, .valid = is_path,
		 .pattern = "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)"),
	BIND_STR(struct iam_input, new_name, "NewGroupName", .min = 1, .max = 128, .valid = is_name, .pattern = NAME_PATTERN),
	BIND_DONE,
};

static void write_group(struct call *call, const char *name, const struct json *group)
{
	static const char *const members[] = { "Path", "GroupName", "GroupId", "Arn" };

	write_object(&call->out, name);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		write_json(&call->out, members[i], json_get(group, str_c(members[i])));
	write_time(&call->out, "CreateDate", get_i64(group, "CreateDate"));
	write_end(&call->out);
}

static int check_free(struct call *call, struct str name)
{
	if (!entity_exists(call, &group_kind, name))
		return 0;
	return call_failf(call, &iam_EntityAlreadyExists, "Group with name " STR_FMT " already exists.", STR_ARG(name));
}

int iam_create_group(struct call *call)
{
	const struct iam_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *group = json_new_object(a);
	struct str path = in->path.p ? in->path : STR("/");
	int rc = check_free(call, in->name);

	if (rc < 0)
		return rc;
	put_text(a, group, "Path", path);
	put_text(a, group, "GroupName", in->name);
	put_text(a, group, "GroupId", new_id(a, group_kind.id_prefix));
	put_text(a, group, "Arn", entity_arn(call->host, a, "group", path, in->name));
	json_put(a, group, STR("CreateDate"), json_new_i64(a, clock_wall_ms()));
	rc = entity_put(call, &group_kind, group);
	if (rc == 0)
		write_group(call, "Group", group);
	return rc;
}

/* ---- members ---- */

static bool is_in(const struct json *user, struct str group)
{
	const struct json *groups = json_get_c(user, "Groups");

	for (size_t i = 0; groups && i < groups->count; i++)
		if (str_eq_nocase(json_text(groups->items[i]), group))
			return true;
	return false;
}

/* The user's groups without one; with another in its place where `instead` is given. */
static int change_membership(struct call *call, const struct json *user, struct str group, struct str instead)
{
	const struct json *groups = json_get_c(user, "Groups");
	struct json *left = json_new_array(&call->arena), *changed = json_copy_object(&call->arena, user);

	for (size_t i = 0; groups && i < groups->count; i++)
		if (!str_eq_nocase(json_text(groups->items[i]), group))
			json_add(&call->arena, left, groups->items[i]);
	if (instead.p)
		json_add(&call->arena, left, json_new_string(&call->arena, instead));
	json_put(&call->arena, changed, STR("Groups"), left);
	return entity_put(call, &user_kind, changed);
}

struct members {
	struct str group;
	struct arena *arena;
	struct json *users;
};

static bool collect_member(void *argument, const struct json *user)
{
	struct members *m = argument;

	if (is_in(user, m->group))
		json_add(m->arena, m->users, user);
	return true;
}

static int find_members(struct call *call, struct str group, const struct json **out)
{
	struct members m = { group, &call->arena, json_new_array(&call->arena) };

	*out = m.users;
	return documents_each(call, "user", collect_member, &m);
}

int iam_get_group(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *group, *users = NULL;
	struct page page;
	int rc = entity_require(call, &group_kind, in->name, &group);

	if (rc == 0)
		rc = find_members(call, in->name, &users);
	if (rc == 0)
		rc = page_begin(call, &page);
	if (rc < 0)
		return rc;
	write_group(call, "Group", group);
	write_list(&call->out, "Users", "member");
	for (size_t i = 0; i < users->count; i++)
		if (page_takes(&page))
			write_user(call, NULL, users->items[i], false);
	write_end(&call->out);
	page_write(call, &page);
	return 0;
}

static int rename_in_members(struct call *call, struct str from, struct str to)
{
	const struct json *users = NULL;
	int rc = find_members(call, from, &users);

	for (size_t i = 0; rc == 0 && i < users->count; i++)
		rc = change_membership(call, users->items[i], from, to);
	return rc;
}

int iam_update_group(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *group;
	int rc = entity_require(call, &group_kind, in->name, &group);

	if (rc < 0)
		return rc;
	struct json *changed = json_copy_object(&call->arena, group);
	struct str name = in->new_name.p ? in->new_name : json_get_text(group, STR("GroupName"));
	struct str path = in->new_path.p ? in->new_path : json_get_text(group, STR("Path"));
	if (!str_eq_nocase(name, in->name))
		rc = check_free(call, name);
	put_text(&call->arena, changed, "GroupName", name);
	put_text(&call->arena, changed, "Path", path);
	put_text(&call->arena, changed, "Arn", entity_arn(call->host, &call->arena, "group", path, name));
	if (rc == 0)
		rc = entity_delete(call, &group_kind, in->name);
	if (rc == 0)
		rc = entity_put(call, &group_kind, changed);
	return rc == 0 ? rename_in_members(call, in->name, name) : rc;
}

int iam_delete_group(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *group, *users = NULL, *policies, *attached;
	int rc = entity_require(call, &group_kind, in->name, &group);

	if (rc == 0)
		rc = find_members(call, in->name, &users);
	if (rc < 0)
		return rc;
	policies = json_get_c(group, "Policies");
	attached = json_get_c(group, "Attached");
	if (users->count)
		return call_failf(call, &iam_DeleteConflict, "Cannot delete entity, must remove users from group first.");
	if ((policies && policies->count) || (attached && attached->count))
		return call_failf(call, &iam_DeleteConflict, "Cannot delete entity, must detach all policies first.");
	return entity_delete(call, &group_kind, in->name);
}

int iam_add_user_to_group(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *group, *user;
	int rc = entity_require(call, &group_kind, in->name, &group);

	if (rc == 0)
		rc = entity_require(call, &user_kind, in->user, &user);
	return rc < 0 ? rc : change_membership(call, user, in->name, json_get_text(group, STR("GroupName")));
}

int iam_remove_user_from_group(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *group, *user;
	int rc = entity_require(call, &group_kind, in->name, &group);

	if (rc == 0)
		rc = entity_require(call, &user_kind, in->user, &user);
	return rc < 0 ? rc : change_membership(call, user, in->name, STR_NULL);
}

/* ---- lists ---- */

struct listing {
	struct call *call;
	struct page page;
	const struct json *user; /* NULL: all groups */
};

static bool list_group(void *argument, const struct json *group)
{
	struct listing *l = argument;
	const struct iam_input *in = l->call->input;

	if ((in->path_prefix.p && !str_starts(json_get_text(group, STR("Path")), in->path_prefix)) ||
	    (l->user && !is_in(l->user, json_get_text(group, STR("GroupName")))))
		return true;
	if (page_takes(&l->page))
		write_group(l->call, NULL, group);
	return !l->page.more;
}

static int list(struct call *call, const struct json *user)
{
	struct listing l = { .call = call, .user = user };
	int rc = page_begin(call, &l.page);

	if (rc < 0)
		return rc;
	write_list(&call->out, "Groups", "member");
	rc = documents_each(call, "group", list_group, &l);
	write_end(&call->out);
	page_write(call, &l.page);
	return rc;
}

int iam_list_groups(struct call *call)
{
	return list(call, NULL);
}

int iam_list_groups_for_user(struct call *call)
{
	const struct iam_input *in = call->input;
	const struct json *user;
	int rc = entity_require(call, &user_kind, in->name, &user);

	return rc < 0 ? rc : list(call, user);
}
