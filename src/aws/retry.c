/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/retry.h"

static bool is_one_of(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, list[i]) == 0)
			return true;
	return false;
}

static bool is_throttling(const struct error *err)
{
	static const char *const names[] = {
		"Throttling",
		"ThrottlingException",
		"ThrottledException",
		"RequestThrottledException",
		"TooManyRequestsException",
		"ProvisionedThroughputExceededException",
		"TransactionInProgressException",
		"RequestLimitExceeded",
		"BandwidthLimitExceeded",
		"LimitExceededException",
		"RequestThrottled",
		"SlowDown",
		"PriorRequestNotComplete",
		"EC2ThrottledException",
	};
	return err->status == 429 || is_one_of(err->name, names, sizeof(names) / sizeof(names[0]));
}

enum retry_class retry_classify(const struct error *err)
{
	static const char *const transient[] = { "RequestTimeout", "RequestTimeoutException", "InternalError",
						 "InternalServerError" };

	if (err->code == ERR_IO || err->code == ERR_TIMEOUT || err->code == ERR_UNAVAILABLE)
		return RETRY_TRANSIENT;
	if (err->code != ERR_SERVICE)
		return RETRY_NO;
	if (is_throttling(err))
		return RETRY_THROTTLED;
	if (err->status == 500 || err->status == 502 || err->status == 503 || err->status == 504)
		return RETRY_TRANSIENT;
	return is_one_of(err->name, transient, sizeof(transient) / sizeof(transient[0])) ? RETRY_TRANSIENT : RETRY_NO;
}

uint32_t retry_ceiling_ms(enum retry_class class, int attempt)
{
	uint32_t ceiling = class == RETRY_THROTTLED ? RETRY_THROTTLED_BASE_MS : RETRY_TRANSIENT_BASE_MS;

	for (int i = 1; i < attempt && ceiling < RETRY_CAP_MS; i++)
		ceiling *= 2;
	return ceiling < RETRY_CAP_MS ? ceiling : RETRY_CAP_MS;
}

int64_t retry_after_ms(struct str header)
{
	int64_t seconds;

	if (!str_is_set(header) || str_to_i64(str_trim(header), &seconds) || seconds < 0)
		return -1;
	return seconds > RETRY_CAP_MS / 1000 ? RETRY_CAP_MS : seconds * 1000;
}
