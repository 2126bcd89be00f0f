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

	if (call->principal.kind != PRINCIPAL_ROOT && call->principal.kind != PRINCIPAL_USER)
		return call_failf(call, &sts_AccessDenied, "Cannot call GetSessionToken with session credentials");
	if (!s)
		return call_fault(call, NULL);
	*s = (struct session){ .call = call,
			       .principal = call->principal,
			       .duration_s = in->duration.set ? in->duration.value : SESSION_TOKEN_DEFAULT_S,
			       .packed_percent = -1 };
	return session_start(s);
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
	{ ROW("AssumeRole", sts_assume_role, sts_assume_role_fields), .resource = sts_assume_role_resource },
	{ ROW("AssumeRoleWithWebIdentity", sts_assume_role_with_web_identity, sts_web_identity_fields), .anonymous = true },
	{ .name = "GetCallerIdentity", .kind = OPERATION_ASYNC, .run = get_caller_identity },
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
