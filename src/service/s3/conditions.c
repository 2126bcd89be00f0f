/* SPDX-License-Identifier: Apache-2.0 */
#include "format/date.h"
#include "service/s3/object.h"

static struct str unquoted(struct str etag)
{
	etag = str_trim(etag);
	if (str_starts(etag, STR("W/")))
		etag = str_from(etag, 2);
	if (etag.n >= 2 && etag.p[0] == '"' && etag.p[etag.n - 1] == '"')
		etag = str_sub(etag, 1, etag.n - 2);
	return etag;
}

bool s3_etag_matches(struct str header, struct str etag)
{
	while (header.p) {
		struct str one = unquoted(str_split(&header, ','));
		if (str_eq_c(one, "*") || str_eq(one, etag))
			return true;
	}
	return false;
}

/* Whole seconds on both sides, since the header has no more. A date that cannot be read is ignored, as RFC 9110 asks. */
static bool modified_after(const struct object *o, struct str date, bool *readable)
{
	int64_t ms;

	*readable = str_is_set(date) && (date_parse_http(date, &ms) == 0 || date_parse_iso(date, &ms) == 0);
	return *readable && o->modified_ms / 1000 > ms / 1000;
}

enum s3_condition s3_read_condition(const struct s3_conditions *c, const struct object *o, const char **failed)
{
	bool readable;

	if (str_is_set(c->if_match)) {
		*failed = "If-Match";
		if (!s3_etag_matches(c->if_match, o->etag))
			return CONDITION_FAILED;
	} else if (modified_after(o, c->if_unmodified_since, &readable)) {
		*failed = "If-Unmodified-Since";
		return CONDITION_FAILED;
	}
	if (str_is_set(c->if_none_match)) {
		*failed = "If-None-Match";
		return s3_etag_matches(c->if_none_match, o->etag) ? CONDITION_NOT_MODIFIED : CONDITION_HOLDS;
	}
	*failed = "If-Modified-Since";
	if (!modified_after(o, c->if_modified_since, &readable) && readable)
		return CONDITION_NOT_MODIFIED;
	return CONDITION_HOLDS;
}

static int fail_precondition(struct call *call, const char *header)
{
	int result = call_fail(call, &s3_PreconditionFailed);

	call_error_field(call, "Condition", header);
	return result;
}

/* Source: "How to prevent object overwrites with conditional writes", Amazon S3 User Guide. */
int s3_check_write(struct call *call, struct access *x, struct str if_match, struct str if_none_match)
{
	const struct s3_target *t = s3_target(call);
	struct object current;

	if (!str_is_set(if_match) && !str_is_set(if_none_match))
		return 0;
	if (str_is_set(if_none_match) && (!str_eq_c(if_none_match, "*") || str_is_set(if_match))) {
		int result = call_failf(call, &s3_NotImplemented,
					"A header you provided implies functionality that is not implemented");
		call_error_field(call, "Header", "If-None-Match");
		return result;
	}
	int rc = s3_object_newest(x, t->bucket, t->key, &current);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return s3_fault(call, x);
	bool exists = rc == 0 && !current.delete_marker;
	if (str_is_set(if_none_match))
		return exists ? fail_precondition(call, "If-None-Match") : 0;
	if (!exists)
		return s3_fail_key(call, &s3_NoSuchKey, t->key);
	return s3_etag_matches(if_match, current.etag) ? 0 : fail_precondition(call, "If-Match");
}
