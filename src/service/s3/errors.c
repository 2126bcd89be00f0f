/* SPDX-License-Identifier: Apache-2.0 */
#include "service/s3/errors.h"

S3_ERRORS(SERVICE_ERROR_ROW)
