/* SPDX-License-Identifier: Apache-2.0
 *
 * The bucket's policy, kept as the JSON it came in under the setting "policy". It is evaluated with the caller's own policies
 * before an operation runs, not here.
 */
#include "base/limits.h"
#include "format/xml.h"
#include "service/s3/operations.h"

#define POLICY_BYTES_MAX KIB(20)

static int malformed(struct call *call, const char *message)
{
	return call_failf(call, &s3_MalformedPolicy, "%s", message);
}

/* Every text of a value that may be one text or a list of them. */
static bool every_text(const struct json *value, bool (*good)(struct str text, struct str bucket), struct str bucket)
{
	if (json_is(value, JSON_STRING))
		return good(value->text, bucket);
	if (!json_is(value, JSON_ARRAY) || value->count == 0)
		return false;
	for (size_t i = 0; i < value->count; i++)
		if (!json_is(value->items[i], JSON_STRING) || !good(value->items[i]->text, bucket))
			return false;
	return true;
}

static bool is_action(struct str text, struct str bucket)
{
	(void)bucket;
	return str_eq_c(text, "*") || str_eq_nocase(str_sub(text, 0, 3), STR("s3:"));
}

/* The bucket itself or what lies in it. */
static bool is_resource(struct str text, struct str bucket)
{
	if (!str_starts(text, STR("arn:aws:s3:::")))
		return false;
	struct str name = str_from(text, strlen("arn:aws:s3:::"));
	return str_eq(str_split(&name, '/'), bucket);
}

static int check_statement(struct call *call, const struct json *s)
{
	const struct json *action = json_get_c(s, "Action"), *resource = json_get_c(s, "Resource");
	struct str effect = json_get_text(s, STR("Effect")), bucket = s3_target(call)->bucket;

	if (!json_is(s, JSON_OBJECT))
		return malformed(call, "Policies must be valid JSON and the first byte must be '{'");
	if (!str_eq_c(effect, "Allow") && !str_eq_c(effect, "Deny"))
		return malformed(call, "Missing required field Effect");
	if (!json_get_c(s, "Principal") && !json_get_c(s, "NotPrincipal"))
		return malformed(call, "Missing required field Principal");
	action = action ? action : json_get_c(s, "NotAction");
	if (!action)
		return malformed(call, "Missing required field Action");
	if (!every_text(action, is_action, bucket))
		return malformed(call, "Policy has invalid action");
	resource = resource ? resource : json_get_c(s, "NotResource");
	if (!resource)
		return malformed(call, "Missing required field Resource");
	return every_text(resource, is_resource, bucket) ? 0 : malformed(call, "Policy has invalid resource");
}

static int check_statements(struct call *call, const struct json *statements)
{
	if (json_is(statements, JSON_OBJECT))
		return check_statement(call, statements);
	if (!json_is(statements, JSON_ARRAY) || statements->count == 0)
		return malformed(call, "Missing required field Statement");
	for (size_t i = 0; i < statements->count; i++)
		if (check_statement(call, statements->items[i]) < 0)
			return ERR_SERVICE;
	return 0;
}

int s3_put_bucket_policy_prepare(struct call *call)
{
	const struct json *policy;
	struct error err;

	if (call->body.bytes.n > POLICY_BYTES_MAX)
		return malformed(call, "Policy exceeds the maximum allowed document size.");
	if (json_parse(&call->arena, call->body.bytes, &policy, &err) < 0 || !json_is(policy, JSON_OBJECT))
		return malformed(call, "Policies must be valid JSON and the first byte must be '{'");
	struct str version = json_get_text(policy, STR("Version"));
	if (str_is_set(version) && !str_eq_c(version, "2012-10-17") && !str_eq_c(version, "2008-10-17"))
		return malformed(call, "The policy must contain a valid version string");
	call->scratch = (void *)(uintptr_t)policy;
	return check_statements(call, json_get_c(policy, "Statement"));
}

static bool is_everyone(const struct json *principal)
{
	const struct json *aws = json_is(principal, JSON_OBJECT) ? json_get_c(principal, "AWS") : principal;

	if (json_is(aws, JSON_STRING))
		return str_eq_c(aws->text, "*");
	for (size_t i = 0; json_is(aws, JSON_ARRAY) && i < aws->count; i++)
		if (str_eq_c(json_text(aws->items[i]), "*"))
			return true;
	return false;
}

/* Source: "The meaning of public", Amazon S3 User Guide; any condition is taken as one that narrows. */
static bool is_public(const struct json *policy)
{
	const struct json *statements = json_get_c(policy, "Statement");
	size_t count = json_is(statements, JSON_ARRAY) ? statements->count : 1;

	for (size_t i = 0; i < count; i++) {
		const struct json *s = json_is(statements, JSON_ARRAY) ? statements->items[i] : statements;
		if (str_eq_c(json_get_text(s, STR("Effect")), "Allow") && is_everyone(json_get_c(s, "Principal")) &&
		    !json_get_c(s, "Condition"))
			return true;
	}
	return false;
}

static bool blocks_public_policies(struct access *x, struct str bucket)
{
	const struct xml *root;
	struct str text;

	if (bucket_setting_read(x, bucket, "publicAccessBlock", &text) < 0 || xml_parse(x->arena, text, &root, &x->err) < 0)
		return false;
	return str_eq_nocase(xml_child_text(root, STR("BlockPublicPolicy")), STR("true"));
}

int s3_put_bucket_policy(struct call *call)
{
	struct access x = s3_access(call);
	struct bucket b;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	if (is_public(call->scratch) && blocks_public_policies(&x, b.name))
		return call_failf(call, &s3_AccessDenied,
				  "User: " STR_FMT " is not authorized to perform: s3:PutBucketPolicy on resource: "
				  "\"arn:aws:s3:::" STR_FMT
				  "\" because public policies are prevented by the BlockPublicPolicy setting in S3 "
				  "Block Public Access.",
				  STR_ARG(call->principal.arn), STR_ARG(b.name));
	return s3_setting_write(&x, b.name, "policy", call->body.bytes) < 0 ? s3_fault(call, &x) : 0;
}

static int read_policy(struct call *call, struct access *x, struct str *text)
{
	struct bucket b;

	if (s3_open_bucket(call, x, &b) < 0)
		return ERR_SERVICE;
	int rc = bucket_setting_read(x, b.name, "policy", text);
	if (rc == ERR_NOT_FOUND)
		return s3_fail_bucket(call, &s3_NoSuchBucketPolicy, b.name);
	return rc < 0 ? s3_fault(call, x) : 0;
}

int s3_get_bucket_policy(struct call *call)
{
	struct access x = s3_access(call);
	struct str text;

	if (read_policy(call, &x, &text) < 0)
		return ERR_SERVICE;
	call_reply_bytes(call, text, STR("application/json"));
	return 0;
}

int s3_get_bucket_policy_status(struct call *call)
{
	struct access x = s3_access(call);
	const struct json *policy;
	struct str text;

	if (read_policy(call, &x, &text) < 0)
		return ERR_SERVICE;
	if (json_parse(&call->arena, text, &policy, &x.err) < 0)
		return s3_fault(call, &x);
	s3_xml_begin(call, "PolicyStatus");
	write_bool(&call->out, "IsPublic", is_public(policy));
	s3_xml_end(call, "PolicyStatus");
	return 0;
}

int s3_delete_bucket_policy(struct call *call)
{
	struct access x = s3_access(call);
	struct bucket b;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	return s3_setting_delete(&x, b.name, "policy") < 0 ? s3_fault(call, &x) : 0;
}

struct str s3_resource_policy(struct call *call, struct store_txn *txn, struct str arn)
{
	struct access x = { .s3 = s3_of(call), .txn = txn, .arena = &call->arena };
	ptrdiff_t start = str_find(arn, STR(":::"), 0);
	struct str bucket = str_from(arn, start < 0 ? arn.n : (size_t)start + 3), text;

	return bucket_setting_read(&x, str_split(&bucket, '/'), "policy", &text) == 0 ? text : STR_NULL;
}
