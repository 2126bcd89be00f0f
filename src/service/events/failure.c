/* SPDX-License-Identifier: Apache-2.0
 *
 * What a target's refusal means: its name in a dead letter, whether it may pass by itself, and when to try again.
 */
#include "service/events/internal.h"

#include "os/random.h"

enum {
	BACKOFF_FIRST_MS = 250,
	BACKOFF_MAX_MS = 8 * 60 * 1000, /* 185 attempts spread over a day */
};

static const struct {
	const char *part; /* of the error's name */
	struct send_failure failure;
} failures[] = {
	{ "AccessDenied", { "NO_PERMISSIONS", false } },
	{ "Unauthorized", { "NO_PERMISSIONS", false } },
	{ "NotAuthorized", { "NO_PERMISSIONS", false } },
	{ "NotFound", { "NO_RESOURCE", false } },
	{ "DoesNotExist", { "NO_RESOURCE", false } },
	{ "NonExistent", { "NO_RESOURCE", false } },
	{ "NoSuch", { "NO_RESOURCE", false } },
	{ "Deleting", { "NO_RESOURCE", false } },
	{ "Throttl", { "THROTTLING", true } },
	{ "TooManyRequests", { "THROTTLING", true } },
	{ "LimitExceeded", { "RESOURCE_LIMIT_EXCEEDED", true } },
	{ "InvalidJson", { "INVALID_JSON", false } },
};

struct send_failure send_failure_of(const struct error *err)
{
	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (strstr(err->name, failures[i].part))
			return failures[i].failure;
	if (err->code == ERR_DENIED)
		return (struct send_failure){ "NO_PERMISSIONS", false };
	if (err->code == ERR_NOT_FOUND)
		return (struct send_failure){ "NO_RESOURCE", false };
	if (err->status >= 400 && err->status < 500)
		return (struct send_failure){ "INVALID_PARAMETER", false };
	return (struct send_failure){ "ERROR_FROM_TARGET", true };
}

/* Exponential backoff with equal jitter. */
int64_t send_backoff_ms(int attempts)
{
	int64_t delay = BACKOFF_MAX_MS;

	if (attempts < 12)
		delay = (int64_t)BACKOFF_FIRST_MS << (attempts - 1);
	if (delay > BACKOFF_MAX_MS)
		delay = BACKOFF_MAX_MS;
	return delay / 2 + random_below((uint32_t)(delay / 2 + 1));
}
