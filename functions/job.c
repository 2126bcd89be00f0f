/* SPDX-License-Identifier: Apache-2.0 */
#include "job.h"

#include "base/uuid.h"
#include "format/date.h"
#include "item.h"

bool job_status_is_valid(struct str status)
{
	static const char *const statuses[] = { JOB_UPLOAD_PENDING, JOB_PROCESSING, JOB_SUCCEEDED, JOB_FAILED, JOB_EXPIRED };

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (str_eq_c(status, statuses[i]))
			return true;
	return false;
}

struct str job_image_key(struct arena *a, struct str job_id)
{
	return arena_printf(a, "uploads/" STR_FMT ".png", STR_ARG(job_id));
}

struct str job_result_key(struct arena *a, struct str job_id, const char *suffix)
{
	return arena_printf(a, "processed/" STR_FMT ".%s", STR_ARG(job_id), suffix);
}

struct str job_id_of_key(struct str key)
{
	struct str prefix = STR("uploads/"), suffix = STR(".png");

	if (key.n != prefix.n + UUID_LENGTH + suffix.n || !str_starts(key, prefix) || !str_ends(key, suffix))
		return STR_NULL;
	struct str id = str_sub(key, prefix.n, UUID_LENGTH);
	return uuid_is_valid(id) ? id : STR_NULL;
}

struct str job_time(struct arena *a, int64_t ms)
{
	char text[DATE_TEXT_MAX];
	return arena_str(a, date_iso_ms(text, ms));
}

const struct json *job_key(struct arena *a, struct str job_id)
{
	return object_of(a, { "job_id", attr_s(a, job_id) });
}

static int not_found(struct error *err)
{
	return function_refuse(err, 404, "JobNotFound", "There is no such job.");
}

int job_read(struct function_context *c, struct str job_id, struct str owner, const struct json **item, struct error *err)
{
	const struct json *reply = NULL;

	/* Other items of the table have keys that are no UUIDs: they are not jobs. */
	if (!uuid_is_valid(job_id))
		return not_found(err);
	const struct json *input = object_of(c->arena, { "TableName", json_new_string(c->arena, c->settings->jobs_table) },
					     { "Key", job_key(c->arena, job_id) }, { "ConsistentRead", json_new_bool(true) });
	int rc = aws_call(c->aws, c->arena, AWS_DYNAMODB, "GetItem", input, &reply, err);
	if (rc)
		return rc;
	const struct json *found = json_get_c(reply, "Item");
	if (found == NULL || (str_is_set(owner) && !str_eq(item_s(found, "owner"), owner)))
		return not_found(err);
	*item = found;
	return 0;
}

/* An image whose bucket has no versions is stored with an empty version_id. */
static const struct json *view_image(struct arena *a, const struct json *image)
{
	struct json *out = json_new_object(a);

	for (size_t i = 0; json_is(image, JSON_OBJECT) && i < image->count; i++) {
		const struct json_member *m = &image->members[i];
		if (!str_eq(m->name, STR("version_id")) || json_text(m->value).n > 0)
			json_add_member(a, out, m->name, m->value);
	}
	return out;
}

struct json *job_view(struct arena *a, const struct json *item)
{
	static const char *const names[] = {
		"job_id",     "status",        "image_bucket", "image_key", "created_at", "updated_at", "upload_expires_at",
		"expires_at", "execution_arn", "owner",        "image",     "error",      "result"
	};
	bool succeeded = str_eq_c(item_s(item, "status"), JOB_SUCCEEDED);
	struct json *view = json_new_object(a);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct json *value = attr_plain(a, json_get(item, str_c(names[i])));
		if (value == NULL || (strcmp(names[i], "result") == 0 && !succeeded))
			continue;
		json_add_member(a, view, str_c(names[i]), strcmp(names[i], "image") == 0 ? view_image(a, value) : value);
	}
	return view;
}

int job_publish_event(struct function_context *c, const char *detail_type, const struct json *detail, struct error *err)
{
	struct arena *a = c->arena;
	const struct json *reply = NULL;
	struct json *entries = json_new_array(a);
	int64_t failed = 0;

	json_add(a, entries,
		 object_of(a, { "Source", text_of(a, "gleaner") }, { "DetailType", text_of(a, detail_type) },
			   { "EventBusName", json_new_string(a, c->settings->event_bus) },
			   { "Detail", json_new_string(a, json_to_str(a, detail)) }));
	int rc = aws_call(c->aws, a, AWS_EVENTS, "PutEvents", object_of(a, { "Entries", entries }), &reply, err);
	if (rc)
		return rc;
	if (json_to_i64(json_get_c(reply, "FailedEntryCount"), &failed) == 0 && failed > 0)
		return error_set(err, ERR_UNAVAILABLE, "the bus did not take the event");
	return 0;
}

bool job_condition_failed(const struct error *err)
{
	return err->code == ERR_SERVICE && strcmp(err->name, "ConditionalCheckFailedException") == 0;
}
