/* SPDX-License-Identifier: Apache-2.0
 *
 * AssumeRoleWithWebIdentity: a token of an OpenID Connect issuer for a role's credentials. Source: AWS STS API Reference; IAM
 * User Guide, "OIDC federation".
 *
 *   the token read -> the account's provider for its issuer -> (the issuer asked for its keys, on the pool) -> signature, claims
 *   -> the role's trust policy -> session
 */
#include "service/jwt.h"

#include "base/log.h"
#include "os/clock.h"
#include "service/sts/internal.h"

const struct bind sts_web_identity_fields[] = {
	STS_FIELD_ROLE,
	STS_FIELD_SESSION_NAME,
	BIND_STR(struct sts_input, token, "WebIdentityToken", .required = true, .min = 4, .max = 20000),
	STS_FIELD_POLICY,
	STS_FIELD_POLICY_ARNS,
	STS_FIELD_DURATION(DURATION_MAX_S),
	BIND_REFUSED("ProviderId"),
	BIND_DONE,
};

struct exchange {
	struct session session;
	struct jwt token;
	struct str issuer;
	struct host_web_identity who;
};

/* "RS256, RS384, RS512, ES256, ES384, or ES512" */
static const char *const algorithms[] = { "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", NULL };

#define NOT_A_TOKEN "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"

/* ---- the token ---- */

static int read_token(struct exchange *x)
{
	struct call *call = x->session.call;
	const struct sts_input *in = call->input;

	if (jwt_parse(&call->arena, in->token, &x->token) < 0)
		return call_failf(call, &sts_InvalidIdentityToken, NOT_A_TOKEN);
	x->issuer = json_get_text(x->token.claims, STR("iss"));
	if (x->issuer.n == 0)
		return call_failf(call, &sts_InvalidIdentityToken, "Missing a required claim: iss");
	int rc = host_find_provider(call->host, &call->arena, x->issuer, &x->who);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &sts_InvalidIdentityToken, "No OpenIDConnect provider found in your account for " STR_FMT,
				  STR_ARG(x->issuer));
	return rc < 0 ? call_fault(call, NULL) : 0;
}

static int refuse_expired(struct exchange *x, int64_t now_ms)
{
	double expires = 0;

	if (json_to_double(json_get_c(x->token.claims, "exp"), &expires) < 0)
		return call_failf(x->session.call, &sts_InvalidIdentityToken, "Missing a required claim: exp");
	return call_failf(x->session.call, &sts_ExpiredTokenException,
			  "Token expired: current date/time %lld must be before the expiration date/time %lld",
			  (long long)(now_ms / 1000), (long long)expires);
}

static int refuse_token(struct exchange *x, enum jwt_fault fault, int64_t now_ms)
{
	struct call *call = x->session.call;

	switch (fault) {
	case JWT_UNKNOWN_KEY:
		return call_failf(call, &sts_InvalidIdentityToken,
				  "Couldn't retrieve verification key from your identity provider,  please reference "
				  "AssumeRoleWithWebIdentity documentation for requirements");
	case JWT_WRONG_AUDIENCE:
		return call_failf(call, &sts_InvalidIdentityToken, "Incorrect token audience");
	case JWT_EXPIRED:
		return refuse_expired(x, now_ms);
	case JWT_TOO_EARLY:
		return call_failf(call, &sts_InvalidIdentityToken, "The token is not valid yet");
	case JWT_BAD_SIGNATURE:
		return call_failf(call, &sts_InvalidIdentityToken, "The token's signature is not valid");
	default:
		return call_failf(call, &sts_InvalidIdentityToken, NOT_A_TOKEN);
	}
}

/* The party the token was made for, where it names one, is the audience that must be registered. */
static const struct json *audience_claims(struct exchange *x)
{
	struct arena *a = &x->session.call->arena;
	const struct json *party = json_get_c(x->token.claims, "azp");
	struct json *claims = party ? json_copy_object(a, x->token.claims) : NULL;

	if (!claims)
		return x->token.claims;
	json_put(a, claims, STR("aud"), party);
	return claims;
}

static struct str first_text(const struct json *v)
{
	return json_is(v, JSON_ARRAY) ? json_text(json_at(v, 0)) : json_text(v);
}

/* Tags and a source identity are claims of names that AWS gave them; each tag's value is a list of one. */
static void read_wishes(struct exchange *x)
{
	struct arena *a = &x->session.call->arena;
	const struct json *wishes = json_get_c(x->token.claims, "https://aws.amazon.com/tags");
	const struct json *given = json_get_c(wishes, "principal_tags");
	struct json *tags = json_new_object(a);

	for (size_t i = 0; json_is(given, JSON_OBJECT) && i < given->count; i++)
		json_put(a, tags, given->members[i].name, json_new_string(a, first_text(given->members[i].value)));
	x->who.tags = json_is(given, JSON_OBJECT) ? tags : NULL;
	x->who.transitive_keys = json_get_c(wishes, "transitive_tag_keys");
	x->who.source_identity = json_get_text(x->token.claims, STR("https://aws.amazon.com/source_identity"));
}

static int check_token(struct exchange *x)
{
	struct call *call = x->session.call;
	struct sts *sts = call->state;
	struct jwt_demand demand = { .issuer = x->issuer, .audience = x->who.client_ids, .now_ms = clock_wall_ms() };
	const struct json *claims = audience_claims(x);
	enum jwt_fault fault = jwt_verify(sts->keys, &call->arena, &x->token, x->issuer, algorithms);

	if (fault == JWT_FINE)
		fault = jwt_check_claims(claims, &demand);
	if (fault != JWT_FINE)
		return refuse_token(x, fault, demand.now_ms);
	x->session.subject = json_get_text(claims, STR("sub"));
	x->session.audience = first_text(json_get_c(claims, "aud"));
	x->session.provider = x->who.provider_arn;
	x->who.claims = x->token.claims;
	read_wishes(x);
	if (x->session.subject.n == 0)
		return call_failf(call, &sts_InvalidIdentityToken, "Missing a required claim: sub");
	return 0;
}

/* ---- the role ---- */

static int ask_trust(struct exchange *x, const char *action)
{
	struct call *call = x->session.call;
	const struct sts_input *in = call->input;
	int rc = host_may_assume_by_claims(call, &x->who, str_c(action), in->role_arn);

	if (rc == ERR_DENIED || rc == ERR_NOT_FOUND)
		return call_failf(call, &sts_AccessDenied, "Not authorized to perform %s", action);
	return rc < 0 ? call_fault(call, NULL) : 0;
}

static int check_trust(struct exchange *x)
{
	int rc = ask_trust(x, "sts:AssumeRoleWithWebIdentity");

	if (rc == 0 && x->who.tags)
		rc = ask_trust(x, "sts:TagSession");
	if (rc == 0 && x->who.source_identity.p)
		rc = ask_trust(x, "sts:SetSourceIdentity");
	return rc;
}

static void write_rest(struct session *s)
{
	struct writer *w = &s->call->out;

	session_write_role(s);
	write_str(w, "SubjectFromWebIdentityToken", s->subject);
	write_str(w, "Provider", s->provider);
	write_str(w, "Audience", s->audience);
}

static int judge(struct exchange *x)
{
	const struct sts_input *in = x->session.call->input;
	int rc = check_token(x);

	if (rc == 0)
		rc = check_trust(x);
	if (rc == 0)
		rc = session_of_role(&x->session, in->role_arn, in->session_name);
	if (rc == 0)
		rc = session_add_policies(&x->session);
	if (rc == 0)
		rc = session_add_tags(&x->session, x->who.tags, x->who.transitive_keys, x->who.source_identity);
	if (rc < 0)
		return rc;
	session_add_key(&x->session, STR("aws:FederatedProvider"), json_new_string(&x->session.call->arena, x->who.provider_arn));
	return session_start(&x->session);
}

/* ---- the issuer ---- */

/* On the pool: the issuer is asked. */
static void fetch_and_judge(void *argument)
{
	struct exchange *x = argument;
	struct call *call = x->session.call;
	struct sts *sts = call->state;
	struct error err = { 0 };
	int rc = key_sets_fetch(sts->keys, x->issuer, &err);

	if (rc < 0)
		log_warn("sts", "an issuer's keys could not be had issuer=" STR_FMT " reason=%s", STR_ARG(x->issuer),
			 err.message);
	if (rc == ERR_IO || rc == ERR_TIMEOUT)
		rc = call_fail(call, &sts_IDPCommunicationError);
	else
		rc = judge(x);
	if (rc != CALL_PENDING)
		call_complete(call, rc);
}

int sts_assume_role_with_web_identity(struct call *call)
{
	struct exchange *x = ARENA_NEW(&call->arena, struct exchange);
	struct sts *sts = call->state;
	int rc;

	if (!x)
		return call_fault(call, NULL);
	x->session.call = call;
	x->session.write_rest = write_rest;
	rc = read_token(x);
	if (rc < 0)
		return rc;
	if (key_sets_have(sts->keys, x->issuer, x->token.key_id))
		return judge(x);
	return pool_run(host_pool(call->host), fetch_and_judge, x) < 0 ? call_fault(call, NULL) : CALL_PENDING;
}
