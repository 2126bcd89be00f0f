/* SPDX-License-Identifier: Apache-2.0
 *
 * XML documents as the AWS protocols use them: elements, attributes, text; no DTDs, no external entities. libxml2 reads,
 * format/writer.h writes. Namespace prefixes are dropped from names. The tree lives in the arena. *Pure.*
 */
#ifndef GLEANER_FORMAT_XML_H
#define GLEANER_FORMAT_XML_H

#include "base/arena.h"

struct xml_attribute {
	struct str name, value;
	struct xml_attribute *next;
};

struct xml {
	struct str name;
	struct str text; /* all character data directly inside, concatenated; present even when empty */
	struct xml_attribute *attributes;
	struct xml *children; /* first child */
	struct xml *next;     /* next sibling */
};

/* ERR_INVALID for what is not well-formed or has a DTD, ERR_LIMIT past LIMIT_XML_DEPTH, ERR_NO_MEMORY. */
int xml_parse(struct arena *a, struct str text, const struct xml **root, struct error *err) MUST_CHECK;

/* First child of that name, NULL when none; `element` may be NULL. */
const struct xml *xml_child(const struct xml *element, struct str name);
/* Next sibling of the same name. */
const struct xml *xml_next(const struct xml *element);
struct str xml_child_text(const struct xml *element, struct str name);
struct str xml_attribute(const struct xml *element, struct str name);

#endif
