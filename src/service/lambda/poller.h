/* SPDX-License-Identifier: Apache-2.0
 *
 * Pollers: one for each enabled event source mapping of a queue. It receives a batch under the function's role, invokes the
 * function, and deletes what was taken; one batch at a time. A poller always has one thing under way (a call, or a timer), and
 * that owns it: an ended poller is freed when it comes back.
 *
 * Mappings of streams are kept, but there are no stream records to deliver.
 */
#ifndef GLEANER_SERVICE_LAMBDA_POLLER_H
#define GLEANER_SERVICE_LAMBDA_POLLER_H

#include "service/lambda/runtime.h"

int pollers_start(struct lambda *l, struct error *err) MUST_CHECK; /* for every mapping there is */
void pollers_stop(struct lambda *l);
/* After a commit: ends the poller of that mapping, and begins a new one where `mapping` (its record) is an enabled queue's. */
void poller_replace(struct lambda *l, struct str uuid, const struct json *mapping);

#endif
