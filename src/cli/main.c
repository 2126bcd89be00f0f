/* SPDX-License-Identifier: Apache-2.0
 *
 * The command line: one sub-command a file.
 */
#include "cli/cli.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "serve", cmd_serve, "run the local AWS services and the pipeline" },
	{ "submit", cmd_submit, "submit images to the pipeline" },
	{ "jobs", cmd_jobs, "list, get, watch or delete jobs" },
	{ "detect", cmd_detect, "detect text in images, without a server" },
	{ "explain-access", cmd_explain_access, "tell what IAM policies decide, and by which statement" },
	{ "doctor", cmd_doctor, "tell what is installed, what is missing, how to fix it" },
};

static void usage(FILE *out)
{
	fprintf(out, "usage: gleaner COMMAND [OPTION…]\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		fprintf(out, "  %-14s  %s\n", commands[i].name, commands[i].summary);
	fprintf(out, "\n'gleaner COMMAND --help' tells more. 'gleaner --version' prints the version.\n"
		     "Exit status: 0 success, 1 failure, 2 wrong usage, 3 no server or no connection, 4 some jobs failed.\n");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	if (str_eq_c(STR("--version"), name)) {
		printf("gleaner %s\n", GLEANER_VERSION);
		return EXIT_OK;
	}
	if (str_eq_c(STR("--help"), name) || str_eq_c(STR("-h"), name) || str_eq_c(STR("help"), name)) {
		usage(stdout);
		return EXIT_OK;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (str_eq(str_c(commands[i].name), str_c(name)))
			return commands[i].run(argc - 1, argv + 1);
	if (*name)
		fprintf(stderr, "gleaner: unknown command '%s'\n", name);
	usage(stderr);
	return EXIT_USAGE;
}
