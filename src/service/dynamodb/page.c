/* SPDX-License-Identifier: Apache-2.0 */
#include "service/dynamodb/page.h"

#include "base/limits.h"
#include "service/dynamodb/items.h"

const char *const page_selects[] = { "SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", NULL };

static int check_select(struct call *call, const struct page_input *in)
{
	bool specific = str_eq(in->select, STR("SPECIFIC_ATTRIBUTES"));

	if (str_eq(in->select, STR("ALL_PROJECTED_ATTRIBUTES")) && !in->index_name.p)
		return dynamodb_invalid(call, "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
	if (specific && !in->projection.p)
		return dynamodb_invalid(
			call,
			"Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES");
	if (in->projection.p && in->select.n > 0 && !specific) {
		if (str_eq(in->select, STR("COUNT")))
			return dynamodb_invalid(call,
						"Cannot specify the ProjectionExpression when choosing to get only the Count");
		return dynamodb_invalid(call, "Cannot specify the ProjectionExpression when choosing to get " STR_FMT,
					STR_ARG(in->select));
	}
	return 0;
}

int page_prepare(struct call *call, struct placeholders *p, const struct page_input *in, struct page *out)
{
	struct error err = { 0 };
	int rc = 0;

	out->in = in;
	if (in->projection.p)
		rc = projection_parse(p, in->projection, &out->projection, &err);
	if (rc == 0 && in->filter.p)
		rc = condition_parse(p, "FilterExpression", in->filter, &out->filter, &err);
	if (rc == 0)
		rc = placeholders_finish(p, &err);
	if (rc < 0)
		return dynamodb_fail(call, &err);
	rc = check_select(call, in);
	if (rc < 0 || !in->start_key)
		return rc;
	if (item_read(&call->arena, in->start_key, &out->start_key, &err) == 0)
		return 0;
	if (err.code == ERR_INVALID && !err.name[0])
		error_prefix(&err, "The provided starting key is invalid");
	return dynamodb_fail(call, &err);
}

/* ---- what depends on the table ---- */

struct projection_check {
	const struct table *table;
	const struct table_index *index;
	struct str missing; /* the first attribute the index does not hold */
};

static bool is_projected(void *argument, const struct path *path)
{
	struct projection_check *check = argument;

	if (index_projects(check->table, check->index, path->steps[0].name))
		return true;
	check->missing = path->steps[0].name;
	return false;
}

static int check_index_projection(struct call *call, struct page *page)
{
	struct projection_check check = { page->table, page->index, STR_NULL };
	bool all = str_eq(page->in->select, STR("ALL_ATTRIBUTES"));
	bool held = !page->filter || condition_each_path(page->filter, is_projected, &check);

	for (size_t i = 0; held && page->projection && i < page->projection->count; i++)
		held = is_projected(&check, page->projection->paths[i]);
	if (!page->index->global) {
		page->fetch = page->index->projection != PROJECTION_ALL && (all || !held);
		return 0;
	}
	if (all && page->index->projection != PROJECTION_ALL)
		return dynamodb_invalid(
			call,
			"One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
			"secondary index " STR_FMT " because its projection type is not ALL",
			STR_ARG(page->index->name));
	if (!held)
		return dynamodb_invalid(call,
					"One or more parameter values were invalid: Global secondary index " STR_FMT
					" does not project [" STR_FMT "]",
					STR_ARG(page->index->name), STR_ARG(check.missing));
	return 0;
}

static int resolve_index(struct call *call, struct page *page)
{
	if (!page->in->index_name.p)
		return 0;
	page->index = table_index_find(page->table, page->in->index_name);
	if (!page->index)
		return dynamodb_invalid(call, "The table does not have the specified index: " STR_FMT,
					STR_ARG(page->in->index_name));
	if (page->index->global && page->in->consistent.value)
		return dynamodb_invalid(call, "Consistent reads are not supported on global secondary indexes");
	if (page->index->backfilling)
		return dynamodb_invalid(call, "Cannot read from backfilling global secondary index: " STR_FMT,
					STR_ARG(page->index->name));
	return check_index_projection(call, page);
}

int page_resolve(struct call *call, struct page *page)
{
	struct error err = { 0 };
	struct table *t;
	int rc = table_require(call, page->in->table_name, &t);

	if (rc < 0)
		return rc;
	page->table = t;
	rc = resolve_index(call, page);
	if (rc < 0 || !page->start_key)
		return rc;
	rc = start_key_check(t, page->index, page->start_key, &err);
	if (rc < 0) {
		error_prefix(&err, "The provided starting key is invalid");
		return dynamodb_fail(call, &err);
	}
	return 0;
}

/* ---- reading ---- */

struct reading {
	struct call *call;
	struct page *page;
	struct buf items;     /* "…,…", texts of the items kept */
	size_t size;          /* of the rows evaluated */
	double fetched_units; /* reads of items behind index rows */
	int64_t scanned, count;
	struct str last; /* the last row evaluated, stored form; in the arena */
	bool more;
};

static struct str least_after(struct arena *a, struct key *k)
{
	key_add_raw(k, str_of("", 1)); /* the text's terminator */
	return arena_str(a, key_str(k));
}

/* Rows strictly after (or before) the one the start key names. */
static int continue_range(struct page *page, struct arena *a)
{
	struct key k;

	if (!page->start_key)
		return 0;
	if (page->index && !index_key(page->table, page->index, page->start_key, &k))
		return ERR_INVALID;
	if (!page->index)
		item_key(page->table, page->start_key, &k);
	struct str at = key_str(&k);
	if (str_cmp(at, page->from) < 0 || str_cmp(at, page->to) >= 0)
		return ERR_INVALID;
	if (page->reverse)
		page->to = arena_str(a, at);
	else
		page->from = least_after(a, &k);
	return 0;
}

static int fetch_item(struct reading *r, struct arena *a, struct str row, struct str *stored, struct error *err)
{
	const struct value *part;
	struct key k;
	int rc = item_decode(a, row, &part, err);

	if (rc < 0)
		return rc;
	item_key(r->page->table, part, &k);
	rc = item_load(r->call->txn, key_str(&k), a, stored, err);
	r->fetched_units += capacity_read_units(stored->p ? item_stored_size(*stored) : 0, r->page->in->consistent.value);
	return rc == 0 && !stored->p ? error_set(err, ERR_CORRUPT, "an index row has no item") : rc;
}

static void keep_text(struct reading *r, struct str text)
{
	if (r->count++ > 0)
		buf_add_char(&r->items, ',');
	buf_add_str(&r->items, text);
}

static bool counts_only(const struct page *page)
{
	return str_eq(page->in->select, STR("COUNT"));
}

/* Filters and projects one row; its memory is `a`'s, given back after each. */
static int take_row(struct reading *r, struct arena *a, struct str stored, struct error *err)
{
	const struct page *page = r->page;
	const struct value *item = NULL;
	int rc = page->fetch ? fetch_item(r, a, stored, &stored, err) : 0;

	if (rc == 0 && (page->filter || page->projection))
		rc = item_decode(a, stored, &item, err);
	if (rc < 0 || (page->filter && !condition_holds(page->filter, item)))
		return rc;
	if (counts_only(page)) {
		r->count++;
	} else if (!page->projection) {
		keep_text(r, item_stored_text(stored));
	} else {
		item = projection_apply(a, page->projection, item);
		struct str text = item ? item_text(a, item) : STR_NULL;
		if (!text.p)
			return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
		keep_text(r, text);
	}
	return 0;
}

static int evaluate_row(struct reading *r, struct str stored, struct error *err)
{
	struct arena a;

	r->size += item_stored_size(stored);
	r->scanned++;
	arena_init(&a, r->call->arena.cap);
	int rc = take_row(r, &a, stored, err);
	arena_release(&a);
	return rc;
}

/* The page ends with the row that reaches the limit, or before the one that would pass 1 MB. */
static bool is_full(const struct reading *r)
{
	return r->page->in->limit.set && r->scanned >= r->page->in->limit.value;
}

static int read_rows(struct reading *r, struct store_cursor *cursor, struct error *err)
{
	struct buf last;
	struct str key, stored;
	int rc;

	buf_init(&last, ITEM_SIZE_MAX * 16);
	while ((rc = store_next(cursor, &key, &stored, err)) > 0) {
		r->more = r->scanned > 0 && r->size + item_stored_size(stored) > PAGE_SIZE_MAX;
		if (r->more)
			break;
		rc = evaluate_row(r, stored, err);
		if (rc < 0)
			break;
		buf_reset(&last);
		buf_add_str(&last, stored);
		r->more = is_full(r);
		if (r->more)
			break;
	}
	if (rc >= 0 && r->more)
		r->last = arena_str(&r->call->arena, buf_str(&last));
	buf_release(&last);
	return rc < 0 ? rc : 0;
}

static void add_key(struct buf *out, const struct value *row, struct str name)
{
	const struct value *v = name.p ? value_get(row, name) : NULL;

	if (!v)
		return;
	if (out->n > 1)
		buf_add_char(out, ',');
	json_write_string(out, name);
	buf_add_char(out, ':');
	value_write(out, v);
}

static bool same_name(struct str a, struct str b)
{
	return a.p && b.p && str_eq(a, b);
}

static int write_last_key(struct reading *r, struct error *err)
{
	const struct key_schema *own = &r->page->table->keys;
	const struct key_schema *other = r->page->index ? &r->page->index->keys : own;
	const struct value *row;
	struct buf b;

	if (!r->last.p)
		return 0;
	int rc = item_decode(&r->call->arena, r->last, &row, err);
	if (rc < 0)
		return rc;
	buf_init(&b, ITEM_SIZE_MAX);
	buf_add_char(&b, '{');
	add_key(&b, row, own->hash);
	add_key(&b, row, own->range);
	if (!same_name(other->hash, own->hash) && !same_name(other->hash, own->range))
		add_key(&b, row, other->hash);
	if (!same_name(other->range, own->hash) && !same_name(other->range, own->range))
		add_key(&b, row, other->range);
	buf_add_char(&b, '}');
	write_raw(&r->call->out, "LastEvaluatedKey", arena_str(&r->call->arena, buf_str(&b)));
	buf_release(&b);
	return 0;
}

static bool write_capacity(struct reading *r)
{
	const struct page *page = r->page;
	struct capacity capacity = { .table = page->table, .kind = CAPACITY_READ };
	bool ok = capacity_add(&r->call->arena, &capacity, page->index, capacity_read_units(r->size, page->in->consistent.value));

	if (ok && r->fetched_units > 0)
		ok = capacity_add(&r->call->arena, &capacity, NULL, r->fetched_units);
	if (ok)
		capacity_write(&r->call->out, "ConsumedCapacity", &capacity, capacity_level_of(page->in->capacity));
	return ok;
}

static int write_reply(struct reading *r, struct error *err)
{
	struct writer *w = &r->call->out;

	if (buf_failed(&r->items))
		return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	if (!counts_only(r->page)) {
		buf_add_char(&r->items, ']');
		write_raw(w, "Items", buf_str(&r->items));
	}
	write_i64(w, "Count", r->count);
	write_i64(w, "ScannedCount", r->scanned);
	int rc = write_last_key(r, err);
	if (rc == 0 && !write_capacity(r))
		return error_set(err, ERR_NO_MEMORY, "request needs too much memory");
	return rc;
}

int page_run(struct call *call, struct page *page)
{
	struct reading r = { .call = call, .page = page };
	struct store_cursor cursor;
	struct error err = { 0 };

	if (continue_range(page, &call->arena) < 0)
		return dynamodb_invalid(call, "%s",
					page->segmented ? "The provided Exclusive start key does not map to the provided "
							  "TotalSegments and Segment values"
							: "The provided starting key is outside query boundaries based on "
							  "provided conditions");
	buf_init(&r.items, MIB(32));
	buf_add_char(&r.items, '[');
	int rc = store_scan(&cursor, call->txn, page->index ? SPACE_DYNAMODB_INDEX : SPACE_DYNAMODB_ITEMS, page->from, page->to,
			    page->reverse, &err);
	if (rc == 0)
		rc = read_rows(&r, &cursor, &err);
	store_scan_end(&cursor);
	if (rc == 0)
		rc = write_reply(&r, &err);
	buf_release(&r.items);
	return rc < 0 ? call_fault(call, &err) : 0;
}
