/* SPDX-License-Identifier: Apache-2.0
 *
 * Looking at the alarms. Every few seconds one write function stores what was gathered, judges every alarm by its last periods
 * (the one under way included, so that an alarm need not wait for its end), and changes states.
 * Source: "Using Amazon CloudWatch alarms", "Configuring how CloudWatch alarms treat missing data", CloudWatch User Guide.
 */
#include "service/monitoring/internal.h"

#include "base/limits.h"
#include "base/log.h"
#include "format/date.h"
#include "os/clock.h"

enum { TICK_MS = 2000 };
#define SWEEP_MS ((int64_t)3600 * 1000)

/* ---- one metric alarm ---- */

static int64_t number(const struct json *alarm, struct str name, int64_t otherwise)
{
	int64_t value;

	return json_to_i64(json_get(alarm, name), &value) == 0 ? value : otherwise;
}

static bool breaches(const struct json *alarm, double value)
{
	struct str comparison = json_get_text(alarm, STR("ComparisonOperator"));
	double threshold = 0;

	if (json_to_double(json_get_c(alarm, "Threshold"), &threshold) != 0)
		return false;
	if (str_eq_c(comparison, "GreaterThanThreshold"))
		return value > threshold;
	if (str_eq_c(comparison, "GreaterThanOrEqualToThreshold"))
		return value >= threshold;
	return str_eq_c(comparison, "LessThanThreshold") ? value < threshold : value <= threshold;
}

/* A sum that is still growing says nothing yet about being too small. */
static bool counts_unfinished(const struct json *alarm)
{
	return str_starts(json_get_text(alarm, STR("ComparisonOperator")), STR("Greater"));
}

struct tally {
	int64_t breaching, fine, missing;
	double last;     /* the newest value, of `last_at` */
	int64_t last_at; /* 0: none */
};

/* The periods up to the one that `newest` is in. */
static int tally_periods(struct store_txn *txn, struct arena *a, const struct json *alarm, int64_t newest, struct tally *out,
			 struct error *err)
{
	int64_t step = alarm_step_ms(alarm), periods = number(alarm, STR("EvaluationPeriods"), 1);

	*out = (struct tally){ 0 };
	newest -= newest % step;
	for (int64_t i = 0; i < periods; i++) {
		int64_t at = newest - i * step;
		bool known;
		double value;
		int rc = alarm_value(txn, a, alarm, at, at + step, &known, &value, err);

		if (rc < 0)
			return rc;
		out->missing += !known;
		out->breaching += known && breaches(alarm, value);
		out->fine += known && !breaches(alarm, value);
		if (known && !out->last_at) {
			out->last = value;
			out->last_at = at;
		}
	}
	return 0;
}

static struct str reason_for(struct arena *a, const struct json *alarm, const struct tally *t, const char *state)
{
	char at[DATE_TEXT_MAX];
	double threshold = 0;

	if (strcmp(state, "INSUFFICIENT_DATA") == 0)
		return STR("Insufficient Data: no datapoints were received.");
	if (json_to_double(json_get_c(alarm, "Threshold"), &threshold) != 0)
		threshold = 0;
	bool alarming = strcmp(state, "ALARM") == 0;
	int64_t count = alarming ? t->breaching : t->fine;
	if (!t->last_at)
		return arena_printf(a,
				    "Threshold Crossed: no datapoints were received for %lld period%s and %lld missing "
				    "datapoint%s treated as [%s].",
				    (long long)t->missing, t->missing == 1 ? "" : "s", (long long)t->missing,
				    t->missing == 1 ? " was" : "s were", alarming ? "Breaching" : "NonBreaching");
	return arena_printf(a, "Threshold Crossed: %lld datapoint%s [%.17g (" STR_FMT ")] %s %s the threshold (%.17g).",
			    (long long)count, count == 1 ? "" : "s", t->last, STR_ARG(date_iso(at, t->last_at)),
			    count == 1 ? "was" : "were", alarming ? "beyond" : "not beyond", threshold);
}

static int judge_at(struct store_txn *txn, struct arena *a, const struct json *alarm, int64_t newest, struct verdict *out,
		    struct error *err)
{
	struct str treat = json_get_text(alarm, STR("TreatMissingData"));
	int64_t needed = number(alarm, STR("DatapointsToAlarm"), number(alarm, STR("EvaluationPeriods"), 1));
	struct tally t;

	*out = (struct verdict){ 0 };
	int rc = tally_periods(txn, a, alarm, newest, &t, err);
	if (rc < 0)
		return rc;
	if (str_eq_c(treat, "breaching"))
		t.breaching += t.missing;
	else if (str_eq_c(treat, "notBreaching"))
		t.fine += t.missing;
	if (t.breaching >= needed)
		out->state = "ALARM";
	else if (t.fine > 0 || t.breaching > 0)
		out->state = "OK";
	else if (!str_eq_c(treat, "ignore"))
		out->state = "INSUFFICIENT_DATA";
	if (out->state)
		out->reason = reason_for(a, alarm, &t, out->state);
	return 0;
}

static bool is_state(const struct verdict *v, const char *state)
{
	return v->state && strcmp(v->state, state) == 0;
}

/* What was measured just before a period ended must not be missed, so the periods up to the last finished one count too:
 * either view may raise the alarm. */
int alarm_judge(struct store_txn *txn, struct arena *a, const struct json *alarm, int64_t now, struct verdict *out,
		struct error *err)
{
	int64_t step = alarm_step_ms(alarm);
	struct verdict unfinished;
	int rc = judge_at(txn, a, alarm, now - step, out, err);

	if (rc < 0 || is_state(out, "ALARM") || !counts_unfinished(alarm))
		return rc;
	rc = judge_at(txn, a, alarm, now, &unfinished, err);
	if (rc == 0 && (is_state(&unfinished, "ALARM") || !is_state(out, "OK")))
		*out = unfinished;
	return rc;
}

/* ---- all of them ---- */

struct looking {
	struct monitoring *monitoring;
	struct store_txn *txn;
	struct arena *arena;
	struct error *err;
	int64_t now;
	struct json *alarms;
};

static int collect(void *argument, const struct json *alarm)
{
	struct looking *l = argument;

	return json_add(l->arena, l->alarms, alarm) ? 1 : ERR_NO_MEMORY;
}

static const char *state_of(void *argument, struct str name)
{
	struct looking *l = argument;
	const struct json *alarm;
	struct key key;

	record_key(&key, STR("alarm"), name);
	if (record_get(l->txn, SPACE_MONITORING, &key, l->arena, &alarm, NULL) < 0)
		return NULL;
	return arena_c(l->arena, json_get_text(alarm, STR("StateValue")));
}

static int judge_composite(struct looking *l, const struct json *alarm, struct verdict *out)
{
	struct str rule = json_get_text(alarm, STR("AlarmRule"));
	bool holds = false;
	int rc = rule_evaluate(rule, state_of, l, &holds, l->err);

	*out = (struct verdict){ .state = holds ? "ALARM" : "OK" };
	out->reason = arena_printf(l->arena, "The alarm rule " STR_FMT " is %s.", STR_ARG(rule), holds ? "true" : "false");
	return rc;
}

static int look_at(struct looking *l, const struct json *alarm)
{
	bool composite = str_eq_c(json_get_text(alarm, STR("Type")), "CompositeAlarm");
	struct verdict verdict;
	int rc = composite ? judge_composite(l, alarm, &verdict) : alarm_judge(l->txn, l->arena, alarm, l->now, &verdict, l->err);

	if (rc < 0 || !verdict.state || str_eq_c(json_get_text(alarm, STR("StateValue")), verdict.state))
		return rc;
	return alarm_change(l->monitoring, l->txn, l->arena, alarm, &verdict, l->now, l->err);
}

/* Metric alarms first: composite ones are about their states. */
static int look_at_all(struct looking *l)
{
	struct key key;

	record_key(&key, STR("alarm"));
	int rc = record_page(l->txn, SPACE_MONITORING, &key, &(struct record_window){ 0 }, l->arena, collect, l, NULL, l->err);
	for (int composite = 0; composite < 2; composite++)
		for (size_t i = 0; rc == 0 && i < l->alarms->count; i++)
			if (str_eq_c(json_get_text(l->alarms->items[i], STR("Type")), "CompositeAlarm") == (composite == 1))
				rc = look_at(l, l->alarms->items[i]);
	if (rc == 0)
		l->monitoring->has_alarms = l->alarms->count > 0;
	return rc;
}

static int tick(struct store_txn *txn, void *argument, struct error *err)
{
	struct monitoring *m = argument;
	struct arena arena;
	struct looking l = { .monitoring = m, .txn = txn, .arena = &arena, .err = err, .now = clock_wall_ms() };

	arena_init(&arena, MIB(64));
	l.alarms = json_new_array(&arena);
	int rc = gathering_write(m->gathering, txn, err);
	if (rc == 0)
		rc = look_at_all(&l);
	if (rc == 0 && l.now - m->swept_ms > SWEEP_MS) {
		m->swept_ms = l.now;
		rc = data_sweep(txn, l.now, err);
	}
	arena_release(&arena);
	return rc;
}

static void ticked(void *argument, int result, const struct error *err)
{
	if (result < 0)
		log_error("monitoring", "the alarms could not be looked at reason=%s", err->message);
	monitoring_plan(argument);
}

static void time_to_look(void *argument)
{
	struct monitoring *m = argument;
	bool idle = !m->has_alarms && gathering_is_empty(m->gathering);

	if (idle || m->stopping || store_write(host_store(m->host), tick, ticked, m) < 0)
		monitoring_plan(m);
}

void monitoring_plan(struct monitoring *m)
{
	if (!m->stopping)
		(void)timer_at(host_timer(m->host), clock_wall_ms() + TICK_MS, time_to_look, m);
}
