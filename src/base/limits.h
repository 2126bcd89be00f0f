/* SPDX-License-Identifier: Apache-2.0
 *
 * All limits stand here. Where AWS documents one, the name of the quota follows.
 */
#ifndef GLEANER_BASE_LIMITS_H
#define GLEANER_BASE_LIMITS_H

#define KIB(n) ((size_t)(n)*1024)
#define MIB(n) ((size_t)(n)*1024 * 1024)
#define GIB(n) ((size_t)(n)*1024 * 1024 * 1024)

/* JSON and XML documents. */
#define LIMIT_JSON_DEPTH 512
#define LIMIT_XML_DEPTH 64

/* One request of a client. */
#define LIMIT_REQUEST_HEADERS KIB(64)
#define LIMIT_REQUEST_ARENA MIB(256)
#define LIMIT_REQUEST_BODY_MEMORY KIB(64) /* an S3 body past this goes to a file */
#define LIMIT_REQUEST_BODY MIB(64)        /* any body but an S3 object's */
#define LIMIT_OBJECT GIB(5)               /* S3: one PUT */
#define LIMIT_REPLY_BODY MIB(64)

/* The store: one value; writes waiting for the writer; writes in one commit. */
#define LIMIT_STORE_VALUE MIB(64)
#define LIMIT_STORE_QUEUE 4096
#define LIMIT_STORE_GROUP 512

/* The job (docs/pipeline.md). */
#define LIMIT_IMAGE_BYTES MIB(15)
#define LIMIT_IMAGE_SIDE_MIN 80
#define LIMIT_IMAGE_SIDE_MAX 10000
#define LIMIT_IMAGE_PIXELS 40000000
#define LIMIT_RESULT_TEXT KIB(32)

/* Step Functions: "Maximum input or output size for a task, state, or execution". */
#define LIMIT_STATES_PAYLOAD KIB(256)
#define LIMIT_STATES_HISTORY 25000
#define LIMIT_STATES_DEFINITION MIB(1)

/* Lambda: invocation payload, synchronous. */
#define LIMIT_LAMBDA_PAYLOAD MIB(6)

#endif
