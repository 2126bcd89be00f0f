/* SPDX-License-Identifier: Apache-2.0
 *
 * Session tags and source identities. Source: IAM User Guide, "Passing session tags in AWS STS", "Monitor and control actions
 * taken with assumed roles".
 */
#include "service/sts/internal.h"

/* Beside the condition keys of a session: the names of its transitive tags. No policy can name it. */
#define TRANSITIVE "(transitive)"

struct tag_shape {
	struct str text;
};

const struct bind sts_tag_shape[] = {
	BIND_STR(struct tag_shape, text, "Key", .required = true, .min = 1, .max = 128),
	BIND_STR(struct tag_shape, text, "Value", .required = true, .min = 0, .max = 256),
	BIND_DONE,
};

const struct json *session_tags_of_list(struct arena *a, const struct json *list)
{
	struct json *tags = json_new_object(a);

	for (size_t i = 0; list && i < list->count; i++)
		json_put(a, tags, json_get_text(list->items[i], STR("Key")), json_get_c(list->items[i], "Value"));
	return list ? tags : NULL;
}

static bool has_name(const struct json *names, struct str name)
{
	for (size_t i = 0; names && i < names->count; i++) {
		if (str_eq_nocase(json_text(names->items[i]), name))
			return true;
	}
	return false;
}

static const struct json *find_tag(const struct json *tags, struct str name)
{
	for (size_t i = 0; tags && i < tags->count; i++) {
		if (str_eq_nocase(tags->members[i].name, name))
			return tags->members[i].value;
	}
	return NULL;
}

static void add_tag(struct session *s, struct str name, const struct json *value)
{
	session_add_key(s, arena_concat(&s->call->arena, STR("aws:PrincipalTag/"), name), value);
}

/* What the caller's own session carries: a role taken on by a role keeps its transitive tags. */
static const struct json *caller_keys(struct session *s)
{
	const struct principal *caller = &s->call->principal;
	const struct json *keys = NULL;

	if (caller->kind != PRINCIPAL_ROLE || caller->session_keys.n == 0 ||
	    json_parse(&s->call->arena, caller->session_keys, &keys, NULL) < 0)
		return NULL;
	return keys;
}

static int check_tags(struct session *s, const struct json *tags, const struct json *transitive, const struct json *inherited)
{
	for (size_t i = 0; tags && i < tags->count; i++) {
		if (has_name(inherited, tags->members[i].name))
			return call_failf(s->call, &sts_ValidationError,
					  "The tag key " STR_FMT " is set as a transitive tag and cannot be changed.",
					  STR_ARG(tags->members[i].name));
		for (size_t k = 0; k < i; k++)
			if (str_eq_nocase(tags->members[i].name, tags->members[k].name))
				return call_failf(s->call, &sts_ValidationError,
						  "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
	}
	for (size_t i = 0; transitive && i < transitive->count; i++) {
		if (!find_tag(tags, json_text(transitive->items[i])))
			return call_failf(s->call, &sts_ValidationError,
					  "The specified transitive tag key must be included in the requested tags.");
	}
	return 0;
}

static int add_source_identity(struct session *s, struct str wanted, struct str inherited)
{
	if (wanted.p && inherited.p && !str_eq(wanted, inherited))
		return call_failf(s->call, &sts_ValidationError,
				  "The source identity of the session is set already and cannot be changed.");
	s->source_identity = wanted.p ? wanted : inherited;
	if (s->source_identity.p)
		session_add_key(s, STR("aws:SourceIdentity"), json_new_string(&s->call->arena, s->source_identity));
	return 0;
}

int session_add_tags(struct session *s, const struct json *tags, const struct json *transitive_keys, struct str source_identity)
{
	struct arena *a = &s->call->arena;
	const struct json *caller = caller_keys(s), *inherited = json_get_c(caller, TRANSITIVE);
	struct json *transitive = inherited ? json_copy_array(a, inherited) : json_new_array(a);
	int rc = check_tags(s, tags, transitive_keys, inherited);

	if (rc < 0)
		return rc;
	for (size_t i = 0; inherited && i < inherited->count; i++) {
		struct str key = arena_concat(a, STR("aws:PrincipalTag/"), json_text(inherited->items[i]));
		session_add_key(s, key, json_get(caller, key));
	}
	for (size_t i = 0; tags && i < tags->count; i++)
		add_tag(s, tags->members[i].name, tags->members[i].value);
	for (size_t i = 0; transitive_keys && i < transitive_keys->count; i++)
		json_add(a, transitive, transitive_keys->items[i]);
	if (transitive && transitive->count > 0)
		session_add_key(s, STR(TRANSITIVE), transitive);
	return add_source_identity(s, source_identity, json_get_text(caller, STR("aws:SourceIdentity")));
}
