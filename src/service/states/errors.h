/* SPDX-License-Identifier: Apache-2.0
 *
 * The errors of Step Functions. Internal to the folder.
 */
#ifndef GLEANER_SERVICE_STATES_ERRORS_H
#define GLEANER_SERVICE_STATES_ERRORS_H

#include "service/service.h"

#define STATES_ERRORS(E, prefix)                                                                                                 \
	E(prefix, ConflictException, 400, "Updating or deleting a resource can cause inconsistency.")                            \
	E(prefix, ExecutionAlreadyExists, 400, "The execution has the same name as another execution.")                          \
	E(prefix, ExecutionDoesNotExist, 400, "The specified execution does not exist.")                                         \
	E(prefix, ExecutionLimitExceeded, 400, "The maximum number of running executions has been reached.")                     \
	E(prefix, InvalidArn, 400, "The provided Amazon Resource Name (ARN) is not valid.")                                      \
	E(prefix, InvalidDefinition, 400, "The provided Amazon States Language definition is not valid.")                        \
	E(prefix, InvalidEncryptionConfiguration, 400, "The encryption configuration is not valid.")                             \
	E(prefix, InvalidExecutionInput, 400, "The provided JSON input data is not valid.")                                      \
	E(prefix, InvalidLoggingConfiguration, 400, "Configuration is not valid.")                                               \
	E(prefix, InvalidName, 400, "The provided name is not valid.")                                                           \
	E(prefix, InvalidOutput, 400, "The provided JSON output data is not valid.")                                             \
	E(prefix, InvalidToken, 400, "The provided token is not valid.")                                                         \
	E(prefix, MissingRequiredParameter, 400,                                                                                 \
	  "Either the definition, the role ARN, the LoggingConfiguration, or the TracingConfiguration must be specified")        \
	E(prefix, ResourceNotFound, 400, "Could not find the referenced resource.")                                              \
	E(prefix, ServiceQuotaExceededException, 400, "The request would cause a service quota to be exceeded.")                 \
	E(prefix, StateMachineAlreadyExists, 400, "A state machine with the same name already exists.")                          \
	E(prefix, StateMachineDoesNotExist, 400, "The specified state machine does not exist.")                                  \
	E(prefix, StateMachineTypeNotSupported, 400, "This operation is not supported by this type of state machine")            \
	E(prefix, TaskDoesNotExist, 400, "The activity does not exist.")                                                         \
	E(prefix, TaskTimedOut, 400,                                                                                             \
	  "The task token has either expired or the task associated with the token has already been closed.")                    \
	E(prefix, ThrottlingException, 400, "Rate exceeded")                                                                     \
	E(prefix, TooManyTags, 400, "You have exceeded the number of tags allowed for a resource.")                              \
	E(prefix, UnsupportedOperationException, 400, "This operation is not offered by this server.")                           \
	E(prefix, ValidationException, 400, "The input does not satisfy the constraints specified by an AWS service.")

STATES_ERRORS(SERVICE_ERROR_EXTERN, states)

#endif
