/* SPDX-License-Identifier: Apache-2.0
 *
 * Versions of a state machine: a number for one of its revisions, in the machine's record as
 * {number, revision, description?, created}, the oldest first. A number is never used again. Source: "State machine versions",
 * AWS Step Functions Developer Guide.
 */
#include "os/random.h"
#include "service/states/internal.h"

enum { VERSIONS_MAX = 1000 };

const struct bind states_publish_state_machine_version_fields[] = {
	BIND_STR(struct version_input, arn, "stateMachineArn", .required = true, .min = 1, .max = 256),
	BIND_STR(struct version_input, revision, "revisionId"),
	BIND_STR(struct version_input, description, "description", .max = 256),
	BIND_DONE,
};
const struct bind states_delete_state_machine_version_fields[] = {
	BIND_STR(struct version_input, arn, "stateMachineVersionArn", .required = true, .min = 1, .max = 2000),
	BIND_DONE,
};
const struct bind states_list_state_machine_versions_fields[] = {
	BIND_STR(struct page_input, arn, "stateMachineArn", .required = true, .min = 1, .max = 256),
	BIND_I64(struct page_input, max, "maxResults", .min = 0, .max = 1000),
	BIND_STR(struct page_input, token, "nextToken", .min = 1, .max = 1024),
	BIND_DONE,
};

static struct str number_of(const struct json *version)
{
	return json_get_text(version, STR("number"));
}

const struct json *states_version_find(const struct json *machine, struct str number)
{
	const struct json *versions = json_get_c(machine, "versions");
	for (size_t i = 0; versions && i < versions->count; i++)
		if (str_eq(number_of(versions->items[i]), number))
			return versions->items[i];
	return NULL;
}

const struct json *states_version_choose(const struct json *machine, struct str qualifier)
{
	const struct json *alias = json_get(json_get_c(machine, "aliases"), qualifier);
	const struct json *routes = json_get_c(alias, "routes");
	int64_t point = routes ? random_below(100) : 0, weight;
	if (!alias)
		return states_version_find(machine, qualifier);
	for (size_t i = 0; routes && i < routes->count; i++) {
		if (json_to_i64(json_get_c(routes->items[i], "weight"), &weight) < 0)
			return NULL;
		if ((point -= weight) < 0)
			return states_version_find(machine, json_get_text(routes->items[i], STR("number")));
	}
	return NULL;
}

struct str states_version_arn(struct call *call, const struct json *machine, const struct json *version)
{
	return arena_printf(&call->arena, STR_FMT ":" STR_FMT, STR_ARG(json_get_text(machine, STR("arn"))),
			    STR_ARG(number_of(version)));
}

/* A copy of the versions without that one. */
static struct json *versions_without(struct call *call, const struct json *machine, const struct json *dropped)
{
	const struct json *versions = json_get_c(machine, "versions");
	struct json *list = json_new_array(&call->arena);
	for (size_t i = 0; versions && i < versions->count; i++)
		if (versions->items[i] != dropped)
			(void)json_add(&call->arena, list, versions->items[i]);
	return list;
}

static void put(struct call *call, struct json *o, struct str name, struct str text)
{
	if (str_is_set(text))
		(void)json_put(&call->arena, o, name, json_new_string(&call->arena, text));
}

struct str states_version_publish(struct call *call, struct json *machine, struct str description)
{
	const struct json *versions = json_get_c(machine, "versions");
	const struct json *last = versions && versions->count ? versions->items[versions->count - 1] : NULL;
	struct str revision = json_get_text(machine, STR("revision"));
	int64_t next = 1;
	if (last && str_eq(json_get_text(last, STR("revision")), revision))
		return states_version_arn(call, machine, last);
	if (json_get_c(machine, "next_version") && json_to_i64(json_get_c(machine, "next_version"), &next) < 0)
		return STR_NULL;
	struct json *version = json_new_object(&call->arena), *list = versions_without(call, machine, NULL);
	put(call, version, STR("number"), arena_printf(&call->arena, "%lld", (long long)next));
	put(call, version, STR("revision"), revision);
	put(call, version, STR("description"), description);
	(void)json_put(&call->arena, version, STR("created"), json_new_i64(&call->arena, clock_wall_ms()));
	(void)json_add(&call->arena, list, version);
	(void)json_put(&call->arena, machine, STR("versions"), list);
	(void)json_put(&call->arena, machine, STR("next_version"), json_new_i64(&call->arena, next + 1));
	return states_version_arn(call, machine, version);
}

static void write_created(struct call *call, const struct json *version)
{
	int64_t created;
	if (json_to_i64(json_get_c(version, "created"), &created) == 0)
		write_time(&call->out, "creationDate", created);
}

int states_publish_state_machine_version(struct call *call)
{
	const struct version_input *in = call->input;
	struct machine_record m;
	if (machine_find(call, in->arn, &m) < 0)
		return ERR_SERVICE;
	if (str_is_set(in->revision) && !str_eq(in->revision, str_eq(m.revision, m.id) ? STR("INITIAL") : m.revision))
		return call_failf(call, &states_ConflictException,
				  "Failed to publish the State Machine version for revision " STR_FMT ". The current State "
				  "Machine revision is another one.",
				  STR_ARG(in->revision));
	const struct json *versions = json_get_c(m.document, "versions");
	if (versions && versions->count >= VERSIONS_MAX)
		return call_fail(call, &states_ServiceQuotaExceededException);
	struct json *machine = json_copy_object(&call->arena, m.document);
	struct str arn = states_version_publish(call, machine, in->description);
	versions = json_get_c(machine, "versions");
	if (!str_is_set(arn) || states_machine_save(call, machine) < 0)
		return str_is_set(arn) ? ERR_SERVICE : call_fault(call, NULL);
	write_str(&call->out, "stateMachineVersionArn", arn);
	write_created(call, versions->items[versions->count - 1]);
	return 0;
}

static bool is_routed(const struct json *machine, struct str number)
{
	const struct json *aliases = json_get_c(machine, "aliases");
	for (size_t i = 0; aliases && i < aliases->count; i++) {
		const struct json *routes = json_get_c(aliases->members[i].value, "routes");
		for (size_t at = 0; routes && at < routes->count; at++)
			if (str_eq(json_get_text(routes->items[at], STR("number")), number))
				return true;
	}
	return false;
}

/* A version that is not there is deleted already. */
int states_delete_state_machine_version(struct call *call)
{
	const struct version_input *in = call->input;
	struct machine_record m;
	ptrdiff_t colon = -1;
	for (ptrdiff_t at; (at = str_find_char(in->arn, ':', (size_t)(colon + 1))) >= 0;)
		colon = at;
	struct str number = str_from(in->arn, (size_t)(colon + 1));
	uint64_t n;
	if (str_to_u64(number, &n) < 0 || colon < 0)
		return call_failf(call, &states_ValidationException, "Invalid State Machine version ARN: '" STR_FMT "'",
				  STR_ARG(in->arn));
	if (machine_find(call, str_sub(in->arn, 0, (size_t)colon), &m) < 0)
		return ERR_SERVICE;
	if (is_routed(m.document, number))
		return call_failf(call, &states_ConflictException,
				  "Version to be deleted must not be referenced by an alias: '" STR_FMT "'", STR_ARG(in->arn));
	const struct json *version = states_version_find(m.document, number);
	if (!version)
		return 0;
	struct json *machine = json_copy_object(&call->arena, m.document);
	(void)json_put(&call->arena, machine, STR("versions"), versions_without(call, m.document, version));
	return states_machine_save(call, machine);
}

/* The newest first; the token is the number of the last one told. */
int states_list_state_machine_versions(struct call *call)
{
	const struct page_input *in = call->input;
	struct machine_record m;
	if (machine_find(call, in->arn, &m) < 0)
		return ERR_SERVICE;
	const struct json *versions = json_get_c(m.document, "versions"), *after = states_version_find(m.document, in->token);
	size_t at = versions ? versions->count : 0, most = in->max.set && in->max.value > 0 ? (size_t)in->max.value : 100;
	if (str_is_set(in->token) && !after)
		return call_failf(call, &states_InvalidToken, "Invalid Token: 'Invalid token'");
	while (after && at > 0 && versions->items[at - 1] != after)
		at--;
	at -= after ? 1 : 0;
	write_list(&call->out, "stateMachineVersions", NULL);
	for (; at > 0 && most > 0; at--, most--) {
		write_object(&call->out, NULL);
		write_str(&call->out, "stateMachineVersionArn", states_version_arn(call, m.document, versions->items[at - 1]));
		write_created(call, versions->items[at - 1]);
		write_end(&call->out);
	}
	write_end(&call->out);
	if (at > 0)
		write_str(&call->out, "nextToken", number_of(versions->items[at]));
	return 0;
}
