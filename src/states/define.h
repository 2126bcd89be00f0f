/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files that compile a definition share. Internal to define*.c.
 */
#ifndef GLEANER_STATES_DEFINE_H
#define GLEANER_STATES_DEFINE_H

#include "states/definition.h"

struct definer {
	struct machine *machine;
	struct arena *arena;
	struct diagnostics *diagnostics;
	int depth; /* of blocks in blocks */
};

enum { BLOCK_DEPTH_MAX = 32, STATE_NAME_MAX = 80, STATES_MAX = 10000 };

/* "StartAt" and "States" of `value`; `distributed` as the processor's own mode. */
void define_block(struct definer *d, struct block *block, const struct json *value, struct str location);
/* The fields of one state; transitions are left to define_links. */
void define_state(struct definer *d, struct state *s, const struct json *value, struct str location);
void define_retry(struct definer *d, struct state *s, const struct json *value, struct str location);
void define_catch(struct definer *d, struct state *s, const struct json *value, struct str location);
void define_choices(struct definer *d, struct state *s, const struct json *value, struct str location);
void define_map(struct definer *d, struct state *s, const struct json *value, struct str location);
void define_parallel(struct definer *d, struct state *s, const struct json *value, struct str location);
/* Resolves Next, Default, Choices and Catch; finds dead ends and states nothing leads to. */
void define_links(struct definer *d, struct block *block, const struct json *value, struct str location);

/* Refuses a field that this type of state, or its query language, does not have. */
void define_check_fields(struct definer *d, const struct state *s, const struct json *value, struct str location);

const struct template *define_template(struct definer *d, const struct state *s, const struct json *value, const char *field,
				       struct str location);
void define_path(struct definer *d, struct optional_path *out, const struct json *value, const char *field, bool reference,
		 struct str location);
/* `field`, or in JSONPath `field` + "Path": at most one of them. */
void define_setting(struct definer *d, const struct state *s, struct setting *out, const struct json *value, const char *field,
		    const char *path_field, struct str location);
struct str define_below(struct definer *d, struct str location, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
