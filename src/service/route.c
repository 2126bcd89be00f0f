/* SPDX-License-Identifier: Apache-2.0 */
#include "service/route.h"

const struct operation *route_by_name(const struct service *service, struct str name)
{
	for (const struct operation *op = service->operations; op->name; op++)
		if (str_eq_c(name, op->name))
			return op;
	return NULL;
}

static bool add_label(struct call *call, struct json *labels, struct str piece, struct str raw)
{
	struct str value;

	if (raw.n == 0 || uri_decode(&call->arena, raw, false, &value))
		return false;
	return !labels || json_put(&call->arena, labels, piece, json_new_string(&call->arena, value));
}

/* Matches "/a/{Label}/{Rest+}" against the raw path; a final slash of the path is allowed where the template has none.
 * Collects labels when asked to. Returns the number of literal pieces plus one, or 0. */
static int match_path(struct call *call, const char *template, struct json *labels)
{
	struct str want = str_from(str_c(template), 1), path = str_from(call->path, 1);
	int literals = 1;

	while (want.p) {
		struct str piece = str_split(&want, '/');
		if (str_ends(piece, STR("+}")))
			return add_label(call, labels, str_sub(piece, 1, piece.n - 3), path) ? literals : 0;
		struct str part = str_split(&path, '/');
		if (str_starts(piece, STR("{"))) {
			if (!add_label(call, labels, str_sub(piece, 1, piece.n - 2), part))
				return 0;
		} else if (str_eq(piece, part)) {
			literals++;
		} else {
			return 0;
		}
	}
	return path.n == 0 ? literals : 0;
}

/* "uploads", "list-type=2", "uploadId&partNumber" */
static int match_query(struct call *call, const char *names)
{
	struct str rest = str_c(names);
	int matched = 0;

	while (rest.p) {
		struct str value = str_split(&rest, '&');
		struct str name = str_split(&value, '=');
		if (!uri_query_has(&call->query, name) || (value.p && !str_eq(uri_query_get(&call->query, name), value)))
			return -1;
		matched++;
	}
	return matched;
}

static int score(struct call *call, const struct operation *op)
{
	int query = 0, header = 0;

	if (!op->path || !str_eq_c(call->method, op->method))
		return 0;
	if (op->query && (query = match_query(call, op->query)) < 0)
		return 0;
	if (op->header && !(header = str_is_set(call_header(call, str_c(op->header)))))
		return 0;
	int path = match_path(call, op->path, NULL);
	return path ? path * 100 + query * 10 + header : 0;
}

const struct operation *route_by_path(struct call *call, const struct service *service, const struct json **labels)
{
	const struct operation *best = NULL;
	int best_score = 0;

	for (const struct operation *op = service->operations; op->name; op++) {
		int s = score(call, op);
		if (s > best_score) {
			best = op;
			best_score = s;
		}
	}
	if (best) {
		struct json *found = json_new_object(&call->arena);
		match_path(call, best->path, found);
		*labels = found;
	}
	return best;
}
