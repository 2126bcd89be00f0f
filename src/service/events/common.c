/* SPDX-License-Identifier: Apache-2.0 */
#include "service/events/internal.h"

#include "aws/arn.h"

EVENTS_ERRORS(SERVICE_ERROR_ROW, events)

struct str events_bus_name(struct str name_or_arn)
{
	struct arn arn;

	if (name_or_arn.n == 0)
		return STR("default");
	if (arn_parse(name_or_arn, &arn) == 0)
		return arn_resource_id(arn.resource);
	return name_or_arn;
}

struct str events_bus_arn(struct call *call, struct str bus)
{
	return arn_format(&call->arena, "events", host_region(call->host), host_account(call->host), "event-bus/" STR_FMT,
			  STR_ARG(bus));
}

/* Rules of the default bus leave its name out. */
struct str events_rule_arn(struct call *call, struct str bus, struct str rule)
{
	if (str_eq_c(bus, "default"))
		return arn_format(&call->arena, "events", host_region(call->host), host_account(call->host), "rule/" STR_FMT,
				  STR_ARG(rule));
	return arn_format(&call->arena, "events", host_region(call->host), host_account(call->host), "rule/" STR_FMT "/" STR_FMT,
			  STR_ARG(bus), STR_ARG(rule));
}

struct str events_rule_resource(struct call *call)
{
	const struct rule_input *in = call->input; /* as targets_input begins */

	return events_rule_arn(call, events_bus_name(in->bus), in->name);
}

struct str events_bus_resource(struct call *call)
{
	const struct bus_input *in = call->input;

	return events_bus_arn(call, events_bus_name(in->bus));
}

int events_need_bus(struct call *call, struct str bus)
{
	struct key key;

	record_key(&key, STR("bus"), bus);
	if (str_eq_c(bus, "default") || store_has(call->txn, SPACE_EVENTS, key_str(&key)))
		return 0;
	return call_failf(call, &events_ResourceNotFoundException, "Event bus " STR_FMT " does not exist.", STR_ARG(bus));
}

int events_need_rule(struct call *call, struct str bus, struct str rule, const struct json **out)
{
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("rule"), bus, rule);
	int rc = record_get(call->txn, SPACE_EVENTS, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &events_ResourceNotFoundException,
				  "Rule " STR_FMT " does not exist on EventBus " STR_FMT ".", STR_ARG(rule), STR_ARG(bus));
	return rc < 0 ? call_fault(call, &err) : 0;
}

bool events_valid_name(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
		      c == '_'))
			return false;
	}
	return text.n > 0;
}

int events_page_fault(struct call *call, const struct error *err)
{
	if (err->code == ERR_INVALID)
		return call_failf(call, &events_ValidationException, "Parameter NextToken is not valid.");
	return call_fault(call, err);
}
