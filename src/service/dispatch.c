/* SPDX-License-Identifier: Apache-2.0
 *
 * From bound parameters to the finished reply: permission, the three ways an operation runs, and calls between services.
 *
 *   call_dispatch -> bind -> prepare -> authorize -> run (READ: snapshot here; WRITE: the writer thread; ASYNC: here)
 *                 -> call_complete -> the exchange's reply, or the caller's `done`
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/log.h"
#include "service/host_internal.h"

static const struct service_error validation = { "ValidationException", 400, NULL };

/* An upload that never reaches its operation leaves no blob behind; an operation that ran has seen to its own. */
static void discard_upload(struct call *call)
{
	struct error err = { 0 };

	if (call->body.file && call->body.file->fd < 0 && blob_remove(call->host->store, str_c(call->body.file->id), &err))
		log_warn("front", "an upload's file could not be removed error=%s", err.message);
}

void call_refuse(struct call *call)
{
	discard_upload(call);
	call_complete(call, call->error.code ? call->error.code : ERR_SERVICE);
}

static void count(struct call *call, bool refused)
{
	const struct host_service *s = host_find_service(call->host, str_c(call->service->name));

	if (!s)
		return;
	size_t i = (size_t)(s - call->host->services);
	atomic_fetch_add_explicit(&call->host->requests[i], 1, memory_order_relaxed);
	if (refused)
		atomic_fetch_add_explicit(&call->host->refusals[i], 1, memory_order_relaxed);
}

void call_complete(struct call *call, int result)
{
	if (result == 0 && !call->reply.bytes.p && call->reply.fd < 0)
		reply_close(call);
	if (result == 0 && (buf_failed(&call->reply.body) || arena_failed(&call->arena)))
		result = call_fault(call, NULL);
	if (result < 0 && !call->error.code)
		call_fault(call, NULL);
	count(call, result < 0);
	if (call->exchange) {
		if (result < 0)
			reply_error(call);
		reply_send(call);
	} else if (call->done) {
		call->done(call, call->done_argument);
	}
	call_free(call);
}

/* A write on its way: what to run, and what it answered. */
struct write {
	struct call *call;
	operation_fn run;
	int result;
};

static int write_run(struct store_txn *txn, void *argument, struct error *err)
{
	struct write *write = argument;
	struct call *call = write->call;

	call->txn = txn;
	reply_open(call);
	write->result = write->run(call);
	call->txn = NULL;
	if (write->result < 0)
		return error_set(err, ERR_SERVICE, "%s", call->error.message);
	return 0;
}

static void write_done(void *argument, int result, const struct error *err)
{
	struct write write = *(struct write *)argument;

	free(argument);
	if (result < 0 && write.result >= 0) /* the commit failed, not the operation */
		write.result = call_fault(write.call, err);
	if (write.result != CALL_PENDING)
		call_complete(write.call, write.result);
}

int call_continue_write(struct call *call, operation_fn run)
{
	struct write *write = malloc(sizeof(*write));

	if (!write)
		return call_fault(call, NULL);
	*write = (struct write){ .call = call, .run = run };
	int result = store_write(call->host->store, write_run, write_done, write);
	if (result) {
		struct error err;
		error_set(&err, result, "the write queue is full");
		free(write);
		return call_fault(call, &err);
	}
	return CALL_PENDING;
}

int call_with_read(struct call *call, operation_fn run)
{
	struct error err = { 0 };

	if (store_read_begin(call->host->store, &call->txn, &err))
		return call_fault(call, &err);
	int result = run(call);
	store_read_end(call->txn);
	call->txn = NULL;
	return result;
}

static void run(struct call *call)
{
	int result = CALL_PENDING;

	switch (call->operation->kind) {
	case OPERATION_READ:
		reply_open(call);
		result = call_with_read(call, call->operation->run);
		break;
	case OPERATION_WRITE:
		result = call_continue_write(call, call->operation->run);
		break;
	case OPERATION_ASYNC:
		reply_open(call);
		result = call->operation->run(call);
		break;
	}
	if (result != CALL_PENDING)
		call_complete(call, result);
}

static int bind(struct call *call)
{
	const struct operation *op = call->operation;
	bool texts = call->exchange && call->protocol == PROTOCOL_QUERY;
	struct bind_faults faults;

	if (!op->input)
		return 0;
	call->input = arena_alloc(&call->arena, op->input_size);
	if (!call->input)
		return call_fault(call, NULL);
	if (!bind_struct(&call->arena, op->input, call->parameters, texts, call->input, &faults))
		return 0;
	if (call->service->refuse)
		return call->service->refuse(call, &faults);
	struct str text = bind_faults_text(&call->arena, &faults);
	return call_failf(call, call->service->validation ? call->service->validation : &validation, STR_FMT, STR_ARG(text));
}

static int authorize(struct call *call)
{
	const struct host_hooks *hooks = &call->host->options.hooks;

	call->may_probe = true;
	bool open_to_all = call->operation->anonymous && call->principal.kind == PRINCIPAL_ANONYMOUS;
	/* What the server does by itself, not what a service does for a request of the account's root. */
	bool own = call->principal.kind == PRINCIPAL_ROOT && !call->exchange && !call->principal.access_key.p;

	if (!hooks->authorize || own || open_to_all)
		return 0;
	return hooks->authorize(host_service_state(call->host, "iam"), call);
}

void call_dispatch(struct call *call)
{
	if (bind(call) || (call->operation->prepare && call->operation->prepare(call)) || authorize(call))
		call_refuse(call);
	else
		run(call);
}

static const struct service_error unknown_operation = { "UnknownOperationException", 400, NULL };

static bool has_parameter(const struct json *parameters, struct str name)
{
	for (size_t i = 0; parameters && i < parameters->count; i++)
		if (str_eq_nocase(parameters->members[i].name, name))
			return true;
	return false;
}

/* Of several rows of one name (GetObject with and without a version, which are different permissions) the one whose query
 * the parameters have. */
static const struct operation *find_by_name(const struct service *service, const char *name, const struct json *parameters)
{
	const struct operation *found = NULL;

	for (const struct operation *op = service->operations; op->name; op++) {
		bool fits = op->query && has_parameter(parameters, str_c(op->query));
		if (str_eq(str_c(op->name), str_c(name)) && (!found || (fits && !found->query)))
			found = op;
	}
	return found;
}

int host_call(struct host *host, const struct host_request *request, void (*done)(struct call *done_call, void *argument),
	      void *argument)
{
	struct host_service *target = host_find_service(host, str_c(request->service));
	struct call *call = target ? call_new(host) : NULL;

	if (!call)
		return target ? ERR_NO_MEMORY : ERR_UNAVAILABLE;
	call->service = target->service;
	call->state = target->state;
	call->protocol = target->service->protocol;
	principal_copy(&call->arena, &request->principal, &call->principal);
	call->parameters = request->parameters ? json_clone(&call->arena, request->parameters) : &json_empty_object;
	call->body.bytes = arena_str(&call->arena, request->body);
	call->body.size = request->body.n;
	call->done = done;
	call->done_argument = argument;
	call->operation = find_by_name(target->service, request->operation, call->parameters);
	if (!call->operation) {
		call_failf(call, &unknown_operation, "%s has no operation %s.", request->service, request->operation);
		call_refuse(call);
	} else if (arena_failed(&call->arena)) {
		call_fault(call, NULL);
		call_refuse(call);
	} else {
		call_dispatch(call);
	}
	return 0;
}
