/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX Runtime: its library, and models with one input and one output of floats.
 *
 * One `struct ort` a process is enough. Models may be run from many threads at once. Sizes come from hostile places (a model file
 * may be any), so every result's shape is given with it and must be checked by who reads it.
 */
#ifndef GLEANER_TEXT_ORT_H
#define GLEANER_TEXT_ORT_H

#include "base/str.h"

struct ort;
struct ort_model;

enum { ORT_DIMS_MAX = 4 };

struct ort_tensor {
	const float *data;
	int64_t dims[ORT_DIMS_MAX];
	size_t dim_count;
	void *owner;
};

/* ERR_NOT_FOUND, ERR_UNSUPPORTED (another version), ERR_UNAVAILABLE. The library stays loaded after ort_free: it keeps threads.
 */
int ort_new(struct ort **out, const char *library_path, struct error *err) MUST_CHECK;
void ort_free(struct ort *o); /* NULL is allowed; after all its models */

/* `threads` that one run may use. ERR_CORRUPT when the bytes are no such model. */
int ort_model_new(struct ort_model **out, struct ort *o, struct str bytes, int threads, struct error *err) MUST_CHECK;
void ort_model_free(struct ort_model *m);

/* `data` holds dims[0] × … × dims[3] floats. Release the result. ERR_UNAVAILABLE with the library's words. */
int ort_run(struct ort_model *m, float *data, const int64_t dims[4], struct ort_tensor *out, struct error *err) MUST_CHECK;
/* The same with a result of known shape, written to `out`: nothing of the run stays in the library's memory, which then is given
 * back. ERR_UNAVAILABLE also when the result has another shape. */
int ort_run_into(struct ort_model *m, float *data, const int64_t dims[4], float *out, const int64_t out_dims[4],
		 struct error *err) MUST_CHECK;
void ort_tensor_release(struct ort_model *m, struct ort_tensor *t);

#endif
