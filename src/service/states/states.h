/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS Step Functions: state machines and their executions. The language itself is src/states/; here are the operations, the
 * durable life of executions, and the calls that tasks make to other services.
 */
#ifndef GLEANER_SERVICE_STATES_H
#define GLEANER_SERVICE_STATES_H

#include "service/service.h"

extern const struct service service_states;

#endif
