/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS Systems Manager's parameter store. Values of SecureString parameters lie in the data directory as they are, which only the
 * server's user can read.
 */
#ifndef GLEANER_SERVICE_SSM_SSM_H
#define GLEANER_SERVICE_SSM_SSM_H

#include "service/service.h"

extern const struct service service_ssm;

#endif
