/* SPDX-License-Identifier: Apache-2.0
 *
 * Archives: their settings. Events are not kept, so there is nothing to replay.
 */
#include "service/events/internal.h"

#include "aws/arn.h"
#include "os/clock.h"

#define ARCHIVE_NAME                                                                                                             \
	BIND_STR(struct archive_input, name, "ArchiveName", .required = true, .min = 1, .max = 48, .valid = events_valid_name,   \
		 .pattern = "[\\.\\-_A-Za-z0-9]+")
#define ARCHIVE_SETTINGS                                                                                                         \
	BIND_STR(struct archive_input, description, "Description", .max = 512),                                                  \
		BIND_STR(struct archive_input, pattern, "EventPattern", .max = EVENTS_PATTERN_MAX),                              \
		BIND_I64(struct archive_input, days, "RetentionDays", .min = 0), BIND_REFUSED("KmsKeyIdentifier")

const struct bind events_create_archive_fields[] = {
	ARCHIVE_NAME,
	BIND_STR(struct archive_input, source, "EventSourceArn", .required = true, .min = 1, .max = 1600),
	ARCHIVE_SETTINGS,
	BIND_DONE,
};
const struct bind events_update_archive_fields[] = { ARCHIVE_NAME, ARCHIVE_SETTINGS, BIND_DONE };
const struct bind events_describe_archive_fields[] = { ARCHIVE_NAME, BIND_DONE };
const struct bind events_delete_archive_fields[] = { ARCHIVE_NAME, BIND_DONE };
const struct bind events_list_archives_fields[] = {
	BIND_STR(struct archive_input, prefix, "NamePrefix", .min = 1, .max = 48),
	BIND_STR(struct archive_input, source, "EventSourceArn", .min = 1, .max = 1600),
	BIND_STR(struct archive_input, state, "State"),
	BIND_STR(struct archive_input, token, "NextToken", .min = 1, .max = 2048),
	BIND_I64(struct archive_input, limit, "Limit", .min = 1, .max = 100),
	BIND_DONE,
};

static struct str archive_arn(struct call *call, struct str name)
{
	return arn_format(&call->arena, "events", host_region(call->host), host_account(call->host), "archive/" STR_FMT,
			  STR_ARG(name));
}

struct str events_archive_resource(struct call *call)
{
	return archive_arn(call, ((const struct archive_input *)call->input)->name);
}

static int load_archive(struct call *call, const struct json **out)
{
	const struct archive_input *in = call->input;
	struct error err = { 0 };
	struct key key;

	record_key(&key, STR("archive"), in->name);
	int rc = record_get(call->txn, SPACE_EVENTS, &key, &call->arena, out, &err);
	if (rc == ERR_NOT_FOUND)
		return call_failf(call, &events_ResourceNotFoundException, "Archive " STR_FMT " does not exist.",
				  STR_ARG(in->name));
	return rc < 0 ? call_fault(call, &err) : 0;
}

/* What the request gives, over what there was; and the answer that creating and updating have. */
static int save_archive(struct call *call, struct json *archive)
{
	const struct archive_input *in = call->input;
	struct arena *a = &call->arena;
	const struct event_pattern *compiled;
	struct error err = { 0 };
	int64_t created = 0;
	struct key key;

	if (in->pattern.n && event_pattern_compile(a, in->pattern, &compiled, &err) < 0)
		return call_failf(call, &events_InvalidEventPatternException, "%s", err.message);
	if (in->description.p)
		json_put(a, archive, STR("Description"), json_new_string(a, in->description));
	if (in->pattern.p)
		json_put(a, archive, STR("EventPattern"), json_new_string(a, in->pattern));
	if (in->days.set)
		json_put(a, archive, STR("RetentionDays"), json_new_i64(a, in->days.value));
	record_key(&key, STR("archive"), in->name);
	if (record_put(call->txn, SPACE_EVENTS, &key, a, archive, &err) < 0)
		return call_fault(call, &err);
	(void)!json_to_i64(json_get_c(archive, "CreationTime"), &created);
	write_str(&call->out, "ArchiveArn", archive_arn(call, in->name));
	write_c(&call->out, "State", "ENABLED");
	write_time(&call->out, "CreationTime", created);
	return 0;
}

int events_create_archive(struct call *call)
{
	const struct archive_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *archive = json_new_object(a);
	struct key key;

	record_key(&key, STR("archive"), in->name);
	if (store_has(call->txn, SPACE_EVENTS, key_str(&key)))
		return call_failf(call, &events_ResourceAlreadyExistsException, "Archive " STR_FMT " already exists.",
				  STR_ARG(in->name));
	if (str_find(in->source, STR(":event-bus/"), 0) < 0)
		return call_failf(call, &events_ValidationException,
				  "Parameter EventSourceArn is not valid. Reason: Must contain an ARN of an event bus.");
	if (events_need_bus(call, events_bus_name(in->source)) < 0)
		return -1;
	json_put(a, archive, STR("ArchiveName"), json_new_string(a, in->name));
	json_put(a, archive, STR("EventSourceArn"), json_new_string(a, in->source));
	json_put(a, archive, STR("RetentionDays"), json_new_i64(a, 0));
	json_put(a, archive, STR("CreationTime"), json_new_i64(a, clock_wall_ms()));
	return save_archive(call, archive);
}

int events_update_archive(struct call *call)
{
	const struct json *archive;

	return load_archive(call, &archive) < 0 ? -1 : save_archive(call, json_copy_object(&call->arena, archive));
}

static void write_archive(struct call *call, const struct json *archive)
{
	for (size_t i = 0; i < archive->count; i++) {
		const struct json_member *m = &archive->members[i];
		int64_t at;

		if (str_eq_c(m->name, "CreationTime") && json_to_i64(m->value, &at) == 0)
			write_time(&call->out, "CreationTime", at);
		else
			write_json(&call->out, arena_c(&call->arena, m->name), m->value);
	}
	write_c(&call->out, "State", "ENABLED");
	write_i64(&call->out, "SizeBytes", 0);
	write_i64(&call->out, "EventCount", 0);
}

int events_describe_archive(struct call *call)
{
	const struct archive_input *in = call->input;
	const struct json *archive;

	if (load_archive(call, &archive) < 0)
		return -1;
	write_str(&call->out, "ArchiveArn", archive_arn(call, in->name));
	write_archive(call, archive);
	return 0;
}

int events_delete_archive(struct call *call)
{
	const struct archive_input *in = call->input;
	const struct json *archive;
	struct error err = { 0 };
	struct key key;

	if (load_archive(call, &archive) < 0)
		return -1;
	record_key(&key, STR("archive"), in->name);
	return store_delete(call->txn, SPACE_EVENTS, key_str(&key), &err) < 0 ? call_fault(call, &err) : 0;
}

static int write_listed(void *argument, const struct json *archive)
{
	struct call *call = argument;
	const struct archive_input *in = call->input;

	if (!str_starts(json_get_text(archive, STR("ArchiveName")), in->prefix) ||
	    (in->source.p && !str_eq(in->source, json_get_text(archive, STR("EventSourceArn")))) ||
	    (in->state.p && !str_eq_c(in->state, "ENABLED")))
		return 0;
	write_object(&call->out, NULL);
	write_archive(call, archive);
	write_end(&call->out);
	return 1;
}

int events_list_archives(struct call *call)
{
	const struct archive_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 100, .token = in->token };
	struct error err = { 0 };
	struct str next = STR_NULL;
	struct key key;

	record_key(&key, STR("archive"));
	write_list(&call->out, "Archives", NULL);
	if (record_page(call->txn, SPACE_EVENTS, &key, &window, &call->arena, write_listed, call, &next, &err) < 0)
		return events_page_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextToken", next);
	return 0;
}
