/* SPDX-License-Identifier: Apache-2.0
 *
 * State machines by name and ARN, and what more than one operation asks about them.
 */
#include "aws/arn.h"
#include "service/states/internal.h"

STATES_ERRORS(SERVICE_ERROR_ROW, states)

struct str states_arn(struct call *call, const char *kind, struct str name)
{
	return arn_format(&call->arena, "states", host_region(call->host), host_account(call->host), "%s:" STR_FMT, kind,
			  STR_ARG(name));
}

/* "White space, brackets, wildcards, special characters and control characters" are refused. */
bool states_name_valid(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if ((unsigned char)name.p[i] <= ' ' || name.p[i] == 127 || strchr("<>{}[]?*\"#%\\^|~`$&,;:/", name.p[i]))
			return false;
	return name.n > 0 && name.n <= 80;
}

/* "…:stateMachine:name" or "…:stateMachine:name:qualifier" */
static int split_arn(struct call *call, struct str text, struct str *name, struct str *qualifier)
{
	struct arn arn;
	if (arn_parse(text, &arn) < 0 || !str_eq_c(arn.service, "states"))
		return call_failf(call, &states_InvalidArn, "Invalid Arn: 'Invalid ARN prefix: " STR_FMT "'", STR_ARG(text));
	if (!str_starts(arn.resource, STR("stateMachine:")))
		return call_failf(call, &states_InvalidArn, "Invalid Arn: 'Resource type not valid in this context: " STR_FMT "'",
				  STR_ARG(str_sub(arn.resource, 0, (size_t)str_find_char(arn.resource, ':', 0))));
	*name = arn_resource_id(arn.resource);
	ptrdiff_t colon = str_find_char(*name, ':', 0);
	*qualifier = colon < 0 ? STR_NULL : str_from(*name, (size_t)colon + 1);
	if (colon >= 0)
		*name = str_sub(*name, 0, (size_t)colon);
	return 0;
}

int machine_name(struct call *call, struct str text, struct str *name)
{
	struct str qualifier;
	if (split_arn(call, text, name, &qualifier) < 0)
		return ERR_SERVICE;
	if (qualifier.p)
		return call_failf(call, &states_InvalidArn,
				  "Invalid Arn: 'A state machine is expected, not its version or alias: " STR_FMT "'",
				  STR_ARG(text));
	return 0;
}

int machine_find(struct call *call, struct str arn, struct machine_record *out)
{
	struct str name;
	struct key key;
	struct error err = { 0 };
	*out = (struct machine_record){ 0 };
	if (machine_name(call, arn, &name) < 0)
		return ERR_SERVICE;
	record_key(&key, STR("machine"), name);
	int rc = record_get(call->txn, SPACE_STATES, &key, &call->arena, &out->document, &err);
	out->arn = json_get_text(out->document, STR("arn"));
	if (rc == ERR_NOT_FOUND || (rc == 0 && !str_eq(out->arn, arn)))
		return call_failf(call, &states_StateMachineDoesNotExist, "State Machine Does Not Exist: '" STR_FMT "'",
				  STR_ARG(arn));
	if (rc < 0)
		return call_fault(call, &err);
	out->name = name;
	out->id = json_get_text(out->document, STR("id"));
	out->revision = json_get_text(out->document, STR("revision"));
	out->express = str_eq_c(json_get_text(out->document, STR("type")), "EXPRESS");
	return json_to_i64(json_get_c(out->document, "created"), &out->created_ms) < 0 ? call_fault(call, NULL) : 0;
}

int states_machine_find_qualified(struct call *call, struct str arn, struct machine_record *out)
{
	struct str name, qualifier;
	if (split_arn(call, arn, &name, &qualifier) < 0)
		return ERR_SERVICE;
	if (!qualifier.p)
		return machine_find(call, arn, out);
	if (machine_find(call, str_sub(arn, 0, arn.n - qualifier.n - 1), out) < 0)
		return ERR_SERVICE;
	out->version = states_version_choose(out->document, qualifier);
	if (!out->version)
		return call_failf(call, &states_StateMachineDoesNotExist, "State Machine Does Not Exist: '" STR_FMT "'",
				  STR_ARG(arn));
	out->revision = json_get_text(out->version, STR("revision"));
	return 0;
}

/* Every input struct of an operation on one resource begins with its ARN. */
struct str states_machine_resource(struct call *call)
{
	return *(const struct str *)call->input;
}

struct str states_execution_resource(struct call *call)
{
	return *(const struct str *)call->input;
}
