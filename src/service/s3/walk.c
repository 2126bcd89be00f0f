/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/walk.h"

static struct str text(struct str s)
{
	return str_is_set(s) ? s : STR("");
}

static int scan_from(struct walk *w, const struct key *from)
{
	struct key all;

	s3_walk_end(w);
	key_init(&all);
	key_add_str(&all, w->bucket);
	key_add_raw(&all, text(w->prefix));
	int rc = store_scan(&w->cursor, w->x->txn, SPACE_S3_OBJECTS, key_str(from), key_prefix_end(w->x->arena, key_str(&all)),
			    false, &w->x->err);
	w->open = rc == 0;
	return rc;
}

/* The common prefix of a key, absent when it has none: up to and with the first delimiter after the prefix. */
static struct str common_prefix(const struct walk *w, struct str key)
{
	size_t prefix = text(w->prefix).n;

	if (w->delimiter.n == 0)
		return STR_NULL;
	ptrdiff_t at = str_find(key, w->delimiter, prefix);
	return at < 0 ? STR_NULL : str_sub(key, 0, (size_t)at + w->delimiter.n);
}

/* Behind everything that starts with `prefix`. */
static int jump_over(struct walk *w, struct str prefix)
{
	struct key from;

	key_init(&from);
	key_add_str(&from, w->bucket);
	key_add_raw(&from, prefix);
	struct str end = key_prefix_end(w->x->arena, key_str(&from));
	key_init(&from);
	key_add_raw(&from, end);
	return scan_from(w, &from);
}

int s3_walk_begin(struct walk *w, struct str after)
{
	struct str prefix = text(w->prefix);
	struct key from;

	key_init(&from);
	key_add_str(&from, w->bucket);
	if (!str_is_set(after) || str_cmp(after, prefix) < 0) {
		key_add_raw(&from, prefix);
		return scan_from(w, &from);
	}
	if (str_starts(after, prefix) && str_eq(common_prefix(w, after), after) && after.n > 0)
		return jump_over(w, after);
	/* Behind the last version of the key itself: 0x01 ends a key, so 0x02 is past all of its versions. */
	key_add_raw(&from, after);
	key_add_raw(&from, str_of("\x00\x02", 2));
	return scan_from(w, &from);
}

int s3_walk_begin_version(struct walk *w, struct str after, uint64_t sequence)
{
	struct key from;

	key_init(&from);
	key_add_str(&from, w->bucket);
	key_add_str(&from, after);
	key_add_u64(&from, ~sequence + 1);
	w->last_key = after;
	return scan_from(w, &from);
}

int s3_walk_next(struct walk *w)
{
	struct str key, row, rest, part;
	int rc;

	while ((rc = store_next(&w->cursor, &key, &row, &w->x->err)) == 1) {
		rest = key;
		if (key_read_str(w->x->arena, &rest, &part) < 0 || key_read_str(w->x->arena, &rest, &part) < 0)
			return error_set(&w->x->err, ERR_CORRUPT, "s3: an object's key is damaged");
		w->latest = !str_is_set(w->last_key) || !str_eq(part, w->last_key);
		if (!w->latest && !w->every_version)
			continue;
		rc = s3_object_decode(w->x, key, row, &w->object);
		if (rc < 0)
			return rc;
		w->last_key = w->object.key;
		if (w->object.delete_marker && !w->every_version)
			continue;
		w->common_prefix = common_prefix(w, w->object.key);
		if (!str_is_set(w->common_prefix))
			return WALK_OBJECT;
		rc = jump_over(w, w->common_prefix);
		return rc < 0 ? rc : WALK_PREFIX;
	}
	return rc < 0 ? rc : WALK_END;
}

void s3_walk_end(struct walk *w)
{
	if (w->open)
		store_scan_end(&w->cursor);
	w->open = false;
}
