/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths, intrinsic functions and JSONata expressions: any text is refused or evaluates to something. The input's first line is
 * the text, the rest the data.
 */
#include "base/limits.h"
#include "states/intrinsic.h"
#include "states/jsonata.h"
#include "states/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void count_up(void *argument, void *out, size_t n)
{
	(void)argument;
	memset(out, 1, n);
}

static void try_path(struct arena *a, struct str text, struct scope *scope)
{
	const struct path *p;
	struct str why = STR_NULL;
	if (path_compile(a, text, &p, NULL) < 0)
		return;
	(void)path_read(p, scope, &why);
	if (path_is_reference(p))
		(void)path_write(p, a, scope->input, &json_null);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct arena a;
	struct fault fault = { 0 };
	struct str rest = str_of((const char *)bytes, n), text;
	const struct intrinsic *call;
	const struct jsonata *expression;
	static const struct states_world world = { .random = count_up };

	if (!str_is_utf8(rest))
		return 0;
	arena_init(&a, MIB(16));
	text = str_split(&rest, '\n');
	struct scope scope = { .arena = &a, .world = &world, .input = &json_empty_object };
	if (str_is_set(rest) && json_parse(&a, rest, &scope.input, NULL) < 0)
		scope.input = &json_empty_array;
	try_path(&a, text, &scope);
	if (intrinsic_compile(&a, text, &call, NULL) == 0)
		(void)intrinsic_call(call, &scope, &fault);
	if (jsonata_compile(&a, text, &expression, NULL) == 0)
		(void)jsonata_read(expression, &scope, STR("Output"), &fault);
	arena_release(&a);
	return 0;
}
