/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's life, and what it does for services.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/arn.h"
#include "base/limits.h"
#include "os/clock.h"
#include "os/file.h"
#include "service/host_internal.h"
#include "store/key.h"

enum {
	POOL_THREADS = 8, /* they mostly wait: for fsync, for processes */
	POOL_QUEUE = 4096,
	CONNECTIONS_MAX = 4096,
	IDLE_SECONDS = 75,
	SWEEP_INTERVAL_MS = 10 * 60 * 1000,
};

/* ---- start ---- */

static int meta_get_or_put(struct store_txn *txn, const char *name, const char *value, struct error *err)
{
	struct key key;

	key_init(&key);
	key_add_str(&key, str_c(name));
	if (store_has(txn, SPACE_META, key_str(&key)))
		return 0;
	return store_put(txn, SPACE_META, key_str(&key), str_c(value), err);
}

static int write_credentials_file(struct host *h, const struct credential *root, struct error *err)
{
	struct arena a;

	arena_init(&a, KIB(16));
	struct str path = arena_printf(&a, "%s/credentials", h->options.data_folder);
	struct str text = arena_printf(
		&a, "[default]\naws_access_key_id = " STR_FMT "\naws_secret_access_key = " STR_FMT "\nregion = " STR_FMT "\n",
		STR_ARG(root->principal.access_key), STR_ARG(root->secret_key), STR_ARG(h->region));
	int result =
		arena_failed(&a) ? error_set(err, ERR_NO_MEMORY, "out of memory") : file_write_durable(path.p, text, 0600, err);
	arena_release(&a);
	return result;
}

/* The file comes first: keys that are stored but were never told would be of no use. */
static int make_root(struct store_txn *txn, void *argument, struct error *err)
{
	struct host *h = argument;
	struct arena a;
	struct credential root = { 0 };

	arena_init(&a, KIB(16));
	int result = credential_new(&a, "AKIA", false, &root);
	root.principal.kind = PRINCIPAL_ROOT;
	root.principal.arn = h->root_arn;
	root.principal.user_id = h->account;
	if (!result)
		result = write_credentials_file(h, &root, err);
	if (!result)
		result = credentials_put(h->credentials, txn, &root, err);
	if (!result)
		result = meta_get_or_put(txn, "root", root.principal.access_key.p, err);
	arena_release(&a);
	return result;
}

static int read_identity(struct host *h, bool *has_root, struct error *err)
{
	struct store_txn *txn;
	struct key key;
	int result = store_read_begin(h->store, &txn, err);

	if (result)
		return result;
	key_init(&key);
	key_add_str(&key, STR("root"));
	*has_root = store_has(txn, SPACE_META, key_str(&key));
	store_read_end(txn);
	return 0;
}

static int open_identity(struct host *h, struct error *err)
{
	bool has_root = false;
	int result = credentials_open(&h->credentials, h->store, err);

	if (!result)
		result = read_identity(h, &has_root, err);
	if (!result && !has_root)
		result = store_write_wait(h->store, make_root, h, err);
	return result;
}

static int open_services(struct host *h, struct error *err)
{
	for (const struct service *const *s = h->options.services; *s; s++) {
		struct host_service *slot = &h->services[h->service_count];
		if (h->service_count == HOST_SERVICES_MAX)
			return error_set(err, ERR_LIMIT, "more than %d services", HOST_SERVICES_MAX);
		slot->service = *s;
		int result = (*s)->open ? (*s)->open(h, &slot->state, err) : 0;
		if (result)
			return error_prefix(err, "%s", (*s)->name), result;
		h->service_count++;
	}
	return 0;
}

static int start_services(struct host *h, struct error *err)
{
	for (size_t i = 0; i < h->service_count; i++) {
		const struct service *s = h->services[i].service;
		int result = s->start ? s->start(h->services[i].state, err) : 0;
		if (result)
			return error_prefix(err, "%s", s->name), result;
	}
	return 0;
}

static int open_parts(struct host *h, struct error *err)
{
	const struct store_options store = { .folder = h->options.data_folder, .durability = h->options.durability };
	/* The database holds secrets; SQLite makes its files as the umask allows. No other thread runs yet. */
	mode_t before = umask(077);
	int result = store_open(&h->store, &store, err);
	umask(before);

	if (!result)
		result = timer_new(&h->timer, err);
	if (!result)
		result = pool_new(&h->pool, "work", POOL_THREADS, POOL_QUEUE, err);
	return result ? result : open_identity(h, err);
}

static int open_front(struct host *h, struct error *err)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct http_server_options options = { .max_connections = CONNECTIONS_MAX, .idle_timeout_seconds = IDLE_SECONDS };
	struct http_handlers handlers = front_handlers;

	options.threads = h->options.threads ? h->options.threads : cores < 1 ? 1 : cores > 8 ? 8 : (int)cores;
	handlers.context = h;
	return http_server_new(&h->http, &options, &handlers, err);
}

/* Before services open, so that they know the endpoint; requests that come before `ready` are put off. */
static int listen_for_requests(struct host *h, struct error *err)
{
	if (!h->options.listen_address) {
		h->endpoint = STR("http://127.0.0.1:1"); /* where nothing answers */
		return 0;
	}
	h->port = h->options.listen_port;
	int result = http_listen(h->http, h->options.listen_address, &h->port, NULL, &h->listener, err);
	bool v6 = strchr(h->options.listen_address, ':') != NULL;
	bool any = str_eq_c(STR("0.0.0.0"), h->options.listen_address);

	if (!result)
		h->endpoint = arena_printf(&h->arena, v6 ? "http://[%s]:%u" : "http://%s:%u",
					   any ? "127.0.0.1" : h->options.listen_address, h->port);
	return result;
}

static void sweep_done(void *argument, int result, const struct error *err)
{
	(void)argument;
	(void)result;
	(void)err;
}

static int sweep_write(struct store_txn *txn, void *argument, struct error *err)
{
	struct host *h = argument;

	return credentials_sweep(h->credentials, txn, clock_wall_ms(), err);
}

static void sweep(void *argument)
{
	struct host *h = argument;

	if (host_stopping(h))
		return;
	/* A full queue is no loss: the next sweep does it. */
	int ignored = store_write(h->store, sweep_write, sweep_done, h);
	(void)ignored;
	timer_at(h->timer, clock_wall_ms() + SWEEP_INTERVAL_MS, sweep, h);
}

int host_new(struct host **out, const struct host_options *options, struct error *err)
{
	struct host *h = calloc(1, sizeof(*h));

	if (!h)
		return error_set(err, ERR_NO_MEMORY, "out of memory");
	h->options = *options;
	arena_init(&h->arena, MIB(1));
	h->region = str_c(options->region ? options->region : "us-east-1");
	h->account = str_c(options->account ? options->account : "000000000000");
	h->root_arn = arena_printf(&h->arena, "arn:aws:iam::" STR_FMT ":root", STR_ARG(h->account));
	h->started_ms = clock_wall_ms();
	int result = open_parts(h, err);
	if (!result)
		result = open_front(h, err);
	if (!result)
		result = listen_for_requests(h, err);
	if (!result)
		result = open_services(h, err);
	if (!result)
		result = start_services(h, err);
	if (result) {
		host_free(h);
		return result;
	}
	atomic_store(&h->ready, true);
	timer_at(h->timer, clock_wall_ms() + SWEEP_INTERVAL_MS, sweep, h);
	*out = h;
	return 0;
}

void host_free(struct host *h)
{
	if (!h)
		return;
	atomic_store(&h->stopping, true);
	http_listener_close(h->listener);
	for (size_t i = h->service_count; i-- > 0;)
		if (h->services[i].service->stop)
			h->services[i].service->stop(h->services[i].state);
	if (h->http)
		http_server_free(h->http);
	pool_free(h->pool);
	timer_free(h->timer);
	store_close(h->store);
	for (size_t i = h->service_count; i-- > 0;)
		if (h->services[i].service->close)
			h->services[i].service->close(h->services[i].state);
	credentials_close(h->credentials);
	arena_release(&h->arena);
	free(h);
}

/* ---- what it tells ---- */

struct host_service *host_find_service(const struct host *h, struct str name)
{
	for (size_t i = 0; i < h->service_count; i++)
		if (str_eq_c(name, h->services[i].service->name))
			return (struct host_service *)&h->services[i];
	return NULL;
}

bool host_has_service(const struct host *h, const char *name)
{
	return host_find_service(h, str_c(name)) != NULL;
}

void *host_service_state(const struct host *h, const char *name)
{
	const struct host_service *s = host_find_service(h, str_c(name));

	return s ? s->state : NULL;
}

uint16_t host_port(const struct host *h)
{
	return h->port;
}

struct str host_region(const struct host *h)
{
	return h->region;
}

struct str host_account(const struct host *h)
{
	return h->account;
}

struct str host_endpoint(const struct host *h)
{
	return h->endpoint;
}

const char *host_data_folder(const struct host *h)
{
	return h->options.data_folder;
}

struct store *host_store(struct host *h)
{
	return h->store;
}

struct timer *host_timer(struct host *h)
{
	return h->timer;
}

struct pool *host_pool(struct host *h)
{
	return h->pool;
}

bool host_stopping(const struct host *h)
{
	return atomic_load(&h->stopping);
}

const char *host_setting(const struct host *h, const char *name)
{
	for (const char *const(*s)[2] = h->options.settings; s && (*s)[0]; s++)
		if (str_eq(str_c((*s)[0]), str_c(name)))
			return (*s)[1];
	return NULL;
}

/* ---- what it does for services ---- */

int host_put_event(struct host *h, struct store_txn *txn, const struct json *event, struct error *err)
{
	return h->options.hooks.put_event ? h->options.hooks.put_event(host_service_state(h, "events"), txn, event, err) : 0;
}

void host_log(struct host *h, struct str group, struct str stream, int64_t timestamp_ms, struct str line)
{
	if (h->options.hooks.log)
		h->options.hooks.log(host_service_state(h, "logs"), group, stream, timestamp_ms, line);
}

bool host_log_try(struct host *h, struct str group, struct str stream, int64_t timestamp_ms, struct str line)
{
	if (!h->options.hooks.log_try) {
		host_log(h, group, stream, timestamp_ms, line);
		return true;
	}
	return h->options.hooks.log_try(host_service_state(h, "logs"), group, stream, timestamp_ms, line);
}

void host_metric(struct host *h, const char *name_space, const char *metric, const char *dimension, struct str value,
		 double amount)
{
	if (h->options.hooks.metric)
		h->options.hooks.metric(host_service_state(h, "monitoring"), name_space, metric, dimension, value, amount);
}

void host_root_principal(const struct host *h, struct principal *out)
{
	*out = (struct principal){ .kind = PRINCIPAL_ROOT, .arn = h->root_arn, .user_id = h->account };
}

void host_service_principal(struct principal *out, struct str service_principal, struct str source_arn)
{
	*out = (struct principal){ .kind = PRINCIPAL_SERVICE, .arn = service_principal, .source_arn = source_arn };
}

int host_role_principal(struct host *h, struct arena *a, struct str role_arn, struct str session_name, struct str source_arn,
			struct principal *out, struct error *err)
{
	struct arn arn;

	if (arn_parse(role_arn, &arn) || !str_eq(arn.service, STR("iam")) || !str_starts(arn.resource, STR("role/")))
		return error_set(err, ERR_INVALID, "not a role's ARN: " STR_FMT, STR_ARG(role_arn));
	struct str name = arn.resource;
	for (ptrdiff_t slash; (slash = str_find_char(name, '/', 0)) >= 0;)
		name = str_from(name, (size_t)slash + 1);
	*out = (struct principal){
		.kind = PRINCIPAL_ROLE,
		.arn = arena_printf(a, "arn:aws:sts::" STR_FMT ":assumed-role/" STR_FMT "/" STR_FMT,
				    STR_ARG(arn.account.n ? arn.account : h->account), STR_ARG(name), STR_ARG(session_name)),
		.user_id = h->options.hooks.role_id
				   ? STR_NULL
				   : arena_printf(a, "AROA" STR_FMT ":" STR_FMT, STR_ARG(name), STR_ARG(session_name)),
		.role_arn = role_arn,
		.source_arn = source_arn,
	};
	if (h->options.hooks.role_id)
		out->user_id = h->options.hooks.role_id(host_service_state(h, "iam"), a, role_arn, session_name);
	return arena_failed(a) ? error_set(err, ERR_NO_MEMORY, "out of memory") : 0;
}

int host_find_provider(struct host *h, struct arena *a, struct str issuer, struct host_web_identity *out)
{
	const struct host_hooks *hooks = &h->options.hooks;

	return hooks->find_provider ? hooks->find_provider(host_service_state(h, "iam"), a, issuer, out) : ERR_NOT_FOUND;
}

int host_may_assume_by_claims(struct call *call, const struct host_web_identity *who, struct str action, struct str role_arn)
{
	const struct host_hooks *hooks = &call->host->options.hooks;

	if (!hooks->may_assume_by_claims)
		return 0;
	return hooks->may_assume_by_claims(host_service_state(call->host, "iam"), call, who, action, role_arn);
}

int64_t host_role_session_max(struct host *h, struct str role_arn)
{
	const struct host_hooks *hooks = &h->options.hooks;

	return hooks->role_session_max ? hooks->role_session_max(host_service_state(h, "iam"), role_arn) : 3600;
}

int host_policy_document(struct host *h, struct arena *a, struct str policy_arn, struct str *out)
{
	const struct host_hooks *hooks = &h->options.hooks;

	return hooks->policy_document ? hooks->policy_document(host_service_state(h, "iam"), a, policy_arn, out) : ERR_NOT_FOUND;
}

bool call_may(struct call *call, struct str action, struct str resource)
{
	const struct host_hooks *hooks = &call->host->options.hooks;

	if (!hooks->may || call->principal.kind == PRINCIPAL_ROOT)
		return true;
	return hooks->may(host_service_state(call->host, "iam"), call, action, resource);
}

static const struct operation outside_a_call = { .name = "none" };
static const struct host_service *service_of_actions(const struct host *h, struct str prefix);

bool host_may(struct host *h, const struct principal *principal, struct str action, struct str resource)
{
	struct str rest = action;
	const struct host_service *owner = service_of_actions(h, str_split(&rest, ':'));
	struct call *call = owner ? call_new(h) : NULL;

	if (!call)
		return false;
	call->service = owner->service;
	call->state = owner->state;
	call->protocol = owner->service->protocol;
	call->operation = &outside_a_call;
	call->parameters = &json_empty_object;
	call->principal = *principal;
	bool may = call_may(call, action, resource);
	call_free(call);
	return may;
}

static const struct host_service *service_of_actions(const struct host *h, struct str prefix)
{
	for (size_t i = 0; i < h->service_count; i++) {
		const struct service *s = h->services[i].service;
		if (str_eq_nocase(prefix, str_c(s->name)))
			return &h->services[i];
	}
	return NULL;
}

struct str host_resource_policy(struct host *h, struct arena *a, struct str action_prefix, struct str arn)
{
	const struct host_service *owner = service_of_actions(h, action_prefix);
	struct call *call = owner && owner->service->resource_policy ? call_new(h) : NULL;
	struct str policy = STR_NULL;

	if (!call)
		return STR_NULL;
	call->service = owner->service;
	call->state = owner->state;
	call->protocol = owner->service->protocol;
	if (store_read_begin(h->store, &call->txn, NULL) == 0) {
		policy = arena_str(a, owner->service->resource_policy(call, call->txn, arn));
		store_read_end(call->txn);
	}
	call_free(call);
	return policy;
}

/* ---- role sessions ---- */

struct session {
	struct arena arena;
	struct host *host;
	struct credential credential;
	host_credentials_fn done;
	void *argument;
};

static void session_free(struct session *s)
{
	arena_release(&s->arena);
	free(s);
}

static int session_write(struct store_txn *txn, void *argument, struct error *err)
{
	struct session *s = argument;

	return credentials_put(s->host->credentials, txn, &s->credential, err);
}

static void session_done(void *argument, int result, const struct error *err)
{
	struct session *s = argument;
	const struct host_credentials credentials = {
		.access_key = s->credential.principal.access_key,
		.secret_key = s->credential.secret_key,
		.session_token = s->credential.session_token,
		.expires_ms = s->credential.expires_ms,
	};

	s->done(s->argument, result ? NULL : &credentials, result ? err : NULL);
	session_free(s);
}

int host_new_session(struct host *h, const struct principal *principal, int64_t duration_s, host_credentials_fn done,
		     void *argument)
{
	struct session *s = calloc(1, sizeof(*s));

	if (!s)
		return ERR_NO_MEMORY;
	arena_init(&s->arena, CREDENTIAL_SIZE_MAX);
	s->host = h;
	s->done = done;
	s->argument = argument;
	int result = credential_new(&s->arena, "ASIA", true, &s->credential);
	struct str access_key = s->credential.principal.access_key;
	principal_copy(&s->arena, principal, &s->credential.principal);
	s->credential.principal.access_key = access_key;
	s->credential.expires_ms = clock_wall_ms() + duration_s * 1000;
	if (!result && arena_failed(&s->arena))
		result = ERR_NO_MEMORY;
	if (!result)
		result = store_write(h->store, session_write, session_done, s);
	if (result)
		session_free(s);
	return result;
}

int host_assume_role(struct host *h, struct str role_arn, struct str session_name, struct str service_principal,
		     struct str source_arn, int64_t duration_s, host_credentials_fn done, void *argument)
{
	struct arena a;
	struct principal principal;

	arena_init(&a, KIB(64));
	int result = host_role_principal(h, &a, role_arn, session_name, STR_NULL, &principal, NULL);
	if (!result && h->options.hooks.may_assume)
		result = h->options.hooks.may_assume(host_service_state(h, "iam"), role_arn, service_principal, source_arn);
	if (!result)
		result = host_new_session(h, &principal, duration_s, done, argument);
	arena_release(&a);
	return result;
}

/* ---- waiting calls ---- */

struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t ready;
	bool done;
	struct arena *arena;
	struct host_answer *answer;
};

static void wake(struct call *call, void *argument)
{
	struct waiter *w = argument;

	pthread_mutex_lock(&w->lock);
	w->answer->error = call->error;
	w->answer->status = call->error.code ? call->error.status : call->reply.status ? call->reply.status : 200;
	w->answer->body = arena_str(w->arena, call_reply_text(call));
	w->done = true;
	pthread_cond_signal(&w->ready);
	pthread_mutex_unlock(&w->lock);
}

int host_call_wait(struct host *h, const char *service, const char *operation, const struct json *parameters, struct str body,
		   struct arena *a, struct host_answer *answer)
{
	struct waiter w = { .lock = PTHREAD_MUTEX_INITIALIZER, .ready = PTHREAD_COND_INITIALIZER, .arena = a, .answer = answer };
	struct host_request request = { .service = service, .operation = operation, .parameters = parameters, .body = body };

	*answer = (struct host_answer){ 0 };
	host_root_principal(h, &request.principal);
	int result = host_call(h, &request, wake, &w);
	if (result)
		return result;
	pthread_mutex_lock(&w.lock);
	while (!w.done)
		pthread_cond_wait(&w.ready, &w.lock);
	pthread_mutex_unlock(&w.lock);
	return 0;
}
