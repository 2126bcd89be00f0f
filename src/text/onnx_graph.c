/* SPDX-License-Identifier: Apache-2.0 */
#include "text/onnx_graph.h"

#include "base/limits.h"

enum {
	MODEL_GRAPH = 7,
	MODEL_OPSET = 8,
	OPSET_DOMAIN = 1,
	OPSET_VERSION = 2,
	GRAPH_NODE = 1,
	GRAPH_INPUT = 11,
	GRAPH_OUTPUT = 12,
	NODE_INPUT = 1,
	NODE_OUTPUT = 2,
	NODE_NAME = 3,
	NODE_OP = 4,
	NODE_ATTRIBUTE = 5,
	ATTRIBUTE_NAME = 1,
	ATTRIBUTE_TYPE = 20,
	ATTRIBUTE_TYPE_FLOAT = 1,
	ATTRIBUTE_TYPE_INT = 2,
	ATTRIBUTE_TYPE_TENSOR = 4,
	ATTRIBUTE_TYPE_INTS = 7,
	TENSOR_DIMS = 1,
	TENSOR_TYPE = 2,
	TENSOR_FLOATS = 4,
	TENSOR_RAW = 9,
	TENSOR_TYPE_FLOAT = 1,
	TENSOR_TYPE_INT64 = 7,
	VALUE_NAME = 1,
	VALUE_TYPE = 2,
	TYPE_TENSOR = 1,
	TYPE_ELEMENT = 1,
	TYPE_SHAPE = 2,
	SHAPE_DIM = 1,
	DIM_NAME = 2,
};

/* ---- reading ---- */

static void *allocate(struct onnx_graph *g, size_t count, size_t size)
{
	void *p = arena_alloc_array(g->arena, count ? count : 1, size);

	g->failed |= p == NULL;
	return p;
}

static void read_floats(struct onnx_graph *g, struct onnx_tensor *t, struct str bytes)
{
	t->count = bytes.n / sizeof(float);
	t->values = allocate(g, t->count, sizeof(float));
	if (t->values)
		memcpy(t->values, bytes.p, t->count * sizeof(float)); /* both are little-endian */
}

static struct onnx_tensor *read_tensor(struct onnx_graph *g, struct str message)
{
	struct onnx_tensor *t = allocate(g, 1, sizeof(*t));
	struct pb_field field;
	uint64_t type = 0;
	size_t expected = 1;

	while (t && pb_next(&message, &field)) {
		if (field.number == TENSOR_DIMS && field.wire == PB_VARINT && t->dim_count < ONNX_DIMS_MAX)
			t->dims[t->dim_count++] = (int64_t)field.value;
		else if (field.number == TENSOR_DIMS)
			return NULL; /* packed, or too many: not what exporters of these models write */
		else if (field.number == TENSOR_TYPE)
			type = field.value;
		else if ((field.number == TENSOR_RAW || field.number == TENSOR_FLOATS) && field.wire == PB_BYTES)
			read_floats(g, t, field.bytes);
	}
	if (!t || type != TENSOR_TYPE_FLOAT || !t->values)
		return NULL;
	for (size_t i = 0; i < t->dim_count; i++)
		if (t->dims[i] < 1 || __builtin_mul_overflow(expected, (size_t)t->dims[i], &expected))
			return NULL;
	return expected == t->count ? t : NULL;
}

bool onnx_attribute(struct str node, struct str name, uint32_t wanted, struct pb_field *out)
{
	struct pb_field field, part;

	while (pb_next(&node, &field)) {
		struct str attribute = field.bytes;
		bool named = false;
		bool found = false;

		if (field.number != NODE_ATTRIBUTE)
			continue;
		while (pb_next(&attribute, &part)) {
			named |= part.number == ATTRIBUTE_NAME && str_eq(part.bytes, name);
			if (part.number == wanted) {
				*out = part;
				found = true;
			}
		}
		if (named)
			return found;
	}
	return false;
}

bool onnx_attribute_any(struct str node, struct str name)
{
	struct pb_field field, part;
	bool found = false;

	while (pb_next(&node, &field)) {
		bool named = false;
		bool any = false;

		if (field.number != NODE_ATTRIBUTE)
			continue;
		for (struct str attribute = field.bytes; pb_next(&attribute, &part);) {
			named |= part.number == ATTRIBUTE_NAME && str_eq(part.bytes, name);
			any |= part.number == ONNX_INTS && (part.wire != PB_VARINT || part.value != 0);
		}
		found |= named && any;
	}
	return found;
}

static void read_node(struct onnx_graph *g, struct onnx_node *n, struct str message)
{
	struct pb_field field;

	*n = (struct onnx_node){ .raw = message };
	while (pb_next(&message, &field)) {
		if (field.number == NODE_INPUT && n->input_count++ < ONNX_INPUTS_MAX)
			n->inputs[n->input_count - 1] = field.bytes;
		else if (field.number == NODE_OUTPUT && !n->output.p)
			n->output = field.bytes;
		else if (field.number == NODE_OP)
			n->op = field.bytes;
	}
	if (str_eq_c(n->op, "Constant") && onnx_attribute(n->raw, STR("value"), ONNX_TENSOR, &field))
		n->constant = read_tensor(g, field.bytes);
}

static struct onnx_value *value_of(struct onnx_graph *g, struct str name)
{
	struct onnx_value *v = map_get(&g->values, name);

	if (v)
		return v;
	v = allocate(g, 1, sizeof(*v));
	if (v && map_put(&g->values, name, v, NULL) < 0)
		g->failed = true;
	return v;
}

static void link_node(struct onnx_graph *g, struct onnx_node *n)
{
	struct pb_field field;
	struct onnx_value *made = value_of(g, n->output);

	if (made)
		made->maker = n;
	for (struct str rest = n->raw; pb_next(&rest, &field);) {
		struct onnx_value *v = field.number == NODE_INPUT ? value_of(g, field.bytes) : NULL;

		if (v && v->user_count++ < ONNX_USERS_MAX)
			v->users[v->user_count - 1] = n;
	}
}

static void read_graph(struct onnx_graph *g)
{
	struct pb_field field;
	size_t count = 0;

	for (struct str rest = g->graph; pb_next(&rest, &field);)
		count += field.number == GRAPH_NODE;
	g->nodes = allocate(g, count, sizeof(*g->nodes));
	for (struct str rest = g->graph; g->nodes && pb_next(&rest, &field);)
		if (field.number == GRAPH_NODE)
			read_node(g, &g->nodes[g->node_count++], field.bytes);
	for (size_t i = 0; i < g->node_count && !g->failed; i++)
		link_node(g, &g->nodes[i]);
}

struct onnx_tensor *onnx_constant(const struct onnx_graph *g, struct str name)
{
	struct onnx_value *v = map_get(&g->values, name);

	return v && v->maker ? v->maker->constant : NULL;
}

struct onnx_tensor *onnx_tensor_copy(struct onnx_graph *g, const struct onnx_tensor *from)
{
	struct onnx_tensor *t = allocate(g, 1, sizeof(*t));

	if (!t)
		return NULL;
	*t = *from;
	t->values = allocate(g, t->count, sizeof(float));
	if (!t->values)
		return NULL;
	memcpy(t->values, from->values, t->count * sizeof(float));
	return t;
}

void onnx_node_ints(struct buf *node, struct str name, const int64_t *values, size_t count)
{
	struct buf a;

	buf_init(&a, KIB(4));
	pb_add_bytes(&a, ATTRIBUTE_NAME, name);
	for (size_t i = 0; i < count; i++)
		pb_add_varint(&a, ONNX_INTS, (uint64_t)values[i]);
	pb_add_varint(&a, ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_INTS);
	pb_add_bytes(node, NODE_ATTRIBUTE, buf_str(&a));
	buf_release(&a);
}

void onnx_node_int(struct buf *node, struct str name, int64_t value)
{
	struct buf a;

	buf_init(&a, KIB(4));
	pb_add_bytes(&a, ATTRIBUTE_NAME, name);
	pb_add_varint(&a, ONNX_INT, (uint64_t)value);
	pb_add_varint(&a, ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_INT);
	pb_add_bytes(node, NODE_ATTRIBUTE, buf_str(&a));
	buf_release(&a);
}

void onnx_node_float(struct buf *node, struct str name, float value)
{
	struct buf a;

	buf_init(&a, KIB(4));
	pb_add_bytes(&a, ATTRIBUTE_NAME, name);
	pb_add_float(&a, ONNX_FLOAT, value);
	pb_add_varint(&a, ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_FLOAT);
	pb_add_bytes(node, NODE_ATTRIBUTE, buf_str(&a));
	buf_release(&a);
}

void onnx_node_begin(struct buf *node, struct str op, struct str output, const struct str *inputs, size_t count)
{
	buf_init(node, MIB(16));
	for (size_t i = 0; i < count; i++)
		pb_add_bytes(node, NODE_INPUT, inputs[i]);
	pb_add_bytes(node, NODE_OUTPUT, output);
	pb_add_bytes(node, NODE_NAME, output);
	pb_add_bytes(node, NODE_OP, op);
}

void onnx_node_end(struct onnx_graph *g, struct buf *node, struct buf *graph)
{
	g->failed |= buf_failed(node) != 0;
	pb_add_bytes(graph, GRAPH_NODE, buf_str(node));
	buf_release(node);
}

/* Takes the tensor's message. */
static struct str add_constant_node(struct onnx_graph *g, struct buf *tensor)
{
	struct str name = arena_printf(g->arena, "gleaner/%zu", g->constant_count++);
	struct buf attribute, node;

	buf_init(&attribute, MIB(16));
	pb_add_bytes(&attribute, ATTRIBUTE_NAME, STR("value"));
	pb_add_bytes(&attribute, ONNX_TENSOR, buf_str(tensor));
	pb_add_varint(&attribute, ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_TENSOR);
	onnx_node_begin(&node, STR("Constant"), name, NULL, 0);
	pb_add_bytes(&node, NODE_ATTRIBUTE, buf_str(&attribute));
	g->failed |= buf_failed(tensor) || buf_failed(&attribute) || !name.p;
	onnx_node_end(g, &node, &g->constants);
	buf_release(&attribute);
	buf_release(tensor);
	return name;
}

struct str onnx_add_constant(struct onnx_graph *g, const struct onnx_tensor *t)
{
	struct buf tensor;

	buf_init(&tensor, MIB(16));
	for (size_t i = 0; i < t->dim_count; i++)
		pb_add_varint(&tensor, TENSOR_DIMS, (uint64_t)t->dims[i]);
	pb_add_varint(&tensor, TENSOR_TYPE, TENSOR_TYPE_FLOAT);
	pb_add_bytes(&tensor, TENSOR_RAW, str_of((const char *)t->values, t->count * sizeof(float)));
	return add_constant_node(g, &tensor);
}

struct str onnx_add_shape(struct onnx_graph *g, const int64_t *sizes, size_t count)
{
	struct buf tensor;

	buf_init(&tensor, KIB(4));
	pb_add_varint(&tensor, TENSOR_DIMS, count);
	pb_add_varint(&tensor, TENSOR_TYPE, TENSOR_TYPE_INT64);
	pb_add_bytes(&tensor, TENSOR_RAW, str_of((const char *)sizes, count * sizeof(*sizes)));
	return add_constant_node(g, &tensor);
}

struct str onnx_add_filled(struct onnx_graph *g, int64_t channels, size_t dim_count, float value)
{
	struct onnx_tensor t = { .dims = { channels, 1, 1, 1 },
				 .dim_count = dim_count,
				 .count = dim_count ? (size_t)channels : 1 };

	t.values = allocate(g, t.count, sizeof(float));
	if (!t.values)
		return STR_NULL;
	for (size_t i = 0; i < t.count; i++)
		t.values[i] = value;
	return onnx_add_constant(g, &t);
}

static void release_buf(void *argument)
{
	buf_release(argument);
}

struct buf *onnx_after(struct onnx_graph *g, struct onnx_node *n)
{
	if (n->after)
		return n->after;
	n->after = allocate(g, 1, sizeof(*n->after));
	if (!n->after)
		return NULL;
	buf_init(n->after, MIB(16));
	if (arena_on_release(g->arena, release_buf, n->after) < 0) {
		g->failed = true;
		n->after = NULL;
	}
	return n->after;
}

struct onnx_node *onnx_only_user(const struct onnx_graph *g, struct str name, const char *op)
{
	struct onnx_value *v = map_get(&g->values, name);

	return v && v->user_count == 1 && str_eq_c(v->users[0]->op, op) ? v->users[0] : NULL;
}

struct str onnx_new_name(struct onnx_graph *g, struct str base, const char *suffix)
{
	struct str name = arena_printf(g->arena, STR_FMT "/%s", STR_ARG(base), suffix);

	g->failed |= !name.p;
	return name;
}

struct str onnx_add_node(struct onnx_graph *g, struct buf *after, const char *op, struct str x, struct str y, struct str name)
{
	const struct str inputs[2] = { x, y };
	struct buf node;

	onnx_node_begin(&node, str_c(op), name, inputs, y.p ? 2 : 1);
	onnx_node_end(g, &node, after);
	return name;
}

/* ---- writing ---- */

struct str onnx_current_name(const struct onnx_graph *g, struct str name)
{
	struct onnx_value *v = map_get(&g->values, name);

	return v && v->renamed.p ? v->renamed : name;
}

void onnx_rename(struct onnx_graph *g, struct str name, struct str now)
{
	struct onnx_value *v = map_get(&g->values, name);

	if (v)
		v->renamed = now;
}

static void write_inputs(struct onnx_graph *g, const struct onnx_node *n, struct buf *node)
{
	struct pb_field field;
	size_t input = 0;

	for (struct str rest = n->raw; pb_next(&rest, &field);) {
		if (field.number != NODE_INPUT)
			continue;
		if (input == 1 && n->weights)
			pb_add_bytes(node, NODE_INPUT, onnx_add_constant(g, n->weights));
		else if (input == 2 && n->bias)
			pb_add_bytes(node, NODE_INPUT, onnx_add_constant(g, n->bias));
		else
			pb_add_bytes(node, NODE_INPUT, onnx_current_name(g, field.bytes));
		input++;
	}
	if (n->bias && input == 2)
		pb_add_bytes(node, NODE_INPUT, onnx_add_constant(g, n->bias));
}

static void write_node(struct onnx_graph *g, const struct onnx_node *n, struct buf *graph)
{
	struct buf node;
	struct pb_field field;

	buf_init(&node, MIB(64));
	write_inputs(g, n, &node);
	for (struct str rest = n->raw; pb_next(&rest, &field);)
		if (field.number != NODE_INPUT)
			buf_add_str(&node, field.raw);
	onnx_node_end(g, &node, graph);
}

/* Numbers that no node reads any more, since it was removed or got others, are left out. */
static bool is_read(const struct onnx_graph *g, const struct onnx_node *constant)
{
	const struct onnx_value *v = map_get(&g->values, constant->output);

	if (!v || v->user_count > ONNX_USERS_MAX)
		return true;
	for (size_t i = 0; i < v->user_count; i++) {
		const struct onnx_node *user = v->users[i];
		bool replaced = (user->weights && str_eq(user->inputs[1], constant->output)) ||
				(user->bias && user->input_count > 2 && str_eq(user->inputs[2], constant->output));

		if (!user->removed && !replaced)
			return true;
	}
	return false;
}

/* A value given in or out: floats in four dimensions of any size. */
static void write_value(struct onnx_graph *g, uint32_t number, struct str name, struct buf *graph)
{
	static const char *const sizes[] = { "n", "c", "h", "w" };
	struct buf dim, shape, tensor, type, value;

	buf_init(&shape, KIB(4));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct str size = arena_printf(g->arena, STR_FMT "/%s", STR_ARG(name), sizes[i]);

		buf_init(&dim, KIB(1));
		pb_add_bytes(&dim, DIM_NAME, size);
		pb_add_bytes(&shape, SHAPE_DIM, buf_str(&dim));
		g->failed |= !size.p;
		buf_release(&dim);
	}
	buf_init(&tensor, KIB(8));
	pb_add_varint(&tensor, TYPE_ELEMENT, TENSOR_TYPE_FLOAT);
	pb_add_bytes(&tensor, TYPE_SHAPE, buf_str(&shape));
	buf_init(&type, KIB(8));
	pb_add_bytes(&type, TYPE_TENSOR, buf_str(&tensor));
	buf_init(&value, KIB(16));
	pb_add_bytes(&value, VALUE_NAME, name);
	pb_add_bytes(&value, VALUE_TYPE, buf_str(&type));
	pb_add_bytes(graph, number, buf_str(&value));
	g->failed |= buf_failed(&shape) || buf_failed(&tensor) || buf_failed(&type) || buf_failed(&value);
	buf_release(&value);
	buf_release(&type);
	buf_release(&tensor);
	buf_release(&shape);
}

static struct str name_of(struct str value)
{
	struct pb_field field;

	while (pb_next(&value, &field))
		if (field.number == VALUE_NAME && field.wire == PB_BYTES)
			return field.bytes;
	return STR_NULL;
}

/* The first input and output of the model, where another value has taken their place. */
static bool write_end(struct onnx_graph *g, const struct pb_field *field, struct buf *out)
{
	struct str now = onnx_current_name(g, field->number == GRAPH_INPUT ? g->input : g->output);

	if ((field->number != GRAPH_INPUT && field->number != GRAPH_OUTPUT) || str_eq(name_of(field->bytes), now))
		return false;
	write_value(g, field->number, now, out);
	return true;
}

static void write_graph(struct onnx_graph *g, struct buf *out)
{
	struct buf nodes;
	struct pb_field field;

	buf_init(&nodes, MIB(128));
	for (size_t i = 0; i < g->node_count; i++) {
		if (!g->nodes[i].removed && (!g->nodes[i].constant || is_read(g, &g->nodes[i])))
			write_node(g, &g->nodes[i], &nodes);
		if (g->nodes[i].after)
			buf_add_str(&nodes, buf_str(g->nodes[i].after));
	}
	buf_add_str(out, buf_str(&g->constants));
	buf_add_str(out, buf_str(&nodes));
	for (struct str rest = g->graph; pb_next(&rest, &field);)
		if (field.number != GRAPH_NODE && !write_end(g, &field, out))
			buf_add_str(out, field.raw);
	g->failed |= buf_failed(&nodes) || buf_failed(out);
	buf_release(&nodes);
}

struct str onnx_write(struct onnx_graph *g)
{
	struct str result;
	struct buf graph, out;
	struct pb_field field;

	buf_init(&graph, MIB(128));
	buf_init(&out, MIB(128));
	write_graph(g, &graph);
	for (struct str rest = g->model; pb_next(&rest, &field);)
		if (field.number == MODEL_GRAPH)
			pb_add_bytes(&out, MODEL_GRAPH, buf_str(&graph));
		else
			buf_add_str(&out, field.raw);
	g->failed |= buf_failed(&graph) || buf_failed(&out);
	result = g->failed ? STR_NULL : arena_str(g->arena, buf_str(&out));
	buf_release(&out);
	buf_release(&graph);
	g->failed |= !result.p;
	return result;
}

/* ---- the model ---- */

static uint64_t opset_of(struct str model)
{
	struct pb_field field, part;
	uint64_t version = 0;

	while (pb_next(&model, &field)) {
		bool other = false;
		uint64_t value = 0;

		if (field.number != MODEL_OPSET)
			continue;
		for (struct str rest = field.bytes; pb_next(&rest, &part);) {
			other |= part.number == OPSET_DOMAIN && part.bytes.n > 0;
			if (part.number == OPSET_VERSION)
				value = part.value;
		}
		if (!other)
			version = value;
	}
	return version;
}

static struct str find_graph(struct str model)
{
	struct pb_field field;
	struct str graph = STR_NULL;

	while (pb_next(&model, &field))
		if (field.number == MODEL_GRAPH && field.wire == PB_BYTES)
			graph = field.bytes;
	return model.n == 0 ? graph : STR_NULL;
}

static void find_ends(struct onnx_graph *g)
{
	struct pb_field field;
	struct onnx_value *output;

	for (struct str rest = g->graph; pb_next(&rest, &field);) {
		if (field.number == GRAPH_INPUT && !g->input.p)
			g->input = name_of(field.bytes);
		if (field.number == GRAPH_OUTPUT && !g->output.p)
			g->output = name_of(field.bytes);
	}
	output = map_get(&g->values, g->output);
	if (output)
		output->user_count += ONNX_USERS_MAX + 1;
}

void onnx_read(struct onnx_graph *g, struct arena *a, struct str model)
{
	*g = (struct onnx_graph){ .arena = a, .model = model, .graph = find_graph(model), .opset = opset_of(model) };
	map_init(&g->values);
	buf_init(&g->constants, MIB(64));
	if (!g->graph.p)
		return;
	read_graph(g);
	find_ends(g);
}

void onnx_release(struct onnx_graph *g)
{
	buf_release(&g->constants);
	map_release(&g->values);
}
