/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/reply.h"

#include "base/buf.h"

struct str xml_scan(struct str text, const char *name, size_t *at)
{
	char open[64], close[64];

	snprintf(open, sizeof(open), "<%s>", name);
	snprintf(close, sizeof(close), "</%s>", name);
	ptrdiff_t start = str_find(text, str_c(open), *at);
	if (start < 0)
		return STR_NULL;
	size_t from = (size_t)start + strlen(open);
	ptrdiff_t end = str_find(text, str_c(close), from);
	if (end < 0)
		return STR_NULL;
	*at = (size_t)end + strlen(close);
	return str_sub(text, from, (size_t)end - from);
}

/* Code points below 128 only: S3 lists keys url-encoded where we ask for it, and error texts are ASCII. */
static void add_numeric(struct buf *b, struct str digits)
{
	uint64_t value = 0;
	bool hex = str_starts(digits, STR("x"));

	for (size_t i = hex ? 1 : 0; i < digits.n && value < 128; i++) {
		char c = digits.p[i];
		uint64_t digit = c <= '9' ? (uint64_t)(c - '0') : (uint64_t)((c | 32) - 'a' + 10);
		value = value * (hex ? 16 : 10) + digit;
	}
	buf_add_char(b, value > 0 && value < 128 ? (char)value : '?');
}

static void add_entity(struct buf *b, struct str name)
{
	static const struct {
		const char *name;
		char c;
	} entities[] = {
		{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' }, { "apos", '\'' },
	};

	if (str_starts(name, STR("#"))) {
		add_numeric(b, str_from(name, 1));
		return;
	}
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (str_eq_c(name, entities[i].name))
			buf_add_char(b, entities[i].c);
}

struct str xml_scan_text(struct arena *a, struct str text, const char *name)
{
	size_t at = 0;
	struct str raw = xml_scan(text, name, &at);
	struct buf b;

	if (!str_is_set(raw) || str_find_char(raw, '&', 0) < 0)
		return raw;
	buf_init(&b, raw.n + 1);
	for (size_t i = 0; i < raw.n; i++) {
		ptrdiff_t end = raw.p[i] == '&' ? str_find_char(raw, ';', i) : -1;
		if (end < 0) {
			buf_add_char(&b, raw.p[i]);
			continue;
		}
		add_entity(&b, str_sub(raw, i + 1, (size_t)end - i - 1));
		i = (size_t)end;
	}
	struct str out = arena_str(a, buf_str(&b));
	buf_release(&b);
	return out;
}

/* "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "Name:http://…" -> the bare name. */
static struct str bare_name(struct str text)
{
	ptrdiff_t hash = str_find_char(text, '#', 0);
	struct str name = hash >= 0 ? str_from(text, (size_t)hash + 1) : text;

	return str_split(&name, ':');
}

static const char *name_of_status(int status)
{
	switch (status) {
	case 301:
		return "PermanentRedirect";
	case 304:
		return "NotModified";
	case 400:
		return "BadRequest";
	case 403:
		return "Forbidden";
	case 404:
		return "NotFound";
	case 409:
		return "Conflict";
	case 412:
		return "PreconditionFailed";
	case 416:
		return "InvalidRange";
	case 429:
		return "TooManyRequestsException";
	default:
		return status >= 500 ? "InternalError" : "UnknownError";
	}
}

static struct str header_of(const struct aws_reply *reply, const char *name)
{
	return http_headers_get(reply->headers, reply->header_count, str_c(name));
}

static void read_json_error(struct arena *a, const struct aws_reply *reply, struct str *name, struct str *message)
{
	const struct json *body = NULL;

	*name = bare_name(header_of(reply, "x-amzn-errortype"));
	if (json_parse(a, reply->body, &body, NULL))
		return;
	if (name->n == 0)
		*name = bare_name(json_text(json_get_c(body, "__type")));
	if (name->n == 0)
		*name = bare_name(json_text(json_get_c(body, "code")));
	*message = json_text(json_get_c(body, "message"));
	if (!str_is_set(*message))
		*message = json_text(json_get_c(body, "Message"));
}

int aws_reply_error(struct arena *a, const struct aws_reply *reply, struct error *err)
{
	struct str name = STR_NULL, message = STR_NULL;
	char text[ERROR_NAME_MAX];

	if (str_starts(str_trim(reply->body), STR("<"))) {
		name = xml_scan_text(a, reply->body, "Code");
		message = xml_scan_text(a, reply->body, "Message");
	} else if (reply->body.n > 0 || str_is_set(header_of(reply, "x-amzn-errortype"))) {
		read_json_error(a, reply, &name, &message);
	}
	if (name.n == 0)
		name = str_c(name_of_status(reply->status));
	snprintf(text, sizeof(text), STR_FMT, STR_ARG(name));
	if (message.n == 0) /* a HEAD's reply has no body to say more */
		return error_set_service(err, reply->status, text, "the service answered %d %s without a message", reply->status,
					 text);
	return error_set_service(err, reply->status, text, STR_FMT, STR_ARG(message));
}
