/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLEANER_STORE_BLOB_INTERNAL_H
#define GLEANER_STORE_BLOB_INTERNAL_H

#include "store/blob.h"

enum { BLOB_PATH_MAX = 4096 };

/* A new blob's id: a UUID whose last digits are the run's. */
void blob_name(const struct store *s, char id[BLOB_ID_MAX]);
int blob_path(const struct store *s, struct str id, char path[BLOB_PATH_MAX], struct error *err) MUST_CHECK;
/* The folder of a blob, made when it is the first there. */
int blob_make_folder(struct store *s, struct str id, char folder[BLOB_PATH_MAX], struct error *err) MUST_CHECK;

/* Makes tmp/ and blobs/, and empties tmp/ of what a killed server left. */
int blob_prepare_folders(struct store *s, struct error *err) MUST_CHECK;

#endif
