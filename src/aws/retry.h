/* SPDX-License-Identifier: Apache-2.0
 *
 * What may be tried again, and after how long: the SDKs' "standard" mode ("Retry behavior", AWS SDKs and Tools Reference).
 * *Pure.*
 */
#ifndef GLEANER_AWS_RETRY_H
#define GLEANER_AWS_RETRY_H

#include "base/error.h"
#include "base/str.h"

enum retry_class { RETRY_NO, RETRY_TRANSIENT, RETRY_THROTTLED };

enum { RETRY_TRANSIENT_BASE_MS = 100, RETRY_THROTTLED_BASE_MS = 1000, RETRY_CAP_MS = 20000 };

enum retry_class retry_classify(const struct error *err);
/* The ceiling of the delay before attempt `attempt` + 1 (1 is the first attempt): the delay is drawn evenly from 0 up to it. */
uint32_t retry_ceiling_ms(enum retry_class class, int attempt);
/* What the server asks for (Retry-After in seconds), at most the cap; -1: nothing usable. */
int64_t retry_after_ms(struct str header);

#endif
