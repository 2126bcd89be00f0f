/* SPDX-License-Identifier: Apache-2.0 */
#include "service/dynamodb/maintain.h"

#include "base/encode.h"
#include "base/limits.h"
#include "base/log.h"
#include "os/clock.h"
#include "service/dynamodb/items.h"

enum {
	TICK_MS = 1000,
	BATCH = 100,                           /* items a write */
	TRASH_BATCH = 1000,                    /* rows a write */
	TOKENS = 0,                            /* the table id that expiry rows of tokens have: no table's */
	TTL_WINDOW_S = 5 * 365 * 24 * 60 * 60, /* older expiry times are taken for mistakes: such items stay, as in the service */
	IDLE_PAUSE_MS = 60000,                 /* between looks when the write queue was full or a batch failed */
};

struct maintenance {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	bool running; /* a batch is queued or being written */
	bool again;   /* woken meanwhile */
	bool stopped;
	timer_id timer;
};

static void tick(void *argument);

/* ---- a batch, on the writer thread ---- */

struct batch {
	struct dynamodb *d;
	struct store_txn *txn;
	struct arena arena;
	struct error *err;
	int64_t now_ms;
	bool worked; /* something was done: there may be more */
	int rc;
};

static struct str expiry_bound(struct arena *a, uint64_t table_id, uint64_t seconds)
{
	struct key k;

	expiry_key(table_id, seconds, str_of("\0\0\0\0\0\0\0\0", TABLE_ID_SIZE), &k);
	return arena_str(a, key_str(&k));
}

static int64_t window_start(int64_t now_s)
{
	return now_s > TTL_WINDOW_S ? now_s - TTL_WINDOW_S : 0;
}

/* Keys of at most `limit` rows in [from, to), copied. */
static int collect(struct batch *b, enum store_space space, struct str from, struct str to, size_t limit, struct str *keys,
		   size_t *count)
{
	struct store_cursor cursor;
	struct str key, value;
	int rc = store_scan(&cursor, b->txn, space, from, to, false, b->err);

	*count = 0;
	while (rc == 0 && *count < limit && (rc = store_next(&cursor, &key, &value, b->err)) > 0) {
		keys[(*count)++] = arena_str(&b->arena, key);
		rc = 0;
	}
	store_scan_end(&cursor);
	return rc < 0 ? rc : 0;
}

static int expire_item(struct batch *b, struct table *t, struct str expiry_row)
{
	struct item_change c = { .table = t };
	uint64_t expires = 0;
	struct key k;

	key_init(&k);
	key_add_u64(&k, t->id);
	key_add_raw(&k, str_from(expiry_row, 2 * TABLE_ID_SIZE));
	c.key = arena_str(&b->arena, key_str(&k));
	int rc = item_load(b->txn, c.key, &b->arena, &c.before_stored, b->err);
	if (rc < 0)
		return rc;
	if (c.before_stored.p)
		rc = item_decode(&b->arena, c.before_stored, &c.before, b->err);
	if (rc == 0 && c.before && item_expiry(t, c.before, &expires) && (int64_t)expires * 1000 <= b->now_ms)
		return item_change(b->txn, &b->arena, &c, NULL, b->err);
	return rc < 0 ? rc : store_delete(b->txn, SPACE_DYNAMODB_TTL, expiry_row, b->err); /* a row without its item */
}

static int expire_items(struct batch *b, struct table *t)
{
	struct str keys[BATCH];
	size_t count;
	int64_t now_s = b->now_ms / 1000;
	struct str from = expiry_bound(&b->arena, t->id, (uint64_t)window_start(now_s));
	int rc = collect(b, SPACE_DYNAMODB_TTL, from, expiry_bound(&b->arena, t->id, (uint64_t)now_s), BATCH, keys, &count);

	for (size_t i = 0; i < count && rc == 0; i++)
		rc = expire_item(b, t, keys[i]);
	b->worked = b->worked || count > 0;
	return rc;
}

/* Puts the index and expiry rows of the next items after the definition's cursor (hexadecimal, as keys are bytes). */
static int backfill_items(struct batch *b, struct table *t, struct str *cursor_hex)
{
	struct str hex = json_get_text(t->definition, STR("backfill")), from, to, key, stored;
	struct store_cursor cursor;
	struct str keys[BATCH], values[BATCH];
	size_t count = 0;
	char *bytes = arena_alloc(&b->arena, hex.n / 2 + 1);

	segment_bounds(&b->arena, t->id, 0, 1, &from, &to);
	if (!bytes || hex_decode(bytes, hex.n / 2, hex) < 0)
		return error_set(b->err, ERR_CORRUPT, "dynamodb: a backfill's position cannot be read");
	if (hex.n > 0)
		from = str_of(bytes, hex.n / 2 + 1); /* the zero after it: strictly after that key */
	int rc = store_scan(&cursor, b->txn, SPACE_DYNAMODB_ITEMS, from, to, false, b->err);
	while (rc == 0 && count < BATCH && (rc = store_next(&cursor, &key, &stored, b->err)) > 0) {
		keys[count] = arena_str(&b->arena, key);
		values[count++] = arena_str(&b->arena, stored);
		rc = 0;
	}
	store_scan_end(&cursor);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = item_reindex(b->txn, &b->arena, t, keys[i], values[i], b->err);
	*cursor_hex = count == BATCH ? hex_str(&b->arena, keys[count - 1].p, keys[count - 1].n) : STR_NULL;
	return rc < 0 ? rc : 0;
}

static struct json *copy_without(struct arena *a, const struct json *object, struct str name)
{
	struct json *out = json_new_object(a);

	for (size_t i = 0; i < object->count; i++) {
		if (!str_eq(object->members[i].name, name))
			json_add_member(a, out, object->members[i].name, object->members[i].value);
	}
	return out;
}

/* The definition without the marks of a backfill: its indexes may be read. */
static struct json *backfilled(struct arena *a, const struct json *definition)
{
	const struct json *indexes = json_get_c(definition, "GlobalSecondaryIndexes");
	struct json *out = copy_without(a, definition, STR("backfill")), *done = json_new_array(a);

	for (size_t i = 0; indexes && i < indexes->count; i++)
		json_add(a, done, copy_without(a, indexes->items[i], STR("backfilling")));
	if (indexes)
		json_put(a, out, STR("GlobalSecondaryIndexes"), done);
	return out;
}

static int backfill(struct batch *b, struct table *t)
{
	struct str position;
	struct json *definition;
	int rc = backfill_items(b, t, &position);

	if (rc < 0)
		return rc;
	if (position.p) {
		definition = json_copy_object(&b->arena, t->definition);
		json_put(&b->arena, definition, STR("backfill"), json_new_string(&b->arena, position));
	} else {
		definition = backfilled(&b->arena, t->definition);
	}
	b->worked = true;
	return table_put(b->d, b->txn, &b->arena, definition, b->err);
}

static bool work_on_table(void *argument, struct table *t)
{
	struct batch *b = argument;

	if (t->backfilling)
		b->rc = backfill(b, t);
	else if (t->ttl_attribute.p)
		b->rc = expire_items(b, t);
	return b->rc == 0;
}

/* Deletes up to TRASH_BATCH rows of one space under one id, and the note when none are left. */
static int remove_trash(struct batch *b, struct str note)
{
	struct str rest = str_from(note, sizeof("trash") + 1), from, to;
	struct str *keys = arena_alloc_array(&b->arena, TRASH_BATCH, sizeof(*keys));
	uint64_t space, id;
	size_t count;

	if (!keys || key_read_u64(&rest, &space) < 0 || key_read_u64(&rest, &id) < 0 || space >= SPACE_COUNT)
		return error_set(b->err, ERR_CORRUPT, "dynamodb: a note of what to remove cannot be read");
	segment_bounds(&b->arena, id, 0, 1, &from, &to);
	int rc = collect(b, (enum store_space)space, from, to, TRASH_BATCH, keys, &count);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = store_delete(b->txn, (enum store_space)space, keys[i], b->err);
	if (rc == 0 && count < TRASH_BATCH)
		rc = store_delete(b->txn, SPACE_DYNAMODB_TABLES, note, b->err);
	b->worked = true;
	return rc;
}

static int empty_trash(struct batch *b)
{
	struct str note;
	struct key prefix;
	size_t count;

	key_init(&prefix);
	key_add_str(&prefix, STR("trash"));
	struct str from = arena_str(&b->arena, key_str(&prefix));
	int rc = collect(b, SPACE_DYNAMODB_TABLES, from, key_prefix_end(&b->arena, from), 1, &note, &count);
	return rc == 0 && count > 0 ? remove_trash(b, note) : rc;
}

static void token_key(struct key *k, struct str token)
{
	key_init(k);
	key_add_str(k, STR("token"));
	key_add_str(k, token);
}

static int forget_tokens(struct batch *b)
{
	struct str keys[BATCH];
	struct key k;
	size_t count;
	struct str from = expiry_bound(&b->arena, TOKENS, 0), to = expiry_bound(&b->arena, TOKENS, (uint64_t)b->now_ms / 1000);
	int rc = collect(b, SPACE_DYNAMODB_TTL, from, to, BATCH, keys, &count);

	for (size_t i = 0; i < count && rc == 0; i++) {
		token_key(&k, str_from(keys[i], 2 * TABLE_ID_SIZE));
		rc = store_delete(b->txn, SPACE_DYNAMODB_TABLES, key_str(&k), b->err);
		if (rc == 0)
			rc = store_delete(b->txn, SPACE_DYNAMODB_TTL, keys[i], b->err);
	}
	b->worked = b->worked || count > 0;
	return rc;
}

static int write_batch(struct store_txn *txn, void *argument, struct error *err)
{
	struct batch *b = argument;

	b->txn = txn;
	b->err = err;
	b->now_ms = clock_wall_ms();
	tables_each(b->d, work_on_table, b);
	if (b->rc == 0)
		b->rc = empty_trash(b);
	if (b->rc == 0)
		b->rc = forget_tokens(b);
	return b->rc;
}

/* ---- looking for work, on the timer's thread ---- */

static bool has_row(struct store_txn *txn, enum store_space space, struct str from, struct str to)
{
	struct store_cursor cursor;
	struct str key, value;
	bool found = store_scan(&cursor, txn, space, from, to, false, NULL) == 0 && store_next(&cursor, &key, &value, NULL) > 0;

	store_scan_end(&cursor);
	return found;
}

struct look {
	struct store_txn *txn;
	struct arena arena;
	int64_t now_s;
	bool found;
};

static bool look_at_table(void *argument, struct table *t)
{
	struct look *l = argument;

	l->found = t->backfilling;
	if (!l->found && t->ttl_attribute.p)
		l->found = has_row(l->txn, SPACE_DYNAMODB_TTL, expiry_bound(&l->arena, t->id, (uint64_t)window_start(l->now_s)),
				   expiry_bound(&l->arena, t->id, (uint64_t)l->now_s));
	return !l->found;
}

static bool has_work(struct dynamodb *d)
{
	struct look l = { .now_s = clock_wall_ms() / 1000 };
	struct key trash;

	if (store_read_begin(host_store(d->host), &l.txn, NULL) < 0)
		return false;
	arena_init(&l.arena, KIB(64));
	tables_each(d, look_at_table, &l);
	key_init(&trash);
	key_add_str(&trash, STR("trash"));
	if (!l.found)
		l.found = has_row(l.txn, SPACE_DYNAMODB_TABLES, key_str(&trash), key_prefix_end(&l.arena, key_str(&trash)));
	if (!l.found)
		l.found = has_row(l.txn, SPACE_DYNAMODB_TTL, expiry_bound(&l.arena, TOKENS, 0),
				  expiry_bound(&l.arena, TOKENS, (uint64_t)l.now_s));
	arena_release(&l.arena);
	store_read_end(l.txn);
	return l.found;
}

/* ---- running ---- */

/* Holding the lock. */
static void set_timer(struct dynamodb *d, int64_t delay_ms)
{
	struct maintenance *m = d->maintenance;

	if (m->timer != 0)
		timer_cancel(host_timer(d->host), m->timer);
	m->timer = m->stopped ? 0 : timer_at(host_timer(d->host), clock_wall_ms() + delay_ms, tick, d);
}

static void end_batch(struct dynamodb *d, int64_t next_ms)
{
	struct maintenance *m = d->maintenance;

	pthread_mutex_lock(&m->lock);
	m->running = false;
	set_timer(d, m->again ? 0 : next_ms);
	m->again = false;
	pthread_cond_broadcast(&m->idle);
	pthread_mutex_unlock(&m->lock);
}

static void batch_done(void *argument, int result, const struct error *err)
{
	struct batch *b = argument;
	struct dynamodb *d = b->d;
	int64_t next_ms = b->worked ? 0 : TICK_MS;

	if (result < 0) {
		log_error("dynamodb", "maintenance failed error=%s", err ? err->message : "");
		next_ms = IDLE_PAUSE_MS;
	}
	arena_release(&b->arena);
	free(b);
	end_batch(d, next_ms);
}

static void start_batch(struct dynamodb *d)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (b) {
		b->d = d;
		arena_init(&b->arena, MIB(256));
		if (store_write(host_store(d->host), write_batch, batch_done, b) == 0)
			return;
		arena_release(&b->arena);
	}
	free(b);
	end_batch(d, IDLE_PAUSE_MS);
}

static void tick(void *argument)
{
	struct dynamodb *d = argument;
	struct maintenance *m = d->maintenance;

	pthread_mutex_lock(&m->lock);
	m->timer = 0;
	bool start = !m->running && !m->stopped;
	m->running = m->running || start;
	pthread_mutex_unlock(&m->lock);
	if (!start)
		return;
	if (has_work(d))
		start_batch(d);
	else
		end_batch(d, TICK_MS);
}

void maintenance_wake(struct dynamodb *d)
{
	struct maintenance *m = d->maintenance;

	pthread_mutex_lock(&m->lock);
	m->again = m->running;
	if (!m->running)
		set_timer(d, 0);
	pthread_mutex_unlock(&m->lock);
}

int maintenance_start(struct dynamodb *d, struct error *err)
{
	(void)err;
	maintenance_wake(d);
	return 0;
}

void maintenance_stop(struct dynamodb *d)
{
	struct maintenance *m = d->maintenance;

	pthread_mutex_lock(&m->lock);
	m->stopped = true;
	if (m->timer != 0)
		timer_cancel(host_timer(d->host), m->timer);
	m->timer = 0;
	while (m->running)
		pthread_cond_wait(&m->idle, &m->lock);
	pthread_mutex_unlock(&m->lock);
}

int maintenance_new(struct dynamodb *d, struct error *err)
{
	d->maintenance = calloc(1, sizeof(*d->maintenance));
	if (!d->maintenance)
		return error_set(err, ERR_NO_MEMORY, "dynamodb: out of memory");
	pthread_mutex_init(&d->maintenance->lock, NULL);
	pthread_cond_init(&d->maintenance->idle, NULL);
	return 0;
}

void maintenance_free(struct dynamodb *d)
{
	if (!d->maintenance)
		return;
	pthread_mutex_destroy(&d->maintenance->lock);
	pthread_cond_destroy(&d->maintenance->idle);
	free(d->maintenance);
	d->maintenance = NULL;
}

/* ---- tokens ---- */

int token_find(struct store_txn *txn, struct arena *a, struct str token, int64_t now_ms, struct str *stored, struct error *err)
{
	struct str value;
	struct key k;

	*stored = STR_NULL;
	token_key(&k, token);
	int rc = store_get(txn, SPACE_DYNAMODB_TABLES, key_str(&k), a, &value, err);
	if (rc == ERR_NOT_FOUND)
		return 0;
	if (rc < 0)
		return rc;
	/* "expiry digest" */
	int64_t expires;
	struct str first = str_split(&value, ' ');
	if (str_to_i64(first, &expires) == 0 && expires > now_ms)
		*stored = value;
	return 0;
}

int token_put(struct store_txn *txn, struct str token, struct str digest, int64_t expires_ms, struct error *err)
{
	char value[128];
	struct key k;
	int n = snprintf(value, sizeof(value), "%lld " STR_FMT, (long long)expires_ms, STR_ARG(digest));

	token_key(&k, token);
	int rc = store_put(txn, SPACE_DYNAMODB_TABLES, key_str(&k), str_of(value, (size_t)n), err);
	if (rc < 0)
		return rc;
	key_init(&k);
	key_add_u64(&k, TOKENS);
	key_add_u64(&k, (uint64_t)expires_ms / 1000 + 1);
	key_add_raw(&k, token);
	return store_put(txn, SPACE_DYNAMODB_TTL, key_str(&k), STR(""), err);
}
