/* SPDX-License-Identifier: Apache-2.0
 *
 * What happened to an object, as EventBridge is told. Source: "EventBridge event message structure", Amazon S3 User Guide.
 */
#include "service/s3/object.h"

struct occasion s3_occasion(struct call *call, const char *reason)
{
	bool by_service = call->principal.kind == PRINCIPAL_SERVICE;

	return (struct occasion){
		.reason = reason,
		.request_id = str_c(call->request_id),
		.requester = by_service ? call->principal.arn : s3_of(call)->account,
		.source_ip = call->remote,
	};
}

static void put_text(struct access *x, struct json *object, const char *name, struct str text)
{
	if (str_is_set(text))
		json_add_member(x->arena, object, str_c(name), json_new_string(x->arena, text));
}

/* The sequencer orders the events of one key: longer is later, then by its hexadecimal digits. */
static struct json *event_object(struct access *x, const struct object *o, bool with_size)
{
	struct json *object = json_new_object(x->arena);

	put_text(x, object, "key", o->key);
	if (with_size)
		json_add_member(x->arena, object, STR("size"), json_new_i64(x->arena, (int64_t)o->content.size));
	put_text(x, object, "etag", o->etag);
	put_text(x, object, "version-id", o->version_id);
	put_text(x, object, "sequencer",
		 arena_printf(x->arena, "%016llX", (unsigned long long)s3_next_sequence(x->s3, o->sequence)));
	return object;
}

static struct json *event_detail(struct access *x, const struct bucket *b, const struct json *object, const struct occasion *why)
{
	struct json *detail = json_new_object(x->arena), *bucket = json_new_object(x->arena);

	put_text(x, bucket, "name", b->name);
	put_text(x, detail, "version", STR("0"));
	json_add_member(x->arena, detail, STR("bucket"), bucket);
	json_add_member(x->arena, detail, STR("object"), object);
	put_text(x, detail, "request-id", why->request_id);
	put_text(x, detail, "requester", why->requester);
	put_text(x, detail, "source-ip-address", why->source_ip);
	put_text(x, detail, "reason", str_c(why->reason));
	return detail;
}

static int put_event(struct access *x, const struct bucket *b, const char *detail_type, const struct json *detail)
{
	struct json *event = json_new_object(x->arena), *resources = json_new_array(x->arena);
	struct str arn = arena_printf(x->arena, "arn:aws:s3:::" STR_FMT, STR_ARG(b->name));

	json_add(x->arena, resources, json_new_string(x->arena, arn));
	put_text(x, event, "version", STR("0"));
	put_text(x, event, "detail-type", str_c(detail_type));
	put_text(x, event, "source", STR("aws.s3"));
	put_text(x, event, "account", x->s3->account);
	put_text(x, event, "region", b->region);
	json_add_member(x->arena, event, STR("resources"), resources);
	json_add_member(x->arena, event, STR("detail"), detail);
	if (arena_failed(x->arena))
		return error_set(&x->err, ERR_NO_MEMORY, "s3: out of memory");
	return host_put_event(x->s3->host, x->txn, event, &x->err);
}

/* To EventBridge, and to the bucket's own targets. */
static int tell(struct access *x, const struct bucket *b, const char *detail_type, const char *event, const struct json *object,
		const struct json *detail, const struct occasion *why)
{
	int rc = b->sends_events ? put_event(x, b, detail_type, detail) : 0;

	return rc == 0 && b->notifies ? s3_notify_targets(x, b, event, object, why) : rc;
}

static const char *created_name(const char *reason)
{
	if (strcmp(reason, "CopyObject") == 0)
		return "ObjectCreated:Copy";
	return strcmp(reason, "CompleteMultipartUpload") == 0 ? "ObjectCreated:CompleteMultipartUpload" : "ObjectCreated:Put";
}

static const char *deleted_name(const char *reason, bool marker_made)
{
	if (strcmp(reason, "Lifecycle Expiration") == 0)
		return marker_made ? "LifecycleExpiration:DeleteMarkerCreated" : "LifecycleExpiration:Delete";
	return marker_made ? "ObjectRemoved:DeleteMarkerCreated" : "ObjectRemoved:Delete";
}

int s3_notify_created(struct access *x, const struct bucket *b, const struct object *o, const struct occasion *why)
{
	if (!b->sends_events && !b->notifies)
		return 0;
	struct json *object = event_object(x, o, true);
	return tell(x, b, "Object Created", created_name(why->reason), object, event_detail(x, b, object, why), why);
}

int s3_notify_deleted(struct access *x, const struct bucket *b, const struct object *o, bool marker_made,
		      const struct occasion *why)
{
	if (!b->sends_events && !b->notifies)
		return 0;
	struct json *object = event_object(x, o, false), *detail = event_detail(x, b, object, why);
	put_text(x, detail, "deletion-type", marker_made ? STR("Delete Marker Created") : STR("Permanently Deleted"));
	return tell(x, b, "Object Deleted", deleted_name(why->reason, marker_made), object, detail, why);
}

int s3_notify_tags(struct access *x, const struct bucket *b, const struct object *o, bool deleted)
{
	struct occasion why = { 0 };

	if (!b->sends_events && !b->notifies)
		return 0;
	struct json *object = event_object(x, o, false);
	return tell(x, b, deleted ? "Object Tags Deleted" : "Object Tags Added",
		    deleted ? "ObjectTagging:Delete" : "ObjectTagging:Put", object, event_detail(x, b, object, &why), &why);
}
