/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads what services answer: the error in a failed reply, and the little XML that S3 sends. *Pure.*
 */
#ifndef GLEANER_AWS_REPLY_H
#define GLEANER_AWS_REPLY_H

#include "aws/client.h"

/* Fills `err` from a reply of status 300 or more; always ERR_SERVICE. */
int aws_reply_error(struct arena *a, const struct aws_reply *reply, struct error *err);

/* The next element <name>…</name> at or after `*at`: its inner text, raw; `*at` moves past it. Absent when there is none.
 * Enough for S3's flat lists, where no element holds one of its own name; not an XML parser. */
struct str xml_scan(struct str text, const char *name, size_t *at);
/* The text of the first such element with the five entities and numeric references resolved; absent when there is none. */
struct str xml_scan_text(struct arena *a, struct str text, const char *name);

#endif
