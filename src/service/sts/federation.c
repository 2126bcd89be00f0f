/* SPDX-License-Identifier: Apache-2.0
 *
 * GetFederationToken: a session of a user, limited by the policies passed. Without any it may do only what resource policies say.
 */
#include "service/sts/internal.h"

enum { FEDERATION_DEFAULT_S = 12 * 3600, FEDERATION_MAX_S = 36 * 3600 };

const struct bind sts_federation_fields[] = {
	BIND_STR(struct sts_input, name, "Name", .required = true, .min = 2, .max = 32, .valid = sts_is_session_name,
		 .pattern = "[\\w+=,.@-]*"),
	STS_FIELD_POLICY,
	STS_FIELD_POLICY_ARNS,
	STS_FIELD_TAGS,
	STS_FIELD_DURATION(FEDERATION_MAX_S),
	BIND_DONE,
};

static struct str federated_arn(struct call *call)
{
	const struct sts_input *in = call->input;

	return arena_printf(&call->arena, "arn:aws:sts::" STR_FMT ":federated-user/" STR_FMT, STR_ARG(host_account(call->host)),
			    STR_ARG(in->name));
}

size_t sts_federation_permissions(struct call *call, const struct permission **list)
{
	const struct sts_input *in = call->input;
	struct permission *p = arena_alloc_array(&call->arena, 2, sizeof(*p));

	*list = p;
	if (!p)
		return 0;
	p[0] = (struct permission){ STR("sts:GetFederationToken"), federated_arn(call) };
	p[1] = (struct permission){ STR("sts:TagSession"), federated_arn(call) };
	return in->tags && in->tags->count > 0 ? 2 : 1;
}

static void write_user(struct session *s)
{
	struct writer *w = &s->call->out;

	write_object(w, "FederatedUser");
	write_str(w, "FederatedUserId", s->principal.user_id);
	write_str(w, "Arn", s->principal.arn);
	write_end(w);
}

/* The user's own tags go on with it, below those of the session. */
int sts_get_federation_token(struct call *call)
{
	const struct sts_input *in = call->input;
	struct session *s = ARENA_NEW(&call->arena, struct session);

	if ((call->principal.kind != PRINCIPAL_ROOT && call->principal.kind != PRINCIPAL_USER) ||
	    str_starts(call->principal.access_key, STR("ASIA")))
		return call_failf(call, &sts_AccessDenied, "Cannot call GetFederationToken with session credentials");
	if (!s)
		return call_fault(call, NULL);
	*s = (struct session){ .call = call,
			       .write_rest = write_user,
			       .duration_s = in->duration.set ? in->duration.value : FEDERATION_DEFAULT_S };
	s->principal = (struct principal){ .kind = PRINCIPAL_FEDERATED_USER,
					   .arn = federated_arn(call),
					   .role_arn = call->principal.arn,
					   .user_id = arena_printf(&call->arena, STR_FMT ":" STR_FMT,
								   STR_ARG(host_account(call->host)), STR_ARG(in->name)) };
	int rc = session_add_policies(s);
	if (rc == 0)
		rc = session_add_tags(s, session_tags_of_list(&call->arena, in->tags), NULL, STR_NULL);
	return rc < 0 ? rc : session_start(s);
}
