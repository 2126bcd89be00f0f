/* SPDX-License-Identifier: Apache-2.0
 *
 * Tags of resources, as services keep them: a JSON object from name to value. Requests carry them as a list of pairs or as
 * an object. *Pure.*
 */
#ifndef GLEANER_SERVICE_TAGS_H
#define GLEANER_SERVICE_TAGS_H

#include "format/json.h"
#include "format/writer.h"

enum { TAGS_MAX = 50, TAG_KEY_MAX = 128, TAG_VALUE_MAX = 256 };

/* `tags` (may be NULL) with `added` put over them; `added` is [{"Key":…,"Value":…}, …] or an object, NULL adds nothing. */
const struct json *tags_merge(struct arena *a, const struct json *tags, const struct json *added);
/* `tags` without those that the array `names` holds. */
const struct json *tags_without(struct arena *a, const struct json *tags, const struct json *names);
/* As a list of Key and Value; XML items are named "member". */
void tags_write_list(struct writer *w, const char *name, const struct json *tags);

#endif
