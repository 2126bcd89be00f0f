/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS Lambda: functions as native processes, driven through the real Runtime API.
 *
 * Settings: "sandbox" (require, on, off; "on" when not given), "lambda-concurrency" (the account's concurrent executions, 1,000).
 */
#ifndef GLEANER_SERVICE_LAMBDA_LAMBDA_H
#define GLEANER_SERVICE_LAMBDA_LAMBDA_H

#include "service/service.h"

extern const struct service service_lambda;

#endif
