/* SPDX-License-Identifier: Apache-2.0
 *
 * Amazon SQS: standard and FIFO queues, visibility, long polling, dead-letter queues. JSON 1.0 protocol only.
 */
#ifndef GLEANER_SERVICE_SQS_SQS_H
#define GLEANER_SERVICE_SQS_SQS_H

#include "service/service.h"

extern const struct service service_sqs;

#endif
