/* SPDX-License-Identifier: Apache-2.0 */
#include "helper.h"

#include <stdio.h>

const struct json *read_json(struct arena *a, const char *text)
{
	const struct json *v = NULL;
	if (!text)
		return NULL;
	char *copy = arena_c(a, str_c(text));
	for (size_t i = 0; copy[i]; i++)
		if (copy[i] == '\'')
			copy[i] = '"';
	if (json_parse(a, str_c(copy), &v, NULL) < 0)
		fail_msg("bad JSON in a test: %s", text);
	return v;
}

static void count_up(void *argument, void *bytes, size_t n)
{
	(void)argument;
	for (size_t i = 0; i < n; i++)
		((uint8_t *)bytes)[i] = (uint8_t)(i + 1);
}

static const struct states_world world = { .now_ms = 1700000000000, .random = count_up };

static const struct json *make_context(void *argument, struct arena *a)
{
	(void)argument;
	return read_json(a, "{'Execution':{'Id':'x'}}");
}

static const struct json *find_variable(void *argument, struct str name)
{
	return str_eq_c(name, "v") ? read_json(argument, "{'k':[1,2]}") : NULL;
}

struct scope test_scope(struct arena *a, const struct json *input)
{
	return (struct scope){ .arena = a,
			       .world = &world,
			       .input = input,
			       .make_context = make_context,
			       .variable = find_variable,
			       .argument = a };
}

void check_json(const char *what, const struct json *got, const struct json *expected)
{
	struct buf x, y;
	if (!got && !expected)
		return;
	buf_init(&x, MIB(1));
	buf_init(&y, MIB(1));
	json_write(&x, got);
	json_write(&y, expected);
	bool same = got && expected && json_equal(got, expected);
	if (!same)
		print_error("%s\n  got      %s\n  expected %s\n", what, got ? buf_c(&x) : "nothing",
			    expected ? buf_c(&y) : "nothing");
	buf_release(&x);
	buf_release(&y);
	assert_true(same);
}
