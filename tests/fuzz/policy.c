/* SPDX-License-Identifier: Apache-2.0
 *
 * Hostile policy documents. The input is a whole explain-access request, or else one document, taken as each kind and evaluated
 * against a request whose every condition key has two odd values.
 */
#include "base/limits.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool find_odd(void *argument, struct str key, struct policy_values *out)
{
	static const struct str odd[] = { { "203.0.113.7", 11 }, { "*\001?${a:b}", 9 } };

	(void)argument;
	*out = (struct policy_values){ odd, key.n % 3 };
	return key.n % 5 != 0;
}

static void try_document(struct arena *a, struct str text, enum policy_kind kind)
{
	struct policy_request r = {
		.arena = a, .action = STR("s3:GetObject"), .resource = STR("arn:aws:s3:::b/k"), .find = find_odd
	};
	const struct policy *p;
	struct policy_decision d;

	if (policy_parse(a, text, kind, &p, NULL) < 0)
		return;
	policy_principal_of(a, STR("arn:aws:sts::111111111111:assumed-role/worker/run"), &r.principal);
	if (kind == POLICY_IDENTITY) {
		r.identity = &p;
		r.identity_count = 1;
		r.boundary = p;
	} else {
		r.resource_policy = p;
	}
	policy_evaluate(&r, &d);
	(void)policy_decision_reason(a, &d, r.action);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text = n > 0 ? str_of((const char *)bytes, n) : STR("");
	const struct json *request, *result;
	struct arena a;

	arena_init(&a, MIB(64));
	if (json_parse(&a, text, &request, NULL) == 0)
		(void)(policy_explain(&a, request, &result, NULL) == 0);
	try_document(&a, text, POLICY_IDENTITY);
	try_document(&a, text, POLICY_RESOURCE);
	try_document(&a, text, POLICY_TRUST);
	arena_release(&a);
	return 0;
}
