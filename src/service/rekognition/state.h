/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside rekognition/: the service's state and errors.
 */
#ifndef GLEANER_REKOGNITION_STATE_H
#define GLEANER_REKOGNITION_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "service/quota.h"
#include "service/service.h"
#include "text/text.h"

/* Names and statuses as the API reference lists them for DetectText; texts as the service words them. */
#define REKOGNITION_ERRORS(E)                                                                                                    \
	E(rekognition, InvalidImageFormatException, 400, "Request has invalid image format")                                     \
	E(rekognition, ImageTooLargeException, 400, "Image size is too large")                                                   \
	E(rekognition, InvalidParameterException, 400, "Request has Invalid Parameters")                                         \
	E(rekognition, InvalidS3ObjectException, 400,                                                                            \
	  "Unable to get object metadata from S3. Check object key, region and/or access permissions.")                          \
	E(rekognition, ProvisionedThroughputExceededException, 400, "Provisioned rate exceeded")                                 \
	E(rekognition, ThrottlingException, 500, "Rate exceeded")                                                                \
	E(rekognition, InternalServerError, 500, "Internal server error")                                                        \
	E(rekognition, ValidationException, 400, NULL)

REKOGNITION_ERRORS(SERVICE_ERROR_EXTERN)

/* "Guidelines and quotas in Amazon Rekognition". */
enum {
	BYTES_MAX = 5 * 1024 * 1024,
	OBJECT_MAX = 15 * 1024 * 1024,
	SIDE_MIN = 80,
	SIDE_MAX = 10000,
};

struct rekognition {
	struct host *host;
	struct text_engine *engine; /* NULL: none is installed */
	struct pool *pool;          /* its own: reading takes seconds, which process starts must not wait for */
	size_t word_limit;          /* 0: none */
	pthread_mutex_t quota_lock;
	struct quota quota; /* of DetectText, with the lock; unlimited where no setting says else */
	atomic_int concurrency;
	int64_t timeout_ms;
	atomic_int running; /* waiting ones included */
};

/* As call_fail and call_failf; the service repeats the code in the body: {"__type", "Code", "Logref", "Message"}. */
int rekognition_fail(struct call *call, const struct service_error *error);
int rekognition_failf(struct call *call, const struct service_error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

extern const struct operation rekognition_operations[];

#endif
