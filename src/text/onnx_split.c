/* SPDX-License-Identifier: Apache-2.0 */
#include "text/onnx_split.h"

#include "text/onnx_graph.h"

static bool is_wanted(const struct map *wanted, struct str name)
{
	return map_get(wanted, name) != NULL;
}

static void want(struct onnx_graph *g, struct map *wanted, struct str name)
{
	if (map_put(wanted, name, g, NULL) < 0)
		g->failed = true;
}

/* Leaves only the nodes between two values, and what they need besides; false when they need the model's own input too. */
static bool keep_between(struct onnx_graph *g, struct str from, struct str to)
{
	struct map wanted;
	bool reaches = false;

	map_init(&wanted);
	want(g, &wanted, to);
	for (size_t i = g->node_count; i-- > 0;) {
		struct onnx_node *n = &g->nodes[i];

		n->removed = !is_wanted(&wanted, n->output);
		reaches |= !n->removed && n->input_count > ONNX_INPUTS_MAX;
		for (size_t k = 0; !n->removed && k < n->input_count && k < ONNX_INPUTS_MAX; k++)
			if (!str_eq(n->inputs[k], from))
				want(g, &wanted, n->inputs[k]);
	}
	reaches |= is_wanted(&wanted, g->input);
	map_release(&wanted);
	return !reaches;
}

static size_t convolutions_reading(const struct onnx_value *v)
{
	size_t count = 0;

	for (size_t i = 0; v && i < v->user_count && i < ONNX_USERS_MAX; i++)
		count += v->users[i] && str_eq_c(v->users[i]->op, "Conv");
	return count;
}

/* The ends of the stem and the neck. */
static bool find_cuts(const struct onnx_graph *g, struct str *stem, struct str *neck)
{
	const struct onnx_node *joined = NULL;

	*stem = *neck = STR_NULL;
	for (size_t i = 0; i < g->node_count; i++) {
		const struct onnx_node *n = &g->nodes[i];

		if (!stem->p && !n->constant && convolutions_reading(map_get(&g->values, n->output)) > 1)
			*stem = n->output;
		if (str_eq_c(n->op, "Concat"))
			joined = onnx_only_user(g, n->output, "Conv");
	}
	if (joined)
		*neck = joined->output;
	return stem->p && neck->p && !str_eq(*stem, *neck);
}

/* A part that begins and ends at these values; STR_NULL: where the model does. */
static int cut(struct arena *a, struct str model, struct str from, struct str to, struct str *out, struct error *err)
{
	struct onnx_graph g;
	bool whole;
	int rc = 0;

	onnx_read(&g, a, model);
	from = from.p ? from : g.input;
	to = to.p ? to : g.output;
	whole = keep_between(&g, from, to);
	g.input = from;
	g.output = to;
	*out = onnx_write(&g);
	if (g.failed)
		rc = error_set(err, ERR_NO_MEMORY, "no memory to prepare a model");
	else if (!whole)
		rc = error_set(err, ERR_CORRUPT, "the detection model has another form than PP-OCRv4's");
	onnx_release(&g);
	return rc;
}

int onnx_split(struct arena *a, struct str model, struct onnx_parts *out, struct error *err)
{
	struct onnx_parts parts;
	struct onnx_graph g;
	struct str stem, neck;
	bool found;
	int rc;

	onnx_read(&g, a, model);
	found = find_cuts(&g, &stem, &neck);
	onnx_release(&g);
	if (!found)
		return error_set(err, ERR_CORRUPT, "the detection model has another form than PP-OCRv4's");
	rc = cut(a, model, STR_NULL, stem, &parts.stem, err);
	if (rc == 0)
		rc = cut(a, model, stem, neck, &parts.neck, err);
	if (rc == 0)
		rc = cut(a, model, neck, STR_NULL, &parts.head, err);
	if (rc == 0)
		*out = parts;
	return rc;
}
