/* SPDX-License-Identifier: Apache-2.0
 *
 * What Lambda writes around an invocation, in the function's own log: START, END and REPORT as text, or platform events where the
 * function logs JSON ("Lambda log formats", Developer Guide). And the metrics of an invocation.
 */
#include <math.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/log.h"
#include "format/date.h"
#include "os/clock.h"
#include "service/lambda/runtime.h"

/* Keeps the last LAMBDA_TAIL_MAX bytes. */
static void keep_tail(struct environment *v, struct str line)
{
	size_t room;

	if (line.n + 1 >= LAMBDA_TAIL_MAX)
		line = str_from(line, line.n + 1 - LAMBDA_TAIL_MAX);
	room = LAMBDA_TAIL_MAX - line.n - 1;
	if (v->tail_n > room) {
		memmove(v->tail, v->tail + (v->tail_n - room), room);
		v->tail_n = room;
	}
	memcpy(v->tail + v->tail_n, line.p, line.n);
	v->tail_n += line.n;
	v->tail[v->tail_n++] = '\n';
}

enum { LEAVE_LIVE_MS = 500 };

static bool may(struct environment *v, const struct principal *principal, const char *action)
{
	struct host *host = v->lambda->host;
	char arn[1024];
	int n = snprintf(arn, sizeof(arn), "arn:aws:logs:" STR_FMT ":" STR_FMT ":log-group:" STR_FMT ":log-stream:%s",
			 STR_ARG(host_region(host)), STR_ARG(host_account(host)), STR_ARG(v->target->log_group), v->stream);

	return n > 0 && (size_t)n < sizeof(arn) && host_may(host, principal, str_c(action), str_of(arn, (size_t)n));
}

/* Lines go to the log group in the role's name, as on AWS: "logs:CreateLogStream" once, "logs:PutLogEvents" for them. */
static void ask_leave(struct environment *v)
{
	struct principal principal;
	struct arena a;

	arena_init(&a, KIB(16));
	bool known = host_role_principal(v->lambda->host, &a, v->target->role, v->target->name, STR_NULL, &principal, NULL) == 0;
	if (known && !v->stream_allowed)
		v->stream_allowed = may(v, &principal, "logs:CreateLogStream");
	v->may_log = known && v->stream_allowed && may(v, &principal, "logs:PutLogEvents");
	arena_release(&a);
	if (!v->may_log && !v->log_refusal_told)
		log_warn("lambda", "a function's lines are dropped, its role may not log them function=" STR_FMT " role=" STR_FMT,
			 STR_ARG(v->target->name), STR_ARG(v->target->role));
	v->log_refusal_told = !v->may_log;
}

static bool may_log(struct environment *v)
{
	int64_t now = clock_wall_ms();

	pthread_mutex_lock(&v->tail_lock);
	if (v->may_log_asked_ms == 0 || now - v->may_log_asked_ms >= LEAVE_LIVE_MS || now < v->may_log_asked_ms) {
		v->may_log_asked_ms = now;
		ask_leave(v);
	}
	bool allowed = v->may_log;
	pthread_mutex_unlock(&v->tail_lock);
	return allowed;
}

void report_line(struct environment *v, struct str line)
{
	if (v->tailing) {
		pthread_mutex_lock(&v->tail_lock);
		keep_tail(v, line);
		pthread_mutex_unlock(&v->tail_lock);
	}
	if (may_log(v))
		host_log(v->lambda->host, v->target->log_group, str_c(v->stream), clock_wall_ms(), line);
}

static void platform_event(struct environment *v, const char *type, const char *record)
{
	char now[DATE_TEXT_MAX], line[1024];
	struct str iso = date_iso_ms(now, clock_wall_ms());
	int n = snprintf(line, sizeof(line), "{\"time\":\"" STR_FMT "\",\"type\":\"%s\",\"record\":{%s}}", STR_ARG(iso), type,
			 record);

	report_line(v, str_of(line, n > 0 ? (size_t)n : 0));
}

void report_start(struct environment *v, const struct invocation *i)
{
	const struct str version = v->target->version;
	char text[512];

	if (v->target->json_logs) {
		snprintf(text, sizeof(text), "\"requestId\":\"%s\",\"version\":\"" STR_FMT "\"", i->id, STR_ARG(version));
		platform_event(v, "platform.start", text);
		return;
	}
	snprintf(text, sizeof(text), "START RequestId: %s Version: " STR_FMT, i->id, STR_ARG(version));
	report_line(v, str_c(text));
}

struct figures {
	double duration_ms, init_ms;
	long long billed_ms, memory_mb, used_mb;
	const char *status; /* NULL: success */
};

static struct figures measure(struct environment *v, const struct invocation *i)
{
	struct figures f = {
		.duration_ms = (double)(clock_mono_ns() - i->started_ns) / 1e6,
		.init_ms = (double)v->init_us / 1e3,
		.memory_mb = v->target->memory_mb,
		.used_mb = (atomic_load(&v->peak_kib) + 1023) / 1024,
	};

	v->init_us = 0; /* the first invocation's only */
	f.billed_ms = (long long)ceil(f.duration_ms + f.init_ms);
	if (i->kind != OUTCOME_SUCCESS)
		f.status = strcmp(i->error_type, "Sandbox.Timedout") == 0 ? "timeout" : "error";
	return f;
}

static void end_text(struct environment *v, const struct invocation *i, const struct figures *f)
{
	char text[512], init[64] = "", status[160] = "";

	snprintf(text, sizeof(text), "END RequestId: %s", i->id);
	report_line(v, str_c(text));
	if (f->init_ms > 0)
		snprintf(init, sizeof(init), "\tInit Duration: %.2f ms", f->init_ms);
	/* Errors that the function reported itself are its own affair: the line names only ours. */
	if (f->status && strcmp(f->status, "timeout") == 0)
		snprintf(status, sizeof(status), "\tStatus: timeout");
	else if (f->status && strncmp(i->error_type, "Runtime.", 8) == 0)
		snprintf(status, sizeof(status), "\tStatus: error\tError Type: %s", i->error_type);
	snprintf(text, sizeof(text),
		 "REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %lld ms\tMemory Size: %lld MB\t"
		 "Max Memory Used: %lld MB%s%s\t",
		 i->id, f->duration_ms, f->billed_ms, f->memory_mb, f->used_mb, init, status);
	report_line(v, str_c(text));
}

static void end_json(struct environment *v, const struct invocation *i, const struct figures *f)
{
	char text[512], init[64] = "";

	if (f->init_ms > 0)
		snprintf(init, sizeof(init), ",\"initDurationMs\":%.3f", f->init_ms);
	snprintf(text, sizeof(text),
		 "\"requestId\":\"%s\",\"metrics\":{\"durationMs\":%.3f,\"billedDurationMs\":%lld,\"memorySizeMB\":%lld,"
		 "\"maxMemoryUsedMB\":%lld%s},\"status\":\"%s\"",
		 i->id, f->duration_ms, f->billed_ms, f->memory_mb, f->used_mb, init, f->status ? f->status : "success");
	platform_event(v, "platform.report", text);
}

static void count(struct environment *v, const struct invocation *i, const struct figures *f)
{
	struct host *host = v->lambda->host;
	struct str name = v->target->name;

	host_metric(host, "AWS/Lambda", "Invocations", "FunctionName", name, 1);
	host_metric(host, "AWS/Lambda", "Errors", "FunctionName", name, i->kind == OUTCOME_SUCCESS ? 0 : 1);
	host_metric(host, "AWS/Lambda", "Duration", "FunctionName", name, f->duration_ms);
}

void report_end(struct environment *v, struct invocation *i)
{
	struct figures f = measure(v, i);

	if (v->target->json_logs)
		end_json(v, i, &f);
	else
		end_text(v, i, &f);
	count(v, i, &f);
	if (!i->tail)
		return;
	pthread_mutex_lock(&v->tail_lock);
	memcpy(i->log_tail, v->tail, v->tail_n);
	i->log_tail_n = v->tail_n;
	v->tail_n = 0;
	v->tailing = false;
	pthread_mutex_unlock(&v->tail_lock);
}

void report_init_failure(struct environment *v, const char *status, const char *type)
{
	char text[256];
	double ms = (double)(clock_mono_ns() - v->started_ns) / 1e6;
	const char *phase = v->second_init ? "invoke" : "init";

	if (v->target->json_logs) {
		snprintf(text, sizeof(text),
			 "\"initializationType\":\"on-demand\",\"phase\":\"%s\",\"status\":\"%s\",\"errorType\":\"%s\","
			 "\"metrics\":{\"durationMs\":%.3f}",
			 phase, status, type, ms);
		platform_event(v, "platform.initReport", text);
		return;
	}
	snprintf(text, sizeof(text), "INIT_REPORT Init Duration: %.2f ms\tPhase: %s\tStatus: %s%s%s", ms, phase, status,
		 strcmp(status, "error") == 0 ? "\tError Type: " : "", strcmp(status, "error") == 0 ? type : "");
	report_line(v, str_c(text));
}
