/* SPDX-License-Identifier: Apache-2.0
 *
 * What stacks without machines ask Amazon EC2 for: the region's availability zones. Stateless; there are no instances here and
 * no networks.
 */
#ifndef GLEANER_SERVICE_EC2_EC2_H
#define GLEANER_SERVICE_EC2_EC2_H

#include "service/service.h"

extern const struct service service_ec2;

#endif
