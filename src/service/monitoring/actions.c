/* SPDX-License-Identifier: Apache-2.0
 *
 * What a change of state does: the record, its history, an event on the bus, and the alarm's actions.
 */
#include "service/monitoring/internal.h"

#include "base/limits.h"
#include "base/log.h"
#include "format/date.h"

static const char *action_list(struct str state)
{
	if (str_eq_c(state, "ALARM"))
		return "AlarmActions";
	return str_eq_c(state, "OK") ? "OKActions" : "InsufficientDataActions";
}

static int64_t time_of(const struct json *alarm, struct str name)
{
	int64_t at;

	return json_to_i64(json_get(alarm, name), &at) == 0 ? at : 0;
}

/* ---- the message for topics ---- */

static void write_trigger(struct writer *w, const struct json *alarm)
{
	static const char *const members[] = { "MetricName", "Namespace" };
	static const char *const numbers[] = { "Period", "EvaluationPeriods", "DatapointsToAlarm" };
	const struct json *dimensions = json_get_c(alarm, "Dimensions");

	write_object(w, "Trigger");
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		write_json(w, members[i], json_get(alarm, str_c(members[i])));
	write_c(w, "StatisticType", "Statistic");
	write_json(w, "Statistic", json_get_c(alarm, "Statistic"));
	write_list(w, "Dimensions", NULL);
	for (size_t i = 0; dimensions && i < dimensions->count; i++) {
		write_object(w, NULL);
		write_json(w, "value", json_get_c(dimensions->items[i], "Value"));
		write_json(w, "name", json_get_c(dimensions->items[i], "Name"));
		write_end(w);
	}
	write_end(w);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		write_json(w, numbers[i], json_get(alarm, str_c(numbers[i])));
	write_json(w, "ComparisonOperator", json_get_c(alarm, "ComparisonOperator"));
	write_json(w, "Threshold", json_get_c(alarm, "Threshold"));
	write_json(w, "TreatMissingData", json_get_c(alarm, "TreatMissingData"));
	write_end(w);
}

static void write_notification(struct writer *w, struct monitoring *m, const struct json *alarm, struct str old_state)
{
	char changed[DATE_TEXT_MAX], configured[DATE_TEXT_MAX];

	write_object(w, NULL);
	write_json(w, "AlarmName", json_get_c(alarm, "AlarmName"));
	if (json_get_c(alarm, "AlarmDescription"))
		write_json(w, "AlarmDescription", json_get_c(alarm, "AlarmDescription"));
	else
		write_null(w, "AlarmDescription");
	write_str(w, "AWSAccountId", host_account(m->host));
	write_str(w, "AlarmConfigurationUpdatedTimestamp",
		  date_iso_ms(configured, time_of(alarm, STR("AlarmConfigurationUpdatedTimestamp"))));
	write_json(w, "NewStateValue", json_get_c(alarm, "StateValue"));
	write_json(w, "NewStateReason", json_get_c(alarm, "StateReason"));
	write_str(w, "StateChangeTime", date_iso_ms(changed, time_of(alarm, STR("StateUpdatedTimestamp"))));
	write_str(w, "Region", host_region(m->host));
	write_json(w, "AlarmArn", json_get_c(alarm, "AlarmArn"));
	write_str(w, "OldStateValue", old_state);
	write_json(w, "OKActions", json_get_c(alarm, "OKActions"));
	write_json(w, "AlarmActions", json_get_c(alarm, "AlarmActions"));
	write_json(w, "InsufficientDataActions", json_get_c(alarm, "InsufficientDataActions"));
	if (json_get_c(alarm, "MetricName"))
		write_trigger(w, alarm);
	else
		write_json(w, "AlarmRule", json_get_c(alarm, "AlarmRule"));
	write_end(w);
}

/* ---- calls ---- */

static void acted(struct call *call, void *argument)
{
	(void)argument;
	if (call->error.code)
		log_warn("monitoring", "an alarm's action failed operation=%s code=%s",
			 call->operation ? call->operation->name : "-", call->error.name);
}

static void put_text(struct arena *a, struct json *out, const char *name, struct str text)
{
	json_put(a, out, str_c(name), json_new_string(a, text));
}

static void start_action(struct monitoring *m, struct arena *a, struct str action, const struct json *alarm, struct str message)
{
	struct str state = json_get_text(alarm, STR("StateValue")), name = json_get_text(alarm, STR("AlarmName"));
	struct json *parameters = json_new_object(a);
	bool topic = str_starts(action, STR("arn:aws:sns:"));
	struct host_request request = { .service = topic ? "sns" : "lambda", .operation = topic ? "Publish" : "Invoke" };

	if (topic) {
		struct str subject = arena_printf(a, STR_FMT ": \"" STR_FMT "\" in " STR_FMT, STR_ARG(state), STR_ARG(name),
						  STR_ARG(host_region(m->host)));

		put_text(a, parameters, "TopicArn", action);
		put_text(a, parameters, "Message", message);
		put_text(a, parameters, "Subject", str_sub(subject, 0, 100));
	} else {
		put_text(a, parameters, "FunctionName", action);
		put_text(a, parameters, "InvocationType", STR("Event"));
		request.body = message;
	}
	host_service_principal(&request.principal,
			       topic ? STR("cloudwatch.amazonaws.com") : STR("lambda.alarms.cloudwatch.amazonaws.com"),
			       json_get_text(alarm, STR("AlarmArn")));
	request.parameters = parameters;
	if (host_call(m->host, &request, acted, NULL) < 0)
		log_warn("monitoring", "an alarm's action could not be started alarm=" STR_FMT, STR_ARG(name));
}

static void start_actions(struct monitoring *m, const struct json *alarm, struct str old_state)
{
	const struct json *actions = json_get(alarm, str_c(action_list(json_get_text(alarm, STR("StateValue")))));
	struct arena arena;
	struct writer w;
	struct buf text;

	if (!json_true(json_get_c(alarm, "ActionsEnabled")))
		return;
	arena_init(&arena, MIB(1));
	buf_init(&text, KIB(256));
	writer_init(&w, &text, WRITER_JSON);
	write_notification(&w, m, alarm, old_state);
	for (size_t i = 0; actions && i < actions->count; i++)
		start_action(m, &arena, json_text(actions->items[i]), alarm, buf_str(&text));
	buf_release(&text);
	arena_release(&arena);
}

/* ---- the change ---- */

/* What is left to do once the change is committed; owns its texts. */
struct pending_actions {
	struct monitoring *monitoring;
	struct arena arena;
	const struct json *alarm;
	struct str old_state;
};

static void pending_free(struct pending_actions *p)
{
	arena_release(&p->arena);
	free(p);
}

/* On the pool: the calls prepare messages. */
static void run_pending(void *argument)
{
	struct pending_actions *p = argument;

	start_actions(p->monitoring, p->alarm, p->old_state);
	pending_free(p);
}

static void committed(void *argument)
{
	struct pending_actions *p = argument;

	if (pool_run(host_pool(p->monitoring->host), run_pending, p) < 0)
		run_pending(p);
}

static int plan_actions(struct monitoring *m, struct store_txn *txn, const struct json *alarm, struct str old_state,
			struct error *err)
{
	struct pending_actions *p = calloc(1, sizeof(*p));

	if (!p)
		return error_set(err, ERR_NO_MEMORY, "out of memory for an alarm's actions");
	arena_init(&p->arena, MIB(1));
	p->monitoring = m;
	p->alarm = json_clone(&p->arena, alarm);
	p->old_state = arena_str(&p->arena, old_state);
	if (!arena_failed(&p->arena) && store_after_commit(txn, committed, p) == 0)
		return 0;
	pending_free(p);
	return error_set(err, ERR_NO_MEMORY, "out of memory for an alarm's actions");
}

static int put_history(struct store_txn *txn, struct arena *a, const struct json *alarm, struct str old_state, int64_t now,
		       struct error *err)
{
	struct str state = json_get_text(alarm, STR("StateValue"));
	struct json *item = json_new_object(a), *data = json_new_object(a);
	struct key key;

	put_text(a, data, "oldState", old_state);
	put_text(a, data, "newState", state);
	put_text(a, data, "reason", json_get_text(alarm, STR("StateReason")));
	json_put(a, item, STR("AlarmName"), json_get_c(alarm, "AlarmName"));
	json_put(a, item, STR("AlarmType"), json_get_c(alarm, "Type"));
	json_put(a, item, STR("Timestamp"), json_new_i64(a, now));
	put_text(a, item, "HistoryItemType", STR("StateUpdate"));
	put_text(a, item, "HistorySummary",
		 arena_printf(a, "Alarm updated from " STR_FMT " to " STR_FMT, STR_ARG(old_state), STR_ARG(state)));
	put_text(a, item, "HistoryData", json_to_str(a, data));
	record_key(&key, STR("history"), json_get_text(alarm, STR("AlarmName")));
	key_add_u64(&key, (uint64_t)now);
	return record_put(txn, SPACE_MONITORING, &key, a, item, err);
}

static const struct json *state_object(struct arena *a, const struct json *alarm)
{
	struct json *out = json_new_object(a);
	char at[DATE_TEXT_MAX];

	json_put(a, out, STR("value"), json_get_c(alarm, "StateValue"));
	json_put(a, out, STR("reason"), json_get_c(alarm, "StateReason"));
	put_text(a, out, "timestamp", arena_str(a, date_iso_ms(at, time_of(alarm, STR("StateUpdatedTimestamp")))));
	return out;
}

/* "CloudWatch Alarm State Change", for rules to see. */
static int publish_event(struct monitoring *m, struct store_txn *txn, struct arena *a, const struct json *before,
			 const struct json *after, struct error *err)
{
	struct json *event = json_new_object(a), *detail = json_new_object(a), *resources = json_new_array(a);

	json_add(a, resources, json_get_c(after, "AlarmArn"));
	json_put(a, detail, STR("alarmName"), json_get_c(after, "AlarmName"));
	json_put(a, detail, STR("state"), state_object(a, after));
	json_put(a, detail, STR("previousState"), state_object(a, before));
	put_text(a, event, "source", STR("aws.cloudwatch"));
	put_text(a, event, "detail-type", STR("CloudWatch Alarm State Change"));
	json_put(a, event, STR("resources"), resources);
	json_put(a, event, STR("detail"), detail);
	return host_put_event(m->host, txn, event, err);
}

/* While its suppressor is in ALARM a composite alarm changes state, but does nothing. (Wait and extension periods are kept, not
 * waited for.) */
static bool is_suppressed(struct store_txn *txn, struct arena *a, const struct json *alarm)
{
	struct str name = json_get_text(alarm, STR("ActionsSuppressor"));
	ptrdiff_t at = str_find(name, STR(":alarm:"), 0);
	const struct json *suppressor;
	struct key key;

	if (!str_is_set(name))
		return false;
	record_key(&key, STR("alarm"), at < 0 ? name : str_from(name, (size_t)at + 7));
	return record_get(txn, SPACE_MONITORING, &key, a, &suppressor, NULL) == 0 &&
	       str_eq_c(json_get_text(suppressor, STR("StateValue")), "ALARM");
}

int alarm_change(struct monitoring *m, struct store_txn *txn, struct arena *a, const struct json *alarm,
		 const struct verdict *verdict, int64_t now_ms, struct error *err)
{
	struct str old_state = json_get_text(alarm, STR("StateValue"));
	const struct json *now = json_new_i64(a, now_ms);
	struct json *changed = json_copy_object(a, alarm);
	struct key key;

	put_text(a, changed, "StateValue", str_c(verdict->state));
	put_text(a, changed, "StateReason", verdict->reason);
	json_put(a, changed, STR("StateUpdatedTimestamp"), now);
	json_put(a, changed, STR("StateTransitionedTimestamp"), now);
	record_key(&key, STR("alarm"), json_get_text(alarm, STR("AlarmName")));
	int rc = record_put(txn, SPACE_MONITORING, &key, a, changed, err);
	if (rc == 0)
		rc = put_history(txn, a, changed, old_state, now_ms, err);
	if (rc == 0)
		rc = publish_event(m, txn, a, alarm, changed, err);
	if (rc == 0 && !is_suppressed(txn, a, changed))
		rc = plan_actions(m, txn, changed, old_state, err);
	return rc;
}
