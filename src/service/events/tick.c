/* SPDX-License-Identifier: Apache-2.0
 *
 * Schedules. One timer waits for the earliest; a write function fires what is due (deliveries and the time of firing in one
 * transaction) and plans the next. What came due while the server was down fires once at the start.
 */
#include "service/events/internal.h"

#include "base/limits.h"
#include "base/log.h"
#include "format/date.h"
#include "os/clock.h"
#include "os/random.h"

enum { TICK_BUSY_MS = 1000 };

static void write_scheduled_event(struct events *e, struct buf *out, const struct event_rule *rule, int64_t now)
{
	char id[37], time[DATE_TEXT_MAX];
	struct writer w;

	random_uuid(id);
	writer_init(&w, out, WRITER_JSON);
	write_object(&w, NULL);
	write_c(&w, "version", "0");
	write_c(&w, "id", id);
	write_c(&w, "detail-type", "Scheduled Event");
	write_c(&w, "source", "aws.events");
	write_str(&w, "account", host_account(e->host));
	write_str(&w, "time", date_iso(time, now));
	write_str(&w, "region", host_region(e->host));
	write_list(&w, "resources", NULL);
	write_str(&w, NULL, rule->arn);
	write_end(&w);
	write_object(&w, "detail");
	write_end(&w);
	write_end(&w);
}

static int fire(struct events *e, struct store_txn *txn, struct event_rule *rule, int64_t now, struct error *err)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%lld", (long long)now);
	struct buf event;
	struct key key;

	record_key(&key, STR("fired"), rule->bus, rule->name);
	int rc = store_put(txn, SPACE_EVENTS, key_str(&key), str_of(text, (size_t)n), err);
	if (rc < 0)
		return rc;
	buf_init(&event, KIB(64));
	write_scheduled_event(e, &event, rule, now);
	rc = dispatcher_add(e->dispatcher, txn, rule, buf_str(&event), err);
	buf_release(&event);
	if (rc == 0)
		rule->fired_ms = now;
	return rc;
}

static int64_t next_time(const struct event_rule *rule)
{
	int64_t after = rule->fired_ms > rule->from_ms ? rule->fired_ms : rule->from_ms;

	return schedule_next(&rule->schedule, rule->from_ms, after);
}

static void timer_rang(void *argument)
{
	events_tick(argument);
}

static void plan(struct events *e, int64_t at_ms)
{
	if (e->schedule_timer)
		(void)timer_cancel(host_timer(e->host), e->schedule_timer);
	e->schedule_timer = at_ms < 0 || e->stopping ? 0 : timer_at(host_timer(e->host), at_ms, timer_rang, e);
}

static int tick(struct store_txn *txn, void *argument, struct error *err)
{
	struct events *e = argument;
	int64_t now = clock_wall_ms(), earliest = -1;
	int rc = index_ready(e, txn, err);

	for (size_t i = 0; rc == 0 && i < e->index.count; i++) {
		struct event_rule *rule = &e->index.rules[i];
		int64_t next = rule->scheduled ? next_time(rule) : -1;

		if (next >= 0 && next <= now) {
			rc = fire(e, txn, rule, now, err);
			next = next_time(rule);
		}
		if (next >= 0 && (earliest < 0 || next < earliest))
			earliest = next;
	}
	if (rc == 0)
		plan(e, earliest);
	return rc;
}

/* An undone tick left times of firing in memory that the store does not have: build anew, look again. */
static void ticked(void *argument, int result, const struct error *err)
{
	struct events *e = argument;

	if (result == 0)
		return;
	log_error("events", "the schedules could not be looked at reason=%s", err->message);
	e->index.current = false;
	plan(e, clock_wall_ms() + TICK_BUSY_MS);
}

void events_tick(struct events *e)
{
	if (!e->stopping && store_write(host_store(e->host), tick, ticked, e) < 0)
		(void)timer_at(host_timer(e->host), clock_wall_ms() + TICK_BUSY_MS, timer_rang, e);
}
