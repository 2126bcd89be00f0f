/* SPDX-License-Identifier: Apache-2.0
 *
 * DOWNLOAD_SOURCE: the zip from S3 and the buildspec in it.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/file.h"
#include "service/codebuild/runner.h"
#include "service/package.h"

static int context(struct error *err, const char *code, const char *message)
{
	error_set(err, ERR_SERVICE, "%s", message);
	snprintf(err->name, sizeof(err->name), "%s", code);
	return ERR_SERVICE;
}

/* "bucket/some/key.zip" or its ARN */
static int split_location(struct build *b, struct json *parameters, struct str location, struct error *err)
{
	struct str bucket;

	if (str_starts(location, STR("arn:aws:s3:::")))
		location = str_from(location, strlen("arn:aws:s3:::"));
	bucket = str_split(&location, '/');
	if (bucket.n == 0 || location.n == 0)
		return context(err, "CLIENT_ERROR", "the source location must be <bucket>/<key> of a zip file");
	json_put(&b->arena, parameters, STR("Bucket"), json_new_string(&b->arena, bucket));
	json_put(&b->arena, parameters, STR("Key"), json_new_string(&b->arena, location));
	return 0;
}

static int download(struct build *b, const struct json *source, const char *target, struct error *err)
{
	struct json *parameters = json_new_object(&b->arena);
	struct str version = json_get_text(b->record, STR("sourceVersion"));
	struct reply reply;
	int result = split_location(b, parameters, json_get_text(source, STR("location")), err);

	if (result != 0)
		return result;
	if (version.n > 0)
		json_put(&b->arena, parameters, STR("VersionId"), json_new_string(&b->arena, version));
	result = build_call(b, "s3", "GetObject", parameters, STR_NULL, CODEBUILD_SOURCE_MAX, &reply, err);
	if (result != 0)
		return context(err, "INTERNAL_SERVICE_ERROR", "S3 cannot be called");
	if (reply.error.code != 0) {
		struct str text = arena_printf(&b->arena, "%s: %s for source location " STR_FMT, reply.error.name,
					       reply.error.message, STR_ARG(json_get_text(source, STR("location"))));
		return context(err, "CLIENT_ERROR", text.p ? text.p : "");
	}
	result = package_unpack(reply.body, target, CODEBUILD_SOURCE_MAX, err);
	if (result != 0)
		snprintf(err->name, sizeof(err->name), "CLIENT_ERROR");
	return result;
}

/* ---- the buildspec ---- */

static bool is_inline(struct str text)
{
	return str_find_char(text, '\n', 0) >= 0 || str_starts(text, STR("version:"));
}

static bool stays_inside(struct str path)
{
	if (path.n == 0 || path.p[0] == '/')
		return false;
	while (path.p) {
		if (str_eq(str_split(&path, '/'), STR("..")))
			return false;
	}
	return true;
}

static int read_buildspec(struct build *b, struct str named, const char *folder, struct str *out, struct error *err)
{
	struct str path = named.n > 0 ? named : STR("buildspec.yml"), text;

	if (is_inline(named)) {
		*out = named;
		return 0;
	}
	if (!stays_inside(path))
		return context(err, "YAML_FILE_ERROR", "the buildspec must lie in the source");
	text = arena_printf(&b->arena, "%s/" STR_FMT, folder, STR_ARG(path));
	if (!text.p || file_read(&b->arena, text.p, YAML_SIZE_MAX, out, NULL) != 0)
		return context(err, "YAML_FILE_ERROR", "YAML file does not exist");
	return 0;
}

/* ---- owners ---- */

static _Thread_local uid_t new_owner; /* nftw has no argument */

static int change_owner(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return lchown(path, new_owner, (gid_t)new_owner);
}

static int give_folder(struct build *b, struct error *err)
{
	char path[1024];

	new_owner = b->cb->kit ? sandbox_user(&b->sandbox) : geteuid();
	for (size_t i = 0; build_folders[i] && new_owner != geteuid(); i++) {
		snprintf(path, sizeof(path), "%s/%s", b->folder, build_folders[i]);
		if (nftw(path, change_owner, 32, FTW_PHYS) != 0)
			return context(err, "INTERNAL_SERVICE_ERROR", "cannot change the source's owner");
	}
	return 0;
}

int build_fetch_source(struct build *b, struct error *err)
{
	const struct json *source = json_get_c(b->record, "source");
	struct str target = arena_printf(&b->arena, "%s/src", b->folder), text;
	struct error why = { 0 };
	int result;

	if (!target.p)
		return context(err, "INTERNAL_SERVICE_ERROR", "no memory");
	if (str_eq(json_get_text(source, STR("type")), STR("S3")))
		result = download(b, source, target.p, err);
	else
		result = file_make_dirs(target.p, 0755, err);
	if (result == 0)
		result = read_buildspec(b, json_get_text(source, STR("buildspec")), target.p, &text, err);
	if (result == 0 && buildspec_parse(&b->arena, text, &b->spec, &why) != 0)
		result = context(err, "YAML_FILE_ERROR", why.message);
	return result ? result : give_folder(b, err);
}
