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
		[BIND_KIND_STR] = "String", [BIND_KIND_I64] = "Integer", [BIND_KIND_BOOL] = "Boolean", [BIND_KIND_LIST] = "List",
		[BIND_KIND_MAP] = "Map",
	};
	size_t kind = (size_t)fault->row->kind;
	const char *name = kind < sizeof(wanted) / sizeof(wanted[0]) && wanted[kind] ? wanted[kind] : "Structure";

	return call_failf(call, &dynamodb_SerializationException, "The value of %s cannot be converted to %s", fault->row->name, name);
}

/* A missing TableName has its own sentence since requests may name tables in several ways; the rest is the common form. */
int dynamodb_refuse(struct call *call, const struct bind_faults *faults)
{
	for (size_t i = 0; i < faults->count; i++) {
		const struct bind_fault *fault = &faults->faults[i];
		if (fault->kind == BIND_FAULT_TYPE)
			return refuse_type(call, fault);
		if (fault->kind == BIND_FAULT_REFUSED)
			return dynamodb_invalid(call, "One or more parameter values were invalid: the parameter %s is not supported by this server",
						fault->row->name);
	}
	struct str text = bind_faults_text(&call->arena, faults);
	return dynamodb_invalid(call, STR_FMT, STR_ARG(text));
}
