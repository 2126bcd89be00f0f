/* SPDX-License-Identifier: Apache-2.0
 *
 * Measurements of our own services, summed by metric and minute in memory until the next tick writes them.
 */
#include "service/monitoring/internal.h"

#include <stdio.h>

#include "base/limits.h"
#include "os/clock.h"

enum { SERIES_MAX = 20000, KEY_TEXT_MAX = 1024 };

struct series {
	struct aggregate sum;
	struct metric_name name; /* texts behind the struct */
	int64_t minute_ms;
	char texts[];
};

struct gathering {
	pthread_mutex_t lock;
	struct map series; /* texts and minute -> struct series */
};

int gathering_new(struct gathering **out, struct error *err)
{
	struct gathering *g = calloc(1, sizeof(*g));

	if (!g)
		return error_set(err, ERR_NO_MEMORY, "out of memory for the metrics");
	pthread_mutex_init(&g->lock, NULL);
	map_init(&g->series);
	*out = g;
	return 0;
}

static void release_series(struct map *m)
{
	for (struct map_entry *e = map_next(m, NULL); e; e = map_next(m, e))
		free(e->value);
	map_release(m);
}

void gathering_free(struct gathering *g)
{
	if (!g)
		return;
	release_series(&g->series);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

/* `key` is namespace, metric and dimensions, each with a NUL behind, and the minute. */
static struct series *series_new(struct str key, size_t n_space, size_t n_metric, size_t n_dimensions, int64_t minute_ms)
{
	struct series *s = calloc(1, sizeof(*s) + key.n);

	if (!s)
		return NULL;
	memcpy(s->texts, key.p, key.n);
	s->name.name_space = str_of(s->texts, n_space);
	s->name.metric = str_of(s->texts + n_space + 1, n_metric);
	s->name.dimensions = str_of(s->texts + n_space + n_metric + 2, n_dimensions);
	s->minute_ms = minute_ms;
	return s;
}

/* Past the bound of series a new one is not begun. */
void gathering_add(struct gathering *g, const char *name_space, const char *metric, const char *dimension, struct str value,
		   double amount)
{
	int64_t now = clock_wall_ms(), minute = now - now % MINUTE_MS;
	struct aggregate one = { 1, amount, amount, amount };
	char text[KEY_TEXT_MAX], dimensions[512] = "";

	if (dimension)
		(void)snprintf(dimensions, sizeof(dimensions), "%s=" STR_FMT, dimension, STR_ARG(value));
	int n = snprintf(text, sizeof(text), "%s%c%s%c%s%c%lld", name_space, 0, metric, 0, dimensions, 0, (long long)minute);
	if (n < 0 || (size_t)n >= sizeof(text))
		return;
	struct str key = str_of(text, (size_t)n);
	pthread_mutex_lock(&g->lock);
	struct series *s = map_get(&g->series, key);
	if (!s && g->series.count < SERIES_MAX) {
		s = series_new(key, strlen(name_space), strlen(metric), strlen(dimensions), minute);
		if (s && map_put(&g->series, key, s, NULL) < 0) {
			free(s);
			s = NULL;
		}
	}
	if (s)
		aggregate_add(&s->sum, &one);
	pthread_mutex_unlock(&g->lock);
}

bool gathering_is_empty(struct gathering *g)
{
	pthread_mutex_lock(&g->lock);
	bool empty = g->series.count == 0;
	pthread_mutex_unlock(&g->lock);
	return empty;
}

/* A transaction that is undone loses some seconds of our own metrics. */
int gathering_write(struct gathering *g, struct store_txn *txn, struct error *err)
{
	struct arena arena;
	int rc = 0;

	pthread_mutex_lock(&g->lock);
	struct map taken = g->series;
	map_init(&g->series);
	pthread_mutex_unlock(&g->lock);
	for (struct map_entry *e = map_next(&taken, NULL); e && rc == 0; e = map_next(&taken, e)) {
		const struct series *s = e->value;

		arena_init(&arena, MIB(1));
		rc = data_add(txn, &arena, &s->name, s->minute_ms, &s->sum, err);
		arena_release(&arena);
	}
	release_series(&taken);
	return rc;
}
