/* SPDX-License-Identifier: Apache-2.0
 *
 * Amazon S3: buckets with their settings, objects with versions, multipart uploads, lifecycle, events to EventBridge.
 */
#ifndef GLEANER_SERVICE_S3_H
#define GLEANER_SERVICE_S3_H

#include "service/service.h"

extern const struct service service_s3;

#endif
