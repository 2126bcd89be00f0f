/* SPDX-License-Identifier: Apache-2.0
 *
 * One error type for the whole house.
 *
 * A fallible function returns 0 or a negative ERR_* code and, on failure only, fills the `struct error` its
 * caller passed (which may be NULL). Outputs are untouched on failure, the error is untouched on success.
 */
#ifndef GLEANER_BASE_ERROR_H
#define GLEANER_BASE_ERROR_H

#include <stdarg.h>

enum error_code {
	ERR_INVALID = -1,      /* the input breaks a documented rule */
	ERR_NOT_FOUND = -2,    /* the thing asked for does not exist */
	ERR_EXISTS = -3,       /* it exists already, or a condition on it failed */
	ERR_LIMIT = -4,        /* a documented limit was passed */
	ERR_NO_MEMORY = -5,    /* allocation failed, or an arena's cap was reached */
	ERR_IO = -6,           /* the operating system refused: message names the call and errno's text */
	ERR_TIMEOUT = -7,      /* a deadline passed */
	ERR_UNSUPPORTED = -8,  /* understood, and deliberately not offered */
	ERR_DENIED = -9,       /* the caller may not */
	ERR_UNAVAILABLE = -10, /* overloaded, stopping, or a peer is away: try again */
	ERR_CORRUPT = -11,     /* stored or received bytes are damaged */
	ERR_SERVICE = -12,     /* an AWS service answered with an error: `name` and `status` tell which */
};

enum {
	ERROR_NAME_MAX = 96,
	ERROR_MESSAGE_MAX = 1024, /* longer messages are cut */
};

struct error {
	int code;                        /* one of enum error_code, or 0 */
	int status;                      /* HTTP status where one applies, else 0 */
	char name[ERROR_NAME_MAX];       /* the service's own code ("NoSuchKey") where one applies, else "" */
	char message[ERROR_MESSAGE_MAX]; /* for people, no trailing newline */
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* Fills `err` (NULL is allowed) and returns `code`. */
int error_set(struct error *err, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));
int error_setv(struct error *err, int code, const char *format, va_list args) __attribute__((format(printf, 3, 0)));

/* As error_set, with the service's name of the error and its HTTP status. Returns ERR_SERVICE. */
int error_set_service(struct error *err, int status, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* ERR_IO with "<what>: <strerror(errno)>"; call it before anything that can change errno. */
int error_set_errno(struct error *err, const char *what);

/* Puts "<context>: " before the message. Returns err->code. */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
