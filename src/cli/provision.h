/* SPDX-License-Identifier: Apache-2.0
 *
 * Sets up the pipeline on the local server from the files in pipeline/, the ones that Terraform reads: buckets, table, roles,
 * functions, state machine, rules, API. Done once on an empty data directory, and again when the files or the functions
 * changed; what exists is updated, never emptied.
 */
#ifndef GLEANER_CLI_PROVISION_H
#define GLEANER_CLI_PROVISION_H

#include "service/host.h"

enum { PROVISION_ORIGINS_MAX = 16 };

struct provision_options {
	bool bare; /* do nothing */
	/* Web pages that may use the API and the buckets from a browser, "https://app.example" or "*"; absent ones end the list.
	 */
	const char *allowed_origins[PROVISION_ORIGINS_MAX + 1];
	const char *pipeline_folder; /* NULL: found beside the program or where it was built */
	const char *package;         /* the functions' zip, the one that AWS gets; NULL likewise */
};

int provision(struct host *h, const struct provision_options *options, struct error *err) MUST_CHECK;

/* Where `provision` looks when the options name nothing: beside the program, or in the share folder of an installation. */
struct str provision_pipeline_folder(struct arena *a);
struct str provision_package(struct arena *a);

/* The members of /_gleaner/info that name the pipeline's resources. */
void provision_info(const struct host *h, struct writer *w);

#endif
