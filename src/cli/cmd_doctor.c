/* SPDX-License-Identifier: Apache-2.0
 *
 * gleaner doctor: one line a thing this program can use, and for what is missing how to get it.
 */
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "cli/provision.h"
#include "cli/text_folders.h"
#include "format/writer.h"
#include "os/file.h"
#include "os/sandbox.h"
#include "text/text.h"

static const char help[] =
	"usage: gleaner doctor [--json]\n\n"
	"Tells what is installed, what is missing, and how to fix it. Exit status 1 when 'gleaner serve' cannot do its job.\n";

enum finding_kind { FOUND, OPTIONAL_MISSING, MISSING };

struct doctor {
	struct arena arena;
	bool json;
	bool sick;
	struct buf out;
	struct writer w;
};

static void report(struct doctor *d, enum finding_kind kind, const char *what, struct str detail, const char *fix)
{
	static const char *const words[] = { "ok", "optional", "missing" };

	d->sick = d->sick || kind == MISSING;
	if (!d->json) {
		printf("%-9s %-18s " STR_FMT "\n", words[kind], what, STR_ARG(detail));
		if (kind != FOUND && fix)
			printf("%-9s %-18s -> %s\n", "", "", fix);
		return;
	}
	write_object(&d->w, NULL);
	write_c(&d->w, "state", words[kind]);
	write_c(&d->w, "what", what);
	write_str(&d->w, "detail", detail);
	write_c(&d->w, "fix", kind == FOUND ? NULL : fix);
	write_end(&d->w);
}

static void check_pipeline(struct doctor *d)
{
	struct str pipeline = provision_pipeline_folder(&d->arena), package = provision_package(&d->arena);

	report(d, file_exists(pipeline.p) ? FOUND : MISSING, "pipeline", pipeline,
	       "name its folder with 'gleaner serve --pipeline DIR'");
	report(d, file_exists(package.p) ? FOUND : MISSING, "functions", package,
	       "run 'make build', or name the package with 'gleaner serve --functions FILE'");
}

static void check_sandbox(struct doctor *d)
{
	struct error err = { 0 };
	struct sandbox_kit *kit = NULL;
	const char *missing;
	char scratch[] = "/tmp/gleaner-doctor-XXXXXX";

	if (!mkdtemp(scratch) || sandbox_kit_new(&kit, scratch, &err)) {
		report(d, OPTIONAL_MISSING, "sandbox", arena_str(&d->arena, str_c(err.message)), "functions run unconfined");
	} else {
		report(d, sandbox_kit_layers(kit) == SANDBOX_ALL ? FOUND : OPTIONAL_MISSING, "sandbox",
		       sandbox_kit_layers(kit) == SANDBOX_ALL ? STR("every layer is available") : STR("some layers are missing"),
		       "the other layers confine functions; 'gleaner serve --sandbox=require' insists on all");
		for (size_t i = 0; (missing = sandbox_kit_missing(kit, i)); i++)
			report(d, OPTIONAL_MISSING, "sandbox layer", str_c(missing), NULL);
	}
	sandbox_kit_free(kit);
	rmdir(scratch);
}

/* Loads the engine that would be used: a library or model that is there but broken shows now. */
static void check_text(struct doctor *d)
{
	const struct text_options options = { .folders = text_folders(&d->arena), .load = true };
	struct text_engine *engine = NULL;
	char advice[ERROR_MESSAGE_MAX];
	struct error err = { 0 };

	if (text_engine_new(&engine, &options, &err)) {
		report(d, MISSING, "text detection", arena_str(&d->arena, str_c(err.message)), "apt-get install tesseract-ocr");
		return;
	}
	report(d, FOUND, "text detection", str_c(text_engine_name(engine)), NULL);
	if (text_engine_advice(engine, advice))
		report(d, OPTIONAL_MISSING, "better engine", arena_str(&d->arena, str_c(advice)), NULL);
	text_engine_free(engine);
}

static void check_tool(struct doctor *d, const char *name, const char *fix)
{
	struct str folders = str_c(getenv("PATH"));

	while (folders.p) {
		struct str folder = str_split(&folders, ':');
		struct str path = arena_printf(&d->arena, STR_FMT "/%s", STR_ARG(folder), name);
		if (path.p && access(path.p, X_OK) == 0) {
			report(d, FOUND, name, path, NULL);
			return;
		}
	}
	report(d, OPTIONAL_MISSING, name, STR("not on PATH"), fix);
}

int cmd_doctor(int argc, char **argv)
{
	static const struct option options[] = { { "json", no_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' }, { 0 } };
	struct doctor d = { 0 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_OK;
		}
		if (option != 'j')
			return EXIT_USAGE;
		d.json = true;
	}
	if (optind < argc) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	arena_init(&d.arena, MIB(1));
	buf_init(&d.out, MIB(1));
	writer_init(&d.w, &d.out, WRITER_JSON);
	write_list(&d.w, NULL, NULL);
	check_pipeline(&d);
	check_sandbox(&d);
	check_text(&d);
	check_tool(&d, "aws", "apt-get install awscli: the AWS CLI, to talk to the server by hand");
	check_tool(&d, "terraform",
		   "https://developer.hashicorp.com/terraform/install: to deploy to AWS, and for the Terraform tests");
	write_end(&d.w);
	if (d.json)
		puts(buf_c(&d.out));
	buf_release(&d.out);
	arena_release(&d.arena);
	return d.sick ? EXIT_FAILED : EXIT_OK;
}
