/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_service.h"

#include <pthread.h>

#include "http/server.h"

struct fake_service {
	struct http_server *server;
	struct http_listener *listener;
	char host[32], url[48];
	const struct fake_reply *replies;
	size_t reply_count;
	fake_answer_fn answer;
	void *argument;
	pthread_mutex_t lock;
	struct fake_request requests[FAKE_REQUESTS_MAX];
	size_t count;
};

static void on_headers(void *context, struct http_exchange *x)
{
	struct fake_service *f = context;
	struct fake_request *r = NULL;

	pthread_mutex_lock(&f->lock);
	if (f->count < FAKE_REQUESTS_MAX)
		r = &f->requests[f->count++];
	pthread_mutex_unlock(&f->lock);
	x->user = r;
	if (r == NULL)
		abort();
	struct str target = http_header(x, STR("x-amz-target"));
	snprintf(r->line, sizeof(r->line), STR_FMT " " STR_FMT "%s" STR_FMT " " STR_FMT, STR_ARG(x->method), STR_ARG(x->path),
		 str_is_set(x->query) ? "?" : "", STR_ARG(x->query), STR_ARG(target));
	buf_init(&r->headers, 1 << 16);
	buf_init(&r->body, 1 << 26);
	for (size_t i = 0; i < x->header_count; i++) {
		for (size_t j = 0; j < x->headers[i].name.n; j++) {
			char c = x->headers[i].name.p[j];
			buf_add_char(&r->headers, c >= 'A' && c <= 'Z' ? (char)(c | 32) : c);
		}
		buf_addf(&r->headers, ": " STR_FMT "\n", STR_ARG(x->headers[i].value));
	}
}

static void on_body(void *context, struct http_exchange *x, const void *bytes, size_t n)
{
	struct fake_request *r = x->user;
	(void)context;
	buf_add(&r->body, bytes, n);
}

static void script(struct fake_service *f, const struct fake_request *r, struct fake_reply *reply)
{
	size_t i = (size_t)(r - f->requests);

	if (f->answer != NULL) {
		f->answer(f->argument, r, reply);
	} else if (i >= f->reply_count) {
		fprintf(stderr, "request %zu was not expected: %s\n", i, r->line);
		*reply = (struct fake_reply){ .status = 599 };
	} else {
		*reply = f->replies[i];
	}
	if (reply->expect != NULL && strstr(r->line, reply->expect) == NULL) {
		fprintf(stderr, "request %zu: got \"%s\", expected \"%s\"\n", i, r->line, reply->expect);
		*reply = (struct fake_reply){ .status = 599 };
	}
}

static void on_end(void *context, struct http_exchange *x)
{
	struct fake_reply scripted = { 0 };
	struct http_reply reply;

	script(context, x->user, &scripted);
	http_reply_init(&reply, scripted.status);
	if (scripted.header != NULL)
		http_reply_add(&reply, str_c(scripted.header), str_c(scripted.value));
	if (scripted.body != NULL)
		reply.body = str_of(scripted.body, scripted.body_n ? scripted.body_n : strlen(scripted.body));
	http_respond(x, &reply);
}

static void on_free(void *context, struct http_exchange *x)
{
	(void)context;
	(void)x;
}

static struct fake_service *start(struct fake_service *f)
{
	const struct http_server_options options = { .threads = 1, .max_connections = 16, .idle_timeout_seconds = 30 };
	const struct http_handlers handlers = { on_headers, on_body, on_end, on_free, f };
	struct error err = { 0 };
	uint16_t port = 0;

	pthread_mutex_init(&f->lock, NULL);
	if (http_server_new(&f->server, &options, &handlers, &err) ||
	    http_listen(f->server, "127.0.0.1", &port, NULL, &f->listener, &err)) {
		fprintf(stderr, "%s\n", err.message);
		abort();
	}
	snprintf(f->host, sizeof(f->host), "127.0.0.1:%u", port);
	snprintf(f->url, sizeof(f->url), "http://%s", f->host);
	return f;
}

struct fake_service *fake_new(const struct fake_reply *replies, size_t count)
{
	struct fake_service *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	f->replies = replies;
	f->reply_count = count;
	return start(f);
}

struct fake_service *fake_new_with(fake_answer_fn answer, void *argument)
{
	struct fake_service *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	f->answer = answer;
	f->argument = argument;
	return start(f);
}

void fake_free(struct fake_service *f)
{
	if (f == NULL)
		return;
	http_listener_close(f->listener);
	http_server_free(f->server);
	for (size_t i = 0; i < f->count; i++) {
		buf_release(&f->requests[i].headers);
		buf_release(&f->requests[i].body);
	}
	pthread_mutex_destroy(&f->lock);
	free(f);
}

const char *fake_host(const struct fake_service *f)
{
	return f->host;
}

const char *fake_url(const struct fake_service *f)
{
	return f->url;
}

size_t fake_count(struct fake_service *f)
{
	pthread_mutex_lock(&f->lock);
	size_t count = f->count;
	pthread_mutex_unlock(&f->lock);
	return count;
}

const struct fake_request *fake_request(struct fake_service *f, size_t i)
{
	if (i >= fake_count(f))
		abort();
	return &f->requests[i];
}

bool fake_body_has(struct fake_service *f, size_t i, const char *text)
{
	return str_find(buf_str(&fake_request(f, i)->body), str_c(text), 0) >= 0;
}

bool fake_header_has(struct fake_service *f, size_t i, const char *line)
{
	return strstr(buf_c(&fake_request(f, i)->headers), line) != NULL;
}
