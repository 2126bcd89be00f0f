/* SPDX-License-Identifier: Apache-2.0
 *
 * Which operation a request means. *Pure.*
 */
#ifndef GLEANER_SERVICE_ROUTE_H
#define GLEANER_SERVICE_ROUTE_H

#include "service/service.h"

/* JSON and Query services: by name; NULL when there is none. */
const struct operation *route_by_name(const struct service *service, struct str name);

/* REST services: method, path template, and what must be in the query and headers; of several that fit, the one that asks
 * for most. `labels` receives an object of the path's labels, decoded. NULL when nothing fits. */
const struct operation *route_by_path(struct call *call, const struct service *service, const struct json **labels);

#endif
