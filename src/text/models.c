/* SPDX-License-Identifier: Apache-2.0 */
#include "text/models.h"

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

/* One line of the list: 64 hexadecimal digits, two characters, a name. */
static int verify_file(const char *folder, struct str line, struct error *err)
{
	struct str name = str_from(line, 2 * SHA256_SIZE + 2);
	uint8_t expected[SHA256_SIZE], found[SHA256_SIZE];
	struct arena arena;
	struct str path, bytes;
	int rc;

	if (name.n == 0 || hex_decode(expected, SHA256_SIZE, str_sub(line, 0, 2 * SHA256_SIZE)) < 0)
		return error_set(err, ERR_CORRUPT, "%s/" MODELS_SUMS " is damaged: run scripts/fetch-models.sh again", folder);
	arena_init(&arena, MIB(160));
	path = arena_printf(&arena, "%s/" STR_FMT, folder, STR_ARG(name));
	rc = path.p ? file_read(&arena, path.p, MIB(128), &bytes, err) : error_set(err, ERR_NO_MEMORY, "no memory for a path");
	if (rc == 0) {
		sha256(bytes.p, bytes.n, found);
		if (memcmp(found, expected, sizeof(found)) != 0)
			rc = error_set(err, ERR_CORRUPT, STR_FMT " is damaged: remove it and run scripts/fetch-models.sh",
				       STR_ARG(path));
	}
	arena_release(&arena);
	return rc;
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
	return rc;
}
