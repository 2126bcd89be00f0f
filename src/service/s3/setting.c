/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/setting.h"

const struct setting *s3_setting_find(const char *name)
{
	for (const struct setting *s = s3_settings; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s;
	return NULL;
}

static const struct setting *setting_of(const struct call *call)
{
	return s3_setting_find(call->operation->query);
}

int s3_setting_put_prepare(struct call *call)
{
	const struct setting *s = setting_of(call);
	const struct xml *root;
	int rc = s3_parse_body(call, s->root, &root);

	if (rc == 0)
		rc = s3_shape_check(call, s->members, root);
	/* The tree was made for this call alone. */
	if (rc == 0 && s->check)
		rc = s->check(call, (struct xml *)(uintptr_t)root);
	call->scratch = (void *)(uintptr_t)root;
	return rc;
}

static int store_setting(struct call *call, struct access *x, const struct setting *s, struct bucket *b, const struct xml *root)
{
	int rc = s->apply ? s->apply(call, x, b, root) : 0;

	if (rc < 0)
		return rc;
	if (!root) {
		rc = s3_setting_delete(x, b->name, s->name);
	} else {
		struct str text = s3_shape_text(x->arena, root);
		rc = str_is_set(text) ? s3_setting_write(x, b->name, s->name, text)
				      : error_set(&x->err, ERR_LIMIT, "s3: the setting is too large");
	}
	if (rc == 0 && s->apply)
		rc = s3_bucket_write(x, b);
	return rc < 0 ? s3_fault(call, x) : 0;
}

int s3_setting_put(struct call *call)
{
	const struct setting *s = setting_of(call);
	const struct xml *root = call->scratch;
	struct access x = s3_access(call);
	struct bucket b;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	return store_setting(call, &x, s, &b, s->is_removal && s->is_removal(root) ? NULL : root);
}

int s3_setting_remove(struct call *call)
{
	struct access x = s3_access(call);
	struct bucket b;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	return store_setting(call, &x, setting_of(call), &b, NULL);
}

int s3_setting_get(struct call *call)
{
	const struct setting *s = setting_of(call);
	struct access x = s3_access(call);
	struct bucket b;
	struct str text;

	if (s3_open_bucket(call, &x, &b) < 0)
		return ERR_SERVICE;
	int rc = bucket_setting_read(&x, b.name, s->name, &text);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return s3_fault(call, &x);
	if (rc == ERR_NOT_FOUND && s->absent)
		return s3_fail_bucket(call, s->absent, b.name);
	if (rc == ERR_NOT_FOUND)
		text = s->unset ? str_c(s->unset) : arena_printf(&call->arena, "<%s></%s>", s->root, s->root);
	if (strcmp(s->name, "lifecycle") == 0) {
		struct str size;
		if (bucket_setting_read(&x, b.name, "transitionDefaultMinimumObjectSize", &size) == 0)
			call_reply_header(call, "x-amz-transition-default-minimum-object-size", size);
	}
	s3_reply_document(call, s->root, text);
	return 0;
}
