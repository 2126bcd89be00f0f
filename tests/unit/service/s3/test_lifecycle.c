/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "format/date.h"
#include "service/s3/lifecycle.h"

#define RULE(body) "<LifecycleConfiguration><Rule><ID>r</ID><Status>Enabled</Status>" body "</Rule></LifecycleConfiguration>"
#define ALL "<Filter><Prefix></Prefix></Filter>"

static int64_t at(const char *text)
{
	int64_t ms;

	assert_int_equal(date_parse_iso(str_c(text), &ms), 0);
	return ms;
}

/* Of a version that became current (or noncurrent) at noon of the 1st. */
struct row {
	const char *rules, *now;
	bool noncurrent, alone, marker;
	int64_t newer;
	enum lifecycle_verdict verdict;
	const char *storage_class;
};

static const struct row rows[] = {
	/* ages end at the midnight after them */
	{ RULE(ALL "<Expiration><Days>1</Days></Expiration>"), "2026-11-02T23:59:59Z", .verdict = LIFECYCLE_KEEP },
	{ RULE(ALL "<Expiration><Days>1</Days></Expiration>"), "2026-11-03T00:00:00Z", .verdict = LIFECYCLE_EXPIRE },
	{ RULE(ALL "<Expiration><Days>1</Days></Expiration>"), "2026-12-01T00:00:00Z", .noncurrent = true,
	  .verdict = LIFECYCLE_KEEP },
	{ RULE(ALL "<Expiration><Date>2026-11-05T00:00:00Z</Date></Expiration>"), "2026-11-04T23:59:59Z",
	  .verdict = LIFECYCLE_KEEP },
	{ RULE(ALL "<Expiration><Date>2026-11-05T00:00:00Z</Date></Expiration>"), "2026-11-05T00:00:00Z",
	  .verdict = LIFECYCLE_EXPIRE },
	/* filters: the object is a/b, 200,000 bytes, tagged k=v */
	{ RULE("<Filter><Prefix>a/</Prefix></Filter><Expiration><Days>1</Days></Expiration>"), "2027-01-01T00:00:00Z",
	  .verdict = LIFECYCLE_EXPIRE },
	{ RULE("<Filter><Prefix>b/</Prefix></Filter><Expiration><Days>1</Days></Expiration>"), "2027-01-01T00:00:00Z",
	  .verdict = LIFECYCLE_KEEP },
	{ RULE("<Prefix>a/</Prefix><Expiration><Days>1</Days></Expiration>"), "2027-01-01T00:00:00Z",
	  .verdict = LIFECYCLE_EXPIRE },
	{ RULE("<Prefix>b/</Prefix><Expiration><Days>1</Days></Expiration>"), "2027-01-01T00:00:00Z", .verdict = LIFECYCLE_KEEP },
	{ RULE("<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter><Expiration><Days>1</Days></Expiration>"),
	  "2027-01-01T00:00:00Z", .verdict = LIFECYCLE_EXPIRE },
	{ RULE("<Filter><Tag><Key>k</Key><Value>w</Value></Tag></Filter><Expiration><Days>1</Days></Expiration>"),
	  "2027-01-01T00:00:00Z", .verdict = LIFECYCLE_KEEP },
	{ RULE("<Filter><And><Prefix>a</Prefix><ObjectSizeGreaterThan>199999</ObjectSizeGreaterThan></And></Filter>"
	       "<Expiration><Days>1</Days></Expiration>"),
	  "2027-01-01T00:00:00Z", .verdict = LIFECYCLE_EXPIRE },
	{ RULE("<Filter><ObjectSizeGreaterThan>200000</ObjectSizeGreaterThan></Filter><Expiration><Days>1</Days></Expiration>"),
	  "2027-01-01T00:00:00Z", .verdict = LIFECYCLE_KEEP },
	{ RULE("<Filter><ObjectSizeLessThan>200000</ObjectSizeLessThan></Filter><Expiration><Days>1</Days></Expiration>"),
	  "2027-01-01T00:00:00Z", .verdict = LIFECYCLE_KEEP },
	{ "<LifecycleConfiguration><Rule><ID>r</ID><Status>Disabled</Status>" ALL "<Expiration><Days>1</Days></Expiration></Rule>"
	  "</LifecycleConfiguration>",
	  "2027-01-01T00:00:00Z", .verdict = LIFECYCLE_KEEP },
	/* noncurrent versions */
	{ RULE(ALL "<NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays></NoncurrentVersionExpiration>"),
	  "2026-11-09T00:00:00Z", .noncurrent = true, .verdict = LIFECYCLE_EXPIRE },
	{ RULE(ALL "<NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays></NoncurrentVersionExpiration>"),
	  "2026-11-08T23:00:00Z", .noncurrent = true, .verdict = LIFECYCLE_KEEP },
	{ RULE(ALL "<NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays></NoncurrentVersionExpiration>"),
	  "2027-01-01T00:00:00Z", .verdict = LIFECYCLE_KEEP },
	{ RULE(ALL "<NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays><NewerNoncurrentVersions>2</"
		   "NewerNoncurrentVersions>"
		   "</NoncurrentVersionExpiration>"),
	  "2027-01-01T00:00:00Z", .noncurrent = true, .newer = 1, .verdict = LIFECYCLE_KEEP },
	{ RULE(ALL "<NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays><NewerNoncurrentVersions>2</"
		   "NewerNoncurrentVersions>"
		   "</NoncurrentVersionExpiration>"),
	  "2027-01-01T00:00:00Z", .noncurrent = true, .newer = 2, .verdict = LIFECYCLE_EXPIRE },
	/* delete markers */
	{ RULE(ALL "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"),
	  "2026-11-01T12:00:00Z", .marker = true, .alone = true, .verdict = LIFECYCLE_EXPIRE },
	{ RULE(ALL "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"),
	  "2027-01-01T00:00:00Z", .marker = true, .verdict = LIFECYCLE_KEEP },
	{ RULE(ALL "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"),
	  "2027-01-01T00:00:00Z", .alone = true, .verdict = LIFECYCLE_KEEP },
	{ RULE(ALL "<Expiration><Days>1</Days></Expiration>"), "2027-01-01T00:00:00Z", .marker = true, .alone = true,
	  .verdict = LIFECYCLE_EXPIRE },
	{ RULE(ALL "<Expiration><Days>1</Days></Expiration>"), "2027-01-01T00:00:00Z", .marker = true,
	  .verdict = LIFECYCLE_KEEP },
	/* storage classes: the lowest that is due */
	{ RULE(ALL "<Transition><Days>1</Days><StorageClass>STANDARD_IA</StorageClass></Transition>"
		   "<Transition><Days>60</Days><StorageClass>GLACIER</StorageClass></Transition>"),
	  "2026-11-10T00:00:00Z", .verdict = LIFECYCLE_MOVE, .storage_class = "STANDARD_IA" },
	{ RULE(ALL "<Transition><Days>1</Days><StorageClass>STANDARD_IA</StorageClass></Transition>"
		   "<Transition><Days>60</Days><StorageClass>GLACIER</StorageClass></Transition>"),
	  "2027-03-01T00:00:00Z", .verdict = LIFECYCLE_MOVE, .storage_class = "GLACIER" },
	{ RULE(ALL "<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition><Expiration><Days>9</Days></"
		   "Expiration>"),
	  "2027-03-01T00:00:00Z", .verdict = LIFECYCLE_EXPIRE },
};

static void verdicts(void **state)
{
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *r = &rows[i];
		struct lifecycle l;
		struct error err;
		struct arena a;
		struct str class;

		arena_init(&a, MIB(1));
		struct json *tags = json_new_object(&a);
		json_put(&a, tags, STR("k"), json_new_string(&a, STR("v")));
		struct object o = {
			.key = STR("a/b"), .tags = tags, .delete_marker = r->marker, .content.size = r->marker ? 0 : 200000
		};
		struct lifecycle_place place = { !r->noncurrent, r->alone, at("2026-11-01T12:00:00Z"), r->newer };
		assert_int_equal(s3_lifecycle_read(&a, str_c(r->rules), &l, &err), 0);
		if (s3_lifecycle_decide(&l, &o, &place, at(r->now), &class) != r->verdict ||
		    (r->storage_class && !str_eq_c(class, r->storage_class)))
			fail_msg("row %zu: %s at %s", i, r->rules, r->now);
		arena_release(&a);
	}
}

static void small_objects_do_not_move(void **state)
{
	struct object o = { .key = STR("k"), .content.size = KIB(128) - 1 };
	struct lifecycle_place place = { .current = true, .since_ms = at("2026-11-01T12:00:00Z") };
	struct lifecycle l;
	struct error err;
	struct arena a;
	struct str class;
	(void)state;

	arena_init(&a, MIB(1));
	assert_int_equal(s3_lifecycle_read(&a,
					   STR(RULE(ALL "<Transition><Days>1</Days><StorageClass>STANDARD_IA</StorageClass>"
							"</Transition>")),
					   &l, &err),
			 0);
	assert_int_equal(s3_lifecycle_decide(&l, &o, &place, at("2027-01-01T00:00:00Z"), &class), LIFECYCLE_KEEP);
	o.content.size++;
	assert_int_equal(s3_lifecycle_decide(&l, &o, &place, at("2027-01-01T00:00:00Z"), &class), LIFECYCLE_MOVE);
	arena_release(&a);
}

static void uploads(void **state)
{
	struct upload u = { .object = { .key = STR("a/b"), .modified_ms = at("2026-11-01T12:00:00Z") } };
	struct lifecycle l;
	struct error err;
	struct arena a;
	(void)state;

	arena_init(&a, MIB(1));
	assert_int_equal(
		s3_lifecycle_read(&a,
				  STR(RULE("<Filter><Prefix>a/</Prefix></Filter><AbortIncompleteMultipartUpload>"
					   "<DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>")),
				  &l, &err),
		0);
	assert_false(s3_lifecycle_aborts(&l, &u, at("2026-11-02T23:59:00Z")));
	assert_true(s3_lifecycle_aborts(&l, &u, at("2026-11-03T00:00:00Z")));
	u.object.key = STR("b/b");
	assert_false(s3_lifecycle_aborts(&l, &u, at("2026-11-03T00:00:00Z")));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(verdicts),
		cmocka_unit_test(small_objects_do_not_move),
		cmocka_unit_test(uploads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
