/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rekognition/rekognition.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "os/clock.h"
#include "service/rekognition/state.h"

enum {
	DEFAULT_WORD_LIMIT = 100, /* "DetectText can detect up to 100 words in an image." */
	DEFAULT_CONCURRENCY = 16,
	DEFAULT_TIMEOUT_S = 60,
	THREADS_MAX = 8,
	STOP_POLL_MS = 5,
};

REKOGNITION_ERRORS(SERVICE_ERROR_ROW)

int rekognition_fail(struct call *call, const struct service_error *error)
{
	int rc = call_fail(call, error);

	call_error_field(call, "Code", error->name);
	call_error_field(call, "Logref", call->request_id);
	return rc;
}

int rekognition_failf(struct call *call, const struct service_error *error, const char *format, ...)
{
	char text[ERROR_MESSAGE_MAX];
	struct service_error worded = { error->name, error->status, text };
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return rekognition_fail(call, &worded);
}

static int read_setting(const struct host *host, const char *name, int64_t low, int64_t high, int64_t fallback, int64_t *out,
			struct error *err)
{
	const char *text = host_setting(host, name);
	int64_t value;

	*out = fallback;
	if (!text)
		return 0;
	if (str_to_i64(str_c(text), &value) < 0 || value < low || value > high)
		return error_set(err, ERR_INVALID, "%s must be a number from %lld to %lld, not '%s'", name, (long long)low,
				 (long long)high, text);
	*out = value;
	return 0;
}

static int read_settings(struct rekognition *r, struct error *err)
{
	const char *words = host_setting(r->host, "text-word-limit");
	int64_t limit = 0, concurrency, seconds;
	int rc = 0;

	if (!words || strcmp(words, "off") != 0)
		rc = read_setting(r->host, "text-word-limit", 1, 1000000, DEFAULT_WORD_LIMIT, &limit, err);
	if (rc == 0)
		rc = read_setting(r->host, "text-concurrency", 1, 1000, DEFAULT_CONCURRENCY, &concurrency, err);
	if (rc == 0)
		rc = read_setting(r->host, "text-timeout", 1, 3600, DEFAULT_TIMEOUT_S, &seconds, err);
	if (rc == 0 && quota_parse(&r->quota, host_setting(r->host, "detect-text-rate"), err) < 0)
		rc = error_prefix(err, "detect-text-rate");
	if (rc < 0)
		return rc;
	r->word_limit = (size_t)limit;
	atomic_store(&r->concurrency, (int)concurrency);
	r->timeout_ms = seconds * 1000;
	return 0;
}

/* An engine that was asked for by name must work; without any, the server still starts and says what is missing. */
static int open_engine(struct rekognition *r, int threads, struct error *err)
{
	const char *name = host_setting(r->host, "text-engine");
	bool any = !name || strcmp(name, "auto") == 0;
	struct text_options options = {
		.engine = name,
		.folders = host_setting(r->host, "text-folders"),
		.threads = threads,
		.load = !any,
	};
	char advice[ERROR_MESSAGE_MAX];
	struct error why = { 0 };
	int rc = text_engine_new(&r->engine, &options, &why);

	if (rc < 0 && (!any || rc != ERR_NOT_FOUND)) {
		if (err)
			*err = why;
		return rc;
	}
	if (rc < 0)
		log_warn("rekognition", "no text engine is installed: DetectText will fail reason=\"%s\"", why.message);
	else if (text_engine_advice(r->engine, advice))
		log_info("rekognition", "text is read with engine=%s better=\"%s\"", text_engine_name(r->engine), advice);
	else
		log_info("rekognition", "text is read with engine=%s", text_engine_name(r->engine));
	return 0;
}

static void rekognition_close(void *state)
{
	struct rekognition *r = state;

	if (!r)
		return;
	pool_free(r->pool);
	text_engine_free(r->engine);
	pthread_mutex_destroy(&r->quota_lock);
	free(r);
}

/* Takes nothing new and waits for what is under way, which ends at its own deadline at the latest. */
static void rekognition_stop(void *state)
{
	struct rekognition *r = state;
	int64_t latest = clock_mono_ns() + r->timeout_ms * 1000000;

	atomic_store(&r->concurrency, 0);
	while (atomic_load(&r->running) > 0 && clock_mono_ns() < latest)
		clock_sleep_ms(STOP_POLL_MS);
}

/* A damaged engine is told at once, but not waited for. */
static void check_engine(void *argument)
{
	struct rekognition *r = argument;
	const char *before = text_engine_name(r->engine);
	struct error err = { 0 };

	if (text_engine_check(r->engine, &err) == 0)
		return;
	if (text_engine_name(r->engine) != before)
		log_error("rekognition", "the text engine %s does not work, text is read with engine=%s reason=\"%s\"", before,
			  text_engine_name(r->engine), err.message);
	else
		log_error("rekognition", "the text engine will not work engine=%s reason=\"%s\"", before, err.message);
}

static int rekognition_start(void *state, struct error *err)
{
	struct rekognition *r = state;

	if (r->engine && pool_run(r->pool, check_engine, r) < 0)
		return error_set(err, ERR_UNAVAILABLE, "the text engine's files cannot be checked");
	return 0;
}

static int rekognition_open(struct host *host, void **state, struct error *err)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int threads = cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (int)cores;
	struct rekognition *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return error_set(err, ERR_NO_MEMORY, "no memory for the rekognition service");
	r->host = host;
	pthread_mutex_init(&r->quota_lock, NULL);
	rc = read_settings(r, err);
	if (rc == 0)
		rc = open_engine(r, threads, err);
	if (rc == 0)
		rc = pool_new(&r->pool, "text", threads, atomic_load(&r->concurrency), err);
	if (rc < 0) {
		rekognition_close(r);
		return rc;
	}
	*state = r;
	return 0;
}

const struct service service_rekognition = {
	.name = "rekognition",
	.protocol = PROTOCOL_JSON,
	.target_prefix = "RekognitionService",
	.json_version = "1.1",
	.error_text_name = "Message",
	.operations = rekognition_operations,
	.open = rekognition_open,
	.start = rekognition_start,
	.stop = rekognition_stop,
	.close = rekognition_close,
};
