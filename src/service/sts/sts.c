/* SPDX-License-Identifier: Apache-2.0
 *
 * The service: its operations, its life, and those operations that make no role's session.
 */
#include "service/sts/internal.h"

STS_ERRORS(SERVICE_ERROR_ROW, sts)

enum { SESSION_TOKEN_DEFAULT_S = 12 * 3600, SESSION_TOKEN_MAX_S = 36 * 3600 };

static int get_caller_identity(struct call *call)
{
	struct principal *p = &call->principal;

	write_str(&call->out, "UserId", p->user_id);
	write_str(&call->out, "Account", host_account(call->host));
	write_str(&call->out, "Arn", p->arn);
	return 0;
}

static const struct bind session_token_fields[] = {
	STS_FIELD_DURATION(SESSION_TOKEN_MAX_S),
	BIND_REFUSED("SerialNumber"),
	BIND_REFUSED("TokenCode"),
	BIND_DONE,
};

static int get_session_token(struct call *call)
{
	const struct sts_input *in = call->input;
	struct session *s = ARENA_NEW(&call->arena, struct session);

	if ((call->principal.kind != PRINCIPAL_ROOT && call->principal.kind != PRINCIPAL_USER) ||
	    str_starts(call->principal.access_key, STR("ASIA")))
		return call_failf(call, &sts_AccessDenied, "Cannot call GetSessionToken with session credentials");
	if (!s)
		return call_fault(call, NULL);
	*s = (struct session){ .call = call,
			       .principal = call->principal,
			       .duration_s = in->duration.set ? in->duration.value : SESSION_TOKEN_DEFAULT_S,
			       .packed_percent = -1 };
	return session_start(s);
}

static bool is_key_id(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if ((text.p[i] < 'A' || text.p[i] > 'Z') && (text.p[i] < '0' || text.p[i] > '9'))
			return false;
	}
	return text.n == 20 && (str_starts(text, STR("AKIA")) || str_starts(text, STR("ASIA")));
}

static const struct bind key_info_fields[] = {
	BIND_STR(struct sts_input, access_key, "AccessKeyId", .required = true, .min = 16, .max = 128),
	BIND_DONE,
};

/* One server is one account. */
static int get_access_key_info(struct call *call)
{
	const struct sts_input *in = call->input;

	if (!is_key_id(in->access_key))
		return call_failf(call, &sts_ValidationError, "The access key ID is not valid.");
	write_str(&call->out, "Account", host_account(call->host));
	return 0;
}

static const struct bind decode_fields[] = {
	BIND_STR(struct sts_input, message, "EncodedMessage", .required = true, .min = 1, .max = 10240),
	BIND_DONE,
};

/* No service here encodes what it says: denials are told in full, so that no message can be one of ours. */
static int decode_authorization_message(struct call *call)
{
	return call_fail(call, &sts_InvalidAuthorizationMessageException);
}

static int open_service(struct host *host, void **state, struct error *err)
{
	struct sts *sts = calloc(1, sizeof(*sts));

	if (!sts)
		return error_set(err, ERR_NO_MEMORY, "sts: out of memory");
	int rc = key_sets_new(&sts->keys, host, err);
	if (rc < 0) {
		free(sts);
		return rc;
	}
	*state = sts;
	return 0;
}

static void close_service(void *state)
{
	struct sts *sts = state;

	if (sts)
		key_sets_free(sts->keys);
	free(sts);
}

#define ROW(text, function, table)                                                                                               \
	.name = text, .kind = OPERATION_ASYNC, .run = function, .input = table, .input_size = sizeof(struct sts_input)

static const struct operation operations[] = {
	{ ROW("AssumeRole", sts_assume_role, sts_assume_role_fields), .prepare = sts_check_role_arn,
	  .permissions = sts_assume_role_permissions },
	{ ROW("AssumeRoleWithWebIdentity", sts_assume_role_with_web_identity, sts_web_identity_fields),
	  .prepare = sts_check_role_arn, .anonymous = true },
	{ ROW("DecodeAuthorizationMessage", decode_authorization_message, decode_fields) },
	{ ROW("GetAccessKeyInfo", get_access_key_info, key_info_fields) },
	{ .name = "GetCallerIdentity", .kind = OPERATION_ASYNC, .run = get_caller_identity },
	{ ROW("GetFederationToken", sts_get_federation_token, sts_federation_fields), .permissions = sts_federation_permissions },
	{ ROW("GetSessionToken", get_session_token, session_token_fields) },
	{ .name = NULL },
};

const struct service service_sts = {
	.name = "sts",
	.protocol = PROTOCOL_QUERY,
	.api_version = "2011-06-15",
	.xml_namespace = "https://sts.amazonaws.com/doc/2011-06-15/",
	.validation = &sts_ValidationError,
	.operations = operations,
	.open = open_service,
	.close = close_service,
};
