/* SPDX-License-Identifier: Apache-2.0 */
#include "service/dynamodb/number.h"

static int fault_not_a_number(struct str text, struct error *err)
{
	if (text.n == 0)
		return error_set(err, ERR_INVALID, "The parameter cannot be converted to a numeric value");
	return error_set(err, ERR_INVALID, "The parameter cannot be converted to a numeric value: " STR_FMT, STR_ARG(text));
}

/* What a scan of the mantissa knows so far. */
struct mantissa {
	int count;        /* significant digits, trailing zeros not yet among them */
	int zeros;        /* zeros seen since the last other digit */
	int64_t exponent; /* of 0.d1d2… */
	bool any;         /* a digit was seen */
	bool point;
	bool precise; /* more digits than a number can hold */
	uint8_t digits[NUMBER_DIGITS_MAX];
};

static void mantissa_push(struct mantissa *m, int digit)
{
	if (m->count < NUMBER_DIGITS_MAX)
		m->digits[m->count++] = (uint8_t)digit;
	else
		m->precise = true;
}

static void mantissa_digit(struct mantissa *m, int digit)
{
	m->any = true;
	if (digit == 0 && m->count == 0) {
		m->exponent -= m->point;
		return;
	}
	m->exponent += !m->point;
	if (digit == 0) {
		m->zeros++;
		return;
	}
	for (; m->zeros > 0 && !m->precise; m->zeros--)
		mantissa_push(m, 0);
	m->zeros = 0;
	mantissa_push(m, digit);
}

/* [+-]digits after an 'e'; beyond any range the value is held at the border. */
static int read_exponent(struct str text, int64_t *out)
{
	bool negative = text.n > 0 && text.p[0] == '-';
	int64_t value = 0;

	if (text.n > 0 && (text.p[0] == '-' || text.p[0] == '+'))
		text = str_from(text, 1);
	if (text.n == 0)
		return ERR_INVALID;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return ERR_INVALID;
		if (value < 1000000000)
			value = value * 10 + (text.p[i] - '0');
	}
	*out = negative ? -value : value;
	return 0;
}

static int read_mantissa(struct str text, struct mantissa *m)
{
	int64_t exponent = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (c >= '0' && c <= '9') {
			mantissa_digit(m, c - '0');
		} else if (c == '.' && !m->point) {
			m->point = true;
		} else if ((c == 'e' || c == 'E') && m->any) {
			if (read_exponent(str_from(text, i + 1), &exponent) < 0)
				return ERR_INVALID;
			break;
		} else {
			return ERR_INVALID;
		}
	}
	m->exponent += exponent;
	return m->any ? 0 : ERR_INVALID;
}

static int check_range(int64_t exponent, bool precise, struct error *err)
{
	if (precise)
		return error_set(err, ERR_INVALID, "Attempting to store more than 38 significant digits in a Number");
	if (exponent > NUMBER_EXPONENT_MAX)
		return error_set(err, ERR_INVALID,
				 "Number overflow. Attempting to store a number with magnitude larger than supported range");
	if (exponent < NUMBER_EXPONENT_MIN)
		return error_set(err, ERR_INVALID,
				 "Number underflow. Attempting to store a number with magnitude smaller than supported range");
	return 0;
}

int number_parse(struct str text, struct number *out, struct error *err)
{
	struct mantissa m = { 0 };
	bool negative = text.n > 0 && text.p[0] == '-';
	bool sign = negative || (text.n > 0 && text.p[0] == '+');
	struct number n = { 0 };

	if (read_mantissa(str_from(text, sign), &m) < 0)
		return fault_not_a_number(text, err);
	if (m.count > 0) {
		int rc = check_range(m.exponent, m.precise, err);
		if (rc < 0)
			return rc;
		n.sign = negative ? -1 : 1;
		n.exponent = (int)m.exponent;
		n.count = m.count;
		memcpy(n.digits, m.digits, (size_t)m.count);
	}
	*out = n;
	return 0;
}

struct str number_text(char out[NUMBER_TEXT_MAX], const struct number *n)
{
	size_t at = 0;
	int last = n->exponent > n->count ? n->exponent : n->count;

	if (n->sign == 0) {
		out[0] = '0';
		return str_of(out, 1);
	}
	if (n->sign < 0)
		out[at++] = '-';
	if (n->exponent <= 0) {
		out[at++] = '0';
		out[at++] = '.';
		for (int i = n->exponent; i < 0; i++)
			out[at++] = '0';
	}
	for (int i = 0; i < last; i++) {
		if (i == n->exponent && i > 0)
			out[at++] = '.';
		out[at++] = (char)('0' + (i < n->count ? n->digits[i] : 0));
	}
	return str_of(out, at);
}

static int compare_magnitude(const struct number *a, const struct number *b)
{
	if (a->exponent != b->exponent)
		return a->exponent < b->exponent ? -1 : 1;
	int common = a->count < b->count ? a->count : b->count;
	int order = memcmp(a->digits, b->digits, (size_t)common);
	if (order != 0)
		return order < 0 ? -1 : 1;
	return (a->count > b->count) - (a->count < b->count);
}

int number_compare(const struct number *a, const struct number *b)
{
	if (a->sign != b->sign)
		return a->sign < b->sign ? -1 : 1;
	return a->sign == 0 ? 0 : a->sign * compare_magnitude(a, b);
}

struct number number_negated(const struct number *n)
{
	struct number out = *n;

	out.sign = -n->sign;
	return out;
}

/* A column for every decimal place two numbers can have, the most significant first, one more for the carry. */
enum { COLUMNS = 1 + NUMBER_EXPONENT_MAX - NUMBER_EXPONENT_MIN + NUMBER_DIGITS_MAX };

static void add_columns(int8_t columns[COLUMNS], const struct number *n, int sign)
{
	int first = 1 + NUMBER_EXPONENT_MAX - n->exponent;

	for (int i = 0; i < n->count; i++)
		columns[first + i] = (int8_t)(columns[first + i] + sign * n->digits[i]);
}

static void carry_columns(int8_t columns[COLUMNS])
{
	int carry = 0;

	for (int i = COLUMNS - 1; i >= 0; i--) {
		int sum = columns[i] + carry;
		carry = sum < 0 ? -1 : sum / 10;
		columns[i] = (int8_t)(sum - carry * 10);
	}
}

int number_add(const struct number *a, const struct number *b, struct number *out, struct error *err)
{
	int8_t columns[COLUMNS] = { 0 };
	struct number larger = a->sign && (!b->sign || compare_magnitude(a, b) >= 0) ? *a : *b;
	struct mantissa m = { 0 };
	struct number n = { 0 };

	/* Relative to the larger operand's sign the sum is never negative. */
	add_columns(columns, a, a->sign * larger.sign);
	add_columns(columns, b, b->sign * larger.sign);
	carry_columns(columns);
	for (int i = 0; i < COLUMNS; i++) {
		if (m.count == 0 && columns[i] == 0)
			continue;
		if (m.count == 0)
			m.exponent = NUMBER_EXPONENT_MAX - i;
		m.point = m.count > 0; /* only the first digit moves the exponent */
		mantissa_digit(&m, columns[i]);
	}
	if (m.count > 0) {
		/* Of a sum with too many digits the service says that it is too large. */
		int rc = check_range(m.precise ? NUMBER_EXPONENT_MAX + 1 : m.exponent, false, err);
		if (rc < 0)
			return rc;
		n.sign = larger.sign;
		n.exponent = (int)m.exponent;
		n.count = m.count;
		memcpy(n.digits, m.digits, (size_t)m.count);
	}
	*out = n;
	return 0;
}

/* Sign byte (1 negative, 2 zero, 3 positive), biased exponent, then two digits a byte as 1 + value, so that what ends first sorts
 * first. A negative number has exponent and digits complemented and 0xFF at its end: there the longer one is the smaller. */
size_t number_order_key(const struct number *n, uint8_t out[NUMBER_KEY_MAX])
{
	size_t at = 0;
	uint8_t flip = n->sign < 0 ? 0xFF : 0;

	out[at++] = (uint8_t)(n->sign + 2);
	if (n->sign == 0)
		return at;
	out[at++] = (uint8_t)((n->exponent - NUMBER_EXPONENT_MIN) ^ flip);
	for (int i = 0; i < n->count; i += 2) {
		int second = i + 1 < n->count ? n->digits[i + 1] : 0;
		out[at++] = (uint8_t)((n->digits[i] * 10 + second + 1) ^ flip);
	}
	if (flip)
		out[at++] = 0xFF;
	return at;
}

size_t number_size(const struct number *n)
{
	return 1 + (size_t)(n->count + 1) / 2 + (n->sign < 0);
}
