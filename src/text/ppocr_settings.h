/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers PP-OCRv4 is used with, found by measurement (docs/text-detection.md).
 */
#ifndef GLEANER_TEXT_PPOCR_SETTINGS_H
#define GLEANER_TEXT_PPOCR_SETTINGS_H

#include "text/boxes.h"
#include "text/ctc.h"

struct ppocr_settings {
	struct box_settings boxes;
	struct ctc_settings words;
	int side;                /* the longer side at which text is looked for */
	float doubt;             /* a line read with less confidence is also tried upside down */
	float tall;              /* height over width from which a box is tried as upright text too */
};

extern const struct ppocr_settings ppocr_settings;

#endif
