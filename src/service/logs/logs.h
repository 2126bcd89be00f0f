/* SPDX-License-Identifier: Apache-2.0
 *
 * Amazon CloudWatch Logs: groups, streams, events, retention, metric filters.
 */
#ifndef GLEANER_SERVICE_LOGS_LOGS_H
#define GLEANER_SERVICE_LOGS_LOGS_H

#include "service/service.h"

extern const struct service service_logs;

/* host_hooks.log: a line of our own services. Any thread; queued, written in batches, made durable a moment later; group and
 * stream are made when absent. Past the queue's bound lines are dropped and counted. */
void logs_append(void *state, struct str group, struct str stream, int64_t timestamp_ms, struct str line);
/* host_hooks.log_try: false instead of dropping. */
bool logs_append_try(void *state, struct str group, struct str stream, int64_t timestamp_ms, struct str line);

#endif
