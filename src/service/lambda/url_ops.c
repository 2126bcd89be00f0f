/* SPDX-License-Identifier: Apache-2.0
 *
 * Function URLs: their configuration. What is asked at such a URL's own address is not served here: an HTTP API does that.
 */
#include "base/digest.h"
#include "service/lambda/operations.h"

struct url_input {
	struct str function_name, qualifier, auth, mode, marker;
	struct opt_i64 limit;
	const struct json *cors;
};
LAMBDA_INPUT_FITS(struct url_input);

static const char *const auths[] = { "NONE", "AWS_IAM", NULL };
static const char *const modes[] = { "BUFFERED", NULL }; /* nothing streams here */

const struct bind lambda_put_url_fields[] = {
	BIND_STR(struct url_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .min = 1, .max = 140),
	BIND_STR(struct url_input, qualifier, "Qualifier", .location = BIND_QUERY, .min = 1, .max = 128),
	BIND_STR(struct url_input, auth, "AuthType", .values = auths),
	BIND_MAP(struct url_input, cors, "Cors"),
	BIND_STR(struct url_input, mode, "InvokeMode", .values = modes),
	BIND_DONE,
};
const struct bind lambda_list_urls_fields[] = {
	BIND_STR(struct url_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .min = 1, .max = 140),
	BIND_STR(struct url_input, marker, "Marker", .location = BIND_QUERY),
	BIND_I64(struct url_input, limit, "MaxItems", .location = BIND_QUERY, .min = 1, .max = 50),
	BIND_DONE,
};

static struct str slot_of(const struct function_name *name)
{
	return name->qualifier.p ? name->qualifier : STR(LAMBDA_LATEST);
}

static int load_url(struct call *call, struct str text, struct str qualifier, struct function_name *name,
		    const struct json **function, const struct json **url)
{
	struct str version;
	int rc = function_name_parse(call, text, qualifier, name);

	if (rc == 0)
		rc = function_resolve(call, name, function, &version);
	if (rc == 0)
		*url = json_get(json_get_c(*function, "urls"), slot_of(name));
	return rc;
}

static int no_url(struct call *call)
{
	return lambda_refuse(call, &lambda_ResourceNotFoundException, "The resource you requested does not exist.");
}

static void put_text(struct call *call, struct json *to, const char *name, struct str text)
{
	json_put(&call->arena, to, str_c(name), json_new_string(&call->arena, text));
}

/* The same for the same function: 32 digits of its ARN's digest. */
static struct str url_of(struct call *call, struct str arn)
{
	struct str endpoint = host_endpoint(call->host), text = STR("");
	uint8_t digest[SHA256_SIZE];

	sha256(arn.p, arn.n, digest);
	for (size_t i = 0; i < 16; i++)
		text = arena_printf(&call->arena, STR_FMT "%02x", STR_ARG(text), digest[i]);
	return arena_printf(&call->arena, STR_FMT "/_aws/lambda-url/" STR_FMT "/", STR_ARG(endpoint), STR_ARG(text));
}

static int save_url(struct call *call, const struct function_name *name, const struct json *function, const struct json *old)
{
	const struct url_input *in = call->input;
	struct json *url = old ? json_copy_object(&call->arena, old) : json_new_object(&call->arena),
		    *changed = json_copy_object(&call->arena, function), *all = record_member(call, function, STR("urls"));
	struct str arn = function_arn(call, name->name, name->qualifier);

	if (!old) {
		put_text(call, url, "FunctionUrl", url_of(call, arn));
		put_text(call, url, "FunctionArn", arn);
		put_text(call, url, "CreationTime", lambda_now(call));
		put_text(call, url, "InvokeMode", STR("BUFFERED"));
	}
	if (in->auth.p)
		put_text(call, url, "AuthType", in->auth);
	if (in->cors)
		json_put(&call->arena, url, STR("Cors"), in->cors);
	put_text(call, url, "LastModifiedTime", lambda_now(call));
	json_put(&call->arena, all, slot_of(name), url);
	json_put(&call->arena, changed, STR("urls"), all);
	int rc = function_save(call, name->name, changed);
	for (size_t i = 0; rc == 0 && i < url->count; i++)
		write_json(&call->out, arena_c(&call->arena, url->members[i].name), url->members[i].value);
	return rc;
}

int lambda_create_url(struct call *call)
{
	const struct url_input *in = call->input;
	const struct json *function, *url;
	struct function_name name;
	int rc = load_url(call, in->function_name, in->qualifier, &name, &function, &url);

	if (rc != 0)
		return rc;
	if (!in->auth.p)
		return lambda_refuse(call, &lambda_InvalidParameterValueException, "AuthType must be given.");
	if (name.qualifier.p && function_is_version(name.qualifier))
		return lambda_refuse(call, &lambda_InvalidParameterValueException,
				     "Function URLs belong to a function or an alias, not to a version.");
	if (url)
		return lambda_refuse(call, &lambda_ResourceConflictException,
				     "FunctionUrlConfig exists for this Lambda function");
	return save_url(call, &name, function, NULL);
}

int lambda_update_url(struct call *call)
{
	const struct url_input *in = call->input;
	const struct json *function, *url;
	struct function_name name;
	int rc = load_url(call, in->function_name, in->qualifier, &name, &function, &url);

	if (rc != 0)
		return rc;
	return url ? save_url(call, &name, function, url) : no_url(call);
}

int lambda_get_url(struct call *call)
{
	const struct named_input *in = call->input;
	const struct json *function, *url;
	struct function_name name;
	int rc = load_url(call, in->function_name, in->qualifier, &name, &function, &url);

	if (rc != 0 || !url)
		return rc ? rc : no_url(call);
	for (size_t i = 0; i < url->count; i++)
		write_json(&call->out, arena_c(&call->arena, url->members[i].name), url->members[i].value);
	return 0;
}

int lambda_delete_url(struct call *call)
{
	const struct named_input *in = call->input;
	const struct json *function, *url, *all;
	struct json *left = json_new_object(&call->arena), *changed;
	struct function_name name;
	int rc = load_url(call, in->function_name, in->qualifier, &name, &function, &url);

	if (rc != 0 || !url)
		return rc ? rc : no_url(call);
	all = json_get_c(function, "urls");
	for (size_t i = 0; i < all->count; i++)
		if (!str_eq(all->members[i].name, slot_of(&name)))
			json_add_member(&call->arena, left, all->members[i].name, all->members[i].value);
	changed = json_copy_object(&call->arena, function);
	json_put(&call->arena, changed, STR("urls"), left);
	return function_save(call, name.name, changed);
}

int lambda_list_urls(struct call *call)
{
	const struct url_input *in = call->input;
	const struct json *function, *url, *all;
	struct function_name name;
	int rc = load_url(call, in->function_name, STR_NULL, &name, &function, &url);

	if (rc != 0)
		return rc;
	all = json_get_c(function, "urls");
	write_list(&call->out, "FunctionUrlConfigs", NULL);
	for (size_t i = 0; all && i < all->count; i++)
		write_json(&call->out, NULL, all->members[i].value);
	write_end(&call->out);
	return 0;
}
