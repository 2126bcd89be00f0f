/* SPDX-License-Identifier: Apache-2.0
 *
 * Event patterns: which events a rule (or a subscription's filter) lets through.
 * Source: "Creating Amazon EventBridge event patterns", "Comparison operators", EventBridge User Guide.
 *
 * A compiled pattern is immutable, lives in the arena it was compiled into, borrows nothing from the text, and may be
 * matched by many threads at once. Matching allocates nothing. *Pure.*
 *
 * How arrays match: a field whose value in the event is an array matches when any item does. An object below an array is
 * matched item by item, so that all fields of one nested pattern are found in the same item. {"exists": false} asks about
 * the whole event. {"exists": …} sees leaves only: an object is no value.
 */
#ifndef GLEANER_EVENTS_PATTERN_H
#define GLEANER_EVENTS_PATTERN_H

#include "format/json.h"

struct event_pattern;

/* ERR_INVALID: err->message is the service's own text, "Event pattern is not valid. Reason: …". ERR_NO_MEMORY. */
int event_pattern_compile(struct arena *a, struct str text, const struct event_pattern **out, struct error *err) MUST_CHECK;
int event_pattern_compile_json(struct arena *a, const struct json *document, const struct event_pattern **out,
			       struct error *err) MUST_CHECK;

bool event_pattern_matches(const struct event_pattern *pattern, const struct json *event);

/* One list of tests on its own (["a", {"prefix": "b"}]), as subscriptions' attribute filters have them. A value that is absent
 * is NULL. */
struct event_tests;
int event_tests_compile(struct arena *a, const struct json *list, const struct event_tests **out, struct error *err) MUST_CHECK;
bool event_tests_match(const struct event_tests *tests, const struct json *value);

#endif
