/* SPDX-License-Identifier: Apache-2.0
 *
 * What the operations that make sessions share.
 */
#ifndef GLEANER_SERVICE_STS_INTERNAL_H
#define GLEANER_SERVICE_STS_INTERNAL_H

#include "service/key_sets.h"
#include "service/sts/sts.h"

#define STS_ERRORS(E, prefix)                                                                                                    \
	E(prefix, AccessDenied, 403, "Access denied.")                                                                           \
	E(prefix, ExpiredTokenException, 400, "Token expired.")                                                                  \
	E(prefix, IDPCommunicationError, 400, "Couldn't connect to your identity provider.")                                     \
	E(prefix, InvalidAuthorizationMessageException, 400, "The message provided was not a valid authorization message.")      \
	E(prefix, InvalidIdentityToken, 400, "The web identity token is not valid.")                                             \
	E(prefix, MalformedPolicyDocument, 400, "Syntax errors in policy.")                                                      \
	E(prefix, PackedPolicyTooLarge, 400, "The session policies and tags are too large.")                                     \
	E(prefix, ValidationError, 400, "The input is invalid.")

STS_ERRORS(SERVICE_ERROR_EXTERN, sts)

/* The service's state. */
struct sts {
	struct key_sets *keys;
};

enum {
	DURATION_MIN_S = 900,
	DURATION_DEFAULT_S = 3600,
	DURATION_MAX_S = 12 * 3600,
	SESSION_POLICY_MAX = 2048, /* characters of all session policies and tags together */
	SESSION_POLICY_ARNS_MAX = 10,
	SESSION_TAGS_MAX = 50,
};

/* The parameters of all operations; each operation's bind table names its own. */
struct sts_input {
	struct str role_arn, session_name, policy, external_id, source_identity, token, name, access_key, message;
	struct opt_i64 duration;
	const struct json *policy_arns, *tags, *transitive_keys;
};

bool sts_is_session_name(struct str text);

#define STS_FIELD_ROLE BIND_STR(struct sts_input, role_arn, "RoleArn", .required = true, .min = 20, .max = 2048)
#define STS_FIELD_SESSION_NAME                                                                                                   \
	BIND_STR(struct sts_input, session_name, "RoleSessionName", .required = true, .min = 2, .max = 64,                       \
		 .valid = sts_is_session_name, .pattern = "[\\w+=,.@-]*")
#define STS_FIELD_POLICY BIND_STR(struct sts_input, policy, "Policy", .min = 1, .max = SESSION_POLICY_MAX)
extern const struct bind sts_policy_arn_shape[];
#define STS_FIELD_POLICY_ARNS BIND_LIST(struct sts_input, policy_arns, "PolicyArns", .fields = sts_policy_arn_shape)
#define STS_FIELD_DURATION(max_s) BIND_I64(struct sts_input, duration, "DurationSeconds", .min = DURATION_MIN_S, .max = max_s)

/* ---- session.c: one session on its way ---- */

struct session {
	struct call *call;
	struct principal principal; /* what the session will be */
	int64_t duration_s;
	int packed_percent;                   /* PackedPolicySize; -1: not told */
	void (*write_rest)(struct session *); /* what the answer has besides the credentials; NULL: nothing */
	/* Of a web identity. */
	struct str subject, audience, provider;
	struct str source_identity;
};

/* For a role: its principal, and the length of the session checked. 0, or negative with the error answered. */
int session_of_role(struct session *s, struct str role_arn, struct str session_name) MUST_CHECK;
/* Policy and PolicyArns of the call become the session's. */
int session_add_policies(struct session *s) MUST_CHECK;
/* A condition key that the session carries from now on. */
void session_add_key(struct session *s, struct str key, const struct json *value);

/* tags.c: the caller's transitive tags and source identity, which a role taken on by a role keeps; then {name: value}, a list of
 * the names that are to be kept on (NULL: none), and the source identity (absent: none). 0, or negative with the error answered.
 */
int session_add_tags(struct session *s, const struct json *tags, const struct json *transitive_keys,
		     struct str source_identity) MUST_CHECK;
/* {name: value} of [{"Key", "Value"}]. */
const struct json *session_tags_of_list(struct arena *a, const struct json *list);
extern const struct bind sts_tag_shape[];
#define STS_FIELD_TAGS BIND_LIST(struct sts_input, tags, "Tags", .max = SESSION_TAGS_MAX, .fields = sts_tag_shape)
/* Makes it durable; the answer is written then. Returns CALL_PENDING, or negative with the error answered. Any thread. */
int session_start(struct session *s) MUST_CHECK;
void session_write_role(struct session *s); /* AssumedRoleUser */

/* ---- operations ---- */

extern const struct bind sts_assume_role_fields[], sts_web_identity_fields[], sts_federation_fields[];

int sts_check_role_arn(struct call *call); /* `prepare` */
int sts_assume_role(struct call *call);
size_t sts_assume_role_permissions(struct call *call, const struct permission **list);
int sts_assume_role_with_web_identity(struct call *call);
int sts_get_federation_token(struct call *call);
size_t sts_federation_permissions(struct call *call, const struct permission **list);

#endif
