/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of a bucket's settings and the small checks of most of them; lifecycle and CORS have files of their own.
 */
#include "service/s3/setting.h"

enum { BUCKET_TAGS_MAX = 50 };

static const char *const enabled_or_suspended[] = { "Enabled", "Suspended", NULL };
static const char *const enabled_or_disabled[] = { "Enabled", "Disabled", NULL };

static const struct shape accelerate_members[] = {
	{ .name = "Status", .values = enabled_or_suspended },
	{ 0 },
};

/* ---- encryption ---- */

static const char *const algorithms[] = { "AES256", "aws:kms", "aws:kms:dsse", NULL };
static const struct shape encryption_default_members[] = {
	{ .name = "SSEAlgorithm", .required = true, .values = algorithms },
	{ .name = "KMSMasterKeyID" },
	{ 0 },
};
static const struct shape blocked_members[] = { { .name = "EncryptionType", .many = true }, { 0 } };
static const struct shape encryption_rule_members[] = {
	{ .name = "ApplyServerSideEncryptionByDefault", .kind = SHAPE_GROUP, .members = encryption_default_members },
	{ .name = "BucketKeyEnabled", .kind = SHAPE_BOOL },
	{ .name = "BlockedEncryptionTypes", .kind = SHAPE_GROUP, .members = blocked_members },
	{ 0 },
};
static const struct shape encryption_members[] = {
	{ .name = "Rule", .kind = SHAPE_GROUP, .required = true, .members = encryption_rule_members },
	{ 0 },
};

static int encryption_check(struct call *call, struct xml *root)
{
	const struct xml *rule = xml_child(root, STR("Rule"));
	const struct xml *by_default = xml_child(rule, STR("ApplyServerSideEncryptionByDefault"));

	if (xml_child(by_default, STR("KMSMasterKeyID")) && str_eq_c(xml_child_text(by_default, STR("SSEAlgorithm")), "AES256"))
		return s3_fail_argument(
			call, "ApplyServerSideEncryptionByDefault", STR_NULL,
			"a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse");
	return 0;
}

static int encryption_apply(struct call *call, struct access *x, struct bucket *b, const struct xml *root)
{
	const struct xml *rule = xml_child(root, STR("Rule"));
	const struct xml *by_default = xml_child(rule, STR("ApplyServerSideEncryptionByDefault"));

	(void)call, (void)x;
	b->sse = xml_child_text(by_default, STR("SSEAlgorithm"));
	b->kms_key = xml_child_text(by_default, STR("KMSMasterKeyID"));
	b->bucket_key = str_eq_nocase(xml_child_text(rule, STR("BucketKeyEnabled")), STR("true"));
	return 0;
}

/* ---- logging ---- */

static const struct shape partition_members[] = { { .name = "PartitionDateSource" }, { 0 } };
static const struct shape key_format_members[] = {
	{ .name = "SimplePrefix", .kind = SHAPE_GROUP },
	{ .name = "PartitionedPrefix", .kind = SHAPE_GROUP, .members = partition_members },
	{ 0 },
};
static const struct shape logging_enabled_members[] = {
	{ .name = "TargetBucket", .required = true },
	{ .name = "TargetPrefix", .required = true },
	{ .name = "TargetObjectKeyFormat", .kind = SHAPE_GROUP, .members = key_format_members },
	{ 0 },
};
static const struct shape logging_members[] = {
	{ .name = "LoggingEnabled", .kind = SHAPE_GROUP, .members = logging_enabled_members },
	{ 0 },
};

static bool logging_is_removal(const struct xml *root)
{
	return !xml_child(root, STR("LoggingEnabled"));
}

static int logging_apply(struct call *call, struct access *x, struct bucket *b, const struct xml *root)
{
	struct str target = xml_child_text(xml_child(root, STR("LoggingEnabled")), STR("TargetBucket"));
	struct bucket other;

	(void)b;
	int rc = root ? s3_bucket_read(x, target, &other) : 0;
	if (rc == ERR_NOT_FOUND) {
		rc = call_fail(call, &s3_InvalidTargetBucketForLogging);
		call_error_field(call, "TargetBucket", arena_c(&call->arena, target));
		return rc;
	}
	return rc < 0 ? s3_fault(call, x) : 0;
}

/* ---- notification ---- */

static const struct shape filter_rule_members[] = { { .name = "Name", .required = true },
						    { .name = "Value", .required = true },
						    { 0 } };
static const struct shape key_filter_members[] = {
	{ .name = "FilterRule", .kind = SHAPE_GROUP, .many = true, .members = filter_rule_members },
	{ 0 },
};
static const struct shape filter_members[] = {
	{ .name = "S3Key", .kind = SHAPE_GROUP, .required = true, .members = key_filter_members },
	{ 0 },
};
static const struct shape target_members[] = {
	{ .name = "Id" },
	{ .name = "Topic" },
	{ .name = "Queue" },
	{ .name = "CloudFunction" },
	{ .name = "Event", .required = true, .many = true },
	{ .name = "Filter", .kind = SHAPE_GROUP, .members = filter_members },
	{ 0 },
};
static const struct shape notification_members[] = {
	{ .name = "EventBridgeConfiguration", .kind = SHAPE_GROUP },
	{ .name = "TopicConfiguration", .kind = SHAPE_GROUP, .many = true, .members = target_members },
	{ .name = "QueueConfiguration", .kind = SHAPE_GROUP, .many = true, .members = target_members },
	{ .name = "CloudFunctionConfiguration", .kind = SHAPE_GROUP, .many = true, .members = target_members },
	{ 0 },
};

static int notification_check(struct call *call, struct xml *root)
{
	for (const struct xml *e = root->children; e; e = e->next)
		if (!str_eq_c(e->name, "EventBridgeConfiguration") && s3_target_check(call, e) < 0)
			return ERR_SERVICE;
	return 0;
}

static bool notification_is_removal(const struct xml *root)
{
	return !root->children;
}

static int notification_apply(struct call *call, struct access *x, struct bucket *b, const struct xml *root)
{
	(void)call, (void)x;
	b->sends_events = xml_child(root, STR("EventBridgeConfiguration")) != NULL;
	b->notifies = false;
	for (const struct xml *e = root ? root->children : NULL; e; e = e->next)
		b->notifies = b->notifies || !str_eq_c(e->name, "EventBridgeConfiguration");
	return 0;
}

/* ---- ownership, public access, payer ---- */

static const char *const ownerships[] = { "BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced", NULL };
static const struct shape ownership_rule_members[] = { { .name = "ObjectOwnership", .required = true, .values = ownerships },
						       { 0 } };
static const struct shape ownership_members[] = {
	{ .name = "Rule", .kind = SHAPE_GROUP, .required = true, .members = ownership_rule_members },
	{ 0 },
};

static const struct shape public_access_members[] = {
	{ .name = "BlockPublicAcls", .kind = SHAPE_BOOL },
	{ .name = "IgnorePublicAcls", .kind = SHAPE_BOOL },
	{ .name = "BlockPublicPolicy", .kind = SHAPE_BOOL },
	{ .name = "RestrictPublicBuckets", .kind = SHAPE_BOOL },
	{ 0 },
};

/* What is left out is false, and comes back as that. */
static int public_access_check(struct call *call, struct xml *root)
{
	for (const struct shape *s = public_access_members; s->name; s++) {
		struct xml *member = xml_child(root, str_c(s->name)) ? NULL : ARENA_NEW(&call->arena, struct xml);
		if (!member)
			continue;
		*member = (struct xml){ .name = str_c(s->name), .text = STR("false"), .next = root->children };
		root->children = member;
	}
	return 0;
}

/* Kept and told; nobody is charged. */
static const char *const payers[] = { "BucketOwner", "Requester", NULL };
static const struct shape payment_members[] = { { .name = "Payer", .required = true, .values = payers }, { 0 } };

/* ---- tagging ---- */

static const struct shape tag_members[] = { { .name = "Key", .required = true }, { .name = "Value", .required = true }, { 0 } };
static const struct shape tag_set_members[] = { { .name = "Tag", .kind = SHAPE_GROUP, .many = true, .members = tag_members },
						{ 0 } };
static const struct shape tagging_members[] = {
	{ .name = "TagSet", .kind = SHAPE_GROUP, .required = true, .members = tag_set_members },
	{ 0 },
};

static int tagging_check(struct call *call, struct xml *root)
{
	const struct json *tags;

	return s3_tags_from_xml(call, root, BUCKET_TAGS_MAX, &tags);
}

static bool tagging_is_removal(const struct xml *root)
{
	return !xml_child(root, STR("TagSet"))->children;
}

/* ---- versioning ---- */

static const struct shape versioning_members[] = {
	{ .name = "Status", .values = enabled_or_suspended },
	{ .name = "MfaDelete", .values = enabled_or_disabled },
	{ 0 },
};

static int versioning_check(struct call *call, struct xml *root)
{
	if (str_eq_c(xml_child_text(root, STR("MfaDelete")), "Enabled"))
		return s3_not_implemented(call, "MFA delete");
	return xml_child(root, STR("Status")) ? 0 : call_fail(call, &s3_MalformedXML);
}

static int versioning_apply(struct call *call, struct access *x, struct bucket *b, const struct xml *root)
{
	(void)call, (void)x;
	b->versioning = str_eq_c(xml_child_text(root, STR("Status")), "Enabled") ? VERSIONING_ENABLED : VERSIONING_SUSPENDED;
	return 0;
}

/* ---- website: kept and told; its address is not served ---- */

static const char *const web_protocols[] = { "http", "https", NULL };
static const struct shape error_document_members[] = { { .name = "Key", .required = true }, { 0 } };
static const struct shape index_document_members[] = { { .name = "Suffix", .required = true }, { 0 } };
static const struct shape redirect_all_members[] = {
	{ .name = "HostName", .required = true },
	{ .name = "Protocol", .values = web_protocols },
	{ 0 },
};
static const struct shape condition_members[] = {
	{ .name = "HttpErrorCodeReturnedEquals", .kind = SHAPE_NUMBER },
	{ .name = "KeyPrefixEquals" },
	{ 0 },
};
static const struct shape redirect_members[] = {
	{ .name = "HostName" },
	{ .name = "HttpRedirectCode", .kind = SHAPE_NUMBER },
	{ .name = "Protocol", .values = web_protocols },
	{ .name = "ReplaceKeyPrefixWith" },
	{ .name = "ReplaceKeyWith" },
	{ 0 },
};
static const struct shape routing_rule_members[] = {
	{ .name = "Condition", .kind = SHAPE_GROUP, .members = condition_members },
	{ .name = "Redirect", .kind = SHAPE_GROUP, .required = true, .members = redirect_members },
	{ 0 },
};
static const struct shape routing_members[] = {
	{ .name = "RoutingRule", .kind = SHAPE_GROUP, .many = true, .members = routing_rule_members },
	{ 0 },
};
static const struct shape website_members[] = {
	{ .name = "ErrorDocument", .kind = SHAPE_GROUP, .members = error_document_members },
	{ .name = "IndexDocument", .kind = SHAPE_GROUP, .members = index_document_members },
	{ .name = "RedirectAllRequestsTo", .kind = SHAPE_GROUP, .members = redirect_all_members },
	{ .name = "RoutingRules", .kind = SHAPE_GROUP, .members = routing_members },
	{ 0 },
};

static int website_check(struct call *call, struct xml *root)
{
	const struct xml *index = xml_child(root, STR("IndexDocument"));
	struct str suffix = xml_child_text(index, STR("Suffix"));

	if (xml_child(root, STR("RedirectAllRequestsTo")))
		return root->children->next ? s3_fail_argument(call, "RedirectAllRequestsTo", STR_NULL,
							       "RedirectAllRequestsTo cannot be provided in conjunction with "
							       "other Routing Rules.")
					    : 0;
	if (!index)
		return s3_fail_argument(call, "IndexDocument", STR("null"),
					"A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty");
	return suffix.n == 0 || str_find_char(suffix, '/', 0) >= 0
		       ? s3_fail_argument(call, "IndexDocument", suffix, "The IndexDocument Suffix is not well formed")
		       : 0;
}

const struct setting s3_settings[] = {
	{ .name = "accelerate", .root = "AccelerateConfiguration", .members = accelerate_members },
	{ .name = "cors",
	  .root = "CORSConfiguration",
	  .members = s3_cors_members,
	  .absent = &s3_NoSuchCORSConfiguration,
	  .check = s3_cors_check,
	  .apply = s3_cors_apply },
	{ .name = "encryption",
	  .root = "ServerSideEncryptionConfiguration",
	  .members = encryption_members,
	  .check = encryption_check,
	  .apply = encryption_apply,
	  /* Every bucket encrypts; without a choice, like this. */
	  .unset = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</"
		   "SSEAlgorithm>"
		   "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule>"
		   "</ServerSideEncryptionConfiguration>" },
	{ .name = "lifecycle",
	  .root = "LifecycleConfiguration",
	  .members = s3_lifecycle_members,
	  .absent = &s3_NoSuchLifecycleConfiguration,
	  .check = s3_lifecycle_check,
	  .apply = s3_lifecycle_apply },
	{ .name = "logging",
	  .root = "BucketLoggingStatus",
	  .members = logging_members,
	  .apply = logging_apply,
	  .is_removal = logging_is_removal },
	{ .name = "notification",
	  .root = "NotificationConfiguration",
	  .members = notification_members,
	  .check = notification_check,
	  .apply = notification_apply,
	  .is_removal = notification_is_removal },
	{ .name = "ownershipControls",
	  .root = "OwnershipControls",
	  .members = ownership_members,
	  .absent = &s3_OwnershipControlsNotFoundError },
	{ .name = "publicAccessBlock",
	  .root = "PublicAccessBlockConfiguration",
	  .members = public_access_members,
	  .absent = &s3_NoSuchPublicAccessBlockConfiguration,
	  .check = public_access_check },
	{ .name = "requestPayment",
	  .root = "RequestPaymentConfiguration",
	  .members = payment_members,
	  .unset = "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>" },
	{ .name = "tagging",
	  .root = "Tagging",
	  .members = tagging_members,
	  .absent = &s3_NoSuchTagSet,
	  .check = tagging_check,
	  .is_removal = tagging_is_removal },
	{ .name = "versioning",
	  .root = "VersioningConfiguration",
	  .members = versioning_members,
	  .check = versioning_check,
	  .apply = versioning_apply },
	{ .name = "website",
	  .root = "WebsiteConfiguration",
	  .members = website_members,
	  .absent = &s3_NoSuchWebsiteConfiguration,
	  .check = website_check },
	/* Can only be asked about: there is none. */
	{ .name = "object-lock", .root = "ObjectLockConfiguration", .absent = &s3_ObjectLockConfigurationNotFoundError },
	{ .name = "replication", .root = "ReplicationConfiguration", .absent = &s3_ReplicationConfigurationNotFoundError },
	{ 0 },
};
