/* SPDX-License-Identifier: Apache-2.0
 *
 * Which services this build runs, and what they do for each other.
 */
#ifndef GLEANER_CLI_SERVICES_H
#define GLEANER_CLI_SERVICES_H

#include "service/host.h"

void services_all(struct host_options *options);
/* Permissions are not asked for: every signed request may do all. */
void services_without_iam(struct host_options *options);

#endif
