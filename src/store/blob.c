/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "os/file.h"
#include "os/random.h"
#include "store/blob_internal.h"
#include "store/internal.h"

static int path_format(char path[BLOB_PATH_MAX], struct error *err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int path_format(char path[BLOB_PATH_MAX], struct error *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int n = vsnprintf(path, BLOB_PATH_MAX, format, args);
	va_end(args);
	if (n < 0 || n >= BLOB_PATH_MAX)
		return error_set(err, ERR_LIMIT, "blob: the data directory's path is too long");
	return 0;
}

static int temporary_path(const struct store *s, const char *id, char path[BLOB_PATH_MAX], struct error *err)
{
	return path_format(path, err, "%s/tmp/%s", s->folder, id);
}

/* 256 folders, so that none grows past what a directory listing bears. */
static int fan_folder(const struct store *s, struct str id, char path[BLOB_PATH_MAX], struct error *err)
{
	return path_format(path, err, "%s/blobs/%.2s", s->folder, id.p);
}

int blob_path(const struct store *s, struct str id, char path[BLOB_PATH_MAX], struct error *err)
{
	return path_format(path, err, "%s/blobs/%.2s/" STR_FMT, s->folder, id.p, STR_ARG(id));
}

/* Ids come back from stored records: a damaged one must not lead out of the folder. */
static int check_id(struct str id, struct error *err)
{
	if (id.n >= 3 && id.n < BLOB_ID_MAX && str_find_char(id, '/', 0) < 0 && str_find_char(id, '.', 0) < 0)
		return 0;
	return error_set(err, ERR_CORRUPT, "blob: \"" STR_FMT "\" is no blob id", STR_ARG(id));
}

void blob_name(const struct store *s, char id[BLOB_ID_MAX])
{
	random_uuid(id);
	memcpy(id + strlen(id) - strlen(s->run), s->run, strlen(s->run));
}

int blob_begin(struct blob_writer *w, struct store *s, struct error *err)
{
	char path[BLOB_PATH_MAX];

	*w = (struct blob_writer){ .store = s, .fd = -1 };
	blob_name(s, w->id);
	int rc = temporary_path(s, w->id, path, err);
	if (rc < 0)
		return rc;
	w->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return w->fd >= 0 ? 0 : error_set_errno(err, "blob: open");
}

int blob_write(struct blob_writer *w, const void *bytes, size_t n, struct error *err)
{
	int rc = fd_write_all(w->fd, bytes, n, err);

	if (rc == 0)
		w->size += n;
	return rc;
}

/* The new entry must survive a power cut too. */
int blob_make_folder(struct store *s, struct str id, char folder[BLOB_PATH_MAX], struct error *err)
{
	char parent[BLOB_PATH_MAX];
	int rc = fan_folder(s, id, folder, err);

	if (rc < 0)
		return rc;
	if (mkdir(folder, 0700) < 0)
		return errno == EEXIST ? 0 : error_set_errno(err, "blob: mkdir");
	rc = path_format(parent, err, "%s/blobs", s->folder);
	if (rc == 0 && s->durability == STORE_FULL)
		rc = file_sync_dir(parent, err);
	return rc;
}

static int move_into_place(struct blob_writer *w, struct error *err)
{
	char from[BLOB_PATH_MAX], to[BLOB_PATH_MAX], folder[BLOB_PATH_MAX];
	struct store *s = w->store;
	int rc = temporary_path(s, w->id, from, err);

	if (rc == 0)
		rc = blob_path(s, str_c(w->id), to, err);
	if (rc == 0)
		rc = blob_make_folder(s, str_c(w->id), folder, err);
	if (rc == 0 && rename(from, to) < 0)
		rc = error_set_errno(err, "blob: rename");
	if (rc == 0 && s->durability == STORE_FULL)
		rc = file_sync_dir(folder, err);
	return rc;
}

int blob_seal(struct blob_writer *w, struct error *err)
{
	int rc = 0;

	if (w->store->durability == STORE_FULL && fdatasync(w->fd) < 0)
		rc = error_set_errno(err, "blob: fdatasync");
	if (rc == 0)
		rc = move_into_place(w, err);
	if (rc < 0) {
		blob_abort(w);
		return rc;
	}
	close(w->fd);
	w->fd = -1;
	return 0;
}

void blob_abort(struct blob_writer *w)
{
	char path[BLOB_PATH_MAX];

	if (w->fd < 0)
		return;
	close(w->fd);
	w->fd = -1;
	if (temporary_path(w->store, w->id, path, NULL) == 0)
		unlink(path);
}

int blob_open(struct store *s, struct str id, int *fd, uint64_t *size, struct error *err)
{
	char path[BLOB_PATH_MAX];
	struct stat st;
	int rc = check_id(id, err);

	if (rc == 0)
		rc = blob_path(s, id, path, err);
	if (rc < 0)
		return rc;
	int opened = open(path, O_RDONLY | O_CLOEXEC);
	if (opened < 0 && errno == ENOENT)
		return error_set(err, ERR_NOT_FOUND, "blob: " STR_FMT " does not exist", STR_ARG(id));
	if (opened < 0)
		return error_set_errno(err, "blob: open");
	if (fstat(opened, &st) < 0) {
		rc = error_set_errno(err, "blob: fstat");
		close(opened);
		return rc;
	}
	*fd = opened;
	*size = (uint64_t)st.st_size;
	return 0;
}

int blob_remove(struct store *s, struct str id, struct error *err)
{
	char path[BLOB_PATH_MAX];
	int rc = check_id(id, err);

	if (rc == 0)
		rc = blob_path(s, id, path, err);
	if (rc == 0 && unlink(path) < 0 && errno != ENOENT)
		rc = error_set_errno(err, "blob: unlink");
	return rc;
}

/* Which files of a folder to keep. */
struct keep {
	struct str run;
	bool (*named)(void *argument, struct str id);
	void *argument;
};

static bool is_kept(const struct keep *keep, struct str id)
{
	return str_ends(id, keep->run) || keep->named(keep->argument, id);
}

/* Removes the files of a folder but those kept. */
static int sweep_folder(const char *path, const struct keep *keep, struct error *err)
{
	DIR *folder = opendir(path);
	int rc = 0;

	if (!folder)
		return error_set_errno(err, path);
	for (struct dirent *e; rc == 0 && (e = readdir(folder)) != NULL;) {
		if (e->d_name[0] == '.' || (keep && is_kept(keep, str_c(e->d_name))))
			continue;
		if (unlinkat(dirfd(folder), e->d_name, 0) < 0 && errno != ENOENT)
			rc = error_set_errno(err, "blob: unlink");
	}
	closedir(folder);
	return rc;
}

int blob_sweep(struct store *s, bool (*named)(void *argument, struct str id), void *argument, struct error *err)
{
	struct keep keep = { str_c(s->run), named, argument };
	char path[BLOB_PATH_MAX], folder[BLOB_PATH_MAX];
	int rc = path_format(path, err, "%s/blobs", s->folder);
	DIR *blobs = rc == 0 ? opendir(path) : NULL;

	if (!blobs)
		return rc < 0 ? rc : error_set_errno(err, path);
	for (struct dirent *e; rc == 0 && (e = readdir(blobs)) != NULL;) {
		if (e->d_name[0] == '.')
			continue;
		rc = path_format(folder, err, "%s/%s", path, e->d_name);
		if (rc == 0)
			rc = sweep_folder(folder, &keep, err);
	}
	closedir(blobs);
	return rc;
}

int blob_prepare_folders(struct store *s, struct error *err)
{
	char path[BLOB_PATH_MAX];
	int rc = path_format(path, err, "%s/blobs", s->folder);

	if (rc == 0)
		rc = file_make_dirs(path, 0700, err);
	if (rc == 0)
		rc = path_format(path, err, "%s/tmp", s->folder);
	if (rc == 0)
		rc = file_make_dirs(path, 0700, err);
	if (rc == 0)
		rc = sweep_folder(path, NULL, err);
	return rc;
}
