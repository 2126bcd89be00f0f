/* SPDX-License-Identifier: Apache-2.0
 *
 * One write of one item, alone or as part of a batch or transaction: prepared on the server's thread (values read, expressions
 * compiled, the new item encoded), evaluated and applied on the writer thread.
 */
#ifndef GLEANER_SERVICE_DYNAMODB_WRITE_H
#define GLEANER_SERVICE_DYNAMODB_WRITE_H

#include "service/dynamodb/items.h"

enum write_kind { WRITE_PUT, WRITE_UPDATE, WRITE_DELETE, WRITE_CHECK };

/* The parameters of a write, by the API's names. */
struct write_input {
	struct str table_name;
	const struct json *item, *key; /* one of them */
	struct str condition, update;  /* expressions, absent when not given */
	const struct json *names, *values;
};

struct write_request {
	enum write_kind kind;
	struct str table_name;
	const struct value *item; /* WRITE_PUT: the new item; else the key */
	struct str stored;        /* WRITE_PUT: encoded */
	const struct update *update;
	const struct condition *condition;
};

/* Reads and compiles. Returns 0, or negative with err in the service's words. */
int write_prepare(struct arena *a, enum write_kind kind, const struct write_input *input, struct write_request *out,
		  struct error *err) MUST_CHECK;

struct write_outcome {
	struct item_change change;
	bool condition_failed;
};

/* Finds the table, checks keys, reads the item where that is needed (`want_before`: in any case) and decides the condition;
 * computes the item after the write. Changes nothing. `err` is filled with ERR_INVALID and the service's sentence when the
 * request does not fit the table or the item; other failures have failed the call. */
int write_evaluate(struct call *call, const struct write_request *request, bool want_before, struct write_outcome *out,
		   struct error *err) MUST_CHECK;
/* Makes the change. */
int write_apply(struct call *call, const struct write_request *request, const struct write_outcome *outcome,
		struct capacity *capacity) MUST_CHECK;

#endif
