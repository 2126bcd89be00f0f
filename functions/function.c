/* SPDX-License-Identifier: Apache-2.0 */
#include "function.h"

#include "aws/retry.h"
#include "http_api.h"

static const struct function functions[] = {
	{ "create_job", create_job, true },
	{ "get_job", get_job, true },
	{ "list_jobs", list_jobs, true },
	{ "delete_job", delete_job, true },
	{ "inspect_image", inspect_image, false },
	{ "extract_text", extract_text, false },
	{ "publish_result", publish_result, false },
	{ "settle_job", settle_job, false },
};

const struct function *function_find(struct str handler)
{
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (str_eq_c(handler, functions[i].handler))
			return &functions[i];
	return NULL;
}

int function_run(const struct function *f, struct function_context *c, const struct json *event, const struct json **result,
		 struct error *err)
{
	struct error failure = { 0 };
	const struct json *value = NULL;

	int rc = f->run(c, event, &value, &failure);
	if (rc == 0 && arena_failed(c->arena))
		rc = error_set(&failure, ERR_NO_MEMORY, "no memory for the result");
	if (rc == 0) {
		*result = value;
		return 0;
	}
	if (f->api && !arena_failed(c->arena)) {
		*result = api_failure(c, &failure);
		return 0;
	}
	if (err != NULL)
		*err = failure;
	return rc;
}

int function_refuse(struct error *err, int status, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_setv(err, ERR_INVALID, format, args);
	va_end(args);
	if (err != NULL) {
		err->status = status;
		snprintf(err->name, sizeof(err->name), "%s", name);
	}
	return ERR_INVALID;
}

const char *function_error_type(const struct error *err)
{
	if (err->code == ERR_TIMEOUT)
		return "TimedOut";
	if (err->code != ERR_SERVICE && err->name[0] != '\0')
		return err->name;
	switch (retry_classify(err)) {
	case RETRY_THROTTLED:
		return "Throttled";
	case RETRY_TRANSIENT:
		return "Unavailable";
	default:
		return "Internal";
	}
}
