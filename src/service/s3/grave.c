/* SPDX-License-Identifier: Apache-2.0
 *
 * Where blobs go that no record names any more. A reader on an older snapshot may have seen the name and not yet opened the
 * file, so it is removed a few seconds later. What is still buried when the process dies is found by the sweep at start.
 */
#include "base/log.h"
#include "os/clock.h"
#include "service/s3/state.h"

enum { GRAVE_MS = 5000 };

struct grave {
	struct grave *next;
	int64_t since_ms;
	char blob[BLOB_ID_MAX];
};

static void remove_blob(struct s3 *s3, const char *blob)
{
	struct error err;

	if (blob_remove(s3->store, str_c(blob), &err) < 0)
		log_warn("s3", "a blob could not be removed id=%s error=%s", blob, err.message);
}

static void graves_due(void *argument);

/* Under timers_lock. A failed timer is made up for by the next burial. */
static void set_timer(struct s3 *s3)
{
	if (s3->graves && !s3->graves_timer && !s3->stopping)
		s3->graves_timer = timer_at(host_timer(s3->host), clock_wall_ms() + GRAVE_MS, graves_due, s3);
}

/* Takes out the graves older than `before_ms`. */
static struct grave *take_graves(struct s3 *s3, int64_t before_ms)
{
	struct grave *taken = NULL;

	for (struct grave **link = &s3->graves; *link;) {
		struct grave *g = *link;
		if (g->since_ms >= before_ms) {
			link = &g->next;
			continue;
		}
		*link = g->next;
		g->next = taken;
		taken = g;
	}
	return taken;
}

static void remove_graves(struct s3 *s3, struct grave *g)
{
	while (g) {
		struct grave *next = g->next;
		remove_blob(s3, g->blob);
		free(g);
		g = next;
	}
}

static void graves_due(void *argument)
{
	struct s3 *s3 = argument;

	pthread_mutex_lock(&s3->timers_lock);
	struct grave *taken = take_graves(s3, clock_wall_ms() - GRAVE_MS / 2);
	s3->graves_timer = 0;
	set_timer(s3);
	pthread_mutex_unlock(&s3->timers_lock);
	remove_graves(s3, taken);
}

void s3_bury(struct s3 *s3, struct str blob)
{
	struct grave *g = calloc(1, sizeof(*g));

	if (!g || blob.n >= sizeof(g->blob)) {
		free(g);
		return; /* the sweep at the next start finds it */
	}
	memcpy(g->blob, blob.p, blob.n);
	g->since_ms = clock_wall_ms();
	pthread_mutex_lock(&s3->timers_lock);
	g->next = s3->graves;
	s3->graves = g;
	set_timer(s3);
	pthread_mutex_unlock(&s3->timers_lock);
}

void s3_graves_stop(struct s3 *s3)
{
	pthread_mutex_lock(&s3->timers_lock);
	s3->stopping = true;
	if (s3->graves_timer)
		timer_cancel(host_timer(s3->host), s3->graves_timer);
	struct grave *taken = take_graves(s3, INT64_MAX);
	pthread_mutex_unlock(&s3->timers_lock);
	remove_graves(s3, taken);
}

void s3_graves_close(struct s3 *s3)
{
	while (s3->graves) {
		struct grave *g = s3->graves;
		s3->graves = g->next;
		free(g);
	}
}
