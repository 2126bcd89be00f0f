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

static void write_optional(struct writer *w, const char *name, struct str text)
{
	if (str_is_set(text))
		write_str(w, name, text);
	else
		write_null(w, name);
}

static void write_included(struct writer *w, const char *name, bool there)
{
	if (!there) {
		write_null(w, name);
		return;
	}
	write_object(w, name);
	write_bool(w, "included", true);
	write_end(w);
}

static void write_detail(struct writer *w, const struct progress *p)
{
	const struct execution_record *x = &p->record;
	write_object(w, "detail");
	write_str(w, "executionArn", p->execution.arn);
	write_str(w, "stateMachineArn", p->execution.machine_arn);
	write_str(w, "name", x->name);
	write_str(w, "status", x->status);
	write_i64(w, "startDate", x->start_ms);
	if (x->stop_ms)
		write_i64(w, "stopDate", x->stop_ms);
	else
		write_null(w, "stopDate");
	write_str(w, "input", x->input);
	write_optional(w, "output", x->output);
	write_null(w, "stateMachineVersionArn");
	write_null(w, "stateMachineAliasArn");
	write_i64(w, "redriveCount", 0);
	write_null(w, "redriveDate");
	write_c(w, "redriveStatus", "NOT_REDRIVABLE");
	write_null(w, "redriveStatusReason");
	write_included(w, "inputDetails", true);
	write_included(w, "outputDetails", str_is_set(x->output));
	write_optional(w, "error", x->error);
	write_optional(w, "cause", x->cause);
	write_end(w);
}

int report_status(struct progress *p, struct store_txn *txn, struct error *err)
{
	struct host *h = p->service->host;
	struct buf b;
	struct writer w;
	const struct json *event;
	buf_init(&b, MIB(4));
	writer_init(&w, &b, WRITER_JSON);
	write_object(&w, NULL);
	write_c(&w, "source", "aws.states");
	write_c(&w, "detail-type", "Step Functions Execution Status Change");
	write_str(&w, "account", host_account(h));
	write_str(&w, "region", host_region(h));
	write_list(&w, "resources", NULL);
	write_str(&w, NULL, p->execution.arn);
	write_end(&w);
	write_detail(&w, p);
	write_end(&w);
	struct str text = arena_str(&p->arena, buf_str(&b));
	buf_release(&b);
	int rc = json_parse(&p->arena, text, &event, err);
	return rc < 0 ? rc : host_put_event(h, txn, event, err);
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
	case LOG_EVERYTHING: return true;
	case LOG_ERRORS: return bad;
	case LOG_FATAL_ONLY: return bad && str_starts(type, STR("Execution"));
	case LOG_OFF: break;
	}
	return false;
}

static bool is_data(struct str name)
{
	static const char *const names[] = { "input", "inputDetails", "output", "outputDetails", "parameters", "assignedVariables",
					     "assignedVariablesDetails", "error", "cause" };
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
