/* SPDX-License-Identifier: Apache-2.0
 *
 * What runs a function: the zip's own bootstrap, or an interpreter of this machine with our client of the Runtime API.
 */
#include <stdio.h>
#include <unistd.h>

#include "os/file.h"
#include "service/lambda/runtime.h"

/* The clients' text, from the files beside this one. */
#define EMBED(name, file)                                                                                                        \
	__asm__(".section .rodata\n.global " #name "\n" #name ":\n.incbin \"" LAMBDA_CLIENTS "/" file "\"\n.global " #name       \
		"_end\n" #name "_end:\n.byte 0\n.previous\n");                                                                   \
	extern const char name[], name##_end[]

EMBED(lambda_client_python, "runtime.py");
EMBED(lambda_client_node, "runtime.mjs");

static bool is_provided(struct str runtime)
{
	return str_eq(runtime, STR("provided")) || str_eq(runtime, STR("provided.al2")) ||
	       str_eq(runtime, STR("provided.al2023"));
}

static bool is_numbered(struct str runtime, struct str prefix, struct str suffix)
{
	uint64_t n;

	if (!str_starts(runtime, prefix) || !str_ends(runtime, suffix) || runtime.n <= prefix.n + suffix.n)
		return false;
	return str_to_u64(str_sub(runtime, prefix.n, runtime.n - prefix.n - suffix.n), &n) == 0;
}

static bool is_python(struct str runtime)
{
	return is_numbered(runtime, STR("python3."), STR(""));
}

static bool is_node(struct str runtime)
{
	return is_numbered(runtime, STR("nodejs"), STR(".x"));
}

bool runtime_is_known(struct str runtime)
{
	return is_provided(runtime) || is_python(runtime) || is_node(runtime);
}

static bool find_program(const char *name, char out[256])
{
	static const char *const folders[] = { "/usr/local/bin", "/usr/bin", NULL };

	for (size_t i = 0; folders[i]; i++) {
		snprintf(out, 256, "%s/%s", folders[i], name);
		if (access(out, X_OK) == 0)
			return true;
	}
	return false;
}

static int missing(const struct target *t, struct error *err)
{
	error_set(err, ERR_NOT_FOUND, "The runtime " STR_FMT " needs an interpreter that this machine does not have",
		  STR_ARG(t->runtime));
	if (err)
		snprintf(err->name, sizeof(err->name), "entrypoint");
	return ERR_NOT_FOUND;
}

static int provided_command(const struct target *t, const char *task, struct command *out, struct error *err)
{
	char real[600];

	snprintf(real, sizeof(real), STR_FMT "/bootstrap", STR_ARG(t->code));
	if (access(real, F_OK) != 0) {
		error_set(err, ERR_NOT_FOUND, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
		if (err)
			snprintf(err->name, sizeof(err->name), "entrypoint");
		return ERR_NOT_FOUND;
	}
	snprintf(out->script, sizeof(out->script), "%s/bootstrap", task);
	out->words[0] = out->script;
	return 0;
}

int runtime_command(const struct lambda *l, const struct target *t, const char *task, struct command *out, struct error *err)
{
	const char *clients = strcmp(task, "/var/task") == 0 ? "/var/runtime" : l->clients;
	char name[32];

	*out = (struct command){ 0 };
	if (is_provided(t->runtime))
		return provided_command(t, task, out, err);
	out->interpreter = true;
	if (is_python(t->runtime)) {
		snprintf(name, sizeof(name), STR_FMT, STR_ARG(t->runtime));
		/* The version asked for, else the one there is. */
		if (!find_program(name, out->program) && !find_program("python3", out->program))
			return missing(t, err);
		snprintf(out->script, sizeof(out->script), "%s/runtime.py", clients);
		out->words[1] = "-u";
		out->words[2] = out->script;
	} else {
		if (!find_program("node", out->program))
			return missing(t, err);
		snprintf(out->script, sizeof(out->script), "%s/runtime.mjs", clients);
		out->words[1] = out->script;
	}
	out->words[0] = out->program;
	return 0;
}

static int write_client(const struct lambda *l, const char *name, const char *text, const char *end, struct error *err)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", l->clients, name);
	return file_write(path, str_of(text, (size_t)(end - text)), 0644, err);
}

int runtime_clients_write(const struct lambda *l, struct error *err)
{
	int result = file_make_dirs(l->clients, 0755, err);

	if (result == 0)
		result = write_client(l, "runtime.py", lambda_client_python, lambda_client_python_end, err);
	return result ? result : write_client(l, "runtime.mjs", lambda_client_node, lambda_client_node_end, err);
}
