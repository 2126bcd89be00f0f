/* SPDX-License-Identifier: Apache-2.0
 *
 * Compiled definitions, cached by revision: parsed once, however many executions run.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "service/states/internal.h"

struct revision *revision_ref(struct revision *r)
{
	atomic_fetch_add_explicit(&r->references, 1, memory_order_relaxed);
	return r;
}

void revision_unref(struct revision *r)
{
	if (!r || atomic_fetch_sub_explicit(&r->references, 1, memory_order_acq_rel) != 1)
		return;
	machine_free(r->compiled);
	arena_release(&r->arena);
	free(r);
}

static enum log_choice read_level(struct str level)
{
	if (str_eq_c(level, "ALL"))
		return LOG_EVERYTHING;
	if (str_eq_c(level, "ERROR"))
		return LOG_ERRORS;
	return str_eq_c(level, "FATAL") ? LOG_FATAL_ONLY : LOG_OFF;
}

/* "arn:aws:logs:region:account:log-group:/name:*" */
static struct str group_of(const struct json *logging)
{
	const struct json *first = json_at(json_get_c(logging, "destinations"), 0);
	struct str arn = json_get_text(json_get_c(first, "cloudWatchLogsLogGroup"), STR("logGroupArn"));
	ptrdiff_t at = str_is_set(arn) ? str_find(arn, STR(":log-group:"), 0) : -1;
	if (at < 0)
		return STR_NULL;
	struct str name = str_from(arn, (size_t)at + strlen(":log-group:"));
	return str_ends(name, STR(":*")) ? str_sub(name, 0, name.n - 2) : name;
}

static int fill(struct revision *r, struct error *err)
{
	const struct json *d = r->document, *logging = json_get_c(d, "logging");
	struct diagnostics *diagnostics = ARENA_NEW(&r->arena, struct diagnostics);
	if (!diagnostics)
		return error_set(err, ERR_NO_MEMORY, "out of memory");
	diagnostics_init(diagnostics, &r->arena);
	r->machine = json_get_text(d, STR("machine"));
	r->machine_arn = json_get_text(d, STR("arn"));
	r->role_arn = json_get_text(d, STR("roleArn"));
	r->express = str_eq_c(json_get_text(d, STR("type")), "EXPRESS");
	r->logging = read_level(json_get_text(logging, STR("level")));
	r->log_data = json_true(json_get_c(logging, "includeExecutionData"));
	r->log_group = group_of(logging);
	r->compiled = machine_compile(json_get_text(d, STR("definition")), r->express, diagnostics);
	return r->compiled ? 0 : error_set(err, ERR_CORRUPT, "a stored definition does not compile");
}

static struct revision *load(struct store_txn *txn, struct str id, struct error *err)
{
	struct revision *r = calloc(1, sizeof(*r));
	struct key key;
	if (!r) {
		error_set(err, ERR_NO_MEMORY, "out of memory");
		return NULL;
	}
	atomic_store(&r->references, 1);
	arena_init(&r->arena, MIB(16));
	record_key(&key, STR("revision"), id);
	const struct json *document;
	if (record_get(txn, SPACE_STATES, &key, &r->arena, &document, err) < 0) {
		revision_unref(r);
		return NULL;
	}
	r->document = document;
	r->id = arena_str(&r->arena, id);
	if (fill(r, err) < 0) {
		revision_unref(r);
		return NULL;
	}
	return r;
}

static struct revision *find(struct states *s, struct str id)
{
	pthread_mutex_lock(&s->lock);
	struct revision *r = map_get(&s->revisions, id);
	if (r)
		revision_ref(r);
	pthread_mutex_unlock(&s->lock);
	return r;
}

/* The cache's own reference; when it is full, all of them go and those in use come back one by one. */
static void keep(struct states *s, struct revision *r)
{
	void *old = NULL;
	pthread_mutex_lock(&s->lock);
	if (s->revisions.count >= STATES_REVISIONS_CACHED)
		revisions_release(s);
	if (map_put(&s->revisions, r->id, revision_ref(r), &old) < 0)
		revision_unref(r);
	revision_unref(old);
	pthread_mutex_unlock(&s->lock);
}

struct revision *revision_get(struct states *s, struct store_txn *txn, struct str id, struct error *err)
{
	struct revision *r = find(s, id);
	if (r)
		return r;
	r = load(txn, id, err);
	if (r)
		keep(s, r);
	return r;
}

void revisions_release(struct states *s)
{
	for (struct map_entry *e = map_next(&s->revisions, NULL); e; e = map_next(&s->revisions, e))
		revision_unref(e->value);
	map_release(&s->revisions);
	map_init(&s->revisions);
}
