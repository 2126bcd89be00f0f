/* SPDX-License-Identifier: Apache-2.0
 *
 * gleaner submit: creates a job a file, uploads, and with --wait follows all of them to their end.
 */
#include <getopt.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/client_options.h"
#include "cli/table.h"
#include "os/clock.h"
#include "os/file.h"

static const char help[] =
	"usage: gleaner submit FILE… [--wait] [--out DIR] [OPTION…]\n\n"
	"Creates a job for each PNG file and uploads it. Prints each job's id, or with --wait its result.\n\n"
	"  --wait           until every job has ended\n"
	"  --out DIR        put processed images, texts and details there (implies --wait)\n"
	"  --timeout SECS   how long to wait (default 600)\n" CLIENT_OPTIONS_HELP
	"\nExit status: 0 all succeeded, 1 failure, 2 wrong usage, 3 no server, 4 some jobs did not succeed.\n";

enum { POLL_FIRST_MS = 10, POLL_MAX_MS = 500, TIMEOUT_S = 600 };

struct submission {
	const char *file;
	struct str job_id;
	const struct json *job; /* once it has ended */
	struct error error;     /* of submitting it */
	int64_t begun_ms, ended_ms;
};

struct submit {
	struct arena arena;
	struct client_options options;
	struct api *api;
	struct submission *all;
	size_t count, open;
	bool show; /* progress on stderr */
};

static void progress(const struct submit *s, const struct submission *one, const char *what)
{
	if (s->show)
		fprintf(stderr, "%s: %s\n", one->file, what);
}

static void submit_one(struct submit *s, struct submission *one)
{
	struct str bytes;

	one->begun_ms = clock_wall_ms();
	if (file_read(&s->arena, one->file, LIMIT_IMAGE_BYTES + 1, &bytes, &one->error) ||
	    api_submit(s->api, &s->arena, bytes, &one->job_id, &one->error)) {
		progress(s, one, one->error.message);
		return;
	}
	s->open++;
	progress(s, one, "uploaded");
}

/* Asks for one job; the arena of a question is its own, so that long waits do not grow. */
static int ask(struct submit *s, struct submission *one, struct error *err)
{
	struct arena a;
	const struct json *job = NULL;

	arena_init(&a, MIB(16));
	struct str target = arena_printf(&a, "/jobs/" STR_FMT, STR_ARG(one->job_id));
	int result = api_send(s->api, &a, "GET", target, NULL, &job, err);
	if (!result && api_is_settled(job)) {
		one->job = json_clone(&s->arena, job);
		one->ended_ms = clock_wall_ms();
		s->open--;
		progress(s, one, arena_c(&s->arena, json_get_text(job, STR("status"))));
	}
	arena_release(&a);
	return result;
}

static int64_t timeout_ms(const struct submit *s)
{
	int64_t seconds = TIMEOUT_S;

	if (s->options.timeout && str_to_i64(str_c(s->options.timeout), &seconds))
		seconds = TIMEOUT_S;
	return seconds * 1000;
}

static int wait_for_all(struct submit *s, struct error *err)
{
	int64_t end = clock_wall_ms() + timeout_ms(s), pause = POLL_FIRST_MS;

	while (s->open) {
		for (size_t i = 0; i < s->count; i++) {
			int result = s->all[i].job_id.p && !s->all[i].job ? ask(s, &s->all[i], err) : 0;
			if (result)
				return result;
		}
		if (clock_wall_ms() > end)
			return error_set(err, ERR_TIMEOUT,
					 "%zu jobs have not ended in time; 'gleaner jobs watch ID' goes on waiting", s->open);
		if (s->open)
			clock_sleep_ms(pause);
		pause = pause * 2 > POLL_MAX_MS ? POLL_MAX_MS : pause * 2;
	}
	return 0;
}

/* ---- results ---- */

static int save_one(struct submit *s, const struct submission *one, const char *url_name, const char *suffix, struct error *err)
{
	struct arena a;
	struct str bytes, url = json_get_text(json_get_c(one->job, "result"), str_c(url_name));

	if (!url.p)
		return 0;
	arena_init(&a, MIB(128));
	char *copy = arena_c(&a, str_c(one->file));
	struct str stem = str_c(basename(copy));
	if (str_ends(stem, STR(".png")))
		stem.n -= 4;
	struct str path = arena_printf(&a, "%s/" STR_FMT "%s", s->options.out, STR_ARG(stem), suffix);
	int result = api_download(s->api, &a, url, &bytes, err);
	if (!result)
		result = file_write(path.p, bytes, 0644, err);
	arena_release(&a);
	return result;
}

static int save_all(struct submit *s, struct error *err)
{
	int result = file_make_dirs(s->options.out, 0755, err);

	for (size_t i = 0; !result && i < s->count; i++) {
		const struct submission *one = &s->all[i];
		if (!one->job)
			continue;
		result = save_one(s, one, "processed_url", ".processed.png", err);
		if (!result)
			result = save_one(s, one, "text_url", ".txt", err);
		if (!result)
			result = save_one(s, one, "json_url", ".json", err);
	}
	return result;
}

static struct str number(struct submit *s, const struct json *v)
{
	return json_is(v, JSON_NUMBER) ? arena_str(&s->arena, v->text) : STR("-");
}

static struct str status_of(const struct submission *one)
{
	if (one->job)
		return json_get_text(one->job, STR("status"));
	return one->job_id.p ? STR("processing") : STR("not submitted");
}

/* First words of the text, or what went wrong. */
static struct str summary_of(struct submit *s, const struct submission *one)
{
	const struct json *error = json_get_c(one->job, "error");
	struct str text = json_get_text(json_get_c(one->job, "result"), STR("text"));

	if (error)
		return arena_printf(&s->arena, STR_FMT ": " STR_FMT, STR_ARG(json_get_text(error, STR("code"))),
				    STR_ARG(json_get_text(error, STR("message"))));
	if (!one->job_id.p)
		return arena_str(&s->arena, str_c(one->error.message));
	return text.p ? str_sub(text, 0, 200) : STR("");
}

static size_t terminal_width(void)
{
	struct winsize size;

	return isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static void print_table(struct submit *s)
{
	static const char *const headings[] = { "FILE", "STATUS", "LINES", "WORDS", "SECONDS", "TEXT", NULL };
	struct table t;

	table_init(&t, &s->arena, headings);
	for (size_t i = 0; i < s->count; i++) {
		const struct submission *one = &s->all[i];
		const struct json *result = json_get_c(one->job, "result");
		table_add(&t, str_c(one->file));
		table_add(&t, status_of(one));
		table_add(&t, number(s, json_get_c(result, "lines")));
		table_add(&t, number(s, json_get_c(result, "words")));
		table_add(&t,
			  one->job ? arena_printf(&s->arena, "%.2f", (double)(one->ended_ms - one->begun_ms) / 1000) : STR("-"));
		table_add(&t, summary_of(s, one));
	}
	table_print(&t, stdout, terminal_width());
}

static void print_json(struct submit *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct submission *one = &s->all[i];
		struct json *line = json_new_object(&s->arena);
		json_put(&s->arena, line, STR("file"), json_new_string(&s->arena, str_c(one->file)));
		json_put(&s->arena, line, STR("job_id"), json_new_string(&s->arena, one->job_id));
		json_put(&s->arena, line, STR("status"), json_new_string(&s->arena, status_of(one)));
		if (one->error.code)
			json_put(&s->arena, line, STR("error"), json_new_string(&s->arena, str_c(one->error.message)));
		if (one->job) {
			json_put(&s->arena, line, STR("seconds"),
				 json_new_double(&s->arena, (double)(one->ended_ms - one->begun_ms) / 1000));
			json_put(&s->arena, line, STR("job"), one->job);
		}
		struct str text = json_to_str(&s->arena, line);
		printf(STR_FMT "\n", STR_ARG(text));
	}
}

static void print(struct submit *s)
{
	if (s->options.json)
		print_json(s);
	else if (s->options.wait)
		print_table(s);
	else
		for (size_t i = 0; i < s->count; i++)
			if (s->all[i].job_id.p)
				printf(STR_FMT "\t%s\n", STR_ARG(s->all[i].job_id), s->all[i].file);
}

static int exit_code(const struct submit *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (!s->all[i].job_id.p || (s->options.wait && !str_eq(status_of(&s->all[i]), STR("succeeded"))))
			return EXIT_JOBS_FAILED;
	return EXIT_OK;
}

static int run(struct submit *s, char **files)
{
	struct error err = { 0 };
	int result;

	s->all = arena_alloc_array(&s->arena, s->count, sizeof(*s->all));
	if (!s->all)
		return EXIT_FAILED;
	if (api_open(&s->api, &s->options.api, &err))
		return client_report("submit", &err);
	for (size_t i = 0; i < s->count; i++) {
		s->all[i].file = files[i];
		submit_one(s, &s->all[i]);
	}
	result = s->options.wait ? wait_for_all(s, &err) : 0;
	if (!result && s->options.out)
		result = save_all(s, &err);
	print(s);
	return result ? client_report("submit", &err) : exit_code(s);
}

int cmd_submit(int argc, char **argv)
{
	struct submit s = { 0 };

	if (client_options_read(&s.options, argc, argv))
		return EXIT_USAGE;
	if (s.options.help || optind == argc) {
		fputs(help, s.options.help ? stdout : stderr);
		return s.options.help ? EXIT_OK : EXIT_USAGE;
	}
	arena_init(&s.arena, GIB(2));
	s.options.wait = s.options.wait || s.options.out;
	s.show = s.options.wait;
	s.count = (size_t)(argc - optind);
	int result = run(&s, argv + optind);
	api_close(s.api);
	arena_release(&s.arena);
	return result;
}
