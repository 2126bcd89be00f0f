/* SPDX-License-Identifier: Apache-2.0 */
#include "service/iam/resource_tags.h"

#include "service/iam/model.h"

/* How each service lists the tags of one of its resources. */
static const struct listing {
	const char *prefix;  /* of its actions */
	const char *service; /* of the folder */
	const char *operation;
	const char *parameter; /* takes what `named` says */
	const char *member;    /* of the answer */
	enum { BY_ARN, BY_NAME, BY_QUEUE_URL } named;
} listings[] = {
	{ "cloudwatch", "monitoring", "ListTagsForResource", "ResourceARN", "Tags", BY_ARN },
	{ "dynamodb", "dynamodb", "ListTagsOfResource", "ResourceArn", "Tags", BY_ARN },
	{ "events", "events", "ListTagsForResource", "ResourceARN", "Tags", BY_ARN },
	{ "kms", "kms", "ListResourceTags", "KeyId", "Tags", BY_ARN },
	{ "lambda", "lambda", "ListTags", "Resource", "Tags", BY_ARN },
	{ "logs", "logs", "ListTagsForResource", "resourceArn", "tags", BY_ARN },
	{ "sns", "sns", "ListTagsForResource", "ResourceArn", "Tags", BY_ARN },
	{ "sqs", "sqs", "ListQueueTags", "QueueUrl", "Tags", BY_QUEUE_URL },
	{ "states", "states", "ListTagsForResource", "resourceArn", "tags", BY_ARN },
	{ "iam", "iam", "ListRoleTags", "RoleName", "Tags", BY_NAME },
	{ "sts", "iam", "ListRoleTags", "RoleName", "Tags", BY_NAME },
};

static const struct listing user_listing = { "iam", "iam", "ListUserTags", "UserName", "Tags", BY_NAME };
static const struct listing policy_listing = { "iam", "iam", "ListPolicyTags", "PolicyArn", "Tags", BY_ARN };

static const struct listing *find_listing(struct str action, struct str arn)
{
	struct str rest = action, prefix = str_split(&rest, ':');

	for (size_t i = 0; i < sizeof(listings) / sizeof(*listings); i++) {
		if (!str_eq_nocase(prefix, str_c(listings[i].prefix)))
			continue;
		if (str_find(arn, STR(":user/"), 0) >= 0)
			return &user_listing;
		if (str_find(arn, STR(":policy/"), 0) >= 0)
			return &policy_listing;
		bool tagless = listings[i].named == BY_NAME && str_find(arn, STR(":role/"), 0) < 0;
		return tagless ? NULL : &listings[i];
	}
	return NULL;
}

static struct str last_of(struct str arn, char separator)
{
	for (ptrdiff_t at; (at = str_find_char(arn, separator, 0)) >= 0;)
		arn = str_from(arn, (size_t)at + 1);
	return arn;
}

static struct str value_for(struct host *host, struct arena *a, const struct listing *l, struct str arn)
{
	if (l->named == BY_NAME)
		return arn_last_name(arn);
	if (l->named == BY_ARN)
		return arn;
	return arena_printf(a, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(host_endpoint(host)), STR_ARG(host_account(host)),
			    STR_ARG(last_of(arn, ':')));
}

/* ---- the answer ---- */

struct answer {
	struct arena *arena;
	const char *member;
	const struct json *tags;
};

static struct str first_member(const struct json *object, const char *const *names)
{
	for (; *names; names++) {
		struct str text = json_get_text(object, str_c(*names));
		if (text.p)
			return text;
	}
	return STR_NULL;
}

/* {name: value}, or a list of pairs, however the service writes them. */
static const struct json *as_object(struct arena *a, const struct json *tags)
{
	static const char *const keys[] = { "Key", "key", "TagKey", NULL }, *const values[] = { "Value", "value", "TagValue",
												NULL };
	struct json *out = json_new_object(a);

	if (json_is(tags, JSON_OBJECT))
		return json_clone(a, tags);
	for (size_t i = 0; json_is(tags, JSON_ARRAY) && i < tags->count; i++)
		json_put(a, out, arena_str(a, first_member(tags->items[i], keys)),
			 json_new_string(a, arena_str(a, first_member(tags->items[i], values))));
	return out;
}

static void read_answer(struct call *call, void *argument)
{
	struct answer *answer = argument;
	const struct json *reply;

	if (call->error.code == 0 && json_parse(&call->arena, call_reply_text(call), &reply, NULL) == 0)
		answer->tags = as_object(answer->arena, json_get(reply, str_c(answer->member)));
}

const struct json *resource_tags(struct host *host, struct arena *a, struct str action, struct str arn)
{
	const struct listing *l = find_listing(action, arn);
	struct answer answer = { .arena = a };
	struct json *parameters = json_new_object(a);

	if (!l || str_eq(arn, STR("*")))
		return NULL;
	json_put(a, parameters, str_c(l->parameter), json_new_string(a, value_for(host, a, l, arn)));
	struct host_request request = { .service = l->service, .operation = l->operation, .parameters = parameters };
	host_root_principal(host, &request.principal);
	answer.member = l->member;
	/* It is a read: it has answered when this returns. */
	return host_call(host, &request, read_answer, &answer) < 0 ? NULL : answer.tags;
}
