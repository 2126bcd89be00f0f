/* SPDX-License-Identifier: Apache-2.0
 *
 * gleaner explain-access: what IAM decides, and by which statement, without a server.
 */
#include <getopt.h>
#include <unistd.h>

#include "base/limits.h"
#include "cli/cli.h"
#include "os/file.h"
#include "policy/policy.h"

enum { REQUEST_MAX = 4 * 1024 * 1024 };

static const char help[] =
	"usage: gleaner explain-access --request FILE\n\n"
	"FILE (- for standard input) is a JSON object: identity_policies[], resource_policy, permission_boundary, "
	"session_policies[],\n"
	"principal, action, resource, context{}. Prints {\"decision\":\"allowed|explicitDeny|implicitDeny\",\"statement\":…}.\n";

static int explain(struct arena *a, const char *path, struct error *err)
{
	struct str content;
	const struct json *request, *answer;
	bool input = str_eq(str_c(path), STR("-"));
	int result = input ? fd_read_all(a, STDIN_FILENO, "standard input", REQUEST_MAX, &content, err)
			   : file_read(a, path, REQUEST_MAX, &content, err);

	if (!result)
		result = json_parse(a, content, &request, err);
	if (!result)
		result = policy_explain(a, request, &answer, err);
	if (result)
		return result;
	struct str text = json_to_str(a, answer);
	printf(STR_FMT "\n", STR_ARG(text));
	return 0;
}

int cmd_explain_access(int argc, char **argv)
{
	static const struct option options[] = { { "request", required_argument, NULL, 'r' },
						 { "help", no_argument, NULL, 'h' },
						 { 0 } };
	const char *path = NULL;
	struct error err = { 0 };
	struct arena a;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'h') {
			fputs(help, stdout);
			return EXIT_OK;
		}
		if (option != 'r')
			return EXIT_USAGE;
		path = optarg;
	}
	if (!path || optind < argc) {
		fputs(help, stderr);
		return EXIT_USAGE;
	}
	arena_init(&a, MIB(64));
	int result = explain(&a, path, &err);
	arena_release(&a);
	if (result)
		fprintf(stderr, "gleaner explain-access: %s\n", err.message);
	return result ? EXIT_FAILED : EXIT_OK;
}
