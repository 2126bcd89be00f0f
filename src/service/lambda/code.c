/* SPDX-License-Identifier: Apache-2.0 */
#include "service/lambda/code.h"

#include <stdio.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/encode.h"
#include "os/file.h"
#include "os/random.h"
#include "service/package.h"

static int invalid(struct call *call, struct str text)
{
	return lambda_refuse(call, &lambda_InvalidParameterValueException, STR_FMT, STR_ARG(text));
}

static int unpack_failed(struct call *call, const struct error *err)
{
	if (err->code == ERR_LIMIT || str_starts(str_c(err->message), STR("Uploaded file")))
		return invalid(call, str_c(err->message));
	if (err->code == ERR_INVALID)
		return invalid(call, STR("Could not unzip uploaded file. Please check your file, then try to upload again."));
	return call_fault(call, err);
}

static int unpack(struct code *code, struct error *err)
{
	struct call *call = code->call;
	const struct lambda *l = call->state;
	struct str path =
		arena_printf(&call->arena, "%s/" STR_FMT "/" STR_FMT, l->folder, STR_ARG(code->function), STR_ARG(code->folder));
	struct str zip = arena_concat(&call->arena, path, STR(".zip"));
	int result;

	if (arena_failed(&call->arena))
		return error_set(err, ERR_NO_MEMORY, "no memory for a package");
	result = package_unpack(code->source.zip, path.p, CODE_UNPACKED_MAX, err);
	return result ? result : file_write_durable(zip.p, code->source.zip, 0600, err);
}

static void run_unpack(void *argument)
{
	struct code *code = argument;
	struct call *call = code->call;
	struct error err = { 0 };
	uint8_t digest[SHA256_SIZE];
	char uuid[37];
	int result;

	random_uuid(uuid);
	sha256(code->source.zip.p, code->source.zip.n, digest);
	code->size = (int64_t)code->source.zip.n;
	code->sha256 = base64_encode(&call->arena, digest, sizeof(digest));
	code->folder = arena_str(&call->arena, str_c(uuid));
	result = unpack(code, &err);
	result = result == 0 ? code->next(call) : unpack_failed(call, &err);
	if (result != CALL_PENDING)
		call_complete(call, result);
}

static int queue_unpack(struct code *code)
{
	struct lambda *l = code->call->state;
	struct error err = { 0 };

	if (code->source.zip.n > CODE_ZIP_MAX && !code->source.bucket.p)
		return invalid(code->call, STR("Unzipped size must be smaller than 262144000 bytes"));
	if (l->pool && pool_run(l->pool, run_unpack, code) == 0)
		return CALL_PENDING;
	error_set(&err, ERR_UNAVAILABLE, "the pool is full");
	return call_fault(code->call, &err);
}

/* ---- from S3 ---- */

static int read_reply(struct code *code, struct call *get)
{
	struct arena *a = &code->call->arena;
	uint64_t done = 0;
	char *bytes;

	if (get->reply.fd < 0) {
		code->source.zip = arena_str(a, call_reply_text(get));
		return code->source.zip.p ? 0 : -1;
	}
	if (get->reply.fd_length > CODE_UNPACKED_MAX)
		return -1;
	bytes = arena_alloc(a, get->reply.fd_length + 1);
	while (bytes && done < get->reply.fd_length) {
		ssize_t n = pread(get->reply.fd, bytes + done, get->reply.fd_length - done, (off_t)(get->reply.fd_offset + done));
		if (n <= 0)
			return -1;
		done += (uint64_t)n;
	}
	code->source.zip = str_of(bytes, get->reply.fd_length);
	return bytes ? 0 : -1;
}

static void got_object(struct call *get, void *argument)
{
	struct code *code = argument;
	struct call *call = code->call;
	int result;

	if (get->error.code != 0) {
		struct str text =
			arena_printf(&call->arena, "Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %s",
				     get->error.name, get->error.message);
		result = invalid(call, text);
	} else if (read_reply(code, get) != 0) {
		result = call_fault(call, NULL);
	} else {
		result = queue_unpack(code);
	}
	if (result != CALL_PENDING)
		call_complete(call, result);
}

static int get_object(struct code *code)
{
	struct call *call = code->call;
	struct json *parameters = json_new_object(&call->arena);
	struct host_request request = {
		.service = "s3", .operation = "GetObject", .principal = call->principal, .parameters = parameters
	};

	json_put(&call->arena, parameters, STR("Bucket"), json_new_string(&call->arena, code->source.bucket));
	json_put(&call->arena, parameters, STR("Key"), json_new_string(&call->arena, code->source.key));
	if (code->source.version.p)
		json_put(&call->arena, parameters, STR("VersionId"), json_new_string(&call->arena, code->source.version));
	return host_call(call->host, &request, got_object, code) == 0 ? CALL_PENDING : call_fault(call, NULL);
}

int code_take(struct call *call, struct str function, const struct code_source *source, operation_fn next)
{
	struct code *code = arena_alloc(&call->arena, sizeof(*code));

	if (!code)
		return call_fault(call, NULL);
	*code = (struct code){ .call = call, .next = next, .source = *source, .function = function };
	call->scratch = code;
	if (source->zip.p && source->bucket.p)
		return invalid(call, STR("Please do not provide other FunctionCode parameters when providing a ZipFile."));
	if (source->zip.p)
		return queue_unpack(code);
	if (!source->bucket.p || !source->key.p)
		return invalid(call, STR("Please provide a source for function code."));
	return get_object(code);
}

void code_remove(const struct lambda *l, struct str function, const struct json *folders)
{
	char path[1024];

	for (size_t i = 0; folders && i < folders->count; i++) {
		struct str folder = json_text(folders->items[i]);
		snprintf(path, sizeof(path), "%s/" STR_FMT "/" STR_FMT, l->folder, STR_ARG(function), STR_ARG(folder));
		(void)!file_remove_tree(path, NULL);
		snprintf(path, sizeof(path), "%s/" STR_FMT "/" STR_FMT ".zip", l->folder, STR_ARG(function), STR_ARG(folder));
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/" STR_FMT, l->folder, STR_ARG(function));
	rmdir(path); /* stays while a newer function of that name has something in it */
}
