/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/digest.h"
#include "base/encode.h"

static void check(const char *text, const uint8_t *bytes, size_t n)
{
	char hex[2 * DIGEST_MAX];

	hex_encode(hex, bytes, n);
	assert_str(str_of(hex, 2 * n), text);
}

/* Check values of each algorithm's own definition; "123456789" is the catalogue's input for CRCs. */
static void known_answers(void **state)
{
	static const struct {
		enum digest_kind kind;
		const char *input, *hex;
	} cases[] = {
		{ DIGEST_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ DIGEST_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72" },
		{ DIGEST_CRC32, "123456789", "cbf43926" },
		{ DIGEST_CRC32C, "123456789", "e3069283" },
		{ DIGEST_CRC64NVME, "123456789", "ae8b14860a799888" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct digest d;
		uint8_t out[DIGEST_MAX];
		assert_int_equal(digest_init(&d, cases[i].kind), 0);
		digest_add(&d, cases[i].input, strlen(cases[i].input));
		size_t n = digest_finish(&d, out);
		assert_int_equal(n, digest_size(cases[i].kind));
		check(cases[i].hex, out, n);
		digest_release(&d);
	}
}

/* However the input is cut, and however it lies in memory. */
static void pieces_make_the_whole(void **state)
{
	char input[257];

	(void)state;
	for (size_t i = 0; i < sizeof(input); i++)
		input[i] = (char)(i * 31);
	for (int kind = DIGEST_SHA256; kind <= DIGEST_CRC64NVME; kind++) {
		uint8_t whole[DIGEST_MAX], pieces[DIGEST_MAX];
		for (size_t cut = 0; cut < sizeof(input); cut += 13) {
			struct digest d;
			assert_int_equal(digest_init(&d, (enum digest_kind)kind), 0);
			digest_add(&d, input, cut);
			digest_add(&d, input + cut, sizeof(input) - cut);
			size_t n = digest_finish(&d, cut ? pieces : whole);
			digest_release(&d);
			if (cut)
				assert_memory_equal(pieces, whole, n);
		}
	}
}

static void hmac_known_answers(void **state)
{
	uint8_t out[SHA256_SIZE];
	char long_key[131];

	(void)state;
	/* RFC 4231, cases 2 and 6 */
	hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out);
	check("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", out, SHA256_SIZE);
	memset(long_key, 0xAA, sizeof(long_key));
	hmac_sha256(long_key, sizeof(long_key), "Test Using Larger Than Block-Size Key - Hash Key First", 54, out);
	check("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", out, SHA256_SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(known_answers), cmocka_unit_test(pieces_make_the_whole),
					    cmocka_unit_test(hmac_known_answers) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
