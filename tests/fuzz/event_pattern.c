/* SPDX-License-Identifier: Apache-2.0
 *
 * Hostile patterns and events. The input is two documents separated by a NUL: the pattern, then the event (or the pattern
 * itself when there is no second one). A schedule and a transformer path are read from the same bytes.
 */
#include "base/limits.h"
#include "events/pattern.h"
#include "events/schedule.h"
#include "events/transform.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text = str_of((const char *)bytes, n);
	struct str event_text = text;
	struct str pattern_text = str_split(&event_text, '\0');
	const struct event_pattern *pattern;
	const struct json *event;
	struct schedule schedule;
	struct arena a;

	arena_init(&a, MIB(16));
	if (json_parse(&a, str_is_set(event_text) ? event_text : pattern_text, &event, NULL) == 0) {
		if (event_pattern_compile(&a, pattern_text, &pattern, NULL) == 0)
			(void)event_pattern_matches(pattern, event);
		(void)transform_find(event, pattern_text);
	}
	if (schedule_parse(pattern_text, &schedule, NULL) == 0)
		(void)schedule_next(&schedule, 0, 1800000000000);
	arena_release(&a);
	return 0;
}
