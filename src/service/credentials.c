/* SPDX-License-Identifier: Apache-2.0 */
#include "service/credentials.h"

#include <stdlib.h>

#include "base/encode.h"
#include "base/limits.h"
#include "base/map.h"
#include "os/clock.h"
#include "os/random.h"
#include "store/key.h"

enum { EXPIRED_SHOWN_MS = 60 * 60 * 1000 };

/* One in memory: its texts are in its own arena, so that it can go alone. */
struct entry {
	struct arena arena;
	struct credential credential;
};

struct credentials {
	struct store *store;
	pthread_rwlock_t lock;
	struct map entries;
};

static void entry_free(struct entry *e)
{
	if (e)
		arena_release(&e->arena);
	free(e);
}

void principal_copy(struct arena *a, const struct principal *from, struct principal *to)
{
	*to = *from;
	to->arn = arena_str(a, from->arn);
	to->user_id = arena_str(a, from->user_id);
	to->role_arn = arena_str(a, from->role_arn);
	to->access_key = arena_str(a, from->access_key);
	to->session_policy = arena_str(a, from->session_policy);
	to->session_keys = arena_str(a, from->session_keys);
	to->source_arn = arena_str(a, from->source_arn);
}

static void credential_copy(struct arena *a, const struct credential *from, struct credential *to)
{
	to->secret_key = arena_str(a, from->secret_key);
	to->session_token = arena_str(a, from->session_token);
	to->expires_ms = from->expires_ms;
	principal_copy(a, &from->principal, &to->principal);
}

static struct entry *entry_new(const struct credential *credential)
{
	struct entry *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	arena_init(&e->arena, CREDENTIAL_SIZE_MAX);
	credential_copy(&e->arena, credential, &e->credential);
	if (arena_failed(&e->arena)) {
		entry_free(e);
		return NULL;
	}
	return e;
}

/* Shows the entry, or hides the key when `e` is NULL. */
static void show(struct credentials *c, struct str access_key, struct entry *e)
{
	void *old = NULL;

	pthread_rwlock_wrlock(&c->lock);
	if (!e)
		old = map_remove(&c->entries, access_key);
	else if (map_put(&c->entries, access_key, e, &old))
		old = e;
	pthread_rwlock_unlock(&c->lock);
	entry_free(old);
}

static struct str encode(struct arena *a, const struct credential *c)
{
	struct buf out;
	struct writer w;

	buf_init(&out, CREDENTIAL_SIZE_MAX);
	writer_init(&w, &out, WRITER_JSON);
	write_object(&w, NULL);
	write_str(&w, "secret", c->secret_key);
	write_str(&w, "token", c->session_token);
	write_i64(&w, "kind", c->principal.kind);
	write_str(&w, "arn", c->principal.arn);
	write_str(&w, "user_id", c->principal.user_id);
	write_str(&w, "role_arn", c->principal.role_arn);
	write_str(&w, "session_policy", c->principal.session_policy);
	write_str(&w, "session_keys", c->principal.session_keys);
	write_str(&w, "source_arn", c->principal.source_arn);
	write_i64(&w, "expires", c->expires_ms);
	write_end(&w);
	struct str text = buf_failed(&out) ? STR_NULL : arena_str(a, buf_str(&out));
	buf_release(&out);
	return text;
}

static int decode(struct arena *a, struct str access_key, struct str text, struct credential *out)
{
	const struct json *v;
	int64_t kind;

	if (json_parse(a, text, &v, NULL) || json_to_i64(json_get_c(v, "kind"), &kind) ||
	    json_to_i64(json_get_c(v, "expires"), &out->expires_ms))
		return ERR_CORRUPT;
	out->secret_key = json_get_text(v, STR("secret"));
	out->session_token = json_get_text(v, STR("token"));
	out->principal = (struct principal){
		.kind = (enum principal_kind)kind,
		.access_key = access_key,
		.arn = json_get_text(v, STR("arn")),
		.user_id = json_get_text(v, STR("user_id")),
		.role_arn = json_get_text(v, STR("role_arn")),
		.session_policy = json_get_text(v, STR("session_policy")),
		.session_keys = json_get_text(v, STR("session_keys")),
		.source_arn = json_get_text(v, STR("source_arn")),
	};
	return 0;
}

static int load_row(struct credentials *c, struct str key, struct str value, struct error *err)
{
	struct arena a;
	struct str access_key;
	struct credential credential = { 0 };

	arena_init(&a, MIB(1));
	int result = key_read_str(&a, &key, &access_key);
	if (!result)
		result = decode(&a, access_key, value, &credential);
	struct entry *e = result ? NULL : entry_new(&credential);
	if (e)
		show(c, access_key, e);
	else
		error_set(err, result ? result : ERR_NO_MEMORY, "a stored access key can't be read");
	arena_release(&a);
	return e ? 0 : result ? result : ERR_NO_MEMORY;
}

static int load(struct credentials *c, struct error *err)
{
	struct store_txn *txn;
	struct store_cursor cursor;
	struct str key, value;
	int result = store_read_begin(c->store, &txn, err);

	if (result)
		return result;
	result = store_scan(&cursor, txn, SPACE_CREDENTIALS, STR(""), STR_NULL, false, err);
	while (!result && (result = store_next(&cursor, &key, &value, err)) == 1)
		result = load_row(c, key, value, err);
	store_scan_end(&cursor);
	store_read_end(txn);
	return result;
}

int credentials_open(struct credentials **out, struct store *store, struct error *err)
{
	struct credentials *c = calloc(1, sizeof(*c));

	if (!c)
		return error_set(err, ERR_NO_MEMORY, "out of memory for credentials");
	c->store = store;
	pthread_rwlock_init(&c->lock, NULL);
	map_init(&c->entries);
	int result = load(c, err);
	if (result) {
		credentials_close(c);
		return result;
	}
	*out = c;
	return 0;
}

void credentials_close(struct credentials *c)
{
	if (!c)
		return;
	for (struct map_entry *e = map_next(&c->entries, NULL); e; e = map_next(&c->entries, e))
		entry_free(e->value);
	map_release(&c->entries);
	pthread_rwlock_destroy(&c->lock);
	free(c);
}

int credentials_find(struct credentials *c, struct str access_key, struct arena *a, struct credential *out)
{
	struct credential found = { 0 };

	pthread_rwlock_rdlock(&c->lock);
	const struct entry *e = map_get(&c->entries, access_key);
	if (e)
		credential_copy(a, &e->credential, &found);
	pthread_rwlock_unlock(&c->lock);
	if (!e)
		return ERR_NOT_FOUND;
	if (arena_failed(a))
		return ERR_NO_MEMORY;
	*out = found;
	return 0;
}

/* A change on its way to memory: runs once the write that made it is durable. */
struct change {
	struct credentials *credentials;
	struct entry *entry; /* NULL: the key goes */
	char access_key[64];
};

static void apply(void *argument)
{
	struct change *change = argument;

	show(change->credentials, str_c(change->access_key), change->entry);
	free(change);
}

static int after_commit(struct credentials *c, struct store_txn *txn, struct str access_key, struct entry *e, struct error *err)
{
	struct change *change = calloc(1, sizeof(*change));

	if (!change || access_key.n >= sizeof(change->access_key)) {
		free(change);
		return error_set(err, ERR_NO_MEMORY, "out of memory for credentials");
	}
	change->credentials = c;
	change->entry = e;
	memcpy(change->access_key, access_key.p, access_key.n);
	int result = store_after_commit(txn, apply, change);
	if (result)
		free(change);
	return result;
}

int credentials_put(struct credentials *c, struct store_txn *txn, const struct credential *credential, struct error *err)
{
	struct arena a;
	struct key key;

	arena_init(&a, CREDENTIAL_SIZE_MAX);
	key_init(&key);
	key_add_str(&key, credential->principal.access_key);
	struct entry *e = entry_new(credential);
	struct str text = encode(&a, credential);
	int result = e && text.p ? store_put(txn, SPACE_CREDENTIALS, key_str(&key), text, err)
				 : error_set(err, ERR_NO_MEMORY, "out of memory for credentials");
	if (!result)
		result = after_commit(c, txn, credential->principal.access_key, e, err);
	if (result)
		entry_free(e);
	arena_release(&a);
	return result;
}

int credentials_delete(struct credentials *c, struct store_txn *txn, struct str access_key, struct error *err)
{
	struct key key;

	key_init(&key);
	key_add_str(&key, access_key);
	int result = store_delete(txn, SPACE_CREDENTIALS, key_str(&key), err);
	return result ? result : after_commit(c, txn, access_key, NULL, err);
}

/* Copies up to `max` keys that expired long ago, so that deleting them does not change the map under the walk. */
static size_t collect_expired(struct credentials *c, struct arena *a, int64_t now_ms, struct str *keys, size_t max)
{
	size_t n = 0;

	pthread_rwlock_rdlock(&c->lock);
	for (struct map_entry *m = map_next(&c->entries, NULL); m && n < max; m = map_next(&c->entries, m)) {
		const struct entry *e = m->value;
		if (e->credential.expires_ms && e->credential.expires_ms + EXPIRED_SHOWN_MS < now_ms)
			keys[n++] = arena_str(a, str_of(m->key, m->key_n));
	}
	pthread_rwlock_unlock(&c->lock);
	return n;
}

int credentials_sweep(struct credentials *c, struct store_txn *txn, int64_t now_ms, struct error *err)
{
	struct arena a;
	struct str keys[100];
	int result = 0;

	arena_init(&a, KIB(64));
	size_t n = collect_expired(c, &a, now_ms, keys, sizeof(keys) / sizeof(*keys));
	for (size_t i = 0; i < n && !result; i++)
		result = credentials_delete(c, txn, keys[i], err);
	arena_release(&a);
	return result;
}

/* `n` characters of base 32, as AWS's key identifiers. */
static void random_text(char *out, size_t n, const char *alphabet, uint32_t size)
{
	for (size_t i = 0; i < n; i++)
		out[i] = alphabet[random_below(size)];
}

int credential_new(struct arena *a, const char *prefix, bool session, struct credential *out)
{
	static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t token[96];
	char id[16], secret[40];

	random_text(id, sizeof(id), base32, 32);
	random_text(secret, sizeof(secret), base64, 64);
	random_bytes(token, sizeof(token));
	out->principal.access_key = arena_concat(a, str_c(prefix), str_of(id, sizeof(id)));
	out->secret_key = arena_str(a, str_of(secret, sizeof(secret)));
	out->session_token = session ? base64_encode(a, token, sizeof(token)) : STR_NULL;
	return arena_failed(a) ? ERR_NO_MEMORY : 0;
}
