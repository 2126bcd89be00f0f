/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of an execution environment, as runtime.h lists its states.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "format/date.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/random.h"
#include "service/lambda/runtime.h"

static struct str number_text(uint64_t number, char out[24])
{
	return str_of(out, (size_t)snprintf(out, 24, "%llu", (unsigned long long)number));
}

/* "2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef" */
static void name_stream(struct environment *v)
{
	struct date_parts now;
	char uuid[37], hex[33];
	size_t n = 0;

	date_split(clock_wall_ms(), &now);
	random_uuid(uuid);
	for (size_t i = 0; uuid[i] && n < 32; i++) {
		if (uuid[i] != '-')
			hex[n++] = uuid[i];
	}
	hex[n] = '\0';
	snprintf(v->stream, sizeof(v->stream), "%04d/%02d/%02d/[" STR_FMT "]%s", now.year % 10000, now.month, now.day,
		 (int)(v->target->version.n < 12 ? v->target->version.n : 12), v->target->version.p, hex);
}

struct environment *environment_new(struct target *t, struct invocation *bound)
{
	struct lambda *l = t->lambda;
	struct environment *v = calloc(1, sizeof(*v));
	char text[24];

	if (!v)
		return NULL;
	v->lambda = l;
	v->target = t;
	v->number = ++l->next_environment;
	v->references = 1; /* the launch's, then the process's */
	v->launching = true;
	v->second_init = bound != NULL;
	v->invocation = bound;
	v->started_ns = clock_mono_ns();
	if (map_put(&l->environments, number_text(v->number, text), v, NULL) != 0) {
		free(v);
		return NULL;
	}
	pthread_mutex_init(&v->tail_lock, NULL);
	name_stream(v);
	t->references++;
	v->next = t->environments;
	v->link = &t->environments;
	if (v->next)
		v->next->link = &v->next;
	t->environments = v;
	if (bound) {
		v->tailing = bound->tail;
		bound->started_ns = v->started_ns;
		report_start(v, bound);
	}
	environment_deadline(v, clock_wall_ms() + (bound ? t->timeout_s * 1000 : LAMBDA_INIT_TIMEOUT_MS));
	return v;
}

struct environment *environment_find(struct lambda *l, uint64_t number)
{
	char text[24];
	struct environment *v = map_get(&l->environments, number_text(number, text));

	if (v)
		v->references++;
	return v;
}

static void leave_target(struct environment *v)
{
	if (!v->link)
		return;
	*v->link = v->next;
	if (v->next)
		v->next->link = v->link;
	v->link = NULL;
}

void environment_unref(struct environment *v)
{
	struct lambda *l = v->lambda;
	char text[24];

	if (--v->references > 0)
		return;
	leave_target(v);
	map_remove(&l->environments, number_text(v->number, text));
	process_free(v->process);
	free(v->failure);
	free(v->scratch);
	pthread_mutex_destroy(&v->tail_lock);
	target_unref(v->target);
	free(v);
	pthread_cond_broadcast(&l->drained);
}

void environment_kill(struct environment *v)
{
	v->state = ENVIRONMENT_DEAD;
	if (v->launching)
		v->kill_wanted = true;
	else if (v->process)
		process_kill(v->process);
}

/* ---- deadlines ---- */

static void time_out(struct environment *v, struct effects *e)
{
	struct invocation *i = v->invocation;
	char now[DATE_TEXT_MAX], line[160];
	struct str iso = date_iso_ms(now, clock_wall_ms());
	double seconds = (double)v->target->timeout_s;

	snprintf(line, sizeof(line), STR_FMT " %s Task timed out after %.2f seconds", STR_ARG(iso), i->id, seconds);
	report_line(v, str_c(line));
	invocation_fail(i, "Sandbox.Timedout", "RequestId: %s Error: Task timed out after %.2f seconds", i->id, seconds);
	environment_finish(v, e);
	environment_kill(v);
}

static void init_time_out(struct environment *v, struct effects *e)
{
	environment_init_failed(v, "Sandbox.Timedout", STR_NULL, e);
}

static void on_deadline(void *argument)
{
	struct environment *v = argument;
	struct lambda *l = v->lambda;
	struct effects e;

	effects_init(&e);
	pthread_mutex_lock(&l->lock);
	if (v->deadline_ms && clock_wall_ms() >= v->deadline_ms) {
		v->deadline_ms = 0;
		v->timer = 0;
		if (v->invocation)
			time_out(v, &e);
		else if (v->state == ENVIRONMENT_STARTING)
			init_time_out(v, &e);
		else if (v->state == ENVIRONMENT_RETURNING)
			environment_kill(v);
		scheduler_pump(v->target, &e);
	}
	environment_unref(v);
	pthread_mutex_unlock(&l->lock);
	effects_run(l, &e);
}

void environment_deadline(struct environment *v, int64_t wall_ms)
{
	struct timer *timer = host_timer(v->lambda->host);

	if (v->timer && timer_cancel(timer, v->timer))
		v->references--; /* never the last: our caller has one */
	v->timer = 0;
	v->deadline_ms = wall_ms;
	if (wall_ms)
		v->timer = timer_at(timer, wall_ms, on_deadline, v);
	if (v->timer)
		v->references++;
}

/* ---- invocations ---- */

/* "Root=1-67891233-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=0" (X-Ray tracing header) */
static struct str new_trace(struct arena *a)
{
	uint8_t bytes[20];
	char hex[41];

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return arena_printf(a, "Root=1-%08llx-%.24s;Parent=%.16s;Sampled=0", (unsigned long long)(clock_wall_ms() / 1000), hex,
			    hex + 24);
}

static void add_header(struct effects *e, struct str name, struct str value)
{
	if (value.p)
		http_reply_add(&e->reply, name, value);
}

void environment_hand(struct environment *v, struct invocation *i, struct effects *e)
{
	struct arena *a = &e->arena;
	int64_t deadline = v->deadline_ms;

	if (!v->second_init || !v->invocation) {
		deadline = clock_wall_ms() + v->target->timeout_s * 1000;
		environment_deadline(v, deadline);
		i->started_ns = clock_mono_ns();
		v->tailing = i->tail;
		v->tail_n = 0;
		report_start(v, i);
	}
	v->invocation = i;
	v->state = ENVIRONMENT_BUSY;
	e->exchange = v->parked;
	v->parked = NULL;
	http_reply_init(&e->reply, 200);
	add_header(e, STR("Content-Type"), STR("application/json"));
	add_header(e, STR("Lambda-Runtime-Aws-Request-Id"), arena_str(a, str_c(i->id)));
	add_header(e, STR("Lambda-Runtime-Deadline-Ms"), arena_printf(a, "%lld", (long long)deadline));
	add_header(e, STR("Lambda-Runtime-Invoked-Function-Arn"), arena_str(a, i->arn.p ? i->arn : v->target->arn));
	add_header(e, STR("Lambda-Runtime-Trace-Id"), i->trace.p ? arena_str(a, i->trace) : new_trace(a));
	add_header(e, STR("Lambda-Runtime-Client-Context"), arena_str(a, i->client_context));
	e->reply.body = str_of(i->payload, i->payload_n);
	e->reply.body_owned = true;
	i->payload = NULL;
}

void environment_finish(struct environment *v, struct effects *e)
{
	struct invocation *i = v->invocation;

	v->invocation = NULL;
	report_end(v, i);
	scheduler_finish(i, e);
}

/* ---- ends ---- */

static const char *exit_reason(const struct process_exit *end, char out[96])
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
		{ SIGKILL, "killed" },
		{ SIGSEGV, "segmentation fault" },
		{ SIGABRT, "aborted" },
		{ SIGBUS, "bus error" },
		{ SIGILL, "illegal instruction" },
		{ SIGFPE, "floating point exception" },
		{ SIGTERM, "terminated" },
		{ SIGTRAP, "trace/breakpoint trap" },
		{ SIGSYS, "bad system call" },
		{ SIGPIPE, "broken pipe" },
		{ SIGHUP, "hangup" },
		{ SIGINT, "interrupt" },
	};

	if (!end->signaled && end->status == 0)
		return "Runtime exited without providing a reason";
	if (!end->signaled) {
		snprintf(out, 96, "Runtime exited with error: exit status %d", end->status);
		return out;
	}
	snprintf(out, 96, "Runtime exited with error: signal: signal %d", end->status);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].number == end->status)
			snprintf(out, 96, "Runtime exited with error: signal: %s", names[i].name);
	}
	return out;
}

/* The failed environment's invocation: the one it was started again for, or the first that waits. */
static struct invocation *failed_invocation(struct environment *v)
{
	if (!v->invocation && v->target->waiting) {
		v->invocation = scheduler_take(v->target);
		v->invocation->started_ns = v->started_ns;
		report_start(v, v->invocation);
	}
	return v->invocation;
}

static void start_again(struct environment *v, struct effects *e)
{
	struct target *t = v->target;
	struct invocation *i;
	struct environment *again;

	if (!t->waiting || t->lambda->stopping)
		return;
	i = scheduler_take(t);
	again = environment_new(t, i);
	if (!again) {
		invocation_refuse(i, &lambda_ServiceException, lambda_ServiceException.message);
		scheduler_finish(i, e);
		return;
	}
	again->next_effect = e->starts;
	e->starts = again;
}

void environment_init_failed(struct environment *v, const char *type, struct str answer, struct effects *e)
{
	struct invocation *i = v->invocation;

	report_init_failure(v, strcmp(type, "Sandbox.Timedout") == 0 ? "timeout" : "error", type);
	environment_deadline(v, 0);
	if (!i) {
		environment_kill(v);
		start_again(v, e);
		return;
	}
	i->kind = OUTCOME_FUNCTION_ERROR;
	snprintf(i->error_type, sizeof(i->error_type), "%s", type);
	free(i->answer);
	i->answer = malloc(answer.n + 1);
	i->answer_n = i->answer ? answer.n : 0;
	if (i->answer)
		memcpy(i->answer, answer.p ? answer.p : "", answer.n);
	environment_finish(v, e);
	environment_kill(v);
}

static void could_not_start(struct environment *v, const struct error *why, struct effects *e)
{
	struct invocation *i = failed_invocation(v);

	if (!i)
		return;
	if (strcmp(why->name, "exec") == 0 || strcmp(why->name, "entrypoint") == 0) {
		report_line(v, str_c(why->message));
		invocation_fail(i, "Runtime.InvalidEntrypoint", "RequestId: %s Error: %s", i->id, why->message);
	} else if (strcmp(why->name, "role") == 0) {
		invocation_refuse(i, &lambda_AccessDeniedException, lambda_AccessDeniedException.message);
	} else {
		log_error("lambda", "cannot start an environment function=" STR_FMT " error=%s", STR_ARG(v->target->name),
			  why->message);
		invocation_refuse(i, &lambda_ServiceException, lambda_ServiceException.message);
	}
	environment_finish(v, e);
}

static void exited(struct environment *v, const struct process_exit *end, struct effects *e)
{
	struct invocation *i = v->invocation;
	char text[96];
	const char *reason = exit_reason(end, text);

	if (v->state == ENVIRONMENT_STARTING && !i) {
		environment_init_failed(v, "Runtime.ExitError", STR_NULL, e);
	} else if (i) {
		if (v->state == ENVIRONMENT_STARTING)
			report_init_failure(v, "error", "Runtime.ExitError");
		invocation_fail(i, "Runtime.ExitError", "RequestId: %s Error: %s", i->id, reason);
		environment_finish(v, e);
	}
}

void environment_ended(struct environment *v, const struct process_exit *end, const struct error *why)
{
	struct lambda *l = v->lambda;
	struct effects e;

	if (v->scratch)
		(void)!file_remove_tree(v->scratch, NULL);
	effects_init(&e);
	pthread_mutex_lock(&l->lock);
	environment_deadline(v, 0);
	if (v->state != ENVIRONMENT_DEAD && !l->stopping) {
		if (why)
			could_not_start(v, why, &e);
		else
			exited(v, end, &e);
	}
	v->state = ENVIRONMENT_DEAD;
	leave_target(v);
	e.dropped = v->parked;
	v->parked = NULL;
	e.listener = v->listener;
	v->listener = NULL;
	scheduler_pump(v->target, &e);
	environment_unref(v);
	pthread_mutex_unlock(&l->lock);
	effects_run(l, &e);
}
