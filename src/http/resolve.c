/* SPDX-License-Identifier: Apache-2.0 */
#include "http/resolve.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/limits.h"
#include "http/dns.h"
#include "http/socket.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/random.h"

enum { UDP_ANSWER_MAX = 4096, TCP_ANSWER_MAX = 65535 };

/* One question and where its answer goes. */
struct question {
	struct str name;
	int type;
	uint16_t id;
	uint8_t query[2 + DNS_QUERY_MAX]; /* with TCP's length in front */
	size_t query_n;                   /* without it */
	struct dns_answer answer;
};

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A connected UDP socket takes datagrams from the server's address only; the kernel picks a random port. Answers to other
 * questions (late or forged) are skipped. */
static int ask_udp(struct question *q, const struct address *server, int64_t deadline_ns)
{
	uint8_t bytes[UDP_ANSWER_MAX];
	int fd = socket(server->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int code = ERR_IO;

	if (fd < 0)
		return ERR_IO;
	if (connect(fd, &server->any, server->n) == 0 && send(fd, q->query + 2, q->query_n, MSG_NOSIGNAL) >= 0)
		code = 0;
	while (code == 0) {
		ssize_t got;

		code = socket_wait(fd, POLLIN, deadline_ns);
		if (code < 0)
			break;
		got = recv(fd, bytes, sizeof(bytes), 0);
		if (got >= 0 && dns_parse_answer(bytes, (size_t)got, q->id, q->name, q->type, &q->answer) == 0)
			break;
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			code = ERR_IO;
	}
	close(fd);
	return code;
}

static int read_exactly(int fd, uint8_t *out, size_t n, int64_t deadline_ns)
{
	while (n > 0) {
		ssize_t got = recv(fd, out, n, 0);

		if (got > 0) {
			out += got;
			n -= (size_t)got;
		} else if (got < 0 && errno == EAGAIN) {
			int code = socket_wait(fd, POLLIN, deadline_ns);

			if (code < 0)
				return code;
		} else if (got == 0 || errno != EINTR) {
			return ERR_IO;
		}
	}
	return 0;
}

/* RFC 1035 §4.2.2: each message has its length in front. */
static int ask_tcp(struct question *q, const struct address *server, int64_t deadline_ns)
{
	uint8_t length[2], *bytes = malloc(TCP_ANSWER_MAX);
	int fd = -1, code = bytes ? socket_connect(server, deadline_ns, &fd, NULL) : ERR_NO_MEMORY;
	size_t n = 0;

	if (code == 0) {
		q->query[0] = (uint8_t)(q->query_n >> 8);
		q->query[1] = (uint8_t)q->query_n;
		/* A new connection's buffer takes a message this short whole. */
		if (send(fd, q->query, q->query_n + 2, MSG_NOSIGNAL) != (ssize_t)q->query_n + 2)
			code = ERR_IO;
	}
	if (code == 0)
		code = read_exactly(fd, length, sizeof(length), deadline_ns);
	if (code == 0) {
		n = (size_t)length[0] << 8 | length[1];
		code = read_exactly(fd, bytes, n, deadline_ns);
	}
	if (code == 0)
		code = dns_parse_answer(bytes, n, q->id, q->name, q->type, &q->answer);
	if (fd >= 0)
		close(fd);
	free(bytes);
	return code;
}

static int ask_server(struct question *q, const struct address *server, int64_t deadline_ns)
{
	int code;

	random_bytes(&q->id, sizeof(q->id));
	if (dns_write_query(q->id, q->name, q->type, q->query + 2, &q->query_n) < 0)
		return ERR_INVALID;
	code = ask_udp(q, server, deadline_ns);
	if (code == 0 && q->answer.truncated)
		code = ask_tcp(q, server, deadline_ns);
	if (code == 0 && q->answer.rcode != DNS_RCODE_OK && q->answer.rcode != DNS_RCODE_NO_SUCH_NAME)
		code = ERR_UNAVAILABLE; /* it cannot say: ask another */
	return code;
}

/* Asks the servers in turn. 0 with the answer (which may hold no address), or why there is none. */
static int ask(const struct resolver_config *config, struct question *q, int64_t deadline_ns)
{
	int code = ERR_TIMEOUT;

	for (int attempt = 0; attempt < config->attempts; attempt++) {
		for (size_t i = 0; i < config->server_count; i++) {
			int64_t now = clock_mono_ns();

			if (now >= deadline_ns)
				return ERR_TIMEOUT;
			code = ask_server(q, &config->servers[i],
					  earlier(deadline_ns, now + config->timeout_ms * INT64_C(1000000)));
			if (code == 0 || code == ERR_INVALID || code == ERR_NO_MEMORY)
				return code;
		}
	}
	return code;
}

static void add_answers(const struct question *q, uint16_t port, struct addresses *out)
{
	for (size_t i = 0; i < q->answer.count && out->count < ADDRESSES_MAX; i++) {
		struct address *a = &out->list[out->count++];

		*a = (struct address){ 0 };
		if (q->type == DNS_A) {
			a->v4.sin_family = AF_INET;
			a->v4.sin_port = htons(port);
			memcpy(&a->v4.sin_addr, q->answer.addresses[i], 4);
			a->n = sizeof(a->v4);
		} else {
			a->v6.sin6_family = AF_INET6;
			a->v6.sin6_port = htons(port);
			memcpy(&a->v6.sin6_addr, q->answer.addresses[i], 16);
			a->n = sizeof(a->v6);
		}
	}
}

static int resolve_dns(const struct resolver_config *config, struct str host, uint16_t port, int64_t deadline_ns,
		       struct addresses *out, struct error *err)
{
	static const int types[] = { DNS_A, DNS_AAAA };
	int code = 0;

	for (size_t i = 0; i < 2 && code == 0 && out->count == 0; i++) {
		struct question q = { .name = host, .type = types[i] };

		code = ask(config, &q, deadline_ns);
		if (code == 0)
			add_answers(&q, port, out);
		if (code == 0 && q.answer.rcode == DNS_RCODE_NO_SUCH_NAME)
			break;
	}
	switch (code) {
	case 0:
		if (out->count == 0)
			return error_set(err, ERR_IO, "no such host: " STR_FMT, STR_ARG(host));
		return 0;
	case ERR_INVALID:
		return error_set(err, ERR_INVALID, "not a host name: " STR_FMT, STR_ARG(host));
	case ERR_TIMEOUT:
		return error_set(err, ERR_TIMEOUT, "no name server answered for " STR_FMT, STR_ARG(host));
	default:
		return error_set(err, ERR_IO, "no name server could resolve " STR_FMT, STR_ARG(host));
	}
}

/* A missing or unreadable file is an empty one. */
static struct str read_file(struct arena *a, const char *path)
{
	struct str text = STR("");

	(void)!file_read(a, path, MIB(1), &text, NULL);
	return text;
}

static bool is_localhost(struct str host)
{
	struct str tail = host.n > 10 ? str_from(host, host.n - 10) : host;

	return str_eq_nocase(host, STR("localhost")) || str_eq_nocase(tail, STR(".localhost"));
}

int resolve_name(const struct resolver *r, struct str host, uint16_t port, int64_t deadline_ns, struct addresses *out,
		 struct error *err)
{
	struct resolver_config config;
	struct arena a;
	int code = 0;

	out->count = 0;
	if (str_ends(host, STR(".")))
		host = str_sub(host, 0, host.n - 1);
	if (address_parse(host, port, &out->list[0])) {
		out->count = 1;
		return 0;
	}
	if (is_localhost(host)) {
		(void)address_parse(STR("127.0.0.1"), port, &out->list[0]);
		(void)address_parse(STR("::1"), port, &out->list[1]);
		out->count = 2;
		return 0;
	}
	arena_init(&a, MIB(4));
	hosts_lookup(read_file(&a, r->hosts_file), host, port, out);
	if (out->count == 0) {
		resolver_config_parse(read_file(&a, r->config_file), r->dns_port, &config);
		code = resolve_dns(&config, host, port, deadline_ns, out, err);
	}
	arena_release(&a);
	return code;
}
