/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of operations, and the service's life.
 */
#include "service/lambda/lambda.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "format/uri.h"
#include "os/clock.h"
#include "os/file.h"
#include "service/lambda/operations.h"
#include "service/lambda/poller.h"

enum { POOL_THREADS = 4, POOL_QUEUE = 4096, RUNTIME_CONNECTIONS = 4096, RUNTIME_IDLE_S = 3600 };

/* ---- operations ---- */

#define FUNCTIONS "/2015-03-31/functions"
#define FUNCTION FUNCTIONS "/{FunctionName}"
#define CONFIG_2019 "/2019-09-25/functions/{FunctionName}/event-invoke-config"
#define LAYER "/2018-10-31/layers/{LayerName}/versions"
#define LAYER_VERSION LAYER "/{VersionNumber}"
#define SOURCES "/2015-03-31/event-source-mappings"
#define URL "/2021-10-31/functions/{FunctionName}/url"
#define PROVISIONED "/2019-09-30/functions/{FunctionName}/provisioned-concurrency"
#define INPUT(table) .input = table, .input_size = LAMBDA_INPUT_SIZE

#define ROW(text, how, function, verb, where, table, ...)                                                                        \
	{                                                                                                                        \
		.name = text, .kind = OPERATION_##how, .run = function, .method = verb, .path = where, INPUT(table),             \
		.resource = function_resource, ##__VA_ARGS__                                                                     \
	}

static const struct operation operations[] = {
	ROW("Invoke", ASYNC, lambda_invoke, "POST", FUNCTION "/invocations", lambda_invoke_fields,
	    .action = "lambda:InvokeFunction"),
	ROW("CreateFunction", ASYNC, lambda_create_function, "POST", FUNCTIONS, lambda_create_function_fields, .status = 201),
	ROW("GetFunction", READ, lambda_get_function, "GET", FUNCTION, lambda_named_fields),
	ROW("GetFunctionConfiguration", READ, lambda_get_function_configuration, "GET", FUNCTION "/configuration",
	    lambda_named_fields),
	ROW("ListFunctions", READ, lambda_list_functions, "GET", FUNCTIONS, lambda_list_functions_fields),
	ROW("DeleteFunction", WRITE, lambda_delete_function, "DELETE", FUNCTION, lambda_named_fields, .status = 204),
	ROW("UpdateFunctionCode", ASYNC, lambda_update_function_code, "PUT", FUNCTION "/code", lambda_update_code_fields),
	ROW("UpdateFunctionConfiguration", WRITE, lambda_update_function_configuration, "PUT", FUNCTION "/configuration",
	    lambda_update_configuration_fields),
	ROW("PublishVersion", WRITE, lambda_publish_version, "POST", FUNCTION "/versions", lambda_publish_version_fields,
	    .status = 201),
	ROW("ListVersionsByFunction", READ, lambda_list_versions, "GET", FUNCTION "/versions", lambda_list_versions_fields),
	ROW("CreateAlias", WRITE, lambda_create_alias, "POST", FUNCTION "/aliases", lambda_create_alias_fields, .status = 201),
	ROW("ListAliases", READ, lambda_list_aliases, "GET", FUNCTION "/aliases", lambda_list_aliases_fields),
	ROW("GetAlias", READ, lambda_get_alias, "GET", FUNCTION "/aliases/{Name}", lambda_alias_fields),
	ROW("UpdateAlias", WRITE, lambda_update_alias, "PUT", FUNCTION "/aliases/{Name}", lambda_update_alias_fields),
	ROW("DeleteAlias", WRITE, lambda_delete_alias, "DELETE", FUNCTION "/aliases/{Name}", lambda_alias_fields, .status = 204),
	ROW("AddPermission", WRITE, lambda_add_permission, "POST", FUNCTION "/policy", lambda_add_permission_fields,
	    .status = 201),
	ROW("GetPolicy", READ, lambda_get_policy, "GET", FUNCTION "/policy", lambda_named_fields),
	ROW("RemovePermission", WRITE, lambda_remove_permission, "DELETE", FUNCTION "/policy/{StatementId}",
	    lambda_remove_permission_fields, .status = 204),
	ROW("GetFunctionCodeSigningConfig", READ, lambda_get_code_signing, "GET",
	    "/2020-06-30/functions/{FunctionName}/code-signing-config", lambda_unqualified_fields),
	ROW("PutFunctionConcurrency", WRITE, lambda_put_function_concurrency, "PUT",
	    "/2017-10-31/functions/{FunctionName}/concurrency", lambda_put_concurrency_fields),
	ROW("GetFunctionConcurrency", READ, lambda_get_function_concurrency, "GET",
	    "/2019-09-30/functions/{FunctionName}/concurrency", lambda_unqualified_fields),
	ROW("DeleteFunctionConcurrency", WRITE, lambda_delete_function_concurrency, "DELETE",
	    "/2017-10-31/functions/{FunctionName}/concurrency", lambda_unqualified_fields, .status = 204),
	ROW("PutFunctionEventInvokeConfig", WRITE, lambda_put_event_config, "PUT", CONFIG_2019, lambda_put_event_config_fields),
	ROW("UpdateFunctionEventInvokeConfig", WRITE, lambda_update_event_config, "POST", CONFIG_2019,
	    lambda_put_event_config_fields),
	ROW("GetFunctionEventInvokeConfig", READ, lambda_get_event_config, "GET", CONFIG_2019, lambda_named_fields),
	ROW("DeleteFunctionEventInvokeConfig", WRITE, lambda_delete_event_config, "DELETE", CONFIG_2019, lambda_named_fields,
	    .status = 204),
	ROW("ListFunctionEventInvokeConfigs", READ, lambda_list_event_configs, "GET", CONFIG_2019 "/list",
	    lambda_list_event_configs_fields),
	ROW("TagResource", WRITE, lambda_tag_resource, "POST", "/2017-03-31/tags/{Resource}", lambda_tag_resource_fields,
	    .status = 204),
	ROW("UntagResource", WRITE, lambda_untag_resource, "DELETE", "/2017-03-31/tags/{Resource}", lambda_untag_resource_fields,
	    .status = 204),
	ROW("ListTags", READ, lambda_list_tags, "GET", "/2017-03-31/tags/{Resource}", lambda_list_tags_fields),
	ROW("PublishLayerVersion", ASYNC, lambda_publish_layer, "POST", LAYER, lambda_publish_layer_fields, .status = 201),
	ROW("ListLayerVersions", READ, lambda_list_layer_versions, "GET", LAYER, lambda_list_layer_versions_fields),
	ROW("GetLayerVersion", READ, lambda_get_layer_version, "GET", LAYER_VERSION, lambda_layer_version_fields),
	ROW("GetLayerVersionByArn", READ, lambda_get_layer_version_by_arn, "GET", "/2018-10-31/layers",
	    lambda_layer_by_arn_fields, .query = "find=LayerVersion", .action = "lambda:GetLayerVersion"),
	ROW("DeleteLayerVersion", WRITE, lambda_delete_layer_version, "DELETE", LAYER_VERSION, lambda_layer_version_fields,
	    .status = 204),
	ROW("AddLayerVersionPermission", WRITE, lambda_add_layer_permission, "POST", LAYER_VERSION "/policy",
	    lambda_add_layer_permission_fields, .status = 201),
	ROW("GetLayerVersionPolicy", READ, lambda_get_layer_policy, "GET", LAYER_VERSION "/policy", lambda_layer_version_fields),
	ROW("RemoveLayerVersionPermission", WRITE, lambda_remove_layer_permission, "DELETE",
	    LAYER_VERSION "/policy/{StatementId}", lambda_remove_layer_permission_fields, .status = 204),
	ROW("CreateEventSourceMapping", WRITE, lambda_create_event_source, "POST", SOURCES, lambda_create_event_source_fields,
	    .status = 202),
	ROW("ListEventSourceMappings", READ, lambda_list_event_sources, "GET", SOURCES, lambda_list_event_sources_fields),
	ROW("GetEventSourceMapping", READ, lambda_get_event_source, "GET", SOURCES "/{UUID}", lambda_event_source_fields),
	ROW("UpdateEventSourceMapping", WRITE, lambda_update_event_source, "PUT", SOURCES "/{UUID}",
	    lambda_update_event_source_fields, .status = 202),
	ROW("DeleteEventSourceMapping", WRITE, lambda_delete_event_source, "DELETE", SOURCES "/{UUID}",
	    lambda_event_source_fields, .status = 202),
	ROW("CreateFunctionUrlConfig", WRITE, lambda_create_url, "POST", URL, lambda_put_url_fields, .status = 201),
	ROW("GetFunctionUrlConfig", READ, lambda_get_url, "GET", URL, lambda_named_fields),
	ROW("UpdateFunctionUrlConfig", WRITE, lambda_update_url, "PUT", URL, lambda_put_url_fields),
	ROW("DeleteFunctionUrlConfig", WRITE, lambda_delete_url, "DELETE", URL, lambda_named_fields, .status = 204),
	ROW("ListFunctionUrlConfigs", READ, lambda_list_urls, "GET", URL "s", lambda_list_urls_fields),
	ROW("PutProvisionedConcurrencyConfig", WRITE, lambda_put_provisioned, "PUT", PROVISIONED, lambda_put_provisioned_fields,
	    .status = 202),
	ROW("ListProvisionedConcurrencyConfigs", READ, lambda_list_provisioned, "GET", PROVISIONED,
	    lambda_list_event_configs_fields, .query = "List=ALL"),
	ROW("GetProvisionedConcurrencyConfig", READ, lambda_get_provisioned, "GET", PROVISIONED, lambda_named_fields),
	ROW("DeleteProvisionedConcurrencyConfig", WRITE, lambda_delete_provisioned, "DELETE", PROVISIONED, lambda_named_fields,
	    .status = 204),
	{ .name = "GetAccountSettings",
	  .kind = OPERATION_READ,
	  .run = lambda_get_account_settings,
	  .method = "GET",
	  .path = "/2016-08-19/account-settings" },
	/* Not an operation of AWS's: what Code.Location of GetFunction names. */
	ROW("GetFunctionPackage", READ, lambda_get_package, "GET", FUNCTION "/packages/{Code}", lambda_package_fields,
	    .action = "lambda:GetFunction"),
	{ 0 },
};

/* ---- life ---- */

static char *path_under(const char *folder, const char *name)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int make_folders(struct lambda *l, struct error *err)
{
	const char *data = host_data_folder(l->host);
	int result;

	l->folder = path_under(data, "functions");
	l->clients = path_under(data, "runtime");
	l->view = path_under(data, "view");
	l->scratch = path_under(data, "scratch");
	if (!l->folder || !l->clients || !l->view || !l->scratch)
		return error_set(err, ERR_NO_MEMORY, "no memory for paths");
	result = file_remove_tree(l->scratch, err); /* of environments that a crash left */
	if (result == 0)
		result = file_make_dirs(l->folder, 0700, err);
	if (result == 0)
		result = file_make_dirs(l->view, 0700, err);
	if (result == 0)
		result = file_make_dirs(l->scratch, 0700, err);
	return result ? result : runtime_clients_write(l, err);
}

static int make_sandbox(struct lambda *l, struct error *err)
{
	const char *mode = host_setting(l->host, "sandbox"), *missing;
	int result;

	if (mode && strcmp(mode, "off") == 0) {
		log_warn("lambda", "functions run unconfined sandbox=off");
		return 0;
	}
	result = sandbox_kit_new(&l->kit, l->view, err);
	if (result != 0)
		return result;
	for (size_t i = 0; (missing = sandbox_kit_missing(l->kit, i)) != NULL; i++)
		log_warn("lambda", "functions are confined without layer=\"%s\"", missing);
	if (mode && strcmp(mode, "require") == 0 && sandbox_kit_layers(l->kit) != SANDBOX_ALL)
		return error_set(err, ERR_UNSUPPORTED, "--sandbox=require, but this machine does not offer %s",
				 sandbox_kit_missing(l->kit, 0));
	return 0;
}

static int make_threads(struct lambda *l, struct error *err)
{
	struct http_server_options options = {
		.threads = 1,
		.max_connections = RUNTIME_CONNECTIONS,
		.idle_timeout_seconds = RUNTIME_IDLE_S,
	};
	struct http_handlers handlers = runtime_handlers;
	int result;

	handlers.context = l;
	result = process_watcher_new(&l->watcher, err);
	if (result == 0)
		result = pool_new(&l->pool, "lambda", POOL_THREADS, POOL_QUEUE, err);
	if (result == 0)
		result = http_server_new(&l->http, &options, &handlers, err);
	return result ? result : async_new(&l->async, l, err);
}

static int read_settings(struct lambda *l, struct error *err)
{
	const char *concurrency = host_setting(l->host, "lambda-concurrency");
	struct uri endpoint;
	int result = uri_parse(host_endpoint(l->host), &endpoint, err);

	if (result != 0)
		return result;
	l->port = endpoint.port;
	l->concurrency = LAMBDA_CONCURRENCY;
	if (concurrency && (str_to_i64(str_c(concurrency), &l->concurrency) != 0 || l->concurrency < 1))
		return error_set(err, ERR_INVALID, "lambda-concurrency is not a positive number: %s", concurrency);
	return 0;
}

static void lambda_free(struct lambda *l)
{
	struct map_entry *m;

	process_watcher_free(l->watcher);
	http_server_free(l->http);
	pool_free(l->pool);
	async_free(l->async);
	while ((m = map_next(&l->targets, NULL)) != NULL) {
		struct target *t = m->value;
		map_remove(&l->targets, t->key);
		target_unref(t);
	}
	map_release(&l->targets);
	map_release(&l->environments);
	sandbox_kit_free(l->kit);
	pthread_mutex_destroy(&l->lock);
	pthread_cond_destroy(&l->drained);
	free(l->folder);
	free(l->clients);
	free(l->view);
	free(l->scratch);
	free(l);
}

static int lambda_open(struct host *host, void **state, struct error *err)
{
	struct lambda *l = calloc(1, sizeof(*l));
	int result;

	if (!l)
		return error_set(err, ERR_NO_MEMORY, "no memory for lambda");
	l->host = host;
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->drained, NULL);
	map_init(&l->targets);
	map_init(&l->environments);
	result = read_settings(l, err);
	if (result == 0)
		result = make_folders(l, err);
	if (result == 0)
		result = make_sandbox(l, err);
	if (result == 0)
		result = make_threads(l, err);
	if (result == 0)
		*state = l;
	else
		lambda_free(l);
	return result;
}

static int lambda_start(void *state, struct error *err)
{
	struct lambda *l = state;

	scheduler_sweep(l);
	int result = async_start(l->async, err);
	return result ? result : pollers_start(l, err);
}

static void lambda_stop(void *state)
{
	struct lambda *l = state;
	struct pool *pool;

	pollers_stop(l);
	async_stop(l->async);
	scheduler_stop(l);
	async_wait(l->async);
	pool = l->pool;
	l->pool = NULL;
	pool_free(pool);
}

static void lambda_close(void *state)
{
	lambda_free(state);
}

const struct service service_lambda = {
	.name = "lambda",
	.protocol = PROTOCOL_REST_JSON,
	.error_text_name = "Message",
	.operations = operations,
	.resource_policy = lambda_resource_policy,
	.open = lambda_open,
	.start = lambda_start,
	.stop = lambda_stop,
	.close = lambda_close,
};
