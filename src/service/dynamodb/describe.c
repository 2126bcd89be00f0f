/* SPDX-License-Identifier: Apache-2.0
 *
 * TableDescription. The service counts items every six hours or so; here they are counted when asked, but a count that took long
 * is used again for a time in proportion.
 */
#include "service/dynamodb/definition.h"

#include "os/clock.h"
#include "service/dynamodb/keys.h"

enum { COUNT_AGE_FACTOR = 200 };

static void count_rows(struct store_txn *txn, enum store_space space, uint64_t id, struct row_count *out)
{
	struct store_cursor cursor;
	struct arena a;
	struct str from, to, key, value;

	*out = (struct row_count){ 0, 0 };
	arena_init(&a, 4096);
	segment_bounds(&a, id, 0, 1, &from, &to);
	int rc = store_scan(&cursor, txn, space, from, to, false, NULL);
	while (rc == 0 && store_next(&cursor, &key, &value, NULL) > 0) {
		out->rows++;
		out->bytes += (int64_t)item_stored_size(value);
	}
	store_scan_end(&cursor);
	arena_release(&a);
}

/* counts[0] is the table's, then each index's. */
static void count_table(struct call *call, struct table *t, struct row_count *counts)
{
	int64_t now = clock_mono_ns();

	pthread_mutex_lock(&t->counts_lock);
	if (!t->counted || now - t->counted_at > t->counting_took * COUNT_AGE_FACTOR) {
		count_rows(call->txn, SPACE_DYNAMODB_ITEMS, t->id, &t->counts[0]);
		for (size_t i = 0; i < t->index_count; i++)
			count_rows(call->txn, SPACE_DYNAMODB_INDEX, t->indexes[i].id, &t->counts[i + 1]);
		t->counted = true;
		t->counted_at = clock_mono_ns();
		t->counting_took = t->counted_at - now;
	}
	memcpy(counts, t->counts, (t->index_count + 1) * sizeof(*counts));
	pthread_mutex_unlock(&t->counts_lock);
}

static bool is_on_demand(const struct json *definition)
{
	return str_eq(json_get_text(definition, STR("BillingMode")), STR("PAY_PER_REQUEST"));
}

static int64_t units(const struct json *throughput, struct str name)
{
	int64_t n = 0;

	return json_to_i64(json_get(throughput, name), &n) == 0 ? n : 0;
}

static void write_throughput(struct writer *w, const struct json *throughput)
{
	write_object(w, "ProvisionedThroughput");
	write_i64(w, "NumberOfDecreasesToday", 0);
	write_i64(w, "ReadCapacityUnits", units(throughput, STR("ReadCapacityUnits")));
	write_i64(w, "WriteCapacityUnits", units(throughput, STR("WriteCapacityUnits")));
	write_end(w);
}

/* What a table can serve at once: of on-demand ones the service's floor. */
static void write_warm_throughput(struct writer *w, const struct json *definition, const struct json *throughput)
{
	bool on_demand = is_on_demand(definition);

	write_object(w, "WarmThroughput");
	write_i64(w, "ReadUnitsPerSecond", on_demand ? 12000 : units(throughput, STR("ReadCapacityUnits")));
	write_i64(w, "WriteUnitsPerSecond", on_demand ? 4000 : units(throughput, STR("WriteCapacityUnits")));
	write_c(w, "Status", "ACTIVE");
	write_end(w);
}

static void write_index(struct call *call, const struct table *t, const struct table_index *index, const struct json *definition,
			const struct row_count *count)
{
	struct writer *w = &call->out;
	struct str arn = table_arn(call->host, &call->arena, t->name);

	write_object(w, NULL);
	write_str(w, "IndexName", index->name);
	write_json(w, "KeySchema", json_get_c(definition, "KeySchema"));
	write_json(w, "Projection", json_get_c(definition, "Projection"));
	if (index->global) {
		write_c(w, "IndexStatus", index->backfilling ? "CREATING" : "ACTIVE");
		if (index->backfilling)
			write_bool(w, "Backfilling", true);
		write_throughput(w, json_get_c(definition, "ProvisionedThroughput"));
		write_warm_throughput(w, t->definition, json_get_c(definition, "ProvisionedThroughput"));
		write_json(w, "OnDemandThroughput", json_get_c(definition, "OnDemandThroughput"));
	}
	write_i64(w, "IndexSizeBytes", count->bytes);
	write_i64(w, "ItemCount", count->rows);
	write_strf(w, "IndexArn", STR_FMT "/index/" STR_FMT, STR_ARG(arn), STR_ARG(index->name));
	write_end(w);
}

static void write_indexes(struct call *call, const char *name, const struct table *t, bool global, const struct row_count *counts)
{
	const struct json *list = json_get(t->definition, str_c(name));
	size_t next = 0;

	if (!list || list->count == 0)
		return;
	write_list(&call->out, name, NULL);
	for (size_t i = 0; i < t->index_count; i++) {
		if (t->indexes[i].global == global)
			write_index(call, t, &t->indexes[i], list->items[next++], &counts[i + 1]);
	}
	write_end(&call->out);
}

static void write_billing(struct writer *w, const struct json *definition)
{
	const struct json *since = json_get_c(definition, "OnDemandSince");
	int64_t ms = 0;

	if (!since || json_to_i64(since, &ms) < 0)
		return;
	write_object(w, "BillingModeSummary");
	write_str(w, "BillingMode", json_get_text(definition, STR("BillingMode")));
	write_time(w, "LastUpdateToPayPerRequestDateTime", ms);
	write_end(w);
}

static void write_class(struct writer *w, const struct json *definition)
{
	struct str class = json_get_text(definition, STR("TableClass"));

	if (!class.p)
		return;
	write_object(w, "TableClassSummary");
	write_str(w, "TableClass", class);
	write_end(w);
}

void definition_describe(struct call *call, const char *name, struct table *t, const char *status)
{
	const struct json *d = t->definition;
	struct writer *w = &call->out;
	struct row_count *counts = arena_alloc_array(&call->arena, t->index_count + 1, sizeof(*counts));
	int64_t created = 0;

	if (!counts)
		return;
	count_table(call, t, counts);
	(void)(json_to_i64(json_get_c(d, "CreationDateTime"), &created) == 0);
	write_object(w, name);
	write_json(w, "AttributeDefinitions", json_get_c(d, "AttributeDefinitions"));
	write_str(w, "TableName", t->name);
	write_json(w, "KeySchema", json_get_c(d, "KeySchema"));
	write_c(w, "TableStatus", status);
	write_time(w, "CreationDateTime", created);
	write_throughput(w, json_get_c(d, "ProvisionedThroughput"));
	write_i64(w, "TableSizeBytes", counts[0].bytes);
	write_i64(w, "ItemCount", counts[0].rows);
	write_str(w, "TableArn", table_arn(call->host, &call->arena, t->name));
	write_str(w, "TableId", json_get_text(d, STR("TableId")));
	write_billing(w, d);
	write_indexes(call, "LocalSecondaryIndexes", t, false, counts);
	write_indexes(call, "GlobalSecondaryIndexes", t, true, counts);
	if (json_is(json_get_c(d, "StreamSpecification"), JSON_OBJECT))
		write_json(w, "StreamSpecification", json_get_c(d, "StreamSpecification"));
	write_json(w, "LatestStreamLabel", json_get_c(d, "LatestStreamLabel"));
	write_json(w, "LatestStreamArn", json_get_c(d, "LatestStreamArn"));
	write_json(w, "SSEDescription", json_get_c(d, "SSEDescription"));
	write_class(w, d);
	write_bool(w, "DeletionProtectionEnabled", json_true(json_get_c(d, "DeletionProtectionEnabled")));
	write_json(w, "OnDemandThroughput", json_get_c(d, "OnDemandThroughput"));
	write_warm_throughput(w, d, json_get_c(d, "ProvisionedThroughput"));
	write_end(w);
}

void definition_describe_deleting(struct call *call, const struct table *t)
{
	const struct json *d = t->definition;
	struct writer *w = &call->out;

	write_object(w, "TableDescription");
	write_str(w, "TableName", t->name);
	write_c(w, "TableStatus", "DELETING");
	write_throughput(w, json_get_c(d, "ProvisionedThroughput"));
	write_i64(w, "TableSizeBytes", 0);
	write_i64(w, "ItemCount", 0);
	write_str(w, "TableArn", table_arn(call->host, &call->arena, t->name));
	write_str(w, "TableId", json_get_text(d, STR("TableId")));
	write_billing(w, d);
	write_class(w, d);
	write_bool(w, "DeletionProtectionEnabled", false);
	write_end(w);
}
