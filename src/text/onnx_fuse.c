/* SPDX-License-Identifier: Apache-2.0 */
#include "text/onnx_fuse.h"

#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/map.h"
#include "text/protobuf.h"

/* Field numbers of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3). */
enum {
	MODEL_GRAPH = 7,
	MODEL_OPSET = 8,
	OPSET_DOMAIN = 1,
	OPSET_VERSION = 2,
	GRAPH_NODE = 1,
	NODE_INPUT = 1,
	NODE_OUTPUT = 2,
	NODE_NAME = 3,
	NODE_OP = 4,
	NODE_ATTRIBUTE = 5,
	ATTRIBUTE_NAME = 1,
	ATTRIBUTE_FLOAT = 2,
	ATTRIBUTE_INT = 3,
	ATTRIBUTE_TENSOR = 5,
	ATTRIBUTE_INTS = 8,
	ATTRIBUTE_TYPE = 20,
	ATTRIBUTE_TYPE_FLOAT = 1,
	ATTRIBUTE_TYPE_INT = 2,
	ATTRIBUTE_TYPE_TENSOR = 4,
	ATTRIBUTE_TYPE_INTS = 7,
	TENSOR_DIMS = 1,
	TENSOR_TYPE = 2,
	TENSOR_FLOATS = 4,
	TENSOR_NAME = 8,
	TENSOR_RAW = 9,
	TENSOR_TYPE_FLOAT = 1,
};

enum { INPUTS_MAX = 4, USERS_MAX = 4, DIMS_MAX = 4, CLIP_INPUTS_SINCE = 11 };

struct tensor {
	int64_t dims[DIMS_MAX];
	size_t dim_count;
	float *values; /* in the arena */
	size_t count;
};

struct node {
	struct str raw; /* the message */
	struct str op, output;
	struct str inputs[INPUTS_MAX];
	size_t input_count;      /* may be larger than INPUTS_MAX */
	struct tensor *constant; /* of a Constant node of floats */
	bool removed;
	/* Convolutions whose numbers changed. */
	struct tensor *weights, *bias;
	struct buf *after; /* new nodes that follow this one; NULL: none */
};

/* Who reads a value. */
struct value {
	struct node *maker;
	struct node *users[USERS_MAX];
	size_t user_count;  /* may be larger than USERS_MAX */
	struct str renamed; /* what its users read instead; absent: itself */
};

struct fusion {
	struct arena *arena;
	struct node *nodes;
	size_t node_count;
	struct map values; /* name -> struct value */
	uint64_t opset;
	struct buf constants; /* new Constant nodes, as graph fields */
	size_t constant_count, activation_count;
	bool failed;
};

/* The convolution -> scale, offset -> hard-swish -> scale, offset that is looked for. */
struct site {
	struct node *conv, *scale, *offset;
	struct node *three, *clip, *product, *sixth; /* hard-swish; NULL when the site has none */
	struct node *last_scale, *last_offset;       /* NULL where missing */
	float s1, b1, s2, b2;
	struct str end; /* the last value */
};

/* ---- reading ---- */

static void *allocate(struct fusion *f, size_t count, size_t size)
{
	void *p = arena_alloc_array(f->arena, count ? count : 1, size);

	f->failed |= p == NULL;
	return p;
}

static void read_floats(struct fusion *f, struct tensor *t, struct str bytes)
{
	t->count = bytes.n / sizeof(float);
	t->values = allocate(f, t->count, sizeof(float));
	if (t->values)
		memcpy(t->values, bytes.p, t->count * sizeof(float)); /* both are little-endian */
}

static struct tensor *read_tensor(struct fusion *f, struct str message)
{
	struct tensor *t = allocate(f, 1, sizeof(*t));
	struct pb_field field;
	uint64_t type = 0;
	size_t expected = 1;

	while (t && pb_next(&message, &field)) {
		if (field.number == TENSOR_DIMS && field.wire == PB_VARINT && t->dim_count < DIMS_MAX)
			t->dims[t->dim_count++] = (int64_t)field.value;
		else if (field.number == TENSOR_DIMS)
			return NULL; /* packed, or too many: not what exporters of these models write */
		else if (field.number == TENSOR_TYPE)
			type = field.value;
		else if ((field.number == TENSOR_RAW || field.number == TENSOR_FLOATS) && field.wire == PB_BYTES)
			read_floats(f, t, field.bytes);
	}
	if (!t || type != TENSOR_TYPE_FLOAT || !t->values)
		return NULL;
	for (size_t i = 0; i < t->dim_count; i++)
		if (t->dims[i] < 1 || __builtin_mul_overflow(expected, (size_t)t->dims[i], &expected))
			return NULL;
	return expected == t->count ? t : NULL;
}

/* The attribute `name` of a node. */
static bool find_attribute(struct str node, struct str name, uint32_t wanted, struct pb_field *out)
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

static void read_node(struct fusion *f, struct node *n, struct str message)
{
	struct pb_field field;

	*n = (struct node){ .raw = message };
	while (pb_next(&message, &field)) {
		if (field.number == NODE_INPUT && n->input_count++ < INPUTS_MAX)
			n->inputs[n->input_count - 1] = field.bytes;
		else if (field.number == NODE_OUTPUT && !n->output.p)
			n->output = field.bytes;
		else if (field.number == NODE_OP)
			n->op = field.bytes;
	}
	if (str_eq_c(n->op, "Constant") && find_attribute(n->raw, STR("value"), ATTRIBUTE_TENSOR, &field))
		n->constant = read_tensor(f, field.bytes);
}

static struct value *value_of(struct fusion *f, struct str name)
{
	struct value *v = map_get(&f->values, name);

	if (v)
		return v;
	v = allocate(f, 1, sizeof(*v));
	if (v && map_put(&f->values, name, v, NULL) < 0)
		f->failed = true;
	return v;
}

static void link_node(struct fusion *f, struct node *n)
{
	struct pb_field field;
	struct value *made = value_of(f, n->output);

	if (made)
		made->maker = n;
	for (struct str rest = n->raw; pb_next(&rest, &field);) {
		struct value *v = field.number == NODE_INPUT ? value_of(f, field.bytes) : NULL;

		if (v && v->user_count++ < USERS_MAX)
			v->users[v->user_count - 1] = n;
	}
}

static void read_graph(struct fusion *f, struct str graph)
{
	struct pb_field field;
	size_t count = 0;

	for (struct str rest = graph; pb_next(&rest, &field);)
		count += field.number == GRAPH_NODE;
	f->nodes = allocate(f, count, sizeof(*f->nodes));
	for (struct str rest = graph; f->nodes && pb_next(&rest, &field);)
		if (field.number == GRAPH_NODE)
			read_node(f, &f->nodes[f->node_count++], field.bytes);
	for (size_t i = 0; i < f->node_count && !f->failed; i++)
		link_node(f, &f->nodes[i]);
}

/* ---- finding ---- */

/* The constant behind a name, NULL when it is none. */
static struct tensor *constant_of(struct fusion *f, struct str name)
{
	struct value *v = map_get(&f->values, name);

	return v && v->maker ? v->maker->constant : NULL;
}

/* `n` reads `input` and one number. */
static bool has_scalar(struct fusion *f, const struct node *n, struct str input, float *out)
{
	struct tensor *t;

	if (n->input_count != 2)
		return false;
	t = constant_of(f, n->inputs[str_eq(n->inputs[0], input) ? 1 : 0]);
	if (!t || t->count != 1)
		return false;
	*out = t->values[0];
	return true;
}

/* The only user of a value, when it is an `op`. */
static struct node *only_user(struct fusion *f, struct str name, const char *op)
{
	struct value *v = map_get(&f->values, name);

	return v && v->user_count == 1 && str_eq_c(v->users[0]->op, op) ? v->users[0] : NULL;
}

static struct node *scalar_user(struct fusion *f, struct str name, const char *op, float *out)
{
	struct node *n = only_user(f, name, op);

	return n && has_scalar(f, n, name, out) ? n : NULL;
}

static bool clips_to_six(struct fusion *f, const struct node *clip)
{
	struct pb_field low, high;

	if (f->opset < CLIP_INPUTS_SINCE)
		return find_attribute(clip->raw, STR("min"), ATTRIBUTE_FLOAT, &low) && pb_float(&low) == 0 &&
		       find_attribute(clip->raw, STR("max"), ATTRIBUTE_FLOAT, &high) && pb_float(&high) == 6;
	if (clip->input_count != 3)
		return false;
	struct tensor *least = constant_of(f, clip->inputs[1]);
	struct tensor *most = constant_of(f, clip->inputs[2]);

	return least && most && least->count == 1 && most->count == 1 && least->values[0] == 0 && most->values[0] == 6;
}

/* x -> Add 3 -> Clip 0..6 -> Mul x -> Div 6. */
static bool find_hard_swish(struct fusion *f, struct str x, struct site *s)
{
	struct value *v = map_get(&f->values, x);
	float three = 0, six = 0;

	if (!v || v->user_count != 2)
		return false;
	s->three = v->users[str_eq_c(v->users[0]->op, "Add") ? 0 : 1];
	s->product = v->users[s->three == v->users[0] ? 1 : 0];
	if (!str_eq_c(s->three->op, "Add") || !has_scalar(f, s->three, x, &three) || three != 3 ||
	    !str_eq_c(s->product->op, "Mul"))
		return false;
	s->clip = only_user(f, s->three->output, "Clip");
	if (!s->clip || !clips_to_six(f, s->clip) || only_user(f, s->clip->output, "Mul") != s->product)
		return false;
	s->sixth = scalar_user(f, s->product->output, "Div", &six);
	return s->sixth && six == 6 && str_eq(s->sixth->inputs[0], s->product->output);
}

static struct tensor *copy_tensor(struct fusion *f, const struct tensor *from)
{
	struct tensor *t = allocate(f, 1, sizeof(*t));

	if (!t)
		return NULL;
	*t = *from;
	t->values = allocate(f, t->count, sizeof(float));
	if (!t->values)
		return NULL;
	memcpy(t->values, from->values, t->count * sizeof(float));
	return t;
}

/* A convolution with constant weights and bias, ready to be changed. */
static bool own_numbers(struct fusion *f, struct node *conv)
{
	struct tensor *weights, *bias;

	if (conv->weights)
		return true;
	if (!str_eq_c(conv->op, "Conv") || conv->input_count != 3)
		return false;
	weights = constant_of(f, conv->inputs[1]);
	bias = constant_of(f, conv->inputs[2]);
	if (!weights || !bias || weights->dim_count != 4 || bias->count != (size_t)weights->dims[0])
		return false;
	conv->weights = copy_tensor(f, weights);
	conv->bias = copy_tensor(f, bias);
	return conv->weights && conv->bias;
}

static bool find_site(struct fusion *f, struct node *conv, struct site *s)
{
	*s = (struct site){ .conv = conv, .s2 = 1 };
	s->scale = scalar_user(f, conv->output, "Mul", &s->s1);
	s->offset = s->scale ? scalar_user(f, s->scale->output, "Add", &s->b1) : NULL;
	if (!s->offset)
		return false;
	s->end = s->offset->output;
	if (!find_hard_swish(f, s->end, s)) {
		s->three = NULL;
		return true;
	}
	s->end = s->sixth->output;
	s->last_scale = scalar_user(f, s->end, "Mul", &s->s2);
	if (s->last_scale && !(s->s2 > 0)) { /* the clip's bounds would change places: left alone */
		s->last_scale = NULL;
		s->s2 = 1;
	}
	if (s->last_scale)
		s->end = s->last_scale->output;
	s->last_offset = scalar_user(f, s->end, "Add", &s->b2);
	if (s->last_offset)
		s->end = s->last_offset->output;
	return true;
}

/* ---- writing ---- */

static void add_attribute_ints(struct buf *node, struct str name, const int64_t *values, size_t count)
{
	struct buf a;

	buf_init(&a, KIB(4));
	pb_add_bytes(&a, ATTRIBUTE_NAME, name);
	for (size_t i = 0; i < count; i++)
		pb_add_varint(&a, ATTRIBUTE_INTS, (uint64_t)values[i]);
	pb_add_varint(&a, ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_INTS);
	pb_add_bytes(node, NODE_ATTRIBUTE, buf_str(&a));
	buf_release(&a);
}

static void add_attribute_int(struct buf *node, struct str name, int64_t value)
{
	struct buf a;

	buf_init(&a, KIB(4));
	pb_add_bytes(&a, ATTRIBUTE_NAME, name);
	pb_add_varint(&a, ATTRIBUTE_INT, (uint64_t)value);
	pb_add_varint(&a, ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_INT);
	pb_add_bytes(node, NODE_ATTRIBUTE, buf_str(&a));
	buf_release(&a);
}

static void add_attribute_float(struct buf *node, struct str name, float value)
{
	struct buf a;

	buf_init(&a, KIB(4));
	pb_add_bytes(&a, ATTRIBUTE_NAME, name);
	pb_add_float(&a, ATTRIBUTE_FLOAT, value);
	pb_add_varint(&a, ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_FLOAT);
	pb_add_bytes(node, NODE_ATTRIBUTE, buf_str(&a));
	buf_release(&a);
}

static void begin_node(struct buf *node, struct str op, struct str output, const struct str *inputs, size_t count)
{
	buf_init(node, MIB(16));
	for (size_t i = 0; i < count; i++)
		pb_add_bytes(node, NODE_INPUT, inputs[i]);
	pb_add_bytes(node, NODE_OUTPUT, output);
	pb_add_bytes(node, NODE_NAME, output);
	pb_add_bytes(node, NODE_OP, op);
}

/* Closes the node as a field of the graph. */
static void end_node(struct fusion *f, struct buf *node, struct buf *graph)
{
	f->failed |= buf_failed(node) != 0;
	pb_add_bytes(graph, GRAPH_NODE, buf_str(node));
	buf_release(node);
}

static struct str new_name(struct fusion *f, struct str base, const char *suffix)
{
	struct str name = arena_printf(f->arena, STR_FMT "/%s", STR_ARG(base), suffix);

	f->failed |= !name.p;
	return name;
}

/* A new Constant node; returns the name of its value. */
static struct str add_constant(struct fusion *f, const struct tensor *t)
{
	struct str name = arena_printf(f->arena, "gleaner/%zu", f->constant_count++);
	struct buf tensor, attribute, node;

	buf_init(&tensor, MIB(16));
	for (size_t i = 0; i < t->dim_count; i++)
		pb_add_varint(&tensor, TENSOR_DIMS, (uint64_t)t->dims[i]);
	pb_add_varint(&tensor, TENSOR_TYPE, TENSOR_TYPE_FLOAT);
	pb_add_bytes(&tensor, TENSOR_RAW, str_of((const char *)t->values, t->count * sizeof(float)));
	buf_init(&attribute, MIB(16));
	pb_add_bytes(&attribute, ATTRIBUTE_NAME, STR("value"));
	pb_add_bytes(&attribute, ATTRIBUTE_TENSOR, buf_str(&tensor));
	pb_add_varint(&attribute, ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_TENSOR);
	begin_node(&node, STR("Constant"), name, NULL, 0);
	pb_add_bytes(&node, NODE_ATTRIBUTE, buf_str(&attribute));
	f->failed |= buf_failed(&tensor) || buf_failed(&attribute) || !name.p;
	end_node(f, &node, &f->constants);
	buf_release(&attribute);
	buf_release(&tensor);
	return name;
}

static struct str add_filled(struct fusion *f, int64_t channels, size_t dim_count, float value)
{
	struct tensor t = { .dims = { channels, 1, 1, 1 }, .dim_count = dim_count, .count = dim_count ? (size_t)channels : 1 };

	t.values = allocate(f, t.count, sizeof(float));
	if (!t.values)
		return STR_NULL;
	for (size_t i = 0; i < t.count; i++)
		t.values[i] = value;
	return add_constant(f, &t);
}

/* factor * x + offset for every channel, as a depthwise convolution by single numbers. */
static struct str add_affine(struct fusion *f, struct buf *after, struct str x, struct str name, int64_t channels, float factor,
			     float offset)
{
	static const int64_t ones[2] = { 1, 1 }, zeros[4] = { 0, 0, 0, 0 };
	struct str inputs[3] = { x, add_filled(f, channels, 4, factor), add_filled(f, channels, 1, offset) };
	struct buf node;

	begin_node(&node, STR("Conv"), name, inputs, 3);
	add_attribute_ints(&node, STR("kernel_shape"), ones, 2);
	add_attribute_ints(&node, STR("strides"), ones, 2);
	add_attribute_ints(&node, STR("dilations"), ones, 2);
	add_attribute_ints(&node, STR("pads"), zeros, 4);
	add_attribute_int(&node, STR("group"), channels);
	end_node(f, &node, after);
	return name;
}

static struct str add_clip(struct fusion *f, struct buf *after, struct str x, struct str name, float high)
{
	bool by_input = f->opset >= CLIP_INPUTS_SINCE;
	struct str inputs[3] = { x };
	struct buf node;

	if (by_input) {
		inputs[1] = add_filled(f, 1, 0, 0);
		inputs[2] = add_filled(f, 1, 0, high);
	}
	begin_node(&node, STR("Clip"), name, inputs, by_input ? 3 : 1);
	if (!by_input) {
		add_attribute_float(&node, STR("min"), 0);
		add_attribute_float(&node, STR("max"), high);
	}
	end_node(f, &node, after);
	return name;
}

static struct str add_product(struct fusion *f, struct buf *after, struct str x, struct str y, struct str name)
{
	const struct str inputs[2] = { x, y };
	struct buf node;

	begin_node(&node, STR("Mul"), name, inputs, 2);
	end_node(f, &node, after);
	return name;
}

static void release_buf(void *argument)
{
	buf_release(argument);
}

static struct buf *nodes_after(struct fusion *f, struct node *n)
{
	if (n->after)
		return n->after;
	n->after = allocate(f, 1, sizeof(*n->after));
	if (!n->after)
		return NULL;
	buf_init(n->after, MIB(16));
	if (arena_on_release(f->arena, release_buf, n->after) < 0) {
		f->failed = true;
		n->after = NULL;
	}
	return n->after;
}

/* ---- fusing ---- */

static bool has_padding(const struct node *conv)
{
	struct pb_field field, part;
	bool padded = false;

	for (struct str node = conv->raw; pb_next(&node, &field);) {
		bool pads = false;
		bool any = false;

		if (field.number != NODE_ATTRIBUTE)
			continue;
		for (struct str attribute = field.bytes; pb_next(&attribute, &part);) {
			pads |= part.number == ATTRIBUTE_NAME && str_eq_c(part.bytes, "pads");
			any |= part.number == ATTRIBUTE_INTS && (part.wire != PB_VARINT || part.value != 0);
		}
		padded |= pads && any;
	}
	return padded;
}

/* The next convolution takes the offset into its bias: exact where it reads single pixels without padding. */
static bool give_offset_to_next(struct fusion *f, struct str value, float offset)
{
	struct node *next = only_user(f, value, "Conv");
	size_t per_channel;

	if (!next || !own_numbers(f, next) || next->weights->dims[2] != 1 || next->weights->dims[3] != 1 || has_padding(next))
		return false;
	per_channel = next->weights->count / next->bias->count;
	for (size_t c = 0; c < next->bias->count; c++)
		for (size_t i = 0; i < per_channel; i++)
			next->bias->values[c] += offset * next->weights->values[c * per_channel + i];
	return true;
}

static void fold_first_pair(struct site *s)
{
	struct tensor *weights = s->conv->weights;
	struct tensor *bias = s->conv->bias;

	for (size_t i = 0; i < weights->count; i++)
		weights->values[i] *= s->s1;
	for (size_t i = 0; i < bias->count; i++)
		bias->values[i] = bias->values[i] * s->s1 + s->b1;
	s->scale->removed = true;
	s->offset->removed = true;
}

static struct str rewrite_activation(struct fusion *f, struct site *s)
{
	struct buf *after = nodes_after(f, s->conv);
	struct str x = s->conv->output;
	int64_t channels = s->conv->weights->dims[0];
	struct str gate;
	struct str out;

	if (!after)
		return x;
	gate = add_affine(f, after, x, new_name(f, x, "gate"), channels, s->s2 / 6, s->s2 / 2);
	gate = add_clip(f, after, gate, new_name(f, x, "clip"), s->s2);
	out = add_product(f, after, x, gate, new_name(f, x, "swish"));
	if (s->last_offset && !give_offset_to_next(f, s->end, s->b2))
		out = add_affine(f, after, out, new_name(f, x, "offset"), channels, 1, s->b2);
	s->three->removed = s->clip->removed = s->product->removed = s->sixth->removed = true;
	if (s->last_scale)
		s->last_scale->removed = true;
	if (s->last_offset)
		s->last_offset->removed = true;
	f->activation_count++;
	return out;
}

static void fuse_nodes(struct fusion *f)
{
	for (size_t i = 0; i < f->node_count && !f->failed; i++) {
		struct node *conv = &f->nodes[i];
		struct site s;
		struct value *end;

		if (!str_eq_c(conv->op, "Conv") || !find_site(f, conv, &s) || !own_numbers(f, conv))
			continue;
		fold_first_pair(&s);
		end = map_get(&f->values, s.end);
		end->renamed = s.three ? rewrite_activation(f, &s) : conv->output;
	}
}

/* ---- the new model ---- */

static struct str input_name(struct fusion *f, const struct node *n, size_t index, struct str name)
{
	struct value *v = map_get(&f->values, name);

	if (n->weights && index == 1)
		return add_constant(f, n->weights);
	if (n->weights && index == 2)
		return add_constant(f, n->bias);
	return v && v->renamed.p ? v->renamed : name;
}

static void write_node(struct fusion *f, const struct node *n, struct buf *graph)
{
	struct buf node;
	struct pb_field field;
	size_t input = 0;

	buf_init(&node, MIB(64));
	for (struct str rest = n->raw; pb_next(&rest, &field);) {
		if (field.number == NODE_INPUT)
			pb_add_bytes(&node, NODE_INPUT, input_name(f, n, input++, field.bytes));
		else
			buf_add_str(&node, field.raw);
	}
	end_node(f, &node, graph);
	if (n->after)
		buf_add_str(graph, buf_str(n->after));
}

static void write_graph(struct fusion *f, struct str graph, struct buf *out)
{
	struct buf nodes;
	struct pb_field field;

	buf_init(&nodes, MIB(128));
	for (size_t i = 0; i < f->node_count; i++)
		if (!f->nodes[i].removed)
			write_node(f, &f->nodes[i], &nodes);
	buf_add_str(out, buf_str(&f->constants));
	buf_add_str(out, buf_str(&nodes));
	for (struct str rest = graph; pb_next(&rest, &field);)
		if (field.number != GRAPH_NODE)
			buf_add_str(out, field.raw);
	f->failed |= buf_failed(&nodes) || buf_failed(out);
	buf_release(&nodes);
}

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

static void write_model(struct fusion *f, struct str model, struct str graph, struct buf *out)
{
	struct buf new_graph;
	struct pb_field field;

	buf_init(&new_graph, MIB(128));
	write_graph(f, graph, &new_graph);
	for (struct str rest = model; pb_next(&rest, &field);)
		if (field.number == MODEL_GRAPH)
			pb_add_bytes(out, MODEL_GRAPH, buf_str(&new_graph));
		else
			buf_add_str(out, field.raw);
	f->failed |= buf_failed(&new_graph) || buf_failed(out);
	buf_release(&new_graph);
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

int onnx_fuse(struct arena *a, struct str model, struct str *fused, size_t *count, struct error *err)
{
	struct fusion f = { .arena = a, .opset = opset_of(model) };
	struct str graph = find_graph(model);
	struct str result = model;
	struct buf out;

	map_init(&f.values);
	buf_init(&f.constants, MIB(64));
	buf_init(&out, MIB(128));
	if (graph.p) {
		read_graph(&f, graph);
		fuse_nodes(&f);
		if (!f.failed && f.activation_count > 0) {
			write_model(&f, model, graph, &out);
			result = arena_str(a, buf_str(&out));
		}
	}
	f.failed |= !result.p || arena_failed(a);
	buf_release(&out);
	buf_release(&f.constants);
	map_release(&f.values);
	if (f.failed)
		return error_set(err, ERR_NO_MEMORY, "no memory to prepare a model");
	*fused = result;
	if (count)
		*count = f.activation_count;
	return 0;
}
