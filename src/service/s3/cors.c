/* SPDX-License-Identifier: Apache-2.0
 *
 * Cross-origin rules: their check, the s3_preflight, and the headers on answers to pages of other sites.
 * Source: "Using cross-origin resource sharing", Amazon S3 User Guide; the Fetch standard.
 */
#include "service/s3/setting.h"

enum { CORS_RULES_MAX = 100 };

static const struct shape rule_members[] = {
	{ .name = "ID" },
	{ .name = "AllowedHeader", .many = true },
	{ .name = "AllowedMethod", .required = true, .many = true },
	{ .name = "AllowedOrigin", .required = true, .many = true },
	{ .name = "ExposeHeader", .many = true },
	{ .name = "MaxAgeSeconds", .kind = SHAPE_NUMBER },
	{ 0 },
};
const struct shape s3_cors_members[] = {
	{ .name = "CORSRule", .kind = SHAPE_GROUP, .required = true, .many = true, .members = rule_members },
	{ 0 },
};

static int check_rule(struct call *call, const struct xml *rule)
{
	static const char *const methods[] = { "GET", "PUT", "POST", "DELETE", "HEAD" };

	for (const struct xml *e = rule->children; e; e = e->next) {
		bool known = !str_eq_c(e->name, "AllowedMethod");
		for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
			known = known || str_eq_c(e->text, methods[i]);
		if (!known)
			return call_failf(call, &s3_InvalidRequest,
					  "Found unsupported HTTP method in CORS config. Unsupported method is " STR_FMT,
					  STR_ARG(e->text));
		bool pattern = str_eq_c(e->name, "AllowedOrigin") || str_eq_c(e->name, "AllowedHeader");
		ptrdiff_t star = pattern ? str_find_char(e->text, '*', 0) : -1;
		if (star >= 0 && str_find_char(e->text, '*', (size_t)star + 1) >= 0)
			return call_failf(call, &s3_InvalidRequest,
					  STR_FMT " \"" STR_FMT "\" can not have more than one wildcard.", STR_ARG(e->name),
					  STR_ARG(e->text));
	}
	return 0;
}

int s3_cors_check(struct call *call, struct xml *root)
{
	int rc = 0, count = 0;

	for (const struct xml *rule = root->children; rule && rc == 0; rule = rule->next)
		rc = ++count > CORS_RULES_MAX ? call_fail(call, &s3_MalformedXML) : check_rule(call, rule);
	return rc;
}

int s3_cors_apply(struct call *call, struct access *x, struct bucket *b, const struct xml *root)
{
	(void)call, (void)x;
	b->has_cors = root != NULL;
	return 0;
}

/* A pattern with at most one '*'. */
static bool matches(struct str pattern, struct str text, bool nocase)
{
	ptrdiff_t star = str_find_char(pattern, '*', 0);

	if (star < 0)
		return nocase ? str_eq_nocase(pattern, text) : str_eq(pattern, text);
	struct str head = str_sub(pattern, 0, (size_t)star), tail = str_from(pattern, (size_t)star + 1);
	if (text.n < head.n + tail.n)
		return false;
	struct str start = str_sub(text, 0, head.n), end = str_from(text, text.n - tail.n);
	return nocase ? str_eq_nocase(start, head) && str_eq_nocase(end, tail) : str_eq(start, head) && str_eq(end, tail);
}

static const struct xml *matching(const struct xml *rule, const char *name, struct str text, bool nocase)
{
	for (const struct xml *e = xml_child(rule, str_c(name)); e; e = xml_next(e))
		if (matches(e->text, text, nocase))
			return e;
	return NULL;
}

static bool allows_headers(const struct xml *rule, struct str wanted)
{
	while (wanted.p) {
		struct str header = str_trim(str_split(&wanted, ','));
		if (header.n > 0 && !matching(rule, "AllowedHeader", header, true))
			return false;
	}
	return true;
}

/* The first rule that allows all of it counts; NULL when none does. */
static const struct xml *find_rule(const struct xml *root, struct str origin, struct str method, struct str headers)
{
	for (const struct xml *rule = xml_child(root, STR("CORSRule")); rule; rule = xml_next(rule))
		if (matching(rule, "AllowedOrigin", origin, false) && matching(rule, "AllowedMethod", method, false) &&
		    allows_headers(rule, headers))
			return rule;
	return NULL;
}

static struct str joined(struct arena *a, const struct xml *rule, const char *name)
{
	struct str text = STR_NULL;

	for (const struct xml *e = xml_child(rule, str_c(name)); e; e = xml_next(e))
		text = str_is_set(text) ? arena_printf(a, STR_FMT ", " STR_FMT, STR_ARG(text), STR_ARG(e->text)) : e->text;
	return text;
}

static void reply_rule(struct call *call, const struct xml *rule, struct str origin)
{
	bool anyone = str_eq_c(matching(rule, "AllowedOrigin", origin, false)->text, "*");

	call_reply_header(call, "Access-Control-Allow-Origin", anyone ? STR("*") : origin);
	call_reply_header(call, "Access-Control-Allow-Methods", joined(&call->arena, rule, "AllowedMethod"));
	call_reply_header(call, "Access-Control-Expose-Headers", joined(&call->arena, rule, "ExposeHeader"));
	call_reply_header(call, "Access-Control-Max-Age", xml_child_text(rule, STR("MaxAgeSeconds")));
	if (!anyone)
		call_reply_header(call, "Access-Control-Allow-Credentials", STR("true"));
	call_reply_header(call, "Vary", STR("Origin, Access-Control-Request-Headers, Access-Control-Request-Method"));
}

/* NULL when there are no rules, or they cannot be read. */
static const struct xml *read_rules(struct access *x, const struct bucket *b)
{
	const struct xml *root = NULL;
	struct str text;

	if (!b->has_cors || bucket_setting_read(x, b->name, "cors", &text) < 0 || xml_parse(x->arena, text, &root, &x->err) < 0)
		return NULL;
	return root;
}

void s3_reply_cors(struct call *call, struct access *x, const struct bucket *b)
{
	struct str origin = call_header(call, STR("Origin"));
	const struct xml *root = str_is_set(origin) ? read_rules(x, b) : NULL;
	const struct xml *rule = root ? find_rule(root, origin, call->method, STR_NULL) : NULL;

	if (rule && !str_eq_c(call->method, "OPTIONS"))
		reply_rule(call, rule, origin);
}

int s3_preflight(struct call *call)
{
	struct str origin = call_header(call, STR("Origin")), method = call_header(call, STR("Access-Control-Request-Method"));
	struct str headers = call_header(call, STR("Access-Control-Request-Headers"));
	struct access x = s3_access(call);
	struct bucket b;

	if (!str_is_set(origin))
		return call_failf(call, &s3_BadRequest, "Insufficient information. Origin request header needed.");
	if (!str_is_set(method))
		return call_failf(call, &s3_BadRequest, "Invalid Access-Control-Request-Method: null");
	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	const struct xml *root = read_rules(&x, &b);
	if (!root)
		return call_failf(call, &s3_AccessForbidden, "CORSResponse: CORS is not enabled for this bucket.");
	const struct xml *rule = find_rule(root, origin, method, headers);
	if (!rule)
		return call_failf(call, &s3_AccessForbidden,
				  "CORSResponse: This CORS request is not allowed. This is usually because the "
				  "evalution of Origin, request method / Access-Control-Request-Method or "
				  "Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.");
	reply_rule(call, rule, origin);
	call_reply_header(call, "Access-Control-Allow-Headers", headers);
	return 0;
}
