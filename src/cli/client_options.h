/* SPDX-License-Identifier: Apache-2.0
 *
 * The options that `submit` and `jobs` share.
 */
#ifndef GLEANER_CLI_CLIENT_OPTIONS_H
#define GLEANER_CLI_CLIENT_OPTIONS_H

#include "cli/api.h"
#include "cli/cli.h"

struct client_options {
	struct api_options api;
	bool json, wait, help;
	const char *out;     /* --out DIR */
	const char *status;  /* --status */
	const char *limit;   /* --limit */
	const char *timeout; /* --timeout SECONDS */
};

#define CLIENT_OPTIONS_HELP                                                                                                      \
	"  --endpoint URL   a gleaner server (default: AWS_ENDPOINT_URL or http://127.0.0.1:4566)\n"                             \
	"  --api URL        the jobs API itself, as on AWS: the Terraform output api_endpoint\n"                                 \
	"  --profile NAME   sign requests with these credentials (authorization 'iam')\n"                                        \
	"  --region REGION  for signing\n"                                                                                       \
	"  --json           one JSON document a line\n"

/* Leaves optind at the first argument. 0, or EXIT_USAGE. */
int client_options_read(struct client_options *o, int argc, char **argv);
/* Prints "gleaner <command>: <message>" and answers with the exit code that fits. */
int client_report(const char *command, const struct error *err);

#endif
