/* SPDX-License-Identifier: Apache-2.0
 *
 * Subscription filters: lines that fit a pattern go to a function, gathered as one gzipped document. Other destinations
 * (streams, delivery streams) are services that do not exist here.
 * Source: "Log group-level subscription filters", CloudWatch Logs User Guide.
 */
#include "service/logs/internal.h"

#include <zlib.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/log.h"
#include "format/writer.h"
#include "os/clock.h"
#include "service/logs/filter.h"

enum { SUBSCRIPTIONS_MAX = 2 /* of a group */ };

static const char *const distributions[] = { "ByLogStream", "Random", NULL };

#define SUBSCRIPTION_GROUP BIND_STR(struct logs_input, group, "logGroupName", .required = true, .min = 1, .max = 512)
#define SUBSCRIPTION_NAME BIND_STR(struct logs_input, filter_name, "filterName", .required = true, .min = 1, .max = 512)

const struct bind logs_put_subscription_filter_fields[] = {
	SUBSCRIPTION_GROUP,
	SUBSCRIPTION_NAME,
	BIND_STR(struct logs_input, filter_pattern, "filterPattern", .required = true, .max = 1024),
	BIND_STR(struct logs_input, destination, "destinationArn", .required = true, .min = 1),
	BIND_STR(struct logs_input, role, "roleArn", .min = 1),
	BIND_STR(struct logs_input, distribution, "distribution", .values = distributions),
	BIND_IGNORED("applyOnTransformedLogs"), /* there are no log transformers */
	BIND_REFUSED("fieldSelectionCriteria"),
	BIND_REFUSED("emitSystemFields"),
	BIND_DONE,
};

static int count_one(void *argument, const struct json *record)
{
	const struct logs_input *in = ((struct call *)argument)->input;

	return str_eq(json_get_text(record, STR("filterName")), in->filter_name) ? 0 : 1;
}

/* Whether the group has room for this filter. */
static int check_room(struct call *call)
{
	const struct logs_input *in = call->input;
	struct record_window window = { .limit = SUBSCRIPTIONS_MAX };
	struct error err = { 0 };
	struct str next = STR_NULL;
	struct key key;

	record_key(&key, STR("subscription"), in->group);
	window.limit = SUBSCRIPTIONS_MAX - 1; /* there is more than that: no room */
	if (record_page(call->txn, SPACE_LOGS, &key, &window, &call->arena, count_one, call, &next, &err) < 0)
		return call_fault(call, &err);
	return str_is_set(next) ? call_failf(call, &logs_LimitExceededException, "Resource limit exceeded.") : 0;
}

int logs_put_subscription_filter(struct call *call)
{
	const struct logs_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *filter = json_new_object(a);
	const struct log_filter *compiled;
	const struct json *group;
	struct error err = { 0 };
	struct key key;

	if (log_filter_compile(a, in->filter_pattern, &compiled, &err) < 0)
		return call_failf(call, &logs_InvalidParameterException, "%s", err.message);
	if (!str_starts(in->destination, STR("arn:aws:lambda:")))
		return call_failf(call, &logs_InvalidParameterException,
				  "destinationArn: this server delivers to Lambda functions only, not to " STR_FMT ".",
				  STR_ARG(in->destination));
	if (logs_need_group(call, in->group, &group) < 0 || check_room(call) < 0)
		return -1;
	json_put(a, filter, STR("filterName"), json_new_string(a, in->filter_name));
	json_put(a, filter, STR("logGroupName"), json_new_string(a, in->group));
	json_put(a, filter, STR("filterPattern"), json_new_string(a, in->filter_pattern));
	json_put(a, filter, STR("destinationArn"), json_new_string(a, in->destination));
	if (in->role.n)
		json_put(a, filter, STR("roleArn"), json_new_string(a, in->role));
	json_put(a, filter, STR("distribution"), json_new_string(a, in->distribution.n ? in->distribution : STR("ByLogStream")));
	json_put(a, filter, STR("creationTime"), json_new_i64(a, clock_wall_ms()));
	record_key(&key, STR("subscription"), in->group, in->filter_name);
	return logs_put(call, &key, filter);
}

const struct bind logs_delete_subscription_filter_fields[] = { SUBSCRIPTION_GROUP, SUBSCRIPTION_NAME, BIND_DONE };

int logs_delete_subscription_filter(struct call *call)
{
	return logs_delete_filter(call, STR("subscription"), "subscription");
}

const struct bind logs_describe_subscription_filters_fields[] = {
	SUBSCRIPTION_GROUP,
	BIND_STR(struct logs_input, prefix, "filterNamePrefix", .min = 1, .max = 512),
	BIND_STR(struct logs_input, token, "nextToken", .min = 1),
	BIND_I64(struct logs_input, limit, "limit", .min = 1, .max = 50),
	BIND_DONE,
};

static int write_subscription(void *argument, const struct json *filter)
{
	struct call *call = argument;
	const struct logs_input *in = call->input;

	if (!str_starts(json_get_text(filter, STR("filterName")), in->prefix))
		return 0;
	write_json(&call->out, NULL, filter);
	return 1;
}

int logs_describe_subscription_filters(struct call *call)
{
	const struct logs_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 50, .token = in->token };
	const struct json *group;
	struct error err = { 0 };
	struct str next;
	struct key key;

	if (logs_need_group(call, in->group, &group) < 0)
		return -1;
	record_key(&key, STR("subscription"), in->group);
	write_list(&call->out, "subscriptionFilters", NULL);
	if (record_page(call->txn, SPACE_LOGS, &key, &window, &call->arena, write_subscription, call, &next, &err) < 0)
		return logs_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "nextToken", next);
	return 0;
}

/* ---- acting ---- */

/* A delivery that waits for its lines to be committed; owns its texts. */
struct delivery {
	struct host *host;
	struct arena arena;
	struct str function, source_arn;
	struct str document;
};

struct applying {
	struct logs *logs;
	struct store_txn *txn;
	const struct log_batch *batch;
	struct arena *arena;
};

static void delivery_free(struct delivery *d)
{
	arena_release(&d->arena);
	free(d);
}

static void delivered(struct call *call, void *argument)
{
	(void)argument;
	if (call->error.code)
		log_warn("logs", "a subscription could not be delivered code=%s", call->error.name);
}

/* gzip, then base64: {"awslogs":{"data":…}}. */
static struct str packed(struct arena *a, struct str document)
{
	size_t room = document.n + document.n / 100 + 1024;
	uint8_t *bytes = arena_alloc(a, room);
	z_stream z = { .next_in = (Bytef *)(uintptr_t)document.p,
		       .avail_in = (uInt)document.n,
		       .next_out = bytes,
		       .avail_out = (uInt)room };

	if (!bytes || deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return STR_NULL;
	int rc = deflate(&z, Z_FINISH);
	size_t n = z.total_out;
	deflateEnd(&z);
	if (rc != Z_STREAM_END)
		return STR_NULL;
	struct str text = base64_encode(a, bytes, n);
	return arena_printf(a, "{\"awslogs\":{\"data\":\"" STR_FMT "\"}}", STR_ARG(text));
}

static void deliver(void *argument)
{
	struct delivery *d = argument;
	struct host_request request = { .service = "lambda", .operation = "Invoke" };
	struct json *parameters = json_new_object(&d->arena);

	json_put(&d->arena, parameters, STR("FunctionName"), json_new_string(&d->arena, d->function));
	json_put(&d->arena, parameters, STR("InvocationType"), json_new_string(&d->arena, STR("Event")));
	request.parameters = parameters;
	request.body = packed(&d->arena, d->document);
	host_service_principal(&request.principal, STR("logs.amazonaws.com"), d->source_arn);
	if (!request.body.p || host_call(d->host, &request, delivered, NULL) < 0)
		log_warn("logs", "a subscription could not be delivered function=" STR_FMT, STR_ARG(d->function));
	delivery_free(d);
}

static void committed(void *argument)
{
	struct delivery *d = argument;

	if (pool_run(host_pool(d->host), deliver, d) < 0)
		deliver(d);
}

static size_t write_events(struct applying *ap, const struct log_filter *filter, struct writer *w)
{
	size_t fits = 0;

	write_list(w, "logEvents", NULL);
	for (size_t i = 0; i < ap->batch->count; i++) {
		const struct log_event *e = &ap->batch->events[i];

		if (!log_filter_matches(filter, ap->arena, e->message))
			continue;
		fits++;
		write_object(w, NULL);
		write_strf(w, "id", "%056llu", (unsigned long long)e->timestamp_ms * 1000 + i);
		write_i64(w, "timestamp", e->timestamp_ms);
		write_str(w, "message", e->message);
		write_end(w);
	}
	write_end(w);
	return fits;
}

/* The document of the lines that fit; absent when none does. */
static struct str document_of(struct applying *ap, const struct json *record, const struct log_filter *filter, struct arena *to)
{
	struct str out = STR_NULL;
	struct writer w;
	struct buf text;

	buf_init(&text, MIB(16));
	writer_init(&w, &text, WRITER_JSON);
	write_object(&w, NULL);
	write_c(&w, "messageType", "DATA_MESSAGE");
	write_str(&w, "owner", host_account(ap->logs->host));
	write_str(&w, "logGroup", ap->batch->group);
	write_str(&w, "logStream", ap->batch->stream);
	write_list(&w, "subscriptionFilters", NULL);
	write_json(&w, NULL, json_get_c(record, "filterName"));
	write_end(&w);
	size_t fits = write_events(ap, filter, &w);
	write_end(&w);
	if (fits)
		out = arena_str(to, buf_str(&text));
	buf_release(&text);
	return out;
}

static int plan_delivery(void *argument, const struct json *record)
{
	struct applying *ap = argument;
	struct host *h = ap->logs->host;
	const struct log_filter *filter;
	struct delivery *d = calloc(1, sizeof(*d));

	if (!d)
		return 1;
	arena_init(&d->arena, MIB(64));
	d->host = h;
	d->function = arena_str(&d->arena, json_get_text(record, STR("destinationArn")));
	d->source_arn = arena_printf(&d->arena, "arn:aws:logs:" STR_FMT ":" STR_FMT ":log-group:" STR_FMT ":*",
				     STR_ARG(host_region(h)), STR_ARG(host_account(h)), STR_ARG(ap->batch->group));
	if (log_filter_compile(ap->arena, json_get_text(record, STR("filterPattern")), &filter, NULL) == 0)
		d->document = document_of(ap, record, filter, &d->arena);
	if (!d->document.p || arena_failed(&d->arena) || store_after_commit(ap->txn, committed, d) < 0)
		delivery_free(d);
	return 1;
}

void subscriptions_apply(struct logs *l, struct store_txn *txn, const struct log_batch *batch)
{
	struct applying ap = { .logs = l, .txn = txn, .batch = batch };
	struct arena arena;
	struct key key;

	arena_init(&arena, MIB(32));
	ap.arena = &arena;
	record_key(&key, STR("subscription"), batch->group);
	/* A failure to read them must not lose the lines. */
	if (record_page(txn, SPACE_LOGS, &key, &(struct record_window){ 0 }, &arena, plan_delivery, &ap, NULL, NULL) < 0)
		host_metric(l->host, "AWS/Logs", "DeliveryErrors", "LogGroupName", batch->group, 1);
	arena_release(&arena);
}
