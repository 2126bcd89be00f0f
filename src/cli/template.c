/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template.h"

#include "base/buf.h"
#include "base/limits.h"

static const struct template_value *find(const struct template_value *values, struct str name)
{
	for (; values->name; values++)
		if (str_eq_c(name, values->name))
			return values;
	return NULL;
}

/* After "${": writes the value and returns how many bytes of the text the placeholder took, or negative. */
static ptrdiff_t fill_one(struct buf *out, struct str rest, const struct template_value *values, struct error *err)
{
	ptrdiff_t end = str_find_char(rest, '}', 0);
	struct str name = str_sub(rest, 0, end < 0 ? 0 : (size_t)end);
	const struct template_value *value = find(values, name);

	if (!value)
		return error_set(err, ERR_INVALID, "unknown placeholder ${" STR_FMT "}", STR_ARG(name));
	buf_add_str(out, value->value);
	return end + 1;
}

int placeholders_fill(struct arena *a, struct str text, const struct template_value *values, struct str *out, struct error *err)
{
	struct buf filled;
	ptrdiff_t taken = 0;

	buf_init(&filled, MIB(4));
	while (text.n) {
		ptrdiff_t at = str_find(text, STR("${"), 0);
		if (at < 0) {
			buf_add_str(&filled, text);
			break;
		}
		bool escaped = at > 0 && text.p[at - 1] == '$';
		buf_add(&filled, text.p, (size_t)at - escaped);
		text = str_from(text, (size_t)at + 2);
		if (escaped)
			buf_add_c(&filled, "${");
		else if ((taken = fill_one(&filled, text, values, err)) < 0)
			break;
		else
			text = str_from(text, (size_t)taken);
	}
	if (taken >= 0 && buf_failed(&filled))
		taken = error_set(err, ERR_LIMIT, "a pipeline file is too large");
	if (taken >= 0)
		*out = arena_str(a, buf_str(&filled));
	buf_release(&filled);
	return taken < 0 ? (int)taken : 0;
}
