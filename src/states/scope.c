/* SPDX-License-Identifier: Apache-2.0 */
#include "states/scope.h"

const struct json *scope_context(struct scope *s)
{
	if (!s->context && s->make_context)
		s->context = s->make_context(s->argument, s->arena);
	return s->context;
}

const struct json *scope_variable(const struct scope *s, struct str name)
{
	return s->variable ? s->variable(s->argument, name) : NULL;
}

void fault_set(struct fault *f, struct arena *a, const char *error, const char *format, ...)
{
	if (fault_is_set(f))
		return;
	va_list args;
	va_start(args, format);
	f->cause = arena_vprintf(a, format, args);
	va_end(args);
	f->error = error;
}
