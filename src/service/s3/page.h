/* SPDX-License-Identifier: Apache-2.0
 *
 * One page of a listing: what the three listings of objects share.
 */
#ifndef GLEANER_SERVICE_S3_PAGE_H
#define GLEANER_SERVICE_S3_PAGE_H

#include "service/s3/operations.h"
#include "service/s3/walk.h"

enum { PAGE_MAX = 1000 };

#define S3_LIST_ROWS                                                                                                             \
	S3_BUCKET_ROWS(struct list_input), S3_QUERY(struct list_input, prefix, "Prefix", "prefix"),                              \
		S3_QUERY(struct list_input, delimiter, "Delimiter", "delimiter"),                                                \
		S3_QUERY(struct list_input, encoding, "EncodingType", "encoding-type"),                                          \
		BIND_I64(                                                                                                        \
			struct list_input, max, "MaxKeys", .location = BIND_QUERY,                                               \
			.wire = "max-keys"), /* Only RestoreStatus can be asked for, and nothing here is ever being restored. */ \
		BIND_IGNORED("OptionalObjectAttributes")

struct page_object {
	struct object object;
	bool latest;
};

struct page {
	struct walk walk;
	struct page_object *objects;
	struct str *prefixes;
	size_t object_count, prefix_count;
	int64_t max;
	bool encode, truncated;
	struct str last;                 /* key or common prefix of the last entry */
	struct page_object *last_object; /* NULL when the last entry is a prefix */
};

/* Checks the request, opens the bucket, reads a page from behind `after`. Negative after call_fail. */
int s3_page_read(struct call *call, struct access *x, struct str after, struct page *p) MUST_CHECK;
/* The same over every version, behind one of `after` when `sequence` is not 0. */
int s3_page_read_versions(struct call *call, struct access *x, struct str after, uint64_t sequence, struct page *p) MUST_CHECK;
void s3_page_write_prefixes(struct call *call, const struct page *p);
/* max-keys and encoding-type, as every listing takes them. */
int s3_page_check(struct call *call, const struct opt_i64 *max, const char *max_name, struct str encoding,
		  int64_t *limit) MUST_CHECK;

#endif
