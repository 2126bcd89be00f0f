/* SPDX-License-Identifier: Apache-2.0
 *
 * How long the oldest unfinished job has been waiting, as a CloudWatch metric. The metric travels in a line of output in the
 * embedded metric format ("Specification: Embedded metric format", CloudWatch User Guide), which needs no permission and no call.
 * The alarm oldest-job (infra/modules/pipeline/alarms.tf) reads namespace, name and dimension as they are here.
 */
#ifndef GLEANER_FUNCTIONS_JOB_AGE_H
#define GLEANER_FUNCTIONS_JOB_AGE_H

#include "function.h"

/* Seconds since the oldest job in upload_pending or processing was made; 0 when there is none. Two queries of one record. */
int job_oldest_age(struct function_context *c, int64_t *seconds, struct error *err) MUST_CHECK;

/* Prints one line with it. */
void job_print_age(struct function_context *c, int64_t seconds);

#endif
