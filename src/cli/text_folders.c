/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/text_folders.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

static void add(struct buf *list, const char *prefix, const char *rest)
{
	if (!prefix || !prefix[0])
		return;
	if (list->n > 0)
		buf_add_char(list, ':');
	buf_add_c(list, prefix);
	buf_add_c(list, rest);
}

static void add_beside_executable(struct buf *list)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	while (n > 0 && path[n - 1] != '/')
		n--;
	path[n > 0 ? n : 0] = '\0';
	add(list, path, "text-models");
}

const char *text_folders(struct arena *a)
{
	const char *data = getenv("XDG_DATA_HOME");
	const char *out = NULL;
	struct buf list;

	buf_init(&list, (size_t)8 * PATH_MAX);
	add(&list, getenv("GLEANER_TEXT_MODELS"), "");
	add_beside_executable(&list);
	if (data && data[0])
		add(&list, data, "/gleaner/text-models");
	else
		add(&list, getenv("HOME"), "/.local/share/gleaner/text-models");
	add(&list, "/usr/local/share", "/gleaner/text-models");
	add(&list, "/usr/share", "/gleaner/text-models");
	if (!buf_failed(&list))
		out = arena_c(a, buf_str(&list));
	buf_release(&list);
	return out;
}
