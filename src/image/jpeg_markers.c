/* SPDX-License-Identifier: Apache-2.0
 *
 * What the segments before the pixels say: size and orientation.
 */
#include "image/jpeg.h"

enum {
	MARKER_SOF0 = 0xc0, /* start of frame; 0xc4, 0xc8 and 0xcc among these are something else (T.81, table B.1) */
	MARKER_DHT = 0xc4,
	MARKER_JPG = 0xc8,
	MARKER_DAC = 0xcc,
	MARKER_SOF15 = 0xcf,
	MARKER_SCAN = 0xda,
	MARKER_APP1 = 0xe1,
};

/* Exif 2.32, 4.5: an APP1 segment "Exif\0\0" and a TIFF file, whose first directory has the tag. */
enum {
	TAG_ORIENTATION = 0x0112,
	TYPE_SHORT = 3,
	ENTRY_SIZE = 12,
};

struct segment {
	uint8_t marker;
	struct str data;
};

static uint32_t read_number(struct str bytes, size_t at, int size, bool big_endian)
{
	uint32_t value = 0;

	for (int i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)bytes.p[at + (size_t)(big_endian ? i : size - 1 - i)];

		value = value << 8 | byte;
	}
	return value;
}

/* Cuts the next segment from `rest`; false at the first scan and at anything odd. */
static bool next_segment(struct str *rest, struct segment *out)
{
	uint32_t length;

	while (rest->n >= 2 && (uint8_t)rest->p[0] == 0xff && (uint8_t)rest->p[1] == 0xff)
		*rest = str_from(*rest, 1); /* fill bytes */
	if (rest->n < 4 || (uint8_t)rest->p[0] != 0xff || (uint8_t)rest->p[1] == MARKER_SCAN)
		return false;
	length = read_number(*rest, 2, 2, true);
	if (length < 2 || length + 2 > rest->n)
		return false;
	out->marker = (uint8_t)rest->p[1];
	out->data = str_sub(*rest, 4, length - 2);
	*rest = str_from(*rest, length + 2);
	return true;
}

static int tiff_orientation(struct str tiff)
{
	bool big_endian;
	uint32_t at;
	uint32_t entries;

	if (tiff.n < 8)
		return 1;
	big_endian = tiff.p[0] == 'M';
	at = read_number(tiff, 4, 4, big_endian);
	if (at > tiff.n - 2)
		return 1;
	entries = read_number(tiff, at, 2, big_endian);
	for (uint32_t i = 0; i < entries; i++) {
		size_t entry = (size_t)at + 2 + (size_t)i * ENTRY_SIZE;
		uint32_t value;

		if (entry + ENTRY_SIZE > tiff.n)
			return 1;
		if (read_number(tiff, entry, 2, big_endian) != TAG_ORIENTATION ||
		    read_number(tiff, entry + 2, 2, big_endian) != TYPE_SHORT)
			continue;
		value = read_number(tiff, entry + 8, 2, big_endian);
		return value >= 1 && value <= 8 ? (int)value : 1;
	}
	return 1;
}

int jpeg_orientation(struct str file)
{
	struct str rest = str_from(file, 2);
	struct segment segment;

	while (next_segment(&rest, &segment))
		if (segment.marker == MARKER_APP1 && str_starts(segment.data, STR("Exif\0\0")))
			return tiff_orientation(str_from(segment.data, 6));
	return 1;
}

static bool is_frame(uint8_t marker)
{
	return marker >= MARKER_SOF0 && marker <= MARKER_SOF15 && marker != MARKER_DHT && marker != MARKER_JPG &&
	       marker != MARKER_DAC;
}

int jpeg_size(struct str file, uint32_t *width, uint32_t *height)
{
	struct str rest = str_from(file, 2);
	struct segment segment;

	if (!jpeg_has_signature(file))
		return ERR_INVALID;
	while (next_segment(&rest, &segment)) {
		if (!is_frame(segment.marker) || segment.data.n < 5)
			continue;
		*height = read_number(segment.data, 1, 2, true);
		*width = read_number(segment.data, 3, 2, true);
		return 0;
	}
	return ERR_CORRUPT;
}
