/* SPDX-License-Identifier: Apache-2.0
 *
 * The resolver against a name server of our own, on loopback.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "http/resolve.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/thread.h"
#include "peer.h"

/* What the name server does with a question; the first letter of the name says which. */
struct name_server {
	int udp, tcp;
	uint16_t port;
	pthread_t thread;
	atomic_int udp_questions, tcp_questions;
	char folder[64], hosts[128], config[128];
};

/* Turns a question into its answer: `count` records with the addresses 10.0.0.1 … */
static size_t answer(uint8_t *m, size_t n, unsigned flags, int count)
{
	m[2] = (uint8_t)(flags >> 8);
	m[3] = (uint8_t)flags;
	m[7] = (uint8_t)count;
	for (int i = 1; i <= count; i++) {
		const uint8_t record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 10, 0, 0, (uint8_t)i };

		memcpy(m + n, record, sizeof(record));
		n += sizeof(record);
	}
	return n;
}

/* Only IPv4's question gets nothing; IPv6's gets fd00::9. */
static size_t answer_v6(uint8_t *m, size_t n, bool is_a)
{
	static const uint8_t record[] = { 0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 0, 0, 16, 0xfd, [26] = 0, 9 };

	answer(m, n, 0x8180, 0);
	if (is_a)
		return n;
	m[7] = 1;
	memcpy(m + n, record, sizeof(record));
	return n + sizeof(record);
}

static void serve_tcp(struct name_server *s)
{
	uint8_t framed[1024];
	int fd = peer_accept(s->tcp);
	ssize_t all = recv(fd, framed, 512, 0);
	size_t n;

	s->tcp_questions++;
	n = answer(framed + 2, (size_t)all - 2, 0x8180, 30);
	framed[0] = (uint8_t)(n >> 8);
	framed[1] = (uint8_t)n;
	send(fd, framed, 1, MSG_NOSIGNAL); /* in pieces */
	clock_sleep_ms(2);
	send(fd, framed + 1, n + 1, MSG_NOSIGNAL);
	close(fd);
}

static void serve_udp(struct name_server *s)
{
	uint8_t m[1024];
	struct sockaddr_in from;
	socklen_t from_n = sizeof(from);
	ssize_t got = recvfrom(s->udp, m, 512, 0, (struct sockaddr *)&from, &from_n);
	size_t n = (size_t)got;
	bool is_a;

	if (got < 17)
		return;
	is_a = m[got - 3] == 1;
	s->udp_questions++;
	switch (m[13]) { /* the name's first letter */
	case 's':        /* silent */
		return;
	case 'f': /* a forged answer first, with another id */
		m[0] ^= 1;
		sendto(s->udp, m, answer(m, n, 0x8180, 3), 0, (struct sockaddr *)&from, from_n);
		m[0] ^= 1;
		n = answer(m, n, 0x8180, 1);
		break;
	case 'l': /* long: ask over TCP */
		sendto(s->udp, m, answer(m, n, 0x8380, 0), 0, (struct sockaddr *)&from, from_n);
		serve_tcp(s);
		return;
	case 'n': /* no such name */
		n = answer(m, n, 0x8183, 0);
		break;
	case 'b': /* broken server */
		n = answer(m, n, 0x8182, 0);
		break;
	case 'e': /* only the second attempt is answered */
		if (s->udp_questions < 2)
			return;
		n = answer(m, n, 0x8180, 1);
		break;
	case 'v': /* IPv6 only */
		n = answer_v6(m, n, is_a);
		break;
	default:
		n = answer(m, n, 0x8180, is_a ? 2 : 0);
	}
	sendto(s->udp, m, n, 0, (struct sockaddr *)&from, from_n);
}

static void serve(void *argument)
{
	struct name_server *s = argument;

	while (s->port)
		serve_udp(s);
}

static int set_up(void **state)
{
	struct name_server *s = calloc(1, sizeof(*s));
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct timeval short_time = { .tv_usec = 20000 };

	s->tcp = peer_listen("127.0.0.1", &s->port);
	s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	at.sin_port = htons(s->port);
	if (bind(s->udp, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -1;
	setsockopt(s->udp, SOL_SOCKET, SO_RCVTIMEO, &short_time, sizeof(short_time));
	snprintf(s->folder, sizeof(s->folder), "/tmp/gleaner-test-XXXXXX");
	assert_non_null(mkdtemp(s->folder));
	snprintf(s->hosts, sizeof(s->hosts), "%s/hosts", s->folder);
	snprintf(s->config, sizeof(s->config), "%s/resolv.conf", s->folder);
	*state = s;
	return thread_start(&s->thread, "names", serve, s, NULL);
}

static int tear_down(void **state)
{
	struct name_server *s = *state;
	int code;

	s->port = 0;
	pthread_join(s->thread, NULL);
	close(s->udp);
	close(s->tcp);
	code = file_remove_tree(s->folder, NULL);
	free(s);
	return code;
}

static int resolve(struct name_server *s, const char *config, const char *name, int limit_ms, struct addresses *out)
{
	struct resolver r = { s->hosts, s->config, s->port };

	assert_int_equal(file_write(s->hosts, STR("10.1.1.1 db.internal db\n"), 0644, NULL), 0);
	assert_int_equal(file_write(s->config, str_c(config), 0644, NULL), 0);
	return resolve_name(&r, str_c(name), 80, clock_mono_ns() + limit_ms * INT64_C(1000000), out, NULL);
}

static const char *text_of(const struct address *a)
{
	static char out[64];

	inet_ntop(a->any.sa_family, a->any.sa_family == AF_INET ? (void *)&a->v4.sin_addr : (void *)&a->v6.sin6_addr, out,
		  sizeof(out));
	return out;
}

static const char usual[] = "search lan\nnameserver 127.0.0.1\n";

static void names_are_asked_for(void **state)
{
	struct name_server *s = *state;
	struct addresses a;

	assert_int_equal(resolve(s, usual, "good.example", 2000, &a), 0);
	assert_int_equal(a.count, 2);
	assert_string_equal(text_of(&a.list[0]), "10.0.0.1");
	assert_string_equal(text_of(&a.list[1]), "10.0.0.2");
	assert_int_equal(ntohs(a.list[1].v4.sin_port), 80);
	assert_int_equal(s->udp_questions, 1);
	assert_int_equal(resolve(s, usual, "v6.example", 2000, &a), 0);
	assert_int_equal(a.count, 1);
	assert_string_equal(text_of(&a.list[0]), "fd00::9");
}

static void forged_answers_are_skipped(void **state)
{
	struct addresses a;

	assert_int_equal(resolve(*state, usual, "forged.example", 2000, &a), 0);
	assert_int_equal(a.count, 1);
}

static void long_answers_come_over_tcp(void **state)
{
	struct name_server *s = *state;
	struct addresses a;

	assert_int_equal(resolve(s, usual, "long.example", 2000, &a), 0);
	assert_int_equal(a.count, ADDRESSES_MAX);
	assert_int_equal(s->tcp_questions, 1);
}

static void failures_are_told_apart(void **state)
{
	struct name_server *s = *state;
	struct addresses a;
	int64_t start = clock_mono_ns();

	assert_int_equal(resolve(s, usual, "none.example", 2000, &a), ERR_IO);
	assert_int_equal(resolve(s, usual, "broken.example", 2000, &a), ERR_IO);
	assert_int_equal(resolve(s, usual, "not a name", 2000, &a), ERR_INVALID);
	assert_int_equal(resolve(s, usual, "", 2000, &a), ERR_INVALID);
	assert_int_equal(resolve(s, usual, "silent.example", 100, &a), ERR_TIMEOUT);
	assert_true(clock_mono_ns() - start < 1500000000);
}

static void a_silent_server_is_asked_again(void **state)
{
	struct name_server *s = *state;
	struct addresses a;

	assert_int_equal(resolve(s, "nameserver 127.0.0.1\noptions attempts:2 timeout:1\n", "eventually", 5000, &a), 0);
	assert_int_equal(s->udp_questions, 2);
	/* A server that refuses the datagram is passed over at once. */
	assert_int_equal(resolve(s, "nameserver 127.0.0.9\nnameserver 127.0.0.1\n", "good", 5000, &a), 0);
}

static void some_names_need_no_server(void **state)
{
	static const struct {
		const char *name, *first;
		size_t count;
	} cases[] = {
		{ "127.0.0.1", "127.0.0.1", 1 },           { "::1", "::1", 1 },
		{ "localhost", "127.0.0.1", 2 },           { "LocalHost.", "127.0.0.1", 2 },
		{ "bucket.s3.localhost", "127.0.0.1", 2 }, { "DB", "10.1.1.1", 1 },
		{ "db.internal.", "10.1.1.1", 1 },
	};
	struct name_server *s = *state;
	struct addresses a;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(resolve(s, usual, cases[i].name, 1000, &a), 0);
		assert_int_equal(a.count, cases[i].count);
		assert_string_equal(text_of(&a.list[0]), cases[i].first);
	}
	assert_int_equal(s->udp_questions, 0);
	assert_int_equal(resolve(s, usual, "notlocalhost", 1000, &a), ERR_IO);
	assert_int_equal(s->udp_questions, 1);
}

static void configurations_are_read_as_they_are_written(void **state)
{
	struct resolver_config c;

	(void)state;
	resolver_config_parse(STR(""), 53, &c);
	assert_int_equal(c.server_count, 1);
	assert_string_equal(text_of(&c.servers[0]), "127.0.0.1");
	assert_int_equal(c.timeout_ms, 5000);
	assert_int_equal(c.attempts, 2);

	resolver_config_parse(STR("# comment\n; another\n nameserver\t10.0.0.2 # here\r\nnameserver bad\nnameserver fd00::2\n"
				  "nameserver 10.0.0.3\nnameserver 10.0.0.4\ndomain x\n"
				  "options ndots:5 timeout:1 attempts:9 rotate timeout:x\n"),
			      53, &c);
	assert_int_equal(c.server_count, 3);
	assert_string_equal(text_of(&c.servers[0]), "10.0.0.2");
	assert_string_equal(text_of(&c.servers[1]), "fd00::2");
	assert_string_equal(text_of(&c.servers[2]), "10.0.0.3");
	assert_int_equal(ntohs(c.servers[2].v4.sin_port), 53);
	assert_int_equal(c.timeout_ms, 1000);
	assert_int_equal(c.attempts, 5);
}

static void hosts_files_are_read_as_they_are_written(void **state)
{
	static const char text[] = "127.0.0.1\tlocalhost\n# 10.0.0.1 a\n10.0.0.2 x A b # c\n::2 a\nbad a\n10.0.0.3";
	struct addresses a = { .count = 0 };

	(void)state;
	hosts_lookup(str_c(text), STR("a"), 1, &a);
	assert_int_equal(a.count, 2);
	assert_string_equal(text_of(&a.list[0]), "10.0.0.2");
	assert_string_equal(text_of(&a.list[1]), "::2");
	a.count = 0;
	hosts_lookup(str_c(text), STR("c"), 1, &a);
	assert_int_equal(a.count, 0);
}

#define WITH_SERVER(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(names_are_asked_for),
		WITH_SERVER(forged_answers_are_skipped),
		WITH_SERVER(long_answers_come_over_tcp),
		WITH_SERVER(failures_are_told_apart),
		WITH_SERVER(a_silent_server_is_asked_again),
		WITH_SERVER(some_names_need_no_server),
		cmocka_unit_test(configurations_are_read_as_they_are_written),
		cmocka_unit_test(hosts_files_are_read_as_they_are_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
