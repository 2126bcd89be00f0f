/* SPDX-License-Identifier: Apache-2.0
 *
 * Where libjpeg keeps the coefficients of files with several scans until the last one is read: two bytes each, 600 MB for the
 * largest images in full colour. Nearly all of them are zero, so large arrays are kept packed, a row of blocks at a time.
 *
 * One a decoder, which calls it through the memory manager's methods (libjpeg.txt, "Memory management"). The decoder's
 * client_data points to it. Not shared.
 */
#ifndef GLEANER_IMAGE_JPEG_STORE_H
#define GLEANER_IMAGE_JPEG_STORE_H

#include <stdio.h>

#include <jpeglib.h>

struct packed_array;

struct jpeg_store {
	/* libjpeg's own methods, for small arrays. */
	jvirt_barray_ptr (*request)(j_common_ptr, int, boolean, JDIMENSION, JDIMENSION, JDIMENSION);
	JBLOCKARRAY (*access)(j_common_ptr, jvirt_barray_ptr, JDIMENSION, JDIMENSION, boolean);
	struct packed_array *arrays;
	size_t used; /* bytes of all packed rows */
};

/* After jpeg_create_decompress. What fails later ends in the decoder's error_exit with JERR_OUT_OF_MEMORY. */
void jpeg_store_init(struct jpeg_store *store, j_decompress_ptr jpeg);
void jpeg_store_release(struct jpeg_store *store);

#endif
