/* SPDX-License-Identifier: Apache-2.0
 *
 * Which build runs when: each has a thread of its own, which first waits for its turn; the oldest goes first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "os/clock.h"
#include "os/thread.h"
#include "service/codebuild/runner.h"

/* ---- one build ---- */

static void build_free(struct build *b)
{
	pthread_mutex_destroy(&b->lock);
	pthread_cond_destroy(&b->changed);
	free(b->folder);
	arena_release(&b->arena);
	free(b);
}

static struct build *build_new(struct codebuild *cb, const struct json *record)
{
	struct build *b = calloc(1, sizeof(*b));
	struct str rest;

	if (!b)
		return NULL;
	b->cb = cb;
	arena_init(&b->arena, 3ULL << 30); /* sources and artifacts pass through it */
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	b->record = json_clone(&b->arena, record);
	b->id = rest = json_get_text(b->record, STR("id"));
	b->project = str_split(&rest, ':');
	b->uuid = rest;
	b->role = json_get_text(b->record, STR("serviceRole"));
	b->group = json_get_text(json_get_c(b->record, "logs"), STR("groupName"));
	b->stream = json_get_text(json_get_c(b->record, "logs"), STR("streamName"));
	b->phases = json_copy_array(&b->arena, json_get_c(b->record, "phases"));
	(void)!json_to_i64(json_get_c(b->record, "buildNumber"), &b->number);
	if (asprintf(&b->folder, "%s/" STR_FMT, cb->folder, STR_ARG(b->uuid)) < 0)
		b->folder = NULL;
	if (!b->folder || arena_failed(&b->arena)) {
		build_free(b);
		return NULL;
	}
	return b;
}

/* ---- turns; all under cb->lock ---- */

static bool is_stopped(struct build *b)
{
	bool stopped;

	pthread_mutex_lock(&b->lock);
	stopped = b->stopped;
	pthread_mutex_unlock(&b->lock);
	return stopped;
}

static bool is_its_turn(const struct build *b)
{
	if (b->cb->running >= CODEBUILD_RUNNING_MAX)
		return false;
	for (const struct build *older = b->next; older; older = older->next) {
		if (older->waits)
			return false;
	}
	return true;
}

int64_t schedule_wait_turn(struct build *b)
{
	struct codebuild *cb = b->cb;
	int64_t minutes = 480, until_ms;
	struct timespec until;
	int timed_out = 0;

	(void)!json_to_i64(json_get_c(b->record, "queuedTimeoutInMinutes"), &minutes);
	until_ms = clock_wall_ms() + minutes * cb->minute_ms;
	until = (struct timespec){ .tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000 };
	pthread_mutex_lock(&cb->lock);
	b->waits = true;
	while (!is_its_turn(b) && !is_stopped(b) && timed_out != ETIMEDOUT)
		timed_out = pthread_cond_timedwait(&cb->changed, &cb->lock, &until);
	b->waits = false;
	b->runs = timed_out != ETIMEDOUT;
	cb->running += b->runs;
	pthread_cond_broadcast(&cb->changed); /* the next one may have waited for this one only */
	pthread_mutex_unlock(&cb->lock);
	return b->runs ? INT64_MAX : until_ms;
}

static void unlink_build(struct build *b)
{
	struct codebuild *cb = b->cb;

	for (struct build **at = &cb->builds; *at; at = &(*at)->next) {
		if (*at == b) {
			*at = b->next;
			break;
		}
	}
	cb->running -= b->runs;
	pthread_cond_broadcast(&cb->changed);
}

/* ---- threads ---- */

static void run_build(void *argument)
{
	struct build *b = argument;
	struct codebuild *cb = b->cb;

	build_run(b);
	pthread_mutex_lock(&cb->lock);
	unlink_build(b); /* from here on the service may end */
	pthread_mutex_unlock(&cb->lock);
	build_free(b);
}

static int start_thread(struct build *b)
{
	struct error err = { 0 };
	pthread_t thread;
	int result = thread_start(&thread, "build", run_build, b, &err);

	return result == 0 ? pthread_detach(thread) : result;
}

/* What cannot be started stays as it is stored, and is settled at the next start. */
static void start_now(void *argument)
{
	struct build *b = argument;
	struct codebuild *cb = b->cb;
	bool started;

	pthread_mutex_lock(&cb->lock);
	b->sandbox.slot = (1 << 19) + cb->next_slot++ % (1 << 18); /* apart from the functions' */
	b->next = cb->builds;
	cb->builds = b;
	started = !cb->stopping && start_thread(b) == 0;
	if (!started) {
		log_warn("codebuild", "a build cannot be started build=" STR_FMT, STR_ARG(b->id));
		unlink_build(b);
	}
	pthread_mutex_unlock(&cb->lock);
	if (!started)
		build_free(b);
}

/* ---- from the operations ---- */

static size_t count_builds(struct codebuild *cb)
{
	size_t n = 0;

	pthread_mutex_lock(&cb->lock);
	for (const struct build *b = cb->builds; b; b = b->next)
		n++;
	pthread_mutex_unlock(&cb->lock);
	return n;
}

int schedule_start_later(struct call *call, const struct json *build)
{
	struct codebuild *cb = call->state;
	struct error err = { 0 };
	struct build *b;

	if (count_builds(cb) >= CODEBUILD_QUEUE_MAX)
		return call_failf(call, &codebuild_AccountLimitExceededException,
				  "Cannot have more than %d builds in queue for the account", CODEBUILD_QUEUE_MAX);
	b = build_new(cb, build);
	if (!b)
		return call_fault(call, NULL);
	if (build_put_event(cb, call->txn, &call->arena, build, &err) == 0 && store_after_commit(call->txn, start_now, b) == 0)
		return 0;
	build_free(b);
	return call_fault(call, &err);
}

/* Under cb->lock. */
static void stop(struct build *b)
{
	pthread_mutex_lock(&b->lock);
	b->stopped = true;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
	pthread_cond_broadcast(&b->cb->changed);
}

void schedule_stop(struct codebuild *cb, struct str id)
{
	pthread_mutex_lock(&cb->lock);
	for (struct build *b = cb->builds; b; b = b->next) {
		if (str_eq(b->id, id))
			stop(b);
	}
	pthread_mutex_unlock(&cb->lock);
}

void schedule_stop_all(struct codebuild *cb)
{
	pthread_mutex_lock(&cb->lock);
	cb->stopping = true;
	for (struct build *b = cb->builds; b; b = b->next)
		stop(b);
	while (cb->builds)
		pthread_cond_wait(&cb->changed, &cb->lock);
	pthread_mutex_unlock(&cb->lock);
}
