/* SPDX-License-Identifier: Apache-2.0
 *
 * Starting an environment: the role's credentials, then, on the service's pool, a listener for its Runtime API and the process.
 */
#include <stdio.h>
#include <stdlib.h>

#include "os/clock.h"
#include "os/file.h"
#include "service/lambda/runtime.h"

enum { ENVIRONMENT_WORDS = 512 };

/* ---- environment variables ---- */

struct words {
	struct arena *arena;
	const char *list[ENVIRONMENT_WORDS];
	size_t count;
	const struct json *variables; /* the user's: they win where they may be set at all */
};

static void add_word(struct words *w, struct str name, struct str value)
{
	struct str text = arena_printf(w->arena, STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(value));

	if (text.p && w->count < ENVIRONMENT_WORDS - 1)
		w->list[w->count++] = text.p;
}

static void set_word(struct words *w, const char *name, struct str value)
{
	if (value.p && !json_get(w->variables, str_c(name)))
		add_word(w, str_c(name), value);
}

static void set_word_i64(struct words *w, const char *name, int64_t value)
{
	set_word(w, name, arena_printf(w->arena, "%lld", (long long)value));
}

static void set_identity(struct words *w, const struct environment *v)
{
	const struct target *t = v->target;
	const struct host_credentials *c = &t->credentials;
	struct str region = host_region(v->lambda->host);

	set_word(w, "AWS_REGION", region);
	set_word(w, "AWS_DEFAULT_REGION", region);
	set_word(w, "AWS_ACCESS_KEY_ID", c->access_key);
	set_word(w, "AWS_SECRET_ACCESS_KEY", c->secret_key);
	set_word(w, "AWS_SESSION_TOKEN", c->session_token);
	set_word(w, "AWS_ENDPOINT_URL", host_endpoint(v->lambda->host));
	set_word(w, "AWS_LAMBDA_FUNCTION_NAME", t->name);
	set_word(w, "AWS_LAMBDA_FUNCTION_VERSION", t->version);
	set_word_i64(w, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", t->memory_mb);
	set_word(w, "AWS_LAMBDA_LOG_GROUP_NAME", t->log_group);
	set_word(w, "AWS_LAMBDA_LOG_STREAM_NAME", str_c(v->stream));
	set_word(w, "AWS_LAMBDA_LOG_FORMAT", t->json_logs ? STR("JSON") : STR("Text"));
	set_word(w, "AWS_LAMBDA_INITIALIZATION_TYPE", STR("on-demand"));
}

/* "Defined runtime environment variables" */
static void fill_words(struct words *w, const struct environment *v, const char *task, bool interpreter)
{
	const struct target *t = v->target;
	/* Without a view of its own the process sees the layer where it lies. */
	struct str opt = t->layer.p && strcmp(task, "/var/task") != 0 ? t->layer : STR("/opt");

	w->variables = t->variables;
	for (size_t i = 0; t->variables && i < t->variables->count; i++)
		add_word(w, t->variables->members[i].name, json_text(t->variables->members[i].value));
	set_word(w, "_HANDLER", t->handler);
	set_word(w, "AWS_LAMBDA_RUNTIME_API", arena_printf(w->arena, "127.0.0.1:%u", v->port));
	set_word(w, "LAMBDA_TASK_ROOT", str_c(task));
	set_word(w, "LAMBDA_RUNTIME_DIR",
		 interpreter && strcmp(task, "/var/task") != 0 ? str_c(v->lambda->clients) : STR("/var/runtime"));
	set_word(w, "TZ", STR(":UTC"));
	set_word(w, "LANG", STR("en_US.UTF-8"));
	set_word(w, "PATH", STR("/usr/local/bin:/usr/bin/:/bin:/opt/bin"));
	set_word(w, "LD_LIBRARY_PATH", arena_printf(w->arena, "%s:%s/lib:" STR_FMT "/lib", task, task, STR_ARG(opt)));
	if (interpreter && t->layer.p) {
		set_word(w, "PYTHONPATH", arena_printf(w->arena, STR_FMT "/python", STR_ARG(opt)));
		set_word(w, "NODE_PATH", arena_printf(w->arena, STR_FMT "/nodejs/node_modules", STR_ARG(opt)));
	}
	if (interpreter)
		set_word(w, "AWS_EXECUTION_ENV", arena_printf(w->arena, "AWS_Lambda_" STR_FMT, STR_ARG(t->runtime)));
	if (v->scratch)
		set_word(w, "TMPDIR", str_c(v->scratch));
	set_identity(w, v);
	w->list[w->count] = NULL;
}

/* ---- process ---- */

static void on_line(void *context, enum process_stream stream, struct str line)
{
	(void)stream;
	report_line(context, line);
}

static void on_exit_of(void *context, const struct process_exit *end)
{
	environment_ended(context, end, NULL);
}

static const struct process_handlers process_handlers = { on_line, on_exit_of };

enum { SYSTEM_PATHS = 32 };

static void fill_sandbox(struct sandbox *s, struct sandbox_path *paths, const struct environment *v, const char *code,
			 bool interpreter)
{
	const struct target *t = v->target;
	size_t n = sandbox_system_paths(paths, SYSTEM_PATHS);
	/* Interpreters keep much writable memory they never touch. */
	uint64_t slack = (interpreter ? 1024ULL : 64ULL) << 20;

	paths[n++] = (struct sandbox_path){ code, "/var/task" };
	if (interpreter)
		paths[n++] = (struct sandbox_path){ v->lambda->clients, "/var/runtime" };
	if (t->layer.p)
		paths[n++] = (struct sandbox_path){ t->layer.p, "/opt" };
	paths[n] = (struct sandbox_path){ 0 };
	*s = (struct sandbox){
		.kit = v->lambda->kit,
		.paths = paths,
		.scratch = v->scratch,
		.scratch_bytes = (uint64_t)t->ephemeral_mb << 20,
		.memory_bytes = ((uint64_t)t->memory_mb << 20) + slack,
		.processes = 1024,
		.files = 1024, /* "File descriptors", "Processes/threads": 1,024 */
		.ports = { v->port, v->lambda->port },
		.slot = (unsigned)v->number,
	};
}

static int make_scratch(struct environment *v, struct error *err)
{
	if (asprintf(&v->scratch, "%s/%llu", v->lambda->scratch, (unsigned long long)v->number) < 0) {
		v->scratch = NULL;
		return error_set(err, ERR_NO_MEMORY, "no memory for a path");
	}
	return file_make_dirs(v->scratch, 0700, err);
}

static int start_process(struct environment *v, struct arena *a, struct error *err)
{
	struct lambda *l = v->lambda;
	struct sandbox sandbox = { .kit = l->kit };
	struct sandbox_path paths[SYSTEM_PATHS + 4];
	bool view = l->kit && sandbox_has_view(&sandbox);
	const char *code = arena_c(a, v->target->code), *task = view ? "/var/task" : code;
	struct words *words = arena_alloc(a, sizeof(*words));
	struct command command;
	int result = runtime_command(l, v->target, task, &command, err);

	if (result == 0 && !view)
		result = make_scratch(v, err);
	if (result == 0 && (!words || !code))
		result = error_set(err, ERR_NO_MEMORY, "no memory for an environment");
	if (result != 0)
		return result;
	words->arena = a;
	pthread_mutex_lock(&l->lock); /* the target's credentials */
	fill_words(words, v, task, command.interpreter);
	pthread_mutex_unlock(&l->lock);
	if (l->kit)
		fill_sandbox(&sandbox, paths, v, code, command.interpreter);
	struct process_options options = {
		.program = command.words[0],
		.arguments = command.words,
		.environment = words->list,
		.folder = task,
		.sandbox = l->kit ? &sandbox : NULL,
		.handlers = &process_handlers,
		.context = v,
	};
	result = process_start(&v->process, l->watcher, &options, err);
	if (result != 0 && err && strcmp(err->name, "exec") == 0) {
		/* As the service words what its process starter, written in Go, says. */
		const char *reason = result == ERR_DENIED    ? "permission denied"
				     : result == ERR_INVALID ? "exec format error"
							     : "no such file or directory";
		error_set(err, result, "fork/exec %s: %s", command.interpreter ? command.program : "/var/task/bootstrap", reason);
		snprintf(err->name, sizeof(err->name), "exec");
	}
	return result;
}

static int launch(struct environment *v, struct arena *a, struct error *err)
{
	struct lambda *l = v->lambda;
	struct http_listener *listener;
	uint16_t port = 0;
	int result = http_listen(l->http, "127.0.0.1", &port, (void *)(uintptr_t)v->number, &listener, err);

	if (result != 0)
		return result;
	pthread_mutex_lock(&l->lock);
	v->listener = listener;
	v->port = port;
	pthread_mutex_unlock(&l->lock);
	return start_process(v, a, err);
}

/* With the lock: was it wanted dead meanwhile? */
static bool given_up(const struct environment *v)
{
	return v->kill_wanted || v->lambda->stopping;
}

static void run_launch(void *argument)
{
	struct environment *v = argument;
	struct lambda *l = v->lambda;
	struct error err = { 0 };
	struct effects e;
	struct arena a;
	bool stop;
	int result;

	arena_init(&a, 4 << 20);
	pthread_mutex_lock(&l->lock);
	v->references++; /* ours: the process may end before we are done */
	stop = given_up(v);
	pthread_mutex_unlock(&l->lock);
	result = stop ? error_set(&err, ERR_UNAVAILABLE, "not wanted any more") : launch(v, &a, &err);
	pthread_mutex_lock(&l->lock);
	v->launching = false;
	effects_init(&e);
	if (result == 0 && given_up(v))
		process_kill(v->process);
	else if (v->parked && v->state == ENVIRONMENT_STARTING)
		runtime_ready(v, &e); /* it was faster than we are */
	pthread_mutex_unlock(&l->lock);
	effects_run(l, &e);
	if (result != 0)
		environment_ended(v, NULL, &err);
	pthread_mutex_lock(&l->lock);
	environment_unref(v);
	pthread_mutex_unlock(&l->lock);
	arena_release(&a);
}

static void queue_launch(struct environment *v)
{
	struct error err = { 0 };

	if (pool_run(v->lambda->pool, run_launch, v) == 0)
		return;
	v->launching = false;
	error_set(&err, ERR_UNAVAILABLE, "too many environments start at once");
	environment_ended(v, NULL, &err);
}

/* ---- credentials ---- */

/* With the lock. */
static void keep_credentials(struct environment *v, const struct host_credentials *c)
{
	struct target *t = v->target;

	arena_release(&t->credentials_arena);
	arena_init(&t->credentials_arena, 1 << 16);
	t->credentials = (struct host_credentials){
		.access_key = arena_str(&t->credentials_arena, c->access_key),
		.secret_key = arena_str(&t->credentials_arena, c->secret_key),
		.session_token = arena_str(&t->credentials_arena, c->session_token),
		.expires_ms = c->expires_ms,
	};
	t->has_credentials = !arena_failed(&t->credentials_arena);
	v->credentials_expire_ms = c->expires_ms;
}

static void on_credentials(void *argument, const struct host_credentials *c, const struct error *err)
{
	struct environment *v = argument;
	struct error why = { 0 };

	if (c) {
		pthread_mutex_lock(&v->lambda->lock);
		keep_credentials(v, c);
		pthread_mutex_unlock(&v->lambda->lock);
		queue_launch(v);
		return;
	}
	error_set(&why, ERR_DENIED, "%s", err ? err->message : "");
	snprintf(why.name, sizeof(why.name), "role");
	environment_ended(v, NULL, &why);
}

/* Environments share the role's credentials while a quarter of their time is left. */
static bool use_credentials(struct environment *v)
{
	const struct target *t = v->target;
	bool fresh;

	pthread_mutex_lock(&v->lambda->lock);
	fresh = t->has_credentials &&
		t->credentials.expires_ms - clock_wall_ms() > LAMBDA_CREDENTIALS_S * 250 + t->timeout_s * 1000;
	if (fresh)
		v->credentials_expire_ms = t->credentials.expires_ms;
	pthread_mutex_unlock(&v->lambda->lock);
	return fresh;
}

void environment_start(struct environment *v)
{
	struct target *t = v->target;
	struct error err = { 0 };
	int result;

	if (use_credentials(v)) {
		queue_launch(v);
		return;
	}
	result = host_assume_role(v->lambda->host, t->role, t->name, STR("lambda.amazonaws.com"), STR_NULL, LAMBDA_CREDENTIALS_S,
				  on_credentials, v);
	if (result != 0) {
		error_set(&err, result, "the role cannot be assumed");
		if (result != ERR_NO_MEMORY && result != ERR_UNAVAILABLE)
			snprintf(err.name, sizeof(err.name), "role");
		environment_ended(v, NULL, &err);
	}
}
