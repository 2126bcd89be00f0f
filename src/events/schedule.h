/* SPDX-License-Identifier: Apache-2.0
 *
 * Schedule expressions of rules: rate(5 minutes), cron(0/15 9-17 ? * MON-FRI *). All in UTC.
 * Source: "Setting a schedule pattern for scheduled rules (legacy)", EventBridge User Guide. *Pure.*
 */
#ifndef GLEANER_EVENTS_SCHEDULE_H
#define GLEANER_EVENTS_SCHEDULE_H

#include "base/str.h"

enum { SCHEDULE_YEAR_MIN = 1970, SCHEDULE_YEAR_MAX = 2199 };

enum schedule_kind { SCHEDULE_RATE, SCHEDULE_CRON };

struct schedule {
	enum schedule_kind kind;
	int64_t every_ms;        /* rate */
	uint64_t minutes, hours; /* cron: one bit a value */
	uint32_t days, months;   /* bits 1–31, 1–12; no day bit: days of the week decide */
	uint32_t weekdays;       /* bits 1–7, 1 is Sunday; none: days of the month decide */
	bool last_day;           /* L */
	int nearest_weekday;     /* 15W: 15; LW: 32; 0: none */
	int last_weekday;        /* 6L: the month's last Friday; 0: none */
	int nth_weekday, nth;    /* 6#3: the third Friday */
	uint8_t years[(SCHEDULE_YEAR_MAX - SCHEDULE_YEAR_MIN) / 8 + 1];
};

/* ERR_INVALID: "Parameter ScheduleExpression is not valid." */
int schedule_parse(struct str text, struct schedule *out, struct error *err) MUST_CHECK;

/* The first time after `after_ms`; a rate counts from `origin_ms`. -1 when it never comes again. */
int64_t schedule_next(const struct schedule *s, int64_t origin_ms, int64_t after_ms);

#endif
