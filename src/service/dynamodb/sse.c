/* SPDX-License-Identifier: Apache-2.0 */
#include "service/dynamodb/sse.h"

#include "service/dynamodb/errors.h"

struct waiting {
	struct call *call;
	int (*next)(struct call *call, struct str key_arn);
};

static int take_answer(struct call *call, const struct call *answer, struct str *arn)
{
	const struct json *json;

	if (answer->error.code != 0)
		return dynamodb_invalid(call, "One or more parameter values were invalid: KMS validation error: %s",
					answer->error.message);
	struct str text = arena_str(&call->arena, call_reply_text(answer));
	if (json_parse(&call->arena, text, &json, NULL) == 0)
		*arn = json_get_text(json_get_c(json, "KeyMetadata"), STR("Arn"));
	return 0;
}

static void answered(struct call *answer, void *argument)
{
	struct waiting w = *(struct waiting *)argument;
	struct str arn = STR_NULL;

	free(argument);
	int rc = take_answer(w.call, answer, &arn);
	if (rc == 0)
		rc = w.next(w.call, arn);
	if (rc != CALL_PENDING)
		call_complete(w.call, rc);
}

int sse_find_key(struct call *call, const struct json *specification, int (*next)(struct call *call, struct str key_arn))
{
	struct str id = json_get_text(specification, STR("KMSMasterKeyId"));
	struct host_request request = { .service = "kms", .operation = "DescribeKey" };
	struct json *parameters = json_new_object(&call->arena);

	if (!json_true(json_get_c(specification, "Enabled")))
		return next(call, STR_NULL);
	json_put(&call->arena, parameters, STR("KeyId"), json_new_string(&call->arena, id.p ? id : STR("alias/aws/dynamodb")));
	request.parameters = parameters;
	host_root_principal(call->host, &request.principal);
	struct waiting *w = malloc(sizeof(*w));
	if (!w || arena_failed(&call->arena)) {
		free(w);
		return call_fault(call, NULL);
	}
	*w = (struct waiting){ call, next };
	int rc = host_call(call->host, &request, answered, w);
	if (rc == 0)
		return CALL_PENDING;
	free(w);
	return rc == ERR_UNAVAILABLE ? next(call, STR_NULL) : call_fault(call, NULL);
}
