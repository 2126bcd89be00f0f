/* SPDX-License-Identifier: Apache-2.0 */
#include <unistd.h>

#include "aws/arn.h"
#include "service/codebuild/runner.h"

struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t done;
	bool finished;
	struct build *build;
	size_t max;
	struct reply *reply;
};

static void finish(struct waiter *w)
{
	pthread_mutex_lock(&w->lock);
	w->finished = true;
	pthread_cond_signal(&w->done);
	pthread_mutex_unlock(&w->lock);
}

static void wait_for(struct waiter *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->finished)
		pthread_cond_wait(&w->done, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

/* ---- calls ---- */

static struct str read_file(struct arena *a, const struct call_reply *reply, size_t max)
{
	char *bytes = reply->fd_length <= max ? arena_alloc(a, reply->fd_length + 1) : NULL;
	uint64_t done = 0;

	while (bytes && done < reply->fd_length) {
		ssize_t n = pread(reply->fd, bytes + done, reply->fd_length - done, (off_t)(reply->fd_offset + done));
		if (n <= 0)
			return STR_NULL;
		done += (uint64_t)n;
	}
	return str_of(bytes, bytes ? reply->fd_length : 0);
}

/* On any thread; the build's own waits, so its arena is ours meanwhile. */
static void called(struct call *call, void *argument)
{
	struct waiter *w = argument;
	struct reply *r = w->reply;

	r->error = call->error;
	if (call->error.code == 0)
		r->body = call->reply.fd >= 0 ? read_file(&w->build->arena, &call->reply, w->max)
					      : arena_str(&w->build->arena, call_reply_text(call));
	if (call->error.code == 0 && !r->body.p)
		error_set(&r->error, ERR_LIMIT, "the answer is too large");
	finish(w);
}

int build_call(struct build *b, const char *service, const char *operation, const struct json *parameters, struct str body,
	       size_t max, struct reply *out, struct error *err)
{
	struct waiter w = {
		.lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER, .build = b, .max = max, .reply = out
	};
	struct host_request request = {
		.service = service,
		.operation = operation,
		.principal = b->principal,
		.parameters = parameters,
		.body = body,
	};
	int result;

	*out = (struct reply){ 0 };
	result = host_call(b->cb->host, &request, called, &w);
	if (result != 0)
		return error_set(err, result, "%s cannot be called", service);
	wait_for(&w);
	return 0;
}

/* ---- credentials ---- */

struct assumed {
	struct waiter waiter;
	struct error *err;
	int result;
};

static void on_credentials(void *argument, const struct host_credentials *c, const struct error *err)
{
	struct assumed *a = argument;
	struct build *b = a->waiter.build;

	if (c) {
		b->access_key = arena_str(&b->arena, c->access_key);
		b->secret_key = arena_str(&b->arena, c->secret_key);
		b->session_token = arena_str(&b->arena, c->session_token);
	} else {
		a->result = error_set(a->err, ERR_DENIED, "%s", err ? err->message : "");
	}
	finish(&a->waiter);
}

int build_assume_role(struct build *b, struct error *err)
{
	struct assumed a = { .waiter = { .lock = PTHREAD_MUTEX_INITIALIZER, .done = PTHREAD_COND_INITIALIZER, .build = b },
			     .err = err };
	struct str session = arena_printf(&b->arena, "AWSCodeBuild-" STR_FMT, STR_ARG(b->uuid));
	struct str arn = json_get_text(b->record, STR("arn"));
	struct str project = arn_format(&b->arena, "codebuild", host_region(b->cb->host), host_account(b->cb->host),
					"project/" STR_FMT, STR_ARG(b->project));
	int64_t minutes = 60;
	int result;

	(void)!json_to_i64(json_get_c(b->record, "timeoutInMinutes"), &minutes);
	result = host_assume_role(b->cb->host, b->role, session, STR("codebuild.amazonaws.com"), project,
				  minutes < 60 ? 3600 : minutes * 60, on_credentials, &a);
	if (result != 0)
		return error_set(err, result, "CodeBuild is not authorized to perform: sts:AssumeRole on service role " STR_FMT,
				 STR_ARG(b->role));
	wait_for(&a.waiter);
	if (a.result != 0)
		return a.result;
	return host_role_principal(b->cb->host, &b->arena, b->role, session, arn, &b->principal, err);
}
