/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS Security Token Service: who am I, and temporary credentials. Source: AWS STS API Reference, version 2011-06-15.
 */
#ifndef GLEANER_SERVICE_STS_H
#define GLEANER_SERVICE_STS_H

#include "service/service.h"

extern const struct service service_sts;

#endif
