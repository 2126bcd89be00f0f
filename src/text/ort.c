/* SPDX-License-Identifier: Apache-2.0 */
#include "text/ort.h"

#include <dlfcn.h>
#include <stdlib.h>

#include "text/ort_abi.h"

struct ort {
	void *library;
	const struct ort_base *base;
	struct ort_api api;
	struct ort_env *env;
	struct ort_memory_info *memory;
	struct ort_allocator *allocator;   /* the library's own */
	struct ort_run_options *give_back; /* at the end of a run, the memory that none uses */
};

struct ort_model {
	struct ort *ort;
	struct ort_session *session;
	char *input, *output;
};

/* Takes the status: 0 for NULL, else `code` with the library's words. */
static int check(const struct ort *o, struct ort_status *status, int code, const char *doing, struct error *err)
{
	if (!status)
		return 0;
	error_set(err, code, "ONNX Runtime, %s: %s", doing, o->api.error_message(status));
	o->api.release_status(status);
	return code;
}

static void fill_api(struct ort_api *api, void *const *table)
{
#define ORT_FILL(index, name, result, parameters) api->name = (typeof(api->name))table[index];
	ORT_FUNCTIONS(ORT_FILL)
#undef ORT_FILL
}

static int open_library(struct ort *o, const char *path, struct error *err)
{
	ort_get_base_fn get_base;
	void *const *table;

	o->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!o->library)
		return error_set(err, ERR_NOT_FOUND, "ONNX Runtime cannot be loaded: %s", dlerror());
	get_base = (ort_get_base_fn)dlsym(o->library, "OrtGetApiBase");
	if (!get_base)
		return error_set(err, ERR_UNSUPPORTED, "%s is not ONNX Runtime: it has no OrtGetApiBase", path);
	o->base = get_base();
	if (!o->base)
		return error_set(err, ERR_UNSUPPORTED, "%s is not ONNX Runtime: its OrtGetApiBase gives nothing", path);
	table = o->base->get_api(ORT_VERSION_WANTED);
	if (!table)
		return error_set(err, ERR_UNSUPPORTED, "%s is ONNX Runtime %s; version 1.%d or later is needed", path,
				 o->base->version(), ORT_VERSION_WANTED);
	fill_api(&o->api, table);
	return 0;
}

/* One arena for all models: what the detector leaves, the recogniser uses. */
static int share_arena(const struct ort *o, struct error *err)
{
	struct ort_arena_config *config = NULL;
	int rc = check(o, o->api.create_arena_config(0, ORT_ARENA_DEFAULT, ORT_ARENA_DEFAULT, ORT_ARENA_DEFAULT, &config),
		       ERR_UNAVAILABLE, "start", err);

	if (rc == 0)
		rc = check(o, o->api.register_allocator(o->env, o->memory, config), ERR_UNAVAILABLE, "start", err);
	if (config)
		o->api.release_arena_config(config);
	return rc;
}

static int make_run_options(struct ort *o, struct error *err)
{
	int rc = check(o, o->api.create_run_options(&o->give_back), ERR_UNAVAILABLE, "start", err);

	if (rc < 0)
		return rc;
	return check(o, o->api.add_run_config(o->give_back, "memory.enable_memory_arena_shrinkage", "cpu:0"), ERR_UNAVAILABLE,
		     "start", err);
}

int ort_new(struct ort **out, const char *library_path, struct error *err)
{
	struct ort *o = calloc(1, sizeof(*o));
	int rc;

	if (!o)
		return error_set(err, ERR_NO_MEMORY, "no memory for ONNX Runtime");
	rc = open_library(o, library_path, err);
	if (rc == 0)
		rc = check(o, o->api.create_env(ORT_LOG_FATAL, "gleaner", &o->env), ERR_UNAVAILABLE, "start", err);
	if (rc == 0)
		rc = check(o, o->api.create_memory_info(ORT_ALLOCATOR_ARENA, ORT_MEMORY_DEFAULT, &o->memory), ERR_UNAVAILABLE,
			   "start", err);
	if (rc == 0)
		rc = share_arena(o, err);
	if (rc == 0)
		rc = make_run_options(o, err);
	if (rc == 0)
		rc = check(o, o->api.default_allocator(&o->allocator), ERR_UNAVAILABLE, "start", err);
	if (rc < 0) {
		ort_free(o);
		return rc;
	}
	*out = o;
	return 0;
}

void ort_free(struct ort *o)
{
	if (!o)
		return;
	if (o->give_back)
		o->api.release_run_options(o->give_back);
	if (o->memory)
		o->api.release_memory_info(o->memory);
	if (o->env)
		o->api.release_env(o->env);
	free(o);
}

static int set_options(const struct ort *o, struct ort_session_options *options, int threads, struct error *err)
{
	const struct ort_api *api = &o->api;
	int rc = check(o, api->set_threads(options, threads), ERR_UNAVAILABLE, "options", err);

	if (rc == 0)
		rc = check(o, api->set_optimisation(options, ORT_OPTIMISE_ALL), ERR_UNAVAILABLE, "options", err);
	/* Patterns are kept for every input size seen: with sizes that change all the time they only take memory. */
	if (rc == 0)
		rc = check(o, api->disable_memory_pattern(options), ERR_UNAVAILABLE, "options", err);
	if (rc == 0)
		rc = check(o, api->add_config(options, "session.use_env_allocators", "1"), ERR_UNAVAILABLE, "options", err);
	if (rc == 0)
		rc = check(o, api->add_config(options, "session.intra_op.allow_spinning", "0"), ERR_UNAVAILABLE, "options", err);
	return rc;
}

static int create_session(struct ort_model *m, struct str bytes, int threads, struct error *err)
{
	const struct ort *o = m->ort;
	const struct ort_api *api = &o->api;
	struct ort_session_options *options = NULL;
	int rc = check(o, api->create_options(&options), ERR_UNAVAILABLE, "options", err);

	if (rc == 0)
		rc = set_options(o, options, threads, err);
	if (rc == 0)
		rc = check(o, api->create_session(o->env, bytes.p, bytes.n, options, &m->session), ERR_CORRUPT, "model", err);
	if (rc == 0)
		rc = check(o, api->input_name(m->session, 0, o->allocator, &m->input), ERR_CORRUPT, "model", err);
	if (rc == 0)
		rc = check(o, api->output_name(m->session, 0, o->allocator, &m->output), ERR_CORRUPT, "model", err);
	if (options)
		api->release_options(options);
	return rc;
}

int ort_model_new(struct ort_model **out, struct ort *o, struct str bytes, int threads, struct error *err)
{
	struct ort_model *m = calloc(1, sizeof(*m));
	int rc;

	if (!m)
		return error_set(err, ERR_NO_MEMORY, "no memory for a model");
	m->ort = o;
	rc = create_session(m, bytes, threads, err);
	if (rc < 0) {
		ort_model_free(m);
		return rc;
	}
	*out = m;
	return 0;
}

static void free_name(const struct ort *o, char *name)
{
	struct ort_status *status = name ? o->api.allocator_free(o->allocator, name) : NULL;

	if (status)
		o->api.release_status(status);
}

void ort_model_free(struct ort_model *m)
{
	if (!m)
		return;
	free_name(m->ort, m->input);
	free_name(m->ort, m->output);
	if (m->session)
		m->ort->api.release_session(m->session);
	free(m);
}

static int describe(struct ort_model *m, struct ort_value *value, struct ort_tensor *out, struct error *err)
{
	const struct ort *o = m->ort;
	struct ort_shape *shape = NULL;
	struct ort_tensor t = { .owner = value };
	void *data = NULL;
	int type = ORT_TYPE_FLOAT;
	int rc = check(o, o->api.tensor_shape(value, &shape), ERR_UNAVAILABLE, "shape", err);

	if (rc == 0)
		rc = check(o, o->api.element_type(shape, &type), ERR_UNAVAILABLE, "shape", err);
	if (rc == 0 && type != ORT_TYPE_FLOAT)
		rc = error_set(err, ERR_UNAVAILABLE, "ONNX Runtime: a result is not of floats");
	if (rc == 0)
		rc = check(o, o->api.dim_count(shape, &t.dim_count), ERR_UNAVAILABLE, "shape", err);
	if (rc == 0 && t.dim_count > ORT_DIMS_MAX)
		rc = error_set(err, ERR_UNAVAILABLE, "ONNX Runtime: a result has %zu dimensions", t.dim_count);
	if (rc == 0)
		rc = check(o, o->api.dims(shape, t.dims, t.dim_count), ERR_UNAVAILABLE, "shape", err);
	if (rc == 0)
		rc = check(o, o->api.tensor_data(value, &data), ERR_UNAVAILABLE, "result", err);
	if (shape)
		o->api.release_shape(shape);
	t.data = data;
	if (rc == 0)
		*out = t;
	return rc;
}

static int make_tensor(const struct ort *o, float *data, const int64_t dims[4], struct ort_value **out, struct error *err)
{
	size_t bytes = sizeof(float) * (size_t)(dims[0] * dims[1] * dims[2] * dims[3]);

	return check(o, o->api.create_tensor(o->memory, data, bytes, dims, 4, ORT_TYPE_FLOAT, out), ERR_UNAVAILABLE, "tensor",
		     err);
}

/* `output` may come with a tensor to write to. */
static int run(struct ort_model *m, const struct ort_run_options *options, float *data, const int64_t dims[4],
	       struct ort_value **output, struct error *err)
{
	const struct ort *o = m->ort;
	struct ort_value *input = NULL;
	int rc = make_tensor(o, data, dims, &input, err);

	if (rc == 0)
		rc = check(o,
			   o->api.run(m->session, options, (const char *const *)&m->input,
				      (const struct ort_value *const *)&input, 1, (const char *const *)&m->output, 1, output),
			   ERR_UNAVAILABLE, "run", err);
	if (input)
		o->api.release_value(input);
	return rc;
}

int ort_run(struct ort_model *m, float *data, const int64_t dims[4], struct ort_tensor *out, struct error *err)
{
	struct ort_value *output = NULL;
	int rc = run(m, NULL, data, dims, &output, err);

	if (rc == 0)
		rc = describe(m, output, out, err);
	if (rc < 0 && output)
		m->ort->api.release_value(output);
	return rc;
}

int ort_run_into(struct ort_model *m, float *data, const int64_t dims[4], float *out, const int64_t out_dims[4],
		 struct error *err)
{
	struct ort_value *output = NULL;
	int rc = make_tensor(m->ort, out, out_dims, &output, err);

	if (rc == 0)
		rc = run(m, m->ort->give_back, data, dims, &output, err);
	if (output)
		m->ort->api.release_value(output);
	return rc;
}

void ort_tensor_release(struct ort_model *m, struct ort_tensor *t)
{
	if (t->owner)
		m->ort->api.release_value(t->owner);
	*t = (struct ort_tensor){ 0 };
}
