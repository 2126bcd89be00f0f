/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions as they are stored, in SPACE_LAMBDA:
 *   ("function", name)           {"name", "next_version", "tags": {}, "reserved": n, "aliases": {name: {…}},
 *                                 "policies": {qualifier: {"revision", "statements": […]}}, "event_configs": {qualifier: {…}},
 * "urls": {qualifier: {…}}, "provisioned": {qualifier: {…}}, "codes": [folder], "published": {"revision", "version"}}
 *   ("version", name, version)   {"config": the FunctionConfiguration as it is answered, "code": folder}
 *                                 version is "$LATEST" or ten digits, so that versions list in AWS's order
 *   ("mapping", uuid)            the event source mapping as it is answered, "tags": {}
 * The code lies unpacked in <data>/functions/<name>/<code>/, a new folder for every upload, its package beside it as <code>.zip;
 *   the function lists all its folders in "codes", to remove them with it.
 */
#ifndef GLEANER_SERVICE_LAMBDA_FUNCTION_H
#define GLEANER_SERVICE_LAMBDA_FUNCTION_H

#include "service/lambda/errors.h"
#include "service/record.h"

#define LAMBDA_LATEST "$LATEST"

enum {
	LAMBDA_NAME_MAX = 64,
	LAMBDA_TIMEOUT_MAX = 900,
	LAMBDA_ENVIRONMENT_MAX = 4096,
	LAMBDA_POLICY_MAX = 20480,
};

/* Which function a request means: by name, partial or full ARN, with a qualifier in it or beside it. */
struct function_name {
	struct str name;
	struct str qualifier; /* as given; absent when none */
};

/* `text` is the FunctionName parameter, `qualifier` the Qualifier parameter or absent. Negative: call_fail has been called. */
int function_name_parse(struct call *call, struct str text, struct str qualifier, struct function_name *out) MUST_CHECK;
struct str function_arn(struct call *call, struct str name, struct str qualifier); /* qualifier absent: unqualified */
int function_not_found(struct call *call, const struct function_name *name);
bool function_is_version(struct str qualifier); /* "$LATEST" or a number */

void function_key(struct key *k, struct str name);
void version_key(struct key *k, struct str name, struct str version);

/* The function's own record; fails the call when there is none. */
int function_load(struct call *call, const struct function_name *name, const struct json **out) MUST_CHECK;
int function_save(struct call *call, struct str name, const struct json *record) MUST_CHECK;
/* The version that the qualifier means: itself, $LATEST, or what the alias points to. */
int function_resolve(struct call *call, const struct function_name *name, const struct json **function,
		     struct str *version) MUST_CHECK;
/* The record of a version; fails the call when there is none. */
int version_load(struct call *call, const struct function_name *name, struct str version, const struct json **out) MUST_CHECK;
int version_save(struct call *call, struct str name, struct str version, const struct json *record) MUST_CHECK;

/* An answer whose members are a configuration's; the ARN with `qualifier` when one was asked for. */
void configuration_write(struct call *call, const struct json *config, struct str qualifier);

/* A member of a record as an object under construction: a copy, or a new one. */
struct json *record_member(struct call *call, const struct json *record, struct str name);
struct str lambda_revision(struct call *call);
struct str lambda_now(struct call *call); /* 2026-11-22T10:25:35.403+0000 */
/* Shown where AWS asks for optimistic locking: fails the call when it is given and is not `current`. */
int lambda_check_revision(struct call *call, struct str given, struct str current) MUST_CHECK;

#endif
