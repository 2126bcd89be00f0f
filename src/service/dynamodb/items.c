/* SPDX-License-Identifier: Apache-2.0 */
#include "service/dynamodb/items.h"

int item_load(struct store_txn *txn, struct str key, struct arena *a, struct str *stored, struct error *err)
{
	int rc = store_get(txn, SPACE_DYNAMODB_ITEMS, key, a, stored, err);

	if (rc != ERR_NOT_FOUND)
		return rc;
	*stored = STR_NULL;
	return 0;
}

bool item_needs_before(const struct table *t)
{
	return t->index_count > 0 || t->ttl_attribute.p;
}

/* One row of an index; an absent key: the item is not in it. */
struct row {
	struct str key, value;
};

static const struct value *project(struct arena *a, const struct table *t, const struct table_index *index,
				   const struct value *item)
{
	struct attribute *kept = arena_alloc_array(a, item->count, sizeof(*kept));
	size_t count = 0;

	for (size_t i = 0; kept && i < item->count; i++) {
		if (index_projects(t, index, item->attributes[i].name))
			kept[count++] = item->attributes[i];
	}
	return kept ? value_new_map(a, kept, count) : NULL;
}

static int make_row(struct arena *a, const struct table *t, const struct table_index *index, const struct value *item,
		    struct str stored, struct row *out)
{
	struct key k;

	*out = (struct row){ STR_NULL, STR_NULL };
	if (!item || !index_key(t, index, item, &k))
		return 0;
	out->key = arena_str(a, key_str(&k));
	out->value = stored;
	if (index->projection != PROJECTION_ALL || !stored.p) {
		const struct value *part = index->projection == PROJECTION_ALL ? item : project(a, t, index, item);
		if (!part || item_encode(a, part, &out->value) < 0)
			return ERR_NO_MEMORY;
	}
	return out->key.p ? 0 : ERR_NO_MEMORY;
}

static double row_units(const struct row *row)
{
	return row->key.p ? capacity_write_units(item_stored_size(row->value)) : 0;
}

/* What the service charges: one write for a new, removed or changed row, two for one whose key moves. */
static double change_units(const struct row *before, const struct row *after)
{
	double was = row_units(before), is = row_units(after);

	if (before->key.p && after->key.p && str_eq(before->key, after->key))
		return was > is ? was : is;
	return was + is;
}

static int change_index(struct store_txn *txn, struct arena *a, const struct item_change *c, const struct table_index *index,
			struct capacity *capacity, struct error *err)
{
	struct row before, after;
	int rc = make_row(a, c->table, index, c->before, c->before_stored, &before);

	if (rc == 0)
		rc = make_row(a, c->table, index, c->after, c->after_stored, &after);
	if (rc < 0)
		return error_set(err, rc, "dynamodb: out of memory");
	bool same_key = before.key.p && after.key.p && str_eq(before.key, after.key);
	if ((same_key && str_eq(before.value, after.value)) || (!before.key.p && !after.key.p))
		return 0;
	if (before.key.p && !same_key)
		rc = store_delete(txn, SPACE_DYNAMODB_INDEX, before.key, err);
	if (rc == 0 && after.key.p)
		rc = store_put(txn, SPACE_DYNAMODB_INDEX, after.key, after.value, err);
	if (rc == 0 && capacity && !capacity_add(a, capacity, index, change_units(&before, &after)))
		return error_set(err, ERR_NO_MEMORY, "dynamodb: out of memory");
	return rc;
}

static int change_expiry(struct store_txn *txn, const struct item_change *c, struct error *err)
{
	uint64_t was, is;
	bool had = c->before && item_expiry(c->table, c->before, &was);
	bool has = c->after && item_expiry(c->table, c->after, &is);
	struct key k;
	int rc = 0;

	if (had && has && was == is)
		return 0;
	if (had) {
		expiry_key(c->table->id, was, c->key, &k);
		rc = store_delete(txn, SPACE_DYNAMODB_TTL, key_str(&k), err);
	}
	if (rc == 0 && has) {
		expiry_key(c->table->id, is, c->key, &k);
		rc = store_put(txn, SPACE_DYNAMODB_TTL, key_str(&k), STR(""), err);
	}
	return rc;
}

static size_t changed_size(const struct item_change *c)
{
	size_t was = c->before_stored.p ? item_stored_size(c->before_stored) : 0;
	size_t is = c->after_stored.p ? item_stored_size(c->after_stored) : 0;

	return was > is ? was : is;
}

int item_change(struct store_txn *txn, struct arena *a, const struct item_change *c, struct capacity *capacity, struct error *err)
{
	int rc = c->after ? store_put(txn, SPACE_DYNAMODB_ITEMS, c->key, c->after_stored, err)
			  : store_delete(txn, SPACE_DYNAMODB_ITEMS, c->key, err);

	for (size_t i = 0; i < c->table->index_count && rc == 0; i++)
		rc = change_index(txn, a, c, &c->table->indexes[i], capacity, err);
	if (rc == 0 && c->table->ttl_attribute.p)
		rc = change_expiry(txn, c, err);
	if (rc == 0 && capacity && !capacity_add(a, capacity, NULL, capacity_write_units(changed_size(c))))
		return error_set(err, ERR_NO_MEMORY, "dynamodb: out of memory");
	return rc;
}

int item_reindex(struct store_txn *txn, struct arena *a, const struct table *t, struct str key, struct str stored,
		 struct error *err)
{
	struct item_change c = { .table = t, .key = key, .after_stored = stored };
	int rc = item_decode(a, stored, &c.after, err);

	for (size_t i = 0; i < t->index_count && rc == 0; i++)
		rc = change_index(txn, a, &c, &t->indexes[i], NULL, err);
	if (rc == 0 && t->ttl_attribute.p)
		rc = change_expiry(txn, &c, err);
	return rc;
}
