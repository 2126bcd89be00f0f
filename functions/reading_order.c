/* SPDX-License-Identifier: Apache-2.0 */
#include "reading_order.h"

#include "text/order.h"

_Static_assert(sizeof(struct reading_outline) == sizeof(struct text_polygon), "both are four corners");

int reading_order(const struct reading_outline *outlines, size_t count, size_t *order)
{
	return order_lines((const struct text_polygon *)(const void *)outlines, count, sizeof(*outlines), order);
}
