/* SPDX-License-Identifier: Apache-2.0 */
#include "service/sts/sts.h"

#include "aws/arn.h"

enum {
	DURATION_MIN_S = 900,
	DURATION_DEFAULT_S = 3600,
	DURATION_MAX_S = 12 * 3600,
	SESSION_TOKEN_DEFAULT_S = 12 * 3600,
	SESSION_TOKEN_MAX_S = 36 * 3600,
};

static const struct service_error access_denied = { "AccessDenied", 403, NULL };
static const struct service_error validation = { "ValidationError", 400, NULL };

static int get_caller_identity(struct call *call)
{
	struct principal *p = &call->principal;

	write_str(&call->out, "UserId", p->user_id);
	write_str(&call->out, "Account", host_account(call->host));
	write_str(&call->out, "Arn", p->arn);
	return 0;
}

/* ---- sessions ---- */

/* What is still to be written once the credentials are durable. */
struct session_reply {
	struct call *call;
	struct str user_arn, user_id; /* AssumedRoleUser; absent for GetSessionToken */
};

static void write_session(void *argument, const struct host_credentials *credentials, const struct error *err)
{
	struct session_reply *reply = argument;
	struct call *call = reply->call;
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
	if (reply->user_arn.p) {
		write_object(w, "AssumedRoleUser");
		write_str(w, "AssumedRoleId", reply->user_id);
		write_str(w, "Arn", reply->user_arn);
		write_end(w);
	}
	call_complete(call, 0);
}

static int start_session(struct call *call, const struct principal *principal, bool assumed, int64_t duration_s)
{
	struct session_reply *reply = ARENA_NEW(&call->arena, struct session_reply);
	struct error err = { 0 };

	if (!reply)
		return call_fault(call, NULL);
	reply->call = call;
	if (assumed) {
		reply->user_arn = principal->arn;
		reply->user_id = principal->user_id;
	}
	int result = host_new_session(call->host, principal, duration_s, write_session, reply);
	if (!result)
		return CALL_PENDING;
	error_set(&err, result, "no session can be made");
	return call_fault(call, &err);
}

struct assume_role_input {
	struct str role_arn, session_name, policy, external_id;
	struct opt_i64 duration;
};

static bool is_session_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && !memchr("_+=,.@-", c, 7))
			return false;
	}
	return true;
}

static const struct bind assume_role_fields[] = {
	BIND_STR(struct assume_role_input, role_arn, "RoleArn", .required = true, .min = 20, .max = 2048),
	BIND_STR(struct assume_role_input, session_name, "RoleSessionName", .required = true, .min = 2, .max = 64,
		 .valid = is_session_name, .pattern = "[\\w+=,.@-]*"),
	BIND_STR(struct assume_role_input, policy, "Policy", .min = 1),
	BIND_STR(struct assume_role_input, external_id, "ExternalId", .min = 2, .max = 1224),
	BIND_I64(struct assume_role_input, duration, "DurationSeconds", .min = DURATION_MIN_S, .max = DURATION_MAX_S),
	BIND_REFUSED("PolicyArns"),
	BIND_REFUSED("Tags"),
	BIND_REFUSED("TransitiveTagKeys"),
	BIND_REFUSED("SerialNumber"),
	BIND_REFUSED("TokenCode"),
	BIND_REFUSED("SourceIdentity"),
	BIND_REFUSED("ProvidedContexts"),
	BIND_DONE,
};

static struct str assume_role_resource(struct call *call)
{
	return ((struct assume_role_input *)call->input)->role_arn;
}

static int assume_role(struct call *call)
{
	struct assume_role_input *in = call->input;
	struct principal principal;
	struct error err = { 0 };

	if (call->principal.kind == PRINCIPAL_ROOT && call->principal.access_key.p)
		return call_fail(call, &(const struct service_error){ access_denied.name, 403,
								      "Roles may not be assumed by root accounts." });
	if (host_role_principal(call->host, &call->arena, in->role_arn, in->session_name, STR_NULL, &principal, &err))
		return call_failf(call, &validation, "%s", err.message);
	principal.session_policy = in->policy;
	return start_session(call, &principal, true, in->duration.set ? in->duration.value : DURATION_DEFAULT_S);
}

struct session_token_input {
	struct opt_i64 duration;
};

static const struct bind session_token_fields[] = {
	BIND_I64(struct session_token_input, duration, "DurationSeconds", .min = DURATION_MIN_S, .max = SESSION_TOKEN_MAX_S),
	BIND_REFUSED("SerialNumber"),
	BIND_REFUSED("TokenCode"),
	BIND_DONE,
};

static int get_session_token(struct call *call)
{
	struct session_token_input *in = call->input;

	if (call->principal.kind != PRINCIPAL_ROOT && call->principal.kind != PRINCIPAL_USER)
		return call_fail(call, &(const struct service_error){ access_denied.name, 403,
								      "Cannot call GetSessionToken with session credentials" });
	return start_session(call, &call->principal, false, in->duration.set ? in->duration.value : SESSION_TOKEN_DEFAULT_S);
}

static const struct operation operations[] = {
	{ .name = "GetCallerIdentity", .kind = OPERATION_ASYNC, .run = get_caller_identity },
	{ .name = "AssumeRole",
	  .kind = OPERATION_ASYNC,
	  .run = assume_role,
	  .input = assume_role_fields,
	  .input_size = sizeof(struct assume_role_input),
	  .resource = assume_role_resource },
	{ .name = "GetSessionToken",
	  .kind = OPERATION_ASYNC,
	  .run = get_session_token,
	  .input = session_token_fields,
	  .input_size = sizeof(struct session_token_input) },
	{ 0 },
};

const struct service service_sts = {
	.name = "sts",
	.protocol = PROTOCOL_QUERY,
	.api_version = "2011-06-15",
	.xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/",
	.validation = &validation,
	.operations = operations,
};
