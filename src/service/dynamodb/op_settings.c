/* SPDX-License-Identifier: Apache-2.0
 *
 * What tables have besides keys and indexes: time to live, continuous backups, contributor insights, tags; and the account's
 * limits.
 */
#include "os/clock.h"
#include "service/dynamodb/definition.h"
#include "service/dynamodb/fields.h"
#include "service/dynamodb/maintain.h"
#include "service/dynamodb/operations.h"
#include "service/tags.h"

/* Stores the definition with one member replaced. */
static int put_member(struct call *call, const struct table *t, struct str name, const struct json *value)
{
	struct json *definition = json_copy_object(&call->arena, t->definition);
	struct error err = { 0 };

	json_put(&call->arena, definition, name, value);
	if (arena_failed(&call->arena))
		return call_fault(call, NULL);
	return table_put(call->state, call->txn, &call->arena, definition, &err) < 0 ? call_fault(call, &err) : 0;
}

struct table_input {
	struct str table_name;
};

#define TABLE_ONLY(name) const struct bind name##_fields[] = { FIELD_TABLE(struct table_input), BIND_DONE };

/* ---- time to live ---- */

struct ttl_fields {
	struct str attribute;
	struct opt_bool enabled;
};

struct ttl_input {
	struct str table_name;
	struct ttl_fields ttl;
};

static const struct bind ttl_shape[] = {
	BIND_STR(struct ttl_fields, attribute, "AttributeName", .required = true, .min = 1, .max = 255),
	BIND_BOOL(struct ttl_fields, enabled, "Enabled", .required = true),
	BIND_DONE,
};
const struct bind update_time_to_live_fields[] = {
	FIELD_TABLE(struct ttl_input),
	BIND_STRUCT(struct ttl_input, ttl, "TimeToLiveSpecification", ttl_shape, .required = true),
	BIND_DONE,
};
INPUT_FITS(struct ttl_input);

static void wake(void *argument)
{
	maintenance_wake(argument);
}

static const struct json *ttl_json(struct arena *a, const struct ttl_fields *ttl)
{
	struct json *out = json_new_object(a);

	json_put(a, out, STR("AttributeName"), json_new_string(a, ttl->attribute));
	json_put(a, out, STR("Enabled"), json_new_bool(ttl->enabled.value));
	return out;
}

static int check_ttl(struct call *call, const struct table *t, const struct ttl_fields *ttl)
{
	bool on = t->ttl_attribute.p != NULL;

	if (ttl->enabled.value && on)
		return dynamodb_invalid(call, "TimeToLive is already enabled");
	if (!ttl->enabled.value && !on)
		return dynamodb_invalid(call, "TimeToLive is already disabled");
	if (!ttl->enabled.value && !str_eq(ttl->attribute, t->ttl_attribute))
		return dynamodb_invalid(call,
					"TimeToLive is active on a different AttributeName: current AttributeName is " STR_FMT,
					STR_ARG(t->ttl_attribute));
	return 0;
}

/* Enabling walks the items that are there (as for a new index); disabling throws the expiry rows away. */
static int change_ttl(struct call *call, const struct table *t, const struct ttl_fields *ttl)
{
	struct json *definition = json_copy_object(&call->arena, t->definition);
	struct error err = { 0 };

	json_put(&call->arena, definition, STR("TimeToLive"), ttl_json(&call->arena, ttl));
	if (ttl->enabled.value)
		json_put(&call->arena, definition, STR("backfill"), &json_empty_string);
	if (arena_failed(&call->arena))
		return call_fault(call, NULL);
	int rc = table_put(call->state, call->txn, &call->arena, definition, &err);
	if (rc == 0 && !ttl->enabled.value)
		rc = expiry_rows_drop(call->txn, t->id, &err);
	if (rc == 0)
		rc = store_after_commit(call->txn, wake, call->state);
	return rc < 0 ? call_fault(call, &err) : 0;
}

int update_time_to_live_run(struct call *call)
{
	const struct ttl_input *in = call->input;
	struct table *t;
	int rc = table_require_named(call, in->table_name, &t);

	if (rc == 0)
		rc = check_ttl(call, t, &in->ttl);
	if (rc == 0)
		rc = change_ttl(call, t, &in->ttl);
	if (rc == 0)
		write_json(&call->out, "TimeToLiveSpecification", ttl_json(&call->arena, &in->ttl));
	return rc;
}

TABLE_ONLY(describe_time_to_live)

int describe_time_to_live_run(struct call *call)
{
	const struct table_input *in = call->input;
	struct table *t;
	int rc = table_require_named(call, in->table_name, &t);

	if (rc < 0)
		return rc;
	write_object(&call->out, "TimeToLiveDescription");
	write_c(&call->out, "TimeToLiveStatus", t->ttl_attribute.p ? "ENABLED" : "DISABLED");
	write_str(&call->out, "AttributeName", t->ttl_attribute);
	write_end(&call->out);
	return 0;
}

/* ---- continuous backups: the setting and its window; restoring is not offered ---- */

enum { RECOVERY_DAYS_MAX = 35 };

static const int64_t day_ms = 24LL * 60 * 60 * 1000;

struct recovery_fields {
	struct opt_bool enabled;
	struct opt_i64 days;
};

struct backups_input {
	struct str table_name;
	struct recovery_fields recovery;
};

static const struct bind recovery_shape[] = {
	BIND_BOOL(struct recovery_fields, enabled, "PointInTimeRecoveryEnabled", .required = true),
	BIND_I64(struct recovery_fields, days, "RecoveryPeriodInDays", .min = 1, .max = RECOVERY_DAYS_MAX),
	BIND_DONE,
};
const struct bind update_continuous_backups_fields[] = {
	FIELD_TABLE(struct backups_input),
	BIND_STRUCT(struct backups_input, recovery, "PointInTimeRecoverySpecification", recovery_shape, .required = true),
	BIND_DONE,
};
INPUT_FITS(struct backups_input);

/* These two operations have an error of their own for it. */
static int require_backed_up(struct call *call, struct str name, struct table **t)
{
	int rc;

	*t = table_get(call, name, &rc);
	if (*t || rc < 0)
		return rc;
	return call_failf(call, &dynamodb_TableNotFoundException, "Table not found: " STR_FMT, STR_ARG(table_name_of(name)));
}

static void write_backups(struct call *call, const struct json *recovery)
{
	struct writer *w = &call->out;
	int64_t since = 0, days = RECOVERY_DAYS_MAX, now = clock_wall_ms();
	bool on = json_to_i64(json_get_c(recovery, "since"), &since) == 0;

	(void)(json_to_i64(json_get_c(recovery, "days"), &days) == 0);
	write_object(w, "ContinuousBackupsDescription");
	write_c(w, "ContinuousBackupsStatus", "ENABLED");
	write_object(w, "PointInTimeRecoveryDescription");
	write_c(w, "PointInTimeRecoveryStatus", on ? "ENABLED" : "DISABLED");
	if (on) {
		write_i64(w, "RecoveryPeriodInDays", days);
		write_time(w, "EarliestRestorableDateTime", since > now - days * day_ms ? since : now - days * day_ms);
		write_time(w, "LatestRestorableDateTime", now);
	}
	write_end(w);
	write_end(w);
}

static const struct json *recovery_json(struct arena *a, const struct recovery_fields *in, const struct json *old)
{
	const struct json *since = json_get_c(old, "since");
	struct json *out = json_new_object(a);

	if (!in->enabled.value)
		return out;
	json_put(a, out, STR("since"), since ? since : json_new_i64(a, clock_wall_ms()));
	json_put(a, out, STR("days"), json_new_i64(a, in->days.set ? in->days.value : RECOVERY_DAYS_MAX));
	return out;
}

int update_continuous_backups_run(struct call *call)
{
	const struct backups_input *in = call->input;
	struct table *t;
	int rc = require_backed_up(call, in->table_name, &t);

	if (rc < 0)
		return rc;
	const struct json *recovery =
		recovery_json(&call->arena, &in->recovery, json_get_c(t->definition, "PointInTimeRecovery"));
	rc = put_member(call, t, STR("PointInTimeRecovery"), recovery);
	if (rc == 0)
		write_backups(call, recovery);
	return rc;
}

TABLE_ONLY(describe_continuous_backups)

int describe_continuous_backups_run(struct call *call)
{
	const struct table_input *in = call->input;
	struct table *t;
	int rc = require_backed_up(call, in->table_name, &t);

	if (rc == 0)
		write_backups(call, json_get_c(t->definition, "PointInTimeRecovery"));
	return rc;
}

/* ---- contributor insights: the setting of the table ---- */

struct insights_input {
	struct str table_name, index_name, action;
};

static const char *const insights_actions[] = { "ENABLE", "DISABLE", NULL };

const struct bind update_contributor_insights_fields[] = {
	FIELD_TABLE(struct insights_input),
	FIELD_INDEX_NAME(struct insights_input),
	BIND_STR(struct insights_input, action, "ContributorInsightsAction", .required = true, .values = insights_actions),
	BIND_DONE,
};
INPUT_FITS(struct insights_input);
const struct bind describe_contributor_insights_fields[] = {
	FIELD_TABLE(struct insights_input),
	FIELD_INDEX_NAME(struct insights_input),
	BIND_DONE,
};

/* The setting's name in the definition's map: the index, or "" for the table. */
static struct str insights_key(const struct insights_input *in)
{
	return in->index_name.p ? in->index_name : STR("");
}

static int find_insights(struct call *call, const struct insights_input *in, struct table **t)
{
	int rc = table_require_named(call, in->table_name, t);

	if (rc == 0 && in->index_name.p && !table_index_find(*t, in->index_name))
		return call_failf(call, &dynamodb_ResourceNotFoundException,
				  "Requested resource not found: Index: " STR_FMT " not found", STR_ARG(in->index_name));
	return rc;
}

static void write_insights(struct call *call, const struct table *t, const struct insights_input *in, bool on)
{
	write_str(&call->out, "TableName", t->name);
	write_str(&call->out, "IndexName", in->index_name);
	write_c(&call->out, "ContributorInsightsStatus", on ? "ENABLED" : "DISABLED");
}

int update_contributor_insights_run(struct call *call)
{
	const struct insights_input *in = call->input;
	bool on = str_eq(in->action, STR("ENABLE"));
	struct table *t;
	int rc = find_insights(call, in, &t);

	if (rc < 0)
		return rc;
	const struct json *old = json_get_c(t->definition, "ContributorInsights");
	struct json *insights = json_copy_object(&call->arena, old ? old : &json_empty_object);
	json_put(&call->arena, insights, insights_key(in), json_new_bool(on));
	rc = put_member(call, t, STR("ContributorInsights"), insights);
	if (rc == 0)
		write_insights(call, t, in, on);
	return rc;
}

int describe_contributor_insights_run(struct call *call)
{
	const struct insights_input *in = call->input;
	struct table *t;
	int rc = find_insights(call, in, &t);

	if (rc == 0)
		write_insights(call, t, in,
			       json_true(json_get(json_get_c(t->definition, "ContributorInsights"), insights_key(in))));
	return rc;
}

/* ---- tags ---- */

struct tags_input {
	struct str arn, next_token;
	const struct json *tags, *names;
};

#define FIELD_ARN BIND_STR(struct tags_input, arn, "ResourceArn", .required = true, .min = 1, .max = 1283)

const struct bind tag_resource_fields[] = {
	FIELD_ARN,
	BIND_LIST(struct tags_input, tags, "Tags", .required = true, .fields = tag_shape),
	BIND_DONE,
};
INPUT_FITS(struct tags_input);
const struct bind untag_resource_fields[] = {
	FIELD_ARN,
	BIND_LIST(struct tags_input, names, "TagKeys", .required = true),
	BIND_DONE,
};
const struct bind list_tags_of_resource_fields[] = {
	FIELD_ARN,
	BIND_STR(struct tags_input, next_token, "NextToken"),
	BIND_DONE,
};

static int find_tagged(struct call *call, const struct tags_input *in, struct table **t)
{
	struct str name = table_name_of(in->arn);
	int rc;

	if (!str_starts(in->arn, STR("arn:")) || !table_name_is_valid(name) || str_find(in->arn, STR("/index/"), 0) >= 0)
		return dynamodb_invalid(call, "Invalid TableArn: Invalid ResourceArn provided as input " STR_FMT,
					STR_ARG(in->arn));
	*t = table_get(call, name, &rc);
	if (*t || rc < 0)
		return rc;
	return call_failf(call, &dynamodb_ResourceNotFoundException,
			  "Requested resource not found: ResourcArn: " STR_FMT " not found", STR_ARG(in->arn));
}

int tag_resource_run(struct call *call)
{
	const struct tags_input *in = call->input;
	struct table *t;
	int rc = find_tagged(call, in, &t);

	if (rc < 0)
		return rc;
	const struct json *tags = tags_merge(&call->arena, json_get_c(t->definition, "Tags"), in->tags);
	if (tags && tags->count > TAGS_MAX)
		return dynamodb_invalid(call, "One or more parameter values were invalid: Too many tags: %zu", tags->count);
	return put_member(call, t, STR("Tags"), tags);
}

int untag_resource_run(struct call *call)
{
	const struct tags_input *in = call->input;
	struct table *t;
	int rc = find_tagged(call, in, &t);

	if (rc < 0)
		return rc;
	return put_member(call, t, STR("Tags"), tags_without(&call->arena, json_get_c(t->definition, "Tags"), in->names));
}

int list_tags_of_resource_run(struct call *call)
{
	const struct tags_input *in = call->input;
	struct table *t;
	int rc = find_tagged(call, in, &t);

	if (rc == 0)
		tags_write_list(&call->out, "Tags", json_get_c(t->definition, "Tags"));
	return rc;
}

/* ---- the account ---- */

const struct bind describe_limits_fields[] = { BIND_DONE };

/* The quotas a new account has. */
int describe_limits_run(struct call *call)
{
	write_i64(&call->out, "AccountMaxReadCapacityUnits", 80000);
	write_i64(&call->out, "AccountMaxWriteCapacityUnits", 80000);
	write_i64(&call->out, "TableMaxReadCapacityUnits", 40000);
	write_i64(&call->out, "TableMaxWriteCapacityUnits", 40000);
	return 0;
}

const struct bind describe_endpoints_fields[] = { BIND_DONE };

enum { ENDPOINT_CACHE_MINUTES = 1440 };

int describe_endpoints_run(struct call *call)
{
	struct str address = host_endpoint(call->host);
	ptrdiff_t slashes = str_find(address, STR("//"), 0);

	write_list(&call->out, "Endpoints", NULL);
	write_object(&call->out, NULL);
	write_str(&call->out, "Address", slashes < 0 ? address : str_from(address, (size_t)slashes + 2));
	write_i64(&call->out, "CachePeriodInMinutes", ENDPOINT_CACHE_MINUTES);
	write_end(&call->out);
	write_end(&call->out);
	return 0;
}
