/* SPDX-License-Identifier: Apache-2.0
 *
 * Names to addresses without the C library's resolver, which loads modules and so cannot be linked statically: numeric
 * addresses, "localhost" and what ends in it (RFC 6761 §6.3), /etc/hosts, then DNS over UDP, and TCP for long answers, as
 * /etc/resolv.conf says. Names are absolute: search lists are not used. Nothing is cached.
 */
#ifndef GLEANER_HTTP_RESOLVE_H
#define GLEANER_HTTP_RESOLVE_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "base/error.h"
#include "base/str.h"

enum { ADDRESSES_MAX = 16 };

struct address {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	};
	socklen_t n;
};

struct addresses {
	struct address list[ADDRESSES_MAX]; /* in the order to try them */
	size_t count;
};

struct resolver {
	const char *hosts_file, *config_file;
	uint16_t dns_port;
};

/* "1.2.3.4", "::1" (no brackets). */
bool address_parse(struct str text, uint16_t port, struct address *out);

/* At least one address with `port`. IPv4 addresses are asked for first, IPv6 only when there are none. `deadline_ns` is on
 * clock_mono_ns. ERR_INVALID (no host name), ERR_IO (no such name, no server answers well), ERR_TIMEOUT. */
int resolve_name(const struct resolver *r, struct str host, uint16_t port, int64_t deadline_ns, struct addresses *out,
		 struct error *err) MUST_CHECK;

/* The pure parts, over the files' texts. */
enum { NAMESERVERS_MAX = 3 };

struct resolver_config {
	struct address servers[NAMESERVERS_MAX];
	size_t server_count;
	int timeout_ms, attempts;
};

/* As resolv.conf(5) has it; without a server: 127.0.0.1. */
void resolver_config_parse(struct str text, uint16_t dns_port, struct resolver_config *out);
void hosts_lookup(struct str text, struct str host, uint16_t port, struct addresses *out);

#endif
