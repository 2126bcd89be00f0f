/* SPDX-License-Identifier: Apache-2.0
 *
 * Measurements by the minute.
 */
#include "service/monitoring/internal.h"

#include "base/limits.h"

#define SEPARATOR '\x1f'
#define DAY_MS ((int64_t)24 * 3600 * 1000)

/* ---- dimensions ---- */

static int by_name(const void *a, const void *b)
{
	const struct json *left = *(const struct json *const *)a, *right = *(const struct json *const *)b;

	return str_cmp(json_get_text(left, STR("Name")), json_get_text(right, STR("Name")));
}

struct str dimensions_key(struct arena *a, const struct json *dimensions)
{
	struct json *sorted = dimensions && dimensions->count ? json_copy_array(a, dimensions) : NULL;
	struct buf text;

	if (!sorted)
		return STR("");
	qsort(sorted->items, sorted->count, sizeof(*sorted->items), by_name);
	buf_init(&text, KIB(64));
	for (size_t i = 0; i < sorted->count; i++) {
		if (i)
			buf_add_char(&text, SEPARATOR);
		buf_add_str(&text, json_get_text(sorted->items[i], STR("Name")));
		buf_add_char(&text, '=');
		buf_add_str(&text, json_get_text(sorted->items[i], STR("Value")));
	}
	struct str out = arena_str(a, buf_str(&text));
	buf_release(&text);
	return out;
}

const struct json *dimensions_list(struct arena *a, struct str key)
{
	struct json *list = json_new_array(a);
	struct str rest = key.n ? key : STR_NULL;

	while (str_is_set(rest)) {
		struct str value = str_split(&rest, SEPARATOR);
		struct str name = str_split(&value, '=');
		struct json *one = json_new_object(a);

		json_put(a, one, STR("Name"), json_new_string(a, name));
		json_put(a, one, STR("Value"), json_new_string(a, value));
		json_add(a, list, one);
	}
	return list;
}

/* ---- aggregates ---- */

void aggregate_add(struct aggregate *a, const struct aggregate *more)
{
	if (more->n == 0)
		return;
	if (a->n == 0 || more->min < a->min)
		a->min = more->min;
	if (a->n == 0 || more->max > a->max)
		a->max = more->max;
	a->n += more->n;
	a->sum += more->sum;
}

bool is_statistic(struct str text)
{
	static const char *const names[] = { "SampleCount", "Average", "Sum", "Minimum", "Maximum" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq_c(text, names[i]))
			return true;
	return false;
}

bool is_percentile(struct str text)
{
	double value;

	return text.n > 1 && text.p[0] == 'p' && str_to_double(str_from(text, 1), &value) == 0 && value >= 0 && value <= 100;
}

double aggregate_statistic(const struct aggregate *a, struct str statistic)
{
	if (str_eq_c(statistic, "SampleCount"))
		return a->n;
	if (str_eq_c(statistic, "Average"))
		return a->n > 0 ? a->sum / a->n : 0;
	if (str_eq_c(statistic, "Minimum"))
		return a->min;
	return str_eq_c(statistic, "Maximum") || is_percentile(statistic) ? a->max : a->sum;
}

/* ---- rows ---- */

static void minute_key(struct key *key, const struct metric_name *name, int64_t minute_ms)
{
	record_key(key, name->name_space, name->metric, name->dimensions);
	key_add_u64(key, minute_ms < 0 ? 0 : (uint64_t)(minute_ms / MINUTE_MS));
}

static double number(const struct json *record, struct str name)
{
	double value;

	return json_to_double(json_get(record, name), &value) == 0 ? value : 0;
}

static struct aggregate from_record(const struct json *record)
{
	return (struct aggregate){ number(record, STR("n")), number(record, STR("sum")), number(record, STR("min")),
				   number(record, STR("max")) };
}

static const struct json *to_record(struct arena *a, const struct aggregate *g)
{
	struct json *out = json_new_object(a);

	json_add_member(a, out, STR("n"), json_new_double(a, g->n));
	json_add_member(a, out, STR("sum"), json_new_double(a, g->sum));
	json_add_member(a, out, STR("min"), json_new_double(a, g->min));
	json_add_member(a, out, STR("max"), json_new_double(a, g->max));
	return out;
}

/* The metric is listed from its first measurement on. */
static int list_metric(struct store_txn *txn, struct arena *a, const struct metric_name *name, struct error *err)
{
	struct json *record = json_new_object(a);
	struct key key;

	record_key(&key, STR("metric"), name->name_space, name->metric, name->dimensions);
	if (store_has(txn, SPACE_MONITORING, key_str(&key)))
		return 0;
	json_put(a, record, STR("Namespace"), json_new_string(a, name->name_space));
	json_put(a, record, STR("MetricName"), json_new_string(a, name->metric));
	json_put(a, record, STR("Dimensions"), dimensions_list(a, name->dimensions));
	return record_put(txn, SPACE_MONITORING, &key, a, record, err);
}

int data_add(struct store_txn *txn, struct arena *a, const struct metric_name *name, int64_t minute_ms,
	     const struct aggregate *more, struct error *err)
{
	struct aggregate total = { 0 };
	const struct json *before;
	struct key key;

	minute_key(&key, name, minute_ms);
	int rc = record_get(txn, SPACE_MONITORING_DATA, &key, a, &before, err);
	if (rc == 0)
		total = from_record(before);
	else if (rc == ERR_NOT_FOUND)
		rc = list_metric(txn, a, name, err);
	if (rc < 0)
		return rc;
	aggregate_add(&total, more);
	return record_put(txn, SPACE_MONITORING_DATA, &key, a, to_record(a, &total), err);
}

int data_read(struct store_txn *txn, struct arena *a, const struct metric_name *name, int64_t from_ms, int64_t to_ms,
	      struct aggregate *out, struct error *err)
{
	struct store_cursor cursor = { 0 };
	struct str row_key, value;
	struct key from, to;

	*out = (struct aggregate){ 0 };
	minute_key(&from, name, from_ms);
	minute_key(&to, name, to_ms + MINUTE_MS - 1);
	int rc = store_scan(&cursor, txn, SPACE_MONITORING_DATA, key_str(&from), key_str(&to), false, err);
	while (rc >= 0 && (rc = store_next(&cursor, &row_key, &value, err)) > 0) {
		const struct json *record;

		if (json_parse(a, arena_str(a, value), &record, NULL) != 0)
			continue;
		struct aggregate one = from_record(record);
		aggregate_add(out, &one);
	}
	store_scan_end(&cursor);
	return rc < 0 ? rc : 0;
}

/* ---- forgetting ---- */

struct sweep {
	struct store_txn *txn;
	struct error *err;
	struct arena arena;
	int64_t before_ms;
};

static int sweep_metric(void *argument, const struct json *record)
{
	struct sweep *s = argument;
	struct metric_name name = { .name_space = json_get_text(record, STR("Namespace")),
				    .metric = json_get_text(record, STR("MetricName")),
				    .dimensions = dimensions_key(&s->arena, json_get_c(record, "Dimensions")) };
	struct key from, to;

	minute_key(&from, &name, 0);
	minute_key(&to, &name, s->before_ms);
	int rc = store_delete_range(s->txn, SPACE_MONITORING_DATA, key_str(&from), key_str(&to), s->err);
	return rc < 0 ? rc : 1;
}

int data_sweep(struct store_txn *txn, int64_t now_ms, struct error *err)
{
	struct sweep s = { .txn = txn, .err = err, .before_ms = now_ms - MONITORING_DAYS * DAY_MS };
	struct key key;

	arena_init(&s.arena, MIB(64));
	record_key(&key, STR("metric"));
	int rc = record_page(txn, SPACE_MONITORING, &key, &(struct record_window){ 0 }, &s.arena, sweep_metric, &s, NULL, err);
	arena_release(&s.arena);
	return rc;
}
