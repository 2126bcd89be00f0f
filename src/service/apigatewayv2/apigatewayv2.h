/* SPDX-License-Identifier: Apache-2.0
 *
 * Amazon API Gateway, HTTP APIs: their management, and their execution with Lambda functions behind the routes.
 *
 * Management takes and gives the members as the wire has them ("apiId", "routeKey"), internal calls too.
 */
#ifndef GLEANER_SERVICE_APIGATEWAYV2_APIGATEWAYV2_H
#define GLEANER_SERVICE_APIGATEWAYV2_APIGATEWAYV2_H

#include "service/service.h"

extern const struct service service_apigatewayv2;

/* A request to an API itself: call->path is what follows the API's id, call->parameters is {"ApiId": …}. An OPERATION_ASYNC. */
int apigatewayv2_execute(struct call *call);

#endif
