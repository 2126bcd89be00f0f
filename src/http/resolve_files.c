/* SPDX-License-Identifier: Apache-2.0
 *
 * /etc/hosts and /etc/resolv.conf, as texts.
 */
#include <arpa/inet.h>

#include "http/resolve.h"

bool address_parse(struct str text, uint16_t port, struct address *out)
{
	char c[INET6_ADDRSTRLEN];
	struct address a = { 0 };

	if (text.n == 0 || text.n >= sizeof(c))
		return false;
	memcpy(c, text.p, text.n);
	c[text.n] = '\0';
	if (inet_pton(AF_INET, c, &a.v4.sin_addr) == 1) {
		a.v4.sin_family = AF_INET;
		a.v4.sin_port = htons(port);
		a.n = sizeof(a.v4);
	} else if (inet_pton(AF_INET6, c, &a.v6.sin6_addr) == 1) {
		a.v6.sin6_family = AF_INET6;
		a.v6.sin6_port = htons(port);
		a.n = sizeof(a.v6);
	} else {
		return false;
	}
	*out = a;
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts the next word off a line; absent at its end or a comment. */
static struct str next_word(struct str *line)
{
	size_t start = 0, end;

	while (start < line->n && is_blank(line->p[start]))
		start++;
	end = start;
	while (end < line->n && !is_blank(line->p[end]) && line->p[end] != '#' && line->p[end] != ';')
		end++;
	struct str word = str_sub(*line, start, end - start);
	*line = str_from(*line, end);
	return word.n > 0 ? word : STR_NULL;
}

void hosts_lookup(struct str text, struct str host, uint16_t port, struct addresses *out)
{
	while (text.p && out->count < ADDRESSES_MAX) {
		struct str line = str_split(&text, '\n');
		struct str address = next_word(&line), name;

		while (str_is_set(address) && str_is_set(name = next_word(&line))) {
			if (!str_eq_nocase(name, host))
				continue;
			if (address_parse(address, port, &out->list[out->count]))
				out->count++;
			break;
		}
	}
}

/* "timeout:2" within bounds; others are not for us. */
static void read_option(struct str option, struct resolver_config *c)
{
	struct str name = str_split(&option, ':');
	int64_t value;

	if (!option.p || str_to_i64(option, &value) < 0)
		return;
	if (str_eq(name, STR("timeout")) && value >= 1)
		c->timeout_ms = (int)(value < 30 ? value : 30) * 1000; /* RES_MAXRETRANS */
	if (str_eq(name, STR("attempts")) && value >= 1)
		c->attempts = (int)(value < 5 ? value : 5); /* RES_MAXRETRY */
}

void resolver_config_parse(struct str text, uint16_t dns_port, struct resolver_config *out)
{
	struct resolver_config c = { .timeout_ms = 5000, .attempts = 2 };

	while (text.p) {
		struct str line = str_split(&text, '\n');
		struct str key = next_word(&line), word;

		if (str_eq(key, STR("nameserver")) && c.server_count < NAMESERVERS_MAX)
			c.server_count += address_parse(next_word(&line), dns_port, &c.servers[c.server_count]);
		else if (str_eq(key, STR("options")))
			while (str_is_set(word = next_word(&line)))
				read_option(word, &c);
	}
	if (c.server_count == 0)
		c.server_count = address_parse(STR("127.0.0.1"), dns_port, &c.servers[0]);
	*out = c;
}
