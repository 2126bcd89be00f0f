/* SPDX-License-Identifier: Apache-2.0
 *
 * Retention: every hour, and when a policy is put, what is older than its group allows is removed.
 */
#include "service/logs/internal.h"

#include "base/limits.h"
#include "base/log.h"
#include "os/clock.h"

#define HOUR_MS ((int64_t)3600 * 1000)

struct sweep {
	struct store_txn *txn;
	struct arena arena;
	int64_t now;
	struct error *err;
};

static int sweep_group(void *argument, const struct json *group)
{
	struct sweep *s = argument;
	struct str name = json_get_text(group, STR("logGroupName"));
	struct key from, to;
	int64_t days;

	if (json_to_i64(json_get_c(group, "retentionInDays"), &days) != 0)
		return 0;
	record_key(&from, name);
	log_event_key(&to, name, s->now - days * 24 * HOUR_MS, 0);
	int rc = store_delete_range(s->txn, SPACE_LOG_EVENTS, key_str(&from), key_str(&to), s->err);
	return rc < 0 ? rc : 1;
}

static int sweep_groups(struct store_txn *txn, void *argument, struct error *err)
{
	struct sweep s = { .txn = txn, .now = clock_wall_ms(), .err = err };
	struct key key;

	(void)argument;
	arena_init(&s.arena, MIB(16));
	record_key(&key, STR("group"));
	int rc = record_page(txn, SPACE_LOGS, &key, &(struct record_window){ 0 }, &s.arena, sweep_group, &s, NULL, err);
	arena_release(&s.arena);
	return rc;
}

static void swept(void *argument, int result, const struct error *err)
{
	if (result < 0)
		log_error("logs", "old events could not be removed reason=%s", err->message);
	retention_plan(argument, HOUR_MS);
}

static void sweep_now(void *argument)
{
	struct logs *l = argument;

	if (!l->stopping && store_write(host_store(l->host), sweep_groups, swept, l) < 0)
		retention_plan(l, HOUR_MS / 60);
}

/* More than one sweep may be planned; each plans only its own successor, so an earlier plan is dropped. */
void retention_plan(struct logs *l, int64_t in_ms)
{
	if (l->retention_timer)
		(void)timer_cancel(host_timer(l->host), l->retention_timer);
	l->retention_timer = l->stopping ? 0 : timer_at(host_timer(l->host), clock_wall_ms() + in_ms, sweep_now, l);
}
