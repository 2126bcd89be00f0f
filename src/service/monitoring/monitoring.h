/* SPDX-License-Identifier: Apache-2.0
 *
 * Amazon CloudWatch: metrics, alarms that act, dashboards.
 */
#ifndef GLEANER_SERVICE_MONITORING_MONITORING_H
#define GLEANER_SERVICE_MONITORING_MONITORING_H

#include "service/service.h"

extern const struct service service_monitoring;

/* host_hooks.metric: a measurement of our own services. Any thread; gathered in memory for some seconds. `dimension` may be NULL.
 */
void monitoring_record(void *state, const char *name_space, const char *metric, const char *dimension, struct str value,
		       double amount);

#endif
