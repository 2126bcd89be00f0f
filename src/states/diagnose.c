/* SPDX-License-Identifier: Apache-2.0 */
#include "states/diagnose.h"

#include "base/buf.h"
#include "base/limits.h"

void diagnostics_init(struct diagnostics *d, struct arena *a)
{
	d->arena = a;
	d->count = d->errors = 0;
	d->truncated = false;
}

static void add(struct diagnostics *d, const char *code, struct str location, struct str message)
{
	d->errors++;
	if (d->count == DIAGNOSTICS_MAX) {
		d->truncated = true;
		return;
	}
	/* The location was made in the arena of the machine, which does not survive its errors. */
	d->items[d->count++] = (struct diagnostic){ .code = code, .message = message, .location = arena_str(d->arena, location) };
}

void diagnose(struct diagnostics *d, const char *code, struct str location, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(d, code, location, arena_vprintf(d->arena, format, args));
	va_end(args);
}

void diagnose_schema(struct diagnostics *d, struct str location, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add(d, "SCHEMA_VALIDATION_FAILED", location, arena_vprintf(d->arena, format, args));
	va_end(args);
}

struct str diagnostics_text(const struct diagnostics *d)
{
	struct buf b;
	buf_init(&b, KIB(256));
	for (size_t i = 0; i < d->count; i++) {
		const struct diagnostic *one = &d->items[i];
		buf_addf(&b, "%s%s: " STR_FMT " at ", i ? ", " : "", one->code, STR_ARG(one->message));
		buf_add_str(&b, str_is_set(one->location) ? one->location : STR("null"));
	}
	struct str text = arena_str(d->arena, buf_str(&b));
	buf_release(&b);
	return text;
}
