/* SPDX-License-Identifier: Apache-2.0
 *
 * JSONPath as the Amazon States Language uses it: `$` is a state's input, `$$` the context object, `$name` a variable.
 * Compiled once per definition; immutable afterwards and safe to share between threads. *Pure.*
 *
 * A *reference path* names exactly one place ($.a['b'][0]); a *definite* path has at most one result; any other path
 * (wildcard, slice, union, filter, descent) always gives an array, empty when nothing matches.
 * Source: "Using JSONPath paths", Step Functions Developer Guide; the filter grammar is Jayway JsonPath's.
 */
#ifndef GLEANER_STATES_PATH_H
#define GLEANER_STATES_PATH_H

#include "base/arena.h"
#include "format/json.h"

struct path;
struct scope;

enum path_root { PATH_INPUT, PATH_CONTEXT, PATH_VARIABLE };

enum { PATH_DEPTH_MAX = 64 }; /* nesting of filters, and of descents in the data */

/* ERR_INVALID. The text is borrowed and must live as long as the path. */
int path_compile(struct arena *a, struct str text, const struct path **out, struct error *err) MUST_CHECK;

struct str path_text(const struct path *p);
enum path_root path_root(const struct path *p);
struct str path_variable(const struct path *p); /* PATH_VARIABLE: the name */
bool path_is_reference(const struct path *p);
bool path_is_definite(const struct path *p);
bool path_is_root(const struct path *p); /* just `$`, `$$` or `$name` */

/* The value, or NULL when a definite path has none; then `why` (may be NULL) says it as Jayway does:
 * "No results for path: $['a']", "Missing property in path $['a']". Also NULL when memory is out. */
const struct json *path_read(const struct path *p, struct scope *scope, struct str *why);
/* The same below a given value, whatever the root. */
const struct json *path_read_in(const struct path *p, struct arena *a, const struct json *root, struct str *why);

/* ResultPath: `root` with `value` at the place a reference path names; objects are made on the way. NULL when an
 * existing value on the way is of the wrong kind, or memory is out. */
const struct json *path_write(const struct path *p, struct arena *a, const struct json *root, const struct json *value);

#endif
