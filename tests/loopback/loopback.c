/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole requests through binding, operation and store, without a socket: each file is a list of steps for a fresh host.
 *
 *   loopback FOLDER      [{"service","operation","parameters","body","error":"Code","reply":{…}}, …]
 *
 * A reply fits when every member the step names is there and fits; "*" fits anything; lists must have the same length.
 */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "cli/services.h"
#include "os/file.h"

static bool fits(const struct json *want, const struct json *got)
{
	if (json_is(want, JSON_STRING) && str_eq(want->text, STR("*")))
		return got != NULL;
	if (!got || want->type != got->type)
		return false;
	if (want->type == JSON_OBJECT) {
		for (size_t i = 0; i < want->count; i++)
			if (!fits(want->members[i].value, json_get(got, want->members[i].name)))
				return false;
		return true;
	}
	if (want->type != JSON_ARRAY)
		return json_equal(want, got);
	for (size_t i = 0; i < want->count && i < got->count; i++)
		if (!fits(want->items[i], got->items[i]))
			return false;
	return want->count == got->count;
}

static bool check(struct arena *a, const struct json *step, const struct host_answer *answer)
{
	struct str error = json_get_text(step, STR("error"));
	const struct json *want = json_get_c(step, "reply"), *got = NULL;

	if (answer->error.code || error.p)
		return str_eq_c(error, answer->error.name);
	if (!want)
		return true;
	return json_parse(a, answer->body, &got, NULL) == 0 && fits(want, got);
}

static bool run_step(struct host *h, struct arena *a, const char *file, size_t number, const struct json *step)
{
	struct host_answer answer;
	const char *service = arena_c(a, json_get_text(step, STR("service")));
	const char *operation = arena_c(a, json_get_text(step, STR("operation")));
	const struct json *parameters = json_get_c(step, "parameters");

	if (host_call_wait(h, service, operation, parameters ? parameters : &json_empty_object, json_get_text(step, STR("body")),
			   a, &answer))
		return false;
	if (check(a, step, &answer))
		return true;
	printf("%s: step %zu (%s %s) answered %s %s " STR_FMT "\n", file, number + 1, service, operation, answer.error.name,
	       answer.error.message, STR_ARG(answer.body));
	return false;
}

static bool run_steps(struct arena *a, const char *file, const struct json *steps)
{
	char folder[] = "/tmp/gleaner-loopback-XXXXXX";
	struct host_options options = { .data_folder = folder, .durability = STORE_RELAXED };
	struct error err = { 0 };
	struct host *h;
	bool good = true;

	if (!mkdtemp(folder))
		return false;
	services_all(&options);
	if (host_new(&h, &options, &err)) {
		printf("%s: %s\n", file, err.message);
		return false;
	}
	for (size_t i = 0; good && i < steps->count; i++)
		good = run_step(h, a, file, i, json_at(steps, i));
	host_free(h);
	return file_remove_tree(folder, &err) == 0 && good;
}

static bool run_file(const char *folder, const char *name)
{
	struct arena a;
	struct error err = { 0 };
	struct str content;
	const struct json *steps;

	arena_init(&a, MIB(64));
	struct str path = arena_printf(&a, "%s/%s", folder, name);
	bool good = !file_read(&a, path.p, MIB(4), &content, &err) && !json_parse(&a, content, &steps, &err);
	if (!good)
		printf("%s: %s\n", name, err.message);
	good = good && json_is(steps, JSON_ARRAY) && steps->count > 0 && run_steps(&a, name, steps);
	arena_release(&a);
	return good;
}

int main(int argc, char **argv)
{
	DIR *folder = opendir(argc > 1 ? argv[1] : ".");
	int passed = 0, failed = 0;

	log_set_level(LOG_ERROR);
	for (struct dirent *e; folder && (e = readdir(folder));) {
		if (!str_ends(str_c(e->d_name), STR(".json")))
			continue;
		if (run_file(argv[1], e->d_name))
			passed++;
		else
			failed++;
	}
	if (folder)
		closedir(folder);
	printf("[  PASSED  ] %d test(s).\n", passed);
	if (failed || !passed)
		printf("[  FAILED  ] %d test(s).\n", failed ? failed : 1);
	return failed || !passed;
}
