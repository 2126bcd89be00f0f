/* SPDX-License-Identifier: Apache-2.0
 *
 * Provisioned concurrency: kept for versions and aliases, and always ready. Environments start within milliseconds here, so
 * none are started ahead.
 */
#include "service/lambda/operations.h"

struct provisioned_input {
	struct str function_name, qualifier;
	struct opt_i64 count;
};
LAMBDA_INPUT_FITS(struct provisioned_input);

const struct bind lambda_put_provisioned_fields[] = {
	BIND_STR(struct provisioned_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .min = 1,
		 .max = 140),
	BIND_STR(struct provisioned_input, qualifier, "Qualifier", .location = BIND_QUERY, .required = true, .min = 1,
		 .max = 128),
	BIND_I64(struct provisioned_input, count, "ProvisionedConcurrentExecutions", .required = true, .min = 1, .max = 1000),
	BIND_DONE,
};

static int load_provisioned(struct call *call, struct str text, struct str qualifier, struct function_name *name,
			    const struct json **function, const struct json **found)
{
	struct str version;
	int rc = function_name_parse(call, text, qualifier, name);

	if (rc == 0)
		rc = function_resolve(call, name, function, &version);
	if (rc == 0 && (!name->qualifier.p || str_eq_c(name->qualifier, LAMBDA_LATEST)))
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "Provisioned Concurrency Configs cannot be applied to unpublished function versions.");
	if (rc == 0)
		*found = json_get(json_get_c(*function, "provisioned"), name->qualifier);
	return rc;
}

static void write_provisioned(struct call *call, const struct json *config)
{
	const struct json *count = json_get_c(config, "count");

	write_json(&call->out, "RequestedProvisionedConcurrentExecutions", count);
	write_json(&call->out, "AvailableProvisionedConcurrentExecutions", count);
	write_json(&call->out, "AllocatedProvisionedConcurrentExecutions", count);
	write_c(&call->out, "Status", "READY");
	write_json(&call->out, "LastModified", json_get_c(config, "modified"));
}

static int save_all(struct call *call, struct str name, const struct json *function, const struct json *all)
{
	struct json *changed = json_copy_object(&call->arena, function);

	json_put(&call->arena, changed, STR("provisioned"), all);
	return function_save(call, name, changed);
}

int lambda_put_provisioned(struct call *call)
{
	const struct provisioned_input *in = call->input;
	const struct json *function, *old;
	struct function_name name;
	int rc = load_provisioned(call, in->function_name, in->qualifier, &name, &function, &old);

	if (rc != 0)
		return rc;
	struct json *config = json_new_object(&call->arena), *all = record_member(call, function, STR("provisioned"));
	json_put(&call->arena, config, STR("count"), json_new_i64(&call->arena, in->count.value));
	json_put(&call->arena, config, STR("modified"), json_new_string(&call->arena, lambda_now(call)));
	json_put(&call->arena, all, name.qualifier, config);
	rc = save_all(call, name.name, function, all);
	if (rc == 0)
		write_provisioned(call, config);
	return rc;
}

static int no_config(struct call *call)
{
	static const struct service_error missing = { "ProvisionedConcurrencyConfigNotFoundException", 404, NULL };

	return lambda_refuse(call, &missing, "No Provisioned Concurrency Config found for this function");
}

int lambda_get_provisioned(struct call *call)
{
	const struct named_input *in = call->input;
	const struct json *function, *config;
	struct function_name name;
	int rc = load_provisioned(call, in->function_name, in->qualifier, &name, &function, &config);

	if (rc != 0 || !config)
		return rc ? rc : no_config(call);
	write_provisioned(call, config);
	return 0;
}

int lambda_delete_provisioned(struct call *call)
{
	const struct named_input *in = call->input;
	const struct json *function, *config, *all;
	struct json *left = json_new_object(&call->arena);
	struct function_name name;
	int rc = load_provisioned(call, in->function_name, in->qualifier, &name, &function, &config);

	if (rc != 0)
		return rc;
	all = json_get_c(function, "provisioned");
	for (size_t i = 0; all && i < all->count; i++)
		if (!str_eq(all->members[i].name, name.qualifier))
			json_add_member(&call->arena, left, all->members[i].name, all->members[i].value);
	return save_all(call, name.name, function, left);
}

int lambda_list_provisioned(struct call *call)
{
	const struct json *function, *all;
	struct function_name name;
	int rc = named_parse(call, &name);

	if (rc == 0)
		rc = function_load(call, &name, &function);
	if (rc != 0)
		return rc;
	all = json_get_c(function, "provisioned");
	write_list(&call->out, "ProvisionedConcurrencyConfigs", NULL);
	for (size_t i = 0; all && i < all->count; i++) {
		write_object(&call->out, NULL);
		write_str(&call->out, "FunctionArn", function_arn(call, name.name, all->members[i].name));
		write_provisioned(call, all->members[i].value);
		write_end(&call->out);
	}
	write_end(&call->out);
	return 0;
}
