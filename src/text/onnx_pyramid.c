/* SPDX-License-Identifier: Apache-2.0 */
#include "text/onnx_pyramid.h"

enum { KERNEL = 3, TAPS = KERNEL * KERNEL, SCALE_MAX = 8, JOINED_MAX = 4, CHAIN_MAX = 4, HALF = 2 };

/* A level's input: x = W y, gate of x's mean, x + x * gate. */
struct gated {
	struct onnx_node *conv, *mean, *gate, *product, *sum;
	struct onnx_tensor *weights; /* W: rows, columns, 1, 1; NULL where x is no such product */
};

/* The finest level: V over the sum of the gated value and of a smaller one enlarged. */
struct finest {
	struct onnx_node *sum, *resize, *conv;
	struct onnx_tensor *weights; /* V: outputs, rows of W, 3, 3 */
};

/* ---- finding ---- */

static struct str other_input(const struct onnx_node *n, struct str name)
{
	return n->inputs[str_eq(n->inputs[0], name) ? 1 : 0];
}

static struct onnx_node *user_of(const struct onnx_value *v, const char *op)
{
	for (size_t i = 0; v && i < v->user_count && i < ONNX_USERS_MAX; i++)
		if (v->users[i] && str_eq_c(v->users[i]->op, op))
			return v->users[i];
	return NULL;
}

/* The weights of a convolution without a bias that reads squares of `kernel` pixels. */
static struct onnx_tensor *weights_of(struct onnx_graph *g, const struct onnx_node *conv, int64_t kernel)
{
	struct onnx_tensor *t = str_eq_c(conv->op, "Conv") && conv->input_count == 2 ? onnx_constant(g, conv->inputs[1]) : NULL;

	return t && t->dim_count == 4 && t->dims[2] == kernel && t->dims[3] == kernel ? t : NULL;
}

static bool find_gated(struct onnx_graph *g, struct onnx_node *gate, struct gated *s)
{
	struct onnx_value *x;

	*s = (struct gated){ .gate = gate, .product = onnx_only_user(g, gate->output, "Mul") };
	s->sum = s->product ? onnx_only_user(g, s->product->output, "Add") : NULL;
	x = s->sum ? map_get(&g->values, other_input(s->product, gate->output)) : NULL;
	s->conv = x ? x->maker : NULL;
	s->mean = user_of(x, "GlobalAveragePool");
	if (!s->conv || !s->mean || x->user_count != 3 || !str_eq(other_input(s->sum, s->product->output), s->conv->output))
		return false;
	s->weights = onnx_attribute_any(s->conv->raw, STR("pads")) ? NULL : weights_of(g, s->conv, 1);
	return true;
}

/* How many times a Resize enlarges both sides; 0 when that is no small whole number. */
static int scale_of(struct onnx_graph *g, const struct onnx_node *resize)
{
	const struct onnx_tensor *t = resize->input_count == 3 ? onnx_constant(g, resize->inputs[2]) : NULL;

	if (!t || t->count != 4 || t->values[0] != 1 || t->values[1] != 1 || t->values[2] != t->values[3])
		return 0;
	for (int scale = 1; scale <= SCALE_MAX; scale++)
		if (t->values[2] == (float)scale)
			return scale;
	return 0;
}

/* The convolution by squares of pixels that alone reads a value. */
static struct onnx_node *square_of(struct onnx_graph *g, struct str name, struct onnx_tensor **weights)
{
	struct onnx_node *conv = onnx_only_user(g, name, "Conv");

	*weights = conv && onnx_attribute_any(conv->raw, STR("pads")) ? weights_of(g, conv, KERNEL) : NULL;
	return *weights ? conv : NULL;
}

/* The Resize that makes a value for one reader only. */
static struct onnx_node *resize_of(struct onnx_graph *g, struct str name)
{
	const struct onnx_value *v = map_get(&g->values, name);

	return v && v->user_count == 1 && v->maker && str_eq_c(v->maker->op, "Resize") && scale_of(g, v->maker) ? v->maker : NULL;
}

static bool find_finest(struct onnx_graph *g, const struct gated *s, struct finest *f)
{
	*f = (struct finest){ .sum = onnx_only_user(g, s->sum->output, "Add") };
	f->conv = f->sum ? square_of(g, f->sum->output, &f->weights) : NULL;
	f->resize = f->conv ? resize_of(g, other_input(f->sum, s->sum->output)) : NULL;
	return f->resize && f->weights->dims[1] == s->weights->dims[0];
}

/* ---- numbers ---- */

/* V as a matrix: a row for each output and place, a column for each row of W. */
static struct str add_taps(struct onnx_graph *g, const struct onnx_tensor *v)
{
	struct onnx_tensor *t = onnx_tensor_copy(g, v);
	size_t outputs = (size_t)v->dims[0];
	size_t rows = (size_t)v->dims[1];

	if (!t)
		return STR_NULL;
	for (size_t o = 0; o < outputs; o++)
		for (size_t r = 0; r < rows; r++)
			for (size_t k = 0; k < TAPS; k++)
				t->values[(o * TAPS + k) * rows + r] = v->values[(o * rows + r) * TAPS + k];
	t->dims[0] = v->dims[0] * TAPS;
	t->dims[1] = v->dims[1];
	t->dim_count = 2;
	return onnx_add_constant(g, t);
}

/* The pixel of the smaller image, -1 to 1 from the one that becomes the square, that tap `k` of a kernel sees from `place` in it.
 */
static int source_of(int place, int k, int scale)
{
	int at = place + k - 1;

	return at < 0 ? -1 : at / scale;
}

/* V as kernels over the smaller image: as many output channels more as there are places in the square. */
static struct str add_places(struct onnx_graph *g, const struct onnx_tensor *v, int scale)
{
	struct onnx_tensor larger = *v;
	size_t kernels = (size_t)(v->dims[0] * v->dims[1]);
	int places = scale * scale;

	larger.count = v->count * (size_t)places;
	larger.dims[0] = v->dims[0] * places;
	larger.values = arena_alloc_array(g->arena, larger.count, sizeof(float));
	g->failed |= !larger.values;
	if (!larger.values)
		return STR_NULL;
	memset(larger.values, 0, larger.count * sizeof(float));
	for (int place = 0; place < places; place++)
		for (size_t i = 0; i < kernels; i++)
			for (int k = 0; k < TAPS; k++) {
				int y = source_of(place / scale, k / KERNEL, scale) + 1;
				int x = source_of(place % scale, k % KERNEL, scale) + 1;

				larger.values[((size_t)place * kernels + i) * TAPS + (size_t)(y * KERNEL + x)] +=
					v->values[i * TAPS + (size_t)k];
			}
	return onnx_add_constant(g, &larger);
}

/* The kernels of V that read the channels [first, first + count). */
static struct onnx_tensor *channels_of(struct onnx_graph *g, const struct onnx_tensor *v, size_t first, size_t count)
{
	struct onnx_tensor *t = onnx_tensor_copy(g, v);
	size_t outputs = (size_t)v->dims[0];
	size_t rows = (size_t)v->dims[1];

	if (!t)
		return NULL;
	for (size_t o = 0; o < outputs; o++)
		memcpy(t->values + o * count * TAPS, v->values + (o * rows + first) * TAPS, count * TAPS * sizeof(float));
	t->dims[1] = (int64_t)count;
	t->count = outputs * count * TAPS;
	return t;
}

/* ---- rewriting ---- */

static struct str add_padded(struct onnx_graph *g, struct buf *after, struct str x, struct str weights, struct str name)
{
	static const int64_t ones[4] = { 1, 1, 1, 1 }, sides[2] = { KERNEL, KERNEL };
	const struct str inputs[2] = { x, weights };
	struct buf node;

	onnx_node_begin(&node, STR("Conv"), name, inputs, 2);
	onnx_node_ints(&node, STR("kernel_shape"), sides, 2);
	onnx_node_ints(&node, STR("pads"), ones, 4);
	onnx_node_ints(&node, STR("strides"), ones, 2);
	onnx_node_end(g, &node, after);
	return name;
}

/* What `weights` make of a value enlarged `scale` times, without enlarging it. */
static struct str add_enlarged(struct onnx_graph *g, struct buf *after, struct str x, const struct onnx_tensor *weights,
			       int scale, struct str name)
{
	struct str places = add_padded(g, after, x, add_places(g, weights, scale), onnx_new_name(g, name, "places"));
	struct buf node;

	onnx_node_begin(&node, STR("DepthToSpace"), name, &places, 1);
	onnx_node_int(&node, STR("blocksize"), scale);
	onnx_node_end(g, &node, after);
	return name;
}

static struct str add_transposed(struct onnx_graph *g, struct buf *after, struct str x, const int64_t order[4], struct str name)
{
	struct buf node;

	onnx_node_begin(&node, STR("Transpose"), name, &x, 1);
	onnx_node_ints(&node, STR("perm"), order, 4);
	onnx_node_end(g, &node, after);
	return name;
}

/* W with its rows multiplied by `factor`, one number a channel; as a matrix or as the weights of a convolution. */
static struct str add_scaled_rows(struct onnx_graph *g, struct buf *after, const struct gated *s, struct str factor, bool matrix)
{
	const int64_t column[4] = { s->weights->dims[0], 1, 1, 1 };
	struct onnx_tensor w = *s->weights;
	struct str rows = onnx_new_name(g, s->gate->output, "rows");

	w.dim_count = matrix ? 2 : 4;
	onnx_add_node(g, after, "Reshape", factor, onnx_add_shape(g, column, w.dim_count), rows);
	return onnx_add_node(g, after, "Mul", onnx_add_constant(g, &w), rows, onnx_new_name(g, s->gate->output, "weights"));
}

static void rewrite_finest(struct onnx_graph *g, const struct gated *s, const struct finest *f, struct str factor)
{
	static const int64_t channels_first[4] = { 0, 3, 1, 2 };
	const int64_t sizes[4] = { f->weights->dims[0], KERNEL, KERNEL, s->weights->dims[1] };
	struct buf *after = onnx_after(g, f->conv);
	struct str name = f->conv->output;
	struct str fine, coarse;

	if (!after)
		return;
	fine = add_scaled_rows(g, after, s, factor, true);
	fine = onnx_add_node(g, after, "MatMul", add_taps(g, f->weights), fine, onnx_new_name(g, name, "taps"));
	fine = onnx_add_node(g, after, "Reshape", fine, onnx_add_shape(g, sizes, 4), onnx_new_name(g, name, "kernels"));
	fine = add_transposed(g, after, fine, channels_first, onnx_new_name(g, name, "weights"));
	fine = add_padded(g, after, onnx_current_name(g, s->conv->inputs[0]), fine, onnx_new_name(g, name, "fine"));
	coarse = add_enlarged(g, after, onnx_current_name(g, f->resize->inputs[0]), f->weights, scale_of(g, f->resize),
			      onnx_new_name(g, name, "coarse"));
	onnx_rename(g, name, onnx_add_node(g, after, "Add", fine, coarse, onnx_new_name(g, name, "sum")));
	f->sum->removed = f->resize->removed = f->conv->removed = true;
}

static void rewrite_level(struct onnx_graph *g, const struct gated *s, struct str factor)
{
	struct buf *after = onnx_after(g, s->gate);
	struct str weights = after ? add_scaled_rows(g, after, s, factor, false) : STR_NULL;

	if (after)
		onnx_rename(g, s->sum->output,
			    onnx_add_node(g, after, "Conv", onnx_current_name(g, s->conv->inputs[0]), weights,
					  onnx_new_name(g, s->sum->output, "gated")));
}

static void rewrite_mean(struct onnx_graph *g, const struct gated *s)
{
	struct buf *after = onnx_after(g, s->mean);
	struct str y = onnx_current_name(g, s->conv->inputs[0]);
	struct str mean;

	if (!after)
		return;
	mean = onnx_add_node(g, after, "GlobalAveragePool", y, STR_NULL, onnx_new_name(g, s->mean->output, "of"));
	onnx_rename(g, s->mean->output,
		    onnx_add_node(g, after, "Conv", mean, onnx_add_constant(g, s->weights),
				  onnx_new_name(g, s->mean->output, "weighted")));
}

void onnx_pyramid_level(struct onnx_graph *g, struct onnx_node *gate)
{
	struct gated s;
	struct finest f;
	struct buf *after;
	struct str factor;

	if (!find_gated(g, gate, &s))
		return;
	after = onnx_after(g, gate);
	if (!after)
		return;
	factor = onnx_add_node(g, after, "Add", gate->output, onnx_add_filled(g, 1, 0, 1),
			       onnx_new_name(g, gate->output, "factor"));
	s.sum->removed = true;
	if (!s.weights) { /* x * (1 + gate): a sum less */
		onnx_rename(g, gate->output, factor);
		onnx_rename(g, s.sum->output, s.product->output);
		return;
	}
	rewrite_mean(g, &s);
	if (find_finest(g, &s, &f))
		rewrite_finest(g, &s, &f, factor);
	else
		rewrite_level(g, &s, factor);
	s.conv->removed = s.mean->removed = s.product->removed = true;
}

/* ---- all levels together ---- */

/* The values joined: the last is as fine as the join, the others are enlarged by even numbers. */
struct join {
	struct onnx_node *concat, *conv;
	struct onnx_tensor *weights;           /* the convolution's */
	struct onnx_node *resizes[JOINED_MAX]; /* of all but the last */
	size_t coarse;                         /* how many */
	size_t fine_channels;
};

/* The channels of a value that a convolution made, then weighed; 0 when that is not so. */
static size_t channel_count(struct onnx_graph *g, struct str name)
{
	for (int i = 0; i < CHAIN_MAX; i++) {
		const struct onnx_value *v = map_get(&g->values, name);
		const struct onnx_tensor *weights;

		if (!v || !v->maker || v->maker->input_count < 2)
			return 0;
		weights = str_eq_c(v->maker->op, "Conv") ? onnx_constant(g, v->maker->inputs[1]) : NULL;
		if (weights && weights->dim_count == 4)
			return (size_t)weights->dims[0];
		name = v->maker->inputs[0];
	}
	return 0;
}

static bool find_join(struct onnx_graph *g, struct onnx_node *concat, struct join *j)
{
	*j = (struct join){ .concat = concat, .coarse = concat->input_count - 1 };
	j->conv = square_of(g, concat->output, &j->weights);
	if (!j->conv || concat->input_count < 2 || concat->input_count > JOINED_MAX)
		return false;
	for (size_t i = 0; i < j->coarse; i++) {
		j->resizes[i] = resize_of(g, concat->inputs[i]);
		if (!j->resizes[i] || scale_of(g, j->resizes[i]) % HALF != 0)
			return false;
	}
	j->fine_channels = channel_count(g, concat->inputs[j->coarse]);
	return j->fine_channels > 0 && j->fine_channels < (size_t)j->weights->dims[1];
}

/* Lets it enlarge half as much; returns the name of its value. */
static struct str halve(struct onnx_graph *g, struct onnx_node *resize)
{
	struct onnx_tensor *scales;

	if (scale_of(g, resize) == HALF) {
		resize->removed = true;
		return onnx_current_name(g, resize->inputs[0]);
	}
	scales = onnx_tensor_copy(g, onnx_constant(g, resize->inputs[2]));
	if (!scales)
		return STR_NULL;
	scales->values[2] /= HALF;
	scales->values[3] /= HALF;
	resize->bias = scales;
	return resize->output;
}

/* The coarser values joined at half the size. */
static struct str join_coarse(struct onnx_graph *g, struct buf *after, const struct join *j)
{
	struct str name = onnx_new_name(g, j->concat->output, "coarse");
	struct str inputs[JOINED_MAX];
	struct buf node;

	for (size_t i = 0; i < j->coarse; i++)
		inputs[i] = halve(g, j->resizes[i]);
	onnx_node_begin(&node, STR("Concat"), name, inputs, j->coarse);
	onnx_node_int(&node, STR("axis"), 1);
	onnx_node_end(g, &node, after);
	return name;
}

void onnx_pyramid_join(struct onnx_graph *g, struct onnx_node *concat)
{
	struct onnx_tensor *coarse_weights, *fine_weights;
	struct str coarse, fine, name;
	struct buf *after;
	size_t first;
	struct join j;

	if (!find_join(g, concat, &j))
		return;
	name = j.conv->output;
	first = (size_t)j.weights->dims[1] - j.fine_channels;
	after = onnx_after(g, j.conv);
	coarse_weights = channels_of(g, j.weights, 0, first);
	fine_weights = channels_of(g, j.weights, first, j.fine_channels);
	if (!after || !coarse_weights || !fine_weights)
		return;
	coarse = add_enlarged(g, after, join_coarse(g, after, &j), coarse_weights, HALF, onnx_new_name(g, name, "coarse"));
	fine = add_padded(g, after, onnx_current_name(g, concat->inputs[j.coarse]), onnx_add_constant(g, fine_weights),
			  onnx_new_name(g, name, "fine"));
	onnx_rename(g, name, onnx_add_node(g, after, "Add", fine, coarse, onnx_new_name(g, name, "sum")));
	concat->removed = j.conv->removed = true;
}
