/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS Secrets Manager: secrets, their versions and stages. Values lie in the data directory as they are, which only the server's
 * user can read. There is no rotation.
 */
#ifndef GLEANER_SERVICE_SECRETSMANAGER_SECRETSMANAGER_H
#define GLEANER_SERVICE_SECRETSMANAGER_SECRETSMANAGER_H

#include "service/service.h"

extern const struct service service_secretsmanager;

#endif
