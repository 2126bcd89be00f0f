/* SPDX-License-Identifier: Apache-2.0
 *
 * Where ONNX Runtime and the PP-OCRv4 models may lie (see scripts/fetch-models.sh), in the order they are looked for:
 * $GLEANER_TEXT_MODELS, the folder `text-models` beside the executable, ${XDG_DATA_HOME:-~/.local/share}/gleaner/text-models,
 * /usr/local/share/gleaner/text-models, /usr/share/gleaner/text-models.
 */
#ifndef GLEANER_CLI_TEXT_FOLDERS_H
#define GLEANER_CLI_TEXT_FOLDERS_H

#include "base/arena.h"

/* Colon-separated, for struct text_options and the setting "text-folders"; lives in `a`. NULL: no memory. */
const char *text_folders(struct arena *a);

#endif
