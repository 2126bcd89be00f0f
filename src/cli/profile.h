/* SPDX-License-Identifier: Apache-2.0
 *
 * Credentials from AWS's shared files and environment variables.
 */
#ifndef GLEANER_CLI_PROFILE_H
#define GLEANER_CLI_PROFILE_H

#include "aws/sigv4.h"

/* AWS_ACCESS_KEY_ID and its siblings when `profile` is NULL and they are set; else AWS_SHARED_CREDENTIALS_FILE or
 * ~/.aws/credentials. ERR_NOT_FOUND. `region` may be left absent. */
int profile_load(struct arena *a, const char *profile, struct sigv4_credentials *out, struct str *region,
		 struct error *err) MUST_CHECK;

#endif
