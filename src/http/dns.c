/* SPDX-License-Identifier: Apache-2.0 */
#include "http/dns.h"

enum {
	HEADER_SIZE = 12,
	NAME_MAX_SIZE = 255, /* RFC 1035 §2.3.4 */
	LABEL_MAX = 63,
	ALIASES_MAX = 8,
	CLASS_IN = 1,
	TYPE_CNAME = 5,
};

/* A position in a message; `bad` is sticky. */
struct cursor {
	const uint8_t *bytes;
	size_t n, at;
	bool bad;
};

/* A name as dotted text without the last dot. */
struct dns_name {
	char text[NAME_MAX_SIZE + 1];
	size_t n;
};

struct record {
	struct dns_name owner;
	unsigned type, class;
	size_t data, data_n; /* within the message */
};

static unsigned read_u8(struct cursor *c)
{
	if (c->bad || c->at >= c->n) {
		c->bad = true;
		return 0;
	}
	return c->bytes[c->at++];
}

static unsigned read_u16(struct cursor *c)
{
	unsigned high = read_u8(c);

	return high << 8 | read_u8(c);
}

static void skip(struct cursor *c, size_t n)
{
	if (c->bad || n > c->n - c->at)
		c->bad = true;
	else
		c->at += n;
}

static void add_label(struct cursor *c, unsigned n, struct dns_name *out)
{
	/* A dot inside a label would make two names look like one. */
	if (c->bad || n > c->n - c->at || out->n + n + 1 > NAME_MAX_SIZE || memchr(c->bytes + c->at, '.', n)) {
		c->bad = true;
		return;
	}
	if (out->n > 0)
		out->text[out->n++] = '.';
	memcpy(out->text + out->n, c->bytes + c->at, n);
	out->n += n;
	c->at += n;
}

/* RFC 1035 §4.1.4. The cursor ends behind the name where it stands, not where its pointers lead. */
static void read_name(struct cursor *c, struct dns_name *out)
{
	size_t lowest = c->at, after = 0;
	bool jumped = false;

	out->n = 0;
	for (;;) {
		unsigned length = read_u8(c);

		if (c->bad || length == 0)
			break;
		if (length < 0x40) {
			add_label(c, length, out);
			continue;
		}
		size_t target = (length & 0x3f) << 8 | read_u8(c);
		if (!jumped)
			after = c->at;
		jumped = true;
		if (length < 0xc0 || target >= lowest) {
			c->bad = true;
			break;
		}
		c->at = lowest = target;
	}
	if (jumped && !c->bad)
		c->at = after;
}

static bool name_is(const struct dns_name *a, struct str b)
{
	return str_eq_nocase(str_of(a->text, a->n), b);
}

static struct str without_last_dot(struct str name)
{
	return str_ends(name, STR(".")) ? str_sub(name, 0, name.n - 1) : name;
}

static bool is_label_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_label(struct str label)
{
	for (size_t i = 0; i < label.n; i++) {
		if (!is_label_char(label.p[i]))
			return false;
	}
	return label.n > 0 && label.n <= LABEL_MAX;
}

static size_t write_u16(uint8_t *out, unsigned value)
{
	out[0] = (uint8_t)(value >> 8);
	out[1] = (uint8_t)value;
	return 2;
}

int dns_write_query(uint16_t id, struct str name, int type, uint8_t out[DNS_QUERY_MAX], size_t *n)
{
	struct str rest = without_last_dot(name);
	size_t at = HEADER_SIZE;

	if (rest.n == 0 || rest.n > NAME_MAX_SIZE - 2)
		return ERR_INVALID;
	memset(out, 0, HEADER_SIZE);
	write_u16(out, id);
	out[2] = 1; /* recursion desired */
	out[5] = 1; /* one question */
	while (rest.p) {
		struct str label = str_split(&rest, '.');

		if (!is_label(label))
			return ERR_INVALID;
		out[at++] = (uint8_t)label.n;
		memcpy(out + at, label.p, label.n);
		at += label.n;
	}
	out[at++] = 0;
	at += write_u16(out + at, (unsigned)type);
	at += write_u16(out + at, CLASS_IN);
	*n = at;
	return 0;
}

static void read_record(struct cursor *c, struct record *out)
{
	read_name(c, &out->owner);
	out->type = read_u16(c);
	out->class = read_u16(c);
	skip(c, 4); /* time to live: nothing is cached */
	out->data_n = read_u16(c);
	out->data = c->at;
	skip(c, out->data_n);
}

/* Goes over the answers: addresses of `name`, and the name it is an alias of. */
static void scan_answers(struct cursor c, unsigned count, const struct dns_name *name, unsigned type, struct dns_answer *out,
			 struct dns_name *alias)
{
	size_t size = type == DNS_A ? 4 : 16;

	alias->n = 0;
	for (unsigned i = 0; i < count && !c.bad; i++) {
		struct record r;

		read_record(&c, &r);
		if (c.bad || r.class != CLASS_IN || !name_is(&r.owner, str_of(name->text, name->n)))
			continue;
		if (r.type == type && r.data_n == size && out->count < DNS_ADDRESSES_MAX) {
			memcpy(out->addresses[out->count++], c.bytes + r.data, size);
		} else if (r.type == TYPE_CNAME) {
			struct cursor data = { c.bytes, r.data + r.data_n, r.data, false };

			read_name(&data, alias);
			if (data.bad)
				alias->n = 0;
		}
	}
}

/* Every record must be whole, so that a cut message is not taken for a shorter answer. */
static bool records_are_whole(struct cursor c, unsigned count)
{
	struct record r;

	for (unsigned i = 0; i < count && !c.bad; i++)
		read_record(&c, &r);
	return !c.bad;
}

int dns_parse_answer(const uint8_t *bytes, size_t n, uint16_t id, struct str name, int type, struct dns_answer *out)
{
	struct cursor c = { bytes, n, 0, false };
	struct dns_answer answer = { 0 };
	struct dns_name wanted, alias;
	unsigned got_id = read_u16(&c), flags = read_u16(&c), questions = read_u16(&c), answers = read_u16(&c);

	skip(&c, 4); /* the counts of authority and additional records */
	read_name(&c, &wanted);
	unsigned got_type = read_u16(&c), got_class = read_u16(&c);
	bool is_answer = (flags & 0xf800) == 0x8000; /* a reply to a standard query */

	if (c.bad || got_id != id || !is_answer || questions != 1 || got_type != (unsigned)type || got_class != CLASS_IN ||
	    !name_is(&wanted, without_last_dot(name)))
		return ERR_CORRUPT;
	answer.truncated = (flags & 0x0200) != 0;
	answer.rcode = (int)(flags & 0xf);
	if (!answer.truncated && !records_are_whole(c, answers))
		return ERR_CORRUPT;
	for (int hop = 0; !answer.truncated && hop <= ALIASES_MAX; hop++) {
		scan_answers(c, answers, &wanted, (unsigned)type, &answer, &alias);
		if (answer.count > 0 || alias.n == 0)
			break;
		wanted = alias;
	}
	*out = answer;
	return 0;
}
