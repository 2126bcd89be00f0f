/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/shape.h"

#include "base/limits.h"
#include "format/date.h"
#include "format/writer.h"

static const struct shape *find_member(const struct shape *members, struct str name)
{
	for (; members && members->name; members++)
		if (str_eq_c(name, members->name))
			return members;
	return NULL;
}

static bool is_value(const struct shape *s, struct str text)
{
	int64_t number;

	switch (s->kind) {
	case SHAPE_NUMBER:
		return str_to_i64(text, &number) == 0;
	case SHAPE_BOOL:
		return str_eq_nocase(text, STR("true")) || str_eq_nocase(text, STR("false"));
	case SHAPE_DATE:
		return date_parse_iso(text, &number) == 0;
	case SHAPE_TEXT:
	case SHAPE_GROUP:
		break;
	}
	for (const char *const *value = s->values; value && *value; value++)
		if (str_eq_c(text, *value))
			return true;
	return s->values == NULL;
}

static bool element_fits(const struct shape *members, const struct xml *element);

static bool child_fits(const struct shape *members, const struct xml *child)
{
	const struct shape *s = find_member(members, child->name);

	if (!s || (!s->many && xml_next(child)))
		return false;
	return s->kind == SHAPE_GROUP ? element_fits(s->members, child) : !child->children && is_value(s, str_trim(child->text));
}

static bool element_fits(const struct shape *members, const struct xml *element)
{
	for (const struct xml *child = element->children; child; child = child->next)
		if (!child_fits(members, child))
			return false;
	for (const struct shape *s = members; s && s->name; s++)
		if (s->required && !xml_child(element, str_c(s->name)))
			return false;
	return true;
}

int s3_shape_check(struct call *call, const struct shape *members, const struct xml *element)
{
	return element_fits(members, element) ? 0 : call_fail(call, &s3_MalformedXML);
}

static void write_element(struct buf *out, const struct xml *element)
{
	buf_addf(out, "<" STR_FMT ">", STR_ARG(element->name));
	for (const struct xml *child = element->children; child; child = child->next)
		write_element(out, child);
	if (!element->children)
		xml_write_text(out, element->text);
	buf_addf(out, "</" STR_FMT ">", STR_ARG(element->name));
}

struct str s3_shape_text(struct arena *a, const struct xml *element)
{
	struct buf out;

	buf_init(&out, MIB(8));
	write_element(&out, element);
	struct str text = buf_failed(&out) ? STR_NULL : arena_str(a, buf_str(&out));
	buf_release(&out);
	return text;
}
