/* SPDX-License-Identifier: Apache-2.0
 *
 * Buildspecs, version 0.2 ("Build specification reference for CodeBuild"), read from YAML. *Pure.*
 *
 * Understood: env (shell, variables, exported-variables), the four phases with commands, finally and on-failure, artifacts
 * (files, exclude-paths, base-directory, discard-paths, name). Ignored because they only hint: cache, runtime-versions,
 * git-credential-helper. Everything else is refused by name.
 */
#ifndef GLEANER_SERVICE_CODEBUILD_BUILDSPEC_H
#define GLEANER_SERVICE_CODEBUILD_BUILDSPEC_H

#include "format/json.h"

enum buildspec_phase_name { BUILDSPEC_INSTALL, BUILDSPEC_PRE_BUILD, BUILDSPEC_BUILD, BUILDSPEC_POST_BUILD, BUILDSPEC_PHASES };

enum { YAML_DEPTH_MAX = 32, YAML_SIZE_MAX = 1 << 20 };

struct buildspec_phase {
	bool present;
	const struct json *commands, *finally; /* arrays of strings, or NULL */
	bool go_on;                            /* on-failure: CONTINUE */
};

struct buildspec {
	struct str shell;             /* "bash", "sh", "/bin/sh"; absent: the default */
	const struct json *variables; /* object of strings, or NULL */
	const struct json *exported;  /* array of strings, or NULL */
	struct buildspec_phase phases[BUILDSPEC_PHASES];
	const struct json *files, *excluded; /* artifacts: arrays of strings, or NULL */
	struct str base_directory, artifact_name;
	bool discard_paths;
};

/* One YAML document as JSON: every scalar is a string, but for empty plain ones (null). Aliases and several documents are
 * refused. ERR_INVALID with line and column. */
int yaml_parse(struct arena *a, struct str text, const struct json **out, struct error *err) MUST_CHECK;

/* ERR_INVALID: what is wrong with it, for people. */
int buildspec_parse(struct arena *a, struct str text, struct buildspec *out, struct error *err) MUST_CHECK;

/* Does a pattern of artifacts.files take this path? A star stays within a folder, two cross them; a question mark is one
 * character. */
bool buildspec_matches(struct str pattern, struct str path);

#endif
