/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the buckets that have lifecycle rules and does what is due. Reads and writes are apart: a page of versions is judged
 * over a snapshot, then what is due is done in one write, each only if the version is still what was judged.
 */
#include "base/limits.h"
#include "base/log.h"
#include "os/clock.h"
#include "service/s3/lifecycle.h"
#include "service/s3/upload.h"
#include "service/s3/walk.h"

enum { SWEEP_INTERVAL_MS = 60 * 1000, PAGE_ROWS = 500, COMPLETED_KEPT_MS = 24 * 60 * 60 * 1000 };

struct deed {
	enum { DEED_EXPIRE_CURRENT, DEED_REMOVE_VERSION, DEED_MOVE, DEED_ABORT } kind;
	struct object object;
	struct str storage_class, upload_id;
};

struct page_of_deeds {
	struct s3 *s3;
	struct arena *arena;
	struct bucket bucket;
	struct lifecycle rules;
	int64_t now_ms;
	struct deed *deeds;
	size_t count, capacity;
	struct object *versions; /* of the key being judged */
	size_t version_count, version_capacity;
	struct str after; /* the last key judged; absent at the start */
	bool more;
};

static void *grow(struct arena *a, void *items, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return items;
	size_t bigger = *capacity ? 2 * *capacity : 64;
	void *moved = arena_alloc_array(a, bigger, size);
	if (moved && count)
		memcpy(moved, items, count * size);
	*capacity = bigger;
	return moved;
}

static bool add_deed(struct page_of_deeds *p, const struct deed *d)
{
	p->deeds = grow(p->arena, p->deeds, p->count, &p->capacity, sizeof(*d));
	if (p->deeds)
		p->deeds[p->count++] = *d;
	return p->deeds != NULL;
}

static bool judge_version(struct page_of_deeds *p, size_t i)
{
	const struct object *o = &p->versions[i];
	struct lifecycle_place place = {
		.current = i == 0,
		.alone = p->version_count == 1,
		.since_ms = i == 0 ? o->modified_ms : p->versions[i - 1].modified_ms,
		.newer_noncurrent = i == 0 ? 0 : (int64_t)i - 1,
	};
	struct deed d = { .object = *o };

	switch (s3_lifecycle_decide(&p->rules, o, &place, p->now_ms, &d.storage_class)) {
	case LIFECYCLE_KEEP:
		return true;
	case LIFECYCLE_EXPIRE:
		d.kind = place.current && !o->delete_marker ? DEED_EXPIRE_CURRENT : DEED_REMOVE_VERSION;
		break;
	case LIFECYCLE_MOVE:
		d.kind = DEED_MOVE;
		break;
	}
	return add_deed(p, &d);
}

static bool judge_key(struct page_of_deeds *p)
{
	bool ok = true;

	for (size_t i = 0; i < p->version_count && ok; i++)
		ok = judge_version(p, i);
	if (p->version_count)
		p->after = p->versions[0].key;
	p->version_count = 0;
	return ok;
}

/* Judges keys until enough rows are read; the rest is the next page's. */
static int judge_objects(struct page_of_deeds *p, struct access *x)
{
	struct walk w = { .x = x, .bucket = p->bucket.name, .every_version = true };
	int rows = 0, step, rc = s3_walk_begin(&w, p->after);

	p->more = false;
	while (rc == 0 && (step = s3_walk_next(&w)) != WALK_END) {
		rc = step < 0 ? step : 0;
		if (rc == 0 && w.latest && !judge_key(p))
			rc = ERR_NO_MEMORY;
		if (rc == 0 && w.latest && rows >= PAGE_ROWS) {
			p->more = true;
			break;
		}
		p->versions = grow(p->arena, p->versions, p->version_count, &p->version_capacity, sizeof(*p->versions));
		if (rc == 0 && p->versions)
			p->versions[p->version_count++] = w.object;
		rows++;
	}
	s3_walk_end(&w);
	if (rc == 0 && !p->more && !judge_key(p))
		rc = ERR_NO_MEMORY;
	return rc;
}

static int judge_uploads(struct page_of_deeds *p, struct access *x)
{
	struct store_cursor c;
	struct str key, row;
	struct upload u;
	int rc = s3_upload_scan(x, p->bucket.name, STR(""), &c);

	while (rc == 0 && p->count < PAGE_ROWS && (rc = store_next(&c, &key, &row, &x->err)) == 1) {
		rc = s3_upload_decode(x, key, row, &u);
		struct deed d = { .kind = DEED_ABORT, .object = u.object, .upload_id = u.id };
		if (rc == 0 && s3_lifecycle_aborts(&p->rules, &u, p->now_ms) && !add_deed(p, &d))
			rc = ERR_NO_MEMORY;
	}
	store_scan_end(&c);
	return rc < 0 ? rc : 0;
}

static struct str shown_id(const struct object *o)
{
	return str_is_set(o->version_id) ? o->version_id : STR("null");
}

static int abort_upload_of(struct access *x, const struct deed *d)
{
	struct upload u;
	int rc = s3_upload_read(x, d->object.bucket, d->object.key, d->upload_id, &u);

	if (rc == ERR_NOT_FOUND)
		return 0;
	return rc < 0 ? rc : s3_upload_forget(x, &u);
}

static int do_deed(struct access *x, const struct bucket *b, const struct deed *d)
{
	static const struct occasion why = { .reason = "Lifecycle Expiration", .requester = { "s3.amazonaws.com", 16 } };
	struct removal r = { 0 };
	struct object o;

	if (d->kind == DEED_ABORT)
		return abort_upload_of(x, d);
	int rc = d->kind == DEED_EXPIRE_CURRENT ? s3_object_newest(x, b->name, d->object.key, &o)
						: s3_object_version(x, b->name, d->object.key, shown_id(&d->object), &o);
	if (rc == ERR_NOT_FOUND || (rc == 0 && (o.sequence != d->object.sequence || o.modified_ms != d->object.modified_ms)))
		return 0; /* it has changed since */
	if (rc < 0)
		return rc;
	if (d->kind == DEED_MOVE) {
		o.storage_class = d->storage_class;
		return s3_object_rewrite(x, &o);
	}
	if (d->kind == DEED_REMOVE_VERSION)
		r.version_id = shown_id(&o);
	return s3_remove(x, b, o.key, &why, &r);
}

static int do_deeds(struct store_txn *txn, void *argument, struct error *err)
{
	struct page_of_deeds *p = argument;
	struct access x = { .s3 = p->s3, .txn = txn, .arena = p->arena };
	struct bucket b;
	int rc = s3_bucket_read(&x, p->bucket.name, &b);

	for (size_t i = 0; i < p->count && rc == 0; i++)
		rc = do_deed(&x, &b, &p->deeds[i]);
	if (rc < 0)
		*err = x.err;
	return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* Judges one page over a snapshot. */
static int judge_page(struct page_of_deeds *p)
{
	struct access x = { .s3 = p->s3, .arena = p->arena };
	struct str text, size;
	int rc = store_read_begin(p->s3->store, &x.txn, &x.err);

	if (rc < 0)
		return rc;
	rc = bucket_setting_read(&x, p->bucket.name, "lifecycle", &text);
	if (rc == 0)
		rc = s3_lifecycle_read(p->arena, text, &p->rules, &x.err);
	if (rc == 0 && bucket_setting_read(&x, p->bucket.name, "transitionDefaultMinimumObjectSize", &size) == 0 &&
	    str_eq_c(size, "varies_by_storage_class"))
		p->rules.transition_size_min = 0;
	if (rc == 0 && !str_is_set(p->after))
		rc = judge_uploads(p, &x);
	if (rc == 0)
		rc = judge_objects(p, &x);
	store_read_end(x.txn);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		log_warn("s3", "lifecycle rules could not be judged bucket=" STR_FMT " error=%s", STR_ARG(p->bucket.name),
			 x.err.message);
	return rc;
}

/* One page: judged and done. `after` is carried from page to page in `keys`, which outlives the page's memory. */
static bool sweep_page(struct s3 *s3, struct str bucket, struct buf *after, int64_t now_ms)
{
	struct page_of_deeds p = { .s3 = s3, .bucket.name = bucket, .now_ms = now_ms };
	struct error err;
	struct arena a;

	arena_init(&a, LIMIT_REQUEST_ARENA);
	p.arena = &a;
	p.after = after->n ? arena_str(&a, buf_str(after)) : STR_NULL;
	int rc = judge_page(&p);
	if (rc == 0 && p.count > 0 && store_write_wait(s3->store, do_deeds, &p, &err) < 0) {
		log_warn("s3", "lifecycle actions failed bucket=" STR_FMT " error=%s", STR_ARG(bucket), err.message);
		rc = ERR_IO;
	}
	buf_reset(after);
	buf_add_str(after, p.after);
	arena_release(&a);
	return rc == 0 && p.more && !host_stopping(s3->host);
}

/* The names of all buckets; few enough to hold. */
static int bucket_names(struct s3 *s3, struct arena *a, struct str **names, size_t *count)
{
	struct access x = { .s3 = s3, .arena = a };
	struct store_cursor c;
	struct bucket b;
	size_t capacity = 0;
	int rc = store_read_begin(s3->store, &x.txn, &x.err);

	if (rc < 0)
		return rc;
	rc = s3_bucket_scan(&x, STR(""), STR_NULL, &c);
	while (rc == 0 && (rc = s3_bucket_next(&x, &c, &b)) == 1) {
		*names = grow(a, *names, *count, &capacity, sizeof(**names));
		rc = *names ? 0 : ERR_NO_MEMORY;
		if (rc == 0)
			(*names)[(*count)++] = b.name;
	}
	store_scan_end(&c);
	store_read_end(x.txn);
	return rc < 0 ? rc : 0;
}

struct forgetting {
	struct s3 *s3;
	int64_t before_ms;
};

static int forget_completed(struct store_txn *txn, void *argument, struct error *err)
{
	const struct forgetting *f = argument;
	struct access x = { .s3 = f->s3, .txn = txn };
	struct arena a;

	arena_init(&a, LIMIT_REQUEST_ARENA);
	x.arena = &a;
	int rc = s3_completed_expire(&x, f->before_ms);
	arena_release(&a);
	if (rc < 0)
		*err = x.err;
	return rc;
}

/* The answers of completed uploads, a day old. */
static void sweep_completed(struct s3 *s3, int64_t now_ms)
{
	struct forgetting f = { s3, now_ms - COMPLETED_KEPT_MS };
	struct error err;

	if (store_write_wait(s3->store, forget_completed, &f, &err) < 0)
		log_warn("s3", "answers of completed uploads could not be removed error=%s", err.message);
}

void s3_lifecycle_sweep(struct s3 *s3, int64_t now_ms)
{
	struct str *names = NULL;
	size_t count = 0;
	struct arena a;
	struct buf after;

	arena_init(&a, LIMIT_REQUEST_ARENA);
	buf_init(&after, KIB(8));
	if (bucket_names(s3, &a, &names, &count) == 0) {
		for (size_t i = 0; i < count && !host_stopping(s3->host); i++) {
			buf_reset(&after);
			while (sweep_page(s3, names[i], &after, now_ms))
				;
		}
	}
	buf_release(&after);
	arena_release(&a);
}

static void sweep_due(void *argument);

static void set_timer(struct s3 *s3)
{
	pthread_mutex_lock(&s3->timers_lock);
	if (!s3->stopping)
		s3->sweep_timer = timer_at(host_timer(s3->host), clock_wall_ms() + SWEEP_INTERVAL_MS, sweep_due, s3);
	pthread_mutex_unlock(&s3->timers_lock);
}

static void sweep_task(void *argument)
{
	struct s3 *s3 = argument;

	int64_t now_ms = clock_wall_ms();

	s3_lifecycle_sweep(s3, now_ms);
	sweep_completed(s3, now_ms);
	set_timer(s3);
}

static void sweep_due(void *argument)
{
	struct s3 *s3 = argument;

	if (pool_run(host_pool(s3->host), sweep_task, s3) < 0)
		set_timer(s3); /* the pool is full: later */
}

/* At once: what fell due while the server was down. */
void s3_lifecycle_start(struct s3 *s3)
{
	sweep_due(s3);
}

void s3_lifecycle_stop(struct s3 *s3)
{
	pthread_mutex_lock(&s3->timers_lock);
	s3->stopping = true;
	if (s3->sweep_timer)
		timer_cancel(host_timer(s3->host), s3->sweep_timer);
	pthread_mutex_unlock(&s3->timers_lock);
}
