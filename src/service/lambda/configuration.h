/* SPDX-License-Identifier: Apache-2.0
 *
 * A function's configuration: what a request may set, how it is checked, and the document that is stored and answered.
 */
#ifndef GLEANER_SERVICE_LAMBDA_CONFIGURATION_H
#define GLEANER_SERVICE_LAMBDA_CONFIGURATION_H

#include "service/lambda/function.h"

struct configuration_input {
	struct str role, handler, description, runtime, kms_key_arn, package_type;
	struct opt_i64 timeout, memory_size;
	const struct json *layers;
	struct {
		const struct json *variables;
	} environment;
	struct {
		struct str target_arn;
	} dead_letter;
	struct {
		struct str mode;
	} tracing;
	struct {
		struct opt_i64 size;
	} ephemeral;
	struct {
		struct str apply_on;
	} snap_start;
	struct {
		struct str log_format, application_level, system_level, log_group;
	} logging;
	struct {
		const struct json *subnets, *groups;
		struct opt_bool ipv6;
	} vpc;
};

extern const struct bind lambda_environment_fields[], lambda_dead_letter_fields[], lambda_tracing_fields[],
	lambda_ephemeral_fields[], lambda_snap_start_fields[], lambda_logging_fields[], lambda_vpc_fields[];

/* The rows for a struct T whose member `settings` is a struct configuration_input. */
#define CONFIGURATION_ROWS(T)                                                                                                    \
	BIND_STR(T, settings.handler, "Handler", .max = 128), BIND_STR(T, settings.description, "Description", .max = 256),      \
		BIND_STR(T, settings.runtime, "Runtime"), BIND_STR(T, settings.kms_key_arn, "KMSKeyArn"),                        \
		BIND_I64(T, settings.timeout, "Timeout", .min = 1, .max = LAMBDA_TIMEOUT_MAX),                                   \
		BIND_I64(T, settings.memory_size, "MemorySize", .min = 128, .max = 10240),                                       \
		BIND_LIST(T, settings.layers, "Layers"),                                                                         \
		BIND_STRUCT(T, settings.environment, "Environment", lambda_environment_fields),                                  \
		BIND_STRUCT(T, settings.dead_letter, "DeadLetterConfig", lambda_dead_letter_fields),                             \
		BIND_STRUCT(T, settings.tracing, "TracingConfig", lambda_tracing_fields),                                        \
		BIND_STRUCT(T, settings.ephemeral, "EphemeralStorage", lambda_ephemeral_fields),                                 \
		BIND_STRUCT(T, settings.snap_start, "SnapStart", lambda_snap_start_fields),                                      \
		BIND_STRUCT(T, settings.logging, "LoggingConfig", lambda_logging_fields),                                        \
		BIND_STRUCT(T, settings.vpc, "VpcConfig", lambda_vpc_fields), BIND_REFUSED("FileSystemConfigs"),                 \
		BIND_REFUSED("ImageConfig")

/* What bind tables cannot say: reserved variables, runtimes, what is not offered. */
int configuration_check(struct call *call, const struct configuration_input *in) MUST_CHECK;
int configuration_check_architectures(struct call *call, const struct json *list) MUST_CHECK; /* NULL: none given */
/* The members that call->parameters sets, in the form they are stored in; `old` may be NULL. */
struct json *configuration_changes(struct call *call, struct str name, const struct json *old);
/* `old` (NULL: the defaults of a new function) with `changes` put over it, members in AWS's order; null removes one. */
const struct json *configuration_merge(struct call *call, const struct json *old, const struct json *changes);
/* The defaults. */
const struct json *configuration_new(struct call *call, struct str name);

#endif
