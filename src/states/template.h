/* SPDX-License-Identifier: Apache-2.0
 *
 * The seam between the states and their query language. A *template* is a payload with expressions in it (Parameters,
 * ResultSelector, Assign, Output …); a *setting* is one field that is a literal, a path, a call or an expression
 * (TimeoutSeconds, SecondsPath, ErrorPath …). Both are compiled with the definition and filled from a scope; no state
 * knows which language it runs in beyond these. *Pure.*
 */
#ifndef GLEANER_STATES_TEMPLATE_H
#define GLEANER_STATES_TEMPLATE_H

#include "states/diagnose.h"
#include "states/intrinsic.h"
#include "states/path.h"

struct jsonata;
struct template;

enum language { LANGUAGE_JSONPATH, LANGUAGE_JSONATA };

/* `location` is where diagnostics point; `field` is what JSONata faults name ("Output", "Assign"). NULL only after a
 * diagnostic, or when memory is out. */
const struct template *template_compile(struct arena *a, const struct json *value, enum language language, struct str field,
					struct str location, struct diagnostics *d);
/* NULL with a fault. A path that finds nothing is States.ParameterPathFailure. */
const struct json *template_fill(const struct template *t, struct scope *scope, struct fault *fault);

/* The text of a template that is one JSONata expression, absent otherwise. */
struct str template_expression(const struct template *t);

/* "{% … %}": the text between, absent when it is no expression. */
struct str expression_text(struct str text);

struct setting {
	struct str field; /* absent: the field is not there */
	const struct json *literal;
	const struct path *path;
	const struct intrinsic *intrinsic;
	const struct template *expression; /* JSONata */
};

static inline bool setting_is_set(const struct setting *s)
{
	return str_is_set(s->field);
}

/* A literal, or in JSONata an expression. */
void setting_compile(struct setting *s, struct arena *a, const struct json *value, enum language language, struct str field,
		     struct str location, struct diagnostics *d);
/* A field whose name ends in Path. `calls`: an intrinsic function may stand there too. */
void setting_compile_path(struct setting *s, struct arena *a, const struct json *value, bool calls, struct str field,
			  struct str location, struct diagnostics *d);
/* NULL with a fault. */
const struct json *setting_read(const struct setting *s, struct scope *scope, struct fault *fault);

#endif
