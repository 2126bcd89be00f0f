/* SPDX-License-Identifier: Apache-2.0
 *
 * Tags, kept as an object of names to values. Source: "Categorizing your objects using tags", Amazon S3 User Guide.
 */
#include "format/xml.h"
#include "service/s3/object.h"

enum { OBJECT_TAGS_MAX = 10, TAG_KEY_MAX = 128, TAG_VALUE_MAX = 256 };

static int add_tag(struct call *call, struct json *tags, struct str key, struct str value)
{
	if (key.n == 0 || !str_is_utf8(key) || str_utf8_length(key) > TAG_KEY_MAX)
		return call_failf(call, &s3_InvalidTag, "The TagKey you have provided is invalid");
	if (!str_is_utf8(value) || str_utf8_length(value) > TAG_VALUE_MAX)
		return call_failf(call, &s3_InvalidTag, "The TagValue you have provided is invalid");
	if (str_starts(key, STR("aws:")))
		return call_failf(call, &s3_InvalidTag, "System tags cannot be added/updated by requester");
	if (json_get(tags, key))
		return call_failf(call, &s3_InvalidTag, "Cannot provide multiple Tags with the same key");
	json_add_member(&call->arena, tags, key, json_new_string(&call->arena, value));
	return 0;
}

static int check_count(struct call *call, const struct json *tags, size_t max)
{
	if (!tags || tags->count <= max)
		return 0;
	return call_failf(call, &s3_BadRequest, "%s tags cannot be greater than %zu",
			  max == OBJECT_TAGS_MAX ? "Object" : "Bucket", max);
}

int s3_tags_from_text(struct call *call, struct str text, const struct json **out)
{
	struct json *tags = json_new_object(&call->arena);
	struct uri_query pairs;

	if (uri_query_parse(&call->arena, text, true, &pairs) < 0)
		return s3_fail_argument(call, "x-amz-tagging", text,
					"The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded "
					"URL query parameters without tag name duplicates.");
	for (size_t i = 0; i < pairs.count; i++) {
		struct str value = pairs.pairs[i].value;
		int rc = add_tag(call, tags, pairs.pairs[i].name, str_is_set(value) ? value : STR(""));
		if (rc < 0)
			return rc;
	}
	*out = tags && tags->count ? tags : NULL;
	return check_count(call, tags, OBJECT_TAGS_MAX);
}

int s3_tags_from_xml(struct call *call, const struct xml *tagging, size_t max, const struct json **out)
{
	struct json *tags = json_new_object(&call->arena);
	const struct xml *set = xml_child(tagging, STR("TagSet"));

	if (!set)
		return call_fail(call, &s3_MalformedXML);
	for (const struct xml *tag = set->children; tag; tag = tag->next) {
		if (!str_eq_c(tag->name, "Tag") || !xml_child(tag, STR("Key")) || !xml_child(tag, STR("Value")))
			return call_fail(call, &s3_MalformedXML);
		int rc = add_tag(call, tags, xml_child_text(tag, STR("Key")), xml_child_text(tag, STR("Value")));
		if (rc < 0)
			return rc;
	}
	*out = tags && tags->count ? tags : NULL;
	return check_count(call, tags, max);
}

void s3_write_tags(struct call *call, const struct json *tags)
{
	struct writer *w = &call->out;

	write_list(w, "TagSet", "Tag");
	for (size_t i = 0; tags && i < tags->count; i++) {
		write_object(w, NULL);
		write_str(w, "Key", tags->members[i].name);
		write_str(w, "Value", json_text(tags->members[i].value));
		write_end(w);
	}
	write_end(w);
}
