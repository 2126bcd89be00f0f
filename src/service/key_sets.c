/* SPDX-License-Identifier: Apache-2.0 */
#include "service/key_sets.h"

#include <pthread.h>

#include "base/limits.h"
#include "base/map.h"
#include "format/uri.h"
#include "http/client.h"
#include "os/clock.h"
#include "os/file.h"
#include "service/service.h"

enum {
	KEYS_LIVE_MS = 2 * 60 * 60 * 1000, /* "API Gateway can cache the public key for two hours" */
	KEYS_RETRY_MS = 10 * 1000,         /* a key id not known asks again no sooner */
	DOCUMENT_MAX = 1024 * 1024,
};

struct key_set {
	struct arena arena;
	const struct json *keys; /* the JWKS' list */
	int64_t fetched_ms;
};

struct key_sets {
	const char *ca_file; /* settings: they live as long as the host */
	struct str stand_ins;
	pthread_mutex_t lock;
	struct map issuers;
};

int key_sets_new(struct key_sets **out, const struct host *host, struct error *err)
{
	struct key_sets *k = calloc(1, sizeof(*k));

	if (!k)
		return error_set(err, ERR_NO_MEMORY, "out of memory for issuers' keys");
	k->ca_file = host_setting(host, "ca-file");
	k->stand_ins = str_c(host_setting(host, "oidc-keys"));
	pthread_mutex_init(&k->lock, NULL);
	map_init(&k->issuers);
	*out = k;
	return 0;
}

static void key_set_free(struct key_set *set)
{
	if (!set)
		return;
	arena_release(&set->arena);
	free(set);
}

void key_sets_free(struct key_sets *k)
{
	if (!k)
		return;
	for (struct map_entry *e = map_next(&k->issuers, NULL); e; e = map_next(&k->issuers, e))
		key_set_free(e->value);
	map_release(&k->issuers);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static const struct json *find_key(const struct key_set *set, struct str key_id)
{
	for (size_t i = 0; set && set->keys && i < set->keys->count; i++) {
		const struct json *key = set->keys->items[i];

		if (!str_is_set(key_id) || str_eq(json_get_text(key, STR("kid")), key_id))
			return key;
	}
	return NULL;
}

bool key_sets_have(struct key_sets *k, struct str issuer, struct str key_id)
{
	int64_t now = clock_wall_ms();

	pthread_mutex_lock(&k->lock);
	const struct key_set *set = map_get(&k->issuers, issuer);
	bool have =
		set && now - set->fetched_ms < KEYS_LIVE_MS && (find_key(set, key_id) || now - set->fetched_ms < KEYS_RETRY_MS);
	pthread_mutex_unlock(&k->lock);
	return have;
}

const struct json *key_sets_copy_key(struct key_sets *k, struct arena *a, struct str issuer, struct str key_id)
{
	pthread_mutex_lock(&k->lock);
	const struct json *found = find_key(map_get(&k->issuers, issuer), key_id);
	const struct json *copy = found ? json_clone(a, found) : NULL;
	pthread_mutex_unlock(&k->lock);
	return copy;
}

/* ---- asking the issuer ---- */

static bool may_ask(struct str url)
{
	struct uri uri;

	if (uri_parse(url, &uri, NULL) != 0)
		return false;
	return str_eq_c(uri.scheme, "https") || str_eq_c(uri.host, "localhost") || str_starts(uri.host, STR("127."));
}

static int get_document(struct http_client *client, struct arena *a, struct str url, const struct json **out, struct error *err)
{
	struct http_client_request request = { .method = STR("GET"), .url = url, .timeout_ms = 5000 };
	struct http_client_response response;

	if (!may_ask(url))
		return error_set(err, ERR_DENIED, "an issuer is asked over https only");
	int rc = http_client_send(client, a, &request, DOCUMENT_MAX, &response, err);
	if (rc < 0)
		return rc;
	if (response.status != 200)
		return error_set(err, ERR_UNAVAILABLE, "the issuer answered with status %d", response.status);
	return json_parse(a, response.body, out, err);
}

/* Where the keys of that issuer are said to be; absent when it is to be asked itself. */
static struct str find_stand_in(const struct key_sets *k, struct str issuer)
{
	struct str rest = k->stand_ins;

	while (rest.p) {
		struct str place = str_split(&rest, ' ');
		if (str_eq(str_split(&place, '='), issuer))
			return place;
	}
	return STR_NULL;
}

static int read_keys_file(struct arena *a, struct str path, const struct json **out, struct error *err)
{
	struct str text;
	int rc = file_read(a, arena_c(a, path), DOCUMENT_MAX, &text, err);

	return rc < 0 ? rc : json_parse(a, text, out, err);
}

static int discover_keys(struct http_client *client, struct arena *a, struct str issuer, const struct json **out,
			 struct error *err)
{
	struct str base = str_ends(issuer, STR("/")) ? str_sub(issuer, 0, issuer.n - 1) : issuer;
	const struct json *discovery = NULL;
	int rc = get_document(client, a, arena_concat(a, base, STR("/.well-known/openid-configuration")), &discovery, err);

	return rc < 0 ? rc : get_document(client, a, json_get_text(discovery, STR("jwks_uri")), out, err);
}

static int get_keys(const struct key_sets *k, struct key_set *set, struct str issuer, struct error *err)
{
	struct http_client_options options = { .io_timeout_ms = 5000, .ca_file = k->ca_file };
	struct str place = find_stand_in(k, issuer);
	const struct json *document = NULL;
	struct http_client *client;
	int rc;

	if (str_starts(place, STR("/"))) {
		rc = read_keys_file(&set->arena, place, &document, err);
	} else {
		rc = http_client_new(&client, &options, err);
		if (rc < 0)
			return rc;
		rc = place.p ? get_document(client, &set->arena, place, &document, err)
			     : discover_keys(client, &set->arena, issuer, &document, err);
		http_client_free(client);
	}
	set->keys = json_get_c(document, "keys");
	return rc;
}

int key_sets_fetch(struct key_sets *k, struct str issuer, struct error *err)
{
	struct key_set *set = calloc(1, sizeof(*set));
	void *old = NULL;

	if (!set)
		return error_set(err, ERR_NO_MEMORY, "out of memory for an issuer's keys");
	arena_init(&set->arena, 4 * (size_t)DOCUMENT_MAX);
	set->fetched_ms = clock_wall_ms();
	int rc = get_keys(k, set, issuer, err);
	if (rc == 0) {
		pthread_mutex_lock(&k->lock);
		rc = map_put(&k->issuers, issuer, set, &old);
		pthread_mutex_unlock(&k->lock);
	}
	key_set_free(rc == 0 ? old : set);
	return rc;
}
