/* SPDX-License-Identifier: Apache-2.0
 *
 * The errors IAM answers with.
 */
#ifndef GLEANER_SERVICE_IAM_ERRORS_H
#define GLEANER_SERVICE_IAM_ERRORS_H

#include "service/service.h"

#define IAM_ERRORS(E, prefix)                                                                                                    \
	E(prefix, DeleteConflict, 409, "Cannot delete entity, it has dependent entities.")                                       \
	E(prefix, EntityAlreadyExists, 409, "The entity exists already.")                                                        \
	E(prefix, InvalidInput, 400, "The input is invalid.")                                                                    \
	E(prefix, LimitExceeded, 409, "A limit was exceeded.")                                                                   \
	E(prefix, MalformedPolicyDocument, 400, "Syntax errors in policy.")                                                      \
	E(prefix, NoSuchEntity, 404, "The entity cannot be found.")                                                              \
	E(prefix, PolicyNotAttachable, 400, "The policy cannot be attached.")                                                    \
	E(prefix, UnmodifiableEntity, 400, "The entity cannot be modified.")                                                     \
	E(prefix, ValidationError, 400, "The input is invalid.")

IAM_ERRORS(SERVICE_ERROR_EXTERN, iam)

#endif
