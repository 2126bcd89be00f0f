/* SPDX-License-Identifier: Apache-2.0
 *
 * The lines of our own services: collected for a moment, then written together. Whoever logs never waits.
 */
#include "service/logs/internal.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "os/clock.h"

enum { GATHER_MS = 50, LINES_MAX = 20000, BYTES_MAX = 16 * 1024 * 1024 };

struct line {
	struct str group, stream, text;
	int64_t timestamp_ms;
};

/* One generation of lines; their texts live in its arena. */
struct gathering {
	struct arena arena;
	struct line *lines;
	size_t count, capacity;
	uint64_t dropped;
};

struct log_queue {
	struct logs *logs;
	pthread_mutex_t lock;
	struct gathering *now; /* being filled */
	bool planned;          /* a timer or a write will take it */
	bool stopping;
};

static struct gathering *gathering_new(void)
{
	struct gathering *g = calloc(1, sizeof(*g));

	if (g)
		arena_init(&g->arena, BYTES_MAX);
	return g;
}

static void gathering_free(struct gathering *g)
{
	if (!g)
		return;
	arena_release(&g->arena);
	free(g->lines);
	free(g);
}

static bool gather(struct gathering *g, const struct line *line)
{
	if (g->count == g->capacity) {
		size_t capacity = g->capacity ? 2 * g->capacity : 64;
		struct line *grown = capacity > LINES_MAX ? NULL : realloc(g->lines, capacity * sizeof(*grown));

		if (!grown)
			return false;
		g->lines = grown;
		g->capacity = capacity;
	}
	struct line copy = { .group = arena_str(&g->arena, line->group),
			     .stream = arena_str(&g->arena, line->stream),
			     .text = arena_str_utf8(&g->arena, line->text),
			     .timestamp_ms = line->timestamp_ms };
	if (arena_failed(&g->arena))
		return false;
	g->lines[g->count++] = copy;
	return true;
}

/* ---- writing ---- */

/* Lines of one stream, in their order, become one batch. */
static int write_stream(struct logs *l, struct store_txn *txn, struct gathering *g, size_t first, struct log_event *events,
			struct error *err)
{
	struct log_batch batch = { .group = g->lines[first].group, .stream = g->lines[first].stream, .events = events };

	for (size_t i = first; i < g->count; i++) {
		struct line *line = &g->lines[i];

		if (!line->text.p || !str_eq(line->group, batch.group) || !str_eq(line->stream, batch.stream))
			continue;
		events[batch.count++] = (struct log_event){ .timestamp_ms = line->timestamp_ms, .message = line->text };
		line->text = STR_NULL; /* taken */
	}
	return logs_store(l, txn, &batch, true, err);
}

struct flush {
	struct log_queue *queue;
	struct gathering *taken;
};

static int write_taken(struct store_txn *txn, void *argument, struct error *err)
{
	struct flush *flush = argument;
	struct gathering *g = flush->taken;
	struct log_event *events = malloc((g->count + 1) * sizeof(*events));
	int rc = events ? 0 : error_set(err, ERR_NO_MEMORY, "out of memory for log lines");

	for (size_t i = 0; rc == 0 && i < g->count; i++)
		if (g->lines[i].text.p)
			rc = write_stream(flush->queue->logs, txn, g, i, events, err);
	free(events);
	return rc;
}

static void plan(struct log_queue *q);

static void written(void *argument, int result, const struct error *err)
{
	struct flush *flush = argument;
	struct log_queue *q = flush->queue;

	if (result < 0)
		log_error("logs", "lines were lost lines=%zu reason=%s", flush->taken->count, err->message);
	if (flush->taken->dropped)
		log_warn("logs", "lines were dropped because too many came at once lines=%llu",
			 (unsigned long long)flush->taken->dropped);
	gathering_free(flush->taken);
	free(flush);
	pthread_mutex_lock(&q->lock);
	q->planned = false;
	if (q->now && q->now->count)
		plan(q);
	pthread_mutex_unlock(&q->lock);
}

static struct flush *take(struct log_queue *q)
{
	struct flush *flush = malloc(sizeof(*flush));

	if (!flush)
		return NULL;
	pthread_mutex_lock(&q->lock);
	*flush = (struct flush){ .queue = q, .taken = q->now };
	q->now = NULL;
	pthread_mutex_unlock(&q->lock);
	if (flush->taken)
		return flush;
	free(flush);
	return NULL;
}

static void put_back(struct log_queue *q, struct flush *flush)
{
	pthread_mutex_lock(&q->lock);
	if (q->now) { /* newer lines have come meanwhile: these are the ones to lose */
		q->now->dropped += flush->taken->count + flush->taken->dropped;
		gathering_free(flush->taken);
	} else {
		q->now = flush->taken;
	}
	q->planned = false;
	plan(q);
	pthread_mutex_unlock(&q->lock);
	free(flush);
}

static void gathered(void *argument)
{
	struct log_queue *q = argument;
	struct flush *flush = take(q);

	if (flush && store_write(host_store(q->logs->host), write_taken, written, flush) < 0)
		put_back(q, flush);
}

/* Under the lock. */
static void plan(struct log_queue *q)
{
	if (!q->planned && !q->stopping)
		q->planned = timer_at(host_timer(q->logs->host), clock_wall_ms() + GATHER_MS, gathered, q) != 0;
}

/* ---- from outside ---- */

/* False when it does not fit; it is then counted as dropped where nobody will offer it again. */
static bool add(struct log_queue *q, const struct line *line, bool last_offer)
{
	bool kept;

	if (line->text.n == 0 || line->group.n == 0 || line->stream.n == 0)
		return true;
	pthread_mutex_lock(&q->lock);
	if (!q->now)
		q->now = gathering_new();
	kept = q->now && gather(q->now, line);
	if (q->now && !kept && last_offer)
		q->now->dropped++;
	plan(q);
	pthread_mutex_unlock(&q->lock);
	return kept;
}

static struct line line_of(struct str group, struct str stream, int64_t timestamp_ms, struct str text)
{
	return (struct line){ .group = group,
			      .stream = stream,
			      .timestamp_ms = timestamp_ms,
			      .text = str_sub(text, 0, LOGS_EVENT_BYTES - LOGS_EVENT_OVERHEAD) };
}

void log_queue_add(struct log_queue *q, struct str group, struct str stream, int64_t timestamp_ms, struct str line)
{
	struct line one = line_of(group, stream, timestamp_ms, line);

	(void)add(q, &one, true);
}

bool log_queue_try(struct log_queue *q, struct str group, struct str stream, int64_t timestamp_ms, struct str line)
{
	struct line one = line_of(group, stream, timestamp_ms, line);

	return add(q, &one, false);
}

int log_queue_new(struct log_queue **out, struct logs *l, struct error *err)
{
	struct log_queue *q = calloc(1, sizeof(*q));

	if (!q)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the log queue");
	q->logs = l;
	pthread_mutex_init(&q->lock, NULL);
	*out = q;
	return 0;
}

void log_queue_stop(struct log_queue *q)
{
	struct error err = { 0 };

	pthread_mutex_lock(&q->lock);
	q->stopping = true;
	pthread_mutex_unlock(&q->lock);
	struct flush *flush = take(q);
	if (!flush)
		return;
	if (store_write_wait(host_store(q->logs->host), write_taken, flush, &err) < 0)
		log_error("logs", "the last lines were lost reason=%s", err.message);
	gathering_free(flush->taken);
	free(flush);
}

void log_queue_free(struct log_queue *q)
{
	if (!q)
		return;
	gathering_free(q->now);
	pthread_mutex_destroy(&q->lock);
	free(q);
}
