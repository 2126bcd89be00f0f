/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/buf.h"
#include "http/dns.h"

/* Builds messages piece by piece. */
static void add_u16(struct buf *b, unsigned value)
{
	buf_add_char(b, (char)(value >> 8));
	buf_add_char(b, (char)value);
}

static void add_name(struct buf *b, const char *name)
{
	struct str rest = str_c(name);

	while (rest.p) {
		struct str label = str_split(&rest, '.');

		buf_add_char(b, (char)label.n);
		buf_add_str(b, label);
	}
	buf_add_char(b, 0);
}

static void begin(struct buf *b, unsigned id, unsigned flags, unsigned answers, const char *name, int type)
{
	buf_init(b, 65535);
	add_u16(b, id);
	add_u16(b, flags);
	add_u16(b, 1);
	add_u16(b, answers);
	add_u16(b, 0);
	add_u16(b, 0);
	add_name(b, name);
	add_u16(b, (unsigned)type);
	add_u16(b, 1);
}

/* `owner` NULL: a pointer to the name in the question. */
static void add_record(struct buf *b, const char *owner, unsigned type, const void *data, size_t n)
{
	if (owner)
		add_name(b, owner);
	else
		add_u16(b, 0xc00c);
	add_u16(b, type);
	add_u16(b, 1);
	add_u16(b, 0);
	add_u16(b, 60);
	add_u16(b, (unsigned)n);
	buf_add(b, data, n);
}

static void add_alias(struct buf *b, const char *owner, const char *target)
{
	struct buf data;

	buf_init(&data, 300);
	add_name(&data, target);
	add_record(b, owner, 5, data.p, data.n);
	buf_release(&data);
}

/* Parses a copy that ends where its allocation ends, so that a read past it is seen. */
static int parse(struct str message, unsigned id, const char *name, int type, struct dns_answer *out)
{
	uint8_t *copy = malloc(message.n ? message.n : 1);
	int code;

	memcpy(copy, message.p, message.n);
	code = dns_parse_answer(copy, message.n, (uint16_t)id, str_c(name), type, out);
	free(copy);
	return code;
}

static void queries_have_one_question(void **state)
{
	static const uint8_t expected[] = "\x12\x34\x01\0\0\1\0\0\0\0\0\0\2s3\7example\3com\0\0\1\0";
	uint8_t out[DNS_QUERY_MAX];
	size_t n = 0;

	(void)state;
	assert_int_equal(dns_write_query(0x1234, STR("s3.example.com"), DNS_A, out, &n), 0);
	assert_int_equal(n, sizeof(expected));
	assert_memory_equal(out, expected, sizeof(expected) - 1);
	assert_int_equal(out[n - 1], 1);
	assert_int_equal(dns_write_query(1, STR("s3.example.com."), DNS_AAAA, out, &n), 0);
	assert_int_equal(n, sizeof(expected));
	assert_int_equal(out[n - 3], DNS_AAAA);
}

static void names_are_checked(void **state)
{
	static const char *const bad[] = { "", ".", "a..b", ".a", "a b", "a/b", "a..", "\xc3\xa9.fr", "a:1", "*.a" };
	uint8_t out[DNS_QUERY_MAX];
	char name[300];
	size_t n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(dns_write_query(1, str_c(bad[i]), DNS_A, out, &n), ERR_INVALID);
	assert_int_equal(dns_write_query(1, STR("my_bucket-1.s3"), DNS_A, out, &n), 0);
	memset(name, 'a', sizeof(name));
	assert_int_equal(dns_write_query(1, str_of(name, 63), DNS_A, out, &n), 0);
	assert_int_equal(dns_write_query(1, str_of(name, 64), DNS_A, out, &n), ERR_INVALID);
	for (size_t i = 63; i < sizeof(name); i += 64)
		name[i] = '.';
	assert_int_equal(dns_write_query(1, str_of(name, 253), DNS_A, out, &n), 0);
	assert_int_equal(dns_write_query(1, str_of(name, 254), DNS_A, out, &n), ERR_INVALID);
}

static void addresses_are_found_through_aliases(void **state)
{
	struct dns_answer answer;
	struct buf b;

	(void)state;
	begin(&b, 7, 0x8180, 5, "a.example", DNS_A);
	add_record(&b, "c.example", DNS_A, "\1\2\3\4", 4);
	add_alias(&b, "b.example", "C.Example");
	add_alias(&b, NULL, "b.example");
	add_record(&b, "c.example", DNS_A, "\5\6\7\10", 4);
	add_record(&b, "other.example", DNS_A, "\7\7\7\7", 4);
	assert_int_equal(parse(buf_str(&b), 7, "A.example.", DNS_A, &answer), 0);
	assert_int_equal(answer.count, 2);
	assert_memory_equal(answer.addresses[0], "\1\2\3\4", 4);
	assert_memory_equal(answer.addresses[1], "\5\6\7\10", 4);
	/* Cut anywhere it is no answer; for another question neither. */
	for (size_t n = 0; n < b.n; n++)
		assert_int_equal(parse(str_of(b.p, n), 7, "a.example", DNS_A, &answer), ERR_CORRUPT);
	assert_int_equal(parse(buf_str(&b), 8, "a.example", DNS_A, &answer), ERR_CORRUPT);
	assert_int_equal(parse(buf_str(&b), 7, "b.example", DNS_A, &answer), ERR_CORRUPT);
	assert_int_equal(parse(buf_str(&b), 7, "a.example", DNS_AAAA, &answer), ERR_CORRUPT);
	buf_release(&b);
}

static void ipv6_answers(void **state)
{
	struct dns_answer answer;
	struct buf b;

	(void)state;
	begin(&b, 1, 0x8180, 2, "x", DNS_AAAA);
	add_record(&b, NULL, DNS_AAAA, "0123456789abcdef", 16);
	add_record(&b, NULL, DNS_AAAA, "short", 5);
	assert_int_equal(parse(buf_str(&b), 1, "x", DNS_AAAA, &answer), 0);
	assert_int_equal(answer.count, 1);
	assert_memory_equal(answer.addresses[0], "0123456789abcdef", 16);
	buf_release(&b);
}

static void flags_tell_failures(void **state)
{
	static const struct {
		unsigned flags;
		int code, rcode;
		bool truncated;
	} cases[] = {
		{ 0x8183, 0, DNS_RCODE_NO_SUCH_NAME, false },
		{ 0x8182, 0, 2, false },
		{ 0x8380, 0, 0, true },
		{ 0x0100, ERR_CORRUPT, 0, false }, /* a query */
		{ 0x9180, ERR_CORRUPT, 0, false }, /* another operation */
	};
	struct dns_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf b;

		answer = (struct dns_answer){ .rcode = 0 };
		begin(&b, 1, cases[i].flags, cases[i].truncated ? 3 : 0, "x", DNS_A);
		assert_int_equal(parse(buf_str(&b), 1, "x", DNS_A, &answer), cases[i].code);
		assert_int_equal(answer.rcode, cases[i].rcode);
		assert_int_equal(answer.truncated, cases[i].truncated);
		assert_int_equal(answer.count, 0);
		buf_release(&b);
	}
}

static void names_do_not_loop(void **state)
{
	struct dns_answer answer;
	struct buf b;

	(void)state;
	/* An owner that points to itself, and one that points forward. */
	for (int forward = 0; forward < 2; forward++) {
		begin(&b, 1, 0x8180, 1, "x", DNS_A);
		add_u16(&b, 0xc000 | (unsigned)(b.n + (forward ? 2 : 0)));
		buf_add(&b, "\0\1\0\1\0\0\0\0\0\4abcd", 14);
		assert_int_equal(parse(buf_str(&b), 1, "x", DNS_A, &answer), ERR_CORRUPT);
		buf_release(&b);
	}
	/* Aliases in a circle give no address, and end. */
	begin(&b, 1, 0x8180, 2, "x", DNS_A);
	add_alias(&b, "x", "y");
	add_alias(&b, "y", "x");
	assert_int_equal(parse(buf_str(&b), 1, "x", DNS_A, &answer), 0);
	assert_int_equal(answer.count, 0);
	buf_release(&b);
	/* A dot inside a label. */
	begin(&b, 1, 0x8180, 1, "a.b", DNS_A);
	buf_add(&b, "\3a.b\0\0\1\0\1\0\0\0\0\0\4abcd", 19);
	assert_int_equal(parse(buf_str(&b), 1, "a.b", DNS_A, &answer), ERR_CORRUPT);
	buf_release(&b);
}

static void many_addresses_are_cut(void **state)
{
	struct dns_answer answer;
	struct buf b;

	(void)state;
	begin(&b, 1, 0x8180, 40, "x", DNS_A);
	for (int i = 0; i < 40; i++)
		add_record(&b, NULL, DNS_A, "\1\1\1\1", 4);
	assert_int_equal(parse(buf_str(&b), 1, "x", DNS_A, &answer), 0);
	assert_int_equal(answer.count, DNS_ADDRESSES_MAX);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_have_one_question),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(addresses_are_found_through_aliases),
		cmocka_unit_test(ipv6_answers),
		cmocka_unit_test(flags_tell_failures),
		cmocka_unit_test(names_do_not_loop),
		cmocka_unit_test(many_addresses_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
