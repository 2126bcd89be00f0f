/* SPDX-License-Identifier: Apache-2.0 */
#include "service/iam/context.h"

#include "service/iam/resource_tags.h"

#include "aws/arn.h"
#include "format/date.h"
#include "os/clock.h"
#include "service/iam/iam.h"

static bool starts_nocase(struct str text, struct str prefix)
{
	return str_eq_nocase(str_sub(text, 0, prefix.n), prefix);
}

static struct str source_account(const struct context *c)
{
	struct arn arn;

	if (!c->call->principal.source_arn.p || arn_parse(c->call->principal.source_arn, &arn) < 0)
		return STR_NULL;
	return arn.account.n > 0 ? arn.account : host_account(c->call->host); /* S3's ARNs have no account: it is ours */
}

/* An address without its port. */
static struct str source_ip(const struct context *c)
{
	struct str remote = c->call->remote;
	ptrdiff_t bracket = str_find_char(remote, ']', 0), colon = str_find_char(remote, ':', 0);

	if (remote.n > 0 && remote.p[0] == '[' && bracket > 0)
		return str_sub(remote, 1, (size_t)bracket - 1);
	if (colon > 0 && str_find_char(remote, ':', (size_t)colon + 1) < 0)
		return str_sub(remote, 0, (size_t)colon);
	return remote.n > 0 ? remote : STR_NULL;
}

static struct str now_iso(const struct context *c)
{
	char text[DATE_TEXT_MAX];

	return arena_str(&c->call->arena, date_iso(text, clock_wall_ms()));
}

static struct str now_epoch(const struct context *c)
{
	return arena_printf(&c->call->arena, "%lld", (long long)(clock_wall_ms() / 1000));
}

static struct str region(const struct context *c)
{
	return host_region(c->call->host);
}

static struct str account(const struct context *c)
{
	return host_account(c->call->host);
}

static struct str source_arn(const struct context *c)
{
	return c->call->principal.source_arn;
}

/* Requests reach this server over loopback only: nobody can listen in, which is what policies ask by this key. */
static struct str secure_transport(const struct context *c)
{
	(void)c;
	return STR("true");
}

static struct str is_service(const struct context *c)
{
	return c->principal.kind == POLICY_SERVICE ? STR("true") : STR("false");
}

static struct str service_name(const struct context *c)
{
	return c->principal.kind == POLICY_SERVICE ? c->principal.arn : STR_NULL;
}

static struct str via_service(const struct context *c)
{
	(void)c;
	return STR("false");
}

static struct str user_agent(const struct context *c)
{
	return call_header(c->call, STR("User-Agent"));
}

static struct str referer(const struct context *c)
{
	return call_header(c->call, STR("Referer"));
}

static struct str passed_to(const struct context *c)
{
	return c->passed_to;
}

static struct str policy_arn(const struct context *c)
{
	return json_get_text(c->call->parameters, STR("PolicyArn"));
}

/* The one that the request sets; else the one that the role or user whose policies it changes has. */
static struct str boundary(const struct context *c)
{
	struct call *call = c->call;
	struct str given = json_get_text(call->parameters, STR("PermissionsBoundary")), kept = STR_NULL;

	if (given.p || call->service != &service_iam || !call->operation->resource)
		return given;
	struct grant *entity = grants_get(call->state, call->operation->resource(call));
	if (entity && entity->exists)
		kept = arena_str(&call->arena, entity->boundary_arn);
	grant_unref(entity);
	return kept;
}

static struct str external_id(const struct context *c)
{
	return json_get_text(c->call->parameters, STR("ExternalId"));
}

static struct str source_identity(const struct context *c)
{
	return c->web ? c->web->source_identity : json_get_text(c->call->parameters, STR("SourceIdentity"));
}

static struct str session_name(const struct context *c)
{
	return json_get_text(c->call->parameters, STR("RoleSessionName"));
}

static const struct {
	const char *key;
	struct str (*value)(const struct context *c);
} plain_keys[] = {
	{ "aws:CurrentTime", now_iso },
	{ "aws:EpochTime", now_epoch },
	{ "aws:PrincipalIsAWSService", is_service },
	{ "aws:PrincipalServiceName", service_name },
	{ "aws:Referer", referer },
	{ "aws:RequestedRegion", region },
	{ "aws:ResourceAccount", account },
	{ "aws:SecureTransport", secure_transport },
	{ "aws:SourceAccount", source_account },
	{ "aws:SourceArn", source_arn },
	{ "aws:SourceIp", source_ip },
	{ "aws:SourceOwner", source_account }, /* SNS's older name for it */
	{ "aws:UserAgent", user_agent },
	{ "aws:ViaAWSService", via_service },
	{ "iam:PassedToService", passed_to },
	{ "iam:PermissionsBoundary", boundary },
	{ "iam:PolicyARN", policy_arn },
	{ "sts:ExternalId", external_id },
	{ "sts:RoleSessionName", session_name },
	{ "sts:SourceIdentity", source_identity },
};

/* ---- tags ---- */

/* The names of condition keys, the tag's included, are told apart regardless of case. */
static struct str tag_of_object(const struct json *tags, struct str name)
{
	for (size_t i = 0; json_is(tags, JSON_OBJECT) && i < tags->count; i++) {
		if (str_eq_nocase(tags->members[i].name, name))
			return json_text(tags->members[i].value);
	}
	return STR_NULL;
}

/* Requests write tags as a list of Key and Value (or key and value), or as an object. */
static const struct json *request_tags(const struct context *c)
{
	const struct json *tags = json_get_c(c->call->parameters, "Tags");

	if (c->web)
		return c->web->tags;
	return tags ? tags : json_get_c(c->call->parameters, "tags");
}

static struct str member_text(const struct json *object, struct str name, struct str lower_name)
{
	struct str text = json_get_text(object, name);

	return text.p ? text : json_get_text(object, lower_name);
}

static struct str request_tag(const struct context *c, struct str name)
{
	const struct json *tags = request_tags(c);

	for (size_t i = 0; json_is(tags, JSON_ARRAY) && i < tags->count; i++) {
		if (str_eq_nocase(member_text(tags->items[i], STR("Key"), STR("key")), name))
			return member_text(tags->items[i], STR("Value"), STR("value"));
	}
	return tag_of_object(tags, name);
}

static bool tag_keys(const struct context *c, struct policy_values *out)
{
	const struct json *tags = request_tags(c);
	bool list = json_is(tags, JSON_ARRAY), object = json_is(tags, JSON_OBJECT);

	if (!list && !object)
		return false;
	struct str *names = arena_alloc_array(&c->call->arena, tags->count + 1, sizeof(*names));
	if (!names)
		return false;
	for (size_t i = 0; i < tags->count; i++)
		names[i] = list ? member_text(tags->items[i], STR("Key"), STR("key")) : tags->members[i].name;
	*out = (struct policy_values){ names, tags->count };
	return true;
}

/* ---- claims of a web identity ---- */

/* "aud" is the party that the token was made for where it names one; the audience is "oaud" then. Source: "Available keys for AWS
 * web identity federation". */
static const struct json *find_claim(const struct json *claims, struct str name)
{
	const struct json *party = json_get_c(claims, "azp");

	if (party && str_eq_nocase(name, STR("aud")))
		return party;
	if (str_eq_nocase(name, STR("oaud")))
		return json_get_c(claims, "aud");
	for (size_t i = 0; claims && i < claims->count; i++) {
		if (str_eq_nocase(claims->members[i].name, name))
			return claims->members[i].value;
	}
	return NULL;
}

static struct str claim_text(const struct json *v)
{
	if (json_is(v, JSON_BOOL))
		return v->boolean ? STR("true") : STR("false");
	return json_is(v, JSON_NUMBER) || json_is(v, JSON_STRING) ? v->text : STR_NULL;
}

/* A text, or a list of texts; anything else has no value. */
static bool values_of(struct arena *a, const struct json *v, struct policy_values *out)
{
	bool list = json_is(v, JSON_ARRAY);
	size_t count = list ? v->count : 1, n = 0;
	struct str *items = v ? arena_alloc_array(a, count + 1, sizeof(*items)) : NULL;

	for (size_t i = 0; items && i < count; i++) {
		items[n] = claim_text(list ? v->items[i] : v);
		n += items[n].p != NULL;
	}
	*out = (struct policy_values){ items, n };
	return n > 0;
}

/* "token.actions.githubusercontent.com:sub" */
static const struct json *find_web_key(const struct context *c, struct str key)
{
	if (!c->web || !starts_nocase(key, c->web->url) || key.n <= c->web->url.n || key.p[c->web->url.n] != ':')
		return NULL;
	return find_claim(c->web->claims, str_from(key, c->web->url.n + 1));
}

static const struct json *find_session_key(const struct context *c, struct str key)
{
	for (size_t i = 0; c->session_keys && i < c->session_keys->count; i++) {
		if (str_eq_nocase(c->session_keys->members[i].name, key))
			return c->session_keys->members[i].value;
	}
	return NULL;
}

/* An empty list comes as an empty text in a form. */
static const struct json *transitive_keys(const struct context *c)
{
	const struct json *keys = c->web ? c->web->transitive_keys : json_get_c(c->call->parameters, "TransitiveTagKeys");

	return json_is(keys, JSON_ARRAY) ? keys : NULL;
}

/* ---- tags of the resource ---- */

static const struct json *resource_tag(const struct context *c, struct str name)
{
	const struct json *tags = resource_tags(c->call->host, &c->call->arena, c->action, c->resource);

	for (size_t i = 0; tags && i < tags->count; i++) {
		if (str_eq_nocase(tags->members[i].name, name))
			return tags->members[i].value;
	}
	return NULL;
}

/* ---- the request itself ---- */

/* s3:prefix is the query's "prefix", s3:x-amz-acl the header of that name. */
static struct str s3_key(const struct context *c, struct str name)
{
	if (starts_nocase(name, STR("x-amz-")))
		return call_header(c->call, name);
	if (str_eq_nocase(name, STR("VersionId")))
		return uri_query_get(&c->call->query, STR("versionId"));
	return uri_query_get(&c->call->query, name);
}

static struct str find_text(const struct context *c, struct str key)
{
	struct str value = policy_principal_value(&c->principal, key);

	if (value.p)
		return value;
	for (size_t i = 0; i < sizeof(plain_keys) / sizeof(plain_keys[0]); i++) {
		if (str_eq_nocase(key, str_c(plain_keys[i].key)))
			return plain_keys[i].value(c);
	}
	if (starts_nocase(key, STR("aws:PrincipalTag/")) && c->grant)
		return tag_of_object(c->grant->tags, str_from(key, sizeof("aws:PrincipalTag/") - 1));
	if (starts_nocase(key, STR("aws:RequestTag/")))
		return request_tag(c, str_from(key, sizeof("aws:RequestTag/") - 1));
	if (starts_nocase(key, STR("s3:")))
		return s3_key(c, str_from(key, sizeof("s3:") - 1));
	return STR_NULL;
}

bool context_find(void *argument, struct str key, struct policy_values *out)
{
	const struct context *c = argument;

	const struct json *carried = find_session_key(c, key);

	if (str_eq_nocase(key, STR("aws:TagKeys")))
		return tag_keys(c, out);
	if (!carried)
		carried = find_web_key(c, key);
	if (!carried && str_eq_nocase(key, STR("sts:TransitiveTagKeys")))
		carried = transitive_keys(c);
	if (carried)
		return values_of(&c->call->arena, carried, out);
	if (c->call->service->condition_list && c->call->service->condition_list(c->call, key, &out->items, &out->count))
		return true;
	if (starts_nocase(key, STR("aws:ResourceTag/")))
		carried = resource_tag(c, str_from(key, sizeof("aws:ResourceTag/") - 1));
	if (carried)
		return values_of(&c->call->arena, carried, out);
	struct str value = find_text(c, key);
	struct str *item = value.p ? ARENA_NEW(&c->call->arena, struct str) : NULL;
	if (!item)
		return false;
	*item = value;
	*out = (struct policy_values){ item, 1 };
	return true;
}
