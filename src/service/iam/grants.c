/* SPDX-License-Identifier: Apache-2.0 */
#include "service/iam/grants.h"

#include "base/limits.h"
#include "base/map.h"

enum { CACHED_MAX = 4096 };

struct grants {
	pthread_rwlock_t lock;
	struct map by_arn;
};

int grants_new(struct grants **out, struct error *err)
{
	struct grants *g = calloc(1, sizeof(*g));

	if (!g)
		return error_set(err, ERR_NO_MEMORY, "iam: out of memory");
	pthread_rwlock_init(&g->lock, NULL);
	map_init(&g->by_arn);
	*out = g;
	return 0;
}

static void drop_all(struct map *m)
{
	for (struct map_entry *e = map_next(m, NULL); e; e = map_next(m, e))
		grant_unref(e->value);
	map_release(m);
	map_init(m);
}

void grants_free(struct grants *g)
{
	if (!g)
		return;
	drop_all(&g->by_arn);
	map_release(&g->by_arn);
	pthread_rwlock_destroy(&g->lock);
	free(g);
}

void grant_unref(struct grant *g)
{
	if (!g || atomic_fetch_sub_explicit(&g->references, 1, memory_order_acq_rel) != 1)
		return;
	arena_release(&g->arena);
	free(g);
}

static struct grant *find(struct grants *g, struct str arn, uint64_t revision)
{
	pthread_rwlock_rdlock(&g->lock);
	struct grant *found = map_get(&g->by_arn, arn);
	if (found && found->revision != revision)
		found = NULL;
	if (found)
		atomic_fetch_add_explicit(&found->references, 1, memory_order_relaxed);
	pthread_rwlock_unlock(&g->lock);
	return found;
}

static void keep(struct grants *g, struct str arn, struct grant *grant)
{
	void *old = NULL;

	pthread_rwlock_wrlock(&g->lock);
	if (g->by_arn.count >= CACHED_MAX)
		drop_all(&g->by_arn);
	if (map_put(&g->by_arn, arn, grant, &old) == 0)
		atomic_fetch_add_explicit(&grant->references, 1, memory_order_relaxed);
	pthread_rwlock_unlock(&g->lock);
	grant_unref(old);
}

/* ---- reading ---- */

/* A stored document was checked when it came; one that cannot be read now grants nothing and is left out. */
static void add_policy(struct grant *g, struct str owner, struct str name, struct str document)
{
	const struct policy *p;

	if (!document.p || policy_parse(&g->arena, document, POLICY_IDENTITY, &p, NULL) < 0)
		return;
	g->identity[g->identity_count] = p;
	g->identity_owners[g->identity_count] = owner;
	g->identity_names[g->identity_count++] = name;
}

static int read_attached(struct iam *iam, struct store_txn *txn, struct grant *g, struct str owner, const struct json *list)
{
	for (size_t i = 0; list && i < list->count; i++) {
		struct str arn = json_text(list->items[i]), document;
		int rc = model_read_policy(iam, txn, &g->arena, arn, &document);
		if (rc < 0)
			return rc;
		add_policy(g, owner, arn, document);
	}
	return 0;
}

static int read_boundary(struct iam *iam, struct store_txn *txn, struct grant *g, struct str arn)
{
	static const struct policy nothing = { NULL, 0 };
	struct str document;

	if (!arn.p)
		return 0;
	int rc = model_read_policy(iam, txn, &g->arena, arn, &document);
	g->boundary_arn = arn;
	g->boundary = &nothing; /* a boundary that is gone allows nothing */
	if (rc == 0 && document.p)
		(void)(policy_parse(&g->arena, document, POLICY_IDENTITY, &g->boundary, NULL) == 0);
	return rc;
}

static size_t policy_count(const struct json *entity)
{
	const struct json *inlined = json_get_c(entity, "Policies"), *attached = json_get_c(entity, "Attached");

	return (inlined ? inlined->count : 0) + (attached ? attached->count : 0);
}

static int read_policies(struct iam *iam, struct store_txn *txn, struct grant *g, const struct json *entity)
{
	const struct json *inlined = json_get_c(entity, "Policies");
	struct str owner = json_get_text(entity, STR("Arn"));

	for (size_t i = 0; inlined && i < inlined->count; i++)
		add_policy(g, owner, inlined->members[i].name, json_text(inlined->members[i].value));
	return read_attached(iam, txn, g, owner, json_get_c(entity, "Attached"));
}

/* The groups a user is in; those that are gone are passed over. */
static int read_groups(struct iam *iam, struct store_txn *txn, struct grant *g, const struct json *names, struct json *out)
{
	int rc = 0;

	for (size_t i = 0; names && i < names->count && rc == 0; i++) {
		const struct json *group;

		rc = model_read_entity(iam, txn, &g->arena, &group_kind, json_text(names->items[i]), &group);
		if (rc == 0 && group)
			json_add(&g->arena, out, group);
	}
	return rc;
}

/* The entity's own policies and its groups'. */
static int read_identity(struct iam *iam, struct store_txn *txn, struct grant *g, const struct json *entity)
{
	struct json *groups = json_new_array(&g->arena);
	size_t count = policy_count(entity);
	int rc = groups ? read_groups(iam, txn, g, json_get_c(entity, "Groups"), groups) : ERR_NO_MEMORY;

	for (size_t i = 0; rc == 0 && i < groups->count; i++)
		count += policy_count(groups->items[i]);
	g->identity = arena_alloc_array(&g->arena, count + 1, sizeof(*g->identity));
	g->identity_owners = arena_alloc_array(&g->arena, count + 1, sizeof(*g->identity_owners));
	g->identity_names = arena_alloc_array(&g->arena, count + 1, sizeof(*g->identity_names));
	if (rc == 0 && (!g->identity || !g->identity_owners || !g->identity_names))
		rc = ERR_NO_MEMORY;
	if (rc == 0)
		rc = read_policies(iam, txn, g, entity);
	for (size_t i = 0; rc == 0 && i < groups->count; i++)
		rc = read_policies(iam, txn, g, groups->items[i]);
	return rc < 0 ? rc : read_boundary(iam, txn, g, json_get_text(entity, STR("PermissionsBoundary")));
}

static int read_grant(struct iam *iam, struct store_txn *txn, struct str arn, struct grant *g)
{
	const struct entity_kind *kind = str_find(arn, STR(":role/"), 0) >= 0 ? &role_kind : &user_kind;
	const struct json *entity;
	int rc = model_read_entity(iam, txn, &g->arena, kind, arn_last_name(arn), &entity);

	if (rc < 0 || !entity || !str_eq(json_get_text(entity, STR("Arn")), arn))
		return rc;
	g->exists = true;
	g->id = json_get_text(entity, str_c(kind->id_member));
	g->tags = json_get_c(entity, "Tags");
	g->session_max_s = get_i64(entity, "MaxSessionDuration");
	struct str trust = json_get_text(entity, STR("AssumeRolePolicyDocument"));
	if (trust.p)
		(void)(policy_parse(&g->arena, trust, POLICY_TRUST, &g->trust, NULL) == 0);
	rc = read_identity(iam, txn, g, entity);
	return rc == 0 && arena_failed(&g->arena) ? ERR_NO_MEMORY : rc;
}

static struct grant *load(struct iam *iam, struct str arn)
{
	struct grant *g = calloc(1, sizeof(*g));
	struct store_txn *txn;

	if (!g)
		return NULL;
	atomic_init(&g->references, 1);
	arena_init(&g->arena, MIB(16));
	g->revision = atomic_load(
		&iam->revision); /* before the snapshot: a change that comes between makes this grant stale, not wrong */
	int rc = store_read_begin(host_store(iam->host), &txn, NULL);
	if (rc == 0) {
		rc = read_grant(iam, txn, arn, g);
		store_read_end(txn);
	}
	if (rc < 0) {
		grant_unref(g);
		return NULL;
	}
	return g;
}

struct grant *grants_get(struct iam *iam, struct str arn)
{
	struct grant *g = find(iam->grants, arn, atomic_load(&iam->revision));

	if (g)
		return g;
	g = load(iam, arn);
	if (g)
		keep(iam->grants, arn, g);
	return g;
}
