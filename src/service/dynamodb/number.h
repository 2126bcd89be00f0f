/* SPDX-License-Identifier: Apache-2.0
 *
 * DynamoDB numbers: up to 38 significant decimal digits, magnitudes from 1E-130 to 9.99…E+125, exact arithmetic.
 *
 * A number is 0.d1d2d3… × 10^exponent with d1 and the last digit not zero; zero has sign 0 and no digits. *Pure.*
 * Source: "Supported data types and naming rules in Amazon DynamoDB", Number.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_NUMBER_H
#define GLEANER_SERVICE_DYNAMODB_NUMBER_H

#include "base/arena.h"

enum {
	NUMBER_DIGITS_MAX = 38,
	NUMBER_EXPONENT_MIN = -129, /* 1E-130 */
	NUMBER_EXPONENT_MAX = 126,  /* 9.99…E+125 */
	NUMBER_TEXT_MAX = 176,      /* sign, "0.", 129 zeros and 38 digits, with room */
	NUMBER_KEY_MAX = 24,
};

struct number {
	int sign; /* -1, 0, 1 */
	int exponent;
	int count;
	uint8_t digits[NUMBER_DIGITS_MAX];
};

/* ERR_INVALID with the service's own sentence (not a number, too precise, overflow, underflow). */
int number_parse(struct str text, struct number *out, struct error *err) MUST_CHECK;
/* The text DynamoDB answers with: no exponent, no needless zeros. Writes into `out` and returns it. */
struct str number_text(char out[NUMBER_TEXT_MAX], const struct number *n);
int number_compare(const struct number *a, const struct number *b);
/* Exact; ERR_INVALID as number_parse when the result cannot be stored. */
int number_add(const struct number *a, const struct number *b, struct number *out, struct error *err) MUST_CHECK;
struct number number_negated(const struct number *n);

/* Bytes whose order is the numbers' order; returns their count. */
size_t number_order_key(const struct number *n, uint8_t out[NUMBER_KEY_MAX]);
/* What a number adds to its item's size: a byte, one for every two digits, one for a minus sign. */
size_t number_size(const struct number *n);

#endif
