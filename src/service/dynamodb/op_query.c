/* SPDX-License-Identifier: Apache-2.0
 *
 * Query and Scan: what each adds to a page.
 */
#include "service/dynamodb/fields.h"
#include "service/dynamodb/operations.h"
#include "service/dynamodb/page.h"

/* ---- Query ---- */

struct query_input {
	struct page_input page;
	struct str key_condition;
	struct opt_bool forward;
};

const struct bind query_fields[] = {
	PAGE_FIELDS(struct query_input, page),
	BIND_STR(struct query_input, key_condition, "KeyConditionExpression"),
	BIND_BOOL(struct query_input, forward, "ScanIndexForward"),
	BIND_REFUSED("KeyConditions"),
	BIND_REFUSED("QueryFilter"),
	BIND_DONE,
};
INPUT_FITS(struct query_input);

struct query {
	struct page page;
	struct placeholders placeholders;
	struct key_condition key;
};

static int check_query_expressions(struct call *call, const struct query_input *in)
{
	if (!in->key_condition.p)
		return dynamodb_invalid(
			call, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.");
	return 0;
}

/* The key condition needs the table's schema: it is compiled here in general form, to find its syntax errors and the placeholders
 * it uses, and against the schema in query_run. */
int query_prepare(struct call *call)
{
	const struct query_input *in = call->input;
	struct query *op = ARENA_NEW(&call->arena, struct query);
	const struct condition *general;
	struct error err = { 0 };

	if (!op)
		return call_fault(call, NULL);
	call->scratch = op;
	int rc = check_query_expressions(call, in);
	if (rc < 0)
		return rc;
	rc = placeholders_read(&op->placeholders, &call->arena, in->page.names, in->page.values, &err);
	if (rc == 0)
		rc = condition_parse(&op->placeholders, "KeyConditionExpression", in->key_condition, &general, &err);
	if (rc < 0)
		return dynamodb_fail(call, &err);
	return page_prepare(call, &op->placeholders, &in->page, &op->page);
}

struct filter_check {
	const struct key_schema *keys;
	struct str found; /* a key attribute that the filter reads */
};

static bool is_no_key(void *argument, const struct path *path)
{
	struct filter_check *check = argument;
	struct str name = path->steps[0].name;

	if (!str_eq(name, check->keys->hash) && !(check->keys->range.p && str_eq(name, check->keys->range)))
		return true;
	check->found = name;
	return false;
}

static int check_filter(struct call *call, const struct page *page, const struct key_schema *keys)
{
	struct filter_check check = { keys, STR_NULL };

	if (!page->filter || condition_each_path(page->filter, is_no_key, &check))
		return 0;
	return dynamodb_invalid(call,
				"Filter Expression can only contain non-primary key attributes: Primary key attribute: " STR_FMT,
				STR_ARG(check.found));
}

int query_run(struct call *call)
{
	const struct query_input *in = call->input;
	struct query *op = call->scratch;
	struct error err = { 0 };
	int rc = page_resolve(call, &op->page);

	if (rc < 0)
		return rc;
	const struct key_schema *keys = op->page.index ? &op->page.index->keys : &op->page.table->keys;
	rc = key_condition_parse(&op->placeholders, in->key_condition, keys->hash, keys->hash_type, keys->range, keys->range_type,
				 &op->key, &err);
	if (rc < 0)
		return dynamodb_fail(call, &err);
	rc = check_filter(call, &op->page, keys);
	if (rc < 0)
		return rc;
	op->page.reverse = in->forward.set && !in->forward.value;
	query_bounds(&call->arena, op->page.index ? op->page.index->id : op->page.table->id, &op->key, &op->page.from,
		     &op->page.to);
	return page_run(call, &op->page);
}

/* ---- Scan ---- */

struct scan_input {
	struct page_input page;
	struct opt_i64 segment, segments;
};

enum { SEGMENTS_MAX = 1000000 };

const struct bind scan_fields[] = {
	PAGE_FIELDS(struct scan_input, page),
	BIND_I64(struct scan_input, segment, "Segment", .min = 0, .max = SEGMENTS_MAX - 1),
	BIND_I64(struct scan_input, segments, "TotalSegments", .min = 1, .max = SEGMENTS_MAX),
	BIND_REFUSED("ScanFilter"),
	BIND_DONE,
};
INPUT_FITS(struct scan_input);

static int check_segments(struct call *call, const struct scan_input *in)
{
	if (in->segment.set && !in->segments.set)
		return dynamodb_invalid(call, "The TotalSegments parameter is required but was not present in the request when "
					      "Segment parameter is present");
	if (in->segments.set && !in->segment.set)
		return dynamodb_invalid(call, "The Segment parameter is required but was not present in the request when "
					      "parameter TotalSegments is present");
	if (in->segment.set && in->segment.value >= in->segments.value)
		return dynamodb_invalid(
			call,
			"The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %lld is "
			"not less than TotalSegments: %lld",
			(long long)in->segment.value, (long long)in->segments.value);
	return 0;
}

int scan_prepare(struct call *call)
{
	const struct scan_input *in = call->input;
	struct page *page = ARENA_NEW(&call->arena, struct page);
	struct placeholders p;
	struct error err = { 0 };

	if (!page)
		return call_fault(call, NULL);
	call->scratch = page;
	int rc = check_segments(call, in);
	if (rc < 0)
		return rc;
	if (in->page.names && !in->page.projection.p && !in->page.filter.p)
		return dynamodb_invalid(call, "ExpressionAttributeNames can only be specified when using expressions");
	if (in->page.values && !in->page.filter.p)
		return dynamodb_invalid(
			call, "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null");
	rc = placeholders_read(&p, &call->arena, in->page.names, in->page.values, &err);
	return rc < 0 ? dynamodb_fail(call, &err) : page_prepare(call, &p, &in->page, page);
}

int scan_run(struct call *call)
{
	const struct scan_input *in = call->input;
	struct page *page = call->scratch;
	int rc = page_resolve(call, page);

	if (rc < 0)
		return rc;
	page->segmented = in->segments.set;
	segment_bounds(&call->arena, page->index ? page->index->id : page->table->id, (uint32_t)in->segment.value,
		       in->segments.set ? (uint32_t)in->segments.value : 1, &page->from, &page->to);
	return page_run(call, page);
}
