/* SPDX-License-Identifier: Apache-2.0
 *
 * Filter patterns: which log lines are meant. Source: "Filter pattern syntax", CloudWatch Logs User Guide.
 *
 *   ERROR "two words"      every term is in the line          ?ERROR ?WARN   at least one is
 *   ERROR -Exiting         … and this one is not              { $.a.b = 1 && $.c = "x*" }   the line is JSON and fits
 *
 * Space-delimited patterns ([a, b, c]) and regular expressions (%…%) are refused. Lives in the arena it was compiled into.
 * *Pure.*
 */
#ifndef GLEANER_SERVICE_LOGS_FILTER_H
#define GLEANER_SERVICE_LOGS_FILTER_H

#include "format/json.h"

struct log_filter;

/* ERR_INVALID, ERR_UNSUPPORTED, ERR_NO_MEMORY. */
int log_filter_compile(struct arena *a, struct str text, const struct log_filter **out, struct error *err) MUST_CHECK;
/* `scratch` takes the parsed line of a JSON filter. */
bool log_filter_matches(const struct log_filter *filter, struct arena *scratch, struct str line);

#endif
