/* SPDX-License-Identifier: Apache-2.0
 *
 * What a lifecycle configuration may say. Source: PutBucketLifecycleConfiguration, Amazon S3 API Reference.
 */
#include "format/date.h"
#include "os/random.h"
#include "service/s3/setting.h"

enum { RULES_MAX = 1000, DAY_MS = 24 * 60 * 60 * 1000 };

static const char *const statuses[] = { "Enabled", "Disabled", NULL };
static const char *const later_classes[] = { "GLACIER",      "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
					     "DEEP_ARCHIVE", "GLACIER_IR",  NULL };

static const struct shape tag_members[] = { { .name = "Key", .required = true }, { .name = "Value", .required = true }, { 0 } };
static const struct shape and_members[] = {
	{ .name = "Prefix" },
	{ .name = "Tag", .kind = SHAPE_GROUP, .many = true, .members = tag_members },
	{ .name = "ObjectSizeGreaterThan", .kind = SHAPE_NUMBER },
	{ .name = "ObjectSizeLessThan", .kind = SHAPE_NUMBER },
	{ 0 },
};
static const struct shape filter_members[] = {
	{ .name = "Prefix" },
	{ .name = "Tag", .kind = SHAPE_GROUP, .members = tag_members },
	{ .name = "ObjectSizeGreaterThan", .kind = SHAPE_NUMBER },
	{ .name = "ObjectSizeLessThan", .kind = SHAPE_NUMBER },
	{ .name = "And", .kind = SHAPE_GROUP, .members = and_members },
	{ 0 },
};
static const struct shape expiration_members[] = {
	{ .name = "Date", .kind = SHAPE_DATE },
	{ .name = "Days", .kind = SHAPE_NUMBER },
	{ .name = "ExpiredObjectDeleteMarker", .kind = SHAPE_BOOL },
	{ 0 },
};
static const struct shape transition_members[] = {
	{ .name = "Date", .kind = SHAPE_DATE },
	{ .name = "Days", .kind = SHAPE_NUMBER },
	{ .name = "StorageClass", .required = true, .values = later_classes },
	{ 0 },
};
static const struct shape noncurrent_members[] = {
	{ .name = "NoncurrentDays", .kind = SHAPE_NUMBER, .required = true },
	{ .name = "NewerNoncurrentVersions", .kind = SHAPE_NUMBER },
	{ 0 },
};
static const struct shape noncurrent_transition_members[] = {
	{ .name = "NoncurrentDays", .kind = SHAPE_NUMBER, .required = true },
	{ .name = "NewerNoncurrentVersions", .kind = SHAPE_NUMBER },
	{ .name = "StorageClass", .required = true, .values = later_classes },
	{ 0 },
};
static const struct shape abort_members[] = { { .name = "DaysAfterInitiation", .kind = SHAPE_NUMBER, .required = true }, { 0 } };
static const struct shape rule_members[] = {
	{ .name = "ID" },
	{ .name = "Status", .required = true, .values = statuses },
	{ .name = "Prefix" },
	{ .name = "Filter", .kind = SHAPE_GROUP, .members = filter_members },
	{ .name = "Expiration", .kind = SHAPE_GROUP, .members = expiration_members },
	{ .name = "Transition", .kind = SHAPE_GROUP, .many = true, .members = transition_members },
	{ .name = "NoncurrentVersionExpiration", .kind = SHAPE_GROUP, .members = noncurrent_members },
	{ .name = "NoncurrentVersionTransition", .kind = SHAPE_GROUP, .many = true, .members = noncurrent_transition_members },
	{ .name = "AbortIncompleteMultipartUpload", .kind = SHAPE_GROUP, .members = abort_members },
	{ 0 },
};
const struct shape s3_lifecycle_members[] = {
	{ .name = "Rule", .kind = SHAPE_GROUP, .required = true, .many = true, .members = rule_members },
	{ 0 },
};

static int check_days(struct call *call, const struct xml *action, const char *member, int64_t least)
{
	struct str text = str_trim(xml_child_text(action, str_c(member)));
	int64_t days;

	if (!str_is_set(text) || (str_to_i64(text, &days) == 0 && days >= least))
		return 0;
	return call_failf(call, &s3_InvalidArgument, "'%s' for " STR_FMT " action must be a %s integer", member,
			  STR_ARG(action->name), least ? "positive" : "nonnegative");
}

/* Exactly one of Days, Date and, for expirations, ExpiredObjectDeleteMarker. */
static int check_when(struct call *call, const struct xml *action, int64_t least_days)
{
	struct str date = str_trim(xml_child_text(action, STR("Date")));
	int given = 0;
	int64_t ms;

	given += xml_child(action, STR("Days")) != NULL;
	given += xml_child(action, STR("Date")) != NULL;
	given += xml_child(action, STR("ExpiredObjectDeleteMarker")) != NULL;
	if (given != 1)
		return call_fail(call, &s3_MalformedXML);
	if (str_is_set(date) && date_parse_iso(date, &ms) == 0 && ms % DAY_MS != 0)
		return call_failf(call, &s3_InvalidArgument, "'Date' must be at midnight GMT");
	return check_days(call, action, "Days", least_days);
}

static int check_actions(struct call *call, const struct xml *rule)
{
	int actions = 0, rc = 0;

	for (const struct xml *e = rule->children; e && rc == 0; e = e->next) {
		actions++;
		if (str_eq_c(e->name, "Expiration"))
			rc = check_when(call, e, 1);
		else if (str_eq_c(e->name, "Transition"))
			rc = check_when(call, e, 0);
		else if (str_eq_c(e->name, "NoncurrentVersionExpiration"))
			rc = check_days(call, e, "NoncurrentDays", 1);
		else if (str_eq_c(e->name, "NoncurrentVersionTransition"))
			rc = check_days(call, e, "NoncurrentDays", 0);
		else if (str_eq_c(e->name, "AbortIncompleteMultipartUpload"))
			rc = check_days(call, e, "DaysAfterInitiation", 1);
		else
			actions--;
	}
	if (rc == 0 && actions == 0)
		rc = call_failf(call, &s3_InvalidRequest, "At least one action needs to be specified in a rule.");
	return rc;
}

/* A filter holds at most one condition; several stand under And. */
static int check_filter(struct call *call, const struct xml *rule)
{
	const struct xml *filter = xml_child(rule, STR("Filter"));

	if ((filter != NULL) == (xml_child(rule, STR("Prefix")) != NULL))
		return call_fail(call, &s3_MalformedXML);
	if (filter && filter->children && filter->children->next)
		return call_fail(call, &s3_MalformedXML);
	return 0;
}

static int check_id(struct call *call, struct xml *rule)
{
	char id[37];

	if (!xml_child(rule, STR("ID"))) {
		struct xml *element = ARENA_NEW(&call->arena, struct xml);
		if (!element)
			return call_fault(call, NULL);
		random_uuid(id);
		*element = (struct xml){ .name = STR("ID"), .text = arena_str(&call->arena, str_c(id)), .next = rule->children };
		rule->children = element;
	}
	if (xml_child_text(rule, STR("ID")).n > 255)
		return call_failf(call, &s3_InvalidArgument, "ID length should not exceed allowed limit of 255");
	for (const struct xml *other = rule->next; other; other = other->next)
		if (str_eq(xml_child_text(other, STR("ID")), xml_child_text(rule, STR("ID"))))
			return call_failf(call, &s3_InvalidArgument,
					  "Rule ID must be unique. Found same ID for more than one rule");
	return 0;
}

int s3_lifecycle_check(struct call *call, struct xml *root)
{
	struct str size = call_header(call, STR("x-amz-transition-default-minimum-object-size"));
	int rc = 0, count = 0;

	if (str_is_set(size) && !str_eq_c(size, "all_storage_classes_128K") && !str_eq_c(size, "varies_by_storage_class"))
		return s3_fail_argument(call, "x-amz-transition-default-minimum-object-size", size, "Invalid argument");
	for (struct xml *rule = root->children; rule && rc == 0; rule = rule->next) {
		if (++count > RULES_MAX)
			return call_fail(call, &s3_MalformedXML);
		rc = check_filter(call, rule);
		if (rc == 0)
			rc = check_actions(call, rule);
		if (rc == 0)
			rc = check_id(call, rule);
	}
	return rc;
}

int s3_lifecycle_apply(struct call *call, struct access *x, struct bucket *b, const struct xml *root)
{
	struct str size = call_header(call, STR("x-amz-transition-default-minimum-object-size"));
	int rc;

	if (!root) {
		rc = s3_setting_delete(x, b->name, "transitionDefaultMinimumObjectSize");
	} else {
		size = str_is_set(size) ? size : STR("all_storage_classes_128K");
		call_reply_header(call, "x-amz-transition-default-minimum-object-size", size);
		rc = s3_setting_write(x, b->name, "transitionDefaultMinimumObjectSize", size);
	}
	return rc < 0 ? s3_fault(call, x) : 0;
}
