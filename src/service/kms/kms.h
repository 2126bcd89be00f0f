/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS KMS: symmetric keys and aliases, for what encrypts with them by name; Encrypt, Decrypt and data keys are real
 * (AES-256-GCM). Key material lies in the data directory, which only the server's user can read.
 */
#ifndef GLEANER_SERVICE_KMS_KMS_H
#define GLEANER_SERVICE_KMS_KMS_H

#include "service/service.h"

extern const struct service service_kms;

#endif
