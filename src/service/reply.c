/* SPDX-License-Identifier: Apache-2.0
 *
 * Replies and errors in the form of each protocol.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/digest.h"
#include "base/encode.h"
#include "service/host_internal.h"

static bool is_xml(const struct call *call)
{
	return call->exchange && (call->protocol == PROTOCOL_REST_XML || call->protocol == PROTOCOL_QUERY);
}

/* Written as JSON, and put into the older clients' words at the end. */
static bool is_translated(const struct call *call)
{
	return is_xml(call) && call->protocol == PROTOCOL_QUERY && call->service->dialect;
}

static void open_result(struct call *call)
{
	char name[128];

	snprintf(name, sizeof(name), "%sResult", call->operation->name);
	buf_addf(&call->reply.body, "<%sResponse xmlns=\"%s\">", call->operation->name, call->service->xml_namespace);
	if (!call->service->plain_answers)
		write_object(&call->out, arena_c(&call->arena, str_c(name)));
}

static void translate(struct call *call)
{
	struct str text = arena_str(&call->arena, buf_str(&call->reply.body));
	const struct json *answer;

	buf_reset(&call->reply.body);
	writer_init(&call->out, &call->reply.body, WRITER_XML);
	open_result(call);
	if (json_parse(&call->arena, text, &answer, NULL) == 0)
		call->service->dialect->answer(call, &call->out, answer);
	write_end(&call->out);
}

void reply_open(struct call *call)
{
	buf_reset(&call->reply.body);
	writer_init(&call->out, &call->reply.body, is_xml(call) && !is_translated(call) ? WRITER_XML : WRITER_JSON);
	if (!is_xml(call) || is_translated(call)) {
		/* Internal calls of REST-XML operations write nothing by the root object but their own. */
		if (call->protocol != PROTOCOL_REST_XML)
			write_object(&call->out, NULL);
		return;
	}
	if (call->protocol == PROTOCOL_QUERY)
		open_result(call);
}

void reply_close(struct call *call)
{
	while (call->out.depth > 0)
		write_end(&call->out);
	if (is_translated(call))
		translate(call);
	if (!is_xml(call) || call->protocol != PROTOCOL_QUERY)
		return;
	if (call->service->plain_answers)
		buf_addf(&call->reply.body, "<requestId>%s</requestId></%sResponse>", call->request_id, call->operation->name);
	else
		buf_addf(&call->reply.body, "<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>",
			 call->request_id, call->operation->name);
}

static void error_json(struct call *call)
{
	struct writer *w = &call->out;
	const struct service *service = call->service;

	writer_init(w, &call->reply.body, WRITER_JSON);
	write_object(w, NULL);
	if (call->protocol == PROTOCOL_JSON)
		write_strf(w, "__type", "%s%s", service->error_prefix ? service->error_prefix : "", call->error.name);
	write_c(w, service->error_text_name ? service->error_text_name : "message", call->error.message);
	for (size_t i = 0; i < 8 && call->error_fields[i][0]; i++) {
		/* A value that is a JSON object or array (an Item, CancellationReasons) is put as it is. */
		const char *value = call->error_fields[i][1];
		if (value[0] == '{' || value[0] == '[')
			write_raw(w, call->error_fields[i][0], str_c(value));
		else
			write_c(w, call->error_fields[i][0], value);
	}
	write_end(w);
	if (call->protocol == PROTOCOL_REST_JSON)
		call_reply_header(call, "x-amzn-ErrorType", str_c(call->error.name));
}

/* Source: "Error codes for the Amazon EC2 API", Amazon EC2 API Reference. */
static void error_plain(struct call *call)
{
	struct writer *w = &call->out;

	writer_init(w, &call->reply.body, WRITER_XML);
	buf_add_c(&call->reply.body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	write_object(w, "Response");
	write_list(w, "Errors", "Error");
	write_object(w, NULL);
	write_c(w, "Code", call->error.name);
	write_c(w, "Message", call->error.message);
	write_end(w);
	write_end(w);
	write_c(w, "RequestID", call->request_id);
	write_end(w);
}

static void error_query(struct call *call)
{
	struct writer *w = &call->out;

	writer_init(w, &call->reply.body, WRITER_XML);
	buf_addf(&call->reply.body, "<ErrorResponse xmlns=\"%s\">", call->service->xml_namespace);
	write_object(w, "Error");
	write_c(w, "Type", call->error.status >= 500 ? "Receiver" : "Sender");
	write_c(w, "Code", call->service->dialect ? call->service->dialect->code(call->error.name) : call->error.name);
	write_c(w, "Message", call->error.message);
	write_end(w);
	write_c(w, "RequestId", call->request_id);
	buf_add_c(&call->reply.body, "</ErrorResponse>");
}

static void error_rest_xml(struct call *call)
{
	struct writer *w = &call->out;

	writer_init(w, &call->reply.body, WRITER_XML);
	buf_add_c(&call->reply.body, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	write_object(w, "Error");
	write_c(w, "Code", call->error.name);
	write_c(w, "Message", call->error.message);
	for (size_t i = 0; i < 8 && call->error_fields[i][0]; i++)
		write_c(w, call->error_fields[i][0], call->error_fields[i][1]);
	write_c(w, "RequestId", call->request_id);
	write_str(w, "HostId", base64_encode(&call->arena, call->request_id, sizeof(call->request_id) - 1));
	write_end(w);
}

void reply_error(struct call *call)
{
	struct call_reply *reply = &call->reply;

	buf_reset(&reply->body);
	reply->bytes = STR_NULL;
	reply->content_type = STR_NULL;
	reply->status = call->error.status ? call->error.status : 500;
	if (str_eq(call->method, STR("HEAD")) || reply->status == 304) {
		reply->no_body = true;
		reply->head_length = 0;
		return;
	}
	reply->no_body = false;
	switch (call->protocol) {
	case PROTOCOL_JSON:
	case PROTOCOL_REST_JSON:
		error_json(call);
		break;
	case PROTOCOL_QUERY:
		if (call->service->plain_answers)
			error_plain(call);
		else
			error_query(call);
		break;
	case PROTOCOL_REST_XML:
		error_rest_xml(call);
		break;
	}
}

static struct str content_type(const struct call *call)
{
	const struct service *service = call->service;

	if (call->reply.content_type.p)
		return call->reply.content_type;
	switch (call->protocol) {
	case PROTOCOL_JSON:
		return service->json_version && str_eq_c(STR("1.0"), service->json_version) ? STR("application/x-amz-json-1.0")
											    : STR("application/x-amz-json-1.1");
	case PROTOCOL_REST_JSON:
		return STR("application/json");
	case PROTOCOL_QUERY:
		return STR("text/xml");
	case PROTOCOL_REST_XML:
		break;
	}
	return STR("application/xml");
}

static const char *request_id_header(const struct call *call)
{
	return call->protocol == PROTOCOL_REST_XML ? "x-amz-request-id" : "x-amzn-RequestId";
}

/* DynamoDB's clients compare it with the body. */
static void add_crc32(struct call *call, struct http_reply *r)
{
	if (!str_eq(str_c(call->service->name), STR("dynamodb")))
		return;
	struct digest crc;
	uint8_t bytes[DIGEST_MAX];
	if (digest_init(&crc, DIGEST_CRC32))
		return;
	digest_add(&crc, r->body.p, r->body.n);
	digest_finish(&crc, bytes);
	digest_release(&crc);
	uint32_t value = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
	http_reply_add(r, STR("x-amz-crc32"), arena_printf(&call->arena, "%u", value));
}

static void take_body(struct call *call, struct http_reply *r)
{
	struct call_reply *reply = &call->reply;

	if (reply->no_body) {
		r->head = str_eq(call->method, STR("HEAD"));
		r->head_length = reply->head_length;
	} else if (reply->fd >= 0) {
		r->fd = reply->fd;
		r->fd_offset = reply->fd_offset;
		r->fd_length = reply->fd_length;
		reply->fd = -1;
	} else if (reply->bytes.p) {
		r->body = reply->bytes;
	} else if (reply->body.n) {
		size_t n = 0;
		char *taken = buf_take(&reply->body, &n);
		r->body = str_of(taken, n);
		r->body_owned = true;
	}
}

void reply_send(struct call *call)
{
	int status = call->reply.status                           ? call->reply.status
		     : call->operation && call->operation->status ? call->operation->status
								  : 200;
	struct http_reply r;
	struct http_exchange *x = call->exchange;

	http_reply_init(&r, status);
	http_reply_add(&r, str_c(request_id_header(call)), str_c(call->request_id));
	for (size_t i = 0; i < call->reply.header_count; i++)
		http_reply_add(&r, call->reply.headers[i].name, call->reply.headers[i].value);
	if (status != 204 && status != 304)
		take_body(call, &r);
	if (r.body.n || r.fd >= 0 || call->reply.content_type.p)
		http_reply_add(&r, STR("Content-Type"), content_type(call));
	add_crc32(call, &r);
	call->exchange = NULL;
	http_respond(x, &r);
}
