/* SPDX-License-Identifier: Apache-2.0
 *
 * Each resource is created, or updated where it exists. The order is that of pipeline/README.md. What is set up is remembered
 * with a fingerprint of the files, so that a start that changes nothing costs nothing.
 */
#include "cli/provision.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/encode.h"
#include "base/limits.h"
#include "base/log.h"
#include "cli/template.h"
#include "os/file.h"
#include "store/key.h"

#define NAME "gleaner"
#define RECORD_KEY "pipeline"

struct provisioner {
	struct host *host;
	const struct provision_options *options;
	struct arena *arena;
	struct error *err;
	struct template_value *values;
	const char *folder;
	struct str package_path; /* the functions' zip */
	struct str package;      /* its bytes, base64 */
	struct str api_id;
};

/* ---- building parameters ---- */

static const struct json *text(struct provisioner *p, struct str value)
{
	return json_new_string(p->arena, value);
}

static void put(struct provisioner *p, struct json *object, const char *name, struct str value)
{
	json_put(p->arena, object, str_c(name), text(p, value));
}

static struct str value_of(const struct provisioner *p, const char *name)
{
	for (const struct template_value *v = p->values; v->name; v++)
		if (str_eq(str_c(v->name), str_c(name)))
			return v->value;
	return STR_NULL;
}

static struct str arn(struct provisioner *p, const char *service, const char *kind, struct str name)
{
	struct str region = host_region(p->host), account = host_account(p->host);
	bool global = str_eq(str_c(service), STR("iam"));

	return arena_printf(p->arena, "arn:aws:%s:" STR_FMT ":" STR_FMT ":%s" STR_FMT, service,
			    STR_ARG(global ? STR("") : region), STR_ARG(account), kind, STR_ARG(name));
}

static struct str prefixed(struct provisioner *p, struct str name)
{
	return arena_printf(p->arena, NAME "-" STR_FMT, STR_ARG(name));
}

static struct str role_arn(struct provisioner *p, struct str name)
{
	return arn(p, "iam", "role/", prefixed(p, name));
}

static struct str function_arn(struct provisioner *p, struct str name)
{
	return arn(p, "lambda", "function:", prefixed(p, name));
}

/* ---- calling services ---- */

/* Success, or the failure named `tolerated` (NULL: none), which answers 1. */
static int ask(struct provisioner *p, const char *service, const char *operation, const struct json *parameters, struct str body,
	       const char *tolerated, const struct json **reply)
{
	struct host_answer answer;

	if (arena_failed(p->arena))
		return error_set(p->err, ERR_NO_MEMORY, "out of memory");
	int result = host_call_wait(p->host, service, operation, parameters, body, p->arena, &answer);
	if (result)
		return error_set(p->err, result, "%s %s could not be called", service, operation);
	if (answer.error.code && tolerated && str_eq(str_c(answer.error.name), str_c(tolerated)))
		return 1;
	if (answer.error.code)
		return error_set(p->err, ERR_SERVICE, "%s %s: %s: %s", service, operation, answer.error.name,
				 answer.error.message);
	if (reply && json_parse(p->arena, answer.body, reply, p->err))
		return ERR_CORRUPT;
	return 0;
}

static int call(struct provisioner *p, const char *service, const char *operation, const struct json *parameters,
		const char *tolerated)
{
	return ask(p, service, operation, parameters, STR_NULL, tolerated, NULL);
}

/* ---- files ---- */

static int read_file(struct provisioner *p, const char *name, bool filled, struct str *out)
{
	struct str path = arena_printf(p->arena, "%s/%s", p->folder, name);
	int result = file_read(p->arena, path.p, MIB(1), out, p->err);

	if (!result && filled)
		result = placeholders_fill(p->arena, *out, p->values, out, p->err);
	return result ? error_prefix(p->err, "%s", path.p), result : 0;
}

static int read_json(struct provisioner *p, const char *name, bool filled, const struct json **out)
{
	struct str content;
	int result = read_file(p, name, filled, &content);

	if (!result && (result = json_parse(p->arena, content, out, p->err)))
		error_prefix(p->err, "%s", name);
	return result;
}

/* ---- origins ---- */

static const char *const *origins(const struct provisioner *p)
{
	return p->options->allowed_origins;
}

static const struct json *origin_list(struct provisioner *p)
{
	struct json *list = json_new_array(p->arena);

	for (size_t i = 0; origins(p)[i]; i++)
		json_add(p->arena, list, text(p, str_c(origins(p)[i])));
	return list;
}

static void add_elements(struct buf *to, const char *element, const struct json *list)
{
	for (size_t i = 0; list && i < list->count; i++)
		buf_addf(to, "<%s>" STR_FMT "</%s>", element, STR_ARG(json_text(list->items[i])), element);
}

/* The file says what pages may do with the bucket, the options which pages. */
static struct str cors_document(struct provisioner *p, const struct json *cors)
{
	int64_t age = 0;
	struct buf b;

	buf_init(&b, KIB(64));
	buf_add_c(&b, "<CORSConfiguration><CORSRule>");
	add_elements(&b, "AllowedHeader", json_get_c(cors, "AllowedHeaders"));
	add_elements(&b, "AllowedMethod", json_get_c(cors, "AllowedMethods"));
	add_elements(&b, "AllowedOrigin", origin_list(p));
	add_elements(&b, "ExposeHeader", json_get_c(cors, "ExposeHeaders"));
	if (json_to_i64(json_get_c(cors, "MaxAgeSeconds"), &age) == 0)
		buf_addf(&b, "<MaxAgeSeconds>%lld</MaxAgeSeconds>", (long long)age);
	buf_add_c(&b, "</CORSRule></CORSConfiguration>");
	struct str document = arena_str(p->arena, buf_str(&b));
	buf_release(&b);
	return document;
}

static int set_bucket_cors(struct provisioner *p, const struct json *parameters, const struct json *cors)
{
	int result = call(p, "s3", "DeleteBucketCors", parameters, NULL);

	if (result < 0 || !cors || !origins(p)[0])
		return result;
	return ask(p, "s3", "PutBucketCors", parameters, cors_document(p, cors), NULL, NULL);
}

static const struct json *words(struct provisioner *p, const char *const *list)
{
	struct json *out = json_new_array(p->arena);

	for (; *list; list++)
		json_add(p->arena, out, text(p, str_c(*list)));
	return out;
}

/* As infra/modules/pipeline/api.tf has it. */
static const struct json *api_cors(struct provisioner *p)
{
	static const char *const headers[] = { "authorization",
					       "content-type",
					       "idempotency-key",
					       "x-amz-content-sha256",
					       "x-amz-date",
					       "x-amz-security-token",
					       NULL };
	static const char *const methods[] = { "POST", "GET", "DELETE", NULL }, *const exposed[] = { "retry-after", NULL };
	struct json *cors = json_new_object(p->arena);

	json_put(p->arena, cors, STR("allowOrigins"), origin_list(p));
	json_put(p->arena, cors, STR("allowHeaders"), words(p, headers));
	json_put(p->arena, cors, STR("allowMethods"), words(p, methods));
	json_put(p->arena, cors, STR("exposeHeaders"), words(p, exposed));
	json_put(p->arena, cors, STR("maxAge"), json_new_i64(p->arena, 3600));
	return cors;
}

/* ---- buckets, table ---- */

static int make_bucket(struct provisioner *p, const struct json *bucket)
{
	struct json *parameters = json_new_object(p->arena);

	put(p, parameters, "Bucket", json_get_text(bucket, STR("name")));
	int result = call(p, "s3", "CreateBucket", parameters, "BucketAlreadyOwnedByYou");
	if (result >= 0)
		result = set_bucket_cors(p, parameters, json_get_c(bucket, "cors"));
	if (result < 0 || !json_true(json_get_c(bucket, "event_bridge")))
		return result < 0 ? result : 0;
	return ask(p, "s3", "PutBucketNotificationConfiguration", parameters,
		   STR("<NotificationConfiguration><EventBridgeConfiguration/></NotificationConfiguration>"), NULL, NULL);
}

static int make_buckets(struct provisioner *p)
{
	const struct json *file, *buckets;
	int result = read_json(p, "buckets.json", true, &file);

	buckets = result ? NULL : json_get_c(file, "buckets");
	for (size_t i = 0; !result && buckets && i < buckets->count; i++)
		result = make_bucket(p, json_at(buckets, i));
	return result;
}

static int make_table(struct provisioner *p)
{
	const struct json *table;
	struct json *ttl = json_new_object(p->arena), *specification = json_new_object(p->arena);
	int result = read_json(p, "table.json", true, &table);

	if (!result)
		result = call(p, "dynamodb", "CreateTable", table, "ResourceInUseException");
	if (result)
		return result < 0 ? result : 0;
	put(p, specification, "AttributeName", STR("expires_at"));
	json_put(p->arena, specification, STR("Enabled"), &json_bool_true);
	put(p, ttl, "TableName", json_get_text(table, STR("TableName")));
	json_put(p->arena, ttl, STR("TimeToLiveSpecification"), specification);
	return call(p, "dynamodb", "UpdateTimeToLive", ttl, NULL);
}

/* ---- roles ---- */

static const struct json *policy_of(struct provisioner *p, const struct json *statements, const struct json *more)
{
	struct json *all = json_copy_array(p->arena, statements), *document = json_new_object(p->arena);

	for (size_t i = 0; more && i < more->count; i++)
		json_add(p->arena, all, json_at(more, i));
	put(p, document, "Version", STR("2012-10-17"));
	json_put(p->arena, document, STR("Statement"), all);
	return document;
}

static struct str trust_of(struct provisioner *p, struct str service)
{
	return arena_printf(
		p->arena,
		"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"" STR_FMT
		"\"},\"Action\":\"sts:AssumeRole\"}]}",
		STR_ARG(service));
}

static int make_role(struct provisioner *p, struct str name, struct str service, const struct json *policy)
{
	struct json *role = json_new_object(p->arena), *inline_policy = json_new_object(p->arena);

	if (!host_has_service(p->host, "iam"))
		return 0;
	put(p, role, "RoleName", prefixed(p, name));
	put(p, role, "AssumeRolePolicyDocument", trust_of(p, service));
	int result = call(p, "iam", "CreateRole", role, "EntityAlreadyExists");
	if (result < 0)
		return result;
	put(p, inline_policy, "RoleName", prefixed(p, name));
	put(p, inline_policy, "PolicyName", STR("pipeline"));
	put(p, inline_policy, "PolicyDocument", json_to_str(p->arena, policy));
	return call(p, "iam", "PutRolePolicy", inline_policy, NULL);
}

/* ---- functions ---- */

/* Everything the function's own environment adds to what AWS gives it. */
static const struct json *environment(struct provisioner *p, const struct json *function)
{
	struct json *outer = json_new_object(p->arena);

	json_put(p->arena, outer, STR("Variables"), json_get_c(function, "environment"));
	return outer;
}

static void put_configuration(struct provisioner *p, struct json *to, const struct json *function)
{
	put(p, to, "FunctionName", prefixed(p, json_get_text(function, STR("name"))));
	put(p, to, "Role", role_arn(p, json_get_text(function, STR("name"))));
	put(p, to, "Handler", json_get_text(function, STR("handler")));
	put(p, to, "Description", json_get_text(function, STR("description")));
	put(p, to, "Runtime", STR("provided.al2023"));
	json_put(p->arena, to, STR("MemorySize"), json_get_c(function, "memory_mb"));
	json_put(p->arena, to, STR("Timeout"), json_get_c(function, "timeout_s"));
	json_put(p->arena, to, STR("Environment"), environment(p, function));
}

static int make_function(struct provisioner *p, const struct json *function)
{
	struct json *create = json_new_object(p->arena), *code = json_new_object(p->arena), *update = json_new_object(p->arena);

	put_configuration(p, create, function);
	put(p, code, "ZipFile", p->package);
	json_put(p->arena, create, STR("Code"), code);
	int result = call(p, "lambda", "CreateFunction", create, "ResourceConflictException");
	if (result <= 0)
		return result;
	put_configuration(p, update, function);
	result = call(p, "lambda", "UpdateFunctionConfiguration", update, NULL);
	put(p, code, "FunctionName", prefixed(p, json_get_text(function, STR("name"))));
	return result ? result : call(p, "lambda", "UpdateFunctionCode", code, NULL);
}

/* The statements that every function has, with `log_group_arn` meaning this one's group. */
static int own_statements(struct provisioner *p, struct str name, const struct json **out)
{
	const struct json *file;
	int result;

	for (struct template_value *v = p->values; v->name; v++)
		if (strcmp(v->name, "log_group_arn") == 0)
			v->value = arn(p, "logs",
				       "log-group:", arena_printf(p->arena, "/aws/lambda/" NAME "-" STR_FMT, STR_ARG(name)));
	result = read_json(p, "functions.json", true, &file);
	*out = result ? NULL : json_get_c(file, "function_statements");
	return result;
}

/* A role, then the function that runs under it. */
static int make_functions(struct provisioner *p)
{
	const struct json *file, *functions, *roles;
	int result = read_json(p, "functions.json", true, &file);

	functions = result ? NULL : json_get_c(file, "functions");
	for (size_t i = 0; !result && functions && i < functions->count; i++) {
		const struct json *f = json_at(functions, i), *own;
		result = own_statements(p, json_get_text(f, STR("name")), &own);
		if (!result)
			result = make_role(p, json_get_text(f, STR("name")), STR("lambda.amazonaws.com"),
					   policy_of(p, json_get_c(f, "statements"), own));
		if (!result)
			result = make_function(p, f);
	}
	roles = result ? NULL : json_get_c(file, "roles");
	for (size_t i = 0; !result && roles && i < roles->count; i++) {
		const struct json *role = json_at(roles, i);
		result = make_role(p, json_get_text(role, STR("name")), json_get_text(role, STR("service")),
				   policy_of(p, json_get_c(role, "statements"), NULL));
	}
	return result;
}

/* Lets a service invoke a function; that it may already is no fault. */
static int allow_invoke(struct provisioner *p, struct str function, const char *id, struct str service, struct str source_arn)
{
	struct json *parameters = json_new_object(p->arena);

	put(p, parameters, "FunctionName", prefixed(p, function));
	put(p, parameters, "StatementId", str_c(id));
	put(p, parameters, "Action", STR("lambda:InvokeFunction"));
	put(p, parameters, "Principal", service);
	put(p, parameters, "SourceArn", source_arn);
	int result = call(p, "lambda", "AddPermission", parameters, "ResourceConflictException");
	return result < 0 ? result : 0;
}

/* ---- state machine, rules ---- */

static int make_state_machine(struct provisioner *p)
{
	struct json *parameters = json_new_object(p->arena), *update = json_new_object(p->arena);
	struct str definition;
	int result = read_file(p, "state-machine.asl.json", true, &definition);

	if (result)
		return result;
	put(p, parameters, "name", STR(NAME "-pipeline"));
	put(p, parameters, "definition", definition);
	put(p, parameters, "roleArn", role_arn(p, STR("state-machine")));
	put(p, parameters, "type", STR("STANDARD"));
	result = call(p, "states", "CreateStateMachine", parameters, "StateMachineAlreadyExists");
	if (result < 0)
		return result;
	put(p, update, "stateMachineArn", value_of(p, "state_machine_arn"));
	put(p, update, "definition", definition);
	put(p, update, "roleArn", role_arn(p, STR("state-machine")));
	return call(p, "states", "UpdateStateMachine", update, NULL);
}

static int make_target(struct provisioner *p, struct str rule, struct str target, struct str role)
{
	struct json *parameters = json_new_object(p->arena), *list = json_new_array(p->arena), *entry = json_new_object(p->arena);
	bool machine = str_eq(target, STR("state-machine"));

	put(p, entry, "Id", target);
	put(p, entry, "Arn", machine ? value_of(p, "state_machine_arn") : function_arn(p, target));
	if (role.p)
		put(p, entry, "RoleArn", role_arn(p, role));
	json_add(p->arena, list, entry);
	put(p, parameters, "Rule", prefixed(p, rule));
	json_put(p->arena, parameters, STR("Targets"), list);
	int result = call(p, "events", "PutTargets", parameters, NULL);
	if (result || machine)
		return result;
	struct str id = arena_printf(p->arena, "rule-" STR_FMT, STR_ARG(rule));
	return allow_invoke(p, target, id.p, STR("events.amazonaws.com"), arn(p, "events", "rule/", prefixed(p, rule)));
}

static int make_rule(struct provisioner *p, const struct json *rule)
{
	struct json *parameters = json_new_object(p->arena);
	struct str pattern_file = json_get_text(rule, STR("event_pattern")), pattern = STR_NULL;
	struct str name = json_get_text(rule, STR("name"));
	int result = 0;

	if (pattern_file.p)
		result = read_file(p, arena_c(p->arena, pattern_file), true, &pattern);
	put(p, parameters, "Name", prefixed(p, name));
	put(p, parameters, "Description", json_get_text(rule, STR("description")));
	put(p, parameters, "EventPattern", pattern);
	put(p, parameters, "ScheduleExpression", json_get_text(rule, STR("schedule")));
	if (!result)
		result = call(p, "events", "PutRule", parameters, NULL);
	return result ? result : make_target(p, name, json_get_text(rule, STR("target")), json_get_text(rule, STR("role")));
}

static int make_rules(struct provisioner *p)
{
	const struct json *file, *rules;
	int result = read_json(p, "rules.json", true, &file);

	rules = result ? NULL : json_get_c(file, "rules");
	for (size_t i = 0; !result && rules && i < rules->count; i++)
		result = make_rule(p, json_at(rules, i));
	return result;
}

/* ---- API ---- */

static int make_integration(struct provisioner *p, struct str function, struct str *target)
{
	struct json *parameters = json_new_object(p->arena);
	const struct json *reply;

	put(p, parameters, "apiId", p->api_id);
	put(p, parameters, "integrationType", STR("AWS_PROXY"));
	put(p, parameters, "integrationUri", function_arn(p, function));
	put(p, parameters, "payloadFormatVersion", STR("2.0"));
	int result = ask(p, "apigatewayv2", "CreateIntegration", parameters, STR_NULL, NULL, &reply);
	if (result)
		return result;
	*target = arena_printf(p->arena, "integrations/" STR_FMT, STR_ARG(json_get_text(reply, STR("integrationId"))));
	struct str api = arena_printf(p->arena, STR_FMT "/*/*", STR_ARG(p->api_id));
	return allow_invoke(p, function, "api", STR("apigateway.amazonaws.com"), arn(p, "execute-api", "", api));
}

static int make_route(struct provisioner *p, struct str method, struct str path, const struct json *operation)
{
	struct json *parameters = json_new_object(p->arena);
	char verb[16];
	struct str target;
	int result = make_integration(p, json_get_text(operation, STR("x-gleaner-function")), &target);

	if (result)
		return result;
	snprintf(verb, sizeof(verb), STR_FMT, STR_ARG(method));
	for (char *c = verb; *c; c++)
		*c = (char)(*c & ~32);
	put(p, parameters, "apiId", p->api_id);
	put(p, parameters, "routeKey", arena_printf(p->arena, "%s " STR_FMT, verb, STR_ARG(path)));
	put(p, parameters, "target", target);
	return call(p, "apigatewayv2", "CreateRoute", parameters, NULL);
}

static int make_routes(struct provisioner *p, const struct json *paths)
{
	int result = 0;

	for (size_t i = 0; paths && i < paths->count; i++) {
		const struct json *methods = paths->members[i].value;
		for (size_t k = 0; !result && k < methods->count; k++)
			if (json_get_c(methods->members[k].value, "x-gleaner-function"))
				result = make_route(p, methods->members[k].name, paths->members[i].name,
						    methods->members[k].value);
	}
	return result;
}

static int make_api(struct provisioner *p)
{
	struct json *api = json_new_object(p->arena), *stage = json_new_object(p->arena);
	const struct json *file, *reply;
	int result = read_json(p, "openapi.yaml", false, &file);

	put(p, api, "name", STR(NAME));
	put(p, api, "protocolType", STR("HTTP"));
	if (origins(p)[0])
		json_put(p->arena, api, STR("corsConfiguration"), api_cors(p));
	if (!result)
		result = ask(p, "apigatewayv2", "CreateApi", api, STR_NULL, NULL, &reply);
	if (result)
		return result;
	p->api_id = json_get_text(reply, STR("apiId"));
	put(p, stage, "apiId", p->api_id);
	put(p, stage, "stageName", STR("$default"));
	json_put(p->arena, stage, STR("autoDeploy"), &json_bool_true);
	result = make_routes(p, json_get_c(file, "paths"));
	return result ? result : call(p, "apigatewayv2", "CreateStage", stage, NULL);
}

/* The routes of an API that exists are made anew, so that its address stays. */
static int renew_api(struct provisioner *p)
{
	struct json *of_api = json_new_object(p->arena), *change = json_new_object(p->arena);
	const struct json *reply, *routes, *file;

	put(p, of_api, "apiId", p->api_id);
	put(p, change, "apiId", p->api_id);
	json_put(p->arena, change, STR("corsConfiguration"), api_cors(p));
	int result = origins(p)[0] ? call(p, "apigatewayv2", "UpdateApi", change, NULL)
				   : call(p, "apigatewayv2", "DeleteCorsConfiguration", of_api, NULL);
	if (!result)
		result = ask(p, "apigatewayv2", "GetRoutes", of_api, STR_NULL, NULL, &reply);
	routes = result ? NULL : json_get_c(reply, "items");
	for (size_t i = 0; !result && routes && i < routes->count; i++) {
		struct json *route = json_new_object(p->arena);
		put(p, route, "apiId", p->api_id);
		put(p, route, "routeId", json_get_text(json_at(routes, i), STR("routeId")));
		result = call(p, "apigatewayv2", "DeleteRoute", route, NULL);
	}
	if (!result)
		result = read_json(p, "openapi.yaml", false, &file);
	return result ? result : make_routes(p, json_get_c(file, "paths"));
}

/* ---- what is set up already ---- */

static struct str record_of(struct host *h, struct arena *a)
{
	struct store_txn *txn;
	struct str value = STR_NULL;
	struct key key;

	key_init(&key);
	key_add_str(&key, STR(RECORD_KEY));
	if (store_read_begin(host_store(h), &txn, NULL))
		return STR_NULL;
	if (store_get(txn, SPACE_META, key_str(&key), a, &value, NULL))
		value = STR_NULL;
	store_read_end(txn);
	return value;
}

static int write_record(struct store_txn *txn, void *argument, struct error *err)
{
	struct key key;

	key_init(&key);
	key_add_str(&key, STR(RECORD_KEY));
	return store_put(txn, SPACE_META, key_str(&key), *(struct str *)argument, err);
}

static int remember(struct provisioner *p, struct str fingerprint)
{
	struct json *record = json_new_object(p->arena);

	put(p, record, "fingerprint", fingerprint);
	put(p, record, "api_id", p->api_id);
	put(p, record, "source_bucket", value_of(p, "source_bucket"));
	put(p, record, "processed_bucket", value_of(p, "processed_bucket"));
	put(p, record, "jobs_table", value_of(p, "jobs_table"));
	put(p, record, "state_machine_arn", value_of(p, "state_machine_arn"));
	struct str content = json_to_str(p->arena, record);
	return store_write_wait(host_store(p->host), write_record, &content, p->err);
}

/* Of the files' contents, the origins, and of the package's size and time: reading it whole would cost more than the rest of the
 * start. */
static int fingerprint_of(struct provisioner *p, struct str *out)
{
	static const char *const files[] = { "buckets.json",           "table.json",  "functions.json",
					     "state-machine.asl.json", "rules.json",  "upload-event.json",
					     "execution-status.json",  "openapi.yaml" };
	struct digest d;
	uint8_t sum[SHA256_SIZE];
	struct stat status;
	int result = 0;

	if (stat(p->package_path.p, &status))
		return error_set_errno(p->err, p->package_path.p);
	if (digest_init(&d, DIGEST_SHA256))
		return error_set(p->err, ERR_NO_MEMORY, "out of memory");
	digest_add(&d, &status.st_size, sizeof(status.st_size));
	digest_add(&d, &status.st_mtim, sizeof(status.st_mtim));
	for (size_t i = 0; !result && i < sizeof(files) / sizeof(*files); i++) {
		struct str content;
		result = read_file(p, files[i], false, &content);
		if (!result)
			digest_add(&d, content.p, content.n);
	}
	for (size_t i = 0; origins(p)[i]; i++)
		digest_add(&d, origins(p)[i], strlen(origins(p)[i]) + 1);
	digest_finish(&d, sum);
	digest_release(&d);
	*out = hex_str(p->arena, sum, sizeof(sum));
	return result;
}

/* ---- all of it ---- */

static int set_up(struct provisioner *p)
{
	struct str package;
	int result = file_read(p->arena, p->package_path.p, MIB(64), &package, p->err);

	if (!result) {
		p->package = base64_encode(p->arena, package.p, package.n);
		result = make_buckets(p);
	}
	if (!result)
		result = make_table(p);
	if (!result)
		result = make_functions(p);
	if (!result)
		result = make_state_machine(p);
	if (!result)
		result = make_rules(p);
	if (!result)
		result = p->api_id.p ? renew_api(p) : make_api(p);
	return result;
}

/* Beside the program ("build/gleaner" -> "build/functions/bootstrap.zip"), or in the share folder of an installation. */
static struct str find_beside(struct arena *a, const char *name, const char *installed)
{
	char program[4096];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	struct str folder = str_of(program, n < 0 ? 0 : (size_t)n);

	while (folder.n && folder.p[folder.n - 1] != '/')
		folder.n--;
	struct str path = arena_printf(a, STR_FMT "%s", STR_ARG(folder), name);
	return path.p && file_exists(path.p) ? path : arena_printf(a, STR_FMT "../share/gleaner/%s", STR_ARG(folder), installed);
}

struct str provision_pipeline_folder(struct arena *a)
{
	return find_beside(a, "../pipeline", "pipeline");
}

struct str provision_package(struct arena *a)
{
	return find_beside(a, "functions/bootstrap.zip", "bootstrap.zip");
}

static int run(struct provisioner *p)
{
	struct str fingerprint;
	const struct json *known = NULL;
	int result = fingerprint_of(p, &fingerprint);

	if (result)
		return result;
	struct str record = record_of(p->host, p->arena);
	if (record.p && json_parse(p->arena, record, &known, p->err))
		return ERR_CORRUPT;
	if (str_eq(json_get_text(known, STR("fingerprint")), fingerprint))
		return 0;
	p->api_id = json_get_text(known, STR("api_id"));
	result = set_up(p);
	if (!result)
		result = remember(p, fingerprint);
	if (!result)
		log_info("provision", "the pipeline is set up api=" STR_FMT, STR_ARG(p->api_id));
	return result;
}

int provision(struct host *h, const struct provision_options *options, struct error *err)
{
	struct arena a;

	if (options->bare)
		return 0;
	arena_init(&a, MIB(256));
	struct provisioner p = { .host = h, .options = options, .arena = &a, .err = err };
	struct str machine = arn(&p, "states", "stateMachine:", STR(NAME "-pipeline"));
	struct template_value values[] = {
		{ "name", STR(NAME) },
		{ "partition", STR("aws") },
		{ "jobs_table", STR(NAME "-jobs") },
		{ "jobs_table_arn", arn(&p, "dynamodb", "table/", STR(NAME "-jobs")) },
		{ "source_bucket", STR(NAME "-source") },
		{ "processed_bucket", STR(NAME "-processed") },
		{ "state_machine_arn", machine },
		{ "execution_arn_prefix", arn(&p, "states", "execution:", STR(NAME "-pipeline")) },
		{ "event_bus", STR("default") },
		{ "event_bus_arn", arn(&p, "events", "event-bus/", STR("default")) },
		{ "inspect_image_arn", function_arn(&p, STR("inspect-image")) },
		{ "extract_text_arn", function_arn(&p, STR("extract-text")) },
		{ "publish_result_arn", function_arn(&p, STR("publish-result")) },
		{ "log_group_arn", STR("") }, /* own_statements */
		{ "authorization", STR("none") },
		{ "content_length_required", STR("false") },
		{ "record_days", STR("90") },
		{ "text_calls_max", STR("64") },
		{ NULL, STR_NULL },
	};
	p.values = values;
	p.folder = options->pipeline_folder ? options->pipeline_folder : provision_pipeline_folder(&a).p;
	p.package_path = options->package ? str_c(options->package) : provision_package(&a);
	int result = arena_failed(&a) ? error_set(err, ERR_NO_MEMORY, "out of memory") : run(&p);
	arena_release(&a);
	return result;
}

void provision_info(const struct host *h, struct writer *w)
{
	struct arena a;
	const struct json *record;

	arena_init(&a, KIB(64));
	struct str content = record_of((struct host *)(uintptr_t)h, &a);
	if (content.p && json_parse(&a, content, &record, NULL) == 0) {
		static const char *const names[] = { "source_bucket", "processed_bucket", "jobs_table", "state_machine_arn" };
		write_strf(w, "api_endpoint", STR_FMT "/_aws/execute-api/" STR_FMT, STR_ARG(host_endpoint(h)),
			   STR_ARG(json_get_text(record, STR("api_id"))));
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			write_str(w, names[i], json_get_text(record, str_c(names[i])));
	}
	arena_release(&a);
}
