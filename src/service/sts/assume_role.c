/* SPDX-License-Identifier: Apache-2.0
 *
 * AssumeRole.
 */
#include "service/sts/internal.h"

const struct bind sts_assume_role_fields[] = {
	STS_FIELD_ROLE,
	STS_FIELD_SESSION_NAME,
	STS_FIELD_POLICY,
	STS_FIELD_POLICY_ARNS,
	BIND_STR(struct sts_input, external_id, "ExternalId", .min = 2, .max = 1224),
	STS_FIELD_DURATION(DURATION_MAX_S),
	BIND_REFUSED("Tags"),
	BIND_REFUSED("TransitiveTagKeys"),
	BIND_REFUSED("SerialNumber"),
	BIND_REFUSED("TokenCode"),
	BIND_REFUSED("SourceIdentity"),
	BIND_REFUSED("ProvidedContexts"),
	BIND_DONE,
};

struct str sts_assume_role_resource(struct call *call)
{
	return ((struct sts_input *)call->input)->role_arn;
}

int sts_assume_role(struct call *call)
{
	const struct sts_input *in = call->input;
	struct session *s = ARENA_NEW(&call->arena, struct session);
	int rc;

	if (call->principal.kind == PRINCIPAL_ROOT && call->principal.access_key.p)
		return call_failf(call, &sts_AccessDenied, "Roles may not be assumed by root accounts.");
	if (!s)
		return call_fault(call, NULL);
	s->call = call;
	s->write_rest = session_write_role;
	rc = session_of_role(s, in->role_arn, in->session_name);
	if (rc == 0)
		rc = session_add_policies(s);
	return rc < 0 ? rc : session_start(s);
}
