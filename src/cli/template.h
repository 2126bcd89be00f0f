/* SPDX-License-Identifier: Apache-2.0
 *
 * The placeholders of the pipeline's files, ${name} as Terraform's templatefile has them, replaced by values.
 */
#ifndef GLEANER_CLI_TEMPLATE_H
#define GLEANER_CLI_TEMPLATE_H

#include "base/arena.h"

struct template_value {
	const char *name;
	struct str value;
};

/* "$${" stands for "${" itself. ERR_INVALID for a placeholder that `values` (ends with name NULL) does not have. */
int placeholders_fill(struct arena *a, struct str text, const struct template_value *values, struct str *out,
		      struct error *err) MUST_CHECK;

#endif
