/* SPDX-License-Identifier: Apache-2.0
 *
 * Entities in the store.
 */
#include "service/iam/managed.h"
#include "service/iam/model.h"
#include "service/record.h"

const struct entity_kind role_kind = { "role", "Role", "RoleName", "RoleId", "AROA", 10240, "PoliciesPerRole" };
const struct entity_kind group_kind = { "group", "Group", "GroupName", "GroupId", "AGPA", 5120, "PoliciesPerGroup" };
const struct entity_kind user_kind = { "user", "User", "UserName", "UserId", "AIDA", 2048, "PoliciesPerUser" };

static struct str lower(struct arena *a, struct str text)
{
	char *p = arena_c(a, text);

	for (size_t i = 0; p && i < text.n; i++)
		p[i] = (char)(p[i] >= 'A' && p[i] <= 'Z' ? p[i] + ('a' - 'A') : p[i]);
	return p ? str_of(p, text.n) : STR_NULL;
}

static int read_document(struct store_txn *txn, struct arena *a, const char *space, struct str name, const struct json **out,
			 struct error *err)
{
	struct key k;

	*out = NULL;
	record_key(&k, str_c(space), name);
	int rc = record_get(txn, SPACE_IAM, &k, a, out, err);
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

static void move_on(void *argument)
{
	struct iam *iam = argument;

	atomic_fetch_add(&iam->revision, 1);
}

static int write_document_at(struct call *call, const char *space, struct str name, const struct json *document)
{
	struct error err = { 0 };
	struct key k;

	if (arena_failed(&call->arena))
		return call_fault(call, NULL);
	record_key(&k, str_c(space), name);
	int rc = document ? record_put(call->txn, SPACE_IAM, &k, &call->arena, document, &err)
			  : store_delete(call->txn, SPACE_IAM, key_str(&k), &err);
	if (rc == 0)
		rc = store_after_commit(call->txn, move_on, call->state);
	return rc < 0 ? call_fault(call, &err) : 0;
}

int entity_require(struct call *call, const struct entity_kind *kind, struct str name, const struct json **out)
{
	struct error err = { 0 };
	int rc = read_document(call->txn, &call->arena, kind->noun, lower(&call->arena, name), out, &err);

	if (rc < 0)
		return call_fault(call, &err);
	if (*out)
		return 0;
	return call_failf(call, &iam_NoSuchEntity, "The %s with name " STR_FMT " cannot be found.", kind->noun, STR_ARG(name));
}

bool entity_exists(struct call *call, const struct entity_kind *kind, struct str name)
{
	const struct json *found;

	return read_document(call->txn, &call->arena, kind->noun, lower(&call->arena, name), &found, NULL) == 0 && found;
}

int entity_put(struct call *call, const struct entity_kind *kind, const struct json *entity)
{
	struct str name = json_get_text(entity, str_c(kind->name_member));

	return write_document_at(call, kind->noun, lower(&call->arena, name), entity);
}

int entity_delete(struct call *call, const struct entity_kind *kind, struct str name)
{
	return write_document_at(call, kind->noun, lower(&call->arena, name), NULL);
}

int arn_find(struct call *call, const char *space, struct str arn, const struct json **out)
{
	struct error err = { 0 };

	return read_document(call->txn, &call->arena, space, arn, out, &err) < 0 ? call_fault(call, &err) : 0;
}

int arn_put(struct call *call, const char *space, struct str arn, const struct json *document)
{
	return write_document_at(call, space, arn, document);
}

int arn_delete(struct call *call, const char *space, struct str arn)
{
	return write_document_at(call, space, arn, NULL);
}

struct walk {
	bool (*each)(void *argument, const struct json *document);
	void *argument;
	bool stopped;
};

static int walk_one(void *argument, const struct json *document)
{
	struct walk *w = argument;

	w->stopped = w->stopped || !w->each(w->argument, document);
	return 0;
}

int documents_each(struct call *call, const char *space, bool (*each)(void *argument, const struct json *document),
		   void *argument)
{
	const struct record_window all = { 0 };
	struct walk w = { each, argument, false };
	struct error err = { 0 };
	struct key prefix;

	record_key(&prefix, str_c(space));
	int rc = record_page(call->txn, SPACE_IAM, &prefix, &all, &call->arena, walk_one, &w, NULL, &err);
	return rc < 0 ? call_fault(call, &err) : 0;
}

int model_read_entity(struct iam *iam, struct store_txn *txn, struct arena *a, const struct entity_kind *kind, struct str name,
		      const struct json **out)
{
	(void)iam;
	return read_document(txn, a, kind->noun, lower(a, name), out, NULL);
}

int model_read_arn(struct iam *iam, struct store_txn *txn, struct arena *a, const char *space, struct str arn,
		   const struct json **out)
{
	(void)iam;
	return read_document(txn, a, space, arn, out, NULL);
}

static struct str default_document(const struct json *policy)
{
	const struct json *versions = json_get_c(policy, "Versions");
	struct str wanted = json_get_text(policy, STR("DefaultVersionId"));

	for (size_t i = 0; versions && i < versions->count; i++) {
		if (str_eq(json_get_text(versions->items[i], STR("VersionId")), wanted))
			return json_get_text(versions->items[i], STR("Document"));
	}
	return STR_NULL;
}

int model_read_policy(struct iam *iam, struct store_txn *txn, struct arena *a, struct str arn, struct str *document)
{
	const struct json *policy;

	*document = STR_NULL;
	if (managed_is_arn(arn)) {
		policy = managed_find(a, arn);
		if (policy)
			*document = json_get_text(policy, STR("Document"));
		return 0;
	}
	int rc = model_read_arn(iam, txn, a, "policy", arn, &policy);
	if (rc == 0 && policy)
		*document = default_document(policy);
	return rc;
}
