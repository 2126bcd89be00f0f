/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int error_setv(struct error *err, int code, const char *format, va_list args)
{
	if (err) {
		err->code = code;
		err->status = 0;
		err->name[0] = '\0';
		vsnprintf(err->message, sizeof(err->message), format, args);
	}
	return code;
}

int error_set(struct error *err, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_setv(err, code, format, args);
	va_end(args);
	return code;
}

int error_set_service(struct error *err, int status, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_setv(err, ERR_SERVICE, format, args);
	va_end(args);
	if (err) {
		err->status = status;
		snprintf(err->name, sizeof(err->name), "%s", name);
	}
	return ERR_SERVICE;
}

int error_set_errno(struct error *err, const char *what)
{
	char text[128];

	/* The GNU form: returns the text, which may lie elsewhere than in the buffer. */
	const char *reason = strerror_r(errno, text, sizeof(text));
	return error_set(err, ERR_IO, "%s: %s", what, reason);
}

int error_prefix(struct error *err, const char *format, ...)
{
	char context[ERROR_MESSAGE_MAX / 2];
	char old[ERROR_MESSAGE_MAX];
	va_list args;

	if (!err)
		return ERR_INVALID;
	va_start(args, format);
	vsnprintf(context, sizeof(context), format, args);
	va_end(args);
	memcpy(old, err->message, sizeof(old));
	int n = snprintf(err->message, sizeof(err->message), "%s: ", context);
	snprintf(err->message + n, sizeof(err->message) - (size_t)n, "%s", old);
	return err->code;
}
