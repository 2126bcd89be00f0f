/* SPDX-License-Identifier: Apache-2.0
 *
 * The set of tables: the copy in memory, and the definitions in the store.
 */
#include "aws/arn.h"
#include "base/limits.h"
#include "service/dynamodb/table.h"
#include "store/key.h"

static void name_key(struct key *k, const char *kind, struct str name)
{
	key_init(k);
	key_add_str(k, str_c(kind));
	key_add_str(k, name);
}

static int install(struct dynamodb *d, struct table *t)
{
	void *old = NULL;

	pthread_rwlock_wrlock(&d->lock);
	int rc = map_put(&d->tables, t->name, t, &old);
	pthread_rwlock_unlock(&d->lock);
	table_unref(rc < 0 ? t : old);
	return rc;
}

static void remove_copy(struct dynamodb *d, struct str name)
{
	pthread_rwlock_wrlock(&d->lock);
	struct table *old = map_remove(&d->tables, name);
	pthread_rwlock_unlock(&d->lock);
	table_unref(old);
}

static struct table *copy_of(struct dynamodb *d, struct str name)
{
	pthread_rwlock_rdlock(&d->lock);
	struct table *t = map_get(&d->tables, name);
	if (t)
		table_ref(t);
	pthread_rwlock_unlock(&d->lock);
	return t;
}

static struct table *parse_definition(struct str text)
{
	struct arena a;
	const struct json *definition;
	struct table *t = NULL;

	arena_init(&a, MIB(16));
	if (json_parse(&a, text, &definition, NULL) == 0)
		t = table_new(definition);
	arena_release(&a);
	return t;
}

static int load_all(struct dynamodb *d, struct store_txn *txn, struct error *err)
{
	struct arena a;
	struct key from;
	struct store_cursor cursor;
	struct str key, value;

	arena_init(&a, KIB(64));
	key_init(&from);
	key_add_str(&from, STR("table"));
	int rc = store_scan(&cursor, txn, SPACE_DYNAMODB_TABLES, key_str(&from), key_prefix_end(&a, key_str(&from)), false, err);
	while (rc == 0 && (rc = store_next(&cursor, &key, &value, err)) > 0) {
		struct table *t = parse_definition(value);
		rc = t ? install(d, t) : error_set(err, ERR_CORRUPT, "a table's definition cannot be read");
	}
	store_scan_end(&cursor);
	arena_release(&a);
	return rc;
}

int tables_open(struct dynamodb *d, struct error *err)
{
	struct store_txn *txn;

	pthread_rwlock_init(&d->lock, NULL);
	map_init(&d->tables);
	int rc = store_read_begin(host_store(d->host), &txn, err);
	if (rc < 0)
		return rc;
	rc = load_all(d, txn, err);
	store_read_end(txn);
	return rc;
}

void tables_close(struct dynamodb *d)
{
	for (struct map_entry *e = map_next(&d->tables, NULL); e; e = map_next(&d->tables, e))
		table_unref(e->value);
	map_release(&d->tables);
	pthread_rwlock_destroy(&d->lock);
}

/* Asks the store; brings the copy in line with what it says inside this transaction. */
static int find_in_store(struct dynamodb *d, struct store_txn *txn, struct arena *a, struct str name, struct table **out,
			 struct error *err)
{
	struct key k;
	struct str value;

	name_key(&k, "table", name);
	int rc = store_get(txn, SPACE_DYNAMODB_TABLES, key_str(&k), a, &value, err);
	*out = NULL;
	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		return rc;
	struct table *stored = parse_definition(value), *copy = copy_of(d, name);
	if (stored && copy && copy->revision == stored->revision && copy->id == stored->id) {
		table_unref(stored);
		stored = copy;
	} else {
		table_unref(copy);
	}
	*out = stored;
	return stored ? 0 : error_set(err, ERR_CORRUPT, "a table's definition cannot be read");
}

static int find_unconfirmed(struct call *call, struct dynamodb *d, struct str name, struct table **out, struct error *err)
{
	struct store_txn *txn = call->txn;

	if (txn)
		return find_in_store(d, txn, &call->arena, name, out, err);
	int rc = store_read_begin(host_store(d->host), &txn, err);
	if (rc < 0)
		return rc;
	rc = find_in_store(d, txn, &call->arena, name, out, err);
	store_read_end(txn);
	return rc;
}

static void release_table(void *argument)
{
	table_unref(argument);
}

struct table *table_get(struct call *call, struct str name, int *rc)
{
	struct dynamodb *d = call->state;
	struct error err = { 0 };
	struct table *t = NULL;

	*rc = 0;
	name = table_name_of(name);
	if (atomic_load_explicit(&d->unconfirmed, memory_order_acquire) == 0)
		t = copy_of(d, name);
	else
		*rc = find_unconfirmed(call, d, name, &t, &err);
	if (t && arena_on_release(&call->arena, release_table, t) < 0) {
		table_unref(t);
		t = NULL;
		*rc = error_set(&err, ERR_NO_MEMORY, "request needs too much memory");
	}
	if (*rc < 0)
		*rc = call_fault(call, &err);
	return t;
}

int table_require(struct call *call, struct str name, struct table **out)
{
	int rc;

	*out = table_get(call, name, &rc);
	return *out || rc < 0 ? rc : call_fail(call, &dynamodb_ResourceNotFoundException);
}

int table_require_named(struct call *call, struct str name, struct table **out)
{
	int rc;

	*out = table_get(call, name, &rc);
	if (*out || rc < 0)
		return rc;
	name = table_name_of(name);
	return call_failf(call, &dynamodb_ResourceNotFoundException, "Requested resource not found: Table: " STR_FMT " not found",
			  STR_ARG(name));
}

struct str table_name_of(struct str name_or_arn)
{
	struct arn arn;

	if (!str_starts(name_or_arn, STR("arn:")) || arn_parse(name_or_arn, &arn) < 0)
		return name_or_arn;
	struct str name = arn_resource_id(arn.resource);
	return str_split(&name, '/');
}

struct str table_arn(const struct host *host, struct arena *a, struct str name)
{
	return arn_format(a, "dynamodb", host_region(host), host_account(host), "table/" STR_FMT, STR_ARG(name));
}

static void confirm(void *argument)
{
	struct dynamodb *d = argument;

	atomic_fetch_sub_explicit(&d->unconfirmed, 1, memory_order_release);
}

/* Until the hook runs, lookups ask the store. If the group is undone it never runs, and they go on asking. */
static int await_confirmation(struct dynamodb *d, struct store_txn *txn, struct error *err)
{
	atomic_fetch_add_explicit(&d->unconfirmed, 1, memory_order_acq_rel);
	if (store_after_commit(txn, confirm, d) == 0)
		return 0;
	return error_set(err, ERR_NO_MEMORY, "dynamodb: out of memory");
}

int table_put(struct dynamodb *d, struct store_txn *txn, struct arena *a, const struct json *definition, struct error *err)
{
	struct json *next = json_copy_object(a, definition);
	int64_t revision = 0;
	struct key k;

	(void)(json_to_i64(json_get_c(definition, "revision"), &revision) == 0);
	json_put(a, next, STR("revision"), json_new_i64(a, revision + 1));
	struct table *t = next ? table_new(next) : NULL;
	if (!t)
		return error_set(err, ERR_NO_MEMORY, "dynamodb: out of memory");
	name_key(&k, "table", t->name);
	int rc = store_put(txn, SPACE_DYNAMODB_TABLES, key_str(&k), json_to_str(a, next), err);
	if (rc == 0)
		rc = await_confirmation(d, txn, err);
	if (rc < 0) {
		table_unref(t);
		return rc;
	}
	return install(d, t) < 0 ? error_set(err, ERR_NO_MEMORY, "dynamodb: out of memory") : 0;
}

static int add_trash(struct store_txn *txn, enum store_space space, uint64_t id, struct error *err)
{
	struct key k;

	key_init(&k);
	key_add_str(&k, STR("trash"));
	key_add_u64(&k, (uint64_t)space);
	key_add_u64(&k, id);
	return store_put(txn, SPACE_DYNAMODB_TABLES, key_str(&k), STR(""), err);
}

int index_drop(struct store_txn *txn, uint64_t id, struct error *err)
{
	return add_trash(txn, SPACE_DYNAMODB_INDEX, id, err);
}

int expiry_rows_drop(struct store_txn *txn, uint64_t table_id, struct error *err)
{
	return add_trash(txn, SPACE_DYNAMODB_TTL, table_id, err);
}

int table_drop(struct dynamodb *d, struct store_txn *txn, const struct table *t, struct error *err)
{
	struct key k;

	name_key(&k, "table", t->name);
	int rc = store_delete(txn, SPACE_DYNAMODB_TABLES, key_str(&k), err);
	if (rc == 0)
		rc = add_trash(txn, SPACE_DYNAMODB_ITEMS, t->id, err);
	if (rc == 0)
		rc = add_trash(txn, SPACE_DYNAMODB_TTL, t->id, err);
	for (size_t i = 0; i < t->index_count && rc == 0; i++)
		rc = index_drop(txn, t->indexes[i].id, err);
	if (rc == 0)
		rc = await_confirmation(d, txn, err);
	if (rc == 0)
		remove_copy(d, t->name);
	return rc;
}

int table_next_id(struct store_txn *txn, struct arena *a, uint64_t *id, struct error *err)
{
	struct str value;
	uint64_t last = 0;
	struct key k;

	key_init(&k);
	key_add_str(&k, STR("counter"));
	int rc = store_get(txn, SPACE_DYNAMODB_TABLES, key_str(&k), a, &value, err);
	if (rc == 0)
		rc = str_to_u64(value, &last);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	*id = last + 1;
	return store_put(txn, SPACE_DYNAMODB_TABLES, key_str(&k), arena_printf(a, "%llu", (unsigned long long)*id), err);
}

/* A copy of the list, so that `each` may take its time. */
static struct table **snapshot(struct dynamodb *d, size_t *count)
{
	pthread_rwlock_rdlock(&d->lock);
	struct table **list = calloc(d->tables.count + 1, sizeof(*list));
	*count = 0;
	for (struct map_entry *e = map_next(&d->tables, NULL); e && list; e = map_next(&d->tables, e)) {
		list[*count] = e->value;
		table_ref(list[(*count)++]);
	}
	pthread_rwlock_unlock(&d->lock);
	return list;
}

static int compare_names(const void *a, const void *b)
{
	return str_cmp((*(struct table *const *)a)->name, (*(struct table *const *)b)->name);
}

void tables_each(struct dynamodb *d, bool (*each)(void *argument, struct table *t), void *argument)
{
	size_t count;
	struct table **list = snapshot(d, &count);
	bool go_on = true;

	if (list)
		qsort(list, count, sizeof(*list), compare_names);
	for (size_t i = 0; list && i < count; i++) {
		go_on = go_on && each(argument, list[i]);
		table_unref(list[i]);
	}
	free(list);
}
