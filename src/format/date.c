/* SPDX-License-Identifier: Apache-2.0 */
#include "format/date.h"

#include <stdio.h>

#define MS_PER_DAY (24LL * 60 * 60 * 1000)

static const char *const weekdays[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

/* Days since 1970-01-01 of a proleptic Gregorian date, and back: years counted from March, so that the leap day comes last;
 * the method is Howard Hinnant's "chrono-compatible low-level date algorithms". */
static int64_t days_of(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	return era * 146097 + day_of_era - 719468;
}

static void date_of(int64_t days, struct date_parts *out)
{
	days += 719468;
	int64_t era = (days >= 0 ? days : days - 146096) / 146097;
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	out->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
	out->month = (int)(month < 10 ? month + 3 : month - 9);
	out->year = (int)(year_of_era + era * 400 + (out->month <= 2));
}

void date_split(int64_t ms, struct date_parts *out)
{
	int64_t days = ms / MS_PER_DAY - (ms % MS_PER_DAY < 0);
	int64_t rest = ms - days * MS_PER_DAY;

	date_of(days, out);
	out->weekday = (int)(((days + 4) % 7 + 7) % 7);
	out->hour = (int)(rest / 3600000);
	out->minute = (int)(rest / 60000 % 60);
	out->second = (int)(rest / 1000 % 60);
	out->millisecond = (int)(rest % 1000);
}

int64_t date_join(const struct date_parts *p)
{
	return days_of(p->year, p->month, p->day) * MS_PER_DAY + p->hour * 3600000LL + p->minute * 60000LL + p->second * 1000LL +
	       p->millisecond;
}

static struct str done(const char *out, int n)
{
	return str_of(out, n < DATE_TEXT_MAX ? (size_t)n : DATE_TEXT_MAX - 1);
}

struct str date_iso(char out[DATE_TEXT_MAX], int64_t ms)
{
	struct date_parts p;

	date_split(ms, &p);
	return done(out, snprintf(out, DATE_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02dZ", p.year, p.month, p.day, p.hour, p.minute,
				  p.second));
}

struct str date_iso_ms(char out[DATE_TEXT_MAX], int64_t ms)
{
	struct date_parts p;

	date_split(ms, &p);
	return done(out, snprintf(out, DATE_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", p.year, p.month, p.day, p.hour,
				  p.minute, p.second, p.millisecond));
}

struct str date_amz(char out[DATE_TEXT_MAX], int64_t ms)
{
	struct date_parts p;

	date_split(ms, &p);
	return done(out, snprintf(out, DATE_TEXT_MAX, "%04d%02d%02dT%02d%02d%02dZ", p.year, p.month, p.day, p.hour, p.minute,
				  p.second));
}

struct str date_http(char out[DATE_TEXT_MAX], int64_t ms)
{
	struct date_parts p;

	date_split(ms, &p);
	return done(out, snprintf(out, DATE_TEXT_MAX, "%s, %02d %s %04d %02d:%02d:%02d GMT", weekdays[p.weekday], p.day,
				  months[p.month - 1], p.year, p.hour, p.minute, p.second));
}

struct str date_epoch(char out[DATE_TEXT_MAX], int64_t ms)
{
	int64_t magnitude = ms < 0 ? -ms : ms;
	int n = snprintf(out, DATE_TEXT_MAX, "%s%lld", ms < 0 ? "-" : "", (long long)(magnitude / 1000));

	if (magnitude % 1000)
		n += snprintf(out + n, (size_t)(DATE_TEXT_MAX - n), ".%03d", (int)(magnitude % 1000));
	return done(out, n);
}

/* Reads exactly `digits` digits at *at and moves on; -1 when there are none. */
static int number(struct str text, size_t *at, size_t digits)
{
	int value = 0;

	if (*at + digits > text.n)
		return -1;
	for (size_t i = 0; i < digits; i++) {
		unsigned digit = (unsigned)(text.p[*at + i] - '0');
		if (digit > 9)
			return -1;
		value = value * 10 + (int)digit;
	}
	*at += digits;
	return value;
}

static bool skip(struct str text, size_t *at, char c)
{
	if (*at >= text.n || text.p[*at] != c)
		return false;
	++*at;
	return true;
}

static int month_length(int year, int month)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return lengths[month - 1] + (month == 2 && leap);
}

/* A leap second (60) is taken as the second after. */
static bool parts_are_valid(const struct date_parts *p)
{
	return p->year >= 0 && p->month >= 1 && p->month <= 12 && p->day >= 1 && p->day <= month_length(p->year, p->month) &&
	       p->hour >= 0 && p->hour <= 23 && p->minute >= 0 && p->minute <= 59 && p->second >= 0 && p->second <= 60;
}

/* ".123456789": milliseconds, the rest is cut. -1 when the point has no digit after it. */
static int fraction(struct str text, size_t *at)
{
	int ms = 0, scale = 100;
	size_t start = *at;

	while (*at < text.n && text.p[*at] >= '0' && text.p[*at] <= '9') {
		ms += (text.p[(*at)++] - '0') * scale;
		scale /= 10;
	}
	return *at == start ? -1 : ms;
}

/* "Z" or "+hh:mm" in minutes. */
static int offset(struct str text, size_t *at, int *minutes)
{
	*minutes = 0;
	if (skip(text, at, 'Z') || skip(text, at, 'z'))
		return 0;
	int sign = skip(text, at, '+') ? 1 : skip(text, at, '-') ? -1 : 0;
	int hours = number(text, at, 2);
	bool colon = skip(text, at, ':');
	int rest = number(text, at, 2);
	if (!sign || !colon || hours < 0 || hours > 23 || rest < 0 || rest > 59)
		return ERR_INVALID;
	*minutes = sign * (hours * 60 + rest);
	return 0;
}

int date_parse_iso(struct str text, int64_t *ms)
{
	struct date_parts p = { 0 };
	size_t at = 0;
	int minutes;

	p.year = number(text, &at, 4);
	bool good = skip(text, &at, '-');
	p.month = number(text, &at, 2);
	good = good && skip(text, &at, '-');
	p.day = number(text, &at, 2);
	good = good && (skip(text, &at, 'T') || skip(text, &at, 't'));
	p.hour = number(text, &at, 2);
	good = good && skip(text, &at, ':');
	p.minute = number(text, &at, 2);
	good = good && skip(text, &at, ':');
	p.second = number(text, &at, 2);
	if (good && skip(text, &at, '.') && (p.millisecond = fraction(text, &at)) < 0)
		return ERR_INVALID;
	if (!good || !parts_are_valid(&p) || offset(text, &at, &minutes) || at != text.n)
		return ERR_INVALID;
	*ms = date_join(&p) - minutes * 60000LL;
	return 0;
}

int date_parse_amz(struct str text, int64_t *ms)
{
	struct date_parts p = { 0 };
	size_t at = 0;

	p.year = number(text, &at, 4);
	p.month = number(text, &at, 2);
	p.day = number(text, &at, 2);
	bool good = skip(text, &at, 'T');
	p.hour = number(text, &at, 2);
	p.minute = number(text, &at, 2);
	p.second = number(text, &at, 2);
	if (!good || !parts_are_valid(&p) || !skip(text, &at, 'Z') || at != text.n)
		return ERR_INVALID;
	*ms = date_join(&p);
	return 0;
}

static int month_named(struct str text, size_t *at)
{
	for (int i = 0; i < 12; i++) {
		if (str_eq(str_sub(text, *at, 3), str_c(months[i]))) {
			*at += 3;
			return i + 1;
		}
	}
	return -1;
}

static bool time_of_day(struct str text, size_t *at, struct date_parts *p)
{
	p->hour = number(text, at, 2);
	bool good = skip(text, at, ':');
	p->minute = number(text, at, 2);
	good = good && skip(text, at, ':');
	p->second = number(text, at, 2);
	return good;
}

/* "22 Nov 2026 09:30:00 GMT" or, with dashes and a two-digit year, RFC 850. */
static bool day_first(struct str text, size_t *at, struct date_parts *p)
{
	p->day = number(text, at, 2);
	bool dashes = skip(text, at, '-');
	if (!dashes && !skip(text, at, ' '))
		return false;
	p->month = month_named(text, at);
	if (!skip(text, at, dashes ? '-' : ' '))
		return false;
	p->year = number(text, at, dashes ? 2 : 4);
	if (dashes && p->year >= 0)
		p->year += p->year < 70 ? 2000 : 1900;
	return skip(text, at, ' ') && time_of_day(text, at, p) && str_eq(str_from(text, *at), STR(" GMT"));
}

/* asctime: "Nov 22 09:30:00 2026", the day padded with a blank. */
static bool month_first(struct str text, size_t *at, struct date_parts *p)
{
	p->month = month_named(text, at);
	if (!skip(text, at, ' '))
		return false;
	p->day = skip(text, at, ' ') ? number(text, at, 1) : number(text, at, 2);
	if (!skip(text, at, ' ') || !time_of_day(text, at, p) || !skip(text, at, ' '))
		return false;
	p->year = number(text, at, 4);
	return *at == text.n;
}

int date_parse_http(struct str text, int64_t *ms)
{
	struct date_parts p = { 0 };
	ptrdiff_t comma = str_find_char(text, ',', 0);
	size_t at = comma < 0 ? 4 : (size_t)comma + 2;

	if (!(comma < 0 ? month_first(text, &at, &p) : day_first(text, &at, &p)) || !parts_are_valid(&p))
		return ERR_INVALID;
	*ms = date_join(&p);
	return 0;
}
