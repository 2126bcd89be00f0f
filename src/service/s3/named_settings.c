/* SPDX-License-Identifier: Apache-2.0
 *
 * The shapes of the settings that have ids. Source: the types of the same names, Amazon S3 API Reference.
 */
#include "service/s3/named_setting.h"

static const struct shape tag_members[] = { { .name = "Key", .required = true }, { .name = "Value", .required = true }, { 0 } };
static const struct shape and_members[] = {
	{ .name = "Prefix" },
	{ .name = "Tag", .kind = SHAPE_GROUP, .many = true, .members = tag_members },
	{ 0 },
};
static const struct shape filter_members[] = {
	{ .name = "Prefix" },
	{ .name = "Tag", .kind = SHAPE_GROUP, .members = tag_members },
	{ .name = "And", .kind = SHAPE_GROUP, .members = and_members },
	{ 0 },
};
static const char *const enabled_or_disabled[] = { "Enabled", "Disabled", NULL };

static const struct shape metrics_members[] = {
	{ .name = "Id", .required = true },
	{ .name = "Filter", .kind = SHAPE_GROUP, .members = filter_members },
	{ 0 },
};

/* ---- intelligent tiering ---- */

static const char *const tiers[] = { "ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS", NULL };
static const struct shape tiering_members[] = {
	{ .name = "Days", .kind = SHAPE_NUMBER, .required = true },
	{ .name = "AccessTier", .required = true, .values = tiers },
	{ 0 },
};
static const struct shape intelligent_tiering_members[] = {
	{ .name = "Id", .required = true },
	{ .name = "Filter", .kind = SHAPE_GROUP, .members = filter_members },
	{ .name = "Status", .required = true, .values = enabled_or_disabled },
	{ .name = "Tiering", .kind = SHAPE_GROUP, .required = true, .many = true, .members = tiering_members },
	{ 0 },
};

/* ---- analytics ---- */

static const char *const analytics_formats[] = { "CSV", NULL };
static const char *const schema_versions[] = { "V_1", NULL };
static const struct shape export_bucket_members[] = {
	{ .name = "Format", .required = true, .values = analytics_formats },
	{ .name = "BucketAccountId" },
	{ .name = "Bucket", .required = true },
	{ .name = "Prefix" },
	{ 0 },
};
static const struct shape export_destination_members[] = {
	{ .name = "S3BucketDestination", .kind = SHAPE_GROUP, .required = true, .members = export_bucket_members },
	{ 0 },
};
static const struct shape export_members[] = {
	{ .name = "OutputSchemaVersion", .required = true, .values = schema_versions },
	{ .name = "Destination", .kind = SHAPE_GROUP, .required = true, .members = export_destination_members },
	{ 0 },
};
static const struct shape analysis_members[] = {
	{ .name = "DataExport", .kind = SHAPE_GROUP, .members = export_members },
	{ 0 },
};
static const struct shape analytics_members[] = {
	{ .name = "Id", .required = true },
	{ .name = "Filter", .kind = SHAPE_GROUP, .members = filter_members },
	{ .name = "StorageClassAnalysis", .kind = SHAPE_GROUP, .required = true, .members = analysis_members },
	{ 0 },
};

/* ---- inventory ---- */

static const char *const inventory_formats[] = { "CSV", "ORC", "Parquet", NULL };
static const char *const inventory_versions[] = { "All", "Current", NULL };
static const char *const frequencies[] = { "Daily", "Weekly", NULL };
static const char *const inventory_fields[] = { "Size",
						"LastModifiedDate",
						"StorageClass",
						"ETag",
						"IsMultipartUploaded",
						"ReplicationStatus",
						"EncryptionStatus",
						"ObjectLockRetainUntilDate",
						"ObjectLockMode",
						"ObjectLockLegalHoldStatus",
						"IntelligentTieringAccessTier",
						"BucketKeyStatus",
						"ChecksumAlgorithm",
						"ObjectAccessControlList",
						"ObjectOwner",
						"LifecycleExpirationDate",
						NULL };
static const struct shape kms_members[] = { { .name = "KeyId", .required = true }, { 0 } };
static const struct shape inventory_encryption_members[] = {
	{ .name = "SSE-S3", .kind = SHAPE_GROUP },
	{ .name = "SSE-KMS", .kind = SHAPE_GROUP, .members = kms_members },
	{ 0 },
};
static const struct shape inventory_bucket_members[] = {
	{ .name = "AccountId" },
	{ .name = "Bucket", .required = true },
	{ .name = "Format", .required = true, .values = inventory_formats },
	{ .name = "Prefix" },
	{ .name = "Encryption", .kind = SHAPE_GROUP, .members = inventory_encryption_members },
	{ 0 },
};
static const struct shape inventory_destination_members[] = {
	{ .name = "S3BucketDestination", .kind = SHAPE_GROUP, .required = true, .members = inventory_bucket_members },
	{ 0 },
};
static const struct shape inventory_filter_members[] = { { .name = "Prefix", .required = true }, { 0 } };
static const struct shape inventory_field_members[] = { { .name = "Field", .many = true, .values = inventory_fields }, { 0 } };
static const struct shape schedule_members[] = { { .name = "Frequency", .required = true, .values = frequencies }, { 0 } };
static const struct shape inventory_members[] = {
	{ .name = "Id", .required = true },
	{ .name = "Destination", .kind = SHAPE_GROUP, .required = true, .members = inventory_destination_members },
	{ .name = "IsEnabled", .kind = SHAPE_BOOL, .required = true },
	{ .name = "Filter", .kind = SHAPE_GROUP, .members = inventory_filter_members },
	{ .name = "IncludedObjectVersions", .required = true, .values = inventory_versions },
	{ .name = "OptionalFields", .kind = SHAPE_GROUP, .members = inventory_field_members },
	{ .name = "Schedule", .kind = SHAPE_GROUP, .required = true, .members = schedule_members },
	{ 0 },
};

const struct named_setting s3_named_settings[] = {
	{ "analytics", "AnalyticsConfiguration", "ListBucketAnalyticsConfigurationResult", analytics_members },
	{ "intelligent-tiering", "IntelligentTieringConfiguration", "ListBucketIntelligentTieringConfigurationsOutput",
	  intelligent_tiering_members },
	{ "inventory", "InventoryConfiguration", "ListInventoryConfigurationsResult", inventory_members },
	{ "metrics", "MetricsConfiguration", "ListMetricsConfigurationsResult", metrics_members },
	{ 0 },
};
