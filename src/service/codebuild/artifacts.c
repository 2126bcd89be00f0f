/* SPDX-License-Identifier: Apache-2.0
 *
 * UPLOAD_ARTIFACTS: the files that the buildspec names, as one zip or one by one. No process of the build lives any more; links
 * it left are not followed.
 */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "service/codebuild/runner.h"
#include "service/package.h"

enum { FILES_MAX = 10000, ARTIFACT_MAX = 512 << 20, EXPORTED_MAX = 10240 };

struct gathering {
	struct build *build;
	size_t root_n; /* length of the folder's path and its slash */
	struct str *names;
	size_t count;
	bool too_many;
};

static _Thread_local struct gathering *current; /* nftw has no argument */

static bool listed(const struct json *patterns, struct str path)
{
	for (size_t i = 0; patterns && i < patterns->count; i++) {
		if (buildspec_matches(json_text(patterns->items[i]), path))
			return true;
	}
	return false;
}

static int gather(const char *path, const struct stat *st, int type, struct FTW *at)
{
	struct gathering *g = current;
	struct str name;

	(void)at;
	if (type != FTW_F || !S_ISREG(st->st_mode) || strlen(path) <= g->root_n)
		return 0;
	name = str_c(path + g->root_n);
	if (!listed(g->build->spec.files, name) || listed(g->build->spec.excluded, name))
		return 0;
	g->too_many = g->count == FILES_MAX;
	if (!g->too_many)
		g->names[g->count++] = arena_str(&g->build->arena, name);
	return g->too_many;
}

static int fail(struct error *err, const char *code, const char *message)
{
	error_set(err, ERR_SERVICE, "%s", message);
	snprintf(err->name, sizeof(err->name), "%s", code);
	return ERR_SERVICE;
}

/* The folder that names count from; it must lie in the source, whatever links the build made. */
static int base_folder(struct build *b, char out[PATH_MAX], struct error *err)
{
	char wanted[PATH_MAX], source[PATH_MAX], real[PATH_MAX];
	struct str base = b->spec.base_directory.p ? b->spec.base_directory : STR(".");
	size_t n;

	snprintf(source, sizeof(source), "%s/src", b->folder);
	if ((size_t)snprintf(wanted, sizeof(wanted), "%s/" STR_FMT, source, STR_ARG(base)) >= sizeof(wanted) ||
	    !realpath(source, real))
		return fail(err, "CLIENT_ERROR", "the artifacts' base directory is not there");
	n = strlen(real);
	if (!realpath(wanted, out) || strncmp(out, real, n) != 0 || (out[n] != '\0' && out[n] != '/'))
		return fail(err, "CLIENT_ERROR", "the artifacts' base directory is not there");
	return 0;
}

/* ---- upload ---- */

static struct str base_name(struct str path)
{
	for (size_t i = path.n; i > 0; i--) {
		if (path.p[i - 1] == '/')
			return str_from(path, i);
	}
	return path;
}

static int put_object(struct build *b, struct str bucket, struct str key, const char *path, struct error *err)
{
	struct json *parameters = json_new_object(&b->arena);
	struct reply reply;
	struct str bytes;

	if (file_read(&b->arena, path, ARTIFACT_MAX, &bytes, NULL) != 0)
		return fail(err, "CLIENT_ERROR", "an artifact is too large, or cannot be read");
	json_put(&b->arena, parameters, STR("Bucket"), json_new_string(&b->arena, bucket));
	json_put(&b->arena, parameters, STR("Key"), json_new_string(&b->arena, key));
	if (build_call(b, "s3", "PutObject", parameters, bytes, 1 << 20, &reply, err) != 0)
		return fail(err, "INTERNAL_SERVICE_ERROR", "S3 cannot be called");
	if (reply.error.code == 0)
		return 0;
	return fail(err, "CLIENT_ERROR",
		    arena_c(&b->arena, arena_printf(&b->arena, "Failed to upload artifacts: %s: %s", reply.error.name,
						    reply.error.message)));
}

/* "<path>/<build id>/<name>", without what is not set */
static struct str object_prefix(struct build *b, const struct json *artifacts)
{
	struct str path = json_get_text(artifacts, STR("path")), name = json_get_text(artifacts, STR("name"));
	bool by_id = str_eq(json_get_text(artifacts, STR("namespaceType")), STR("BUILD_ID"));

	if (json_true(json_get_c(artifacts, "overrideArtifactName")) && b->spec.artifact_name.n > 0)
		name = b->spec.artifact_name;
	if (name.n == 0)
		name = b->project;
	if (str_eq(name, STR("/")))
		name = STR("");
	while (path.n > 0 && path.p[0] == '/')
		path = str_from(path, 1);
	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	return arena_printf(&b->arena, STR_FMT "%s" STR_FMT "%s" STR_FMT, STR_ARG(path), path.n ? "/" : "",
			    STR_ARG(by_id ? b->uuid : STR("")), by_id ? "/" : "", STR_ARG(name));
}

static int upload_zip(struct build *b, const struct gathering *g, const char *folder, struct str bucket, struct str key,
		      struct error *err)
{
	struct str path = arena_printf(&b->arena, "%s.zip", b->folder); /* beside the folder: the build cannot have touched it */
	int result =
		path.p ? package_pack(path.p, folder, g->names, g->count, err) : fail(err, "INTERNAL_SERVICE_ERROR", "no memory");

	if (result == 0)
		result = put_object(b, bucket, key, path.p, err);
	else
		snprintf(err->name, sizeof(err->name), "CLIENT_ERROR");
	if (path.p)
		unlink(path.p);
	return result;
}

static int upload_files(struct build *b, const struct gathering *g, const char *folder, struct str bucket, struct str prefix,
			struct error *err)
{
	int result = 0;

	for (size_t i = 0; i < g->count && result == 0; i++) {
		struct str name = b->spec.discard_paths ? base_name(g->names[i]) : g->names[i];
		struct str key =
			arena_printf(&b->arena, STR_FMT "%s" STR_FMT, STR_ARG(prefix), prefix.n ? "/" : "", STR_ARG(name));
		struct str path = arena_printf(&b->arena, "%s/" STR_FMT, folder, STR_ARG(g->names[i]));
		result = key.p && path.p ? put_object(b, bucket, key, path.p, err)
					 : fail(err, "INTERNAL_SERVICE_ERROR", "no memory");
	}
	return result;
}

static int gather_all(struct build *b, struct gathering *g, char folder[PATH_MAX], struct error *err)
{
	int result = base_folder(b, folder, err);

	if (result != 0)
		return result;
	g->build = b;
	g->root_n = strlen(folder) + 1;
	g->names = arena_alloc_array(&b->arena, FILES_MAX, sizeof(*g->names));
	if (!g->names)
		return fail(err, "INTERNAL_SERVICE_ERROR", "no memory");
	current = g;
	nftw(folder, gather, 32, FTW_PHYS);
	current = NULL;
	if (g->too_many)
		return fail(err, "CLIENT_ERROR", "there are too many artifacts");
	return g->count > 0 ? 0 : fail(err, "CLIENT_ERROR", "no matching artifact paths found");
}

int build_upload_artifacts(struct build *b, struct str *location, struct error *err)
{
	const struct json *artifacts = json_get_c(b->record, "artifacts");
	struct str bucket = json_get_text(artifacts, STR("location")), prefix = object_prefix(b, artifacts);
	char folder[PATH_MAX];
	struct gathering g = { 0 };
	int result;

	*location = STR_NULL;
	if (!str_eq(json_get_text(artifacts, STR("type")), STR("S3")))
		return 0;
	if (!b->spec.files)
		return fail(err, "YAML_FILE_ERROR", "the buildspec names no artifacts");
	if (str_starts(bucket, STR("arn:aws:s3:::")))
		bucket = str_from(bucket, strlen("arn:aws:s3:::"));
	result = gather_all(b, &g, folder, err);
	if (result != 0)
		return result;
	result = str_eq(json_get_text(artifacts, STR("packaging")), STR("ZIP"))
			 ? upload_zip(b, &g, folder, bucket, prefix, err)
			 : upload_files(b, &g, folder, bucket, prefix, err);
	if (result == 0)
		*location = arena_printf(&b->arena, "arn:aws:s3:::" STR_FMT "/" STR_FMT, STR_ARG(bucket), STR_ARG(prefix));
	return result;
}

/* ---- exported variables ---- */

static const struct json *exported_value(struct build *b, struct str name)
{
	char path[1024], text[EXPORTED_MAX];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/state/exported-" STR_FMT, b->folder, STR_ARG(name));
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(text));
	close(fd);
	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n < 0 || !str_is_utf8(str_of(text, (size_t)n)))
		return NULL;
	return json_new_string(&b->arena, arena_str(&b->arena, str_of(text, (size_t)n)));
}

const struct json *build_exported(struct build *b)
{
	struct json *list = json_new_array(&b->arena);

	for (size_t i = 0; b->spec.exported && i < b->spec.exported->count; i++) {
		struct str name = json_text(b->spec.exported->items[i]);
		const struct json *value = str_find_char(name, '/', 0) < 0 ? exported_value(b, name) : NULL;
		struct json *pair = json_new_object(&b->arena);
		if (!value)
			continue;
		json_put(&b->arena, pair, STR("name"), json_new_string(&b->arena, name));
		json_put(&b->arena, pair, STR("value"), value);
		json_add(&b->arena, list, pair);
	}
	return list;
}
