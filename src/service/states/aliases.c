/* SPDX-License-Identifier: Apache-2.0
 *
 * Aliases of a state machine: a name for one of its versions, or for two by weights, in the machine's record as
 * name -> {description?, routes: [{number, weight}], created, updated}. Source: "State machine aliases", AWS Step Functions
 * Developer Guide.
 */
#include "service/states/internal.h"

enum { ALIASES_MAX = 100, ROUTES_MAX = 2 };

const struct bind states_create_state_machine_alias_fields[] = {
	BIND_STR(struct alias_input, name, "name", .required = true, .min = 1, .max = 80),
	BIND_STR(struct alias_input, description, "description", .max = 256),
	BIND_LIST(struct alias_input, routes, "routingConfiguration", .required = true, .min = 1, .max = ROUTES_MAX),
	BIND_DONE,
};
const struct bind states_update_state_machine_alias_fields[] = {
	BIND_STR(struct alias_input, arn, "stateMachineAliasArn", .required = true, .min = 1, .max = 256),
	BIND_STR(struct alias_input, description, "description", .max = 256),
	BIND_LIST(struct alias_input, routes, "routingConfiguration", .min = 1, .max = ROUTES_MAX),
	BIND_DONE,
};
const struct bind states_delete_state_machine_alias_fields[] = {
	BIND_STR(struct alias_input, arn, "stateMachineAliasArn", .required = true, .min = 1, .max = 256),
	BIND_DONE,
};
const struct bind states_describe_state_machine_alias_fields[] = {
	BIND_STR(struct alias_input, arn, "stateMachineAliasArn", .required = true, .min = 1, .max = 256),
	BIND_DONE,
};
const struct bind states_list_state_machine_aliases_fields[] = {
	BIND_STR(struct page_input, arn, "stateMachineArn", .required = true, .min = 1, .max = 256),
	BIND_I64(struct page_input, max, "maxResults", .min = 0, .max = 1000),
	BIND_STR(struct page_input, token, "nextToken", .min = 1, .max = 1024),
	BIND_DONE,
};

/* A machine's ARN and what stands behind it. */
struct qualified {
	struct str machine, qualifier;
};

static struct qualified split(struct str arn)
{
	size_t at = arn.n;
	while (at > 0 && arn.p[at - 1] != ':')
		at--;
	return (struct qualified){ str_sub(arn, 0, at ? at - 1 : 0), str_from(arn, at) };
}

/* "May not be only numbers", for these are versions. */
static bool is_alias_name(struct str name)
{
	bool letters = false;
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool digit = c >= '0' && c <= '9';
		if (!digit && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '-' && c != '_' && c != '.')
			return false;
		letters = letters || !digit;
	}
	return letters;
}

/* Permission is asked for the machine whose version comes first. */
int states_prepare_alias(struct call *call)
{
	struct alias_input *in = call->input;
	struct str first = json_get_text(in->routes->items[0], STR("stateMachineVersionArn"));
	if (!is_alias_name(in->name))
		return call_failf(call, &states_InvalidName, "Invalid Name: '" STR_FMT "'", STR_ARG(in->name));
	if (!str_is_set(first))
		return call_failf(call, &states_ValidationException,
				  "'stateMachineVersionArn' must be set in a routing configuration");
	in->arn = split(first).machine;
	return 0;
}

static int add_route(struct call *call, const struct machine_record *m, const struct json *route, struct json *routes,
		     int64_t *sum)
{
	struct str arn = json_get_text(route, STR("stateMachineVersionArn"));
	struct qualified version = split(str_is_set(arn) ? arn : STR(""));
	struct json *kept = json_new_object(&call->arena);
	int64_t weight;
	if (!str_eq(version.machine, m->arn) || !states_version_find(m->document, version.qualifier))
		return call_failf(call, &states_ResourceNotFound, "State Machine version does not exist: '" STR_FMT "'",
				  STR_ARG(arn));
	if (json_to_i64(json_get_c(route, "weight"), &weight) < 0 || weight < 0 || weight > 100)
		return call_failf(call, &states_ValidationException, "The weight of a routing configuration is from 0 to 100");
	(void)json_put(&call->arena, kept, STR("number"), json_new_string(&call->arena, version.qualifier));
	(void)json_put(&call->arena, kept, STR("weight"), json_new_i64(&call->arena, weight));
	(void)json_add(&call->arena, routes, kept);
	*sum += weight;
	return 0;
}

/* What is kept of a routing configuration, checked against the machine. */
static int read_routes(struct call *call, const struct machine_record *m, struct json **out)
{
	const struct alias_input *in = call->input;
	int64_t sum = 0;
	*out = json_new_array(&call->arena);
	for (size_t i = 0; i < in->routes->count; i++)
		if (add_route(call, m, in->routes->items[i], *out, &sum) < 0)
			return ERR_SERVICE;
	return sum == 100 ? 0
			  : call_failf(call, &states_ValidationException,
				       "The weights of a routing configuration must add up to 100");
}

static int save_alias(struct call *call, const struct machine_record *m, struct str name, const struct json *alias)
{
	const struct json *old = json_get_c(m->document, "aliases");
	struct json *machine = json_copy_object(&call->arena, m->document);
	struct json *aliases = old ? json_copy_object(&call->arena, old) : json_new_object(&call->arena);
	(void)json_put(&call->arena, aliases, name, alias);
	(void)json_put(&call->arena, machine, STR("aliases"), aliases);
	return states_machine_save(call, machine);
}

static void put_time(struct call *call, struct json *alias, struct str name, int64_t now)
{
	(void)json_put(&call->arena, alias, name, json_new_i64(&call->arena, now));
}

static void write_member_time(struct call *call, const char *name, const struct json *alias, const char *member)
{
	int64_t at;
	if (json_to_i64(json_get(alias, str_c(member)), &at) == 0)
		write_time(&call->out, name, at);
}

static struct str alias_arn(struct call *call, const struct machine_record *m, struct str name)
{
	return arena_printf(&call->arena, STR_FMT ":" STR_FMT, STR_ARG(m->arn), STR_ARG(name));
}

/* The same request again succeeds; another one of that name is a conflict. */
int states_create_state_machine_alias(struct call *call)
{
	const struct alias_input *in = call->input;
	struct machine_record m;
	struct json *routes, *alias = json_new_object(&call->arena);
	if (machine_find(call, in->arn, &m) < 0 || read_routes(call, &m, &routes) < 0)
		return ERR_SERVICE;
	const struct json *aliases = json_get_c(m.document, "aliases"), *old = json_get(aliases, in->name);
	if (old && !json_equal(json_get_c(old, "routes"), routes))
		return call_failf(call, &states_ConflictException, "State Machine Alias Already Exists: '" STR_FMT "'",
				  STR_ARG(alias_arn(call, &m, in->name)));
	if (aliases && aliases->count >= ALIASES_MAX)
		return call_fail(call, &states_ServiceQuotaExceededException);
	if (str_is_set(in->description))
		(void)json_put(&call->arena, alias, STR("description"), json_new_string(&call->arena, in->description));
	(void)json_put(&call->arena, alias, STR("routes"), routes);
	put_time(call, alias, STR("created"), clock_wall_ms());
	put_time(call, alias, STR("updated"), clock_wall_ms());
	if (!old && save_alias(call, &m, in->name, alias) < 0)
		return ERR_SERVICE;
	write_str(&call->out, "stateMachineAliasArn", alias_arn(call, &m, in->name));
	write_member_time(call, "creationDate", old ? old : alias, "created");
	return 0;
}

static int find_alias(struct call *call, struct machine_record *m, struct str *name, const struct json **alias)
{
	const struct alias_input *in = call->input;
	struct qualified q = split(in->arn);
	*alias = NULL;
	*name = q.qualifier;
	int rc = machine_find(call, q.machine, m);
	if (rc == 0)
		*alias = json_get(json_get_c(m->document, "aliases"), q.qualifier);
	if (*alias)
		return 0;
	if (rc < 0 && !str_eq_c(str_c(call->error.name), "StateMachineDoesNotExist"))
		return rc;
	return call_failf(call, &states_ResourceNotFound, "Request references a resource that does not exist: '" STR_FMT "'",
			  STR_ARG(in->arn));
}

int states_update_state_machine_alias(struct call *call)
{
	const struct alias_input *in = call->input;
	struct machine_record m;
	const struct json *old;
	struct json *routes;
	struct str name;
	if (find_alias(call, &m, &name, &old) < 0)
		return ERR_SERVICE;
	struct json *alias = json_copy_object(&call->arena, old);
	if (in->routes) {
		if (read_routes(call, &m, &routes) < 0)
			return ERR_SERVICE;
		(void)json_put(&call->arena, alias, STR("routes"), routes);
	}
	if (in->description.p)
		(void)json_put(&call->arena, alias, STR("description"), json_new_string(&call->arena, in->description));
	put_time(call, alias, STR("updated"), clock_wall_ms());
	if (save_alias(call, &m, name, alias) < 0)
		return ERR_SERVICE;
	write_member_time(call, "updateDate", alias, "updated");
	return 0;
}

int states_delete_state_machine_alias(struct call *call)
{
	struct machine_record m;
	const struct json *gone, *aliases;
	struct str name;
	if (find_alias(call, &m, &name, &gone) < 0)
		return ERR_SERVICE;
	struct json *machine = json_copy_object(&call->arena, m.document), *kept = json_new_object(&call->arena);
	aliases = json_get_c(m.document, "aliases");
	for (size_t i = 0; i < aliases->count; i++)
		if (aliases->members[i].value != gone)
			(void)json_add_member(&call->arena, kept, aliases->members[i].name, aliases->members[i].value);
	(void)json_put(&call->arena, machine, STR("aliases"), kept);
	return states_machine_save(call, machine);
}

static void write_routes(struct call *call, const struct machine_record *m, const struct json *routes)
{
	write_list(&call->out, "routingConfiguration", NULL);
	for (size_t i = 0; routes && i < routes->count; i++) {
		write_object(&call->out, NULL);
		write_str(&call->out, "stateMachineVersionArn", states_version_arn(call, m->document, routes->items[i]));
		write_json(&call->out, "weight", json_get_c(routes->items[i], "weight"));
		write_end(&call->out);
	}
	write_end(&call->out);
}

int states_describe_state_machine_alias(struct call *call)
{
	const struct alias_input *in = call->input;
	struct machine_record m;
	const struct json *alias;
	struct str name;
	if (find_alias(call, &m, &name, &alias) < 0)
		return ERR_SERVICE;
	write_str(&call->out, "stateMachineAliasArn", in->arn);
	write_str(&call->out, "name", name);
	write_str(&call->out, "description", json_get_text(alias, STR("description")));
	write_routes(call, &m, json_get_c(alias, "routes"));
	write_member_time(call, "creationDate", alias, "created");
	write_member_time(call, "updateDate", alias, "updated");
	return 0;
}

/* All at once, being few. */
int states_list_state_machine_aliases(struct call *call)
{
	const struct page_input *in = call->input;
	struct machine_record m;
	if (str_is_set(in->token))
		return call_failf(call, &states_InvalidToken, "Invalid Token: 'Invalid token'");
	if (machine_find(call, in->arn, &m) < 0)
		return ERR_SERVICE;
	const struct json *aliases = json_get_c(m.document, "aliases");
	write_list(&call->out, "stateMachineAliases", NULL);
	for (size_t i = 0; aliases && i < aliases->count; i++) {
		write_object(&call->out, NULL);
		write_str(&call->out, "stateMachineAliasArn", alias_arn(call, &m, aliases->members[i].name));
		write_member_time(call, "creationDate", aliases->members[i].value, "created");
		write_end(&call->out);
	}
	write_end(&call->out);
	return 0;
}
