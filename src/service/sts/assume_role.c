/* SPDX-License-Identifier: Apache-2.0
 *
 * AssumeRole.
 */
#include "aws/arn.h"
#include "service/sts/internal.h"

const struct bind sts_assume_role_fields[] = {
	STS_FIELD_ROLE,
	STS_FIELD_SESSION_NAME,
	STS_FIELD_POLICY,
	STS_FIELD_POLICY_ARNS,
	BIND_STR(struct sts_input, external_id, "ExternalId", .min = 2, .max = 1224),
	STS_FIELD_DURATION(DURATION_MAX_S),
	STS_FIELD_TAGS,
	BIND_LIST(struct sts_input, transitive_keys, "TransitiveTagKeys", .max = SESSION_TAGS_MAX),
	BIND_STR(struct sts_input, source_identity, "SourceIdentity", .min = 2, .max = 64, .valid = sts_is_session_name,
		 .pattern = "[\\w+=,.@-]*"),
	BIND_REFUSED("SerialNumber"),
	BIND_REFUSED("TokenCode"),
	BIND_REFUSED("ProvidedContexts"),
	BIND_DONE,
};

int sts_check_role_arn(struct call *call)
{
	const struct sts_input *in = call->input;
	struct arn arn;

	if (arn_parse(in->role_arn, &arn) < 0 || !str_eq(arn.service, STR("iam")) || !str_starts(arn.resource, STR("role/")))
		return call_failf(call, &sts_ValidationError, STR_FMT " is invalid", STR_ARG(in->role_arn));
	return 0;
}

size_t sts_assume_role_permissions(struct call *call, const struct permission **list)
{
	const struct sts_input *in = call->input;
	struct permission *p = arena_alloc_array(&call->arena, 3, sizeof(*p));
	size_t count = 0;

	*list = p;
	if (!p)
		return 0;
	p[count++] = (struct permission){ STR("sts:AssumeRole"), in->role_arn };
	if (in->tags && in->tags->count > 0)
		p[count++] = (struct permission){ STR("sts:TagSession"), in->role_arn };
	if (in->source_identity.p)
		p[count++] = (struct permission){ STR("sts:SetSourceIdentity"), in->role_arn };
	return count;
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
	if (rc == 0)
		rc = session_add_tags(s, session_tags_of_list(&call->arena, in->tags), in->transitive_keys, in->source_identity);
	return rc < 0 ? rc : session_start(s);
}
