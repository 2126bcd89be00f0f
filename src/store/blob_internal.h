/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GLEANER_STORE_BLOB_INTERNAL_H
#define GLEANER_STORE_BLOB_INTERNAL_H

#include "store/blob.h"

/* Makes tmp/ and blobs/, and empties tmp/ of what a killed server left. */
int blob_prepare_folders(struct store *s, struct error *err) MUST_CHECK;

#endif
