/* SPDX-License-Identifier: Apache-2.0 */
#include "events/schedule.h"

#include "format/date.h"

enum { MINUTE_MS = 60 * 1000, NEAREST_LAST = 32 };
#define DAY_MS ((int64_t)24 * 60 * MINUTE_MS)
#define RATE_MAX_MS ((int64_t)1000 * 366 * DAY_MS)

/* ---- rate(value unit) ---- */

static int parse_rate(struct str inner, struct schedule *out)
{
	static const struct {
		const char *one, *many;
		int64_t ms;
	} units[] = { { "minute", "minutes", MINUTE_MS }, { "hour", "hours", 60 * MINUTE_MS }, { "day", "days", DAY_MS } };
	struct str unit = inner;
	struct str number = str_split(&unit, ' ');
	int64_t value;

	if (str_to_i64(number, &value) != 0 || value < 1)
		return ERR_INVALID;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!str_eq_c(unit, value == 1 ? units[i].one : units[i].many))
			continue;
		if (value > RATE_MAX_MS / units[i].ms)
			return ERR_INVALID;
		out->kind = SCHEDULE_RATE;
		out->every_ms = value * units[i].ms;
		return 0;
	}
	return ERR_INVALID;
}

/* ---- cron(minutes hours day-of-month month day-of-week year) ---- */

struct field {
	int min, max;
	const char *names; /* three letters each, from `min` on; NULL: none */
};

typedef void (*set_fn)(struct schedule *out, int value);

static void set_minute(struct schedule *s, int v)
{
	s->minutes |= 1ULL << v;
}
static void set_hour(struct schedule *s, int v)
{
	s->hours |= 1ULL << v;
}
static void set_day(struct schedule *s, int v)
{
	s->days |= 1U << v;
}
static void set_month(struct schedule *s, int v)
{
	s->months |= 1U << v;
}
static void set_weekday(struct schedule *s, int v)
{
	s->weekdays |= 1U << v;
}
static void set_year(struct schedule *s, int v)
{
	int bit = v - SCHEDULE_YEAR_MIN;

	s->years[bit / 8] |= (uint8_t)(1U << (bit % 8));
}

static const struct field day_field = { 1, 31, NULL };
static const struct field weekday_field = { 1, 7, "SUNMONTUEWEDTHUFRISAT" };

static int parse_value(const struct field *f, struct str text, int *out)
{
	int64_t value;

	for (size_t i = 0; f->names && text.n == 3 && i < strlen(f->names); i += 3) {
		if (str_eq_nocase(text, str_of(f->names + i, 3))) {
			*out = f->min + (int)(i / 3);
			return 0;
		}
	}
	if (str_to_i64(text, &value) != 0 || value < f->min || value > f->max)
		return ERR_INVALID;
	*out = (int)value;
	return 0;
}

/* "*", "5", "5-9", each with "/step"; "5/10" runs from 5 to the end. A range may wrap where names repeat (FRI-MON). */
static int parse_part(const struct field *f, struct str part, set_fn set, struct schedule *out)
{
	struct str step_text = part;
	struct str last_text = str_split(&step_text, '/');
	int first = f->min, last = f->max, wrap = f->max - f->min + 1;
	int64_t step = 1;

	if (str_is_set(step_text) && (str_to_i64(step_text, &step) != 0 || step < 1 || step > f->max))
		return ERR_INVALID;
	if (!str_eq_c(last_text, "*")) {
		struct str first_text = str_split(&last_text, '-');

		if (parse_value(f, first_text, &first) != 0)
			return ERR_INVALID;
		if (str_is_set(last_text) ? parse_value(f, last_text, &last) != 0 : false)
			return ERR_INVALID;
		if (!str_is_set(last_text) && !str_is_set(step_text))
			last = first;
	}
	if (last < first && !f->names)
		return ERR_INVALID;
	for (int v = first; v <= (last < first ? last + wrap : last); v += (int)step)
		set(out, v > f->max ? v - wrap : v);
	return 0;
}

static int parse_list(const struct field *f, struct str text, set_fn set, struct schedule *out)
{
	struct str rest = text;

	if (text.n == 0)
		return ERR_INVALID;
	while (str_is_set(rest))
		if (parse_part(f, str_split(&rest, ','), set, out) != 0)
			return ERR_INVALID;
	return 0;
}

/* Day of the month: also L, 15W and LW. */
static int parse_days(struct str text, struct schedule *out)
{
	if (str_eq_c(text, "L")) {
		out->last_day = true;
		return 0;
	}
	if (str_eq_c(text, "LW")) {
		out->nearest_weekday = NEAREST_LAST;
		return 0;
	}
	if (text.n >= 2 && text.p[text.n - 1] == 'W')
		return parse_value(&day_field, str_sub(text, 0, text.n - 1), &out->nearest_weekday);
	return parse_list(&day_field, text, set_day, out);
}

/* Day of the week: also L (Saturday), 6L and 6#3. */
static int parse_weekdays(struct str text, struct schedule *out)
{
	struct str nth_text = text;
	struct str day = str_split(&nth_text, '#');
	static const struct field nth_field = { 1, 5, NULL };

	if (str_is_set(nth_text))
		return parse_value(&weekday_field, day, &out->nth_weekday) || parse_value(&nth_field, nth_text, &out->nth);
	if (str_eq_c(text, "L")) {
		set_weekday(out, 7);
		return 0;
	}
	if (text.n >= 2 && text.p[text.n - 1] == 'L')
		return parse_value(&weekday_field, str_sub(text, 0, text.n - 1), &out->last_weekday);
	return parse_list(&weekday_field, text, set_weekday, out);
}

/* "You can't specify the Day-of-month and Day-of-week fields in the same cron expression": one of them is '?'. */
static int parse_day_fields(struct str days, struct str weekdays, struct schedule *out)
{
	bool any_day = str_eq_c(days, "?"), any_weekday = str_eq_c(weekdays, "?");

	if (any_day == any_weekday)
		return ERR_INVALID;
	return any_day ? parse_weekdays(weekdays, out) : parse_days(days, out);
}

static int parse_cron(struct str inner, struct schedule *out)
{
	static const struct field minute = { 0, 59, NULL }, hour = { 0, 23, NULL };
	static const struct field month = { 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC" };
	static const struct field year = { SCHEDULE_YEAR_MIN, SCHEDULE_YEAR_MAX, NULL };
	struct str rest = inner, part[6];
	size_t count = 0;

	while (str_is_set(rest)) {
		struct str piece = str_split(&rest, ' ');

		if (piece.n == 0)
			continue;
		if (count == 6)
			return ERR_INVALID;
		part[count++] = piece;
	}
	if (count != 6)
		return ERR_INVALID;
	out->kind = SCHEDULE_CRON;
	if (parse_list(&minute, part[0], set_minute, out) || parse_list(&hour, part[1], set_hour, out) ||
	    parse_day_fields(part[2], part[4], out) || parse_list(&month, part[3], set_month, out) ||
	    parse_list(&year, part[5], set_year, out))
		return ERR_INVALID;
	return 0;
}

int schedule_parse(struct str text, struct schedule *out, struct error *err)
{
	struct schedule s = { 0 };
	int rc = ERR_INVALID;

	if (str_starts(text, STR("rate(")) && str_ends(text, STR(")")))
		rc = parse_rate(str_sub(text, 5, text.n - 6), &s);
	else if (str_starts(text, STR("cron(")) && str_ends(text, STR(")")))
		rc = parse_cron(str_sub(text, 5, text.n - 6), &s);
	if (rc != 0)
		return error_set(err, ERR_INVALID, "Parameter ScheduleExpression is not valid.");
	*out = s;
	return 0;
}

/* ---- the next time ---- */

static int month_length(int year, int month)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return lengths[month - 1] + (month == 2 && leap);
}

/* The weekday (Monday to Friday) nearest to `day` without leaving the month. */
static int nearest_weekday(const struct date_parts *p, int day)
{
	int length = month_length(p->year, p->month);
	int target = day > length ? length : day;
	int weekday = ((p->weekday + target - p->day) % 7 + 7) % 7;

	if (weekday == 6)
		return target > 1 ? target - 1 : target + 2;
	if (weekday == 0)
		return target < length ? target + 1 : target - 2;
	return target;
}

static bool day_fits(const struct schedule *s, const struct date_parts *p)
{
	int weekday = p->weekday + 1, length = month_length(p->year, p->month);

	if (s->last_day)
		return p->day == length;
	if (s->nearest_weekday)
		return (s->nearest_weekday <= length || s->nearest_weekday == NEAREST_LAST) &&
		       p->day == nearest_weekday(p, s->nearest_weekday);
	if (s->last_weekday)
		return weekday == s->last_weekday && p->day + 7 > length;
	if (s->nth)
		return weekday == s->nth_weekday && (p->day - 1) / 7 + 1 == s->nth;
	return s->days ? s->days >> p->day & 1 : s->weekdays >> weekday & 1;
}

static bool year_fits(const struct schedule *s, int year)
{
	int bit = year - SCHEDULE_YEAR_MIN;

	return year >= SCHEDULE_YEAR_MIN && year <= SCHEDULE_YEAR_MAX && (s->years[bit / 8] >> (bit % 8) & 1);
}

/* The first minute of that day, from `from` minutes on, that fits; -1: none. */
static int first_minute(const struct schedule *s, int from)
{
	for (int m = from; m < 24 * 60; m++)
		if ((s->hours >> (m / 60) & 1) && (s->minutes >> (m % 60) & 1))
			return m;
	return -1;
}

static int64_t month_after(const struct date_parts *p)
{
	struct date_parts next = { .year = p->month == 12 ? p->year + 1 : p->year, .month = p->month % 12 + 1, .day = 1 };

	return date_join(&next);
}

static int64_t next_cron(const struct schedule *s, int64_t after_ms)
{
	int64_t at = after_ms - after_ms % MINUTE_MS + MINUTE_MS;
	struct date_parts p;

	for (date_split(at, &p); p.year <= SCHEDULE_YEAR_MAX; date_split(at, &p)) {
		struct date_parts january = { .year = p.year + 1, .month = 1, .day = 1 };
		int minute = -1;

		if (!year_fits(s, p.year)) {
			at = date_join(&january);
			continue;
		}
		if (!(s->months >> p.month & 1)) {
			at = month_after(&p);
			continue;
		}
		if (day_fits(s, &p))
			minute = first_minute(s, p.hour * 60 + p.minute);
		if (minute >= 0)
			return at - at % DAY_MS + (int64_t)minute * MINUTE_MS;
		at = at - at % DAY_MS + DAY_MS;
	}
	return -1;
}

int64_t schedule_next(const struct schedule *s, int64_t origin_ms, int64_t after_ms)
{
	if (s->kind == SCHEDULE_CRON)
		return next_cron(s, after_ms);
	if (after_ms < origin_ms)
		return origin_ms + s->every_ms;
	return origin_ms + ((after_ms - origin_ms) / s->every_ms + 1) * s->every_ms;
}
