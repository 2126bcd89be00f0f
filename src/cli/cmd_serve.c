/* SPDX-License-Identifier: Apache-2.0
 *
 * gleaner serve: the host with all services, and on an empty data directory the pipeline.
 */
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "cli/cli.h"
#include "cli/provision.h"
#include "cli/services.h"
#include "cli/text_folders.h"
#include "format/uri.h"
#include "os/file.h"

static const char help[] =
	"usage: gleaner serve [OPTION…]\n\n"
	"  --listen ADDRESS:PORT         default 127.0.0.1:4566; port 0 picks a free one\n"
	"  --data-dir DIR                default $XDG_DATA_HOME/gleaner or ~/.local/share/gleaner\n"
	"  --bare                        no pipeline: empty services\n"
	"  --pipeline DIR                the folder with the pipeline's definition (default: the one this was built from)\n"
	"  --functions FILE              the functions' package (default: beside this program)\n"
	"  --allowed-origin URL          let web pages of that origin use the pipeline; may be repeated (default: none)\n"
	"  --iam=on|off                  evaluate IAM policies (default on)\n"
	"  --sandbox=require|on|off      confine functions; 'require' refuses to start where a layer is missing (default on)\n"
	"  --codebuild-path DIR          a folder that builds may read, first in their PATH (Terraform, its providers); "
	"repeatable\n"
	"  --codebuild-minute-ms N       how long a minute of a build's timeout is (default 60000)\n"
	"  --durability=full|relaxed     fsync each commit, or leave that to the system (default full)\n"
	"  --oidc-keys ISSUER=PLACE      the keys (JWKS) of a token issuer are in this file or at this URL, not asked for at\n"
	"                                the issuer; may be given several times\n"
	"  --text-engine=ENGINE          text detection engine (default: the best one installed)\n"
	"  --text-word-limit=100|off     words in one DetectText answer: as on AWS, or all\n"
	"  --detect-text-rate N[:BURST]  DetectText calls a second; more are throttled as on AWS (default: no quota)\n"
	"  --lambda-concurrency N        functions running at once in the account; more are throttled (default 1000)\n"
	"  --start-execution-rate N[:BURST]\n"
	"                                StartExecution calls a second, likewise (default: no quota; AWS: 300:1300)\n"
	"  --text-concurrency=N          images read or waiting at once, more are throttled (default 16)\n"
	"  --text-timeout=SECONDS        an image that takes longer fails (default 60)\n"
	"  --region REGION               default us-east-1\n"
	"  --account-id ID               default 000000000000\n"
	"  --log-level=error|warn|info|debug\n"
	"  --operations                  list the operations that are served, as Markdown, and exit\n\n"
	"Prints one line when it is ready. Stop it with SIGINT or SIGTERM.\n";

enum { SETTINGS_MAX = 16 };

struct serve {
	struct arena arena;
	char address[64];
	struct provision_options provision;
	struct host_options host;
	const char *settings[SETTINGS_MAX][2]; /* ends with a row of NULL */
	size_t setting_count;
	struct str oidc_keys;       /* "ISSUER=PLACE", several separated by blanks */
	struct str codebuild_paths; /* "a:b" */
	bool list_operations;
};

static int wrong(const char *option, const char *value)
{
	fprintf(stderr, "gleaner serve: --%s: wrong value '%s'; see gleaner serve --help\n", option, value);
	return EXIT_USAGE;
}

static int set_listen(struct serve *s, const char *value)
{
	struct str text = str_c(value);
	ptrdiff_t colon = -1;
	uint64_t port;

	for (ptrdiff_t at = -1; (at = str_find_char(text, ':', (size_t)(at + 1))) >= 0;)
		colon = at;
	struct str host = str_sub(text, 0, colon < 0 ? 0 : (size_t)colon);
	if (host.n > 2 && host.p[0] == '[')
		host = str_sub(host, 1, host.n - 2);
	if (colon < 0 || host.n == 0 || host.n >= sizeof(s->address) || str_to_u64(str_from(text, (size_t)colon + 1), &port) ||
	    port > 65535)
		return wrong("listen", value);
	snprintf(s->address, sizeof(s->address), STR_FMT, STR_ARG(host));
	s->host.listen_port = (uint16_t)port;
	return 0;
}

/* The position of the value among the choices (separated by '|'), or -1. */
static int choice(const char *choices, const char *value)
{
	struct str rest = str_c(choices);

	for (int i = 0; rest.p; i++)
		if (str_eq_c(str_split(&rest, '|'), value))
			return i;
	return -1;
}

static int set_durability(struct serve *s, const char *value)
{
	int i = choice("full|relaxed", value);

	s->host.durability = i == 1 ? STORE_RELAXED : STORE_FULL;
	return i < 0 ? wrong("durability", value) : 0;
}

static int set_log_level(struct serve *s, const char *value)
{
	int i = choice("error|warn|info|debug", value);

	(void)s;
	if (i < 0)
		return wrong("log-level", value);
	log_set_level((enum log_level)i);
	return 0;
}

static int set_iam(struct serve *s, const char *value)
{
	int i = choice("on|off", value);

	if (i < 0)
		return wrong("iam", value);
	if (i == 1)
		services_without_iam(&s->host);
	return 0;
}

static int set_bare(struct serve *s, const char *value)
{
	(void)value;
	s->provision.bare = true;
	return 0;
}

static int set_operations(struct serve *s, const char *value)
{
	(void)value;
	s->list_operations = true;
	return 0;
}

static int set_data_dir(struct serve *s, const char *value)
{
	s->host.data_folder = value;
	return 0;
}

static int set_pipeline(struct serve *s, const char *value)
{
	s->provision.pipeline_folder = value;
	return 0;
}

static int set_functions(struct serve *s, const char *value)
{
	s->provision.package = value;
	return 0;
}

/* "https://app.example:8443" or "*": what a browser sends as Origin. */
static int set_allowed_origin(struct serve *s, const char *value)
{
	const char **list = s->provision.allowed_origins;
	struct str text = str_c(value);
	struct uri uri;
	size_t n = 0;
	bool is_origin =
		str_eq_c(text, "*") || (uri_parse(text, &uri, NULL) == 0 && uri.host.n && str_starts(text, STR("http")) &&
					str_find_char(str_from(text, 8), '/', 0) < 0 && !strpbrk(value, "<>&\"' "));

	while (list[n])
		n++;
	if (!is_origin || n == PROVISION_ORIGINS_MAX)
		return wrong("allowed-origin", value);
	list[n] = value;
	return 0;
}

static int set_region(struct serve *s, const char *value)
{
	s->host.region = value;
	return 0;
}

static int set_account(struct serve *s, const char *value)
{
	uint64_t ignored;

	s->host.account = value;
	return strlen(value) == 12 && !str_to_u64(str_c(value), &ignored) ? 0 : wrong("account-id", value);
}

static int set_oidc_keys(struct serve *s, const char *value)
{
	struct str place = str_c(value), issuer = str_split(&place, '=');

	if (!str_starts(issuer, STR("https://")) || place.n == 0 || str_find_char(str_c(value), ' ', 0) >= 0)
		return wrong("oidc-keys", value);
	if (str_find(place, STR("://"), 0) < 0 && !str_starts(place, STR("/"))) {
		fprintf(stderr, "gleaner serve: --oidc-keys: '%s' names neither a URL nor an absolute path\n", value);
		return EXIT_USAGE;
	}
	s->oidc_keys = s->oidc_keys.n ? arena_printf(&s->arena, STR_FMT " %s", STR_ARG(s->oidc_keys), value) : str_c(value);
	return 0;
}

static int add_codebuild_path(struct serve *s, const char *value)
{
	if (value[0] != '/' || strchr(value, ':'))
		return wrong("codebuild-path", value);
	s->codebuild_paths =
		s->codebuild_paths.n ? arena_printf(&s->arena, STR_FMT ":%s", STR_ARG(s->codebuild_paths), value) : str_c(value);
	return 0;
}

/* One row an option. Those with `choices` and no function are handed to the services as settings. */
static const struct serve_option {
	const char *name;
	int (*set)(struct serve *s, const char *value);
	const char *choices;
	bool flag;
} serve_options[] = {
	{ "listen", set_listen, NULL, false },
	{ "data-dir", set_data_dir, NULL, false },
	{ "bare", set_bare, NULL, true },
	{ "pipeline", set_pipeline, NULL, false },
	{ "functions", set_functions, NULL, false },
	{ "allowed-origin", set_allowed_origin, NULL, false },
	{ "iam", set_iam, NULL, false },
	{ "sandbox", NULL, "require|on|off", false },
	{ "codebuild-path", add_codebuild_path, NULL, false },
	{ "codebuild-minute-ms", NULL, NULL, false },
	{ "durability", set_durability, NULL, false },
	{ "oidc-keys", set_oidc_keys, NULL, false },
	{ "text-engine", NULL, NULL, false },
	{ "text-word-limit", NULL, "100|off", false },
	{ "detect-text-rate", NULL, NULL, false },
	{ "lambda-concurrency", NULL, NULL, false },
	{ "start-execution-rate", NULL, NULL, false },
	{ "text-concurrency", NULL, NULL, false },
	{ "text-timeout", NULL, NULL, false },
	{ "region", set_region, NULL, false },
	{ "account-id", set_account, NULL, false },
	{ "log-level", set_log_level, NULL, false },
	{ "operations", set_operations, NULL, true },
};

enum { OPTION_COUNT = sizeof(serve_options) / sizeof(*serve_options), OPTION_HELP = OPTION_COUNT };

static void add_setting(struct serve *s, const char *name, const char *value)
{
	s->settings[s->setting_count][0] = name;
	s->settings[s->setting_count++][1] = value;
}

static int set_option(struct serve *s, const struct serve_option *o, const char *value)
{
	if (o->set)
		return o->set(s, value);
	if (o->choices && choice(o->choices, value) < 0)
		return wrong(o->name, value);
	add_setting(s, o->name, value);
	return 0;
}

/* 0: go on; else the exit code plus one. */
static int read_options(struct serve *s, int argc, char **argv)
{
	struct option options[OPTION_COUNT + 2] = { 0 };
	int i, result;

	for (i = 0; i < OPTION_COUNT; i++)
		options[i] = (struct option){ serve_options[i].name, serve_options[i].flag ? no_argument : required_argument,
					      NULL, 256 + i };
	options[OPTION_HELP] = (struct option){ "help", no_argument, NULL, 256 + OPTION_HELP };
	while ((i = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (i == 256 + OPTION_HELP) {
			fputs(help, stdout);
			return EXIT_OK + 1;
		}
		if (i == '?' || s->setting_count + 3 >= SETTINGS_MAX) /* two more are added at the end, and the row of NULL */
			return EXIT_USAGE + 1;
		if ((result = set_option(s, &serve_options[i - 256], optarg)))
			return result + 1;
	}
	if (optind < argc) {
		fprintf(stderr, "gleaner serve: unexpected argument '%s'\n", argv[optind]);
		return EXIT_USAGE + 1;
	}
	return 0;
}

/* An operation may have several rows, for what tells them apart on the wire; they stand together. */
static bool is_listed(const struct operation *first, const struct operation *op)
{
	return !op->refused && (op == first || !str_eq(str_c(op[-1].name), str_c(op->name)));
}

/* docs/operations.md is this, so that what is documented is what is served. */
static int list_operations(const struct host_options *options)
{
	printf("# Operations\n\nWhat the local server answers, from the services' own tables (`gleaner serve --operations`). "
	       "Everything else is "
	       "refused by name.\n");
	for (const struct service *const *s = options->services; *s; s++) {
		const char *separator = "";
		printf("\n## %s\n\n", (*s)->name);
		for (const struct operation *op = (*s)->operations; op->name; op++) {
			if (!is_listed((*s)->operations, op))
				continue;
			printf("%s%s", separator, op->name);
			separator = ", ";
		}
		printf("\n");
	}
	return EXIT_OK;
}

static const char *default_data_folder(struct arena *a)
{
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (data && *data)
		return arena_printf(a, "%s/gleaner", data).p;
	return home ? arena_printf(a, "%s/.local/share/gleaner", home).p : "gleaner-data";
}

static int report(const char *what, const struct error *err)
{
	fprintf(stderr, "gleaner serve: %s: %s\n", what, err->message);
	return EXIT_FAILED;
}

static void wait_for_signal(const sigset_t *signals)
{
	int number;

	while (sigwait(signals, &number) == 0 && number != SIGINT && number != SIGTERM)
		;
	log_info("serve", "stopping signal=%d", number);
}

static int serve(struct serve *s, const sigset_t *signals)
{
	struct error err = { 0 };
	struct host *host;

	if (file_make_dirs(s->host.data_folder, 0700, &err))
		return report("the data directory can't be made", &err);
	/* Functions run from below it, in another working directory. */
	char *absolute = realpath(s->host.data_folder, NULL);
	if (!absolute)
		return error_set_errno(&err, s->host.data_folder), report("the data directory can't be used", &err);
	s->host.data_folder = arena_c(&s->arena, str_c(absolute));
	free(absolute);
	if (host_new(&host, &s->host, &err))
		return report("can't start", &err);
	int result = provision(host, &s->provision, &err);
	if (result) {
		report("the pipeline can't be set up", &err);
	} else {
		printf("gleaner is ready at " STR_FMT ", credentials in %s/credentials (AWS_SHARED_CREDENTIALS_FILE)\n",
		       STR_ARG(host_endpoint(host)), s->host.data_folder);
		fflush(stdout);
		wait_for_signal(signals);
	}
	host_free(host);
	return result ? EXIT_FAILED : EXIT_OK;
}

int cmd_serve(int argc, char **argv)
{
	struct serve s = { .address = "127.0.0.1" };
	sigset_t signals;

	/* Before any thread: all of them leave these to sigwait. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	arena_init(&s.arena, KIB(64));
	s.host.listen_port = 4566;
	s.host.listen_address = s.address;
	s.host.settings = s.settings;
	services_all(&s.host);
	s.host.info = provision_info;
	s.host.data_folder = default_data_folder(&s.arena);
	add_setting(&s, "text-folders", text_folders(&s.arena));
	add_setting(&s, "ca-file", getenv("SSL_CERT_FILE"));
	int stop = read_options(&s, argc, argv);
	add_setting(&s, "oidc-keys", s.oidc_keys.p);
	add_setting(&s, "codebuild-paths", s.codebuild_paths.p);
	int result = stop ? stop - 1 : s.list_operations ? list_operations(&s.host) : serve(&s, &signals);
	arena_release(&s.arena);
	return result;
}
