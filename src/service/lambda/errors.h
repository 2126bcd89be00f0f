/* SPDX-License-Identifier: Apache-2.0
 *
 * Lambda's errors. Each answer also carries "Type": "User" or "Service", which lambda_refuse adds.
 */
#ifndef GLEANER_SERVICE_LAMBDA_ERRORS_H
#define GLEANER_SERVICE_LAMBDA_ERRORS_H

#include "service/service.h"

#define LAMBDA_ERRORS(E)                                                                                                         \
	E(lambda, ResourceNotFoundException, 404, "The resource you requested does not exist.")                                  \
	E(lambda, ResourceConflictException, 409, "The resource already exists, or another operation is in progress.")           \
	E(lambda, InvalidParameterValueException, 400, "One of the parameters in the request is not valid.")                     \
	E(lambda, InvalidRequestContentException, 400, "The request body could not be parsed as JSON.")                          \
	E(lambda, RequestTooLargeException, 413, "The request payload exceeded the Invoke request body JSON input quota.")       \
	E(lambda, TooManyRequestsException, 429, "Rate Exceeded.")                                                               \
	E(lambda, PreconditionFailedException, 412,                                                                              \
	  "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the "   \
	  "latest Revision Id")                                                                                                  \
	E(lambda, PolicyLengthExceededException, 400, "The final policy size is bigger than the limit (20480).")                 \
	E(lambda, CodeStorageExceededException, 400,                                                                             \
	  "Your Amazon Web Services account has exceeded its maximum total code size.")                                          \
	E(lambda, AccessDeniedException, 403, "The role defined for the function cannot be assumed by Lambda.")                  \
	E(lambda, ServiceException, 500, "The Lambda service encountered an internal error.")

LAMBDA_ERRORS(SERVICE_ERROR_EXTERN)

/* As call_failf, with the error's type. */
int lambda_refuse(struct call *call, const struct service_error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
