/* SPDX-License-Identifier: Apache-2.0
 *
 * Principal elements, and whether they name the one who asks. Source: "AWS JSON policy elements: Principal".
 */
#include "policy/internal.h"

static const struct {
	const char *name;
	enum principal_class class;
} classes[] = {
	{ "AWS", PRINCIPAL_AWS },
	{ "Service", PRINCIPAL_SERVICE },
	{ "Federated", PRINCIPAL_FEDERATED },
	{ "CanonicalUser", PRINCIPAL_CANONICAL },
};

enum { CLASS_COUNT = sizeof(classes) / sizeof(classes[0]) };

static int find_class(struct str name)
{
	for (int i = 0; i < CLASS_COUNT; i++) {
		if (str_eq_c(name, classes[i].name))
			return i;
	}
	return -1;
}

static bool is_account(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	}
	return text.n == 12;
}

/* Wildcards stand for everyone or not at all. */
static bool is_valid(enum principal_class class, struct str text)
{
	if (class != PRINCIPAL_AWS)
		return text.n > 0;
	if (str_eq(text, STR("*")) || is_account(text))
		return true;
	bool id = str_starts(text, STR("AIDA")) || str_starts(text, STR("AROA"));
	return id || (str_starts(text, STR("arn:")) && str_find_char(text, '*', 0) < 0);
}

static int add_entry(enum principal_class class, const char *name, const struct json *value, struct policy_statement *out,
		     struct error *err)
{
	if (!json_is(value, JSON_STRING) || !is_valid(class, value->text))
		return error_set(err, ERR_INVALID, "Invalid principal in policy: \"%s\":\"" STR_FMT "\"", name,
				 STR_ARG(json_is(value, JSON_STRING) ? value->text : STR("")));
	out->principals[out->principal_count++] = (struct principal_entry){ class, value->text };
	return 0;
}

static size_t count_entries(const struct json *principal)
{
	size_t n = 0;

	for (size_t i = 0; i < principal->count; i++)
		n += json_is(principal->members[i].value, JSON_ARRAY) ? principal->members[i].value->count : 1;
	return n;
}

static int read_class(const struct json_member *m, struct policy_statement *out, struct error *err)
{
	int class = find_class(m->name), rc = 0;
	const struct json *value = m->value;

	if (class < 0)
		return error_set(err, ERR_INVALID, "Invalid principal in policy: \"" STR_FMT "\"", STR_ARG(m->name));
	if (!json_is(value, JSON_ARRAY))
		return add_entry(classes[class].class, classes[class].name, value, out, err);
	for (size_t i = 0; i < value->count && rc == 0; i++)
		rc = add_entry(classes[class].class, classes[class].name, value->items[i], out, err);
	return rc;
}

int principals_read(struct arena *a, const struct json *principal, struct policy_statement *out, struct error *err)
{
	int rc = 0;

	if (json_is(principal, JSON_STRING) && str_eq(principal->text, STR("*"))) {
		out->principals = ARENA_NEW(a, struct principal_entry);
		if (!out->principals)
			return error_set(err, ERR_NO_MEMORY, "policy: out of memory");
		return add_entry(PRINCIPAL_AWS, "AWS", principal, out, err);
	}
	if (!json_is(principal, JSON_OBJECT) || count_entries(principal) == 0)
		return error_set(err, ERR_INVALID, "Missing required field Principal cannot be empty!");
	out->principals = arena_alloc_array(a, count_entries(principal), sizeof(*out->principals));
	if (!out->principals)
		return error_set(err, ERR_NO_MEMORY, "policy: out of memory");
	for (size_t i = 0; i < principal->count && rc == 0; i++)
		rc = read_class(&principal->members[i], out, err);
	return rc;
}

/* "123456789012" or its root ARN. */
static bool names_account(struct str text, struct str account)
{
	if (!account.p)
		return false;
	if (str_eq(text, account))
		return true;
	if (!str_starts(text, STR("arn:")) || !str_ends(text, STR(":root")))
		return false;
	struct str inside = str_sub(text, 0, text.n - (sizeof(":root") - 1));
	return str_ends(inside, account) && inside.n > account.n && inside.p[inside.n - account.n - 1] == ':';
}

/* AROA… of a session AROA…:name. */
static bool names_id(struct str text, struct str user_id)
{
	return user_id.p && text.n > 0 && (str_eq(text, user_id) || (str_starts(user_id, text) && user_id.p[text.n] == ':'));
}

static struct str last_segment(struct str arn)
{
	size_t start = arn.n;

	while (start > 0 && arn.p[start - 1] != '/')
		start--;
	return str_from(arn, start);
}

/* Up to "role/" or "user/": the account is in it. */
static struct str before_name(struct str arn)
{
	ptrdiff_t noun = str_find(arn, STR(":role/"), 0);

	if (noun < 0)
		noun = str_find(arn, STR(":user/"), 0);
	return noun < 0 ? STR_NULL : str_sub(arn, 0, (size_t)noun + sizeof(":role/") - 1);
}

/* A session's ARN does not have the path, but the name of a role, or of a user who federated, is the account's only one. */
static bool names_role(struct str text, struct str role_arn)
{
	if (str_eq(text, role_arn))
		return true;
	struct str here = before_name(text), there = before_name(role_arn);
	return here.p && there.p && str_eq(here, there) && str_eq(last_segment(text), last_segment(role_arn));
}

static enum principal_match match_aws(struct str text, const struct policy_principal *p)
{
	bool aws = p->kind == POLICY_ROOT || p->kind == POLICY_USER || p->kind == POLICY_ROLE;

	if (str_eq(text, STR("*")))
		return MATCH_EXACT; /* "no other permissions are required" */
	if (!aws)
		return MATCH_NONE;
	if (p->role_arn.p && names_role(text, p->role_arn))
		return MATCH_ROLE;
	if (str_eq(text, p->arn))
		return MATCH_EXACT;
	if (names_id(text, p->user_id))
		return p->kind == POLICY_ROLE && text.n < p->user_id.n ? MATCH_ROLE : MATCH_EXACT;
	if (!names_account(text, p->account))
		return MATCH_NONE;
	return p->kind == POLICY_ROOT ? MATCH_EXACT : MATCH_ACCOUNT;
}

static enum principal_match match_entry(const struct principal_entry *e, const struct policy_principal *p)
{
	switch (e->class) {
	case PRINCIPAL_AWS:
		return match_aws(e->text, p);
	case PRINCIPAL_SERVICE:
		return p->kind == POLICY_SERVICE && (str_eq(e->text, p->arn) || str_eq(e->text, STR("*"))) ? MATCH_EXACT
													   : MATCH_NONE;
	case PRINCIPAL_FEDERATED:
		return p->kind == POLICY_FEDERATED && str_eq(e->text, p->arn) ? MATCH_EXACT : MATCH_NONE;
	case PRINCIPAL_CANONICAL:
		break;
	}
	return MATCH_NONE;
}

enum principal_match principals_match(const struct policy_statement *s, const struct policy_principal *p)
{
	enum principal_match best = MATCH_NONE;

	for (size_t i = 0; i < s->principal_count; i++) {
		enum principal_match m = match_entry(&s->principals[i], p);
		if (m > best)
			best = m;
	}
	if (!s->not_principal)
		return best;
	/* The account alone does not except its users and roles. */
	return best == MATCH_NONE || (best == MATCH_ACCOUNT && p->kind != POLICY_ROOT) ? MATCH_EXACT : MATCH_NONE;
}

/* arn:aws:sts::1:assumed-role/r/s -> arn:aws:iam::1:role/r; federated-user/u -> user/u. */
static struct str identity_of_session(struct arena *a, struct str account, struct str resource, const char *noun)
{
	struct str rest = resource, kind = str_split(&rest, '/'), name = str_split(&rest, '/');

	(void)kind;
	return arena_printf(a, "arn:aws:iam::" STR_FMT ":%s/" STR_FMT, STR_ARG(account), noun, STR_ARG(name));
}

void policy_principal_of(struct arena *a, struct str arn, struct policy_principal *out)
{
	struct str rest = arn, parts[5];

	*out = (struct policy_principal){ .kind = POLICY_ANONYMOUS, .arn = arn };
	if (!arn.p || str_eq(arn, STR("*")) || str_eq(arn, STR("anonymous")))
		return;
	if (!str_starts(arn, STR("arn:"))) {
		out->kind = is_account(arn)                        ? POLICY_ROOT
			    : str_ends(arn, STR(".amazonaws.com")) ? POLICY_SERVICE
								   : POLICY_FEDERATED;
		if (out->kind != POLICY_ROOT)
			return;
		out->account = arn;
		out->arn = arena_printf(a, "arn:aws:iam::" STR_FMT ":root", STR_ARG(arn));
		return;
	}
	for (int i = 0; i < 5; i++)
		parts[i] = str_split(&rest, ':');
	out->account = parts[4];
	if (str_eq(rest, STR("root"))) {
		out->kind = POLICY_ROOT;
	} else if (str_starts(rest, STR("assumed-role/"))) {
		out->kind = POLICY_ROLE;
		out->role_arn = identity_of_session(a, parts[4], rest, "role");
	} else if (str_starts(rest, STR("federated-user/"))) {
		out->kind = POLICY_USER;
		out->role_arn = identity_of_session(a, parts[4], rest, "user");
	} else if (str_starts(rest, STR("role/"))) {
		out->kind = POLICY_ROLE;
		out->role_arn = arn;
	} else if (str_starts(rest, STR("oidc-provider/")) || str_starts(rest, STR("saml-provider/"))) {
		out->kind = POLICY_FEDERATED;
	} else {
		out->kind = POLICY_USER;
	}
}

struct str policy_principal_value(const struct policy_principal *p, struct str key)
{
	static const char *const types[] = { [POLICY_ANONYMOUS] = "Anonymous",
					     [POLICY_ROOT] = "Account",
					     [POLICY_USER] = "User",
					     [POLICY_ROLE] = "AssumedRole",
					     [POLICY_FEDERATED] = "FederatedUser" };
	bool aws = p->kind == POLICY_ROOT || p->kind == POLICY_USER || p->kind == POLICY_ROLE;

	if (aws && str_eq_nocase(key, STR("aws:PrincipalArn")))
		return p->kind == POLICY_ROLE ? p->role_arn : p->arn;
	if (aws && str_eq_nocase(key, STR("aws:PrincipalAccount")))
		return p->account;
	bool federated = p->kind == POLICY_USER && p->role_arn.p;
	if (p->kind != POLICY_SERVICE && str_eq_nocase(key, STR("aws:PrincipalType")))
		return str_c(types[federated ? POLICY_FEDERATED : p->kind]);
	if (p->kind == POLICY_USER && !federated && str_eq_nocase(key, STR("aws:username")))
		return last_segment(p->arn);
	if (str_eq_nocase(key, STR("aws:userid")))
		return p->kind == POLICY_ROOT ? p->account : p->user_id;
	return STR_NULL;
}
