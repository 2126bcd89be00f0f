/* SPDX-License-Identifier: Apache-2.0
 *
 * The service: its operations, its life, and the checks its operations share.
 */
#include "service/iam/iam.h"

#include "policy/policy.h"
#include "service/iam/grants.h"
#include "service/iam/managed.h"
#include "service/iam/operations.h"
#include "service/tags.h"

IAM_ERRORS(SERVICE_ERROR_ROW, iam)

/* ---- rules ---- */

bool is_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
		if (!word && !memchr("+=,.@-", c, 6))
			return false;
	}
	return true;
}

bool is_path(struct str text)
{
	if (text.n == 0 || text.p[0] != '/' || text.p[text.n - 1] != '/')
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < 0x21 || text.p[i] > 0x7E)
			return false;
	}
	return true;
}

struct tag_shape {
	struct str text;
};

const struct bind tag_shape[] = {
	BIND_STR(struct tag_shape, text, "Key", .required = true, .min = 1, .max = TAG_KEY_MAX),
	BIND_STR(struct tag_shape, text, "Value", .required = true, .min = 0, .max = TAG_VALUE_MAX),
	BIND_DONE,
};

int check_document(struct call *call, struct str document, enum document_use use, size_t size_max, const char *owner)
{
	struct error err = { 0 };
	const struct policy *p;
	int rc = policy_parse(&call->arena, document, use == DOCUMENT_TRUST ? POLICY_TRUST : POLICY_IDENTITY, &p, &err);

	if (rc == ERR_INVALID)
		return call_failf(call, &iam_MalformedPolicyDocument, "%s", err.message);
	if (rc < 0)
		return call_fault(call, &err);
	if (document_size(document) > size_max)
		return call_failf(call, &iam_LimitExceeded, "Cannot exceed quota for %s: %zu", owner, size_max);
	return 0;
}

int check_policy_arn(struct call *call, struct str arn)
{
	const struct json *policy = NULL;
	int rc = 0;

	if (managed_is_arn(arn))
		policy = managed_find(&call->arena, arn);
	else
		rc = arn_find(call, "policy", arn, &policy);
	if (rc < 0 || policy)
		return rc;
	return call_failf(call, &iam_NoSuchEntity, "Policy " STR_FMT " does not exist or is not attachable.", STR_ARG(arn));
}

int check_tags(struct call *call, const struct json *tags)
{
	if (!tags)
		return call_fault(call, NULL);
	if (tags->count > TAGS_MAX)
		return call_failf(call, &iam_LimitExceeded, "The number of tags has reached the maximum limit of %d.", TAGS_MAX);
	return 0;
}

/* ---- resources ---- */

/* With the entity's real path when it exists: its ARN has it. */
static struct str resource_entity(struct call *call, const struct entity_kind *kind)
{
	const struct iam_input *in = call->input;
	const struct json *entity = NULL;
	struct store_txn *txn;

	if (!in->name.p)
		return STR_NULL;
	if (store_read_begin(host_store(call->host), &txn, NULL) == 0) {
		if (model_read_entity(call->state, txn, &call->arena, kind, in->name, &entity) < 0)
			entity = NULL;
		store_read_end(txn);
	}
	if (entity)
		return json_get_text(entity, STR("Arn"));
	return entity_arn(call->host, &call->arena, kind->noun, in->path.p ? in->path : STR("/"), in->name);
}

struct str resource_role(struct call *call)
{
	return resource_entity(call, &role_kind);
}

struct str resource_user(struct call *call)
{
	const struct iam_input *in = call->input;

	return !in->name.p && call->principal.kind == PRINCIPAL_USER ? call->principal.arn : resource_entity(call, &user_kind);
}

struct str resource_policy_arn(struct call *call)
{
	const struct iam_input *in = call->input;

	if (in->policy_arn.p)
		return in->policy_arn;
	return entity_arn(call->host, &call->arena, "policy", in->path.p ? in->path : STR("/"), in->policy_name);
}

struct str resource_provider(struct call *call)
{
	const struct iam_input *in = call->input;

	if (in->arn.p)
		return in->arn;
	return entity_arn(call->host, &call->arena, "oidc-provider", STR("/"),
			  str_starts(in->url, STR("https://")) ? str_from(in->url, sizeof("https://") - 1) : in->url);
}

/* ---- life ---- */

static void close_service(void *state)
{
	struct iam *iam = state;

	grants_free(iam->grants);
	free(iam);
}

static int open_service(struct host *host, void **state, struct error *err)
{
	struct iam *iam = calloc(1, sizeof(*iam));

	if (!iam)
		return error_set(err, ERR_NO_MEMORY, "iam: out of memory");
	iam->host = host;
	int rc = grants_new(&iam->grants, err);
	if (rc < 0) {
		free(iam);
		return rc;
	}
	*state = iam;
	return 0;
}

#include "service/iam/operations.inc"
