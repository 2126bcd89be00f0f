/* SPDX-License-Identifier: Apache-2.0
 *
 * The enabled rules in memory, compiled. Built from the store on the writer thread when first used after a change; an index
 * that was built from a group not yet committed is built again by the next transaction, so it never outlives an undone change.
 */
#include "service/events/internal.h"

#include "base/limits.h"
#include "base/log.h"

struct building {
	struct events *e;
	struct store_txn *txn;
	struct event_rule *rules;
	size_t count, capacity;
};

static void plan_schedules(void *argument)
{
	events_tick(argument);
}

int index_changed(struct events *e, struct store_txn *txn, struct error *err)
{
	e->index.current = false;
	if (store_after_commit(txn, plan_schedules, e) < 0)
		return error_set(err, ERR_NO_MEMORY, "out of memory for a rule");
	return 0;
}

void index_release(struct event_index *index)
{
	if (index->arena.cap)
		arena_release(&index->arena);
	*index = (struct event_index){ 0 };
}

/* ---- building ---- */

static int collect_target(void *argument, const struct json *target)
{
	struct building *b = argument;
	struct event_rule *rule = &b->rules[b->count];
	struct arena *a = &b->e->index.arena;

	if (!rule->targets && !(rule->targets = arena_alloc_array(a, EVENTS_TARGETS_MAX, sizeof(*rule->targets))))
		return ERR_NO_MEMORY;
	if (rule->target_count < EVENTS_TARGETS_MAX)
		rule->targets[rule->target_count++].text = json_to_str(a, target);
	return 1;
}

static int64_t last_fired(struct building *b, const struct event_rule *rule)
{
	const struct json *fired;
	int64_t ms = 0;
	struct key key;

	record_key(&key, STR("fired"), rule->bus, rule->name);
	if (record_get(b->txn, SPACE_EVENTS, &key, &b->e->index.arena, &fired, NULL) == 0 && json_to_i64(fired, &ms) != 0)
		ms = 0;
	return ms;
}

static void compile_rule(struct building *b, struct event_rule *rule, const struct json *record)
{
	struct str pattern = json_get_text(record, STR("EventPattern"));
	struct str schedule = json_get_text(record, STR("ScheduleExpression"));
	struct error err = { 0 };

	if (pattern.n && event_pattern_compile(&b->e->index.arena, pattern, &rule->pattern, &err) < 0)
		log_error("events", "a stored pattern does not compile rule=" STR_FMT " reason=%s", STR_ARG(rule->name),
			  err.message);
	rule->scheduled = schedule.n && schedule_parse(schedule, &rule->schedule, NULL) == 0;
	if (json_to_i64(json_get_c(record, "From"), &rule->from_ms) != 0)
		rule->from_ms = 0;
	rule->fired_ms = rule->scheduled ? last_fired(b, rule) : 0;
}

static int make_room(struct building *b)
{
	size_t capacity = b->capacity ? b->capacity * 2 : 16;

	if (b->count < b->capacity)
		return 0;
	struct event_rule *grown = arena_alloc_array(&b->e->index.arena, capacity, sizeof(*grown));
	if (!grown)
		return ERR_NO_MEMORY;
	if (b->count)
		memcpy(grown, b->rules, b->count * sizeof(*grown));
	b->rules = grown;
	b->capacity = capacity;
	return 0;
}

static int collect_rule(void *argument, const struct json *record)
{
	struct building *b = argument;

	if (str_eq_c(json_get_text(record, STR("State")), "DISABLED"))
		return 0;
	if (make_room(b) < 0)
		return ERR_NO_MEMORY;
	struct event_rule *rule = &b->rules[b->count++];
	*rule = (struct event_rule){ .bus = json_get_text(record, STR("EventBusName")),
				     .name = json_get_text(record, STR("Name")),
				     .arn = json_get_text(record, STR("Arn")) };
	compile_rule(b, rule, record);
	return 1;
}

static int collect_targets(struct building *b, struct error *err)
{
	struct record_window all = { 0 };
	size_t count = b->count;
	int rc = 0;

	for (b->count = 0; b->count < count && rc == 0; b->count++) {
		struct event_rule *rule = &b->rules[b->count];
		struct key key;

		record_key(&key, STR("target"), rule->bus, rule->name);
		rc = record_page(b->txn, SPACE_EVENTS, &key, &all, &b->e->index.arena, collect_target, b, NULL, err);
	}
	b->count = count;
	return rc;
}

static void confirm(void *argument)
{
	struct event_index *index = argument;

	index->confirmed = true;
}

static int build(struct events *e, struct store_txn *txn, struct error *err)
{
	struct building b = { .e = e, .txn = txn };
	struct record_window all = { 0 };
	struct key key;

	index_release(&e->index);
	arena_init(&e->index.arena, MIB(256));
	record_key(&key, STR("rule"));
	int rc = record_page(txn, SPACE_EVENTS, &key, &all, &e->index.arena, collect_rule, &b, NULL, err);
	if (rc == 0)
		rc = collect_targets(&b, err);
	if (rc == 0)
		rc = store_after_commit(txn, confirm, &e->index);
	if (rc < 0)
		return rc;
	e->index.rules = b.rules;
	e->index.count = b.count;
	e->index.current = true;
	return 0;
}

int index_ready(struct events *e, struct store_txn *txn, struct error *err)
{
	if (e->index.current && e->index.confirmed)
		return 0;
	return build(e, txn, err);
}
