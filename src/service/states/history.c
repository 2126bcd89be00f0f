/* SPDX-License-Identifier: Apache-2.0
 *
 * GetExecutionHistory. A row of the store holds the events of one step; a page may begin and end inside one. The token is the
 * id of the next event to show.
 */
#include "aws/arn.h"
#include "base/encode.h"
#include "service/states/execution.h"

const struct bind states_get_execution_history_fields[] = {
	BIND_STR(struct page_input, arn, "executionArn", .required = true, .min = 1, .max = 256),
	BIND_I64(struct page_input, max, "maxResults", .min = 0, .max = 1000),
	BIND_BOOL(struct page_input, reverse, "reverseOrder"),
	BIND_STR(struct page_input, token, "nextToken", .min = 1, .max = 1024),
	BIND_BOOL(struct page_input, data, "includeExecutionData"),
	BIND_DONE,
};

struct reading {
	struct call *call;
	struct str machine, name;
	bool reverse, data;
	int64_t from, left, next; /* ids; `from` 0: the beginning or the end */
};

static bool is_data(struct str name)
{
	static const char *const names[] = { "input",         "inputDetails",      "output",
					     "outputDetails", "parameters",        "error",
					     "cause",         "assignedVariables", "assignedVariablesDetails" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq_c(name, names[i]))
			return true;
	return false;
}

static const struct json *without_data(struct arena *a, const struct json *event)
{
	struct json *out = json_new_object(a);
	for (size_t i = 0; i < event->count; i++) {
		const struct json_member *m = &event->members[i];
		struct json *details = json_is(m->value, JSON_OBJECT) ? json_new_object(a) : NULL;
		for (size_t k = 0; details && k < m->value->count; k++)
			if (!is_data(m->value->members[k].name))
				(void)json_add_member(a, details, m->value->members[k].name, m->value->members[k].value);
		(void)json_add_member(a, out, m->name, details ? details : m->value);
	}
	return out;
}

static int show_event(struct reading *r, const struct json *event)
{
	int64_t id = 0;
	if (json_to_i64(json_get_c(event, "id"), &id) < 0)
		return ERR_CORRUPT;
	if (r->from && (r->reverse ? id > r->from : id < r->from))
		return 0;
	if (r->left == 0) {
		r->next = id;
		return 1;
	}
	r->left--;
	write_json(&r->call->out, NULL, r->data ? event : without_data(&r->call->arena, event));
	return 0;
}

static int show_row(struct reading *r, struct str value)
{
	struct arena *a = &r->call->arena;
	struct str text = arena_printf(a, "[" STR_FMT "]", STR_ARG(value));
	const struct json *events;
	int rc = 0;
	if (json_parse(a, text, &events, NULL) < 0)
		return ERR_CORRUPT;
	for (size_t i = 0; rc == 0 && i < events->count; i++)
		rc = show_event(r, events->items[r->reverse ? events->count - 1 - i : i]);
	return rc;
}

static void history_key(struct key *k, const struct reading *r)
{
	key_init(k);
	key_add_str(k, r->machine);
	key_add_str(k, r->name);
}

/* Keys carry the last id of their row: forward starts at the first row that ends at `from` or later. */
static int show(struct reading *r)
{
	struct key from, prefix;
	struct store_cursor c;
	struct str at, value;
	struct error err = { 0 };
	history_key(&prefix, r);
	from = prefix;
	if (r->from && !r->reverse)
		key_add_u64(&from, (uint64_t)r->from);
	struct str end = key_prefix_end(&r->call->arena, key_str(&prefix));
	int rc = store_scan(&c, r->call->txn, SPACE_EXECUTION_HISTORY, key_str(&from), end, r->reverse, &err);
	while (rc == 0 && (rc = store_next(&c, &at, &value, &err)) > 0)
		rc = show_row(r, value);
	store_scan_end(&c);
	return rc < 0 ? call_fault(r->call, &err) : 0;
}

static int parse_token(struct call *call, struct str token, int64_t *from)
{
	struct str text;
	if (!str_is_set(token))
		return 0;
	if (base64_decode(&call->arena, token, &text) < 0 || str_to_i64(text, from) < 0 || *from < 1)
		return call_failf(call, &states_InvalidToken, "Invalid Token: 'Invalid token'");
	return 0;
}

int states_get_execution_history(struct call *call)
{
	const struct page_input *in = call->input;
	struct execution_record x;
	struct arn arn;
	struct reading r = { .call = call,
			     .reverse = in->reverse.value,
			     .data = !in->data.set || in->data.value,
			     .left = in->max.set && in->max.value > 0 ? in->max.value : 100 };
	if (arn_parse(in->arn, &arn) < 0 || !str_eq_c(arn.service, "states"))
		return call_failf(call, &states_InvalidArn, "Invalid Arn: 'Invalid ARN prefix: " STR_FMT "'", STR_ARG(in->arn));
	if (!str_starts(arn.resource, STR("execution:")))
		return call_failf(call, &states_InvalidArn, "Invalid Arn: 'Resource type not valid in this context'");
	struct str rest = arn_resource_id(arn.resource);
	r.machine = str_split(&rest, ':');
	r.name = rest;
	if (!str_is_set(r.name) || execution_load(call->txn, &call->arena, r.machine, r.name, &x, NULL) < 0)
		return call_failf(call, &states_ExecutionDoesNotExist, "Execution Does Not Exist: '" STR_FMT "'",
				  STR_ARG(in->arn));
	if (parse_token(call, in->token, &r.from) < 0)
		return ERR_SERVICE;
	write_list(&call->out, "events", NULL);
	if (show(&r) < 0)
		return ERR_SERVICE;
	write_end(&call->out);
	if (r.next) {
		struct str text = arena_printf(&call->arena, "%lld", (long long)r.next);
		write_str(&call->out, "nextToken", base64_encode(&call->arena, text.p, text.n));
	}
	return 0;
}
