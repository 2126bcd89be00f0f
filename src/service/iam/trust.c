/* SPDX-License-Identifier: Apache-2.0
 *
 * Trust asked outside the caller's own leave: may a service, or the holder of a web identity token, take on a role?
 */
#include "base/log.h"
#include "service/iam/context.h"
#include "service/iam/iam.h"

static int ask_trust(struct iam *iam, struct str role_arn, struct policy_request *r)
{
	struct policy_decision decision;
	struct grant *role = grants_get(iam, role_arn);
	int rc = !role ? ERR_UNAVAILABLE : !role->exists ? ERR_NOT_FOUND : 0;

	if (rc == 0) {
		r->resource = role_arn;
		r->resource_policy = role->trust;
		policy_evaluate(r, &decision);
		rc = decision.effect == POLICY_ALLOWED ? 0 : ERR_DENIED;
		if (rc < 0)
			log_info("iam",
				 "access denied principal=" STR_FMT " action=" STR_FMT " resource=" STR_FMT
				 " decision=%s policy=trust",
				 STR_ARG(r->principal.arn), STR_ARG(r->action), STR_ARG(role_arn),
				 policy_effect_name(decision.effect));
	}
	grant_unref(role);
	return rc;
}

/* `argument` is the ARN of the resource that a service acts for. */
static bool find_source(void *argument, struct str key, struct policy_values *out)
{
	const struct str *source_arn = argument;

	if (source_arn->n == 0 || !str_eq_nocase(key, STR("aws:SourceArn")))
		return false;
	*out = (struct policy_values){ source_arn, 1 };
	return true;
}

int iam_may_assume(void *iam_state, struct str role_arn, struct str service_principal, struct str source_arn)
{
	struct arena a;
	struct policy_request r = { .arena = &a,
				    .action = STR("sts:AssumeRole"),
				    .find = find_source,
				    .argument = &source_arn,
				    .principal = { .kind = POLICY_SERVICE, .arn = service_principal } };

	arena_init(&a, 65536);
	int rc = ask_trust(iam_state, role_arn, &r);
	arena_release(&a);
	return rc;
}

int iam_find_provider(void *iam_state, struct arena *a, struct str issuer, struct host_web_identity *out)
{
	struct iam *iam = iam_state;
	const struct json *provider = NULL;
	struct store_txn *txn;

	if (!str_starts(issuer, STR("https://")))
		return ERR_NOT_FOUND;
	struct str url = str_from(issuer, sizeof("https://") - 1);
	struct str arn = entity_arn(iam->host, a, "oidc-provider", STR("/"), url);
	int rc = store_read_begin(host_store(iam->host), &txn, NULL);
	if (rc < 0)
		return rc;
	rc = model_read_arn(iam, txn, a, "oidc", arn, &provider);
	store_read_end(txn);
	if (rc < 0 || !provider)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	*out = (struct host_web_identity){ .provider_arn = arn, .url = url, .client_ids = json_get_c(provider, "ClientIDList") };
	return 0;
}

int iam_may_assume_by_claims(void *iam_state, struct call *call, const struct host_web_identity *who, struct str action,
			     struct str role_arn)
{
	struct context context = { .call = call,
				   .web = who,
				   .principal = { .kind = POLICY_FEDERATED, .arn = who->provider_arn } };
	struct policy_request r = { .arena = &call->arena,
				    .action = action,
				    .find = context_find,
				    .argument = &context,
				    .principal = context.principal };

	return ask_trust(iam_state, role_arn, &r);
}

struct str iam_role_id(void *iam_state, struct arena *a, struct str role_arn, struct str session_name)
{
	struct grant *role = grants_get(iam_state, role_arn);
	struct str id = STR_NULL;

	if (role && role->exists)
		id = arena_printf(a, STR_FMT ":" STR_FMT, STR_ARG(role->id), STR_ARG(session_name));
	grant_unref(role);
	return id;
}

int64_t iam_role_session_max(void *iam_state, struct str role_arn)
{
	struct grant *role = grants_get(iam_state, role_arn);
	int64_t seconds = role && role->session_max_s > 0 ? role->session_max_s : ROLE_SESSION_DEFAULT_S;

	grant_unref(role);
	return seconds;
}

int iam_policy_document(void *iam_state, struct arena *a, struct str policy_arn, struct str *out)
{
	struct iam *iam = iam_state;
	struct store_txn *txn;
	int rc = store_read_begin(host_store(iam->host), &txn, NULL);

	if (rc < 0)
		return rc;
	rc = model_read_policy(iam, txn, a, policy_arn, out);
	store_read_end(txn);
	return rc < 0 || out->p ? rc : ERR_NOT_FOUND;
}
