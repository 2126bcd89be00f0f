/* SPDX-License-Identifier: Apache-2.0
 *
 * Amazon EventBridge: buses, rules with patterns and schedules, targets, and the delivery of events to them.
 *
 * An event is matched inside the transaction that publishes it, and one delivery a matching target is stored with it; after
 * the commit the dispatcher delivers at least once, retries, and hands over to the dead-letter queue.
 */
#ifndef GLEANER_SERVICE_EVENTS_EVENTS_H
#define GLEANER_SERVICE_EVENTS_EVENTS_H

#include "service/service.h"

extern const struct service service_events;

/* host_hooks.put_event: publishes on the default bus. Only inside a write function. */
int events_put(void *state, struct store_txn *txn, const struct json *event, struct error *err) MUST_CHECK;

#endif
