/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service keeps between requests, and the helpers every operation uses.
 */
#ifndef GLEANER_SERVICE_S3_STATE_H
#define GLEANER_SERVICE_S3_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "service/s3/errors.h"
#include "service/service.h"

#define S3_OWNER_NAME "root"

struct grave;
struct xml;

struct s3 {
	struct host *host;
	struct store *store;
	struct str region, account;
	char owner_id[65]; /* the account's canonical user id */
	uint64_t sequence; /* the last one given out; writer thread only */
	/* Blobs nothing names any more, kept a while for readers that have seen their names (grave.c). */
	pthread_mutex_t timers_lock;
	struct grave *graves;
	timer_id graves_timer;
	timer_id sweep_timer;     /* lifecycle_sweep.c; under the same lock */
	bool stopping;            /* no timer is set any more */
	atomic_bool orphans_stop; /* orphans.c: give up */
};

/* What nearly every input struct begins with, so that helpers find it at call->input. */
struct s3_target {
	struct str bucket, key;
	struct str expected_owner;
};

#define S3_BUCKET_ROWS(type)                                                                                                     \
	BIND_STR(type, target.bucket, "Bucket", .location = BIND_LABEL, .required = true),                                       \
		BIND_STR(type, target.expected_owner, "ExpectedBucketOwner", .location = BIND_HEADER,                            \
			 .wire = "x-amz-expected-bucket-owner"), /* Consent to pay: nobody pays here. */                         \
		BIND_IGNORED("RequestPayer")
#define S3_KEY_ROWS(type) S3_BUCKET_ROWS(type), BIND_STR(type, target.key, "Key", .location = BIND_LABEL, .required = true)
#define S3_HEADER(type, member, text, header) BIND_STR(type, member, text, .location = BIND_HEADER, .wire = header)
#define S3_QUERY(type, member, text, parameter) BIND_STR(type, member, text, .location = BIND_QUERY, .wire = parameter)
#define S3_REFUSED(text, header)                                                                                                 \
	{                                                                                                                        \
		.name = text, .kind = BIND_KIND_REFUSED, .location = BIND_HEADER, .wire = header                                 \
	}
/* Customer-provided keys would have to encrypt for real. */
#define S3_REFUSED_CUSTOMER_KEY                                                                                                  \
	S3_REFUSED("SSECustomerAlgorithm", "x-amz-server-side-encryption-customer-algorithm"),                                   \
		S3_REFUSED("SSECustomerKey", "x-amz-server-side-encryption-customer-key"),                                       \
		S3_REFUSED("SSECustomerKeyMD5", "x-amz-server-side-encryption-customer-key-MD5")

struct s3_bucket_input {
	struct s3_target target;
};
struct s3_object_input {
	struct s3_target target;
	struct str version_id;
};
extern const struct bind s3_bucket_rows[], s3_object_rows[];

static inline struct s3 *s3_of(const struct call *call)
{
	return call->state;
}

static inline const struct s3_target *s3_target(const struct call *call)
{
	return call->input;
}

/* names.c */
bool s3_bucket_name_is_valid(struct str name);
int s3_check_key(struct call *call, struct str key) MUST_CHECK; /* 1 to 1,024 bytes of UTF-8, no NUL */
struct str s3_bucket_arn(struct call *call);
struct str s3_object_arn(struct call *call);

/* reply.c */
int s3_fail_bucket(struct call *call, const struct service_error *error, struct str bucket);
int s3_fail_key(struct call *call, const struct service_error *error, struct str key);
/* InvalidArgument with ArgumentName and ArgumentValue, as S3 shows them. */
int s3_fail_argument(struct call *call, const char *name, struct str value, const char *message);
int s3_not_implemented(struct call *call, const char *what);
/* The answer's root element with the namespace; between the two calls write children with call->out. */
/* A setting's document as s3_shape_text gave it. */
void s3_reply_document(struct call *call, const char *root, struct str text);
void s3_xml_begin(struct call *call, const char *root);
void s3_xml_end(struct call *call, const char *root);
void s3_write_owner(struct call *call, const char *name);
void s3_write_etag(struct writer *w, struct str etag);
void s3_write_time(struct writer *w, const char *name, int64_t ms); /* whole seconds, as S3 */
/* A key or prefix, percent-encoded where encoding-type=url asks for it. */
void s3_write_key(struct call *call, const char *name, struct str key, bool encode);
int s3_parse_body(struct call *call, const char *root, const struct xml **out) MUST_CHECK;
int s3_refuse(struct call *call, const struct bind_faults *faults);

/* grave.c */
void s3_bury(struct s3 *s3, struct str blob); /* from any thread, once no committed record names it */
void s3_graves_stop(struct s3 *s3);           /* removes what is buried */
void s3_graves_close(struct s3 *s3);          /* frees what was buried since; the next start's sweep finds the files */

/* orphans.c */
int s3_orphans_start(struct s3 *s3, struct error *err) MUST_CHECK;
void s3_orphans_stop(struct s3 *s3);

#endif
