/* SPDX-License-Identifier: Apache-2.0
 *
 * The numbers of libjpeg's messages, without its macros, which use banned calls.
 */
#ifndef GLEANER_IMAGE_JPEG_MESSAGES_H
#define GLEANER_IMAGE_JPEG_MESSAGES_H

#include <stdio.h>

#include <jpeglib.h>

#define JERROR_H
#define JMESSAGE(code, text) code,
enum {
#include <jerror.h>
	JPEG_MESSAGE_COUNT
};

#endif
