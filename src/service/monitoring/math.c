/* SPDX-License-Identifier: Apache-2.0
 *
 * What an alarm looks at in one period: a metric's statistic, or an expression over other queries. Expressions are arithmetic
 * (+ - * / ^, parentheses, numbers, ids) and FILL(id, number); a period in which a part has no value has none, and so has a
 * division by zero. What else metric math can do is refused when the alarm is put.
 * Source: "Using math expressions with CloudWatch metrics", CloudWatch User Guide.
 */
#include "service/monitoring/internal.h"

#include <ctype.h>
#include <math.h>

enum { DEPTH_MAX = 20 };

struct period {
	struct store_txn *txn; /* NULL: only whether the expressions are well formed */
	struct arena *arena;
	const struct json *queries;
	int64_t from_ms, to_ms;
	int depth;
	struct error *err;
};

struct value {
	bool known;
	double number;
};

struct expression {
	struct period *period;
	struct str rest;
};

static int read_query(struct period *p, const struct json *query, struct value *out);
static int read_sum(struct expression *e, struct value *out);

/* ---- one metric ---- */

static int read_metric(struct period *p, const struct json *source, struct str statistic, struct value *out)
{
	struct metric_name name = { .name_space = json_get_text(source, STR("Namespace")),
				    .metric = json_get_text(source, STR("MetricName")),
				    .dimensions = dimensions_key(p->arena, json_get_c(source, "Dimensions")) };
	struct aggregate sum = { 0 };
	int rc = p->txn ? data_read(p->txn, p->arena, &name, p->from_ms, p->to_ms, &sum, p->err) : 0;

	*out = (struct value){ sum.n > 0, sum.n > 0 ? aggregate_statistic(&sum, statistic) : 0 };
	return rc;
}

/* ---- expressions ---- */

static void skip_spaces(struct expression *e)
{
	while (e->rest.n && isspace((unsigned char)e->rest.p[0]))
		e->rest = str_from(e->rest, 1);
}

static bool takes(struct expression *e, char c)
{
	skip_spaces(e);
	if (e->rest.n == 0 || e->rest.p[0] != c)
		return false;
	e->rest = str_from(e->rest, 1);
	return true;
}

static struct str take_word(struct expression *e)
{
	size_t n = 0;

	skip_spaces(e);
	while (n < e->rest.n && (isalnum((unsigned char)e->rest.p[n]) || e->rest.p[n] == '_' || e->rest.p[n] == '.'))
		n++;
	struct str word = str_sub(e->rest, 0, n);
	e->rest = str_from(e->rest, n);
	return word;
}

static int unsupported(struct expression *e)
{
	return error_set(e->period->err, ERR_INVALID,
			 "arithmetic over ids and numbers and FILL(id, number) are supported, not \"" STR_FMT "\"",
			 STR_ARG(e->rest));
}

static int read_id(struct expression *e, struct str id, struct value *out)
{
	const struct json *queries = e->period->queries;

	for (size_t i = 0; i < queries->count; i++)
		if (str_eq(json_get_text(queries->items[i], STR("Id")), id))
			return read_query(e->period, queries->items[i], out);
	return error_set(e->period->err, ERR_INVALID, "no query has the id \"" STR_FMT "\"", STR_ARG(id));
}

static int read_fill(struct expression *e, struct value *out)
{
	struct value other;

	if (!takes(e, '('))
		return unsupported(e);
	int rc = read_sum(e, out);
	if (rc == 0 && !takes(e, ','))
		rc = unsupported(e);
	if (rc == 0)
		rc = read_sum(e, &other);
	if (rc == 0 && !takes(e, ')'))
		rc = unsupported(e);
	if (rc == 0 && !out->known)
		*out = other;
	return rc;
}

static int read_atom(struct expression *e, struct value *out)
{
	struct str before = e->rest;

	if (takes(e, '-')) {
		int rc = read_atom(e, out);
		out->number = -out->number;
		return rc;
	}
	if (takes(e, '(')) {
		int rc = read_sum(e, out);
		return rc == 0 && !takes(e, ')') ? unsupported(e) : rc;
	}
	struct str word = take_word(e);
	if (str_eq_c(word, "FILL"))
		return read_fill(e, out);
	if (word.n && islower((unsigned char)word.p[0]))
		return read_id(e, word, out);
	out->known = true;
	if (word.n && str_to_double(word, &out->number) == 0)
		return 0;
	e->rest = before;
	return unsupported(e);
}

static void apply(struct value *left, char operator, struct value right)
{
	left->known = left->known && right.known && !(operator== '/' && right.number == 0);
	if (!left->known)
		return;
	if (operator== '^')
		left->number = pow(left->number, right.number);
	else if (operator== '*')
		left->number *= right.number;
	else if (operator== '/')
		left->number /= right.number;
	else if (operator== '+')
		left->number += right.number;
	else
		left->number -= right.number;
}

typedef int (*operand_fn)(struct expression *e, struct value *out);

static int read_chain(struct expression *e, const char *operators, operand_fn operand, struct value *out)
{
	int rc = operand(e, out);

	for (skip_spaces(e); rc == 0 && e->rest.n && strchr(operators, e->rest.p[0]); skip_spaces(e)) {
		char operator= e->rest.p[0];
		struct value right = { 0 };

		e->rest = str_from(e->rest, 1);
		rc = operand(e, &right);
		apply(out, operator, right);
	}
	return rc;
}

static int read_power(struct expression *e, struct value *out)
{
	return read_chain(e, "^", read_atom, out);
}

static int read_product(struct expression *e, struct value *out)
{
	return read_chain(e, "*/", read_power, out);
}

static int read_sum(struct expression *e, struct value *out)
{
	if (++e->period->depth > DEPTH_MAX)
		return error_set(e->period->err, ERR_INVALID, "expressions are nested too deep, or about each other");
	int rc = read_chain(e, "+-", read_product, out);
	e->period->depth--;
	return rc;
}

static int read_query(struct period *p, const struct json *query, struct value *out)
{
	struct expression e = { .period = p, .rest = json_get_text(query, STR("Expression")) };
	const struct json *stat = json_get_c(query, "MetricStat");

	*out = (struct value){ 0 };
	if (stat)
		return read_metric(p, json_get_c(stat, "Metric"), json_get_text(stat, STR("Stat")), out);
	int rc = read_sum(&e, out);
	skip_spaces(&e);
	return rc == 0 && e.rest.n ? unsupported(&e) : rc;
}

/* ---- an alarm ---- */

/* The query whose value is compared with the threshold. */
static const struct json *returned(const struct json *queries)
{
	for (size_t i = 0; queries && i < queries->count; i++)
		if (json_true(json_get_c(queries->items[i], "ReturnData")))
			return queries->items[i];
	return NULL;
}

int alarm_check_queries(struct arena *a, const struct json *queries, struct error *err)
{
	size_t results = 0;

	for (size_t i = 0; i < queries->count; i++) {
		struct period p = { .arena = a, .queries = queries, .err = err };
		struct value ignored;
		int rc = read_query(&p, queries->items[i], &ignored);

		if (rc < 0)
			return rc;
		results += json_true(json_get_c(queries->items[i], "ReturnData"));
	}
	return results == 1 ? 0 : error_set(err, ERR_INVALID, "exactly one element of the metrics list should return data");
}

int64_t alarm_step_ms(const struct json *alarm)
{
	const struct json *queries = json_get_c(alarm, "Metrics");
	int64_t seconds = 60, one, longest = 0;

	if (json_to_i64(json_get_c(alarm, "Period"), &one) == 0)
		return one * 1000;
	for (size_t i = 0; queries && i < queries->count; i++) {
		const struct json *stat = json_get_c(queries->items[i], "MetricStat");

		if (json_to_i64(json_get_c(stat ? stat : queries->items[i], "Period"), &one) == 0 && one > longest)
			longest = one;
	}
	return (longest ? longest : seconds) * 1000;
}

int alarm_value(struct store_txn *txn, struct arena *a, const struct json *alarm, int64_t from_ms, int64_t to_ms, bool *known,
		double *number, struct error *err)
{
	const struct json *queries = json_get_c(alarm, "Metrics");
	struct period p = { .txn = txn, .arena = a, .queries = queries, .from_ms = from_ms, .to_ms = to_ms, .err = err };
	struct str statistic = json_get_text(alarm, STR("Statistic"));
	struct value v;
	int rc;

	if (queries)
		rc = read_query(&p, returned(queries), &v);
	else
		rc = read_metric(&p, alarm, statistic.n ? statistic : json_get_text(alarm, STR("ExtendedStatistic")), &v);
	*known = v.known;
	*number = v.number;
	return rc;
}
