/* SPDX-License-Identifier: Apache-2.0
 *
 * Event buses. The default one always exists and has a record only once it is tagged.
 */
#include "service/events/internal.h"

#include "os/clock.h"

static bool valid_bus_name(struct str text)
{
	struct str rest = text;

	while (str_is_set(rest))
		if (!events_valid_name(str_split(&rest, '/')))
			return false;
	return true;
}

const struct bind events_create_event_bus_fields[] = {
	BIND_STR(struct bus_input, bus, "Name", .required = true, .min = 1, .max = 256, .valid = valid_bus_name,
		 .pattern = "[/\\.\\-_A-Za-z0-9]+"),
	BIND_STR(struct bus_input, description, "Description", .max = 512),
	BIND_LIST(struct bus_input, tags, "Tags"),
	BIND_REFUSED("EventSourceName"),
	BIND_REFUSED("KmsKeyIdentifier"),
	BIND_REFUSED("DeadLetterConfig"),
	BIND_REFUSED("LogConfig"),
	BIND_DONE,
};

static int put_bus(struct call *call, struct str name, const struct json *bus)
{
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("bus"), name);
	return record_put(call->txn, SPACE_EVENTS, &key, &call->arena, bus, &err) < 0 ? call_fault(call, &err) : 0;
}

int events_create_event_bus(struct call *call)
{
	const struct bus_input *in = call->input;
	struct json *bus = json_new_object(&call->arena);
	struct str arn = events_bus_arn(call, in->bus);
	struct key key;

	record_key(&key, STR("bus"), in->bus);
	if (str_eq_c(in->bus, "default") || store_has(call->txn, SPACE_EVENTS, key_str(&key)))
		return call_failf(call, &events_ResourceAlreadyExistsException, "Event bus " STR_FMT " already exists.",
				  STR_ARG(in->bus));
	json_put(&call->arena, bus, STR("Name"), json_new_string(&call->arena, in->bus));
	json_put(&call->arena, bus, STR("Arn"), json_new_string(&call->arena, arn));
	json_put(&call->arena, bus, STR("Created"), json_new_i64(&call->arena, clock_wall_ms()));
	if (str_is_set(in->description))
		json_put(&call->arena, bus, STR("Description"), json_new_string(&call->arena, in->description));
	json_put(&call->arena, bus, STR("Tags"), tags_merge(&call->arena, NULL, in->tags));
	if (put_bus(call, in->bus, bus) < 0)
		return -1;
	write_str(&call->out, "EventBusArn", arn);
	write_str(&call->out, "Description", in->description);
	return 0;
}

const struct bind events_delete_event_bus_fields[] = {
	BIND_STR(struct bus_input, bus, "Name", .required = true, .min = 1, .max = 256),
	BIND_DONE,
};

static int count_one(void *argument, const struct json *document)
{
	(void)document;
	*(int *)argument += 1;
	return 1;
}

/* Deleting what is not there is success; a bus that has rules stays. */
int events_delete_event_bus(struct call *call)
{
	const struct bus_input *in = call->input;
	struct str bus = events_bus_name(in->bus);
	struct record_window first = { .limit = 1 };
	struct error err = { 0 };
	int rules = 0;
	struct key key;

	if (str_eq_c(bus, "default"))
		return call_failf(call, &events_ValidationException, "Cannot delete event bus default.");
	record_key(&key, STR("rule"), bus);
	if (record_page(call->txn, SPACE_EVENTS, &key, &first, &call->arena, count_one, &rules, NULL, &err) < 0)
		return call_fault(call, &err);
	if (rules)
		return call_failf(call, &events_ValidationException,
				  "Cannot delete event bus " STR_FMT ". All rules on the event bus must be deleted first.",
				  STR_ARG(bus));
	record_key(&key, STR("bus"), bus);
	return store_delete(call->txn, SPACE_EVENTS, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
}

const struct bind events_describe_event_bus_fields[] = {
	BIND_STR(struct bus_input, bus, "Name", .min = 1, .max = 1600),
	BIND_DONE,
};

static void write_bus(struct call *call, struct str name, const struct json *bus)
{
	int64_t created = 0;

	if (bus && json_to_i64(json_get_c(bus, "Created"), &created) != 0)
		created = 0;
	write_str(&call->out, "Arn", events_bus_arn(call, name));
	if (created) {
		write_time(&call->out, "CreationTime", created);
		write_time(&call->out, "LastModifiedTime", created);
	}
	write_str(&call->out, "Description", json_get_text(bus, STR("Description")));
	write_str(&call->out, "Name", name);
	write_str(&call->out, "Policy", json_get_text(bus, STR("Policy")));
}

int events_describe_event_bus(struct call *call)
{
	const struct bus_input *in = call->input;
	struct str name = events_bus_name(in->bus);
	const struct json *bus = NULL;
	struct error err = { 0 };
	struct key key;

	if (events_need_bus(call, name) < 0)
		return -1;
	record_key(&key, STR("bus"), name);
	int rc = record_get(call->txn, SPACE_EVENTS, &key, &call->arena, &bus, &err);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return call_fault(call, &err);
	write_bus(call, name, bus);
	return 0;
}

const struct bind events_list_event_buses_fields[] = {
	BIND_STR(struct rules_input, prefix, "NamePrefix", .min = 1, .max = 256),
	BIND_STR(struct rules_input, token, "NextToken", .min = 1, .max = 2048),
	BIND_I64(struct rules_input, limit, "Limit", .min = 1, .max = 100),
	BIND_DONE,
};

static int write_listed_bus(void *argument, const struct json *bus)
{
	struct call *call = argument;
	const struct rules_input *in = call->input;
	struct str name = json_get_text(bus, STR("Name"));

	if (str_eq_c(name, "default") || !str_starts(name, in->prefix))
		return 0;
	write_object(&call->out, NULL);
	write_bus(call, name, bus);
	write_end(&call->out);
	return 1;
}

int events_list_event_buses(struct call *call)
{
	const struct rules_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 100, .token = in->token };
	struct error err = { 0 };
	struct str next;
	struct key key;

	record_key(&key, STR("bus"));
	write_list(&call->out, "EventBuses", "member");
	if (!str_is_set(in->token) && str_starts(STR("default"), in->prefix)) {
		write_object(&call->out, NULL);
		write_bus(call, STR("default"), NULL);
		write_end(&call->out);
	}
	if (record_page(call->txn, SPACE_EVENTS, &key, &window, &call->arena, write_listed_bus, call, &next, &err) < 0)
		return events_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextToken", next);
	return 0;
}

/* ---- changes ---- */

/* The bus's record; of the default one that has none yet, a new one. */
static int load_bus(struct call *call, struct str name, struct json **out)
{
	const struct json *bus = NULL;
	struct error err = { 0 };
	struct key key;

	if (events_need_bus(call, name) < 0)
		return -1;
	record_key(&key, STR("bus"), name);
	int rc = record_get(call->txn, SPACE_EVENTS, &key, &call->arena, &bus, &err);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return call_fault(call, &err);
	*out = rc == 0 ? json_copy_object(&call->arena, bus) : json_new_object(&call->arena);
	json_put(&call->arena, *out, STR("Name"), json_new_string(&call->arena, name));
	return 0;
}

const struct bind events_update_event_bus_fields[] = {
	BIND_STR(struct bus_input, bus, "Name", .min = 1, .max = 256),
	BIND_STR(struct bus_input, description, "Description", .max = 512),
	BIND_REFUSED("KmsKeyIdentifier"),
	BIND_REFUSED("DeadLetterConfig"),
	BIND_REFUSED("LogConfig"),
	BIND_DONE,
};

int events_update_event_bus(struct call *call)
{
	const struct bus_input *in = call->input;
	struct str name = events_bus_name(in->bus);
	struct json *bus;

	if (load_bus(call, name, &bus) < 0)
		return -1;
	json_put(&call->arena, bus, STR("Description"),
		 json_new_string(&call->arena, in->description.p ? in->description : STR("")));
	write_str(&call->out, "Arn", events_bus_arn(call, name));
	write_str(&call->out, "Name", name);
	write_str(&call->out, "Description", in->description);
	return put_bus(call, name, bus);
}

const struct bind events_put_permission_fields[] = {
	BIND_STR(struct bus_input, bus, "EventBusName", .min = 1, .max = 256),
	BIND_STR(struct bus_input, policy, "Policy"),
	BIND_STR(struct bus_input, action, "Action", .min = 1, .max = 64),
	BIND_STR(struct bus_input, principal, "Principal", .min = 1, .max = 12),
	BIND_STR(struct bus_input, statement_id, "StatementId", .min = 1, .max = 64),
	BIND_REFUSED("Condition"),
	BIND_DONE,
};

/* The bus's policy with one statement added, replaced or (principal absent) taken out. */
static struct str with_statement(struct call *call, const struct json *bus)
{
	const struct bus_input *in = call->input;
	struct arena *a = &call->arena;
	const struct json *old = NULL, *statements = NULL;
	struct json *list = json_new_array(a), *document = json_new_object(a);

	if (json_parse(a, json_get_text(bus, STR("Policy")), &old, NULL) == 0)
		statements = json_get_c(old, "Statement");
	for (size_t i = 0; json_is(statements, JSON_ARRAY) && i < statements->count; i++)
		if (!str_eq(json_get_text(statements->items[i], STR("Sid")), in->statement_id))
			json_add(a, list, statements->items[i]);
	if (in->principal.p) {
		struct str arn = events_bus_arn(call, events_bus_name(in->bus));
		const struct json *statement;
		struct str who = str_eq_c(in->principal, "*")
					 ? STR("\"*\"")
					 : arena_printf(a, "{\"AWS\":\"arn:aws:iam::" STR_FMT ":root\"}", STR_ARG(in->principal));
		struct str text = arena_printf(a,
					       "{\"Sid\":\"" STR_FMT "\",\"Effect\":\"Allow\",\"Principal\":" STR_FMT
					       ",\"Action\":\"" STR_FMT "\",\"Resource\":\"" STR_FMT "\"}",
					       STR_ARG(in->statement_id), STR_ARG(who), STR_ARG(in->action), STR_ARG(arn));
		if (json_parse(a, text, &statement, NULL) == 0)
			json_add(a, list, statement);
	}
	json_put(a, document, STR("Version"), json_new_string(a, STR("2012-10-17")));
	json_put(a, document, STR("Statement"), list);
	return list->count ? json_to_str(a, document) : STR_NULL;
}

static int put_policy(struct call *call, struct str name, struct json *bus, struct str policy)
{
	json_put(&call->arena, bus, STR("Policy"), policy.p ? json_new_string(&call->arena, policy) : &json_null);
	return put_bus(call, name, bus);
}

int events_put_permission(struct call *call)
{
	const struct bus_input *in = call->input;
	struct str name = events_bus_name(in->bus);
	const struct json *document;
	struct json *bus;

	if (load_bus(call, name, &bus) < 0)
		return -1;
	if (in->policy.p && (json_parse(&call->arena, in->policy, &document, NULL) != 0 || !json_get_c(document, "Statement")))
		return call_failf(call, &events_ValidationException, "The policy is not valid JSON, or has no statement.");
	if (!in->policy.p && (!in->statement_id.p || !in->action.p || !in->principal.p))
		return call_failf(call, &events_ValidationException,
				  "Either Policy or StatementId, Action and Principal must be given.");
	return put_policy(call, name, bus, in->policy.p ? in->policy : with_statement(call, bus));
}

const struct bind events_remove_permission_fields[] = {
	BIND_STR(struct bus_input, bus, "EventBusName", .min = 1, .max = 256),
	BIND_STR(struct bus_input, statement_id, "StatementId", .min = 1, .max = 64),
	BIND_BOOL(struct bus_input, all, "RemoveAllPermissions"),
	BIND_DONE,
};

int events_remove_permission(struct call *call)
{
	const struct bus_input *in = call->input;
	struct str name = events_bus_name(in->bus);
	struct json *bus;

	if (load_bus(call, name, &bus) < 0)
		return -1;
	if (!json_get_text(bus, STR("Policy")).n)
		return call_failf(call, &events_ResourceNotFoundException, "EventBus does not have a policy.");
	return put_policy(call, name, bus, in->all.value ? STR_NULL : with_statement(call, bus));
}
