/* SPDX-License-Identifier: Apache-2.0 */
#include "text/models.h"

#include <elf.h>
#include <stdio.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/encode.h"
#include "base/limits.h"
#include "os/file.h"

static bool has_all_files(struct str folder)
{
	static const char *const files[] = { MODELS_LIBRARY, MODELS_DETECTION, MODELS_RECOGNITION, MODELS_CHARACTERS };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int n = snprintf(path, sizeof(path), STR_FMT "/%s", STR_ARG(folder), files[i]);

		if (n <= 0 || n >= (int)sizeof(path) || access(path, R_OK) != 0)
			return false;
	}
	return true;
}

bool models_find(const char *folders, char out[PATH_MAX])
{
	struct str rest = str_c(folders);

	while (rest.n > 0) {
		struct str folder = str_split(&rest, ':');

		if (folder.n == 0 || folder.n >= PATH_MAX || !has_all_files(folder))
			continue;
		memcpy(out, folder.p, folder.n);
		out[folder.n] = '\0';
		return true;
	}
	return false;
}

/* In pieces: the library is too large to lie in memory for this. */
static int digest_file(const char *path, uint8_t out[SHA256_SIZE], struct error *err)
{
	FILE *file = fopen(path, "rb");
	struct digest digest = { 0 };
	char piece[KIB(64)];
	size_t n;
	int rc = file ? digest_init(&digest, DIGEST_SHA256) : error_set_errno(err, path);

	if (!file)
		return rc;
	while (rc == 0 && (n = fread(piece, 1, sizeof(piece), file)) > 0)
		digest_add(&digest, piece, n);
	if (rc == 0 && ferror(file))
		rc = error_set_errno(err, path);
	if (rc == 0)
		digest_finish(&digest, out);
	digest_release(&digest);
	fclose(file);
	return rc;
}

/* One line of the list: 64 hexadecimal digits, two characters, a name. */
static int verify_file(const char *folder, struct str line, struct error *err)
{
	struct str name = str_from(line, 2 * SHA256_SIZE + 2);
	uint8_t expected[SHA256_SIZE], found[SHA256_SIZE];
	char path[PATH_MAX];
	int rc;

	if (name.n == 0 || name.n >= NAME_MAX || hex_decode(expected, SHA256_SIZE, str_sub(line, 0, 2 * SHA256_SIZE)) < 0)
		return error_set(err, ERR_CORRUPT, "%s/" MODELS_SUMS " is damaged: run scripts/fetch-models.sh again", folder);
	if (snprintf(path, sizeof(path), "%s/" STR_FMT, folder, STR_ARG(name)) >= (int)sizeof(path))
		return error_set(err, ERR_CORRUPT, "the path of %s is too long", folder);
	rc = digest_file(path, found, err);
	if (rc == 0 && memcmp(found, expected, sizeof(found)) != 0)
		rc = error_set(err, ERR_CORRUPT, "%s is damaged: remove it and run scripts/fetch-models.sh", path);
	return rc;
}

/* Whether the file reaches to the end of what its headers make the loader map: past the end of a shorter one lies SIGBUS. */
static bool is_whole_library(FILE *file)
{
	Elf64_Ehdr head;
	Elf64_Phdr part;
	long size;

	if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET) != 0 ||
	    fread(&head, sizeof(head), 1, file) != 1 || memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 || head.e_phentsize != sizeof(part))
		return false;
	for (int i = 0; i < head.e_phnum; i++)
		if (fseek(file, (long)(head.e_phoff + (uint64_t)i * sizeof(part)), SEEK_SET) != 0 ||
		    fread(&part, sizeof(part), 1, file) != 1 ||
		    (part.p_type == PT_LOAD &&
		     (part.p_offset > (uint64_t)size || part.p_filesz > (uint64_t)size - part.p_offset)))
			return false;
	return true;
}

static int verify_library(const char *folder, struct error *err)
{
	char path[PATH_MAX];
	FILE *file;
	bool whole;

	if (snprintf(path, sizeof(path), "%s/" MODELS_LIBRARY, folder) >= (int)sizeof(path))
		return error_set(err, ERR_CORRUPT, "the path of %s is too long", folder);
	file = fopen(path, "rb");
	if (!file)
		return error_set_errno(err, path);
	whole = is_whole_library(file);
	fclose(file);
	return whole ? 0 : error_set(err, ERR_CORRUPT, "%s is damaged: remove it and run scripts/fetch-models.sh", path);
}

bool models_have_sums(const char *folder)
{
	char path[PATH_MAX];

	return snprintf(path, sizeof(path), "%s/" MODELS_SUMS, folder) < (int)sizeof(path) && access(path, R_OK) == 0;
}

int models_verify(const char *folder, struct error *err)
{
	struct arena arena;
	struct str path;
	struct str list = STR_NULL;
	int rc = 0;

	arena_init(&arena, KIB(256));
	path = arena_printf(&arena, "%s/" MODELS_SUMS, folder);
	if (!path.p)
		rc = error_set(err, ERR_NO_MEMORY, "no memory for a path");
	else if (file_exists(path.p))
		rc = file_read(&arena, path.p, KIB(64), &list, err);
	while (rc == 0 && list.n > 0) {
		struct str line = str_split(&list, '\n');

		if (line.n > 0)
			rc = verify_file(folder, line, err);
	}
	arena_release(&arena);
	return rc == 0 ? verify_library(folder, err) : rc;
}
