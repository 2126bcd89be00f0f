/* SPDX-License-Identifier: Apache-2.0
 *
 * Policy variables: ${aws:username}, ${aws:PrincipalTag/team, 'none'}, and ${*} ${?} ${$} for the characters themselves.
 * Source: "IAM policy elements: Variables and tags". Only documents of version 2012-10-17 have them.
 */
#include "base/limits.h"
#include "policy/internal.h"

bool text_has_variables(struct str text)
{
	return str_find(text, STR("${"), 0) >= 0;
}

/* "key, 'default'" -> key and default; absent when none is given. */
static struct str split_default(struct str inside, struct str *key)
{
	ptrdiff_t comma = str_find_char(inside, ',', 0);

	*key = str_trim(comma < 0 ? inside : str_sub(inside, 0, (size_t)comma));
	if (comma < 0)
		return STR_NULL;
	struct str text = str_trim(str_from(inside, (size_t)comma + 1));
	if (text.n < 2 || text.p[0] != '\'' || text.p[text.n - 1] != '\'')
		return STR_NULL;
	return str_sub(text, 1, text.n - 2);
}

/* A key of several values cannot stand for one text. */
static int find_value(const struct policy_request *r, struct str inside, struct str *out)
{
	struct policy_values values;
	struct str key, fallback;

	if (inside.n == 1 && memchr("*?$", inside.p[0], 3)) {
		*out = inside;
		return 0;
	}
	fallback = split_default(inside, &key);
	if (r->find && r->find(r->argument, key, &values) && values.count == 1) {
		*out = values.items[0];
		return 0;
	}
	*out = fallback;
	return fallback.p ? 0 : ERR_NOT_FOUND;
}

static void add_literal(struct buf *b, struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		buf_add_char(b, (char)(text.p[i] == '*' ? GLOB_MANY : text.p[i] == '?' ? GLOB_ONE : text.p[i]));
}

static int expand(const struct policy_request *r, struct str text, struct buf *b)
{
	while (text.n > 0) {
		ptrdiff_t open = str_find(text, STR("${"), 0);
		ptrdiff_t close = open < 0 ? -1 : str_find_char(text, '}', (size_t)open);
		struct str value;
		if (close < 0) {
			add_literal(b, text);
			return 0;
		}
		add_literal(b, str_sub(text, 0, (size_t)open));
		int rc = find_value(r, str_sub(text, (size_t)open + 2, (size_t)(close - open) - 2), &value);
		if (rc < 0)
			return rc;
		buf_add_str(b, value);
		text = str_from(text, (size_t)close + 1);
	}
	return 0;
}

int pattern_expand(const struct policy_request *r, const struct pattern *p, struct str *out)
{
	struct buf b;

	if (!p->variables) {
		*out = p->text;
		return 0;
	}
	buf_init(&b, KIB(64));
	int rc = expand(r, p->text, &b);
	if (rc == 0 && buf_failed(&b))
		rc = ERR_NO_MEMORY;
	if (rc == 0)
		*out = arena_str(r->arena, buf_str(&b));
	buf_release(&b);
	return rc == 0 && !out->p ? ERR_NO_MEMORY : rc;
}
