/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "text/onnx_fuse.h"
#include "text/onnx_split.h"
#include "text/protobuf.h"

static void test_protobuf(void **state)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX };
	struct buf b;
	struct pb_field f;

	(void)state;
	buf_init(&b, KIB(4));
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct str rest;

		buf_reset(&b);
		pb_add_varint(&b, 7, values[i]);
		pb_add_float(&b, 2000, -1.5f);
		pb_add_bytes(&b, 1, STR("abc"));
		rest = buf_str(&b);
		assert_true(pb_next(&rest, &f));
		assert_true(f.number == 7 && f.value == values[i]);
		assert_true(pb_next(&rest, &f));
		assert_true(f.number == 2000 && pb_float(&f) == -1.5f);
		assert_true(pb_next(&rest, &f));
		assert_true(str_eq_c(f.bytes, "abc"));
		assert_false(pb_next(&rest, &f));
		assert_int_equal(rest.n, 0);
	}
	for (size_t cut = b.n - 1; cut > b.n - 5; cut--) { /* inside the last field */
		struct str rest = str_of(b.p, cut);

		while (pb_next(&rest, &f))
			;
		assert_int_not_equal(rest.n, 0);
	}
	buf_release(&b);
}

/* ---- a small model: conv 3x3 -> *2 -> +1 -> hard-swish -> *0.5 -> +`offset` -> conv `kernel` ---- */

static void add_node(struct buf *graph, const char *op, const char *inputs, const char *output, struct str attribute)
{
	struct buf node;
	struct str rest = str_c(inputs);

	buf_init(&node, KIB(64));
	while (rest.n > 0)
		pb_add_bytes(&node, 1, str_split(&rest, ' '));
	pb_add_bytes(&node, 2, str_c(output));
	pb_add_bytes(&node, 4, str_c(op));
	if (attribute.p)
		pb_add_bytes(&node, 5, attribute);
	pb_add_bytes(graph, 1, buf_str(&node));
	buf_release(&node);
}

static void add_tensor(struct buf *graph, const char *name, int64_t a, int64_t b, int64_t c, size_t dims, float value)
{
	const int64_t all[4] = { a, b, c, c };
	struct buf tensor, attribute;
	size_t count = 1;

	buf_init(&tensor, KIB(64));
	buf_init(&attribute, KIB(64));
	for (size_t i = 0; i < dims; i++) {
		pb_add_varint(&tensor, 1, (uint64_t)all[i]);
		count *= (size_t)all[i];
	}
	pb_add_varint(&tensor, 2, 1);
	{
		float values[64];

		for (size_t i = 0; i < count; i++)
			values[i] = value;
		pb_add_bytes(&tensor, 9, str_of((const char *)values, count * sizeof(float)));
	}
	pb_add_bytes(&attribute, 1, STR("value"));
	pb_add_bytes(&attribute, 5, buf_str(&tensor));
	add_node(graph, "Constant", "", name, buf_str(&attribute));
	buf_release(&attribute);
	buf_release(&tensor);
}

static void make_model(struct buf *model, float last_scale, int64_t kernel)
{
	struct buf graph, opset;

	buf_init(&graph, KIB(256));
	buf_init(&opset, KIB(1));
	add_tensor(&graph, "w1", 2, 1, 3, 4, 0.25f);
	add_tensor(&graph, "b1", 2, 0, 0, 1, 0.5f);
	add_tensor(&graph, "w2", 2, 2, kernel, 4, 0.125f);
	add_tensor(&graph, "b2", 2, 0, 0, 1, 3);
	add_tensor(&graph, "c2", 1, 0, 0, 1, 2);
	add_tensor(&graph, "c1", 1, 0, 0, 1, 1);
	add_tensor(&graph, "c3", 1, 0, 0, 1, 3);
	add_tensor(&graph, "c6", 1, 0, 0, 1, 6);
	add_tensor(&graph, "c0", 1, 0, 0, 1, 0);
	add_tensor(&graph, "s", 1, 0, 0, 1, last_scale);
	add_tensor(&graph, "o", 1, 0, 0, 1, 8);
	add_node(&graph, "Conv", "x w1 b1", "y", STR_NULL);
	add_node(&graph, "Mul", "y c2", "y1", STR_NULL);
	add_node(&graph, "Add", "y1 c1", "y2", STR_NULL);
	add_node(&graph, "Add", "y2 c3", "y3", STR_NULL);
	add_node(&graph, "Clip", "y3 c0 c6", "y4", STR_NULL);
	add_node(&graph, "Mul", "y2 y4", "y5", STR_NULL);
	add_node(&graph, "Div", "y5 c6", "y6", STR_NULL);
	add_node(&graph, "Mul", "s y6", "y7", STR_NULL);
	add_node(&graph, "Add", "y7 o", "y8", STR_NULL);
	add_node(&graph, "Conv", "y8 w2 b2", "z", STR_NULL);
	pb_add_varint(&opset, 2, 13);
	buf_reset(model);
	pb_add_bytes(model, 7, buf_str(&graph));
	pb_add_bytes(model, 8, buf_str(&opset));
	buf_release(&opset);
	buf_release(&graph);
}

/* How many nodes of `op` the graph has. */
static size_t count_nodes(struct str model, const char *op)
{
	struct pb_field graph, node, field;
	size_t count = 0;

	assert_true(pb_next(&model, &graph));
	for (struct str nodes = graph.bytes; pb_next(&nodes, &node);)
		for (struct str rest = node.bytes; node.number == 1 && pb_next(&rest, &field);)
			count += field.number == 4 && str_eq_c(field.bytes, op);
	return count;
}

static bool has_float(struct str model, float value)
{
	return str_find(model, str_of((const char *)&value, sizeof(value)), 0) >= 0;
}

static void test_fusing(void **state)
{
	struct arena arena;
	struct buf model;
	struct str fused;
	size_t count;

	(void)state;
	arena_init(&arena, MIB(16));
	buf_init(&model, MIB(1));
	make_model(&model, 0.5f, 1);
	assert_int_equal(onnx_fuse(&arena, buf_str(&model), &fused, &count, NULL), 0);
	assert_int_equal(count, 1);
	assert_int_equal(count_nodes(fused, "Add") + count_nodes(fused, "Div"), 0);
	assert_int_equal(count_nodes(fused, "Mul"), 1);
	assert_int_equal(count_nodes(fused, "Conv"), 3); /* the two, and the gate */
	assert_true(has_float(fused, 0.25f * 2));        /* weights of the first */
	assert_true(has_float(fused, 0.5f * 2 + 1));     /* its bias */
	assert_true(has_float(fused, 3 + 8 * 0.25f));    /* the offset in the second's bias: two weights of 1/8 */
	assert_true(has_float(fused, 0.5f / 6));
	/* A 3x3 convolution cannot take the offset: it gets its own. */
	make_model(&model, 0.5f, 3);
	assert_int_equal(onnx_fuse(&arena, buf_str(&model), &fused, &count, NULL), 0);
	assert_int_equal(count_nodes(fused, "Conv"), 4);
	/* A negative scale stays where it is. */
	make_model(&model, -0.5f, 1);
	assert_int_equal(onnx_fuse(&arena, buf_str(&model), &fused, &count, NULL), 0);
	assert_int_equal(count_nodes(fused, "Mul"), 2);
	buf_release(&model);
	arena_release(&arena);
}

/* ---- a small pyramid: two levels, a gate, a join, a transposed convolution ---- */

static void add_list(struct buf *attributes, const char *name, int64_t value, size_t count)
{
	buf_reset(attributes);
	pb_add_bytes(attributes, 1, str_c(name));
	for (size_t i = 0; i < count; i++)
		pb_add_varint(attributes, 8, (uint64_t)value);
}

static void add_end(struct buf *graph, uint32_t number, const char *name)
{
	struct buf value;

	buf_init(&value, KIB(1));
	pb_add_bytes(&value, 1, str_c(name));
	pb_add_bytes(graph, number, buf_str(&value));
	buf_release(&value);
}

static void make_pyramid(struct buf *model, bool joined)
{
	struct buf graph, opset, pads, scales;

	buf_init(&graph, KIB(256));
	buf_init(&opset, KIB(1));
	buf_init(&pads, KIB(1));
	add_list(&pads, "pads", 1, 4);
	add_tensor(&graph, "square", 2, 2, 3, 4, 0.25f);
	add_tensor(&graph, "wide", 1, 4, 3, 4, 0.5f);
	add_tensor(&graph, "point", 2, 2, 1, 4, 0.125f);
	buf_init(&scales, KIB(1));
	{
		static const float values[4] = { 1, 1, 2, 2 };
		struct buf tensor;

		buf_init(&tensor, KIB(1));
		pb_add_varint(&tensor, 1, 4);
		pb_add_varint(&tensor, 2, 1);
		pb_add_bytes(&tensor, 9, str_of((const char *)values, sizeof(values)));
		pb_add_bytes(&scales, 1, STR("value"));
		pb_add_bytes(&scales, 5, buf_str(&tensor));
		buf_release(&tensor);
	}
	add_node(&graph, "Constant", "", "twice", buf_str(&scales));
	add_node(&graph, "Conv", "x square", "features", buf_str(&pads)); /* the stem */
	add_node(&graph, "Conv", "features square", "low", buf_str(&pads));
	add_node(&graph, "Conv", "features point", "fine", STR_NULL);
	add_node(&graph, "GlobalAveragePool", "fine", "mean", STR_NULL);
	add_node(&graph, "HardSigmoid", "mean", "gate", STR_NULL);
	add_node(&graph, "Mul", "fine gate", "weighed", STR_NULL);
	add_node(&graph, "Add", "fine weighed", "gated", STR_NULL);
	add_node(&graph, "Resize", "low none twice", "larger", STR_NULL);
	add_node(&graph, "Add", "gated larger", "sum", STR_NULL);
	add_node(&graph, "Conv", "sum square", "p1", buf_str(&pads));
	add_node(&graph, "Resize", "low none twice", "p2", STR_NULL);
	add_node(&graph, joined ? "Concat" : "Sum", "p2 p1", "join", STR_NULL);
	add_node(&graph, "Conv", "join wide", "map", buf_str(&pads));
	add_node(&graph, "Relu", "map", "out", STR_NULL); /* the head */
	add_end(&graph, 11, "x");
	add_end(&graph, 12, "out");
	pb_add_varint(&opset, 2, 13);
	buf_reset(model);
	pb_add_bytes(model, 7, buf_str(&graph));
	pb_add_bytes(model, 8, buf_str(&opset));
	buf_release(&scales);
	buf_release(&pads);
	buf_release(&opset);
	buf_release(&graph);
}

static void test_pyramid(void **state)
{
	struct arena arena;
	struct buf model;
	struct str fused;

	(void)state;
	arena_init(&arena, MIB(16));
	buf_init(&model, MIB(1));
	make_pyramid(&model, true);
	assert_int_equal(onnx_fuse(&arena, buf_str(&model), &fused, NULL, NULL), 0);
	assert_int_equal(count_nodes(fused, "Resize"), 0); /* nothing is enlarged … */
	assert_int_equal(count_nodes(fused, "DepthToSpace"), 2);
	assert_int_equal(count_nodes(fused, "MatMul"), 1); /* … and the finest level is never made */
	assert_true(has_float(fused, 0.25f * 2) &&
		    has_float(fused, 0.25f * 4)); /* taps that see one pixel of the smaller value */
	make_pyramid(&model, false);
	assert_int_equal(onnx_fuse(&arena, buf_str(&model), &fused, NULL, NULL), 0);
	assert_int_equal(count_nodes(fused, "Resize"), 1); /* what is not joined stays */
	buf_release(&model);
	arena_release(&arena);
}

static void test_splitting(void **state)
{
	struct arena arena;
	struct buf model;
	struct onnx_parts parts;
	struct error err = { 0 };

	(void)state;
	arena_init(&arena, MIB(16));
	buf_init(&model, MIB(1));
	make_pyramid(&model, true);
	assert_int_equal(onnx_split(&arena, buf_str(&model), &parts, NULL), 0);
	assert_int_equal(count_nodes(parts.stem, "Conv"), 1);
	assert_int_equal(count_nodes(parts.neck, "Conv"), 4);
	assert_int_equal(count_nodes(parts.head, "Conv"), 0);
	assert_int_equal(count_nodes(parts.head, "Relu"), 1);
	assert_int_equal(count_nodes(parts.stem, "Constant"), 1);
	make_pyramid(&model, false);
	assert_int_equal(onnx_split(&arena, buf_str(&model), &parts, &err), ERR_CORRUPT);
	assert_int_equal(onnx_split(&arena, STR("no model"), &parts, &err), ERR_CORRUPT);
	buf_release(&model);
	arena_release(&arena);
}

/* Cut and damaged models are returned or rewritten, never a fault. */
static void test_damaged_models(void **state)
{
	struct buf model;
	struct str fused;

	(void)state;
	buf_init(&model, MIB(1));
	make_model(&model, 0.5f, 1);
	for (size_t i = 0; i < model.n; i++) {
		struct arena arena;

		arena_init(&arena, MIB(16));
		assert_int_equal(onnx_fuse(&arena, str_of(model.p, i), &fused, NULL, NULL), 0);
		model.p[i] ^= 0x55;
		assert_int_equal(onnx_fuse(&arena, buf_str(&model), &fused, NULL, NULL), 0);
		model.p[i] ^= 0x55;
		arena_release(&arena);
	}
	buf_release(&model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protobuf),  cmocka_unit_test(test_fusing),         cmocka_unit_test(test_pyramid),
		cmocka_unit_test(test_splitting), cmocka_unit_test(test_damaged_models),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
