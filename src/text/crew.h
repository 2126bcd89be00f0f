/* SPDX-License-Identifier: Apache-2.0
 *
 * A few threads that help a caller with independent pieces of work. Many callers may share one crew; a caller always works on its
 * own pieces too, so a busy crew only means less help. A piece may itself call crew_run: whoever waits for the piece then helps
 * with it.
 */
#ifndef GLEANER_TEXT_CREW_H
#define GLEANER_TEXT_CREW_H

#include <stddef.h>

#include "base/error.h"

struct crew;

/* `threads` counts the caller: 1 makes a crew of none. */
int crew_new(struct crew **out, int threads, struct error *err) MUST_CHECK;
void crew_free(struct crew *c); /* NULL is allowed */

/* Runs work(argument, i) for every i below `count`, in any order, side by side; returns when all are done. Lower ones begin
 * first. */
void crew_run(struct crew *c, size_t count, void (*work)(void *argument, size_t index), void *argument);

#endif
