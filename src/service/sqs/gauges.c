/* SPDX-License-Identifier: Apache-2.0
 *
 * How full the queues are: measured once a minute, as SQS does for CloudWatch.
 */
#include "service/sqs/internal.h"

#include "base/limits.h"
#include "base/log.h"
#include "os/clock.h"

enum { MINUTE_MS = 60 * 1000 };

struct measuring {
	struct sqs *sqs;
	struct store_txn *txn;
	struct arena *arena;
	struct error *err;
	int64_t now;
};

static int measure(void *argument, const struct json *record)
{
	struct measuring *m = argument;
	struct str name = json_get_text(record, STR("Name"));
	struct host *host = m->sqs->host;
	struct message_counts counts;
	struct arena scratch;

	arena_init(&scratch, MIB(256));
	int rc = messages_count(m->txn, &scratch, name, m->now, &counts, m->err);
	arena_release(&scratch);
	if (rc < 0)
		return rc;
	double age = counts.oldest_ms ? (double)(m->now - counts.oldest_ms) / 1000 : 0;
	host_metric(host, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name, (double)counts.visible);
	host_metric(host, "AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "QueueName", name, (double)counts.in_flight);
	host_metric(host, "AWS/SQS", "ApproximateNumberOfMessagesDelayed", "QueueName", name, (double)counts.delayed);
	host_metric(host, "AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", name, age);
	return 1;
}

static int measure_all(struct sqs *s, struct arena *a, struct error *err)
{
	struct measuring m = { .sqs = s, .arena = a, .err = err, .now = clock_wall_ms() };
	struct key key;
	int rc = store_read_begin(host_store(s->host), &m.txn, err);

	if (rc < 0)
		return rc;
	record_key(&key, STR("queue"));
	rc = record_page(m.txn, SPACE_SQS, &key, &(struct record_window){ 0 }, a, measure, &m, NULL, err);
	store_read_end(m.txn);
	return rc;
}

/* On the pool: a long queue takes a while to count. */
static void measure_now(void *argument)
{
	struct sqs *s = argument;
	struct error err = { 0 };
	struct arena arena;

	arena_init(&arena, MIB(16));
	if (!s->stopping && measure_all(s, &arena, &err) < 0)
		log_warn("sqs", "the queues could not be measured reason=%s", err.message);
	arena_release(&arena);
	gauges_plan(s);
}

static void minute_is_over(void *argument)
{
	struct sqs *s = argument;

	if (pool_run(host_pool(s->host), measure_now, s) < 0)
		gauges_plan(s);
}

void gauges_plan(struct sqs *s)
{
	int64_t now = clock_wall_ms();

	if (!s->stopping)
		(void)timer_at(host_timer(s->host), now - now % MINUTE_MS + MINUTE_MS, minute_is_over, s);
}
