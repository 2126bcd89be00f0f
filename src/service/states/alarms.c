/* SPDX-License-Identifier: Apache-2.0
 *
 * One timer an execution, for its nearest deadline. Standard executions only; the list is in memory and is made anew from the
 * stored states at start.
 */
#include <stdlib.h>

#include "service/states/execution.h"

struct alarm {
	struct states *service;
	struct str machine, name; /* point into `key` */
	timer_id timer;
	int64_t wake_ms;
	size_t key_n;
	char key[];
};

struct alarms {
	struct states *service;
	pthread_mutex_t lock;
	struct map pending; /* machine '/' name -> struct alarm * */
};

int alarms_new(struct alarms **out, struct states *s)
{
	struct alarms *a = calloc(1, sizeof(*a));
	if (!a)
		return ERR_NO_MEMORY;
	a->service = s;
	pthread_mutex_init(&a->lock, NULL);
	map_init(&a->pending);
	*out = a;
	return 0;
}

/* The timers are gone by now. */
void alarms_free(struct alarms *a)
{
	if (!a)
		return;
	for (struct map_entry *e = map_next(&a->pending, NULL); e; e = map_next(&a->pending, e))
		free(e->value);
	map_release(&a->pending);
	pthread_mutex_destroy(&a->lock);
	free(a);
}

static void ring(void *argument)
{
	struct alarm *alarm = argument;
	struct alarms *a = alarm->service->alarms;
	pthread_mutex_lock(&a->lock);
	bool ours = map_get(&a->pending, str_of(alarm->key, alarm->key_n)) == alarm;
	if (ours)
		(void)map_remove(&a->pending, str_of(alarm->key, alarm->key_n));
	pthread_mutex_unlock(&a->lock);
	execution_post(alarm->service, alarm->machine, alarm->name, &(struct states_event){ .kind = STATES_WAKE });
	free(alarm);
}

static struct alarm *alarm_new(struct alarms *a, struct str machine, struct str name)
{
	size_t n = machine.n + 1 + name.n;
	struct alarm *alarm = calloc(1, sizeof(*alarm) + n);
	if (!alarm)
		return NULL;
	memcpy(alarm->key, machine.p, machine.n);
	alarm->key[machine.n] = '/';
	memcpy(alarm->key + machine.n + 1, name.p, name.n);
	alarm->key_n = n;
	alarm->service = a->service;
	alarm->machine = str_of(alarm->key, machine.n);
	alarm->name = str_of(alarm->key + machine.n + 1, name.n);
	return alarm;
}

/* A timer that is running right now frees its alarm itself. */
static void drop(struct alarms *a, struct alarm *alarm)
{
	(void)map_remove(&a->pending, str_of(alarm->key, alarm->key_n));
	if (timer_cancel(host_timer(a->service->host), alarm->timer))
		free(alarm);
}

static void arm(struct alarms *a, struct alarm *alarm, int64_t wake_ms)
{
	alarm->wake_ms = wake_ms;
	alarm->timer = timer_at(host_timer(a->service->host), wake_ms, ring, alarm);
	if (!alarm->timer) {
		free(alarm);
		return;
	}
	if (map_put(&a->pending, str_of(alarm->key, alarm->key_n), alarm, NULL) < 0 &&
	    timer_cancel(host_timer(a->service->host), alarm->timer))
		free(alarm);
}

void alarm_set(struct alarms *a, struct str machine, struct str name, int64_t wake_ms)
{
	if (a->service->stopping)
		return;
	struct alarm *fresh = alarm_new(a, machine, name);
	if (!fresh)
		return;
	pthread_mutex_lock(&a->lock);
	struct alarm *old = map_get(&a->pending, str_of(fresh->key, fresh->key_n));
	bool same = old && old->wake_ms == wake_ms;
	if (old && !same)
		drop(a, old);
	if (wake_ms && !same)
		arm(a, fresh, wake_ms);
	else
		free(fresh);
	pthread_mutex_unlock(&a->lock);
}
