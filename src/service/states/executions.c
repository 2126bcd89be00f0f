/* SPDX-License-Identifier: Apache-2.0
 *
 * StartExecution, StopExecution, and what can be asked about executions.
 */
#include "aws/arn.h"
#include "base/encode.h"
#include "os/random.h"
#include "service/states/execution.h"
#include "service/states/express.h"

static const char *const included[] = { "ALL_DATA", "METADATA_ONLY", NULL };
static const char *const statuses[] = { "RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE", NULL };
static const char *const redrives[] = { "REDRIVEN", "NOT_REDRIVEN", NULL };

const struct bind states_start_execution_fields[] = {
	BIND_STR(struct start_input, arn, "stateMachineArn", .required = true, .min = 1, .max = 256),
	BIND_STR(struct start_input, name, "name", .min = 1, .max = 80),
	BIND_STR(struct start_input, input, "input"),
	BIND_STR(struct start_input, trace, "traceHeader", .max = 256),
	BIND_DONE,
};
const struct bind states_describe_execution_fields[] = {
	BIND_STR(struct execution_input, arn, "executionArn", .required = true, .min = 1, .max = 256),
	BIND_STR(struct execution_input, include, "includedData", .values = included),
	BIND_DONE,
};
const struct bind states_describe_machine_for_execution_fields[] = {
	BIND_STR(struct execution_input, arn, "executionArn", .required = true, .min = 1, .max = 256),
	BIND_STR(struct execution_input, include, "includedData", .values = included),
	BIND_DONE,
};
const struct bind states_stop_execution_fields[] = {
	BIND_STR(struct execution_input, arn, "executionArn", .required = true, .min = 1, .max = 256),
	BIND_STR(struct execution_input, error, "error", .max = 256),
	BIND_STR(struct execution_input, cause, "cause", .max = 32768),
	BIND_DONE,
};
const struct bind states_list_executions_fields[] = {
	BIND_STR(struct page_input, arn, "stateMachineArn", .min = 1, .max = 256),
	BIND_STR(struct page_input, status, "statusFilter", .values = statuses),
	BIND_I64(struct page_input, max, "maxResults", .min = 0, .max = 1000),
	BIND_STR(struct page_input, token, "nextToken", .min = 1, .max = 3096),
	BIND_STR(struct page_input, redrive, "redriveFilter", .values = redrives),
	BIND_REFUSED("mapRunArn"),
	BIND_DONE,
};

/* ---- start ---- */

int states_prepare_start(struct call *call)
{
	struct start_input *in = call->input;
	const struct json *value;
	struct error err = { 0 };
	if (!str_is_set(in->input))
		in->input = STR("{}");
	if (str_is_set(in->name) && !states_name_valid(in->name))
		return call_failf(call, &states_InvalidName, "Invalid Name: '" STR_FMT "'", STR_ARG(in->name));
	if (in->input.n > LIMIT_STATES_PAYLOAD)
		return call_failf(call, &states_ValidationException,
				  "1 validation error detected: Value at 'input' failed to "
				  "satisfy constraint: Member must have length less than or equal to %zu",
				  LIMIT_STATES_PAYLOAD);
	if (json_parse(&call->arena, in->input, &value, &err) < 0)
		return call_failf(call, &states_InvalidExecutionInput, "Invalid State Machine Execution Input: '%s'",
				  err.message);
	if (!str_is_set(in->name)) {
		char id[37];
		random_uuid(id);
		in->name = arena_str(&call->arena, str_c(id));
	}
	return 0;
}

static void write_started(struct call *call, struct str arn, int64_t start_ms)
{
	write_str(&call->out, "executionArn", arn);
	write_time(&call->out, "startDate", start_ms);
}

static struct str execution_arn(struct call *call, struct str machine, struct str name)
{
	return arn_format(&call->arena, "states", host_region(call->host), host_account(call->host),
			  "execution:" STR_FMT ":" STR_FMT, STR_ARG(machine), STR_ARG(name));
}

/* The same name and input while it runs is the same request again. */
static int start_again(struct call *call, const struct execution_record *old, struct str arn)
{
	const struct start_input *in = call->input;
	if (!execution_running(old) || !str_eq(old->input, in->input))
		return call_failf(call, &states_ExecutionAlreadyExists, "Execution Already Exists: '" STR_FMT "'", STR_ARG(arn));
	write_started(call, arn, old->start_ms);
	return 0;
}

static void copy_start(struct progress *p, const struct start_input *in, const struct machine_record *m)
{
	p->record = (struct execution_record){
		.machine = arena_str(&p->arena, m->name),
		.name = arena_str(&p->arena, in->name),
		.status = STR("RUNNING"),
		.machine_id = arena_str(&p->arena, m->id),
		.revision = arena_str(&p->arena, m->revision),
		.input = arena_str(&p->arena, in->input),
		.trace = arena_str(&p->arena, in->trace),
		.start_ms = clock_wall_ms(),
	};
}

static int start_standard(struct call *call, const struct machine_record *m)
{
	const struct start_input *in = call->input;
	struct execution_record old;
	struct error err = { 0 };
	struct str arn = execution_arn(call, m->name, in->name);
	if (execution_load(call->txn, &call->arena, m->name, in->name, &old, NULL) == 0)
		return start_again(call, &old, arn);
	struct progress *p = progress_new(call->state);
	if (!p)
		return call_fault(call, NULL);
	copy_start(p, in, m);
	int64_t start_ms = p->record.start_ms;
	p->revision = revision_get(call->state, call->txn, m->revision, &err);
	if (!p->revision) {
		progress_free(p);
		return call_fault(call, &err);
	}
	if (progress_run(p, call->txn, &(struct states_event){ .kind = STATES_START }, &err) < 0)
		return call_fault(call, &err);
	write_started(call, arn, start_ms);
	return 0;
}

static int start_in_write(struct call *call)
{
	struct machine_record m;
	const struct start_input *in = call->input;
	return states_machine_find_qualified(call, in->arn, &m) < 0 ? ERR_SERVICE : start_standard(call, &m);
}

struct started {
	struct machine_record machine;
	struct revision *revision;
};

/* Express machines do not touch the writer: found on this thread, run in memory. */
static int find_express(struct call *call)
{
	struct started *s = call->scratch;
	const struct start_input *in = call->input;
	struct error err = { 0 };
	if (states_machine_find_qualified(call, in->arn, &s->machine) < 0)
		return ERR_SERVICE;
	if (!s->machine.express)
		return 0;
	s->revision = revision_get(call->state, call->txn, s->machine.revision, &err);
	return s->revision ? 0 : call_fault(call, &err);
}

static int start(struct call *call, bool sync)
{
	struct started *s = ARENA_NEW(&call->arena, struct started);
	const struct start_input *in = call->input;
	if (!s)
		return call_fault(call, NULL);
	call->scratch = s;
	if (call_with_read(call, find_express) < 0)
		return ERR_SERVICE;
	if (s->machine.express)
		return express_start(call, s->revision, in, sync);
	return sync ? call_fail(call, &states_StateMachineTypeNotSupported) : call_continue_write(call, start_in_write);
}

/* "Quotas related to API action throttling": a bucket of its own for StartExecution in each account and region. */
static bool is_throttled(struct states *s)
{
	pthread_mutex_lock(&s->lock);
	bool throttled = !quota_take(&s->starts, clock_mono_ns());
	pthread_mutex_unlock(&s->lock);
	if (throttled)
		host_metric(s->host, "AWS/States", "ThrottledEvents", "APIName", STR("StartExecution"), 1);
	return throttled;
}

int states_start_execution(struct call *call)
{
	return is_throttled(call->state) ? call_fail(call, &states_ThrottlingException) : start(call, false);
}

int states_start_sync_execution(struct call *call)
{
	return start(call, true);
}

/* ---- one execution ---- */

static int parse_arn(struct call *call, struct str text, struct str *machine, struct str *name)
{
	struct arn arn;
	if (arn_parse(text, &arn) < 0 || !str_eq_c(arn.service, "states"))
		return call_failf(call, &states_InvalidArn, "Invalid Arn: 'Invalid ARN prefix: " STR_FMT "'", STR_ARG(text));
	struct str kind = arn.resource, rest;
	ptrdiff_t colon = str_find_char(kind, ':', 0);
	if (colon >= 0)
		kind = str_sub(kind, 0, (size_t)colon);
	if (!str_eq_c(kind, "execution"))
		return call_failf(call, &states_InvalidArn, "Invalid Arn: 'Resource type not valid in this context: " STR_FMT "'",
				  STR_ARG(kind));
	rest = arn_resource_id(arn.resource);
	*machine = str_split(&rest, ':');
	*name = rest;
	if (!str_is_set(rest) || rest.n == 0)
		return call_failf(call, &states_InvalidArn, "Invalid Arn: 'Invalid ARN prefix: " STR_FMT "'", STR_ARG(text));
	return 0;
}

static int find(struct call *call, struct str arn, struct execution_record *x)
{
	struct str machine, name;
	struct error err = { 0 };
	if (parse_arn(call, arn, &machine, &name) < 0)
		return ERR_SERVICE;
	int rc = execution_load(call->txn, &call->arena, machine, name, x, &err);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &states_ExecutionDoesNotExist, "Execution Does Not Exist: '" STR_FMT "'", STR_ARG(arn));
	return rc < 0 ? call_fault(call, &err) : 0;
}

static void write_included(struct writer *w, const char *name)
{
	write_object(w, name);
	write_bool(w, "included", true);
	write_end(w);
}

static void write_redrive(struct writer *w, const struct execution_record *x)
{
	write_i64(w, "redriveCount", 0);
	write_c(w, "redriveStatus", "NOT_REDRIVABLE");
	if (execution_running(x) || str_eq_c(x->status, "SUCCEEDED"))
		write_strf(w, "redriveStatusReason", "Execution is " STR_FMT " and cannot be redriven", STR_ARG(x->status));
	else
		write_c(w, "redriveStatusReason", "Redriving executions is not offered by this server");
}

int states_describe_execution(struct call *call)
{
	const struct execution_input *in = call->input;
	struct execution_record x;
	if (find(call, in->arn, &x) < 0)
		return ERR_SERVICE;
	struct writer *w = &call->out;
	bool data = !str_eq_c(in->include, "METADATA_ONLY");
	write_str(w, "executionArn", in->arn);
	write_str(w, "stateMachineArn", states_arn(call, "stateMachine", x.machine));
	write_str(w, "name", x.name);
	write_str(w, "status", x.status);
	write_time(w, "startDate", x.start_ms);
	if (x.stop_ms)
		write_time(w, "stopDate", x.stop_ms);
	if (data) {
		write_str(w, "input", x.input);
		write_included(w, "inputDetails");
		write_str(w, "output", x.output);
		if (str_is_set(x.output))
			write_included(w, "outputDetails");
		write_str(w, "error", x.error);
		write_str(w, "cause", x.cause);
	}
	write_str(w, "traceHeader", x.trace);
	write_redrive(w, &x);
	return 0;
}

int states_describe_machine_for_execution(struct call *call)
{
	const struct execution_input *in = call->input;
	struct execution_record x;
	const struct json *r;
	struct key key;
	struct error err = { 0 };
	int64_t at = 0;
	if (find(call, in->arn, &x) < 0)
		return ERR_SERVICE;
	record_key(&key, STR("revision"), x.revision);
	if (record_get(call->txn, SPACE_STATES, &key, &call->arena, &r, &err) < 0 || json_to_i64(json_get_c(r, "at"), &at) < 0)
		return call_fault(call, &err);
	struct writer *w = &call->out;
	write_str(w, "stateMachineArn", json_get_text(r, STR("arn")));
	write_str(w, "name", x.machine);
	write_str(w, "definition", json_get_text(r, STR("definition")));
	write_str(w, "roleArn", json_get_text(r, STR("roleArn")));
	write_time(w, "updateDate", at);
	write_json(w, "loggingConfiguration", json_get_c(r, "logging"));
	write_json(w, "tracingConfiguration", json_get_c(r, "tracing"));
	if (!str_eq(x.revision, x.machine_id))
		write_str(w, "revisionId", x.revision);
	return 0;
}

/* ---- stop, delete ---- */

int states_stop_execution(struct call *call)
{
	const struct execution_input *in = call->input;
	struct execution_record x;
	struct error err = { 0 };
	struct states_event event = { .kind = STATES_ABORT, .error = in->error, .cause = in->cause };
	int64_t now = clock_wall_ms();
	if (find(call, in->arn, &x) < 0)
		return ERR_SERVICE;
	if (execution_running(&x) && execution_advance(call->state, call->txn, x.machine, x.name, &event, &err) < 0)
		return call_fault(call, &err);
	write_time(&call->out, "stopDate", x.stop_ms ? x.stop_ms : now);
	return 0;
}

/* The names of a machine's running executions: their states are rows below it. */
static int running_of(struct call *call, struct str machine, struct json **out)
{
	struct key key;
	struct store_cursor c;
	struct str at, value, part;
	struct error err = { 0 };
	*out = json_new_array(&call->arena);
	record_key(&key, STR("s"), machine);
	int rc = store_scan(&c, call->txn, SPACE_EXECUTIONS, key_str(&key), key_prefix_end(&call->arena, key_str(&key)), false,
			    &err);
	while (rc >= 0 && (rc = store_next(&c, &at, &value, &err)) > 0) {
		at = arena_str(&call->arena, at);
		for (int i = 0; i < 3 && rc > 0; i++)
			rc = key_read_str(&call->arena, &at, &part) < 0 ? ERR_CORRUPT : 1;
		(void)json_add(&call->arena, *out, json_new_string(&call->arena, part));
	}
	store_scan_end(&c);
	return rc < 0 ? call_fault(call, &err) : 0;
}

/* The machine's executions are terminated with it; their records stay. Deleting what is not there succeeds. */
int states_delete_state_machine(struct call *call)
{
	const struct machine_input *in = call->input;
	struct str name;
	struct key key;
	struct json *running;
	struct error err = { 0 };
	struct states_event event = { .kind = STATES_ABORT };
	if (machine_name(call, in->arn, &name) < 0 || running_of(call, name, &running) < 0)
		return ERR_SERVICE;
	for (size_t i = 0; i < running->count; i++)
		if (execution_advance(call->state, call->txn, name, json_text(running->items[i]), &event, &err) < 0)
			return call_fault(call, &err);
	record_key(&key, STR("machine"), name);
	return store_delete(call->txn, SPACE_STATES, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
}

/* ---- list ---- */

struct listing {
	struct call *call;
	struct str machine, machine_arn, status;
	int64_t left;
	struct str next; /* key of the first one that is left out */
};

static int list_one(struct listing *l, struct str at, struct str value)
{
	struct arena *a = &l->call->arena;
	struct writer *w = &l->call->out;
	struct str id, name, whole = arena_str(a, at), rest = whole;
	uint64_t inverted;
	const struct json *v;
	int64_t stop = 0;
	if (key_read_str(a, &rest, &id) < 0 || key_read_u64(&rest, &inverted) < 0 || key_read_str(a, &rest, &name) < 0 ||
	    json_parse(a, arena_str(a, value), &v, NULL) < 0 || json_to_i64(json_get_c(v, "e"), &stop) < 0)
		return ERR_CORRUPT;
	if (str_is_set(l->status) && !str_eq(l->status, json_get_text(v, STR("s"))))
		return 0;
	if (l->left-- == 0) {
		l->next = whole;
		return 1;
	}
	write_object(w, NULL);
	write_str(w, "executionArn", execution_arn(l->call, l->machine, name));
	write_str(w, "stateMachineArn", l->machine_arn);
	write_str(w, "name", name);
	write_str(w, "status", json_get_text(v, STR("s")));
	write_time(w, "startDate", (int64_t)(UINT64_MAX - inverted));
	if (stop)
		write_time(w, "stopDate", stop);
	write_i64(w, "redriveCount", 0);
	write_end(w);
	return 0;
}

static int list_scan(struct listing *l, struct str prefix, struct str from)
{
	struct store_cursor c;
	struct str at, value;
	struct error err = { 0 };
	struct str end = key_prefix_end(&l->call->arena, prefix);
	int rc = store_scan(&c, l->call->txn, SPACE_EXECUTION_INDEX, from, end, false, &err);
	while (rc == 0 && (rc = store_next(&c, &at, &value, &err)) > 0)
		rc = list_one(l, at, value);
	store_scan_end(&c);
	return rc < 0 ? call_fault(l->call, &err) : 0;
}

int states_list_executions(struct call *call)
{
	const struct page_input *in = call->input;
	struct machine_record m;
	struct key key;
	struct str from;
	if (!str_is_set(in->arn))
		return call_failf(call, &states_ValidationException,
				  "1 validation error detected: Value null at 'stateMachineArn' "
				  "failed to satisfy constraint: Member must not be null");
	if (machine_find(call, in->arn, &m) < 0)
		return ERR_SERVICE;
	if (m.express)
		return call_fail(call, &states_StateMachineTypeNotSupported);
	struct listing l = { .call = call,
			     .machine = m.name,
			     .machine_arn = m.arn,
			     .status = in->status,
			     .left = in->max.set && in->max.value > 0 ? in->max.value : 100 };
	record_key(&key, m.id);
	from = key_str(&key);
	if (str_is_set(in->token) && (base64_decode(&call->arena, in->token, &from) < 0 || !str_starts(from, key_str(&key))))
		return call_failf(call, &states_InvalidToken, "Invalid Token: 'Invalid token'");
	write_list(&call->out, "executions", NULL);
	if (!str_eq_c(in->redrive, "REDRIVEN") && list_scan(&l, key_str(&key), from) < 0)
		return ERR_SERVICE;
	write_end(&call->out);
	if (str_is_set(l.next))
		write_str(&call->out, "nextToken", base64_encode(&call->arena, l.next.p, l.next.n));
	return 0;
}
