/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "os/file.h"
#include "service/codebuild/internal.h"

#define ROW(text, how, function)                                                                                                 \
	{                                                                                                                        \
		.name = text, .kind = OPERATION_##how, .run = codebuild_##function, .input = codebuild_##function##_fields,      \
		.input_size = CODEBUILD_INPUT_SIZE, .resource = codebuild_resource                                               \
	}

static const struct operation operations[] = {
	ROW("CreateProject", WRITE, create_project),
	ROW("UpdateProject", WRITE, update_project),
	ROW("DeleteProject", WRITE, delete_project),
	ROW("BatchGetProjects", READ, batch_get_projects),
	ROW("ListProjects", READ, list_projects),
	ROW("StartBuild", WRITE, start_build),
	ROW("StopBuild", WRITE, stop_build),
	{
		.name = "BatchGetBuilds",
		.kind = OPERATION_READ,
		.run = codebuild_batch_get_builds,
		.input = codebuild_batch_get_builds_fields,
		.input_size = CODEBUILD_INPUT_SIZE,
		.permissions = codebuild_build_permissions,
	},
	ROW("ListBuildsForProject", READ, list_builds_for_project),
	{ 0 },
};

static char *path_under(const char *folder, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int make_folders(struct codebuild *cb, struct error *err)
{
	int result;

	cb->folder = path_under(host_data_folder(cb->host), "builds");
	cb->view = path_under(host_data_folder(cb->host), "builds-view");
	if (!cb->folder || !cb->view)
		return error_set(err, ERR_NO_MEMORY, "no memory for paths");
	result = file_remove_tree(cb->folder, err); /* of builds that a crash left */
	if (result == 0)
		result = file_make_dirs(cb->folder, 0700, err);
	return result ? result : file_make_dirs(cb->view, 0700, err);
}

static int read_settings(struct codebuild *cb, struct error *err)
{
	const char *minute = host_setting(cb->host, "codebuild-minute-ms");

	cb->minute_ms = 60000;
	if (minute && (str_to_i64(str_c(minute), &cb->minute_ms) != 0 || cb->minute_ms < 1))
		return error_set(err, ERR_INVALID, "codebuild-minute-ms is not a positive number: %s", minute);
	return 0;
}

static void codebuild_free(struct codebuild *cb)
{
	process_watcher_free(cb->watcher);
	sandbox_kit_free(cb->kit);
	pthread_mutex_destroy(&cb->lock);
	pthread_cond_destroy(&cb->changed);
	free(cb->folder);
	free(cb->view);
	free(cb);
}

static int codebuild_open(struct host *host, void **state, struct error *err)
{
	struct codebuild *cb = calloc(1, sizeof(*cb));
	int result;

	if (!cb)
		return error_set(err, ERR_NO_MEMORY, "no memory for codebuild");
	cb->host = host;
	pthread_mutex_init(&cb->lock, NULL);
	pthread_cond_init(&cb->changed, NULL);
	result = read_settings(cb, err);
	if (result == 0)
		result = make_folders(cb, err);
	if (result == 0)
		result = process_watcher_new(&cb->watcher, err);
	if (result == 0)
		*state = cb;
	else
		codebuild_free(cb);
	return result;
}

static int codebuild_start(void *state, struct error *err)
{
	return recovery_settle(state, err);
}

static void codebuild_stop(void *state)
{
	schedule_stop_all(state);
}

static void codebuild_close(void *state)
{
	codebuild_free(state);
}

const struct service service_codebuild = {
	.name = "codebuild",
	.protocol = PROTOCOL_JSON,
	.target_prefix = "CodeBuild_20161006",
	.json_version = "1.1",
	.validation = &codebuild_InvalidInputException,
	.operations = operations,
	.open = codebuild_open,
	.condition_list = codebuild_condition_list,
	.start = codebuild_start,
	.stop = codebuild_stop,
	.close = codebuild_close,
};
