/* SPDX-License-Identifier: Apache-2.0
 *
 * Express executions: in memory from start to end, on whichever thread an event arrives; events of one execution are handled
 * one after the other. They end with the server; their history goes to the log group that the machine names. Internal to
 * the folder.
 */
#ifndef GLEANER_SERVICE_STATES_EXPRESS_H
#define GLEANER_SERVICE_STATES_EXPRESS_H

#include "service/states/internal.h"

struct express;

/* Takes the reference to `r`. With `sync` the call is answered at the execution's end (CALL_PENDING). */
int express_start(struct call *call, struct revision *r, const struct start_input *in, bool sync) MUST_CHECK;
void express_post(struct express *e, const struct states_event *event);
struct express *express_ref(struct express *e);
void express_unref(struct express *e);
/* Answers the calls that still wait: the server stops. */
void express_stop(struct states *s);
/* Gives up what still waits for a deadline; the timer is gone by then. */
void express_close(struct states *s);

#endif
