/* SPDX-License-Identifier: Apache-2.0
 *
 * Creating, changing and listing state machines.
 */
#include "os/random.h"
#include "service/states/internal.h"

static const char *const types[] = { "STANDARD", "EXPRESS", NULL };

const struct bind states_create_state_machine_fields[] = {
	BIND_STR(struct machine_input, name, "name", .required = true, .min = 1, .max = 80),
	BIND_STR(struct machine_input, definition, "definition", .required = true, .min = 1, .max = 1048576),
	BIND_STR(struct machine_input, role_arn, "roleArn", .required = true, .min = 1, .max = 256),
	BIND_STR(struct machine_input, type, "type", .values = types),
	BIND_MAP(struct machine_input, logging, "loggingConfiguration"),
	BIND_LIST(struct machine_input, tags, "tags"),
	BIND_MAP(struct machine_input, tracing, "tracingConfiguration"),
	BIND_BOOL(struct machine_input, publish, "publish"),
	BIND_STR(struct machine_input, version_description, "versionDescription", .max = 256),
	BIND_MAP(struct machine_input, encryption, "encryptionConfiguration"),
	BIND_DONE,
};
const struct bind states_update_state_machine_fields[] = {
	BIND_STR(struct machine_input, arn, "stateMachineArn", .required = true, .min = 1, .max = 256),
	BIND_STR(struct machine_input, definition, "definition", .min = 1, .max = 1048576),
	BIND_STR(struct machine_input, role_arn, "roleArn", .min = 1, .max = 256),
	BIND_MAP(struct machine_input, logging, "loggingConfiguration"),
	BIND_MAP(struct machine_input, tracing, "tracingConfiguration"),
	BIND_BOOL(struct machine_input, publish, "publish"),
	BIND_STR(struct machine_input, version_description, "versionDescription", .max = 256),
	BIND_MAP(struct machine_input, encryption, "encryptionConfiguration"),
	BIND_DONE,
};
const struct bind states_delete_state_machine_fields[] = {
	BIND_STR(struct machine_input, arn, "stateMachineArn", .required = true, .min = 1, .max = 256),
	BIND_DONE,
};

/* ---- what is checked before the write ---- */

static int check_definition(struct call *call, struct str definition, bool express)
{
	struct diagnostics *d = ARENA_NEW(&call->arena, struct diagnostics);
	if (!d)
		return call_fault(call, NULL);
	diagnostics_init(d, &call->arena);
	machine_free(machine_compile(definition, express, d));
	if (d->errors == 0)
		return 0;
	struct str text = diagnostics_text(d);
	return call_failf(call, &states_InvalidDefinition, "Invalid State Machine Definition: '" STR_FMT "'", STR_ARG(text));
}

static bool is_role(struct str arn)
{
	return str_starts(arn, STR("arn:")) && str_find(arn, STR(":iam::"), 0) > 0 && str_find(arn, STR(":role/"), 0) > 0;
}

static int check_destination(struct call *call, const struct json *logging, bool off)
{
	const struct json *list = json_get_c(logging, "destinations");
	if (off && (!list || list->count == 0))
		return 0;
	if (!json_is(list, JSON_ARRAY) || list->count != 1)
		return call_failf(call, &states_InvalidLoggingConfiguration,
				  "Invalid Logging Configuration: Must specify exactly one Log Destination.");
	struct str arn = json_get_text(json_get_c(list->items[0], "cloudWatchLogsLogGroup"), STR("logGroupArn"));
	if (!str_starts(arn, STR("arn:")) || !str_ends(arn, STR(":*")) || str_find(arn, STR(":log-group:"), 0) < 0)
		return call_failf(call, &states_InvalidLoggingConfiguration,
				  "Invalid Logging Configuration: Log Destination must "
				  "be a CloudWatch Logs log group ARN that ends with ':*'.");
	return 0;
}

/* The configuration as it will be shown: level and includeExecutionData always there. */
static int prepare_logging(struct call *call, struct machine_input *in)
{
	struct str level = json_get_text(in->logging, STR("level"));
	struct json *kept = json_new_object(&call->arena);
	if (in->logging && !str_is_set(level))
		level = STR("OFF");
	if (in->logging && !str_eq_c(level, "ALL") && !str_eq_c(level, "ERROR") && !str_eq_c(level, "FATAL") &&
	    !str_eq_c(level, "OFF"))
		return call_failf(
			call, &states_ValidationException,
			"1 validation error detected: Value '" STR_FMT "' at "
			"'loggingConfiguration.level' failed to satisfy constraint: Member must satisfy enum value set: "
			"[ALL, ERROR, FATAL, OFF]",
			STR_ARG(level));
	if (in->logging && check_destination(call, in->logging, str_eq_c(level, "OFF")) < 0)
		return ERR_SERVICE;
	(void)json_put(&call->arena, kept, STR("level"), json_new_string(&call->arena, in->logging ? level : STR("OFF")));
	(void)json_put(&call->arena, kept, STR("includeExecutionData"),
		       json_new_bool(json_true(json_get_c(in->logging, "includeExecutionData"))));
	if (json_get_c(in->logging, "destinations"))
		(void)json_put(&call->arena, kept, STR("destinations"), json_get_c(in->logging, "destinations"));
	in->logging_kept = kept;
	struct json *tracing = json_new_object(&call->arena);
	(void)json_put(&call->arena, tracing, STR("enabled"), json_new_bool(json_true(json_get_c(in->tracing, "enabled"))));
	in->tracing_kept = tracing;
	return 0;
}

static int refuse_unsupported(struct call *call, const struct machine_input *in)
{
	struct str key = json_get_text(in->encryption, STR("type"));
	if (in->version_description.n > 0 && !in->publish.value)
		return call_failf(call, &states_ValidationException, "Version description can only be set when publish is true");
	if (in->encryption && !str_eq_c(key, "AWS_OWNED_KEY"))
		return call_failf(call, &states_InvalidEncryptionConfiguration,
				  "Customer managed keys are not offered by this "
				  "server: 'type' must be AWS_OWNED_KEY");
	return 0;
}

int states_prepare_machine(struct call *call)
{
	struct machine_input *in = call->input;
	bool creating = str_is_set(in->name);
	if (refuse_unsupported(call, in) < 0)
		return ERR_SERVICE;
	if (creating && !states_name_valid(in->name))
		return call_failf(call, &states_InvalidName, "Invalid Name: '" STR_FMT "'", STR_ARG(in->name));
	if (str_is_set(in->role_arn) && !is_role(in->role_arn))
		return call_failf(call, &states_InvalidArn, "Invalid Role Arn: '" STR_FMT "'", STR_ARG(in->role_arn));
	if (!creating && !str_is_set(in->definition) && !str_is_set(in->role_arn) && !in->logging && !in->tracing &&
	    !in->encryption)
		return call_fail(call, &states_MissingRequiredParameter);
	if (prepare_logging(call, in) < 0)
		return ERR_SERVICE;
	if (in->tags && in->tags->count > 50)
		return call_fail(call, &states_TooManyTags);
	return creating ? check_definition(call, in->definition, str_eq_c(in->type, "EXPRESS")) : 0;
}

/* ---- records ---- */

static void put(struct call *call, struct json *o, const char *name, struct str text)
{
	if (str_is_set(text))
		(void)json_put(&call->arena, o, str_c(name), json_new_string(&call->arena, text));
}

static struct str new_id(struct call *call)
{
	char id[37];
	random_uuid(id);
	return arena_str(&call->arena, str_c(id));
}

static int save_revision(struct call *call, struct str id, const struct json *revision)
{
	struct key key;
	struct error err = { 0 };
	record_key(&key, STR("revision"), id);
	return record_put(call->txn, SPACE_STATES, &key, &call->arena, revision, &err) < 0 ? call_fault(call, &err) : 0;
}

int states_machine_save(struct call *call, const struct json *machine)
{
	struct key key;
	struct error err = { 0 };
	record_key(&key, STR("machine"), json_get_text(machine, STR("name")));
	return record_put(call->txn, SPACE_STATES, &key, &call->arena, machine, &err) < 0 ? call_fault(call, &err) : 0;
}

/* Keeps the machine, published as a version if that is asked for, and tells the version. */
static int save_machine(struct call *call, struct json *machine)
{
	const struct machine_input *in = call->input;
	if (in->publish.value)
		write_str(&call->out, "stateMachineVersionArn", states_version_publish(call, machine, in->version_description));
	return states_machine_save(call, machine);
}

static int load_revision(struct call *call, struct str id, const struct json **out)
{
	struct key key;
	struct error err = { 0 };
	record_key(&key, STR("revision"), id);
	return record_get(call->txn, SPACE_STATES, &key, &call->arena, out, &err) < 0 ? call_fault(call, &err) : 0;
}

static const struct json *tags_object(struct call *call, const struct json *tags, const struct json *list)
{
	struct json *out = tags ? json_copy_object(&call->arena, tags) : json_new_object(&call->arena);
	for (size_t i = 0; list && i < list->count; i++) {
		struct str value = json_get_text(list->items[i], STR("value"));
		(void)json_put(&call->arena, out, json_get_text(list->items[i], STR("key")),
			       json_new_string(&call->arena, str_is_set(value) ? value : STR("")));
	}
	return out;
}

static const struct json *new_revision(struct call *call, const struct machine_input *in, struct str arn, int64_t now)
{
	struct json *r = json_new_object(&call->arena);
	put(call, r, "machine", in->name);
	put(call, r, "arn", arn);
	put(call, r, "type", str_is_set(in->type) ? in->type : STR("STANDARD"));
	put(call, r, "definition", in->definition);
	put(call, r, "roleArn", in->role_arn);
	(void)json_put(&call->arena, r, STR("logging"), in->logging_kept);
	(void)json_put(&call->arena, r, STR("tracing"), in->tracing_kept);
	(void)json_put(&call->arena, r, STR("at"), json_new_i64(&call->arena, now));
	return r;
}

/* The same request again succeeds; another one of that name is a conflict. Role and tags do not count. */
static int create_again(struct call *call, const struct machine_input *in, const struct json *machine, struct str arn)
{
	const struct json *r;
	int64_t created;
	if (load_revision(call, json_get_text(machine, STR("revision")), &r) < 0)
		return ERR_SERVICE;
	struct str type = str_is_set(in->type) ? in->type : STR("STANDARD");
	if (!str_eq(json_get_text(r, STR("definition")), in->definition) || !str_eq(json_get_text(r, STR("type")), type) ||
	    !json_equal(json_get_c(r, "logging"), in->logging_kept) || !json_equal(json_get_c(r, "tracing"), in->tracing_kept))
		return call_failf(call, &states_StateMachineAlreadyExists, "State Machine Already Exists: '" STR_FMT "'",
				  STR_ARG(arn));
	if (json_to_i64(json_get_c(machine, "created"), &created) < 0)
		return call_fault(call, NULL);
	write_str(&call->out, "stateMachineArn", arn);
	write_time(&call->out, "creationDate", created);
	return 0;
}

int states_create_state_machine(struct call *call)
{
	const struct machine_input *in = call->input;
	int64_t now = clock_wall_ms();
	struct str arn = states_arn(call, "stateMachine", in->name), revision = new_id(call);
	struct key key;
	const struct json *old;
	record_key(&key, STR("machine"), in->name);
	if (record_get(call->txn, SPACE_STATES, &key, &call->arena, &old, NULL) == 0)
		return create_again(call, in, old, arn);
	struct json *m = json_new_object(&call->arena);
	put(call, m, "name", in->name);
	put(call, m, "arn", arn);
	put(call, m, "id", revision);
	put(call, m, "type", str_is_set(in->type) ? in->type : STR("STANDARD"));
	put(call, m, "revision", revision);
	(void)json_put(&call->arena, m, STR("created"), json_new_i64(&call->arena, now));
	(void)json_put(&call->arena, m, STR("tags"), tags_object(call, NULL, in->tags));
	if (save_revision(call, revision, new_revision(call, in, arn, now)) < 0 || save_machine(call, m) < 0)
		return ERR_SERVICE;
	write_str(&call->out, "stateMachineArn", arn);
	write_time(&call->out, "creationDate", now);
	return 0;
}

/* A new revision with what the request changes; executions under way keep theirs. */
int states_update_state_machine(struct call *call)
{
	const struct machine_input *in = call->input;
	struct machine_record m;
	const struct json *old;
	int64_t now = clock_wall_ms();
	if (machine_find(call, in->arn, &m) < 0 || load_revision(call, m.revision, &old) < 0)
		return ERR_SERVICE;
	if (str_is_set(in->definition) && check_definition(call, in->definition, m.express) < 0)
		return ERR_SERVICE;
	struct json *r = json_copy_object(&call->arena, old), *machine = json_copy_object(&call->arena, m.document);
	struct str id = new_id(call);
	put(call, r, "definition", in->definition);
	put(call, r, "roleArn", in->role_arn);
	if (in->logging)
		(void)json_put(&call->arena, r, STR("logging"), in->logging_kept);
	if (in->tracing)
		(void)json_put(&call->arena, r, STR("tracing"), in->tracing_kept);
	(void)json_put(&call->arena, r, STR("at"), json_new_i64(&call->arena, now));
	put(call, machine, "revision", id);
	if (save_revision(call, id, r) < 0 || save_machine(call, machine) < 0)
		return ERR_SERVICE;
	write_time(&call->out, "updateDate", now);
	write_str(&call->out, "revisionId", id);
	return 0;
}

/* ---- tags ---- */

const struct bind states_tag_resource_fields[] = {
	BIND_STR(struct tags_input, arn, "resourceArn", .required = true, .min = 1, .max = 256),
	BIND_LIST(struct tags_input, tags, "tags", .required = true),
	BIND_DONE,
};
const struct bind states_untag_resource_fields[] = {
	BIND_STR(struct tags_input, arn, "resourceArn", .required = true, .min = 1, .max = 256),
	BIND_LIST(struct tags_input, keys, "tagKeys", .required = true),
	BIND_DONE,
};
const struct bind states_list_tags_for_resource_fields[] = {
	BIND_STR(struct tags_input, arn, "resourceArn", .required = true, .min = 1, .max = 256),
	BIND_DONE,
};

static int find_tagged(struct call *call, struct machine_record *m)
{
	const struct tags_input *in = call->input;
	int rc = machine_find(call, in->arn, m);
	if (rc < 0 && str_eq_c(str_c(call->error.name), "StateMachineDoesNotExist"))
		return call_failf(call, &states_ResourceNotFound, "Resource not found: '" STR_FMT "'", STR_ARG(in->arn));
	return rc;
}

static int save_tags(struct call *call, const struct machine_record *m, const struct json *tags)
{
	struct json *machine = json_copy_object(&call->arena, m->document);
	if (tags && tags->count > 50)
		return call_fail(call, &states_TooManyTags);
	(void)json_put(&call->arena, machine, STR("tags"), tags);
	return states_machine_save(call, machine);
}

int states_tag_resource(struct call *call)
{
	const struct tags_input *in = call->input;
	struct machine_record m;
	if (find_tagged(call, &m) < 0)
		return ERR_SERVICE;
	return save_tags(call, &m, tags_object(call, json_get_c(m.document, "tags"), in->tags));
}

static bool listed(const struct json *keys, struct str name)
{
	for (size_t i = 0; i < keys->count; i++)
		if (str_eq(json_text(keys->items[i]), name))
			return true;
	return false;
}

int states_untag_resource(struct call *call)
{
	const struct tags_input *in = call->input;
	struct machine_record m;
	if (find_tagged(call, &m) < 0)
		return ERR_SERVICE;
	const struct json *tags = json_get_c(m.document, "tags");
	struct json *left = json_new_object(&call->arena);
	for (size_t i = 0; tags && i < tags->count; i++)
		if (!listed(in->keys, tags->members[i].name))
			(void)json_add_member(&call->arena, left, tags->members[i].name, tags->members[i].value);
	return save_tags(call, &m, left);
}

int states_list_tags_for_resource(struct call *call)
{
	struct machine_record m;
	if (find_tagged(call, &m) < 0)
		return ERR_SERVICE;
	const struct json *tags = json_get_c(m.document, "tags");
	write_list(&call->out, "tags", NULL);
	for (size_t i = 0; tags && i < tags->count; i++) {
		write_object(&call->out, NULL);
		write_str(&call->out, "key", tags->members[i].name);
		write_str(&call->out, "value", json_text(tags->members[i].value));
		write_end(&call->out);
	}
	write_end(&call->out);
	return 0;
}
