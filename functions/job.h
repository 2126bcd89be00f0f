/* SPDX-License-Identifier: Apache-2.0
 *
 * The job's record: its names, how it is read, shown and settled. docs/pipeline.md describes it.
 */
#ifndef GLEANER_FUNCTIONS_JOB_H
#define GLEANER_FUNCTIONS_JOB_H

#include "function.h"

#define JOB_UPLOAD_PENDING "upload_pending"
#define JOB_PROCESSING "processing"
#define JOB_SUCCEEDED "succeeded"
#define JOB_FAILED "failed"
#define JOB_EXPIRED "expired"
#define JOB_INDEX "status-created_at"

bool job_status_is_valid(struct str status);

struct str job_image_key(struct arena *a, struct str job_id);                      /* uploads/<id>.png */
struct str job_result_key(struct arena *a, struct str job_id, const char *suffix); /* processed/<id>.<suffix> */
/* The id in "uploads/<id>.png"; absent when the key has another form. */
struct str job_id_of_key(struct str key);

/* Now in the record's form, 2026-11-22T09:30:00.123Z. */
struct str job_time(struct arena *a, int64_t ms);

/* The record as DynamoDB items go, read consistently. JobNotFound when there is none, or (owner set) it is someone else's. */
int job_read(struct function_context *c, struct str job_id, struct str owner, const struct json **item,
	     struct error *err) MUST_CHECK;

/* What clients see of a record; the result only when the job has succeeded. */
struct json *job_view(struct arena *a, const struct json *item);

/* Publishes "Job Succeeded", "Job Failed" or "Job Expired" on the bus. */
int job_publish_event(struct function_context *c, const char *detail_type, const struct json *detail,
		      struct error *err) MUST_CHECK;

/* A conditional write whose condition did not hold. */
bool job_condition_failed(const struct error *err);

const struct json *job_key(struct arena *a, struct str job_id); /* {"job_id":{"S":…}} */

#endif
