/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of this folder share.
 *
 * SPACE_EVENTS:           ("bus", name)               {Name, Arn, Created, Tags, Description?, Policy?}
 *                         ("archive", name)           the archive as it is shown; events are not kept for a replay
 *                         ("rule", bus, name)         {Name, Arn, EventBusName, State, …, Tags, From}
 *                         ("target", bus, rule, id)   the target as it was put
 *                         ("fired", bus, rule)        when its schedule last fired, milliseconds
 * SPACE_EVENTS_DELIVERY:  (sequence number)           see dispatcher.c
 */
#ifndef GLEANER_SERVICE_EVENTS_INTERNAL_H
#define GLEANER_SERVICE_EVENTS_INTERNAL_H

#include "events/pattern.h"
#include "events/schedule.h"
#include "service/events/events.h"
#include "service/record.h"
#include "service/tags.h"

#define EVENTS_ERRORS(E, prefix)                                                                                                 \
	E(prefix, ValidationException, 400, "The request is not valid.")                                                         \
	E(prefix, ResourceNotFoundException, 400, "An entity that you specified does not exist.")                                \
	E(prefix, ResourceAlreadyExistsException, 400, "The resource you are trying to create already exists.")                  \
	E(prefix, InvalidEventPatternException, 400, "Event pattern is not valid.")                                              \
	E(prefix, LimitExceededException, 400, "The requested resource exceeds the maximum number allowed.")

EVENTS_ERRORS(SERVICE_ERROR_EXTERN, events)

/* Service quotas of EventBridge. */
enum {
	EVENTS_RULES_MAX = 300, /* a bus */
	EVENTS_TARGETS_MAX = 5, /* a rule */
	EVENTS_BUSES_MAX = 100,
	EVENTS_PATTERN_MAX = 4096,
	EVENTS_ENTRIES_MAX = 10, /* a PutEvents */
	EVENTS_ENTRY_BYTES = 256 * 1024,
	EVENTS_RETRIES_MAX = 185,
	EVENTS_AGE_MAX_S = 86400,
};

/* ---- the rules in memory (index.c): only the writer thread touches them ---- */

struct event_target {
	struct str text; /* JSON */
};

struct event_rule {
	struct str bus, name, arn;
	const struct event_pattern *pattern; /* NULL: none */
	bool scheduled;
	struct schedule schedule;
	int64_t from_ms, fired_ms; /* a schedule's origin; when it fired last, 0: never */
	struct event_target *targets;
	size_t target_count;
};

struct event_index {
	struct arena arena;
	struct event_rule *rules; /* the enabled ones */
	size_t count;
	bool current;   /* no rule changed since it was built */
	bool confirmed; /* what it was built from is committed */
};

struct events;
struct dispatcher;

/* Rules changed in this transaction: the index is built anew before its next use, the schedules are planned after the commit. */
int index_changed(struct events *e, struct store_txn *txn, struct error *err) MUST_CHECK;
int index_ready(struct events *e, struct store_txn *txn, struct error *err) MUST_CHECK;
void index_release(struct event_index *index);

struct events {
	struct host *host;
	struct event_index index;
	struct dispatcher *dispatcher;
	timer_id schedule_timer; /* writer thread, and stop */
	_Atomic bool stopping;
};

/* ---- delivery (dispatcher.c) ---- */

int dispatcher_open(struct dispatcher **out, struct events *e, struct error *err) MUST_CHECK;
void dispatcher_stop(struct dispatcher *d);
void dispatcher_free(struct dispatcher *d);
/* Looks for rows not yet under way; any thread. */
void dispatcher_wake(struct dispatcher *d);
/* Stores one delivery to each target of the rule, to start after the commit. Only inside a write function. */
int dispatcher_add(struct dispatcher *d, struct store_txn *txn, const struct event_rule *rule, struct str event,
		   struct error *err) MUST_CHECK;

/* ---- sending (send.c) ---- */

/* One attempt of a delivery; texts live in `arena`. */
struct sending {
	struct arena *arena;
	struct host *host;
	const struct json *target, *event;
	struct str rule_arn, rule_name;
	void (*done)(void *argument, const struct error *err); /* code 0: delivered; any thread */
	void *argument;
};

/* Which services can be a target; absent text for an ARN that cannot. */
bool send_supports(struct str target_arn, bool *needs_role);
/* `done` is always called, possibly before this returns. */
void send_to_target(struct sending *s);
struct dead_letter {
	const char *code;      /* ERROR_CODE */
	const char *exhausted; /* EXHAUSTED_RETRY_CONDITION, NULL: none */
	int retries;
	const char *message;
};
void send_to_dead_letter_queue(struct sending *s, struct str queue_arn, const struct dead_letter *why);

/* ---- refusals (failure.c) ---- */

struct send_failure {
	const char *code; /* ERROR_CODE of a dead letter */
	bool passes;      /* worth another attempt */
};
struct send_failure send_failure_of(const struct error *err);
int64_t send_backoff_ms(int attempts); /* after that many attempts */

/* ---- publishing (put.c) ---- */

/* `event` complete but for what the service fills in; returns the event's id in `id`. */
int events_publish(struct events *e, struct store_txn *txn, struct str bus, const struct json *event, char id[37],
		   struct error *err) MUST_CHECK;

/* ---- schedules (tick.c) ---- */

/* Fires what is due and plans the next time; any thread. */
void events_tick(struct events *e);

/* ---- shared by the operations (common.c) ---- */

/* "default" for an absent name; the name out of an ARN. */
struct str events_bus_name(struct str name_or_arn);
struct str events_bus_arn(struct call *call, struct str bus);
struct str events_rule_arn(struct call *call, struct str bus, struct str rule);
int events_need_bus(struct call *call, struct str bus) MUST_CHECK;
int events_need_rule(struct call *call, struct str bus, struct str rule, const struct json **out) MUST_CHECK;
bool events_valid_name(struct str text);
/* A store's failure as the call's; a bad token as the service's validation error. */
int events_page_fault(struct call *call, const struct error *err);

/* ---- operations ---- */

#define EVENTS_OPERATION(name)                                                                                                   \
	int events_##name(struct call *call);                                                                                    \
	extern const struct bind events_##name##_fields[];
EVENTS_OPERATION(create_event_bus)
EVENTS_OPERATION(delete_event_bus)
EVENTS_OPERATION(describe_event_bus)
EVENTS_OPERATION(list_event_buses)
EVENTS_OPERATION(update_event_bus)
EVENTS_OPERATION(put_permission)
EVENTS_OPERATION(remove_permission)
EVENTS_OPERATION(create_archive)
EVENTS_OPERATION(describe_archive)
EVENTS_OPERATION(update_archive)
EVENTS_OPERATION(delete_archive)
EVENTS_OPERATION(list_archives)
EVENTS_OPERATION(put_rule)
EVENTS_OPERATION(describe_rule)
EVENTS_OPERATION(delete_rule)
EVENTS_OPERATION(enable_rule)
EVENTS_OPERATION(disable_rule)
EVENTS_OPERATION(list_rules)
EVENTS_OPERATION(list_rule_names_by_target)
EVENTS_OPERATION(put_targets)
EVENTS_OPERATION(remove_targets)
EVENTS_OPERATION(list_targets_by_rule)
EVENTS_OPERATION(put_events)
EVENTS_OPERATION(test_event_pattern)
EVENTS_OPERATION(tag_resource)
EVENTS_OPERATION(untag_resource)
EVENTS_OPERATION(list_tags_for_resource)

/* Each input begins with the names that make the resource's ARN. */
struct bus_input {
	struct str bus;
	const struct json *tags;
	struct str description, event_source, policy, statement_id, action, principal;
	struct opt_bool all;
};
struct archive_input {
	struct str name, source, description, pattern, prefix, state, token;
	struct opt_i64 days, limit;
};
struct str events_archive_resource(struct call *call);
struct rule_input {
	struct str bus, name;
	struct str event_pattern, schedule_expression, state, description, role_arn;
	const struct json *tags;
	struct opt_bool force;
};
struct rules_input {
	struct str bus, prefix, target_arn, token;
	struct opt_i64 limit;
};
struct targets_input {
	struct str bus, name;
	const struct json *targets, *ids;
	struct opt_bool force;
	struct opt_i64 limit;
	struct str token;
};
struct put_events_input {
	const struct json *entries;
};
struct test_pattern_input {
	struct str event_pattern, event;
};
struct events_tags_input {
	struct str arn;
	const struct json *tags, *keys;
};

int events_prepare_put_rule(struct call *call);
int events_prepare_put_targets(struct call *call);
int events_prepare_put_events(struct call *call);
struct str events_rule_resource(struct call *call);
struct str events_bus_resource(struct call *call);
struct str events_entries_resource(struct call *call);
struct str events_tags_resource(struct call *call);

#endif
