/* SPDX-License-Identifier: Apache-2.0
 *
 * One writer for every reply: the same calls give JSON, or the XML of the Query and REST-XML protocols.
 *
 *   write_object(w, NULL);                      {                      <CreateTopicResult>   (root: xml name given)
 *   write_str(w, "TopicArn", arn);                "TopicArn":"…"          <TopicArn>…</TopicArn>
 *   write_list(w, "Tags", "member");              "Tags":[                <Tags>
 *   write_object(w, NULL);                          {"Key":"a"}             <member><Key>a</Key></member>
 *   …
 *   write_end(w); write_end(w); write_end(w);
 *
 * Inside a list names are NULL: JSON has none, XML uses the list's item name. A list with item name NULL is flattened
 * in XML (each item carries the list's own name). Absent strings are left out, so optional members need no `if`.
 * Errors are the buffer's: check buf_failed() at the end. *Pure.*
 */
#ifndef GLEANER_FORMAT_WRITER_H
#define GLEANER_FORMAT_WRITER_H

#include "base/buf.h"
#include "format/json.h"

enum writer_format { WRITER_JSON, WRITER_XML };

enum { WRITER_DEPTH_MAX = 64 };

struct writer_level {
	const char *name; /* XML element to close, NULL when none was opened */
	const char *item; /* in a list: its items' element name */
	bool list;
	bool any; /* something was written at this level */
};

struct writer {
	struct buf *out;
	enum writer_format format;
	int depth;
	struct writer_level levels[WRITER_DEPTH_MAX];
};

void writer_init(struct writer *w, struct buf *out, enum writer_format format);

void write_object(struct writer *w, const char *name);
void write_list(struct writer *w, const char *name, const char *item);
void write_end(struct writer *w); /* closes the innermost object or list */

void write_str(struct writer *w, const char *name, struct str value); /* absent: nothing */
void write_c(struct writer *w, const char *name, const char *value);  /* NULL: nothing */
void write_strf(struct writer *w, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void write_i64(struct writer *w, const char *name, int64_t value);
void write_double(struct writer *w, const char *name, double value);
void write_bool(struct writer *w, const char *name, bool value);
void write_null(struct writer *w, const char *name);                              /* XML: nothing */
void write_blob(struct writer *w, const char *name, const void *bytes, size_t n); /* base64 */
/* Milliseconds since 1970: JSON gets epoch seconds (a number, with a fraction only where there is one), XML ISO 8601. */
void write_time(struct writer *w, const char *name, int64_t ms);
void write_iso_time(struct writer *w, const char *name, int64_t ms); /* ISO 8601 with milliseconds in both */
/* A JSON tree; in XML objects and arrays become elements (items named "member"). NULL: nothing. */
void write_json(struct writer *w, const char *name, const struct json *value);
/* Ready-made JSON text (JSON format only). */
void write_raw(struct writer *w, const char *name, struct str json);
/* XML text with the five characters escaped, control characters as references. */
void xml_write_text(struct buf *out, struct str text);

#endif
