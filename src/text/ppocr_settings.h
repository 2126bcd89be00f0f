/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers PP-OCRv4 is used with, found by measurement (docs/text-detection.md).
 */
#ifndef GLEANER_TEXT_PPOCR_SETTINGS_H
#define GLEANER_TEXT_PPOCR_SETTINGS_H

#include "text/boxes.h"

struct ppocr_settings {
	struct box_settings boxes;
	/* The longer side at which text is looked for: what the image has times a factor, but not above a limit. */
	float photo_factor, screen_factor;
	int photo_side, screen_side;
	int page_side;             /* and not above this one where the image has more pixels than screens have */
	int page_from;             /* longer side from which an image is a page */
	float even;                /* content_evenness from which an image was drawn, not taken */
	float large;               /* boxes are usually higher than this, as scaled: look again … */
	float large_target;        /* … at a scale at which they are that high */
	float small, small_target; /* likewise where they are lower, in drawn images … */
	float small_crowded;       /* … or than this where the lines of a screen … */
	float crowded;             /* … stand closer than this (crowding.h); */
	float small_pixels;        /* but with no more pixels than this that are not blank */
	float strip;               /* length over breadth from which a page is a strip */
	float doubt;               /* a line read with less confidence is also tried upside down */
	float tall;                /* height over width from which a box is taken to hold text that runs up or down */
	float short_aspect;        /* width over height below which a doubtful line is tried in all directions */
	float turn_gain;           /* by how much surer a reading in another direction must be */
	float alone;               /* page.h: outside of pages */
	float stretch;             /* how wide lines of screens are read, of their own width */
};

extern const struct ppocr_settings ppocr_settings;

#endif
