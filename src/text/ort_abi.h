/* SPDX-License-Identifier: Apache-2.0
 *
 * What this project uses of ONNX Runtime's C API: facts of its binary interface, so that no header package is needed.
 *
 * The library exports OrtGetApiBase(), which returns two function pointers: GetApi(version) and GetVersionString(). GetApi
 * returns a table of function pointers, or NULL when the library is older than `version`. The table only ever grows at its end
 * ("the ordering of these fields must not change after that version has shipped": onnxruntime/core/session/onnxruntime_c_api.cc),
 * so a function is known by its index and its type. All indices below are of version 8 or older; version 16 (2023) is asked for,
 * so that the models' operators are there. Functions that can fail return NULL for success, or a status that must be released.
 */
#ifndef GLEANER_TEXT_ORT_ABI_H
#define GLEANER_TEXT_ORT_ABI_H

#include <stddef.h>
#include <stdint.h>

enum { ORT_VERSION_WANTED = 16 };

struct ort_base {
	const void *(*get_api)(uint32_t version);
	const char *(*version)(void);
};
typedef const struct ort_base *(*ort_get_base_fn)(void);

/* Opaque objects of the library. */
struct ort_status;
struct ort_env;
struct ort_session;
struct ort_session_options;
struct ort_memory_info;
struct ort_value;
struct ort_shape;
struct ort_allocator;
struct ort_arena_config;
struct ort_run_options;

enum ort_constant {
	ORT_LOG_ERROR = 3,
	ORT_LOG_FATAL = 4,
	ORT_OPTIMISE_ALL = 99,
	ORT_ALLOCATOR_ARENA = 1,
	ORT_MEMORY_DEFAULT = 0,
	ORT_TYPE_FLOAT = 1,
	ORT_ARENA_DEFAULT = -1,
};

/* index, name here, result, parameters */
#define ORT_FUNCTIONS(F)                                                                                                         \
	F(2, error_message, const char *, (const struct ort_status *))                                                           \
	F(3, create_env, struct ort_status *, (int log_level, const char *log_name, struct ort_env **))                          \
	F(8, create_session, struct ort_status *,                                                                                \
	  (const struct ort_env *, const void *model, size_t model_n, const struct ort_session_options *,                        \
	   struct ort_session **))                                                                                               \
	F(9, run, struct ort_status *,                                                                                           \
	  (struct ort_session *, const struct ort_run_options *, const char *const *input_names,                                 \
	   const struct ort_value *const *inputs, size_t input_count, const char *const *output_names, size_t output_count,      \
	   struct ort_value **outputs))                                                                                          \
	F(10, create_options, struct ort_status *, (struct ort_session_options **))                                              \
	F(17, disable_memory_pattern, struct ort_status *, (struct ort_session_options *))                                       \
	F(23, set_optimisation, struct ort_status *, (struct ort_session_options *, int level))                                  \
	F(24, set_threads, struct ort_status *, (struct ort_session_options *, int))                                             \
	F(36, input_name, struct ort_status *, (const struct ort_session *, size_t index, struct ort_allocator *, char **))      \
	F(37, output_name, struct ort_status *, (const struct ort_session *, size_t index, struct ort_allocator *, char **))     \
	F(39, create_run_options, struct ort_status *, (struct ort_run_options **))                                              \
	F(49, create_tensor, struct ort_status *,                                                                                \
	  (const struct ort_memory_info *, void *data, size_t data_n, const int64_t *dims, size_t dim_count, int type,           \
	   struct ort_value **))                                                                                                 \
	F(51, tensor_data, struct ort_status *, (struct ort_value *, void **))                                                   \
	F(60, element_type, struct ort_status *, (const struct ort_shape *, int *))                                              \
	F(61, dim_count, struct ort_status *, (const struct ort_shape *, size_t *))                                              \
	F(62, dims, struct ort_status *, (const struct ort_shape *, int64_t *, size_t count))                                    \
	F(65, tensor_shape, struct ort_status *, (const struct ort_value *, struct ort_shape **))                                \
	F(69, create_memory_info, struct ort_status *, (int allocator, int memory, struct ort_memory_info **))                   \
	F(76, allocator_free, struct ort_status *, (struct ort_allocator *, void *))                                             \
	F(78, default_allocator, struct ort_status *, (struct ort_allocator **))                                                 \
	F(92, release_env, void, (struct ort_env *))                                                                             \
	F(93, release_status, void, (struct ort_status *))                                                                       \
	F(94, release_memory_info, void, (struct ort_memory_info *))                                                             \
	F(95, release_session, void, (struct ort_session *))                                                                     \
	F(96, release_value, void, (struct ort_value *))                                                                         \
	F(97, release_run_options, void, (struct ort_run_options *))                                                             \
	F(99, release_shape, void, (struct ort_shape *))                                                                         \
	F(100, release_options, void, (struct ort_session_options *))                                                            \
	F(130, add_config, struct ort_status *, (struct ort_session_options *, const char *key, const char *value))              \
	F(144, register_allocator, struct ort_status *,                                                                          \
	  (struct ort_env *, const struct ort_memory_info *, const struct ort_arena_config *))                                   \
	F(156, create_arena_config, struct ort_status *,                                                                         \
	  (size_t limit, int growth, int first_chunk, int dead_bytes, struct ort_arena_config **))                               \
	F(157, release_arena_config, void, (struct ort_arena_config *))                                                          \
	F(165, add_run_config, struct ort_status *, (struct ort_run_options *, const char *key, const char *value))

struct ort_api {
#define ORT_MEMBER(index, name, result, parameters) result(*name) parameters;
	ORT_FUNCTIONS(ORT_MEMBER)
#undef ORT_MEMBER
};

#endif
