/* SPDX-License-Identifier: Apache-2.0
 *
 * Identifiers, pages, and the shapes of answers.
 */
#include "base/limits.h"
#include "format/uri.h"
#include "os/random.h"
#include "service/iam/model.h"
#include "service/tags.h"

struct str entity_arn(const struct host *host, struct arena *a, const char *noun, struct str path, struct str name)
{
	struct str account = host_account(host);

	return arena_printf(a, "arn:aws:iam::" STR_FMT ":%s" STR_FMT STR_FMT, STR_ARG(account), noun, STR_ARG(path),
			    STR_ARG(name));
}

enum { ID_RANDOM = 17 };

struct str new_id(struct arena *a, const char *prefix)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	char text[ID_RANDOM];

	for (int i = 0; i < ID_RANDOM; i++)
		text[i] = alphabet[random_below(sizeof(alphabet) - 1)];
	return arena_concat(a, str_c(prefix), str_of(text, ID_RANDOM));
}

struct str arn_last_name(struct str arn)
{
	size_t start = arn.n;

	while (start > 0 && arn.p[start - 1] != '/')
		start--;
	return str_from(arn, start);
}

size_t document_size(struct str document)
{
	size_t n = 0;

	for (size_t i = 0; i < document.n; i++)
		n += !memchr(" \t\r\n", document.p[i], 4);
	return n;
}

/* ---- pages: a marker is the number of rows before it ---- */

int page_begin(struct call *call, struct page *page)
{
	const struct iam_input *in = call->input;

	*page = (struct page){ 0 };
	if (in->marker.p && (str_to_i64(in->marker, &page->start) < 0 || page->start < 0))
		return call_failf(call, &iam_ValidationError, "Invalid Marker.");
	page->end = page->start + (in->max_items.set ? in->max_items.value : PAGE_DEFAULT);
	return 0;
}

bool page_takes(struct page *page)
{
	int64_t at = page->index++;

	page->more = page->more || at >= page->end;
	return at >= page->start && at < page->end;
}

void page_write(struct call *call, const struct page *page)
{
	write_bool(&call->out, "IsTruncated", page->more);
	if (page->more)
		write_strf(&call->out, "Marker", "%lld", (long long)page->end);
}

/* ---- documents ---- */

struct json *copy_without(struct arena *a, const struct json *object, struct str member)
{
	struct json *out = json_new_object(a);

	for (size_t i = 0; i < object->count; i++) {
		if (!str_eq(object->members[i].name, member))
			json_add_member(a, out, object->members[i].name, object->members[i].value);
	}
	return out;
}

void put_text(struct arena *a, struct json *object, const char *member, struct str text)
{
	if (text.p)
		json_put(a, object, str_c(member), json_new_string(a, text));
}

int64_t get_i64(const struct json *object, const char *member)
{
	int64_t n = 0;

	return json_to_i64(json_get(object, str_c(member)), &n) == 0 ? n : 0;
}

/* ---- answers ---- */

void write_document(struct writer *w, const char *name, struct str document)
{
	struct buf b;

	buf_init(&b, MIB(1));
	uri_encode(&b, document, false);
	write_str(w, name, buf_str(&b));
	buf_release(&b);
}

void write_tags(struct call *call, const struct json *entity)
{
	const struct json *tags = json_get_c(entity, "Tags");

	if (tags && tags->count > 0)
		tags_write_list(&call->out, "Tags", tags);
}

void write_boundary(struct writer *w, const struct json *entity)
{
	struct str arn = json_get_text(entity, STR("PermissionsBoundary"));

	if (!arn.p)
		return;
	write_object(w, "PermissionsBoundary");
	write_c(w, "PermissionsBoundaryType", "Policy");
	write_str(w, "PermissionsBoundaryArn", arn);
	write_end(w);
}

/* Lists leave out tags and boundary, as the service does. */
void write_role(struct call *call, const char *name, const struct json *role, bool whole)
{
	struct writer *w = &call->out;

	write_object(w, name);
	write_str(w, "Path", json_get_text(role, STR("Path")));
	write_str(w, "RoleName", json_get_text(role, STR("RoleName")));
	write_str(w, "RoleId", json_get_text(role, STR("RoleId")));
	write_str(w, "Arn", json_get_text(role, STR("Arn")));
	write_time(w, "CreateDate", get_i64(role, "CreateDate"));
	write_document(w, "AssumeRolePolicyDocument", json_get_text(role, STR("AssumeRolePolicyDocument")));
	write_str(w, "Description", json_get_text(role, STR("Description")));
	write_i64(w, "MaxSessionDuration", get_i64(role, "MaxSessionDuration"));
	if (whole) {
		write_boundary(w, role);
		write_tags(call, role);
		write_object(w, "RoleLastUsed");
		write_end(w);
	}
	write_end(w);
}

void write_user(struct call *call, const char *name, const struct json *user, bool whole)
{
	struct writer *w = &call->out;

	write_object(w, name);
	write_str(w, "Path", json_get_text(user, STR("Path")));
	write_str(w, "UserName", json_get_text(user, STR("UserName")));
	write_str(w, "UserId", json_get_text(user, STR("UserId")));
	write_str(w, "Arn", json_get_text(user, STR("Arn")));
	write_time(w, "CreateDate", get_i64(user, "CreateDate"));
	if (whole) {
		write_boundary(w, user);
		write_tags(call, user);
	}
	write_end(w);
}
