/* SPDX-License-Identifier: Apache-2.0
 *
 * Amazon SNS: topics, and subscriptions of queues and functions. E-mail subscriptions can be made; as nobody here can confirm
 * them, they stay pending and receive nothing.
 */
#ifndef GLEANER_SERVICE_SNS_SNS_H
#define GLEANER_SERVICE_SNS_SNS_H

#include "service/service.h"

extern const struct service service_sns;

#endif
