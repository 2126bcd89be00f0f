/* SPDX-License-Identifier: Apache-2.0
 *
 * After a crash: a build that was under way is gone with its process, so its record says that it has failed.
 */
#include "os/clock.h"
#include "service/codebuild/runner.h"

struct settling {
	struct codebuild *cb;
	struct arena *arena;
	struct json *left; /* builds that were under way */
};

static int collect_left(void *argument, const struct json *build)
{
	struct settling *s = argument;

	if (!json_true(json_get_c(build, "buildComplete")))
		json_add(s->arena, s->left, build);
	return 1;
}

/* A phase as it was, or, where it had not ended, as one that the service's fault has ended. */
static const struct json *settle_phase(struct arena *a, const struct json *phase)
{
	struct json *settled = json_copy_object(a, phase), *context = json_new_object(a), *contexts = json_new_array(a);

	if (json_get_c(phase, "phaseStatus"))
		return phase;
	json_put(a, context, STR("statusCode"), json_new_string(a, STR("INTERNAL_SERVICE_ERROR")));
	json_put(a, context, STR("message"), json_new_string(a, STR("The server ended while this phase was under way")));
	json_add(a, contexts, context);
	json_put(a, settled, STR("phaseStatus"), json_new_string(a, STR("FAULT")));
	json_put(a, settled, STR("endTime"), codebuild_seconds(a, clock_wall_ms()));
	json_put(a, settled, STR("contexts"), contexts);
	return settled;
}

static const struct json *as_fault(struct arena *a, const struct json *build)
{
	struct json *record = json_copy_object(a, build), *phases = json_new_array(a);
	const struct json *old = json_get_c(build, "phases");

	for (size_t i = 0; old && i < old->count; i++)
		json_add(a, phases, settle_phase(a, old->items[i]));
	json_put(a, record, STR("phases"), phases);
	json_put(a, record, STR("buildStatus"), json_new_string(a, STR("FAULT")));
	json_put(a, record, STR("currentPhase"), json_new_string(a, STR("COMPLETED")));
	json_put(a, record, STR("buildComplete"), json_new_bool(true));
	json_put(a, record, STR("endTime"), codebuild_seconds(a, clock_wall_ms()));
	return record;
}

static int write_left(struct store_txn *txn, void *argument, struct error *err)
{
	struct settling *s = argument;
	int result = 0;

	for (size_t i = 0; i < s->left->count && result == 0; i++) {
		const struct json *record = as_fault(s->arena, s->left->items[i]);
		int64_t number = 0;
		struct key key;
		(void)!json_to_i64(json_get_c(record, "buildNumber"), &number);
		codebuild_build_key(&key, json_get_text(record, STR("projectName")), number);
		result = record_put(txn, SPACE_CODEBUILD, &key, s->arena, record, err);
		if (result == 0)
			result = build_put_event(s->cb, txn, s->arena, record, err);
	}
	return result;
}

int recovery_settle(struct codebuild *cb, struct error *err)
{
	struct record_window window = { 0 };
	struct store_txn *txn;
	struct arena arena;
	struct settling s = { .cb = cb, .arena = &arena };
	struct key key;
	int result = store_read_begin(host_store(cb->host), &txn, err);

	if (result != 0)
		return result;
	arena_init(&arena, 1ULL << 30);
	s.left = json_new_array(&arena);
	record_key(&key, STR("build"));
	result = record_page(txn, SPACE_CODEBUILD, &key, &window, &arena, collect_left, &s, NULL, err);
	store_read_end(txn);
	if (result >= 0 && s.left->count > 0)
		result = store_write_wait(host_store(cb->host), write_left, &s, err);
	arena_release(&arena);
	return result < 0 ? result : 0;
}
