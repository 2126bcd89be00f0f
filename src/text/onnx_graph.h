/* SPDX-License-Identifier: Apache-2.0
 *
 * An ONNX model read into its nodes, which can be left out, given other numbers, or followed by new ones, and written again.
 * *Pure.* Field numbers are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 *
 *   onnx_read(&g, arena, model);        no nodes when the bytes are no model
 *   ... mark nodes, add nodes ...
 *   model = onnx_write(&g);             in the arena
 *   onnx_release(&g);
 *
 * Everything lies in the arena and points into the model's bytes. Want of memory is sticky: `failed`.
 */
#ifndef GLEANER_TEXT_ONNX_GRAPH_H
#define GLEANER_TEXT_ONNX_GRAPH_H

#include "base/arena.h"
#include "base/map.h"
#include "text/protobuf.h"

enum {
	ONNX_INPUTS_MAX = 5,
	ONNX_USERS_MAX = 4,
	ONNX_DIMS_MAX = 4,
	/* Fields of an attribute that hold its value. */
	ONNX_FLOAT = 2,
	ONNX_INT = 3,
	ONNX_TENSOR = 5,
	ONNX_INTS = 8,
};

/* Of floats. */
struct onnx_tensor {
	int64_t dims[ONNX_DIMS_MAX];
	size_t dim_count;
	float *values;
	size_t count;
};

struct onnx_node {
	struct str raw; /* the message */
	struct str op, output;
	struct str inputs[ONNX_INPUTS_MAX];
	size_t input_count;           /* may be larger than ONNX_INPUTS_MAX */
	struct onnx_tensor *constant; /* of a Constant node of floats */
	/* What is changed: */
	bool removed;
	struct onnx_tensor *weights, *bias; /* the second and third input; NULL: as they are */
	struct buf *after;                  /* new nodes that follow this one, removed or not; NULL: none */
};

struct onnx_value {
	struct onnx_node *maker;
	struct onnx_node *users[ONNX_USERS_MAX]; /* NULL: the model itself, which gives the value out */
	size_t user_count;  /* larger than ONNX_USERS_MAX where there are more, or the model gives the value out */
	struct str renamed; /* what its users read instead; absent: itself */
};

struct onnx_graph {
	struct arena *arena;
	struct str model, graph;  /* bytes; the graph's lie in the model's */
	struct str input, output; /* names of the first ones, and if changed, of the only ones */
	struct onnx_node *nodes;
	size_t node_count;
	struct map values; /* name -> struct onnx_value */
	uint64_t opset;
	struct buf constants; /* new Constant nodes, as graph fields */
	size_t constant_count;
	bool failed;
};

void onnx_read(struct onnx_graph *g, struct arena *a, struct str model);
/* New nodes may read values by name, but constants only that they added. Absent when out of memory. */
struct str onnx_write(struct onnx_graph *g);
void onnx_release(struct onnx_graph *g);

/* The constant behind a name, NULL when it is none. */
struct onnx_tensor *onnx_constant(const struct onnx_graph *g, struct str name);
struct onnx_tensor *onnx_tensor_copy(struct onnx_graph *g, const struct onnx_tensor *from);
/* Field `wanted` of the attribute `name` of a node's message. */
bool onnx_attribute(struct str node, struct str name, uint32_t wanted, struct pb_field *out);
/* Whether any number of the list `name` is not 0. */
bool onnx_attribute_any(struct str node, struct str name);

/* What stands for a value now, and what shall from now on for all that read it. */
struct str onnx_current_name(const struct onnx_graph *g, struct str name);
void onnx_rename(struct onnx_graph *g, struct str name, struct str now);

/* The only user of a value, when it is an `op`; else NULL. */
struct onnx_node *onnx_only_user(const struct onnx_graph *g, struct str name, const char *op);

/* A name for a new value. */
struct str onnx_new_name(struct onnx_graph *g, struct str base, const char *suffix);
/* A new Constant node; returns the name of its value. */
struct str onnx_add_constant(struct onnx_graph *g, const struct onnx_tensor *t);
/* `channels` times `value`, as [channels, 1, 1, 1] cut to `dim_count` dimensions; a scalar for none. */
struct str onnx_add_filled(struct onnx_graph *g, int64_t channels, size_t dim_count, float value);
/* A list of numbers, as Reshape wants it. */
struct str onnx_add_shape(struct onnx_graph *g, const int64_t *sizes, size_t count);
/* A new node without attributes of one or, `y` being present, two inputs; returns `name`. */
struct str onnx_add_node(struct onnx_graph *g, struct buf *after, const char *op, struct str x, struct str y, struct str name);
/* A new node: begin, attributes, end, which appends it to `graph`. */
void onnx_node_begin(struct buf *node, struct str op, struct str output, const struct str *inputs, size_t count);
void onnx_node_ints(struct buf *node, struct str name, const int64_t *values, size_t count);
void onnx_node_int(struct buf *node, struct str name, int64_t value);
void onnx_node_float(struct buf *node, struct str name, float value);
void onnx_node_end(struct onnx_graph *g, struct buf *node, struct buf *graph);
/* Where new nodes behind `n` go; NULL without memory. */
struct buf *onnx_after(struct onnx_graph *g, struct onnx_node *n);

#endif
