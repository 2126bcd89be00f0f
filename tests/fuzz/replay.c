/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs a fuzz target over files, without a fuzzer: the corpus and every crash once found are replayed in the normal tests.
 *   fuzz_json FOLDER|FILE…
 */
#include <dirent.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/limits.h"
#include "os/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path)
{
	struct arena a;
	struct error err = { 0 };
	struct str content;

	arena_init(&a, MIB(64));
	int result = file_read(&a, path, MIB(32), &content, &err);
	if (result) {
		fprintf(stderr, "%s\n", err.message);
	} else {
		/* A copy of exactly that size, so that a sanitizer sees a read beyond it. */
		uint8_t *bytes = malloc(content.n ? content.n : 1);
		memcpy(bytes, content.p, content.n);
		LLVMFuzzerTestOneInput(bytes, content.n);
		free(bytes);
	}
	arena_release(&a);
	return result;
}

static int replay_folder(const char *path, int *count)
{
	DIR *folder = opendir(path);
	int result = folder ? 0 : -1;

	for (struct dirent *e; folder && !result && (e = readdir(folder));) {
		char file[4096];
		if (e->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		result = replay_file(file);
		++*count;
	}
	if (folder)
		closedir(folder);
	return result;
}

int main(int argc, char **argv)
{
	int count = 0, result = 0;

	for (int i = 1; i < argc && !result; i++) {
		struct stat status;
		if (stat(argv[i], &status) == 0 && S_ISDIR(status.st_mode)) {
			result = replay_folder(argv[i], &count);
		} else {
			result = replay_file(argv[i]);
			count++;
		}
	}
	/* In cmocka's words, for tests/run.py: one test a target; an empty corpus is a failure. */
	printf("%d inputs\n[  %s  ] 1 test(s).\n", count, result || !count ? "FAILED" : "PASSED");
	return result || !count;
}
