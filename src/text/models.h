/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of the PP-OCRv4 engine, as scripts/fetch-models.sh installs them into one folder.
 */
#ifndef GLEANER_TEXT_MODELS_H
#define GLEANER_TEXT_MODELS_H

#include <limits.h>

#include "base/str.h"

#define MODELS_LIBRARY "libonnxruntime.so"
#define MODELS_DETECTION "ch_PP-OCRv4_det_infer.onnx"
#define MODELS_RECOGNITION "ch_PP-OCRv4_rec_infer.onnx"
#define MODELS_CHARACTERS "ppocr_keys_v1.txt"
#define MODELS_SUMS "SHA256SUMS"
#define MODELS_ADVICE "For the better engine, PP-OCRv4, run scripts/fetch-models.sh."

/* The first of the colon-separated `folders` that has all files, into `out`. Only looks; reads nothing. */
bool models_find(const char *folders, char out[PATH_MAX]);

/* Compares the files with the checksums beside them, if there are any, and sees that the library is whole. ERR_CORRUPT names the
 * file. */
int models_verify(const char *folder, struct error *err) MUST_CHECK;

/* Whether the folder tells its files' checksums: others may be of any version. */
bool models_have_sums(const char *folder);

#endif
