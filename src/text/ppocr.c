/* SPDX-License-Identifier: Apache-2.0 */
#include "text/engine.h"

static int find(const struct text_options *options, struct error *err)
{
	(void)options;
	return error_set(err, ERR_NOT_FOUND, "PP-OCRv4 is not installed: run scripts/fetch-models.sh");
}

const struct text_engine_class text_engine_ppocr = { .name = "ppocr", .find = find };
