/* SPDX-License-Identifier: Apache-2.0
 *
 * Tags of rules and buses.
 */
#include "service/events/internal.h"

#include "aws/arn.h"

const struct bind events_tag_resource_fields[] = {
	BIND_STR(struct events_tags_input, arn, "ResourceARN", .required = true, .min = 1, .max = 1600),
	BIND_LIST(struct events_tags_input, tags, "Tags", .required = true),
	BIND_DONE,
};
const struct bind events_untag_resource_fields[] = {
	BIND_STR(struct events_tags_input, arn, "ResourceARN", .required = true, .min = 1, .max = 1600),
	BIND_LIST(struct events_tags_input, keys, "TagKeys", .required = true),
	BIND_DONE,
};
const struct bind events_list_tags_for_resource_fields[] = {
	BIND_STR(struct events_tags_input, arn, "ResourceARN", .required = true, .min = 1, .max = 1600),
	BIND_DONE,
};

struct str events_tags_resource(struct call *call)
{
	const struct events_tags_input *in = call->input;

	return in->arn;
}

/* "rule/x", "rule/bus/x" (a bus' name may hold '/', a rule's not) or "event-bus/x". */
static int resource_key(struct str arn_text, struct key *key, bool *is_rule)
{
	struct arn arn;

	if (arn_parse(arn_text, &arn) != 0 || !str_eq_c(arn.service, "events"))
		return ERR_INVALID;
	struct str id = arn_resource_id(arn.resource);
	*is_rule = str_starts(arn.resource, STR("rule/"));
	if (!*is_rule) {
		record_key(key, STR("bus"), id);
		return str_starts(arn.resource, STR("event-bus/")) ? 0 : ERR_INVALID;
	}
	size_t cut = id.n;
	while (cut > 0 && id.p[cut - 1] != '/')
		cut--;
	record_key(key, STR("rule"), cut ? str_sub(id, 0, cut - 1) : STR("default"), str_from(id, cut));
	return 0;
}

/* The default bus may be tagged though it has no record yet. */
static const struct json *default_bus(struct call *call)
{
	struct json *bus = json_new_object(&call->arena);

	json_put(&call->arena, bus, STR("Name"), json_new_string(&call->arena, STR("default")));
	return bus;
}

static int find_resource(struct call *call, struct key *key, const struct json **out)
{
	const struct events_tags_input *in = call->input;
	struct error err = { 0 };
	bool is_rule;

	if (resource_key(in->arn, key, &is_rule) != 0)
		return call_failf(call, &events_ValidationException,
				  "Parameter " STR_FMT " is not valid. Reason: Provided Arn is not in correct format.",
				  STR_ARG(in->arn));
	int rc = record_get(call->txn, SPACE_EVENTS, key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND && str_ends(in->arn, STR(":event-bus/default"))) {
		*out = default_bus(call);
		return 0;
	}
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &events_ResourceNotFoundException, "%s does not exist on EventBus default.",
				  is_rule ? "Rule" : "Event bus");
	return rc < 0 ? call_fault(call, &err) : 0;
}

static int put_tags(struct call *call, const struct key *key, const struct json *resource, const struct json *tags)
{
	struct json *changed = json_copy_object(&call->arena, resource);
	struct error err = { 0 };

	if (tags && tags->count > TAGS_MAX)
		return call_failf(call, &events_ValidationException, "The number of tags exceeds the limit of %d.", TAGS_MAX);
	json_put(&call->arena, changed, STR("Tags"), tags);
	if (record_put(call->txn, SPACE_EVENTS, key, &call->arena, changed, &err) < 0)
		return call_fault(call, &err);
	return 0;
}

int events_tag_resource(struct call *call)
{
	const struct events_tags_input *in = call->input;
	const struct json *resource;
	struct key key;

	if (find_resource(call, &key, &resource) < 0)
		return -1;
	return put_tags(call, &key, resource, tags_merge(&call->arena, json_get_c(resource, "Tags"), in->tags));
}

int events_untag_resource(struct call *call)
{
	const struct events_tags_input *in = call->input;
	const struct json *resource;
	struct key key;

	if (find_resource(call, &key, &resource) < 0)
		return -1;
	return put_tags(call, &key, resource, tags_without(&call->arena, json_get_c(resource, "Tags"), in->keys));
}

int events_list_tags_for_resource(struct call *call)
{
	const struct json *resource;
	struct key key;

	if (find_resource(call, &key, &resource) < 0)
		return -1;
	tags_write_list(&call->out, "Tags", json_get_c(resource, "Tags"));
	return 0;
}
