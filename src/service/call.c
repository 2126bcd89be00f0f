/* SPDX-License-Identifier: Apache-2.0
 *
 * A call: its memory, and what operations do to its reply.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "os/random.h"
#include "service/host_internal.h"

struct call *call_new(struct host *h)
{
	struct call *call = calloc(1, sizeof(*call));

	if (!call)
		return NULL;
	arena_init(&call->arena, LIMIT_REQUEST_ARENA);
	buf_init(&call->reply.body, LIMIT_REPLY_BODY);
	call->reply.fd = -1;
	call->host = h;
	random_uuid(call->request_id);
	return call;
}

void call_free(struct call *call)
{
	if (!call)
		return;
	if (call->reply.fd >= 0)
		close(call->reply.fd);
	if (call->body.file)
		blob_abort(call->body.file);
	buf_release(&call->reply.body);
	arena_release(&call->arena);
	free(call);
}

int call_failf(struct call *call, const struct service_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_setv(&call->error, ERR_SERVICE, format, args);
	va_end(args);
	call->error.status = error->status;
	snprintf(call->error.name, sizeof(call->error.name), "%s", error->name);
	return ERR_SERVICE;
}

int call_fail(struct call *call, const struct service_error *error)
{
	return call_failf(call, error, "%s", error->message ? error->message : "");
}

void call_error_field(struct call *call, const char *name, const char *value)
{
	size_t max = sizeof(call->error_fields) / sizeof(*call->error_fields);

	for (size_t i = 0; i < max; i++) {
		if (call->error_fields[i][0])
			continue;
		call->error_fields[i][0] = name;
		call->error_fields[i][1] = value;
		return;
	}
}

/* Names of faults that are ours, as each protocol's services call them. */
static const char *fault_name(const struct call *call, bool busy)
{
	switch (call->protocol) {
	case PROTOCOL_REST_XML:
		return busy ? "SlowDown" : "InternalError";
	case PROTOCOL_REST_JSON:
		return busy ? "TooManyRequestsException" : "ServiceException";
	case PROTOCOL_QUERY:
		return busy ? "Throttling" : "InternalFailure";
	case PROTOCOL_JSON:
		break;
	}
	return busy ? "ThrottlingException" : "InternalServerError";
}

int call_fault(struct call *call, const struct error *err)
{
	int code = err ? err->code : ERR_NO_MEMORY;
	bool busy = code == ERR_UNAVAILABLE || code == ERR_NO_MEMORY || code == ERR_LIMIT;
	const struct service_error fault = { fault_name(call, busy), busy ? 503 : 500, NULL };

	log_error(call->service ? call->service->name : "front", "operation failed operation=%s request=%s error=%s",
		  call->operation ? call->operation->name : "-", call->request_id, err ? err->message : "out of memory");
	return call_failf(call, &fault, "%s",
			  busy ? "The server is out of capacity for this request; try again."
			       : "The server met an internal error.");
}

struct str call_header(const struct call *call, struct str name)
{
	return http_headers_get(call->headers, call->header_count, name);
}

void call_reply_header(struct call *call, const char *name, struct str value)
{
	size_t max = sizeof(call->reply.headers) / sizeof(*call->reply.headers);

	if (value.p && call->reply.header_count < max)
		call->reply.headers[call->reply.header_count++] =
			(struct http_header){ arena_str(&call->arena, str_c(name)), arena_str(&call->arena, value) };
}

void call_reply_headerf(struct call *call, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	call_reply_header(call, name, arena_vprintf(&call->arena, format, args));
	va_end(args);
}

void call_reply_bytes(struct call *call, struct str bytes, struct str content_type)
{
	call->reply.bytes = bytes.p ? bytes : STR("");
	call->reply.content_type = content_type;
}

void call_reply_file(struct call *call, int fd, uint64_t offset, uint64_t length, struct str content_type)
{
	call->reply.fd = fd;
	call->reply.fd_offset = offset;
	call->reply.fd_length = length;
	call->reply.content_type = content_type;
}

struct str call_reply_text(const struct call *call)
{
	return call->reply.bytes.p ? call->reply.bytes : buf_str(&call->reply.body);
}
