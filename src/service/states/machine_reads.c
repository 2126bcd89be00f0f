/* SPDX-License-Identifier: Apache-2.0
 *
 * Describing and listing state machines; checking a definition.
 */
#include "service/states/internal.h"

static const char *const types[] = { "STANDARD", "EXPRESS", NULL };
static const char *const severities[] = { "ERROR", "WARNING", NULL };
static const char *const included[] = { "ALL_DATA", "METADATA_ONLY", NULL };

const struct bind states_describe_state_machine_fields[] = {
	BIND_STR(struct execution_input, arn, "stateMachineArn", .required = true, .min = 1, .max = 256),
	BIND_STR(struct execution_input, include, "includedData", .values = included),
	BIND_DONE,
};
const struct bind states_list_state_machines_fields[] = {
	BIND_I64(struct page_input, max, "maxResults", .min = 0, .max = 1000),
	BIND_STR(struct page_input, token, "nextToken", .min = 1, .max = 1024),
	BIND_DONE,
};
const struct bind states_validate_definition_fields[] = {
	BIND_STR(struct validate_input, definition, "definition", .required = true, .min = 1, .max = 1048576),
	BIND_STR(struct validate_input, type, "type", .values = types),
	BIND_STR(struct validate_input, severity, "severity", .values = severities),
	BIND_I64(struct validate_input, max, "maxResults", .min = 0, .max = 100),
	BIND_DONE,
};

static void write_configuration(struct writer *w, const struct json *revision)
{
	write_json(w, "loggingConfiguration", json_get_c(revision, "logging"));
	write_json(w, "tracingConfiguration", json_get_c(revision, "tracing"));
	write_object(w, "encryptionConfiguration");
	write_c(w, "type", "AWS_OWNED_KEY");
	write_end(w);
}

static int load(struct call *call, struct str id, const struct json **out)
{
	struct key key;
	struct error err = { 0 };
	record_key(&key, STR("revision"), id);
	return record_get(call->txn, SPACE_STATES, &key, &call->arena, out, &err) < 0 ? call_fault(call, &err) : 0;
}

int states_describe_state_machine(struct call *call)
{
	const struct execution_input *in = call->input;
	struct machine_record m;
	const struct json *r;
	if (states_machine_find_qualified(call, in->arn, &m) < 0 || load(call, m.revision, &r) < 0)
		return ERR_SERVICE;
	struct writer *w = &call->out;
	write_str(w, "stateMachineArn", in->arn);
	write_str(w, "name", m.name);
	write_c(w, "status", "ACTIVE");
	write_str(w, "definition", str_eq_c(in->include, "METADATA_ONLY") ? STR("{}") : json_get_text(r, STR("definition")));
	write_str(w, "roleArn", json_get_text(r, STR("roleArn")));
	write_str(w, "type", json_get_text(r, STR("type")));
	write_time(w, "creationDate", m.created_ms);
	write_configuration(w, r);
	if (m.version)
		write_str(w, "description", json_get_text(m.version, STR("description")));
	/* The first revision has no id of its own until the machine is updated. */
	if (!str_eq(m.revision, m.id))
		write_str(w, "revisionId", m.revision);
	return 0;
}

static int list_one(void *argument, const struct json *machine)
{
	struct writer *w = argument;
	int64_t created = 0;
	if (json_to_i64(json_get_c(machine, "created"), &created) < 0)
		return ERR_CORRUPT;
	write_object(w, NULL);
	write_str(w, "stateMachineArn", json_get_text(machine, STR("arn")));
	write_str(w, "name", json_get_text(machine, STR("name")));
	write_str(w, "type", json_get_text(machine, STR("type")));
	write_time(w, "creationDate", created);
	write_end(w);
	return 1;
}

int states_list_state_machines(struct call *call)
{
	const struct page_input *in = call->input;
	struct record_window window = { .limit = in->max.set && in->max.value > 0 ? in->max.value : 100, .token = in->token };
	struct str next = STR_NULL;
	struct error err = { 0 };
	struct key key;
	record_key(&key, STR("machine"));
	write_list(&call->out, "stateMachines", NULL);
	int rc = record_page(call->txn, SPACE_STATES, &key, &window, &call->arena, list_one, &call->out, &next, &err);
	if (rc == ERR_INVALID)
		return call_failf(call, &states_InvalidToken, "Invalid Token: 'Invalid token'");
	if (rc < 0)
		return call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "nextToken", next);
	return 0;
}

static void write_diagnostic(struct writer *w, const struct diagnostic *d)
{
	write_object(w, NULL);
	write_c(w, "severity", d->warning ? "WARNING" : "ERROR");
	write_c(w, "code", d->code);
	write_str(w, "message", d->message);
	write_str(w, "location", d->location);
	write_end(w);
}

int states_validate_definition(struct call *call)
{
	const struct validate_input *in = call->input;
	struct diagnostics *d = ARENA_NEW(&call->arena, struct diagnostics);
	if (!d)
		return call_fault(call, NULL);
	diagnostics_init(d, &call->arena);
	machine_free(machine_compile(in->definition, str_eq_c(in->type, "EXPRESS"), d));
	size_t max = in->max.set && in->max.value > 0 ? (size_t)in->max.value : DIAGNOSTICS_MAX;
	write_c(&call->out, "result", d->errors ? "FAIL" : "OK");
	write_list(&call->out, "diagnostics", NULL);
	for (size_t i = 0; i < d->count && i < max; i++)
		write_diagnostic(&call->out, &d->items[i]);
	write_end(&call->out);
	write_bool(&call->out, "truncated", d->truncated || d->count > max);
	return 0;
}
