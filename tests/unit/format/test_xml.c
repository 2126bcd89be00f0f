/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/buf.h"
#include "base/limits.h"
#include "format/xml.h"

static void reads(void **state)
{
	struct arena a;
	const struct xml *root;

	(void)state;
	arena_init(&a, KIB(64));
	assert_int_equal(xml_parse(&a,
				   STR("<?xml version=\"1.0\"?><D xmlns=\"u\"><O><Key>a&amp;b</Key></O><O><Key>c</Key></O>"
				       "<x:E y=\"1\" xmlns:x=\"z\"/><Q>t<![CDATA[<r>]]></Q></D>"),
				   &root, NULL),
			 0);
	assert_str(root->name, "D");
	const struct xml *o = xml_child(root, STR("O"));
	assert_str(xml_child_text(o, STR("Key")), "a&b");
	assert_str(xml_child_text(xml_next(o), STR("Key")), "c");
	assert_null(xml_next(xml_next(o)));
	assert_str(xml_attribute(xml_child(root, STR("E")), STR("y")), "1");
	assert_str(xml_child_text(root, STR("Q")), "t<r>");
	assert_false(str_is_set(xml_child_text(root, STR("None"))));
	arena_release(&a);
}

static void refuses(void **state)
{
	static const char *const wrong[] = { "",
					     "x",
					     "<a>",
					     "<a></b>",
					     "<a/><b/>",
					     "<a>&unknown;</a>",
					     "<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>",
					     "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>" };
	struct arena a;
	const struct xml *root;

	(void)state;
	arena_init(&a, KIB(64));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(xml_parse(&a, str_c(wrong[i]), &root, NULL), ERR_INVALID);
	arena_release(&a);
}

static void bounds_its_depth(void **state)
{
	struct arena a;
	const struct xml *root;

	(void)state;
	for (int depth = LIMIT_XML_DEPTH; depth <= LIMIT_XML_DEPTH + 1; depth++) {
		struct buf text;
		arena_init(&a, KIB(64));
		buf_init(&text, KIB(16));
		for (int i = 0; i < depth; i++)
			buf_add_c(&text, "<a>");
		for (int i = 0; i < depth; i++)
			buf_add_c(&text, "</a>");
		assert_int_equal(xml_parse(&a, buf_str(&text), &root, NULL), depth > LIMIT_XML_DEPTH ? ERR_LIMIT : 0);
		buf_release(&text);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(reads), cmocka_unit_test(refuses),
					    cmocka_unit_test(bounds_its_depth) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
