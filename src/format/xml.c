/* SPDX-License-Identifier: Apache-2.0 */
#include "format/xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/limits.h"

static struct str arena_xml(struct arena *a, const xmlChar *text)
{
	return text ? arena_str(a, str_c((const char *)text)) : STR("");
}

static void copy_attributes(struct arena *a, const xmlNode *node, struct xml *out)
{
	struct xml_attribute **next = &out->attributes;

	for (const xmlAttr *attribute = node->properties; attribute; attribute = attribute->next) {
		struct xml_attribute *copy = ARENA_NEW(a, struct xml_attribute);
		if (!copy)
			return;
		copy->name = arena_xml(a, attribute->name);
		copy->value = arena_xml(a, attribute->children ? attribute->children->content : NULL);
		*next = copy;
		next = &copy->next;
	}
}

/* NULL when memory is out or the nesting too deep; the caller tells them apart by arena_failed(). */
static struct xml *copy_element(struct arena *a, const xmlNode *node, int depth)
{
	struct xml *out = depth < LIMIT_XML_DEPTH ? ARENA_NEW(a, struct xml) : NULL;

	if (!out)
		return NULL;
	out->name = arena_xml(a, node->name);
	out->text = STR("");
	copy_attributes(a, node, out);
	struct xml **next = &out->children;
	for (const xmlNode *child = node->children; child; child = child->next) {
		if (child->type == XML_TEXT_NODE || child->type == XML_CDATA_SECTION_NODE) {
			struct str text = arena_xml(a, child->content);
			out->text = out->text.n ? arena_concat(a, out->text, text) : text;
		} else if (child->type == XML_ELEMENT_NODE) {
			if (!(*next = copy_element(a, child, depth + 1)))
				return NULL;
			next = &(*next)->next;
		}
	}
	return out;
}

static int copy_document(struct arena *a, xmlDocPtr document, const struct xml **root, struct error *err)
{
	const xmlNode *top = xmlDocGetRootElement(document);

	if (document->intSubset || document->extSubset || !top)
		return error_set(err, ERR_INVALID, "XML with a document type declaration is not accepted");
	struct xml *copy = copy_element(a, top, 0);
	if (arena_failed(a))
		return error_set(err, ERR_NO_MEMORY, "out of memory while reading XML");
	if (!copy)
		return error_set(err, ERR_LIMIT, "XML is nested deeper than %d levels", LIMIT_XML_DEPTH);
	*root = copy;
	return 0;
}

int xml_parse(struct arena *a, struct str text, const struct xml **root, struct error *err)
{
	if (text.n == 0 || text.n > INT32_MAX)
		return error_set(err, ERR_INVALID, "the XML document is empty or too long");
	xmlParserCtxtPtr context = xmlNewParserCtxt();
	if (!context)
		return error_set(err, ERR_NO_MEMORY, "out of memory while reading XML");
	xmlDocPtr document = xmlCtxtReadMemory(context, text.p, (int)text.n, NULL, NULL,
					       XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
	int result;
	if (document) {
		result = copy_document(a, document, root, err);
	} else {
		const xmlError *reason = xmlCtxtGetLastError(context);
		struct str message = str_trim(str_c(reason && reason->message ? reason->message : "not well-formed"));
		result = error_set(err, ERR_INVALID, "invalid XML at line %d: " STR_FMT, reason ? reason->line : 0,
				   STR_ARG(message));
	}
	xmlFreeDoc(document);
	xmlFreeParserCtxt(context);
	return result;
}

const struct xml *xml_child(const struct xml *element, struct str name)
{
	const struct xml *child = element ? element->children : NULL;

	while (child && !str_eq(child->name, name))
		child = child->next;
	return child;
}

const struct xml *xml_next(const struct xml *element)
{
	const struct xml *next = element->next;

	while (next && !str_eq(next->name, element->name))
		next = next->next;
	return next;
}

struct str xml_child_text(const struct xml *element, struct str name)
{
	const struct xml *child = xml_child(element, name);

	return child ? child->text : STR_NULL;
}

struct str xml_attribute(const struct xml *element, struct str name)
{
	for (const struct xml_attribute *attribute = element ? element->attributes : NULL; attribute; attribute = attribute->next)
		if (str_eq(attribute->name, name))
			return attribute->value;
	return STR_NULL;
}
