/* SPDX-License-Identifier: Apache-2.0
 *
 * The operations, for the table in service.c. Each file defines its inputs beside its operations.
 */
#ifndef GLEANER_SERVICE_LAMBDA_OPERATIONS_H
#define GLEANER_SERVICE_LAMBDA_OPERATIONS_H

#include "service/lambda/code.h"
#include "service/lambda/configuration.h"

/* The input of operations that only name a function. */
struct named_input {
	struct str function_name, qualifier;
};
extern const struct bind lambda_named_fields[], lambda_unqualified_fields[];
int named_parse(struct call *call, struct function_name *out) MUST_CHECK;
/* The ARN that permission is asked for: FunctionName and Qualifier of the parameters. */
struct str function_resource(struct call *call);

/* Tells the running part after the commit: environments of the old configuration go. `codes` (may be NULL) are removed then. */
int function_changed(struct call *call, struct str name, const struct json *codes) MUST_CHECK;
/* Publishes $LATEST as a new version inside a write; `version` is its record. */
int version_publish(struct call *call, struct str name, struct str description, const struct json **version) MUST_CHECK;

/* One size for every input, so that the table of operations needs to know none of them. */
enum { LAMBDA_INPUT_SIZE = 768 };
#define LAMBDA_INPUT_FITS(type) _Static_assert(sizeof(type) <= LAMBDA_INPUT_SIZE, "LAMBDA_INPUT_SIZE is too small")

extern const struct bind lambda_create_function_fields[], lambda_update_code_fields[], lambda_update_configuration_fields[],
	lambda_list_functions_fields[], lambda_publish_version_fields[], lambda_list_versions_fields[],
	lambda_create_alias_fields[], lambda_update_alias_fields[], lambda_alias_fields[], lambda_list_aliases_fields[],
	lambda_add_permission_fields[], lambda_remove_permission_fields[], lambda_tag_resource_fields[],
	lambda_untag_resource_fields[], lambda_list_tags_fields[], lambda_put_concurrency_fields[],
	lambda_put_event_config_fields[], lambda_list_event_configs_fields[], lambda_invoke_fields[], lambda_package_fields[],
	lambda_publish_layer_fields[], lambda_layer_version_fields[], lambda_layer_by_arn_fields[],
	lambda_list_layer_versions_fields[], lambda_add_layer_permission_fields[], lambda_remove_layer_permission_fields[],
	lambda_create_event_source_fields[], lambda_update_event_source_fields[], lambda_event_source_fields[],
	lambda_list_event_sources_fields[], lambda_put_url_fields[], lambda_list_urls_fields[], lambda_put_provisioned_fields[];

int lambda_create_function(struct call *call);
int lambda_get_function(struct call *call);
int lambda_get_function_configuration(struct call *call);
int lambda_list_functions(struct call *call);
int lambda_delete_function(struct call *call);
int lambda_update_function_code(struct call *call);
int lambda_update_function_configuration(struct call *call);
int lambda_get_account_settings(struct call *call);
int lambda_get_package(struct call *call); /* where GetFunction's Location points */

int lambda_publish_version(struct call *call);
int lambda_list_versions(struct call *call);
int lambda_create_alias(struct call *call);
int lambda_get_alias(struct call *call);
int lambda_update_alias(struct call *call);
int lambda_delete_alias(struct call *call);
int lambda_list_aliases(struct call *call);

int lambda_add_permission(struct call *call);
int lambda_get_policy(struct call *call);
struct str lambda_resource_policy(struct call *call, struct store_txn *txn, struct str arn);
int lambda_remove_permission(struct call *call);

int lambda_tag_resource(struct call *call);
int lambda_untag_resource(struct call *call);
int lambda_list_tags(struct call *call);
int lambda_put_function_concurrency(struct call *call);
int lambda_get_function_concurrency(struct call *call);
int lambda_delete_function_concurrency(struct call *call);
int lambda_get_code_signing(struct call *call);
int lambda_put_event_config(struct call *call);
int lambda_update_event_config(struct call *call);
int lambda_get_event_config(struct call *call);
int lambda_delete_event_config(struct call *call);
int lambda_list_event_configs(struct call *call);

int lambda_publish_layer(struct call *call);
int lambda_get_layer_version(struct call *call);
int lambda_get_layer_version_by_arn(struct call *call);
int lambda_list_layer_versions(struct call *call);
int lambda_delete_layer_version(struct call *call);
int lambda_add_layer_permission(struct call *call);
int lambda_remove_layer_permission(struct call *call);
int lambda_get_layer_policy(struct call *call);

int lambda_create_event_source(struct call *call);
int lambda_get_event_source(struct call *call);
int lambda_update_event_source(struct call *call);
int lambda_delete_event_source(struct call *call);
int lambda_list_event_sources(struct call *call);

/* A mapping's tags, for the operations on tags. */
bool event_source_is_arn(struct str arn);
int event_source_load(struct call *call, struct str arn, const struct json **mapping) MUST_CHECK;
int event_source_set_tags(struct call *call, const struct json *mapping, const struct json *tags) MUST_CHECK;

int lambda_create_url(struct call *call);
int lambda_get_url(struct call *call);
int lambda_update_url(struct call *call);
int lambda_delete_url(struct call *call);
int lambda_list_urls(struct call *call);

int lambda_put_provisioned(struct call *call);
int lambda_get_provisioned(struct call *call);
int lambda_delete_provisioned(struct call *call);
int lambda_list_provisioned(struct call *call);

int lambda_invoke(struct call *call);

#endif
