/* SPDX-License-Identifier: Apache-2.0 */
#include "service/record.h"

#include "base/encode.h"

void record_key_parts(struct key *k, const struct str *parts, size_t count)
{
	key_init(k);
	for (size_t i = 0; i < count; i++)
		key_add_str(k, parts[i]);
}

static int parse_record(struct arena *a, struct str text, const struct json **out, struct error *err)
{
	struct error why = { 0 };
	int rc = json_parse(a, text, out, &why);

	if (rc == 0)
		return 0;
	return error_set(err, rc == ERR_NO_MEMORY ? rc : ERR_CORRUPT, "a stored record is damaged: %s", why.message);
}

int record_get(struct store_txn *txn, enum store_space space, const struct key *key, struct arena *a, const struct json **out,
	       struct error *err)
{
	struct str text;
	int rc = store_get(txn, space, key_str(key), a, &text, err);

	return rc < 0 ? rc : parse_record(a, text, out, err);
}

int record_put(struct store_txn *txn, enum store_space space, const struct key *key, struct arena *a, const struct json *document,
	       struct error *err)
{
	struct str text = json_to_str(a, document);

	if (!document || !str_is_set(text))
		return error_set(err, ERR_NO_MEMORY, "out of memory for a record");
	return store_put(txn, space, key_str(key), text, err);
}

int record_delete_all(struct store_txn *txn, enum store_space space, const struct key *prefix, struct arena *a, struct error *err)
{
	return store_delete_range(txn, space, key_str(prefix), key_prefix_end(a, key_str(prefix)), err);
}

/* A page starts just after the key that the last one ended with: that key and a zero byte. */
static int page_start(struct arena *a, const struct key *prefix, struct str token, struct str *from, struct error *err)
{
	struct str last;

	*from = key_str(prefix);
	if (!str_is_set(token))
		return 0;
	if (base64url_decode(a, token, &last) != 0 || !str_starts(last, key_str(prefix)))
		return error_set(err, ERR_INVALID, "The token is not valid.");
	*from = arena_concat(a, last, str_of("\0", 1));
	return str_is_set(*from) ? 0 : error_set(err, ERR_NO_MEMORY, "out of memory for a page");
}

static int take_records(struct store_cursor *c, const struct record_window *window, struct arena *a, record_fn each,
			void *argument, struct str *next, struct error *err)
{
	struct str key, value, last = STR_NULL;
	int64_t taken = 0;
	int rc;

	while ((rc = store_next(c, &key, &value, err)) > 0) {
		const struct json *document;

		if (window->limit && taken == window->limit) {
			if (next)
				*next = base64url_encode(a, last.p, last.n);
			return 0;
		}
		last = arena_str(a, key);
		rc = parse_record(a, arena_str(a, value), &document, err);
		if (rc == 0)
			rc = each(argument, document);
		if (rc < 0)
			return rc;
		taken += rc;
	}
	return rc;
}

int record_page(struct store_txn *txn, enum store_space space, const struct key *prefix, const struct record_window *window,
		struct arena *a, record_fn each, void *argument, struct str *next, struct error *err)
{
	struct store_cursor cursor = { 0 };
	struct str from;

	if (next)
		*next = STR_NULL;
	int rc = page_start(a, prefix, window->token, &from, err);
	if (rc == 0)
		rc = store_scan(&cursor, txn, space, from, key_prefix_end(a, key_str(prefix)), false, err);
	if (rc == 0)
		rc = take_records(&cursor, window, a, each, argument, next, err);
	store_scan_end(&cursor);
	return rc;
}
