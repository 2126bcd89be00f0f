/* SPDX-License-Identifier: Apache-2.0
 *
 * What the sub-commands share. This folder alone reads the environment, prints and exits: data on stdout, progress on stderr.
 */
#ifndef GLEANER_CLI_CLI_H
#define GLEANER_CLI_CLI_H

#include <stdio.h>

#include "base/str.h"

enum exit_code {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_SERVER = 3,
	EXIT_JOBS_FAILED = 4,
};

/* Each gets its own arguments, argv[0] being the sub-command's name, and returns an exit code. */
int cmd_serve(int argc, char **argv);
int cmd_submit(int argc, char **argv);
int cmd_jobs(int argc, char **argv);
int cmd_detect(int argc, char **argv);
int cmd_explain_access(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

#endif
