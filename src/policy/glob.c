/* SPDX-License-Identifier: Apache-2.0
 *
 * Wildcards: '*' is any run of characters, '?' any one.
 */
#include "policy/internal.h"

struct str glob_compile(struct arena *a, struct str text)
{
	char *p = arena_c(a, text);

	for (size_t i = 0; p && i < text.n; i++) {
		if (p[i] == '*')
			p[i] = GLOB_MANY;
		else if (p[i] == '?')
			p[i] = GLOB_ONE;
	}
	return p ? str_of(p, text.n) : STR_NULL;
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool fits(char pattern, char c, bool ignore_case)
{
	return pattern == GLOB_ONE || pattern == c || (ignore_case && lower(pattern) == lower(c));
}

/* Goes back to the last star only: that is enough, since an earlier one could not do better. */
bool glob_match(struct str pattern, struct str text, bool ignore_case)
{
	size_t p = 0, t = 0, star = pattern.n, resume = 0;

	while (t < text.n) {
		if (p < pattern.n && pattern.p[p] == GLOB_MANY) {
			star = p++;
			resume = t;
		} else if (p < pattern.n && fits(pattern.p[p], text.p[t], ignore_case)) {
			p++;
			t++;
		} else if (star < pattern.n) {
			p = star + 1;
			t = ++resume;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == GLOB_MANY)
		p++;
	return p == pattern.n;
}

enum { ARN_PARTS = 6 };

/* The next component; the last one takes all that is left, colons included. */
static struct str next_part(struct str *rest, int index)
{
	struct str last = *rest;

	if (index < ARN_PARTS - 1)
		return str_split(rest, ':');
	*rest = STR_NULL;
	return last;
}

bool glob_match_arn(struct str pattern, struct str arn)
{
	if (pattern.n == 1 && pattern.p[0] == GLOB_MANY)
		return true;
	for (int i = 0; i < ARN_PARTS; i++) {
		if (!pattern.p || !arn.p)
			return false;
		struct str wanted = next_part(&pattern, i), part = next_part(&arn, i);
		if (!glob_match(wanted, part, false))
			return false;
	}
	return true;
}
