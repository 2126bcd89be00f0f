/* SPDX-License-Identifier: Apache-2.0 */
#include "format/writer.h"

#include <stdio.h>

#include "base/encode.h"
#include "format/date.h"

void writer_init(struct writer *w, struct buf *out, enum writer_format format)
{
	w->out = out;
	w->format = format;
	w->depth = 0;
	w->levels[0] = (struct writer_level){ 0 };
}

void xml_write_text(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		switch (c) {
		case '&':
			buf_add_c(out, "&amp;");
			break;
		case '<':
			buf_add_c(out, "&lt;");
			break;
		case '>':
			buf_add_c(out, "&gt;");
			break;
		case '"':
			buf_add_c(out, "&quot;");
			break;
		case '\'':
			buf_add_c(out, "&#39;");
			break;
		default:
			if ((unsigned char)c < 0x20 && c != '\n' && c != '\t')
				buf_addf(out, "&#x%x;", (unsigned)c);
			else
				buf_add_char(out, c);
		}
	}
}

/* The element's name: an item's in a list, else the one given. */
static const char *element_name(const struct writer *w, const char *name)
{
	const struct writer_level *level = &w->levels[w->depth];

	return level->list ? level->item : name;
}

/* Before a value: JSON's comma and name, XML's opening tag. */
static void open_value(struct writer *w, const char *name)
{
	struct writer_level *level = &w->levels[w->depth];

	if (w->format == WRITER_JSON) {
		if (level->any)
			buf_add_char(w->out, ',');
		if (name && !level->list && w->depth > 0) {
			json_write_string(w->out, str_c(name));
			buf_add_char(w->out, ':');
		}
	} else if (element_name(w, name)) {
		buf_addf(w->out, "<%s>", element_name(w, name));
	}
	level->any = true;
}

static void close_value(struct writer *w, const char *name)
{
	if (w->format == WRITER_XML && element_name(w, name))
		buf_addf(w->out, "</%s>", element_name(w, name));
}

static struct writer_level *push(struct writer *w)
{
	if (w->depth + 1 >= WRITER_DEPTH_MAX) {
		w->out->failed = ERR_LIMIT;
		return NULL;
	}
	w->levels[++w->depth] = (struct writer_level){ 0 };
	return &w->levels[w->depth];
}

void write_object(struct writer *w, const char *name)
{
	const char *element = element_name(w, name);

	open_value(w, name);
	if (w->format == WRITER_JSON)
		buf_add_char(w->out, '{');
	struct writer_level *level = push(w);
	if (level)
		level->name = element;
}

/* A flattened list opens no element of its own; its items carry its name. */
void write_list(struct writer *w, const char *name, const char *item)
{
	bool flat = w->format == WRITER_XML && !item;
	const char *element = element_name(w, name);

	if (!flat)
		open_value(w, name);
	if (w->format == WRITER_JSON)
		buf_add_char(w->out, '[');
	struct writer_level *level = push(w);
	if (!level)
		return;
	level->list = true;
	level->item = item ? item : name;
	level->name = flat ? NULL : element;
}

void write_end(struct writer *w)
{
	if (w->depth == 0)
		return;
	struct writer_level *level = &w->levels[w->depth--];
	if (w->format == WRITER_JSON)
		buf_add_char(w->out, level->list ? ']' : '}');
	else if (level->name)
		buf_addf(w->out, "</%s>", level->name);
}

void write_str(struct writer *w, const char *name, struct str value)
{
	if (!value.p)
		return;
	open_value(w, name);
	if (w->format == WRITER_JSON)
		json_write_string(w->out, value);
	else
		xml_write_text(w->out, value);
	close_value(w, name);
}

void write_c(struct writer *w, const char *name, const char *value)
{
	write_str(w, name, str_c(value));
}

void write_strf(struct writer *w, const char *name, const char *format, ...)
{
	struct buf text;
	va_list args;

	buf_init(&text, w->out->max);
	va_start(args, format);
	buf_addv(&text, format, args);
	va_end(args);
	if (buf_failed(&text))
		w->out->failed = buf_failed(&text);
	else
		write_str(w, name, buf_str(&text));
	buf_release(&text);
}

/* A value whose text is the same in both formats. */
static void write_plain(struct writer *w, const char *name, struct str text)
{
	open_value(w, name);
	buf_add_str(w->out, text);
	close_value(w, name);
}

void write_i64(struct writer *w, const char *name, int64_t value)
{
	open_value(w, name);
	buf_add_i64(w->out, value);
	close_value(w, name);
}

void write_double(struct writer *w, const char *name, double value)
{
	struct arena a;

	arena_init(&a, 1024);
	write_plain(w, name, json_new_double(&a, value) == &json_null ? STR("null") : json_new_double(&a, value)->text);
	arena_release(&a);
}

void write_bool(struct writer *w, const char *name, bool value)
{
	write_plain(w, name, value ? STR("true") : STR("false"));
}

void write_null(struct writer *w, const char *name)
{
	if (w->format == WRITER_JSON)
		write_plain(w, name, STR("null"));
}

void write_blob(struct writer *w, const char *name, const void *bytes, size_t n)
{
	open_value(w, name);
	if (w->format == WRITER_JSON)
		buf_add_char(w->out, '"');
	buf_add_base64(w->out, bytes, n);
	if (w->format == WRITER_JSON)
		buf_add_char(w->out, '"');
	close_value(w, name);
}

void write_time(struct writer *w, const char *name, int64_t ms)
{
	char text[DATE_TEXT_MAX];

	if (w->format == WRITER_JSON)
		write_plain(w, name, date_epoch(text, ms));
	else
		write_iso_time(w, name, ms);
}

void write_iso_time(struct writer *w, const char *name, int64_t ms)
{
	char text[DATE_TEXT_MAX];

	write_str(w, name, date_iso_ms(text, ms));
}

/* Names in the tree are not NUL-terminated: XML needs a copy that lives until the element is closed. */
static void write_xml_tree(struct writer *w, const char *name, const struct json *value)
{
	if (value->type == JSON_ARRAY) {
		write_list(w, name, "member");
		for (size_t i = 0; i < value->count; i++)
			write_json(w, NULL, value->items[i]);
		write_end(w);
		return;
	}
	write_object(w, name);
	for (size_t i = 0; i < value->count; i++) {
		char member[256];
		snprintf(member, sizeof(member), STR_FMT, STR_ARG(value->members[i].name));
		write_json(w, member, value->members[i].value);
	}
	write_end(w);
}

void write_json(struct writer *w, const char *name, const struct json *value)
{
	if (!value)
		return;
	if (w->format == WRITER_JSON) {
		open_value(w, name);
		json_write(w->out, value);
	} else if (value->type == JSON_STRING) {
		write_str(w, name, value->text);
	} else if (value->type == JSON_NUMBER) {
		write_plain(w, name, value->text);
	} else if (value->type == JSON_BOOL) {
		write_bool(w, name, value->boolean);
	} else if (value->type != JSON_NULL) {
		write_xml_tree(w, name, value);
	}
}

void write_raw(struct writer *w, const char *name, struct str json)
{
	if (json.p && w->format == WRITER_JSON)
		write_plain(w, name, json);
}
