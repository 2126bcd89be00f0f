/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/named_setting.h"

#include "service/s3/record.h"

enum { ID_MAX = 64, KIND_MAX = 1000, PAGE_MAX = 100 };

const struct bind s3_named_setting_rows[] = {
	S3_BUCKET_ROWS(struct named_setting_input),
	S3_QUERY(struct named_setting_input, id, "Id", "id"),
	S3_QUERY(struct named_setting_input, token, "ContinuationToken", "continuation-token"),
	BIND_DONE,
};

/* The operation's query is "metrics" or "metrics&id". */
static const struct named_setting *setting_of(const struct call *call)
{
	struct str query = str_c(call->operation->query);
	struct str name = str_split(&query, '&');

	for (const struct named_setting *s = s3_named_settings; s->name; s++)
		if (str_eq_c(name, s->name))
			return s;
	return NULL;
}

static const char *kept_name(struct call *call, struct str id)
{
	return arena_printf(&call->arena, "%s/" STR_FMT, setting_of(call)->name, STR_ARG(id)).p;
}

static bool is_id(struct str id)
{
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
		      c == '-'))
			return false;
	}
	return id.n > 0 && id.n <= ID_MAX;
}

int s3_named_setting_put_prepare(struct call *call)
{
	const struct named_setting_input *in = call->input;
	const struct named_setting *s = setting_of(call);
	const struct xml *root;

	if (!is_id(in->id))
		return s3_fail_argument(call, "id", in->id, "The specified configuration id is invalid.");
	if (s3_parse_body(call, s->root, &root) < 0 || s3_shape_check(call, s->members, root) < 0)
		return ERR_SERVICE;
	if (!str_eq(xml_child_text(root, STR("Id")), in->id))
		return s3_fail_argument(call, "id", in->id, "The id of the configuration differs from the request's.");
	call->scratch = (void *)(uintptr_t)root;
	return 0;
}

struct walk {
	struct str from; /* ids after this one; absent: all */
	size_t most;
	void (*each)(struct call *call, struct str text);
};

static int read_id(struct access *x, struct str key, size_t prefix, struct str *id)
{
	struct str part = STR_NULL;
	int rc = 0;

	for (int i = 0; i < 3 && rc == 0; i++)
		rc = key_read_str(x->arena, &key, &part);
	if (rc < 0)
		return error_set(&x->err, ERR_CORRUPT, "s3: a setting's key is damaged");
	*id = arena_str(x->arena, str_from(part, prefix));
	return 0;
}

/* One step of the walk: 1 to go on. */
static int walk_on(struct call *call, struct access *x, const struct walk *walk, struct store_cursor *c, size_t *count,
		   struct str *last)
{
	struct str key, text, id;
	int rc = store_next(c, &key, &text, &x->err);

	if (rc <= 0)
		return rc;
	if ((rc = read_id(x, key, strlen(setting_of(call)->name) + 1, &id)) < 0)
		return rc;
	if (str_is_set(walk->from) && str_cmp(id, walk->from) <= 0)
		return 1;
	if (++*count > walk->most)
		return 0;
	*last = id;
	if (walk->each)
		walk->each(call, text);
	return 1;
}

/* How many there are, at most `most` and one: `each` is called for the first `most`; `last` is the last of these. */
static int walk_settings(struct call *call, struct access *x, const struct walk *walk, size_t *count, struct str *last)
{
	struct store_cursor c;
	int rc = s3_setting_scan(x, s3_target(call)->bucket, kept_name(call, STR("")), &c);

	*count = 0;
	if (rc == 0)
		do
			rc = walk_on(call, x, walk, &c, count, last);
		while (rc > 0);
	store_scan_end(&c);
	return rc;
}

int s3_named_setting_put(struct call *call)
{
	const struct named_setting_input *in = call->input;
	struct access x = s3_access(call);
	struct str text, old, last;
	struct bucket b;
	size_t count;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	int rc = bucket_setting_read(&x, b.name, kept_name(call, in->id), &old);
	if (rc == ERR_NOT_FOUND) {
		rc = walk_settings(call, &x, &(struct walk){ .most = KIND_MAX }, &count, &last);
		if (rc >= 0 && count >= KIND_MAX)
			return s3_fail_bucket(call, &s3_TooManyConfigurations, b.name);
	}
	text = s3_shape_text(&call->arena, call->scratch);
	if (rc >= 0 && !str_is_set(text))
		rc = error_set(&x.err, ERR_LIMIT, "s3: the setting is too large");
	if (rc >= 0)
		rc = s3_setting_write(&x, b.name, kept_name(call, in->id), text);
	return rc < 0 ? s3_fault(call, &x) : 0;
}

static int open_setting(struct call *call, struct access *x, struct str *text)
{
	const struct named_setting_input *in = call->input;
	struct bucket b;

	if (s3_open_bucket(call, x, &b) < 0)
		return ERR_SERVICE;
	int rc = bucket_setting_read(x, b.name, kept_name(call, in->id), text);
	if (rc == ERR_NOT_FOUND)
		return s3_fail_bucket(call, &s3_NoSuchConfiguration, b.name);
	return rc < 0 ? s3_fault(call, x) : 0;
}

int s3_named_setting_get(struct call *call)
{
	const struct named_setting *s = setting_of(call);
	struct access x = s3_access(call);
	struct str text;

	if (open_setting(call, &x, &text) < 0)
		return ERR_SERVICE;
	s3_reply_document(call, s->root, text);
	return 0;
}

int s3_named_setting_remove(struct call *call)
{
	const struct named_setting_input *in = call->input;
	struct access x = s3_access(call);
	struct str text;

	if (open_setting(call, &x, &text) < 0)
		return ERR_SERVICE;
	return s3_setting_delete(&x, in->target.bucket, kept_name(call, in->id)) < 0 ? s3_fault(call, &x) : 0;
}

static void add_text(struct call *call, struct str text)
{
	buf_addf(call->out.out, STR_FMT, STR_ARG(text));
}

int s3_named_setting_list(struct call *call)
{
	const struct named_setting_input *in = call->input;
	const struct named_setting *s = setting_of(call);
	struct walk walk = { .from = in->token, .most = PAGE_MAX, .each = add_text };
	struct access x = s3_access(call);
	struct str last = STR_NULL;
	struct bucket b;
	size_t count;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	s3_xml_begin(call, s->list_root);
	if (walk_settings(call, &x, &walk, &count, &last) < 0)
		return s3_fault(call, &x);
	write_bool(&call->out, "IsTruncated", count > PAGE_MAX);
	write_str(&call->out, "ContinuationToken", in->token);
	if (count > PAGE_MAX)
		write_str(&call->out, "NextContinuationToken", last);
	s3_xml_end(call, s->list_root);
	return 0;
}
