/* SPDX-License-Identifier: Apache-2.0
 *
 * gleaner jobs: what the jobs API knows.
 */
#include <getopt.h>

#include "base/limits.h"
#include "cli/client_options.h"
#include "cli/table.h"
#include "format/uri.h"
#include "os/clock.h"

static const char help[] = "usage: gleaner jobs list --status STATUS [--limit N] [OPTION…]\n"
			   "       gleaner jobs get|watch|delete ID… [OPTION…]\n\n"
			   "  --status STATUS  upload_pending, processing, succeeded, failed or expired\n"
			   "  --limit N        at most so many (default: all)\n"
			   "  --timeout SECS   watch: how long (default 600)\n" CLIENT_OPTIONS_HELP;

enum { WATCH_MS = 200, TIMEOUT_S = 600, PAGE = 100 };

struct jobs {
	struct arena arena;
	struct client_options options;
	struct api *api;
	int64_t left;            /* list: so many more at most */
	int64_t timeout_seconds; /* watch */
};

static void print_job(struct jobs *j, const struct json *job)
{
	struct str text = json_to_str(&j->arena, job);

	printf(STR_FMT "\n", STR_ARG(text));
}

/* ---- list ---- */

static void add_row(struct jobs *j, struct table *t, const struct json *job)
{
	const struct json *error = json_get_c(job, "error"), *image = json_get_c(job, "image");
	const struct json *bytes = json_get_c(image, "bytes");

	(void)j;
	table_add(t, json_get_text(job, STR("job_id")));
	table_add(t, json_get_text(job, STR("status")));
	table_add(t, json_get_text(job, STR("created_at")));
	table_add(t, json_is(bytes, JSON_NUMBER) ? bytes->text : STR("-"));
	table_add(t, error ? json_get_text(error, STR("code")) : STR(""));
}

static struct str page_target(struct jobs *j, int64_t left, struct str cursor)
{
	struct arena *a = &j->arena;
	struct str target =
		arena_printf(a, "/jobs?status=%s&limit=%lld", j->options.status, (long long)(left < PAGE ? left : PAGE));
	struct str encoded = cursor.p ? uri_encode_str(a, cursor, false) : STR_NULL;

	return cursor.p ? arena_printf(a, STR_FMT "&cursor=" STR_FMT, STR_ARG(target), STR_ARG(encoded)) : target;
}

static int check_list(struct jobs *j, int argc, struct error *err)
{
	j->left = INT64_MAX;
	if (argc || !j->options.status || (j->options.limit && (str_to_i64(str_c(j->options.limit), &j->left) || j->left < 1)))
		return error_set(err, ERR_INVALID, "list takes --status STATUS and --limit N; see gleaner jobs --help");
	return 0;
}

static int list(struct jobs *j, int argc, char **argv, struct error *err)
{
	static const char *const headings[] = { "JOB", "STATUS", "CREATED", "BYTES", "ERROR", NULL };
	const struct json *page, *items;
	struct str cursor = STR_NULL;
	struct table t;

	(void)argc;
	(void)argv;
	table_init(&t, &j->arena, headings);
	do {
		int result = api_send(j->api, &j->arena, "GET", page_target(j, j->left, cursor), NULL, &page, err);
		if (result)
			return result;
		items = json_get_c(page, "jobs");
		for (size_t i = 0; json_is(items, JSON_ARRAY) && i < items->count; i++, j->left--) {
			if (j->options.json)
				print_job(j, items->items[i]);
			else
				add_row(j, &t, items->items[i]);
		}
		cursor = json_get_text(page, STR("cursor"));
	} while (cursor.p && j->left > 0);
	if (!j->options.json)
		table_print(&t, stdout, 0);
	return 0;
}

/* ---- get, watch, delete ---- */

static int get_one(struct jobs *j, const char *id, const struct json **job, struct error *err)
{
	struct str encoded = uri_encode_str(&j->arena, str_c(id), false);

	return api_send(j->api, &j->arena, "GET", arena_printf(&j->arena, "/jobs/" STR_FMT, STR_ARG(encoded)), NULL, job, err);
}

static int get(struct jobs *j, int argc, char **argv, struct error *err)
{
	const struct json *job;
	int result = 0;

	for (int i = 0; i < argc && !result; i++) {
		result = get_one(j, argv[i], &job, err);
		if (!result)
			print_job(j, job);
	}
	return result;
}

static int check_ids(struct jobs *j, int argc, struct error *err)
{
	j->timeout_seconds = TIMEOUT_S;
	if (argc == 0)
		return error_set(err, ERR_INVALID, "which jobs? see gleaner jobs --help");
	if (j->options.timeout && (str_to_i64(str_c(j->options.timeout), &j->timeout_seconds) || j->timeout_seconds < 0))
		return error_set(err, ERR_INVALID, "--timeout takes seconds");
	return 0;
}

static int watch_one(struct jobs *j, const char *id, struct error *err)
{
	int64_t end = clock_wall_ms() + j->timeout_seconds * 1000;
	const struct json *job;
	struct str last = STR("");

	do {
		int result = get_one(j, id, &job, err);
		if (result)
			return result;
		struct str status = json_get_text(job, STR("status"));
		if (!str_eq(status, last))
			fprintf(stderr, "%s: " STR_FMT "\n", id, STR_ARG(status));
		last = status;
		if (api_is_settled(job)) {
			print_job(j, job);
			return 0;
		}
		clock_sleep_ms(WATCH_MS);
	} while (clock_wall_ms() < end);
	return error_set(err, ERR_LIMIT, "%s has not ended in %lld s", id, (long long)j->timeout_seconds);
}

static int watch(struct jobs *j, int argc, char **argv, struct error *err)
{
	int result = 0;

	for (int i = 0; i < argc && !result; i++)
		result = watch_one(j, argv[i], err);
	return result;
}

static int delete_jobs(struct jobs *j, int argc, char **argv, struct error *err)
{
	int result = 0;

	for (int i = 0; i < argc && !result; i++) {
		struct str encoded = uri_encode_str(&j->arena, str_c(argv[i]), false);
		result = api_send(j->api, &j->arena, "DELETE", arena_printf(&j->arena, "/jobs/" STR_FMT, STR_ARG(encoded)), NULL,
				  NULL, err);
		if (!result)
			fprintf(stderr, "%s: deleted\n", argv[i]);
	}
	return result;
}

static const struct verb {
	const char *name;
	int (*check)(struct jobs *j, int argc, struct error *err); /* of what was asked, before any server is */
	int (*run)(struct jobs *j, int argc, char **argv, struct error *err);
} verbs[] = {
	{ "list", check_list, list },
	{ "get", check_ids, get },
	{ "watch", check_ids, watch },
	{ "delete", check_ids, delete_jobs },
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (str_eq(str_c(verbs[i].name), str_c(name)))
			return &verbs[i];
	return NULL;
}

int cmd_jobs(int argc, char **argv)
{
	struct jobs j = { 0 };
	struct error err = { 0 };

	if (client_options_read(&j.options, argc, argv))
		return EXIT_USAGE;
	const struct verb *verb = optind < argc ? find_verb(argv[optind]) : NULL;
	if (j.options.help || !verb) {
		fputs(help, j.options.help ? stdout : stderr);
		return j.options.help ? EXIT_OK : EXIT_USAGE;
	}
	arena_init(&j.arena, GIB(1));
	int result = verb->check(&j, argc - optind - 1, &err);
	if (!result)
		result = api_open(&j.api, &j.options.api, &err);
	if (!result)
		result = verb->run(&j, argc - optind - 1, argv + optind + 1, &err);
	api_close(j.api);
	arena_release(&j.arena);
	if (!result)
		return EXIT_OK;
	client_report("jobs", &err);
	return err.code == ERR_INVALID                         ? EXIT_USAGE
	       : err.code == ERR_IO || err.code == ERR_TIMEOUT ? EXIT_NO_SERVER
							       : EXIT_FAILED;
}
