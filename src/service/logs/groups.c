/* SPDX-License-Identifier: Apache-2.0
 *
 * Log groups: create, delete, describe, retention, keys, tags; and what all operations share.
 */
#include "service/logs/internal.h"

#include "aws/arn.h"
#include "os/clock.h"

LOGS_ERRORS(SERVICE_ERROR_ROW, logs)

bool logs_valid_name(struct str text)
{
	static const char others[] = "_-/.#";

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(others, c)))
			return false;
	}
	return text.n > 0;
}

#define GROUP_NAME                                                                                                               \
	BIND_STR(struct logs_input, group, "logGroupName", .required = true, .min = 1, .max = 512, .valid = logs_valid_name,     \
		 .pattern = "[\\.\\-_/#A-Za-z0-9]+")

static struct str name_of_arn(struct str text)
{
	struct arn arn;

	if (arn_parse(text, &arn) < 0 || !str_starts(arn.resource, STR("log-group:")))
		return text;
	struct str name = str_from(arn.resource, strlen("log-group:"));
	return str_ends(name, STR(":*")) ? str_sub(name, 0, name.n - 2) : name;
}

struct str logs_group_name(const struct logs_input *in)
{
	if (str_is_set(in->group))
		return in->group;
	return name_of_arn(str_is_set(in->group_identifier) ? in->group_identifier : in->arn);
}

struct str logs_group_arn(struct call *call, struct str group)
{
	return arn_format(&call->arena, "logs", host_region(call->host), host_account(call->host), "log-group:" STR_FMT,
			  STR_ARG(group));
}

/* Permissions are asked for the group with ":*" behind, or its stream. */
struct str logs_group_resource(struct call *call)
{
	const struct logs_input *in = call->input;
	struct str arn = logs_group_arn(call, logs_group_name(in));

	if (str_is_set(in->stream))
		return arena_printf(&call->arena, STR_FMT ":log-stream:" STR_FMT, STR_ARG(arn), STR_ARG(in->stream));
	return arena_concat(&call->arena, arn, STR(":*"));
}

struct str logs_arn_resource(struct call *call)
{
	const struct logs_input *in = call->input;

	return in->arn;
}

/* What AWS asks permission for when no group is named. */
struct str logs_any_group_resource(struct call *call)
{
	return arena_concat(&call->arena, logs_group_arn(call, STR("")), STR(":log-stream:"));
}

int logs_need_group(struct call *call, struct str name, const struct json **out)
{
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("group"), name);
	int rc = record_get(call->txn, SPACE_LOGS, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &logs_ResourceNotFoundException, "The specified log group does not exist.");
	return rc < 0 ? call_fault(call, &err) : 0;
}

int logs_need_stream(struct call *call, struct str group, struct str stream, const struct json **out)
{
	const struct json *ignored;
	struct error err = { 0 };
	struct key key;

	if (logs_need_group(call, group, &ignored) < 0)
		return -1;
	record_key(&key, STR("stream"), group, stream);
	int rc = record_get(call->txn, SPACE_LOGS, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &logs_ResourceNotFoundException, "The specified log stream does not exist.");
	return rc < 0 ? call_fault(call, &err) : 0;
}

int logs_put(struct call *call, const struct key *key, const struct json *record)
{
	struct error err = { 0 };

	return record_put(call->txn, SPACE_LOGS, key, &call->arena, record, &err) < 0 ? call_fault(call, &err) : 0;
}

int logs_page_fault(struct call *call, const struct error *err)
{
	if (err->code == ERR_INVALID)
		return call_failf(call, &logs_InvalidParameterException, "The specified nextToken is invalid.");
	return call_fault(call, err);
}

static int put_group(struct call *call, struct str name, const struct json *group)
{
	struct key key;

	record_key(&key, STR("group"), name);
	return logs_put(call, &key, group);
}

/* ---- create and delete ---- */

static const char *const classes[] = { "STANDARD", "INFREQUENT_ACCESS", NULL };

const struct bind logs_create_log_group_fields[] = {
	GROUP_NAME,
	BIND_STR(struct logs_input, kms_key, "kmsKeyId", .max = 256),
	BIND_MAP(struct logs_input, tags, "tags", .max = TAGS_MAX),
	BIND_STR(struct logs_input, group_class, "logGroupClass", .values = classes),
	BIND_REFUSED("deletionProtectionEnabled"),
	BIND_DONE,
};

int logs_create_log_group(struct call *call)
{
	const struct logs_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *group = json_new_object(a);
	struct key key;

	record_key(&key, STR("group"), in->group);
	if (store_has(call->txn, SPACE_LOGS, key_str(&key)))
		return call_failf(call, &logs_ResourceAlreadyExistsException, "The specified log group already exists");
	json_put(a, group, STR("logGroupName"), json_new_string(a, in->group));
	json_put(a, group, STR("creationTime"), json_new_i64(a, clock_wall_ms()));
	json_put(a, group, STR("logGroupClass"),
		 json_new_string(a, str_is_set(in->group_class) ? in->group_class : STR("STANDARD")));
	if (in->kms_key.n)
		json_put(a, group, STR("kmsKeyId"), json_new_string(a, in->kms_key));
	json_put(a, group, STR("Tags"), tags_merge(a, NULL, in->tags));
	return logs_put(call, &key, group);
}

const struct bind logs_delete_log_group_fields[] = { GROUP_NAME, BIND_DONE };

int logs_delete_log_group(struct call *call)
{
	static const char *const parts[] = { "stream", "filter", "subscription" };
	const struct logs_input *in = call->input;
	const struct json *group;
	struct error err = { 0 };
	struct key key;

	if (logs_need_group(call, in->group, &group) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		record_key(&key, str_c(parts[i]), in->group);
		if (record_delete_all(call->txn, SPACE_LOGS, &key, &call->arena, &err) < 0)
			return call_fault(call, &err);
	}
	record_key(&key, in->group);
	if (record_delete_all(call->txn, SPACE_LOG_EVENTS, &key, &call->arena, &err) < 0)
		return call_fault(call, &err);
	record_key(&key, STR("group"), in->group);
	return store_delete(call->txn, SPACE_LOGS, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
}

/* ---- describe ---- */

const struct bind logs_describe_log_groups_fields[] = {
	BIND_STR(struct logs_input, prefix, "logGroupNamePrefix", .min = 1, .max = 512),
	BIND_STR(struct logs_input, pattern, "logGroupNamePattern", .max = 512),
	BIND_STR(struct logs_input, group_class, "logGroupClass", .values = classes),
	BIND_STR(struct logs_input, token, "nextToken", .min = 1),
	BIND_I64(struct logs_input, limit, "limit", .min = 1, .max = 50),
	BIND_IGNORED("includeLinkedAccounts"), /* there is one account */
	BIND_REFUSED("accountIdentifiers"),
	BIND_REFUSED("logGroupIdentifiers"),
	BIND_DONE,
};

static int count_one(void *argument, const struct json *record)
{
	(void)record;
	*(int64_t *)argument += 1;
	return 1;
}

static int64_t count_filters(struct call *call, struct str group)
{
	int64_t count = 0;
	struct key key;

	record_key(&key, STR("filter"), group);
	if (record_page(call->txn, SPACE_LOGS, &key, &(struct record_window){ 0 }, &call->arena, count_one, &count, NULL, NULL) <
	    0)
		return 0;
	return count;
}

static bool group_is_meant(const struct logs_input *in, struct str name, const struct json *group)
{
	if (in->pattern.n && str_find(name, in->pattern, 0) < 0)
		return false;
	return !in->group_class.n || str_eq(in->group_class, json_get_text(group, STR("logGroupClass")));
}

static int write_group(void *argument, const struct json *group)
{
	struct call *call = argument;
	struct str name = json_get_text(group, STR("logGroupName"));
	struct str arn = logs_group_arn(call, name);

	if (!str_starts(name, ((const struct logs_input *)call->input)->prefix) || !group_is_meant(call->input, name, group))
		return 0;
	write_object(&call->out, NULL);
	write_str(&call->out, "logGroupName", name);
	write_json(&call->out, "creationTime", json_get_c(group, "creationTime"));
	write_json(&call->out, "retentionInDays", json_get_c(group, "retentionInDays"));
	write_i64(&call->out, "metricFilterCount", count_filters(call, name));
	write_strf(&call->out, "arn", STR_FMT ":*", STR_ARG(arn));
	write_str(&call->out, "kmsKeyId", json_get_text(group, STR("kmsKeyId")));
	write_str(&call->out, "logGroupClass", json_get_text(group, STR("logGroupClass")));
	write_str(&call->out, "logGroupArn", arn);
	write_end(&call->out);
	return 1;
}

int logs_describe_log_groups(struct call *call)
{
	const struct logs_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 50, .token = in->token };
	struct error err = { 0 };
	struct str next;
	struct key key;

	if (in->prefix.n && in->pattern.n)
		return call_failf(call, &logs_InvalidParameterException,
				  "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.");
	record_key(&key, STR("group"));
	write_list(&call->out, "logGroups", "member");
	if (record_page(call->txn, SPACE_LOGS, &key, &window, &call->arena, write_group, call, &next, &err) < 0)
		return logs_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "nextToken", next);
	return 0;
}

/* ---- settings ---- */

static struct json *without(struct arena *a, const struct json *object, const char *name)
{
	struct json *out = json_new_object(a);

	for (size_t i = 0; i < object->count; i++)
		if (!str_eq_c(object->members[i].name, name))
			json_add_member(a, out, object->members[i].name, object->members[i].value);
	return out;
}

/* NULL takes the member away. */
static int change_group(struct call *call, struct str name, const char *member, const struct json *value)
{
	const struct json *group;

	if (logs_need_group(call, name, &group) < 0)
		return -1;
	struct json *changed = without(&call->arena, group, member);
	if (value)
		json_put(&call->arena, changed, str_c(member), value);
	return put_group(call, name, changed);
}

const struct bind logs_put_retention_policy_fields[] = {
	GROUP_NAME,
	BIND_I64(struct logs_input, days, "retentionInDays", .required = true),
	BIND_DONE,
};
const struct bind logs_delete_retention_policy_fields[] = { GROUP_NAME, BIND_DONE };

static bool valid_retention(int64_t days)
{
	static const int allowed[] = { 1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
				       365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653 };

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (days == allowed[i])
			return true;
	return false;
}

int logs_put_retention_policy(struct call *call)
{
	const struct logs_input *in = call->input;

	if (!valid_retention(in->days.value))
		return call_failf(call, &logs_InvalidParameterException,
				  "1 validation error detected: Value '%lld' at 'retentionInDays' failed to satisfy constraint: "
				  "Member must "
				  "satisfy enum value set: [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, "
				  "1827, 2192, "
				  "2557, 2922, 3288, 3653]",
				  (long long)in->days.value);
	retention_plan(call->state, 0);
	return change_group(call, in->group, "retentionInDays", json_new_i64(&call->arena, in->days.value));
}

int logs_delete_retention_policy(struct call *call)
{
	return change_group(call, ((const struct logs_input *)call->input)->group, "retentionInDays", NULL);
}

const struct bind logs_associate_kms_key_fields[] = {
	GROUP_NAME,
	BIND_STR(struct logs_input, kms_key, "kmsKeyId", .required = true, .max = 256),
	BIND_REFUSED("resourceIdentifier"),
	BIND_DONE,
};
const struct bind logs_disassociate_kms_key_fields[] = { GROUP_NAME, BIND_REFUSED("resourceIdentifier"), BIND_DONE };

int logs_associate_kms_key(struct call *call)
{
	const struct logs_input *in = call->input;

	return change_group(call, in->group, "kmsKeyId", json_new_string(&call->arena, in->kms_key));
}

int logs_disassociate_kms_key(struct call *call)
{
	return change_group(call, ((const struct logs_input *)call->input)->group, "kmsKeyId", NULL);
}

/* ---- tags, by ARN and (as older clients ask) by name ---- */

#define GROUP_ARN BIND_STR(struct logs_input, arn, "resourceArn", .required = true, .min = 1, .max = 1011)
#define NEW_TAGS BIND_MAP(struct logs_input, tags, "tags", .required = true, .min = 1, .max = TAGS_MAX)

const struct bind logs_tag_resource_fields[] = { GROUP_ARN, NEW_TAGS, BIND_DONE };
const struct bind logs_untag_resource_fields[] = {
	GROUP_ARN,
	BIND_LIST(struct logs_input, keys, "tagKeys", .required = true, .max = TAGS_MAX),
	BIND_DONE,
};
const struct bind logs_list_tags_for_resource_fields[] = { GROUP_ARN, BIND_DONE };
const struct bind logs_tag_log_group_fields[] = { GROUP_NAME, NEW_TAGS, BIND_DONE };
const struct bind logs_untag_log_group_fields[] = {
	GROUP_NAME,
	BIND_LIST(struct logs_input, keys, "tags", .required = true),
	BIND_DONE,
};
const struct bind logs_list_tags_log_group_fields[] = { GROUP_NAME, BIND_DONE };

int logs_tag_resource(struct call *call)
{
	const struct logs_input *in = call->input;
	struct str name = logs_group_name(in);
	const struct json *group;

	if (logs_need_group(call, name, &group) < 0)
		return -1;
	const struct json *tags = tags_merge(&call->arena, json_get_c(group, "Tags"), in->tags);
	if (tags && tags->count > TAGS_MAX)
		return call_failf(call, &logs_InvalidParameterException, "A resource may have at most %d tags.", TAGS_MAX);
	return change_group(call, name, "Tags", tags);
}

int logs_untag_resource(struct call *call)
{
	const struct logs_input *in = call->input;
	struct str name = logs_group_name(in);
	const struct json *group;

	if (logs_need_group(call, name, &group) < 0)
		return -1;
	return change_group(call, name, "Tags", tags_without(&call->arena, json_get_c(group, "Tags"), in->keys));
}

int logs_list_tags_for_resource(struct call *call)
{
	const struct json *group;

	if (logs_need_group(call, logs_group_name(call->input), &group) < 0)
		return -1;
	const struct json *tags = json_get_c(group, "Tags");
	write_json(&call->out, "tags", tags ? tags : &json_empty_object);
	return 0;
}

int logs_tag_log_group(struct call *call)
{
	return logs_tag_resource(call);
}

int logs_untag_log_group(struct call *call)
{
	return logs_untag_resource(call);
}

int logs_list_tags_log_group(struct call *call)
{
	return logs_list_tags_for_resource(call);
}
