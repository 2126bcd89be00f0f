/* SPDX-License-Identifier: Apache-2.0 */
#include "service/dynamodb/errors.h"

DYNAMODB_ERRORS(SERVICE_ERROR_ROW, dynamodb)

int dynamodb_fail(struct call *call, const struct error *err)
{
	if (err->code == ERR_INVALID && str_eq(str_c(err->name), STR("SerializationException")))
		return call_failf(call, &dynamodb_SerializationException, "%s", err->message);
	if (err->code == ERR_INVALID)
		return call_failf(call, &dynamodb_ValidationException, "%s", err->message);
	return call_fault(call, err);
}

int dynamodb_invalid(struct call *call, const char *format, ...)
{
	struct error err = { 0 };
	va_list args;

	va_start(args, format);
	error_setv(&err, ERR_INVALID, format, args);
	va_end(args);
	return dynamodb_fail(call, &err);
}

static int refuse_type(struct call *call, const struct bind_fault *fault)
{
	static const char *const wanted[] = {
		[BIND_KIND_STR] = "String", [BIND_KIND_I64] = "Integer", [BIND_KIND_BOOL] = "Boolean",
		[BIND_KIND_LIST] = "List",  [BIND_KIND_MAP] = "Map",
	};
	size_t kind = (size_t)fault->row->kind;
	const char *name = kind < sizeof(wanted) / sizeof(wanted[0]) && wanted[kind] ? wanted[kind] : "Structure";

	return call_failf(call, &dynamodb_SerializationException, "The value of %s cannot be converted to %s", fault->row->name,
			  name);
}

/* Parameters of the API before expressions came, and those that expressions brought. */
static const char *const legacy[] = { "AttributesToGet", "AttributeUpdates", "ConditionalOperator", "Expected",
				      "KeyConditions",   "QueryFilter",      "ScanFilter",          NULL };
static const char *const modern[] = { "ConditionExpression",  "FilterExpression", "KeyConditionExpression",
				      "ProjectionExpression", "UpdateExpression", NULL };

static struct str given(struct call *call, const char *const *names)
{
	struct str text = STR("");

	for (; *names; names++) {
		if (json_get(call->parameters, str_c(*names)))
			text = arena_printf(&call->arena, STR_FMT "%s%s", STR_ARG(text), text.n ? ", " : "", *names);
	}
	return text;
}

static int refuse_parameter(struct call *call, const char *name)
{
	struct str old = given(call, legacy), new = given(call, modern);

	if (old.n > 0 && new.n > 0)
		return dynamodb_invalid(
			call,
			"Can not use both expression and non-expression parameters in the same request: Non-expression "
			"parameters: {" STR_FMT "} Expression parameters: {" STR_FMT "}",
			STR_ARG(old), STR_ARG(new));
	return dynamodb_invalid(
		call, "One or more parameter values were invalid: the parameter %s is not supported by this server", name);
}

/* CreateTable has a sentence of its own for a missing name; the rest is the common form. */
int dynamodb_refuse(struct call *call, const struct bind_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		const struct bind_fault *fault = &faults->faults[i];
		if (fault->kind == BIND_FAULT_TYPE)
			return refuse_type(call, fault);
		if (fault->kind == BIND_FAULT_REFUSED)
			return refuse_parameter(call, fault->row->name);
		if (fault->kind == BIND_FAULT_MISSING && str_eq(fault->path, STR("tableName")) &&
		    str_eq(str_c(call->operation->name), STR("CreateTable")))
			return dynamodb_invalid(call, "The parameter 'TableName' is required but was not present in the request");
	}
	struct str text = bind_faults_text(&call->arena, faults);
	return dynamodb_invalid(call, STR_FMT, STR_ARG(text));
}
