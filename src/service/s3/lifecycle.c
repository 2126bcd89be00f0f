/* SPDX-License-Identifier: Apache-2.0
 *
 * Source: "Lifecycle configuration elements", Amazon S3 User Guide.
 */
#include "service/s3/lifecycle.h"

#include "base/limits.h"
#include "format/date.h"

enum { DAY_MS = 24 * 60 * 60 * 1000 };

static struct opt_i64 number(const struct xml *element, const char *name)
{
	struct opt_i64 n = { 0 };
	struct str text = xml_child_text(element, str_c(name));

	n.set = str_is_set(text) && str_to_i64(str_trim(text), &n.value) == 0;
	return n;
}

static struct lifecycle_when read_when(const struct xml *action, const char *days)
{
	struct lifecycle_when when = { .days = number(action, days) };
	struct str date = xml_child_text(action, STR("Date"));

	when.date_ms.set = str_is_set(date) && date_parse_iso(str_trim(date), &when.date_ms.value) == 0;
	return when;
}

static struct lifecycle_move read_move(const struct xml *action, const char *days)
{
	return (struct lifecycle_move){
		.when = read_when(action, days),
		.newer = number(action, "NewerNoncurrentVersions").value,
		.storage_class = xml_child_text(action, STR("StorageClass")),
	};
}

static void read_filter(const struct xml *rule, struct lifecycle_rule *out)
{
	const struct xml *filter = xml_child(rule, STR("Filter"));
	const struct xml *all = xml_child(filter, STR("And"));

	out->filter = all ? all : filter;
	out->prefix = xml_child_text(out->filter ? out->filter : rule, STR("Prefix"));
}

static int read_rule(struct arena *a, const struct xml *rule, struct lifecycle_rule *out)
{
	size_t children = 0;

	for (const struct xml *e = rule->children; e; e = e->next)
		children++;
	*out = (struct lifecycle_rule){ .id = xml_child_text(rule, STR("ID")) };
	out->current = arena_alloc_array(a, children, sizeof(*out->current));
	out->noncurrent = arena_alloc_array(a, children, sizeof(*out->noncurrent));
	if (!out->current || !out->noncurrent)
		return ERR_NO_MEMORY;
	read_filter(rule, out);
	for (const struct xml *e = rule->children; e; e = e->next) {
		if (str_eq_c(e->name, "Expiration") || str_eq_c(e->name, "Transition"))
			out->current[out->current_count++] = read_move(e, "Days");
		else if (str_starts(e->name, STR("NoncurrentVersion")))
			out->noncurrent[out->noncurrent_count++] = read_move(e, "NoncurrentDays");
	}
	const struct xml *expiration = xml_child(rule, STR("Expiration"));
	out->removes_lone_marker =
		str_eq_nocase(str_trim(xml_child_text(expiration, STR("ExpiredObjectDeleteMarker"))), STR("true"));
	out->abort_days = number(xml_child(rule, STR("AbortIncompleteMultipartUpload")), "DaysAfterInitiation");
	return 0;
}

int s3_lifecycle_read(struct arena *a, struct str text, struct lifecycle *out, struct error *err)
{
	const struct xml *root;
	size_t rules = 0;
	int rc = xml_parse(a, text, &root, err);

	if (rc < 0)
		return rc;
	for (const struct xml *rule = root->children; rule; rule = rule->next)
		rules++;
	*out = (struct lifecycle){ .rules = arena_alloc_array(a, rules, sizeof(*out->rules)), .transition_size_min = KIB(128) };
	for (const struct xml *rule = root->children; rule && out->rules; rule = rule->next)
		if (str_eq_c(xml_child_text(rule, STR("Status")), "Enabled") && read_rule(a, rule, &out->rules[out->count++]) < 0)
			return error_set(err, ERR_NO_MEMORY, "s3: out of memory");
	return out->rules ? 0 : error_set(err, ERR_NO_MEMORY, "s3: out of memory");
}

static bool filter_fits(const struct lifecycle_rule *r, const struct object *o)
{
	struct opt_i64 above = number(r->filter, "ObjectSizeGreaterThan"), below = number(r->filter, "ObjectSizeLessThan");

	if (r->prefix.n && !str_starts(o->key, r->prefix))
		return false;
	for (const struct xml *tag = xml_child(r->filter, STR("Tag")); tag; tag = xml_next(tag)) {
		const struct json *value = json_get(o->tags, xml_child_text(tag, STR("Key")));
		if (!value || !str_eq(json_text(value), xml_child_text(tag, STR("Value"))))
			return false;
	}
	if (above.set && o->content.size <= (uint64_t)above.value)
		return false;
	return !below.set || o->content.size < (uint64_t)below.value;
}

/* Ages count from the midnight (UTC) after them. */
static int64_t due_after_days(int64_t since_ms, int64_t days)
{
	int64_t due = since_ms + days * DAY_MS;

	return (due + DAY_MS - 1) / DAY_MS * DAY_MS;
}

static bool is_due(const struct lifecycle_when *when, int64_t since_ms, int64_t now_ms)
{
	if (when->date_ms.set)
		return now_ms >= when->date_ms.value;
	return when->days.set && now_ms >= due_after_days(since_ms, when->days.value);
}

/* A marker that hides nothing any more goes when the rule says so, or by the rule's age. */
static bool removes_marker(const struct lifecycle_rule *r, const struct lifecycle_place *place, int64_t now_ms)
{
	if (!place->current || !place->alone)
		return false;
	if (r->removes_lone_marker)
		return true;
	for (size_t i = 0; i < r->current_count; i++)
		if (!str_is_set(r->current[i].storage_class) && is_due(&r->current[i].when, place->since_ms, now_ms))
			return true;
	return false;
}

/* How far down a class lies: objects only move down. */
static int class_depth(struct str name)
{
	static const char *const order[] = { "STANDARD",   "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA",
					     "GLACIER_IR", "GLACIER",     "DEEP_ARCHIVE" };

	for (int i = 0; i < (int)(sizeof(order) / sizeof(order[0])); i++)
		if (str_eq_c(name, order[i]))
			return i;
	return 0;
}

static enum lifecycle_verdict weigh(const struct lifecycle *l, const struct lifecycle_rule *r, const struct object *o,
				    const struct lifecycle_place *place, int64_t now_ms, struct str *storage_class)
{
	const struct lifecycle_move *moves = place->current ? r->current : r->noncurrent;
	size_t count = place->current ? r->current_count : r->noncurrent_count;
	enum lifecycle_verdict verdict = LIFECYCLE_KEEP;

	for (size_t i = 0; i < count; i++) {
		if (!is_due(&moves[i].when, place->since_ms, now_ms) ||
		    (!place->current && place->newer_noncurrent < moves[i].newer))
			continue;
		if (!str_is_set(moves[i].storage_class))
			return LIFECYCLE_EXPIRE;
		if (o->content.size < l->transition_size_min ||
		    class_depth(moves[i].storage_class) <= class_depth(*storage_class))
			continue;
		*storage_class = moves[i].storage_class;
		verdict = LIFECYCLE_MOVE;
	}
	return verdict;
}

enum lifecycle_verdict s3_lifecycle_decide(const struct lifecycle *l, const struct object *o, const struct lifecycle_place *place,
					   int64_t now_ms, struct str *storage_class)
{
	enum lifecycle_verdict verdict = LIFECYCLE_KEEP;

	*storage_class = o->storage_class;
	for (size_t i = 0; i < l->count; i++) {
		const struct lifecycle_rule *r = &l->rules[i];
		enum lifecycle_verdict one;

		if (!filter_fits(r, o))
			continue;
		if (o->delete_marker && place->current)
			one = removes_marker(r, place, now_ms) ? LIFECYCLE_EXPIRE : LIFECYCLE_KEEP;
		else
			one = weigh(l, r, o, place, now_ms, storage_class);
		if (one == LIFECYCLE_EXPIRE)
			return one;
		verdict = one == LIFECYCLE_MOVE ? one : verdict;
	}
	return verdict;
}

bool s3_lifecycle_aborts(const struct lifecycle *l, const struct upload *u, int64_t now_ms)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct lifecycle_rule *r = &l->rules[i];
		if (r->abort_days.set && str_starts(u->object.key, r->prefix) &&
		    now_ms >= due_after_days(u->object.modified_ms, r->abort_days.value))
			return true;
	}
	return false;
}
