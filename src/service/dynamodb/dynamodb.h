/* SPDX-License-Identifier: Apache-2.0
 *
 * Amazon DynamoDB, API version 2012-08-10: tables, items, expressions, secondary indexes, transactions, time to live.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_DYNAMODB_H
#define GLEANER_SERVICE_DYNAMODB_DYNAMODB_H

#include "service/service.h"

extern const struct service service_dynamodb;

#endif
