/* SPDX-License-Identifier: Apache-2.0
 *
 * From a task to the call it stands for. Calls are made in the name of the machine's role, on behalf of the machine.
 */
#include "service/states/task.h"

#include <stdlib.h>

#include "base/log.h"
#include "service/states/express.h"

/* What a request is made of; texts in the task's arena. */
struct request {
	const char *operation;
	const struct json *parameters;
	struct str body;
};

void task_free(struct task *t)
{
	if (t->express)
		express_unref(t->express);
	arena_release(&t->arena);
	free(t);
}

static struct task *task_new(struct states *s, const struct states_task *what, const struct revision *r,
			     const struct execution *x)
{
	struct task *t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	struct arena *a = &t->arena;
	arena_init(a, MIB(64));
	t->service = s;
	t->id = what->task;
	t->resource = *what->resource;
	t->resource.arn = arena_str(a, what->resource->arn);
	t->resource.type = arena_str(a, what->resource->type);
	t->resource.call = arena_str(a, what->resource->call);
	t->resource.service = arena_str(a, what->resource->service);
	t->resource.action = arena_str(a, what->resource->action);
	t->parameters = json_clone(a, what->parameters);
	t->role_arn = arena_str(a, r->role_arn);
	t->machine_arn = arena_str(a, x->machine_arn);
	t->execution_arn = arena_str(a, x->arn);
	t->execution_name = arena_str(a, x->name);
	return t;
}

/* ---- requests ---- */

static const struct json *as_text(struct arena *a, const struct json *v)
{
	return !v || json_is(v, JSON_STRING) ? v : json_new_string(a, json_to_str(a, v));
}

/* A member that the API wants as text may be written as JSON in the state. */
static void member_as_text(struct arena *a, struct json *parameters, struct str name)
{
	const struct json *v = json_get(parameters, name);
	if (v && !json_is(v, JSON_STRING))
		(void)json_put(a, parameters, name, as_text(a, v));
}

static const struct json *without(struct arena *a, const struct json *object, struct str name)
{
	struct json *out = json_new_object(a);
	for (size_t i = 0; json_is(object, JSON_OBJECT) && i < object->count; i++)
		if (!str_eq(object->members[i].name, name))
			(void)json_add_member(a, out, object->members[i].name, object->members[i].value);
	return out;
}

static void build_invoke(struct task *t, struct request *q)
{
	struct arena *a = &t->arena;
	if (t->resource.kind == RESOURCE_FUNCTION) {
		struct json *parameters = json_new_object(a);
		(void)json_put(a, parameters, STR("FunctionName"), json_new_string(a, t->resource.arn));
		q->parameters = parameters;
		q->body = json_to_str(a, t->parameters);
		return;
	}
	const struct json *payload = json_get_c(t->parameters, "Payload");
	q->parameters = without(a, t->parameters, STR("Payload"));
	q->body = payload ? json_to_str(a, payload) : STR("{}");
	if (t->resource.kind == RESOURCE_SDK && json_is(payload, JSON_STRING))
		q->body = payload->text;
}

static void build_entries(struct arena *a, struct json *parameters)
{
	const struct json *entries = json_get_c(parameters, "Entries");
	struct json *out = json_new_array(a);
	if (!json_is(entries, JSON_ARRAY))
		return;
	for (size_t i = 0; i < entries->count; i++) {
		struct json *entry = json_is(entries->items[i], JSON_OBJECT) ? json_copy_object(a, entries->items[i]) : NULL;
		member_as_text(a, entry, STR("Detail"));
		(void)json_add(a, out, entry ? entry : entries->items[i]);
	}
	(void)json_put(a, parameters, STR("Entries"), out);
}

static void build_start(struct task *t, struct json *parameters)
{
	struct arena *a = &t->arena;
	const struct json *input = json_get_c(parameters, "Input");
	if (json_is(input, JSON_NULL))
		(void)json_put(a, parameters, STR("Input"), json_new_string(a, STR("{}")));
	else
		member_as_text(a, parameters, STR("Input"));
}

static void build_general(struct task *t, struct request *q)
{
	struct arena *a = &t->arena;
	struct json *parameters = json_is(t->parameters, JSON_OBJECT) ? json_copy_object(a, t->parameters) : json_new_object(a);
	if (str_eq_c(t->resource.action, "putEvents"))
		build_entries(a, parameters);
	if (str_eq_c(t->resource.action, "startExecution"))
		build_start(t, parameters);
	if (str_eq_c(t->resource.action, "sendMessage"))
		member_as_text(a, parameters, STR("MessageBody"));
	if (str_eq_c(t->resource.action, "publish"))
		member_as_text(a, parameters, STR("Message"));
	q->parameters = t->route->lower_members ? members_lowered(a, parameters) : parameters;
	const struct json *body = str_eq_c(t->resource.service, "s3") ? json_get_c(parameters, "Body") : NULL;
	if (body) {
		q->body = json_is(body, JSON_STRING) ? body->text : json_to_str(a, body);
		q->parameters = without(a, parameters, STR("Body"));
	}
}

/* "putItem" -> "PutItem" */
static const char *operation_name(struct task *t)
{
	char *name = arena_c(&t->arena, t->resource.action);
	if (name && name[0] >= 'a' && name[0] <= 'z')
		name[0] = (char)(name[0] - 'a' + 'A');
	return name;
}

/* Starting an express machine is only possible for it to end. */
static const char *pick_operation(struct task *t)
{
	const char *name = operation_name(t);
	return str_eq_c(str_c(name), "InvokeFunction") ? "Invoke" : name;
}

static void finished(struct call *call, void *argument)
{
	struct task *t = argument;
	answer_call(t, call);
	task_free(t);
}

static int send(struct task *t)
{
	struct request q = { .operation = pick_operation(t) };
	struct host *h = t->service->host;
	struct error err = { 0 };
	struct principal principal;
	if (str_eq_c(t->route->service ? str_c(t->route->service) : STR_NULL, "lambda") && str_eq_c(t->resource.action, "invoke"))
		build_invoke(t, &q);
	else
		build_general(t, &q);
	int rc = host_role_principal(h, &t->arena, t->role_arn, t->execution_name, t->machine_arn, &principal, &err);
	if (rc < 0)
		return rc;
	struct host_request request = { .service = t->route->service,
					.operation = q.operation,
					.principal = principal,
					.parameters = q.parameters,
					.body = q.body };
	return host_call(h, &request, finished, t);
}

static void stopped(struct call *call, void *argument)
{
	(void)call;
	(void)argument;
}

void task_stop_child(struct states *s, const struct states_cancelled *what, const struct revision *r, const struct execution *x)
{
	struct str child = json_get_text(what->submission, STR("ExecutionArn"));
	struct error err = { 0 };
	struct principal principal;
	struct arena a;
	if (!str_is_set(child) || (what->resource->pattern != PATTERN_SYNC && what->resource->pattern != PATTERN_SYNC2))
		return;
	arena_init(&a, KIB(64));
	struct json *parameters = json_new_object(&a);
	(void)json_put(&a, parameters, STR("executionArn"), json_new_string(&a, child));
	struct host_request request = { .service = "states", .operation = "StopExecution", .parameters = parameters };
	if (host_role_principal(s->host, &a, r->role_arn, x->name, r->machine_arn, &principal, &err) == 0) {
		request.principal = principal;
		if (host_call(s->host, &request, stopped, NULL) < 0)
			log_warn("states", "a child execution could not be stopped execution=" STR_FMT, STR_ARG(child));
	}
	arena_release(&a);
}

void task_run(struct states *s, const struct states_task *what, const struct revision *r, const struct execution *x,
	      struct str machine, struct str name, struct express *express, task_answer_fn answer)
{
	struct task *t = task_new(s, what, r, x);
	if (!t)
		return;
	t->machine = arena_str(&t->arena, machine);
	t->name = arena_str(&t->arena, name);
	t->express = express ? express_ref(express) : NULL;
	t->answer = answer;
	t->route = route_find(&t->resource);
	int rc = t->route && !arena_failed(&t->arena) ? send(t) : ERR_UNSUPPORTED;
	if (rc == 0)
		return;
	const char *prefix = t->route ? t->route->error_prefix : "States";
	answer_error(t, arena_printf(&t->arena, "%s.SdkClientException", prefix),
		     arena_printf(&t->arena, "The call " STR_FMT " could not be made%s", STR_ARG(t->resource.arn),
				  rc == ERR_UNAVAILABLE ? ": the service is not available" : "."));
	task_free(t);
}
