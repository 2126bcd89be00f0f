/* SPDX-License-Identifier: Apache-2.0
 *
 * A build's commands. "All commands run in the same instance": each is a process of its own here, so that `exit` ends only
 * itself, and hands exported variables and the working folder to the next through files in the build's state folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/clock.h"
#include "os/file.h"
#include "service/codebuild/runner.h"

enum { BUILD_PROCESSES = 4096, BUILD_FILES = 8192, WORDS_MAX = 512, SYSTEM_PATHS = 40 };

/* ---- what it sees ---- */

const char *const build_folders[] = { "src", "state", "home", NULL };

/* Folders of this machine that builds see: "a:b" */
static struct str lent_folders(const struct build *b)
{
	return str_c(host_setting(b->cb->host, "codebuild-paths"));
}

void build_prepare_sandbox(struct build *b)
{
	struct str rest = lent_folders(b);
	size_t n = sandbox_system_paths(b->paths, SYSTEM_PATHS), max = sizeof(b->paths) / sizeof(b->paths[0]);

	/* The folder is ours, only what lies in it is the build's: it cannot turn a name we write to or read from into a link. */
	b->paths[n++] = (struct sandbox_path){ .source = b->folder, .target = "/codebuild" };
	for (size_t i = 0; build_folders[i]; i++)
		b->paths[n++] = (struct sandbox_path){
			.source = arena_printf(&b->arena, "%s/%s", b->folder, build_folders[i]).p,
			.target = arena_printf(&b->arena, "/codebuild/%s", build_folders[i]).p,
			.writable = true,
		};
	while (rest.p && n < max - 1) {
		char *path = arena_c(&b->arena, str_split(&rest, ':'));
		if (path && path[0] == '/')
			b->paths[n++] = (struct sandbox_path){ .source = path };
	}
	b->paths[n] = (struct sandbox_path){ 0 };
	b->sandbox.paths = b->paths;
	b->sandbox.kit = b->cb->kit;
	b->sandbox.scratch_bytes = 4ULL << 30;
	b->sandbox.processes = BUILD_PROCESSES;
	b->sandbox.files = BUILD_FILES;
	b->sandbox.network = true;
	b->seen = b->cb->kit && sandbox_has_view(&b->sandbox) ? "/codebuild" : b->folder;
}

/* ---- environment ---- */

struct words {
	struct build *build;
	const char *list[WORDS_MAX];
	size_t count;
};

/* A later word of the same name replaces an earlier one. */
static void set(struct words *w, struct str name, struct str value)
{
	struct str word = arena_printf(&w->build->arena, STR_FMT "=" STR_FMT, STR_ARG(name), STR_ARG(value));
	size_t i;

	if (!word.p || !value.p)
		return;
	for (i = 0; i < w->count && strncmp(w->list[i], word.p, name.n + 1) != 0; i++)
		;
	if (i == WORDS_MAX - 1)
		return;
	w->list[i] = word.p;
	if (i == w->count)
		w->count++;
}

static void set_c(struct words *w, const char *name, struct str value)
{
	set(w, str_c(name), value);
}

static void set_variables(struct words *w)
{
	const struct build *b = w->build;
	const struct json *own = b->spec.variables;
	const struct json *given = json_get_c(json_get_c(b->record, "environment"), "environmentVariables");

	/* The buildspec's give way to the project's, which the request's have already replaced. */
	for (size_t i = 0; own && i < own->count; i++)
		set(w, own->members[i].name, json_text(own->members[i].value));
	for (size_t i = 0; given && i < given->count; i++)
		set(w, json_get_text(given->items[i], STR("name")), json_get_text(given->items[i], STR("value")));
}

/* "Environment variables in build environments" */
static void set_build(struct words *w)
{
	struct build *b = w->build;
	const struct json *source = json_get_c(b->record, "source");
	struct str region = host_region(b->cb->host), version = json_get_text(b->record, STR("sourceVersion"));

	set_c(w, "CI", STR("true"));
	set_c(w, "CODEBUILD_CI", STR("true"));
	set_c(w, "CODEBUILD_BUILD_ID", b->id);
	set_c(w, "CODEBUILD_BUILD_ARN", json_get_text(b->record, STR("arn")));
	set_c(w, "CODEBUILD_BUILD_NUMBER", arena_printf(&b->arena, "%lld", (long long)b->number));
	set_c(w, "CODEBUILD_BUILD_IMAGE", json_get_text(json_get_c(b->record, "environment"), STR("image")));
	set_c(w, "CODEBUILD_BUILD_SUCCEEDING", b->failed ? STR("0") : STR("1"));
	set_c(w, "CODEBUILD_INITIATOR", json_get_text(b->record, STR("initiator")));
	set_c(w, "CODEBUILD_LOG_PATH", b->stream);
	set_c(w, "CODEBUILD_SOURCE_REPO_URL", json_get_text(source, STR("location")));
	set_c(w, "CODEBUILD_SOURCE_VERSION", version);
	set_c(w, "CODEBUILD_RESOLVED_SOURCE_VERSION", version);
	set_c(w, "CODEBUILD_SRC_DIR", arena_printf(&b->arena, "%s/src", b->seen));
	set_c(w, "AWS_REGION", region);
	set_c(w, "AWS_DEFAULT_REGION", region);
	set_c(w, "AWS_ACCESS_KEY_ID", b->access_key);
	set_c(w, "AWS_SECRET_ACCESS_KEY", b->secret_key);
	set_c(w, "AWS_SESSION_TOKEN", b->session_token);
}

/* Lent folders first, so that a machine's own Terraform is found. */
static struct str search_path(struct build *b)
{
	struct str lent = lent_folders(b);

	return arena_printf(&b->arena, STR_FMT "%s/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", STR_ARG(lent),
			    lent.n > 0 ? ":" : "");
}

static const char *const *environment(struct build *b)
{
	struct words *w = arena_alloc(&b->arena, sizeof(*w));

	if (!w)
		return NULL;
	w->build = b;
	set_c(w, "PATH", search_path(b));
	set_c(w, "HOME", arena_printf(&b->arena, "%s/home", b->seen));
	set_c(w, "LANG", STR("C.UTF-8"));
	set_c(w, "AWS_ENDPOINT_URL", host_endpoint(b->cb->host));
	if (lent_folders(b).n > 0)
		set_c(w, "GLEANER_BUILD_PATHS", lent_folders(b));
	set_variables(w);
	set_build(w);
	w->list[w->count] = NULL;
	return w->list;
}

/* ---- the script around a command ---- */

static void add_exports(struct build *b, struct buf *script)
{
	for (size_t i = 0; b->spec.exported && i < b->spec.exported->count; i++) {
		struct str name = json_text(b->spec.exported->items[i]);
		/* Names are checked: anything else would be code. */
		for (size_t j = 0; j < name.n; j++) {
			char c = name.p[j];
			if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (j > 0 && c >= '0' && c <= '9')))
				name = STR_NULL;
		}
		if (name.n > 0)
			buf_addf(script, "printenv " STR_FMT " > \"$1/exported-" STR_FMT "\"; ", STR_ARG(name), STR_ARG(name));
	}
}

/* Variables of the build itself are always given anew; those that commands have exported come back from the file. */
static int write_script(struct build *b, struct str command, char path[512], struct error *err)
{
	struct buf script;
	int result;

	snprintf(path, 512, "%s/command", b->folder);
	buf_init(&script, YAML_SIZE_MAX + 65536);
	buf_addf(&script, "__codebuild_leave() { export -p > \"$1/env.new\"; pwd > \"$1/cwd\"; mv \"$1/env.new\" \"$1/env\"; ");
	add_exports(b, &script);
	buf_addf(&script, "}\n[ -f '%s/state/env' ] && . '%s/state/env'\nexport CODEBUILD_BUILD_SUCCEEDING=%d\n", b->seen,
		 b->seen, !b->failed);
	buf_addf(&script, "cd \"$(cat '%s/state/cwd' 2>/dev/null || echo '%s/src')\" || exit 1\n", b->seen, b->seen);
	buf_addf(&script, "trap '__codebuild_status=$?; __codebuild_leave \"%s/state\"; exit $__codebuild_status' EXIT\n",
		 b->seen);
	buf_add_str(&script, command);
	buf_add_c(&script, "\n");
	result = buf_failed(&script) ? error_set(err, ERR_LIMIT, "a command is too long")
				     : file_write(path, buf_str(&script), 0644, err);
	buf_release(&script);
	return result;
}

/* ---- running ---- */

static void on_line(void *context, enum process_stream stream, struct str line)
{
	(void)stream;
	build_log_line(context, line);
}

static void on_end(void *context, const struct process_exit *end)
{
	struct build *b = context;

	pthread_mutex_lock(&b->lock);
	b->end = *end;
	b->ended = true;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

static const struct process_handlers handlers = { on_line, on_end };

static void wait_end(struct build *b)
{
	struct timespec until = { .tv_sec = b->deadline_ms / 1000, .tv_nsec = b->deadline_ms % 1000 * 1000000 };

	pthread_mutex_lock(&b->lock);
	while (!b->ended && !b->stopped && pthread_cond_timedwait(&b->changed, &b->lock, &until) != ETIMEDOUT)
		;
	if (!b->ended)
		process_kill(b->process);
	while (!b->ended)
		pthread_cond_wait(&b->changed, &b->lock);
	pthread_mutex_unlock(&b->lock);
}

static int start(struct build *b, const char *shell, struct error *err)
{
	char script[600];
	const char *const arguments[] = { shell, script, NULL };
	struct process_options options = {
		.program = shell,
		.arguments = arguments,
		.environment = environment(b),
		.folder = b->seen,
		.sandbox = b->cb->kit ? &b->sandbox : NULL,
		.handlers = &handlers,
		.context = b,
	};

	snprintf(script, sizeof(script), "%s/command", b->seen);
	if (!options.environment || arena_failed(&b->arena))
		return error_set(err, ERR_NO_MEMORY, "no memory for a command");
	b->ended = false;
	return process_start(&b->process, b->cb->watcher, &options, err);
}

static const char *shell_of(const struct build *b)
{
	bool plain = str_eq(b->spec.shell, STR("sh")) || str_eq(b->spec.shell, STR("/bin/sh"));

	return !plain && access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
}

static int command_failed(struct str command, const struct process_exit *end, struct error *err)
{
	struct str shown = str_sub(command, 0, 512);

	if (end->signaled)
		error_set(err, ERR_SERVICE, "Error while executing command: " STR_FMT ". Reason: signal: %s (%d)", STR_ARG(shown),
			  sigdescr_np(end->status) ? sigdescr_np(end->status) : "unknown", end->status);
	else
		error_set(err, ERR_SERVICE, "Error while executing command: " STR_FMT ". Reason: exit status %d", STR_ARG(shown),
			  end->status);
	snprintf(err->name, sizeof(err->name), "COMMAND_EXECUTION_ERROR");
	return ERR_SERVICE;
}

int build_command(struct build *b, struct str command, struct error *err)
{
	char path[512];
	int result;

	if (build_check(b) != BUILD_GOES_ON)
		return error_set(err, ERR_UNAVAILABLE, "the build ends");
	build_log(b, "Running command " STR_FMT, STR_ARG(command));
	result = write_script(b, command, path, err);
	if (result == 0)
		result = start(b, shell_of(b), err);
	if (result != 0) {
		build_log(b, "The command could not be started: %s", err->message);
		snprintf(err->name, sizeof(err->name), "INTERNAL_SERVICE_ERROR");
		return ERR_SERVICE;
	}
	wait_end(b);
	process_free(b->process);
	b->process = NULL;
	if (build_check(b) != BUILD_GOES_ON)
		return error_set(err, ERR_UNAVAILABLE, "the build ends");
	return b->end.signaled || b->end.status != 0 ? command_failed(command, &b->end, err) : 0;
}
