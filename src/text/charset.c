/* SPDX-License-Identifier: Apache-2.0 */
#include "text/charset.h"

#include <stdlib.h>

enum { CLASSES_MAX = 50000 };

/* Unicode blocks with Latin text and its signs. */
static const struct {
	uint32_t first, last;
} read_blocks[] = {
	{ 0x21, 0x24f },    /* ASCII, Latin-1, Latin Extended-A and -B */
	{ 0x2013, 0x2014 }, /* dashes */
	{ 0x2018, 0x201f }, /* quotation marks */
	{ 0x2022, 0x2022 }, /* bullet */
	{ 0x2026, 0x2026 }, /* ellipsis */
	{ 0x20a0, 0x20cf }, /* currencies */
	{ 0x2122, 0x2122 }, /* trade mark */
};

static const struct {
	const char *wide, *plain;
} plain_forms[] = {
	{ "，", "," }, { "。", "." }, { "：", ":" }, { "；", ";" }, { "（", "(" }, { "）", ")" }, { "！", "!" },
	{ "？", "?" }, { "【", "[" }, { "】", "]" }, { "＄", "$" }, { "￥", "¥" }, { "～", "~" }, { "－", "-" },
	{ "＋", "+" }, { "％", "%" }, { "＆", "&" }, { "＃", "#" }, { "＊", "*" }, { "／", "/" }, { "＝", "=" },
	{ "＠", "@" }, { "｜", "|" }, { "＜", "<" }, { "＞", ">" },
};

/* The first code point of UTF-8 text; 0 when it is not well formed. */
static uint32_t code_point(struct str s)
{
	const uint8_t *p = (const uint8_t *)s.p;

	if (s.n == 0 || !str_is_utf8(s))
		return 0;
	if (p[0] < 0x80)
		return p[0];
	if (p[0] < 0xe0)
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	if (p[0] < 0xf0)
		return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
}

/* Also replaces a full-width form. */
static bool is_read(struct str *text)
{
	uint32_t c = code_point(*text);

	for (size_t i = 0; i < sizeof(plain_forms) / sizeof(plain_forms[0]); i++)
		if (str_eq_c(*text, plain_forms[i].wide)) {
			*text = str_c(plain_forms[i].plain);
			return true;
		}
	for (size_t i = 0; i < sizeof(read_blocks) / sizeof(read_blocks[0]); i++)
		if (c >= read_blocks[i].first && c <= read_blocks[i].last)
			return true;
	return false;
}

static struct str next_key(struct str *rest)
{
	struct str line = str_split(rest, '\n');

	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	return line;
}

static int count_keys(struct str keys)
{
	int count = 0;

	for (struct str rest = keys; rest.n > 0 && count <= CLASSES_MAX;)
		count += next_key(&rest).n > 0;
	return count;
}

static void note_lookalike(struct charset *c, int class, struct str text)
{
	static const char texts[LOOKALIKE_COUNT] = { '0', 'o', 'O', '1', 'l', 'I' };

	for (int i = 0; i < LOOKALIKE_COUNT; i++)
		if (text.n == 1 && text.p[0] == texts[i])
			c->lookalikes[i] = class;
}

int charset_init(struct charset *c, struct str keys, struct error *err)
{
	int count = count_keys(keys);
	struct str rest;

	*c = (struct charset){ 0 };
	if (count < 2 || count > CLASSES_MAX)
		return error_set(err, ERR_CORRUPT, "the character list has %d entries", count);
	c->class_count = count + 2;
	c->keys = malloc(keys.n);
	c->texts = calloc((size_t)c->class_count, sizeof(*c->texts));
	c->read = calloc((size_t)c->class_count, sizeof(*c->read));
	if (!c->keys || !c->texts || !c->read) {
		charset_release(c);
		return error_set(err, ERR_NO_MEMORY, "no memory for the character list");
	}
	memcpy(c->keys, keys.p, keys.n);
	rest = str_of(c->keys, keys.n);
	for (int class = 1; class <= count;) {
		struct str key = next_key(&rest);

		if (key.n == 0)
			continue;
		if (is_read(&key))
			c->read[c->read_count++] = class;
		note_lookalike(c, class, key);
		c->texts[class ++] = key;
	}
	c->texts[charset_space(c)] = STR(" ");
	return 0;
}

void charset_release(struct charset *c)
{
	free(c->texts);
	free(c->read);
	free(c->keys);
	*c = (struct charset){ 0 };
}
