/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes of layout and orientation. *Pure.*
 */
#ifndef GLEANER_IMAGE_CONVERT_H
#define GLEANER_IMAGE_CONVERT_H

#include "image/image.h"

/* Brings the image into `layout` (not IMAGE_AUTO). Losing alpha lays the pixels on white; colours become luma (ITU-R BT.601); a
 * profile is dropped where it no longer fits (ICC profiles are for grey or for colour). ERR_NO_MEMORY leaves it as it was. */
int image_convert(struct image *image, enum image_layout layout, struct error *err) MUST_CHECK;

/* Grey becomes colour, so that coloured outlines can be drawn, unless the image has a grey ICC profile; alpha stays. */
int image_make_colour(struct image *image, struct error *err) MUST_CHECK;

/* Turns the image as EXIF's tag Orientation (1 to 8; others are 1) says it is to be shown. ERR_NO_MEMORY. */
int image_orient(struct image *image, int orientation, struct error *err) MUST_CHECK;

#endif
