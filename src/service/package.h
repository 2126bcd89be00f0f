/* SPDX-License-Identifier: Apache-2.0
 *
 * Zip packages: functions' code, builds' sources and artifacts. Every path is checked before anything is written, and sizes
 * are counted as they come out, not as the archive claims them. All calls block: use a pool.
 */
#ifndef GLEANER_SERVICE_PACKAGE_H
#define GLEANER_SERVICE_PACKAGE_H

#include "base/str.h"

enum { PACKAGE_ENTRIES_MAX = 65535 };

/* Unpacks `zip` into the folder `target` (made when absent) and makes it durable. ERR_INVALID (no zip, an empty one, paths that
 * lead out, links), ERR_LIMIT (more than `max_bytes` unpacked), ERR_IO; then nothing is left of `target`. */
int package_unpack(struct str zip, const char *target, uint64_t max_bytes, struct error *err) MUST_CHECK;

/* Packs files into the new zip file `target`: each `names[i]` under `folder`, with its mode. ERR_IO. */
int package_pack(const char *target, const char *folder, const struct str *names, size_t count, struct error *err) MUST_CHECK;

#endif
