/* SPDX-License-Identifier: Apache-2.0
 *
 * Running functions. A target is one version of one function as it was configured when it was first asked for; it has waiting
 * invocations and execution environments. An environment is a process with a Runtime API of its own, and runs one invocation at a
 * time:
 *
 *   STARTING    environment_start (launch.c): the process starts and initialises   -> its first "next": runtime_next
 *   IDLE        its "next" is held back                                             -> an invocation: scheduler_pump
 *   BUSY        the invocation was handed over                                      -> response or error: runtime_response
 *   RETURNING   answered, not back yet: counted as free soon                        -> "next": runtime_next
 *   DEAD        killed, or exited (environment_ended); its memory goes with the last reference
 *
 * From STARTING, BUSY and RETURNING a deadline leads to DEAD (environment_deadline).
 *
 * One lock guards all of it (struct lambda). What must not be done with it held (answering, starting, completing calls) is
 * collected in a struct effects and done by effects_run after unlocking.
 */
#ifndef GLEANER_SERVICE_LAMBDA_RUNTIME_H
#define GLEANER_SERVICE_LAMBDA_RUNTIME_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "http/server.h"
#include "os/process.h"
#include "os/sandbox.h"
#include "service/lambda/function.h"

enum {
	LAMBDA_CONCURRENCY = 1000,      /* "Concurrent executions", per account and region */
	LAMBDA_INIT_TIMEOUT_MS = 10000, /* "the Init phase is limited to 10 seconds" */
	LAMBDA_IDLE_MS = 5 * 60 * 1000, /* how long an environment is kept warm */
	LAMBDA_SWEEP_MS = 15 * 1000,
	LAMBDA_STARTS_AT_ONCE = 4,      /* of one target: a crowd of short invocations is served by few environments */
	LAMBDA_RETURN_PATIENCE_MS = 20, /* how long an environment that has answered is waited for */
	LAMBDA_CREDENTIALS_S = 3600,
	LAMBDA_TAIL_MAX = 4096,
	LAMBDA_RESPONSE_MAX = 6 * 1024 * 1024 + 100, /* as the Runtime API says: 6291556 */
	LAMBDA_PAYLOAD_MAX = 6 * 1024 * 1024,
	LAMBDA_EVENT_MAX = 1024 * 1024, /* asynchronous: "1 MB" */
};

struct lambda {
	struct host *host;
	struct sandbox_kit *kit; /* NULL: --sandbox=off */
	struct process_watcher *watcher;
	struct http_server *http; /* the Runtime APIs */
	struct pool *pool;        /* starting environments, unpacking code */
	struct async *async;
	char *folder;                /* <data>/functions */
	char *clients;               /* <data>/runtime: our clients of the Runtime API for interpreters */
	char *view;                  /* <data>/view: where environments mount what they see */
	char *scratch;               /* <data>/scratch: private folders where there is no view */
	uint16_t port;               /* of the AWS endpoint */
	_Atomic uint64_t generation; /* grows when a function's record changes */
	pthread_mutex_t lock;        /* everything below, targets and environments */
	pthread_cond_t drained;      /* an environment was freed */
	struct map targets;          /* "name:qualifier" -> struct target */
	struct map environments;     /* number as text -> struct environment */
	uint64_t next_environment;
	int64_t running; /* invocations, waiting ones included */
	int64_t concurrency;
	timer_id sweep;
	struct poller *pollers; /* poller.h */
	bool stopping;
};

enum outcome_kind { OUTCOME_SUCCESS, OUTCOME_FUNCTION_ERROR, OUTCOME_REFUSED };

struct invocation {
	char id[37];
	char version[24];                      /* executed */
	struct str client_context, trace, arn; /* ours */
	char *payload;                         /* malloc'd; goes to the Runtime API's reply */
	size_t payload_n;
	bool tail;
	struct target *target;
	int64_t started_ns; /* handed over, or bound to a second initialisation */
	/* The outcome. */
	enum outcome_kind kind;
	char *answer; /* malloc'd: payload of success or error; NULL for OUTCOME_REFUSED */
	size_t answer_n;
	char error_type[96];
	const struct service_error *refusal;
	char refusal_text[256];
	char log_tail[LAMBDA_TAIL_MAX];
	size_t log_tail_n;
	/* Called once, without the lock; the invocation is freed after it. */
	void (*done)(struct invocation *i, void *argument);
	void *argument;
	struct invocation *next;
};

struct target {
	struct lambda *lambda;
	unsigned references; /* map, environments, invocations, timer */
	uint64_t generation; /* of the records it was read from */
	bool retired;        /* the function has changed: idle environments go, no new ones start */
	struct arena arena;  /* the texts below */
	struct str key, name, version, arn, runtime, handler, role, log_group, code, revision;
	struct str layer;      /* its folder; absent: none */
	struct str second;     /* of an alias with weights: the version that takes a share of the calls; absent: none */
	uint32_t second_share; /* of a million */
	bool json_logs;
	int64_t memory_mb, timeout_s, ephemeral_mb, reserved; /* reserved: -1 none */
	const struct json *variables;
	struct invocation *waiting, **waiting_end;
	size_t waiting_count;
	struct environment *environments;
	int64_t running;
	timer_id repump;
	/* The role's credentials, shared by environments until they are old. */
	struct host_credentials credentials;
	struct arena credentials_arena;
	bool has_credentials;
};

enum environment_state { ENVIRONMENT_STARTING, ENVIRONMENT_IDLE, ENVIRONMENT_BUSY, ENVIRONMENT_RETURNING, ENVIRONMENT_DEAD };

struct environment {
	struct lambda *lambda;
	struct target *target;
	uint64_t number;
	unsigned references; /* its process or launch, exchanges, timers */
	enum environment_state state;
	bool second_init;              /* the first attempt failed: now within an invocation */
	struct invocation *invocation; /* BUSY; STARTING when second_init */
	struct http_exchange *parked;  /* its "next" */
	struct process *process;
	bool launching, kill_wanted; /* `process` is not to be touched yet */
	struct http_listener *listener;
	uint16_t port;
	char stream[64];
	/* What the role may log; asked for again after a while. */
	bool may_log, stream_allowed, log_refusal_told;
	int64_t may_log_asked_ms;
	int64_t deadline_ms; /* wall clock; 0: none */
	timer_id timer;
	int64_t started_ns, returned_ns, idle_ns;
	int64_t init_us; /* shown in the first REPORT */
	int64_t credentials_expire_ms;
	_Atomic int64_t peak_kib;
	char failure_type[96]; /* what init/error reported */
	char *failure;         /* its body, malloc'd */
	size_t failure_n;
	pthread_mutex_t tail_lock;
	bool tailing;
	char tail[LAMBDA_TAIL_MAX]; /* the last of this invocation's log */
	size_t tail_n;
	struct environment *next, **link; /* of the target */
	struct environment *next_effect;
	char *scratch; /* /tmp where there is no view of mounts */
};

/* What to do after unlocking. Zeroed is empty. */
struct effects {
	struct http_exchange *exchange; /* answer this one with ... */
	struct http_reply reply;
	struct arena arena;             /* the reply's texts */
	struct http_exchange *dropped;  /* a parked "next" of a dead process */
	struct invocation *finished;    /* call done, free */
	struct environment *starts;     /* start these */
	struct http_listener *listener; /* close it */
};

/* ---- scheduler.c ---- */

void effects_init(struct effects *e);
void effects_run(struct lambda *l, struct effects *e); /* without the lock; releases it */

/* An invocation in memory of its own; payload and texts are copied. NULL when memory is out. */
struct invocation *invocation_new(const char *id, struct str payload);
void invocation_free(struct invocation *i);

/* Finds or reads the target. ERR_NOT_FOUND, or the store's. The reference returned is the caller's; give it to scheduler_invoke.
 */
int target_find(struct lambda *l, struct str name, struct str qualifier, struct target **out, struct error *err) MUST_CHECK;
void target_unref(struct target *t); /* with the lock */
/* The function changed or is gone: its idle environments end, others when they are back. */
void targets_retire(struct lambda *l, struct str name);

/* Runs it; i->done tells. Takes i and the target's reference. */
void scheduler_invoke(struct target *t, struct invocation *i);
/* With the lock: gives waiting invocations to idle environments, starts more where there is need. */
void scheduler_pump(struct target *t, struct effects *e);
/* With the lock: the first that waits; there is one. */
struct invocation *scheduler_take(struct target *t);
/* With the lock: no outcome of the function's, but an error of Lambda's. */
void invocation_refuse(struct invocation *i, const struct service_error *error, const char *text);
/* With the lock: the invocation has its outcome. */
void scheduler_finish(struct invocation *i, struct effects *e);
void invocation_fail(struct invocation *i, const char *type, const char *format, ...) __attribute__((format(printf, 3, 4)));
void scheduler_sweep(void *lambda); /* timer: ends what has been idle for long */
void scheduler_stop(struct lambda *l);

/* ---- environment.c ---- */

struct environment *environment_new(struct target *t, struct invocation *bound);
struct environment *environment_find(struct lambda *l, uint64_t number); /* with the lock; takes a reference; NULL when gone */
void environment_unref(struct environment *v);                           /* with the lock */
void environment_deadline(struct environment *v, int64_t wall_ms);       /* with the lock; 0 cancels */
void environment_kill(struct environment *v);                            /* with the lock: DEAD */
/* With the lock: the initialisation failed, by exit, time or its own report. Tries again within an invocation, once. */
void environment_init_failed(struct environment *v, const char *type, struct str answer, struct effects *e);
/* The process has ended (or could not be started: NULL, with `why`). */
void environment_ended(struct environment *v, const struct process_exit *end, const struct error *why);
/* With the lock: invocation v->invocation is over with the outcome in it. */
void environment_finish(struct environment *v, struct effects *e);
/* With the lock: hands an invocation over through the parked "next". */
void environment_hand(struct environment *v, struct invocation *i, struct effects *e);

/* ---- launch.c ---- */

void environment_start(struct environment *v); /* without the lock; takes the launch's reference */

/* ---- interpreters.c ---- */

enum { COMMAND_WORDS = 6 };

/* How a runtime's process is started: words[0] is the program. */
struct command {
	const char *words[COMMAND_WORDS];
	bool interpreter;
	char program[256], script[512];
};

bool runtime_is_known(struct str runtime);
/* `task` is the code's folder as the process sees it. ERR_NOT_FOUND with err->name "entrypoint". */
int runtime_command(const struct lambda *l, const struct target *t, const char *task, struct command *out,
		    struct error *err) MUST_CHECK;
/* Writes our clients to l->clients. */
int runtime_clients_write(const struct lambda *l, struct error *err) MUST_CHECK;

/* ---- runtime_api.c ---- */

/* With the lock: it has asked for its first or next invocation, and its process is known: what it prints can be told in time. */
void runtime_ready(struct environment *v, struct effects *e);

extern const struct http_handlers runtime_handlers;

/* ---- async.c: asynchronous invocations, kept in SPACE_LAMBDA_QUEUE until they have an end ---- */

struct async;
int async_new(struct async **out, struct lambda *l, struct error *err) MUST_CHECK;
int async_start(struct async *a, struct error *err) MUST_CHECK; /* takes up what is stored */
void async_stop(struct async *a);                               /* nothing new starts */
void async_wait(struct async *a);                               /* after async_stop: for what is under way */
void async_free(struct async *a);
/* Inside a write: queues an event (its members as async.c lists them), to be run after the commit. */
int async_put(struct call *call, const struct json *event) MUST_CHECK;

/* ---- report.c: the lines around an invocation, in the function's log ---- */

void report_line(struct environment *v, struct str line); /* one line of the process or ours */
void report_start(struct environment *v, const struct invocation *i);
void report_end(struct environment *v, struct invocation *i);
void report_init_failure(struct environment *v, const char *status, const char *type);

#endif
