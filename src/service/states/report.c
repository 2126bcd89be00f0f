/* SPDX-License-Identifier: Apache-2.0
 *
 * What others learn of an execution: status events on the default bus, metrics, and lines in a log group.
 */
#include "os/random.h"
#include "format/date.h"
#include "service/states/execution.h"

const char *status_name(enum states_status status)
{
	static const char *const names[] = { "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED" };
	return names[status];
}

/* ---- status change events ---- */

static void put(struct arena *a, struct json *o, const char *name, const struct json *value)
{
	(void)json_add_member(a, o, str_c(name), value ? value : &json_null);
}

/* Absent texts are null in these events. */
static void put_text(struct arena *a, struct json *o, const char *name, struct str text)
{
	put(a, o, name, str_is_set(text) ? json_new_string(a, text) : NULL);
}

static const struct json *included(struct arena *a, bool there)
{
	struct json *o = there ? json_new_object(a) : NULL;
	if (o)
		put(a, o, "included", &json_bool_true);
	return o;
}

static const struct json *detail(struct arena *a, const struct progress *p)
{
	const struct execution_record *x = &p->record;
	struct json *o = json_new_object(a);
	put_text(a, o, "executionArn", p->execution.arn);
	put_text(a, o, "stateMachineArn", p->execution.machine_arn);
	put_text(a, o, "name", x->name);
	put_text(a, o, "status", x->status);
	put(a, o, "startDate", json_new_i64(a, x->start_ms));
	put(a, o, "stopDate", x->stop_ms ? json_new_i64(a, x->stop_ms) : NULL);
	put_text(a, o, "input", x->input);
	put_text(a, o, "output", x->output);
	put(a, o, "stateMachineVersionArn", NULL);
	put(a, o, "stateMachineAliasArn", NULL);
	put(a, o, "redriveCount", json_new_i64(a, 0));
	put(a, o, "redriveDate", NULL);
	put_text(a, o, "redriveStatus", STR("NOT_REDRIVABLE"));
	put(a, o, "redriveStatusReason", NULL);
	put(a, o, "inputDetails", included(a, true));
	put(a, o, "outputDetails", included(a, str_is_set(x->output)));
	put_text(a, o, "error", x->error);
	put_text(a, o, "cause", x->cause);
	return o;
}

int report_status(struct progress *p, struct store_txn *txn, struct error *err)
{
	struct host *h = p->service->host;
	struct arena *a = &p->arena;
	struct json *event = json_new_object(a), *resources = json_new_array(a);
	(void)json_add(a, resources, json_new_string(a, p->execution.arn));
	put_text(a, event, "source", STR("aws.states"));
	put_text(a, event, "detail-type", STR("Step Functions Execution Status Change"));
	put(a, event, "resources", resources);
	put(a, event, "detail", detail(a, p));
	return arena_failed(a) ? error_set(err, ERR_NO_MEMORY, "out of memory") : host_put_event(h, txn, event, err);
}

/* ---- metrics ---- */

void report_metrics(struct states *s, struct str machine_arn, enum states_status status, bool started)
{
	static const char *const ended[] = { NULL, "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut",
					     "ExecutionsAborted" };
	if (started)
		host_metric(s->host, "AWS/States", "ExecutionsStarted", "StateMachineArn", machine_arn, 1);
	if (ended[status])
		host_metric(s->host, "AWS/States", ended[status], "StateMachineArn", machine_arn, 1);
}

/* ---- logs ---- */

static bool is_chosen(enum log_choice choice, struct str type)
{
	bool bad = str_ends(type, STR("Failed")) || str_ends(type, STR("TimedOut")) || str_ends(type, STR("Aborted"));
	switch (choice) {
	case LOG_EVERYTHING:
		return true;
	case LOG_ERRORS:
		return bad;
	case LOG_FATAL_ONLY:
		return bad && str_starts(type, STR("Execution"));
	case LOG_OFF:
		break;
	}
	return false;
}

static bool is_data(struct str name)
{
	static const char *const names[] = {
		"input", "inputDetails", "output", "outputDetails", "parameters", "assignedVariables", "assignedVariablesDetails",
		"error", "cause"
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq_c(name, names[i]))
			return true;
	return false;
}

static void write_details(struct writer *w, const struct json *event, bool data)
{
	for (size_t i = 0; i < event->count; i++) {
		const struct json_member *m = &event->members[i];
		if (!json_is(m->value, JSON_OBJECT))
			continue;
		write_object(w, "details");
		for (size_t k = 0; k < m->value->count; k++) {
			const struct json_member *d = &m->value->members[k];
			if (data || !is_data(d->name)) {
				char name[64];
				snprintf(name, sizeof(name), STR_FMT, STR_ARG(d->name));
				write_json(w, name, d->value);
			}
		}
		write_end(w);
	}
}

static void log_event(struct states *s, const struct revision *r, const struct execution *x, const struct json *event,
		      struct str stream)
{
	int64_t id = 0, previous = 0;
	double at = 0;
	struct buf b;
	struct writer w;
	if (json_to_i64(json_get_c(event, "id"), &id) < 0 || json_to_i64(json_get_c(event, "previousEventId"), &previous) < 0 ||
	    json_to_double(json_get_c(event, "timestamp"), &at) < 0)
		return;
	buf_init(&b, MIB(2));
	writer_init(&w, &b, WRITER_JSON);
	write_object(&w, NULL);
	write_strf(&w, "id", "%lld", (long long)id);
	write_str(&w, "type", json_get_text(event, STR("type")));
	write_details(&w, event, r->log_data);
	write_strf(&w, "previous_event_id", "%lld", (long long)previous);
	write_strf(&w, "event_timestamp", "%.0f", at * 1000);
	write_str(&w, "execution_arn", x->arn);
	write_end(&w);
	host_log(s->host, r->log_group, stream, (int64_t)(at * 1000), buf_str(&b));
	buf_release(&b);
}

/* One stream a machine and day keeps their number small. */
static struct str stream_name(struct arena *a, const struct execution *x)
{
	struct date_parts d;
	date_split(x->start_ms, &d);
	return arena_printf(a, "states/" STR_FMT "/%04d-%02d-%02d", STR_ARG(x->machine_name), d.year, d.month, d.day);
}

void report_log(struct states *s, const struct revision *r, const struct execution *x, struct str events)
{
	struct arena a;
	const struct json *list;
	if (r->logging == LOG_OFF || !str_is_set(r->log_group) || events.n == 0)
		return;
	arena_init(&a, MIB(128));
	struct str text = arena_printf(&a, "[" STR_FMT "]", STR_ARG(events));
	struct str stream = stream_name(&a, x);
	if (json_parse(&a, text, &list, NULL) == 0)
		for (size_t i = 0; i < list->count; i++)
			if (is_chosen(r->logging, json_get_text(list->items[i], STR("type"))))
				log_event(s, r, x, list->items[i], stream);
	arena_release(&a);
}
