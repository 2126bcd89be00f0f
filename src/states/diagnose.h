/* SPDX-License-Identifier: Apache-2.0
 *
 * What is wrong with a definition, in the terms of ValidateStateMachineDefinition. A list in an arena; the codes are the
 * service's: INVALID_JSON_DESCRIPTION, SCHEMA_VALIDATION_FAILED, MISSING_TRANSITION_TARGET, MISSING_END_STATE. *Pure.*
 */
#ifndef GLEANER_STATES_DIAGNOSE_H
#define GLEANER_STATES_DIAGNOSE_H

#include "base/arena.h"

enum { DIAGNOSTICS_MAX = 100 }; /* ValidateStateMachineDefinition's maxResults ends here; more are only counted */

struct diagnostic {
	bool warning;
	const char *code;
	struct str message;
	struct str location; /* "/States/A/Next"; absent when the whole workflow is meant */
};

struct diagnostics {
	struct arena *arena;
	size_t count;  /* in `items` */
	size_t errors; /* in all */
	bool truncated;
	struct diagnostic items[DIAGNOSTICS_MAX];
};

void diagnostics_init(struct diagnostics *d, struct arena *a);
void diagnose(struct diagnostics *d, const char *code, struct str location, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* SCHEMA_VALIDATION_FAILED, the most frequent one. */
void diagnose_schema(struct diagnostics *d, struct str location, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* "CODE: message at location, …": what InvalidDefinition quotes. */
struct str diagnostics_text(const struct diagnostics *d);

#endif
