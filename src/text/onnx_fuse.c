/* SPDX-License-Identifier: Apache-2.0 */
#include "text/onnx_fuse.h"

#include <math.h>

#include "text/onnx_graph.h"
#include "text/onnx_pyramid.h"

enum { CLIP_INPUTS_SINCE = 11 };

/* The convolution -> scale, offset -> hard-swish -> scale, offset that is looked for. */
struct site {
	struct onnx_node *conv, *scale, *offset;
	struct onnx_node *three, *clip, *product, *sixth; /* hard-swish; NULL when the site has none */
	struct onnx_node *last_scale, *last_offset;       /* NULL where missing */
	float s1, b1, s2, b2;
	struct str end; /* the last value */
};

/* ---- finding ---- */

/* `n` reads `input` and one number. */
static bool has_scalar(struct onnx_graph *g, const struct onnx_node *n, struct str input, float *out)
{
	struct onnx_tensor *t;

	if (n->input_count != 2)
		return false;
	t = onnx_constant(g, n->inputs[str_eq(n->inputs[0], input) ? 1 : 0]);
	if (!t || t->count != 1)
		return false;
	*out = t->values[0];
	return true;
}

static struct onnx_node *scalar_user(struct onnx_graph *g, struct str name, const char *op, float *out)
{
	struct onnx_node *n = onnx_only_user(g, name, op);

	return n && has_scalar(g, n, name, out) ? n : NULL;
}

static bool clips_to_six(struct onnx_graph *g, const struct onnx_node *clip)
{
	struct pb_field low, high;

	if (g->opset < CLIP_INPUTS_SINCE)
		return onnx_attribute(clip->raw, STR("min"), ONNX_FLOAT, &low) && pb_float(&low) == 0 &&
		       onnx_attribute(clip->raw, STR("max"), ONNX_FLOAT, &high) && pb_float(&high) == 6;
	if (clip->input_count != 3)
		return false;
	struct onnx_tensor *least = onnx_constant(g, clip->inputs[1]);
	struct onnx_tensor *most = onnx_constant(g, clip->inputs[2]);

	return least && most && least->count == 1 && most->count == 1 && least->values[0] == 0 && most->values[0] == 6;
}

/* x -> Add 3 -> Clip 0..6 -> Mul x -> Div 6. */
static bool find_hard_swish(struct onnx_graph *g, struct str x, struct site *s)
{
	struct onnx_value *v = map_get(&g->values, x);
	float three = 0, six = 0;

	if (!v || v->user_count != 2)
		return false;
	s->three = v->users[str_eq_c(v->users[0]->op, "Add") ? 0 : 1];
	s->product = v->users[s->three == v->users[0] ? 1 : 0];
	if (!str_eq_c(s->three->op, "Add") || !has_scalar(g, s->three, x, &three) || three != 3 ||
	    !str_eq_c(s->product->op, "Mul"))
		return false;
	s->clip = onnx_only_user(g, s->three->output, "Clip");
	if (!s->clip || !clips_to_six(g, s->clip) || onnx_only_user(g, s->clip->output, "Mul") != s->product)
		return false;
	s->sixth = scalar_user(g, s->product->output, "Div", &six);
	return s->sixth && six == 6 && str_eq(s->sixth->inputs[0], s->product->output);
}

/* A convolution with constant weights and bias, ready to be changed. */
static bool own_numbers(struct onnx_graph *g, struct onnx_node *conv)
{
	struct onnx_tensor *weights, *bias;

	if (conv->weights)
		return true;
	if (!str_eq_c(conv->op, "Conv") || conv->input_count != 3)
		return false;
	weights = onnx_constant(g, conv->inputs[1]);
	bias = onnx_constant(g, conv->inputs[2]);
	if (!weights || !bias || weights->dim_count != 4 || bias->count != (size_t)weights->dims[0])
		return false;
	conv->weights = onnx_tensor_copy(g, weights);
	conv->bias = onnx_tensor_copy(g, bias);
	return conv->weights && conv->bias;
}

static bool find_site(struct onnx_graph *g, struct onnx_node *conv, struct site *s)
{
	*s = (struct site){ .conv = conv, .s2 = 1 };
	s->scale = scalar_user(g, conv->output, "Mul", &s->s1);
	s->offset = s->scale ? scalar_user(g, s->scale->output, "Add", &s->b1) : NULL;
	if (!s->offset)
		return false;
	s->end = s->offset->output;
	if (!find_hard_swish(g, s->end, s)) {
		s->three = NULL;
		return true;
	}
	s->end = s->sixth->output;
	s->last_scale = scalar_user(g, s->end, "Mul", &s->s2);
	if (s->last_scale && !(s->s2 > 0)) { /* the clip's bounds would change places: left alone */
		s->last_scale = NULL;
		s->s2 = 1;
	}
	if (s->last_scale)
		s->end = s->last_scale->output;
	s->last_offset = scalar_user(g, s->end, "Add", &s->b2);
	if (s->last_offset)
		s->end = s->last_offset->output;
	return true;
}

/* ---- writing ---- */

/* factor * x + offset for every channel, as a depthwise convolution by single numbers. */
static struct str add_affine(struct onnx_graph *g, struct buf *after, struct str x, struct str name, int64_t channels,
			     float factor, float offset)
{
	static const int64_t ones[2] = { 1, 1 }, zeros[4] = { 0, 0, 0, 0 };
	struct str inputs[3] = { x, onnx_add_filled(g, channels, 4, factor), onnx_add_filled(g, channels, 1, offset) };
	struct buf node;

	onnx_node_begin(&node, STR("Conv"), name, inputs, 3);
	onnx_node_ints(&node, STR("kernel_shape"), ones, 2);
	onnx_node_ints(&node, STR("strides"), ones, 2);
	onnx_node_ints(&node, STR("dilations"), ones, 2);
	onnx_node_ints(&node, STR("pads"), zeros, 4);
	onnx_node_int(&node, STR("group"), channels);
	onnx_node_end(g, &node, after);
	return name;
}

static struct str add_clip(struct onnx_graph *g, struct buf *after, struct str x, struct str name, float high)
{
	bool by_input = g->opset >= CLIP_INPUTS_SINCE;
	struct str inputs[3] = { x };
	struct buf node;

	if (by_input) {
		inputs[1] = onnx_add_filled(g, 1, 0, 0);
		inputs[2] = onnx_add_filled(g, 1, 0, high);
	}
	onnx_node_begin(&node, STR("Clip"), name, inputs, by_input ? 3 : 1);
	if (!by_input) {
		onnx_node_float(&node, STR("min"), 0);
		onnx_node_float(&node, STR("max"), high);
	}
	onnx_node_end(g, &node, after);
	return name;
}

/* ---- activations ---- */

/* The next convolution takes the offset into its bias: exact where it reads single pixels without padding. */
static bool give_offset_to_next(struct onnx_graph *g, struct str value, float offset)
{
	struct onnx_node *next = onnx_only_user(g, value, "Conv");
	size_t per_channel;

	if (!next || !own_numbers(g, next) || next->weights->dims[2] != 1 || next->weights->dims[3] != 1 ||
	    onnx_attribute_any(next->raw, STR("pads")))
		return false;
	per_channel = next->weights->count / next->bias->count;
	for (size_t c = 0; c < next->bias->count; c++)
		for (size_t i = 0; i < per_channel; i++)
			next->bias->values[c] += offset * next->weights->values[c * per_channel + i];
	return true;
}

static void fold_first_pair(struct site *s)
{
	struct onnx_tensor *weights = s->conv->weights;
	struct onnx_tensor *bias = s->conv->bias;

	for (size_t i = 0; i < weights->count; i++)
		weights->values[i] *= s->s1;
	for (size_t i = 0; i < bias->count; i++)
		bias->values[i] = bias->values[i] * s->s1 + s->b1;
	s->scale->removed = true;
	s->offset->removed = true;
}

static struct str rewrite_activation(struct onnx_graph *g, struct site *s)
{
	struct buf *after = onnx_after(g, s->conv);
	struct str x = s->conv->output;
	int64_t channels = s->conv->weights->dims[0];
	struct str gate;
	struct str out;

	if (!after)
		return x;
	gate = add_affine(g, after, x, onnx_new_name(g, x, "gate"), channels, s->s2 / 6, s->s2 / 2);
	gate = add_clip(g, after, gate, onnx_new_name(g, x, "clip"), s->s2);
	out = onnx_add_node(g, after, "Mul", x, gate, onnx_new_name(g, x, "swish"));
	if (s->last_offset && !give_offset_to_next(g, s->end, s->b2))
		out = add_affine(g, after, out, onnx_new_name(g, x, "offset"), channels, 1, s->b2);
	s->three->removed = s->clip->removed = s->product->removed = s->sixth->removed = true;
	if (s->last_scale)
		s->last_scale->removed = true;
	if (s->last_offset)
		s->last_offset->removed = true;
	return out;
}

static bool fuse_activation(struct onnx_graph *g, struct onnx_node *conv)
{
	struct site s;

	if (!find_site(g, conv, &s) || !own_numbers(g, conv))
		return false;
	fold_first_pair(&s);
	onnx_rename(g, s.end, s.three ? rewrite_activation(g, &s) : conv->output);
	return s.three != NULL;
}

/* ---- transposed convolutions ---- */

/* What a batch normalization does to each channel: factor * x + offset. */
static bool read_normalization(struct onnx_graph *g, const struct onnx_node *n, size_t channels, struct onnx_tensor *factor,
			       struct onnx_tensor *offset)
{
	const struct onnx_tensor *t[4];
	struct pb_field field;
	float epsilon = 1e-5f; /* the operator's default */

	for (int i = 0; i < 4; i++) {
		t[i] = onnx_constant(g, n->inputs[i + 1]);
		if (!t[i] || t[i]->count != channels)
			return false;
	}
	if (onnx_attribute(n->raw, STR("epsilon"), ONNX_FLOAT, &field))
		epsilon = pb_float(&field);
	for (size_t c = 0; c < channels; c++) {
		factor->values[c] = t[0]->values[c] / sqrtf(t[3]->values[c] + epsilon);
		offset->values[c] = t[1]->values[c] - t[2]->values[c] * factor->values[c];
	}
	return true;
}

/* ConvTranspose -> Add, one number a channel -> BatchNormalization: all in the first one's weights and bias. */
static void fuse_transposed(struct onnx_graph *g, struct onnx_node *conv)
{
	struct onnx_tensor *weights = conv->input_count == 2 ? onnx_constant(g, conv->inputs[1]) : NULL;
	struct onnx_node *sum = weights ? onnx_only_user(g, conv->output, "Add") : NULL;
	struct onnx_node *normal = sum ? onnx_only_user(g, sum->output, "BatchNormalization") : NULL;
	struct onnx_tensor *bias = sum ? onnx_constant(g, sum->inputs[str_eq(sum->inputs[0], conv->output) ? 1 : 0]) : NULL;
	struct onnx_tensor *factor, *offset;
	size_t channels, area;

	if (!normal || !bias || weights->dim_count != 4 || bias->count != (size_t)weights->dims[1])
		return;
	channels = bias->count;
	area = (size_t)(weights->dims[2] * weights->dims[3]);
	factor = onnx_tensor_copy(g, bias);
	offset = onnx_tensor_copy(g, bias);
	weights = onnx_tensor_copy(g, weights);
	if (!factor || !offset || !weights || !read_normalization(g, normal, channels, factor, offset))
		return;
	for (size_t i = 0; i < weights->count; i++)
		weights->values[i] *= factor->values[i / area % channels];
	for (size_t c = 0; c < channels; c++)
		offset->values[c] += bias->values[c] * factor->values[c];
	offset->dims[0] = (int64_t)channels;
	offset->dim_count = 1;
	conv->weights = weights;
	conv->bias = offset;
	sum->removed = normal->removed = true;
	onnx_rename(g, normal->output, conv->output);
}

static size_t fuse_nodes(struct onnx_graph *g)
{
	size_t activations = 0;

	for (size_t i = 0; i < g->node_count && !g->failed; i++) {
		struct onnx_node *n = &g->nodes[i];

		if (str_eq_c(n->op, "Conv"))
			activations += fuse_activation(g, n);
		else if (str_eq_c(n->op, "HardSigmoid"))
			onnx_pyramid_level(g, n);
		else if (str_eq_c(n->op, "Concat"))
			onnx_pyramid_join(g, n);
		else if (str_eq_c(n->op, "ConvTranspose"))
			fuse_transposed(g, n);
	}
	return activations;
}

int onnx_fuse(struct arena *a, struct str model, struct str *fused, size_t *count, struct error *err)
{
	struct onnx_graph g;
	size_t activations = 0;
	bool failed;

	onnx_read(&g, a, model);
	if (g.node_count > 0) {
		activations = fuse_nodes(&g);
		model = onnx_write(&g);
	}
	failed = g.failed || arena_failed(a);
	onnx_release(&g);
	if (failed)
		return error_set(err, ERR_NO_MEMORY, "no memory to prepare a model");
	*fused = model;
	if (count)
		*count = activations;
	return 0;
}
