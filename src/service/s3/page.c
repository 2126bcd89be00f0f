/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/page.h"

int s3_page_check(struct call *call, const struct opt_i64 *max, const char *max_name, struct str encoding, int64_t *limit)
{
	*limit = max->set ? max->value : PAGE_MAX;
	if (*limit < 0 || *limit > INT32_MAX)
		return s3_fail_argument(
			call, max_name, arena_printf(&call->arena, "%lld", (long long)*limit),
			arena_printf(&call->arena, "Argument %s must be an integer between 0 and 2147483647", max_name).p);
	if (*limit > PAGE_MAX)
		*limit = PAGE_MAX;
	if (str_is_set(encoding) && !str_eq_c(encoding, "url"))
		return s3_fail_argument(call, "encoding-type", encoding, "Invalid Encoding Method specified in Request");
	return 0;
}

static int open_page(struct call *call, struct access *x, struct page *p)
{
	const struct list_input *in = call->input;
	struct bucket b;

	*p = (struct page){ .encode = str_eq_c(in->encoding, "url") };
	int rc = s3_page_check(call, &in->max, "max-keys", in->encoding, &p->max);
	if (rc == 0)
		rc = s3_open_bucket(call, x, &b);
	if (rc < 0)
		return rc;
	p->objects = arena_alloc_array(&call->arena, (size_t)p->max + 1, sizeof(*p->objects));
	p->prefixes = arena_alloc_array(&call->arena, (size_t)p->max + 1, sizeof(*p->prefixes));
	if (!p->objects || !p->prefixes)
		return call_fault(call, NULL);
	p->walk = (struct walk){ .x = x,
				 .bucket = in->target.bucket,
				 .prefix = str_is_set(in->prefix) ? in->prefix : STR(""),
				 .delimiter = in->delimiter };
	return 0;
}

static void add_entry(struct page *p, int step)
{
	if (step == WALK_PREFIX) {
		p->prefixes[p->prefix_count++] = p->last = p->walk.common_prefix;
		p->last_object = NULL;
		return;
	}
	p->last_object = &p->objects[p->object_count++];
	*p->last_object = (struct page_object){ p->walk.object, p->walk.latest };
	p->last = p->walk.object.key;
}

static int fill_page(struct page *p)
{
	int step;

	while ((step = s3_walk_next(&p->walk)) > 0) {
		if (p->object_count + p->prefix_count == (size_t)p->max) {
			p->truncated = p->max > 0;
			break;
		}
		add_entry(p, step);
	}
	return step < 0 ? step : 0;
}

int s3_page_read(struct call *call, struct access *x, struct str after, struct page *p)
{
	if (open_page(call, x, p) < 0)
		return ERR_SERVICE;
	int rc = s3_walk_begin(&p->walk, after.n ? after : STR_NULL);
	if (rc == 0)
		rc = fill_page(p);
	s3_walk_end(&p->walk);
	return rc < 0 ? s3_fault(call, x) : 0;
}

int s3_page_read_versions(struct call *call, struct access *x, struct str after, uint64_t sequence, struct page *p)
{
	if (open_page(call, x, p) < 0)
		return ERR_SERVICE;
	p->walk.every_version = true;
	int rc =
		sequence ? s3_walk_begin_version(&p->walk, after, sequence) : s3_walk_begin(&p->walk, after.n ? after : STR_NULL);
	if (rc == 0)
		rc = fill_page(p);
	s3_walk_end(&p->walk);
	return rc < 0 ? s3_fault(call, x) : 0;
}

void s3_page_write_prefixes(struct call *call, const struct page *p)
{
	write_list(&call->out, "CommonPrefixes", NULL);
	for (size_t i = 0; i < p->prefix_count; i++) {
		write_object(&call->out, NULL);
		s3_write_key(call, "Prefix", p->prefixes[i], p->encode);
		write_end(&call->out);
	}
	write_end(&call->out);
}
