/* SPDX-License-Identifier: Apache-2.0
 *
 * AWS CodeBuild: projects, and builds that run for real: a buildspec's commands in a confined process without Docker, under the
 * project's role, with source and artifacts in S3 and the log in CloudWatch Logs.
 *
 * Settings: "sandbox" as Lambda's; "codebuild-paths" (folders of this machine that builds see besides the system's, ':' between
 * them, and find programs in: where Terraform and its providers lie, say; GLEANER_BUILD_PATHS in a build); "codebuild-minute-ms"
 * (how long a minute of a build's timeout is, for tests).
 */
#ifndef GLEANER_SERVICE_CODEBUILD_CODEBUILD_H
#define GLEANER_SERVICE_CODEBUILD_CODEBUILD_H

#include "service/service.h"

extern const struct service service_codebuild;

#endif
