/* SPDX-License-Identifier: Apache-2.0
 *
 * Carrying out a task: the call that a resource stands for, and its answer as the task's result or error. The same for
 * standard and express executions, which differ in where the answer goes. Internal to the folder.
 */
#ifndef GLEANER_SERVICE_STATES_TASK_H
#define GLEANER_SERVICE_STATES_TASK_H

#include "service/states/internal.h"

struct task;

/* Where the answer goes; called once or, for tasks that wait on, twice. Texts are the callee's to copy. */
typedef void (*task_answer_fn)(struct task *t, const struct states_event *event);

struct task {
	struct states *service;
	struct arena arena;
	struct resource resource; /* texts in the arena */
	const struct json *parameters;
	struct str role_arn, machine_arn, execution_arn, execution_name;
	struct str machine, name; /* of a standard execution */
	struct express *express;  /* of an express one: a reference */
	int64_t id;
	task_answer_fn answer;
	const struct service_route *route;
};

/* Starts the call; on failure to start the task is answered with the error at once. */
void task_run(struct states *s, const struct states_task *what, const struct revision *r, const struct execution *x,
	      struct str machine, struct str name, struct express *express, task_answer_fn answer);
void task_free(struct task *t);
/* Stops the execution that a .sync task began, when the task is given up. */
void task_stop_child(struct states *s, const struct states_cancelled *what, const struct revision *r, const struct execution *x);

/* integration.c: which service and operation a resource means, and how its errors are named */
struct service_route {
	const char *service;        /* the host's name */
	const char *asl;            /* in resources: "dynamodb", "sfn" */
	const char *error_prefix;   /* optimised: "DynamoDB"; SDK: "DynamoDb" */
	const char *java_service;   /* optimised: as the Java SDK 1 names it, "AmazonDynamoDBv2" */
	const char *java_exception; /* optimised: for errors without a class of their own */
	bool lower_members;         /* its API's member names begin with a small letter */
};
const struct service_route *route_find(const struct resource *r);

/* answer.c: a finished call as an event */
void answer_call(struct task *t, struct call *call);
void answer_error(struct task *t, struct str error, struct str cause);
const struct json *members_lowered(struct arena *a, const struct json *v);
const struct json *members_raised(struct arena *a, const struct json *v);

#endif
