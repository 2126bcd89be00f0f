/* SPDX-License-Identifier: Apache-2.0
 *
 * The errors DynamoDB answers with, and how library errors become them.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_ERRORS_H
#define GLEANER_SERVICE_DYNAMODB_ERRORS_H

#include "service/service.h"

#define DYNAMODB_ERRORS(E, prefix)                                                                                               \
	E(prefix, ConditionalCheckFailedException, 400, "The conditional request failed")                                        \
	E(prefix, IdempotentParameterMismatchException, 400,                                                                     \
	  "DynamoDB rejected the request because you retried a request with a different payload but with an idempotent token "   \
	  "that was "                                                                                                            \
	  "already used.")                                                                                                       \
	E(prefix, IndexNotFoundException, 400, "Requested resource not found")                                                   \
	E(prefix, LimitExceededException, 400, "Subscriber limit exceeded")                                                      \
	E(prefix, PolicyNotFoundException, 400, "Resource policy not found")                                                     \
	E(prefix, ResourceInUseException, 400, "Table already exists")                                                           \
	E(prefix, ResourceNotFoundException, 400, "Requested resource not found")                                                \
	E(prefix, SerializationException, 400, "The request cannot be read")                                                     \
	E(prefix, TableNotFoundException, 400, "Table not found")                                                                \
	E(prefix, TransactionCanceledException, 400, "Transaction cancelled")                                                    \
	E(prefix, UnknownOperationException, 400, "This operation is not supported by this server")                              \
	E(prefix, ValidationException, 400, "One or more parameter values were invalid")

DYNAMODB_ERRORS(SERVICE_ERROR_EXTERN, dynamodb)

/* Answers an error of the parsers: ERR_INVALID becomes a ValidationException (or the SerializationException that err->name
 * asks for), anything else a fault of ours. Returns negative. */
int dynamodb_fail(struct call *call, const struct error *err);
int dynamodb_invalid(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bind faults in DynamoDB's words. */
int dynamodb_refuse(struct call *call, const struct bind_faults *faults);

#endif
