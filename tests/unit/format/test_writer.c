/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "base/limits.h"
#include "format/writer.h"

static void write_sample(struct writer *w)
{
	write_object(w, "Root");
	write_c(w, "Name", "a<b>&\"c\"");
	write_str(w, "Absent", STR_NULL);
	write_i64(w, "Count", -3);
	write_bool(w, "On", true);
	write_time(w, "At", 1500);
	write_blob(w, "Bytes", "foo", 3);
	write_list(w, "Tags", "member");
	for (int i = 0; i < 2; i++) {
		write_object(w, NULL);
		write_strf(w, "Key", "k%d", i);
		write_end(w);
	}
	write_end(w);
	write_list(w, "Flat", NULL);
	write_c(w, NULL, "x");
	write_c(w, NULL, "y");
	write_end(w);
	write_end(w);
}

static void same_calls_two_formats(void **state)
{
	struct buf out;
	struct writer w;

	(void)state;
	buf_init(&out, KIB(16));
	writer_init(&w, &out, WRITER_JSON);
	write_sample(&w);
	assert_string_equal(buf_c(&out), "{\"Name\":\"a<b>&\\\"c\\\"\",\"Count\":-3,\"On\":true,\"At\":1.500,\"Bytes\":\"Zm9v\","
					 "\"Tags\":[{\"Key\":\"k0\"},{\"Key\":\"k1\"}],\"Flat\":[\"x\",\"y\"]}");
	buf_reset(&out);
	writer_init(&w, &out, WRITER_XML);
	write_sample(&w);
	assert_string_equal(buf_c(&out),
			    "<Root><Name>a&lt;b&gt;&amp;&quot;c&quot;</Name><Count>-3</Count><On>true</On>"
			    "<At>1970-01-01T00:00:01.500Z</At><Bytes>Zm9v</Bytes><Tags><member><Key>k0</Key></member>"
			    "<member><Key>k1</Key></member></Tags><Flat>x</Flat><Flat>y</Flat></Root>");
	buf_release(&out);
}

static void writes_trees(void **state)
{
	struct arena a;
	struct buf out;
	struct writer w;
	const struct json *v;

	(void)state;
	arena_init(&a, KIB(16));
	buf_init(&out, KIB(16));
	assert_int_equal(json_parse(&a, STR("{\"a\":[1,true,null],\"b\":{\"c\":\"d\"}}"), &v, NULL), 0);
	writer_init(&w, &out, WRITER_XML);
	write_json(&w, "T", v);
	assert_string_equal(buf_c(&out), "<T><a><member>1</member><member>true</member></a><b><c>d</c></b></T>");
	buf_release(&out);
	arena_release(&a);
}

static void bounds_its_depth(void **state)
{
	struct buf out;
	struct writer w;

	(void)state;
	buf_init(&out, KIB(16));
	writer_init(&w, &out, WRITER_JSON);
	for (int i = 0; i < WRITER_DEPTH_MAX - 1; i++)
		write_list(&w, NULL, NULL);
	assert_int_equal(buf_failed(&out), 0);
	write_list(&w, NULL, NULL);
	assert_int_equal(buf_failed(&out), ERR_LIMIT);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(same_calls_two_formats), cmocka_unit_test(writes_trees),
					    cmocka_unit_test(bounds_its_depth) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
