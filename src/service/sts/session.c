/* SPDX-License-Identifier: Apache-2.0
 *
 * Sessions: what limits them, what they carry, and the answer that has their credentials.
 */
#include "aws/arn.h"
#include "format/date.h"
#include "os/clock.h"
#include "policy/policy.h"
#include "service/sts/internal.h"

bool sts_is_session_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && !memchr("_+=,.@-", c, 7))
			return false;
	}
	return true;
}

/* ---- of a role ---- */

static int check_duration(struct session *s, struct str role_arn)
{
	const struct sts_input *in = s->call->input;
	bool chained = s->call->principal.kind == PRINCIPAL_ROLE;

	s->duration_s = in->duration.set ? in->duration.value : DURATION_DEFAULT_S;
	if (chained && s->duration_s > DURATION_DEFAULT_S)
		return call_failf(
			s->call, &sts_ValidationError,
			"The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.");
	if (s->duration_s > host_role_session_max(s->call->host, role_arn))
		return call_failf(s->call, &sts_ValidationError,
				  "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
	return 0;
}

int session_of_role(struct session *s, struct str role_arn, struct str session_name)
{
	struct error err = { 0 };
	int rc = host_role_principal(s->call->host, &s->call->arena, role_arn, session_name, STR_NULL, &s->principal, &err);

	return rc < 0 ? call_fault(s->call, &err) : check_duration(s, role_arn);
}

/* ---- session policies ---- */

struct policy_arn_shape {
	struct str arn;
};

const struct bind sts_policy_arn_shape[] = {
	BIND_STR(struct policy_arn_shape, arn, "arn", .required = true, .min = 20, .max = 2048),
	BIND_DONE,
};

/* A document that is not one is refused; else it is added to the list. */
static int add_policy(struct session *s, struct json *list, struct str document)
{
	struct arena *a = &s->call->arena;
	const struct json *value;
	const struct policy *compiled;
	struct error err = { 0 };
	int rc = policy_parse(a, document, POLICY_IDENTITY, &compiled, &err);

	if (rc == 0)
		rc = json_parse(a, document, &value, &err);
	if (rc == ERR_INVALID)
		return call_failf(s->call, &sts_MalformedPolicyDocument, "%s", err.message);
	if (rc < 0)
		return call_fault(s->call, &err);
	json_add(a, list, value);
	return 0;
}

static int add_managed_policy(struct session *s, struct json *list, struct str arn)
{
	struct str document;
	int rc = host_policy_document(s->call->host, &s->call->arena, arn, &document);

	if (rc == ERR_NOT_FOUND)
		return call_failf(s->call, &sts_ValidationError, "Policy " STR_FMT " does not exist or is not attachable.",
				  STR_ARG(arn));
	return rc < 0 ? call_fault(s->call, NULL) : add_policy(s, list, document);
}

/* AWS packs them by a method of its own; here the share of the plain text's limit is told. */
static int measure(struct session *s, size_t size)
{
	s->packed_percent = (int)((size * 100 + SESSION_POLICY_MAX - 1) / SESSION_POLICY_MAX);
	if (s->packed_percent > 100)
		return call_failf(s->call, &sts_PackedPolicyTooLarge,
				  "Packed size of session tags and policies consumes %d%% of allotted space.", s->packed_percent);
	return 0;
}

int session_add_policies(struct session *s)
{
	const struct sts_input *in = s->call->input;
	struct json *list = json_new_array(&s->call->arena);
	size_t arns = in->policy_arns ? in->policy_arns->count : 0, size = in->policy.n;
	int rc = 0;

	s->packed_percent = -1;
	if (!in->policy.p && arns == 0)
		return 0;
	if (arns > SESSION_POLICY_ARNS_MAX)
		return call_failf(s->call, &sts_ValidationError, "Cannot exceed quota for PolicyArns: %d",
				  SESSION_POLICY_ARNS_MAX);
	if (in->policy.p)
		rc = add_policy(s, list, in->policy);
	for (size_t i = 0; i < arns && rc == 0; i++) {
		struct str arn = json_get_text(in->policy_arns->items[i], STR("arn"));
		size += arn.n;
		rc = add_managed_policy(s, list, arn);
	}
	if (rc < 0)
		return rc;
	s->principal.session_policy = json_to_str(&s->call->arena, list);
	return measure(s, size);
}

/* ---- what it carries ---- */

void session_add_key(struct session *s, struct str key, const struct json *value)
{
	struct arena *a = &s->call->arena;
	const struct json *before = NULL;
	struct json *keys = json_new_object(a);

	if (s->principal.session_keys.n > 0 && json_parse(a, s->principal.session_keys, &before, NULL) == 0)
		keys = json_copy_object(a, before);
	json_put(a, keys, key, value);
	s->principal.session_keys = json_to_str(a, keys);
}

/* ---- the answer ---- */

void session_write_role(struct session *s)
{
	struct writer *w = &s->call->out;

	write_object(w, "AssumedRoleUser");
	write_str(w, "AssumedRoleId", s->principal.user_id);
	write_str(w, "Arn", s->principal.arn);
	write_end(w);
}

static void write_session(void *argument, const struct host_credentials *credentials, const struct error *err)
{
	struct session *s = argument;
	struct call *call = s->call;
	struct writer *w = &call->out;

	if (!credentials) {
		call_complete(call, call_fault(call, err));
		return;
	}
	write_object(w, "Credentials");
	write_str(w, "AccessKeyId", credentials->access_key);
	write_str(w, "SecretAccessKey", credentials->secret_key);
	write_str(w, "SessionToken", credentials->session_token);
	write_time(w, "Expiration", credentials->expires_ms);
	write_end(w);
	if (s->write_rest)
		s->write_rest(s);
	if (s->packed_percent >= 0)
		write_i64(w, "PackedPolicySize", s->packed_percent);
	if (s->source_identity.p)
		write_str(w, "SourceIdentity", s->source_identity);
	call_complete(call, 0);
}

int session_start(struct session *s)
{
	char now[DATE_TEXT_MAX];
	struct error err = { 0 };

	session_add_key(s, STR("aws:TokenIssueTime"), json_new_string(&s->call->arena, date_iso(now, clock_wall_ms())));
	if (arena_failed(&s->call->arena))
		return call_fault(s->call, NULL);
	int rc = host_new_session(s->call->host, &s->principal, s->duration_s, write_session, s);
	if (rc == 0)
		return CALL_PENDING;
	error_set(&err, rc, "no session can be made");
	return call_fault(s->call, &err);
}
