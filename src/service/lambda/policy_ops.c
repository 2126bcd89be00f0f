/* SPDX-License-Identifier: Apache-2.0
 *
 * The resource policy of a function, one a qualifier: {"revision", "statements":[…]} in the function's record.
 */
#include <stdio.h>

#include "service/lambda/operations.h"

struct permission_input {
	struct str function_name, qualifier, statement_id, action, principal, source_arn, source_account, event_source_token,
		revision_id, organisation, url_auth;
	struct opt_bool via_url;
};

static bool is_statement_id(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return false;
	}
	return true;
}

static bool is_action(struct str text)
{
	return str_eq(text, STR("*")) || (str_starts(text, STR("lambda:")) && text.n > 7);
}

static const char *const url_auths[] = { "NONE", "AWS_IAM", NULL };

const struct bind lambda_add_permission_fields[] = {
	BIND_STR(struct permission_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .max = 256),
	BIND_STR(struct permission_input, qualifier, "Qualifier", .location = BIND_QUERY, .min = 1, .max = 128),
	BIND_STR(struct permission_input, statement_id, "StatementId", .required = true, .min = 1, .max = 100,
		 .valid = is_statement_id, .pattern = "([a-zA-Z0-9-_]+)"),
	BIND_STR(struct permission_input, action, "Action", .required = true, .valid = is_action,
		 .pattern = "(lambda:[*]|lambda:[a-zA-Z]+|[*])"),
	BIND_STR(struct permission_input, principal, "Principal", .required = true, .min = 1),
	BIND_STR(struct permission_input, source_arn, "SourceArn"),
	BIND_STR(struct permission_input, source_account, "SourceAccount", .max = 12),
	BIND_STR(struct permission_input, event_source_token, "EventSourceToken", .max = 256),
	BIND_STR(struct permission_input, revision_id, "RevisionId"),
	BIND_STR(struct permission_input, organisation, "PrincipalOrgID", .min = 12, .max = 34),
	BIND_STR(struct permission_input, url_auth, "FunctionUrlAuthType", .values = url_auths),
	BIND_BOOL(struct permission_input, via_url, "InvokedViaFunctionUrl"),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct permission_input);

const struct bind lambda_remove_permission_fields[] = {
	BIND_STR(struct permission_input, function_name, "FunctionName", .location = BIND_LABEL, .required = true, .max = 256),
	BIND_STR(struct permission_input, statement_id, "StatementId", .location = BIND_LABEL, .required = true, .min = 1,
		 .max = 100),
	BIND_STR(struct permission_input, qualifier, "Qualifier", .location = BIND_QUERY, .min = 1, .max = 128),
	BIND_STR(struct permission_input, revision_id, "RevisionId", .location = BIND_QUERY),
	BIND_DONE,
};
LAMBDA_INPUT_FITS(struct permission_input);

/* ---- statements ---- */

static void put_text(struct call *call, struct json *object, struct str name, struct str value)
{
	if (value.p)
		json_put(&call->arena, object, name, json_new_string(&call->arena, value));
}

static const struct json *single(struct call *call, struct str name, struct str value)
{
	struct json *object = json_new_object(&call->arena);

	put_text(call, object, name, value);
	return object;
}

static bool is_account(struct str text)
{
	uint64_t n;

	return text.n == 12 && str_to_u64(text, &n) == 0;
}

static const struct json *principal_json(struct call *call, struct str principal)
{
	if (str_eq(principal, STR("*")))
		return json_new_string(&call->arena, principal);
	if (is_account(principal))
		return single(call, STR("AWS"), arena_printf(&call->arena, "arn:aws:iam::" STR_FMT ":root", STR_ARG(principal)));
	return single(call, str_starts(principal, STR("arn:")) ? STR("AWS") : STR("Service"), principal);
}

/* One condition a member, under the operator AWS writes for it. */
static const struct json *conditions_json(struct call *call, const struct permission_input *in)
{
	struct json *conditions = json_new_object(&call->arena), *equals = json_new_object(&call->arena);

	put_text(call, equals, STR("AWS:SourceAccount"), in->source_account);
	put_text(call, equals, STR("lambda:EventSourceToken"), in->event_source_token);
	put_text(call, equals, STR("aws:PrincipalOrgID"), in->organisation);
	put_text(call, equals, STR("lambda:FunctionUrlAuthType"), in->url_auth);
	if (equals && equals->count > 0)
		json_put(&call->arena, conditions, STR("StringEquals"), equals);
	if (in->source_arn.p)
		json_put(&call->arena, conditions, STR("ArnLike"), single(call, STR("AWS:SourceArn"), in->source_arn));
	if (in->via_url.set)
		json_put(&call->arena, conditions, STR("Bool"),
			 single(call, STR("lambda:InvokedViaFunctionUrl"), in->via_url.value ? STR("true") : STR("false")));
	return conditions && conditions->count > 0 ? conditions : NULL;
}

static const struct json *statement_json(struct call *call, const struct permission_input *in, struct str arn)
{
	struct json *statement = json_new_object(&call->arena);
	const struct json *conditions = conditions_json(call, in);

	put_text(call, statement, STR("Sid"), in->statement_id);
	put_text(call, statement, STR("Effect"), STR("Allow"));
	json_put(&call->arena, statement, STR("Principal"), principal_json(call, in->principal));
	put_text(call, statement, STR("Action"), in->action);
	put_text(call, statement, STR("Resource"), arn);
	if (conditions)
		json_put(&call->arena, statement, STR("Condition"), conditions);
	return statement;
}

/* ---- operations ---- */

struct policy {
	struct function_name name;
	const struct json *function, *policy, *statements;
	struct str slot; /* the qualifier it belongs to, "" for the function */
};

static int load_policy(struct call *call, struct str text, struct str qualifier, struct policy *p)
{
	struct str version;
	int result = function_name_parse(call, text, qualifier, &p->name);

	if (result == 0)
		result = function_resolve(call, &p->name, &p->function, &version);
	if (result != 0)
		return result;
	p->slot = p->name.qualifier.p ? p->name.qualifier : STR("");
	p->policy = json_get(json_get_c(p->function, "policies"), p->slot);
	p->statements = json_get_c(p->policy, "statements");
	return 0;
}

static struct str policy_text(struct call *call, const struct json *statements)
{
	struct json *document = json_new_object(&call->arena);

	put_text(call, document, STR("Version"), STR("2012-10-17"));
	put_text(call, document, STR("Id"), STR("default"));
	json_put(&call->arena, document, STR("Statement"), statements);
	return json_to_str(&call->arena, document);
}

static int save_policy(struct call *call, const struct policy *p, const struct json *statements)
{
	struct json *updated = json_copy_object(&call->arena, p->function),
		    *policies = record_member(call, p->function, STR("policies"));
	struct json *policy = json_new_object(&call->arena);

	put_text(call, policy, STR("revision"), lambda_revision(call));
	json_put(&call->arena, policy, STR("statements"), statements);
	json_put(&call->arena, policies, p->slot, policy);
	json_put(&call->arena, updated, STR("policies"), policies);
	return function_save(call, p->name.name, updated);
}

static const struct json *find_statement(const struct json *statements, struct str id)
{
	for (size_t i = 0; statements && i < statements->count; i++) {
		if (str_eq(json_get_text(statements->items[i], STR("Sid")), id))
			return statements->items[i];
	}
	return NULL;
}

int lambda_add_permission(struct call *call)
{
	const struct permission_input *in = call->input;
	const struct json *statement;
	struct json *statements;
	struct policy p;
	int result = load_policy(call, in->function_name, in->qualifier, &p);

	if (result == 0)
		result = lambda_check_revision(call, in->revision_id, json_get_text(p.policy, STR("revision")));
	if (result != 0)
		return result;
	if (find_statement(p.statements, in->statement_id))
		return lambda_refuse(call, &lambda_ResourceConflictException,
				     "The statement id (" STR_FMT
				     ") provided already exists. Please provide a new statement id, or remove the "
				     "existing statement.",
				     STR_ARG(in->statement_id));
	statement = statement_json(call, in, function_arn(call, p.name.name, p.name.qualifier));
	statements = p.statements ? json_copy_array(&call->arena, p.statements) : json_new_array(&call->arena);
	json_add(&call->arena, statements, statement);
	if (policy_text(call, statements).n > LAMBDA_POLICY_MAX)
		return lambda_refuse(call, &lambda_PolicyLengthExceededException, "%s",
				     lambda_PolicyLengthExceededException.message);
	result = save_policy(call, &p, statements);
	if (result == 0)
		write_str(&call->out, "Statement", json_to_str(&call->arena, statement));
	return result;
}

static int no_policy(struct call *call)
{
	return lambda_refuse(call, &lambda_ResourceNotFoundException, "The resource you requested does not exist.");
}

int lambda_get_policy(struct call *call)
{
	const struct named_input *in = call->input;
	struct policy p;
	int result = load_policy(call, in->function_name, in->qualifier, &p);

	if (result != 0)
		return result;
	if (!p.statements || p.statements->count == 0)
		return no_policy(call);
	write_str(&call->out, "Policy", policy_text(call, p.statements));
	write_str(&call->out, "RevisionId", json_get_text(p.policy, STR("revision")));
	return 0;
}

int lambda_remove_permission(struct call *call)
{
	const struct permission_input *in = call->input;
	const struct json *statement;
	struct json *left = json_new_array(&call->arena);
	struct policy p;
	int result = load_policy(call, in->function_name, in->qualifier, &p);

	if (result == 0)
		result = lambda_check_revision(call, in->revision_id, json_get_text(p.policy, STR("revision")));
	if (result != 0)
		return result;
	statement = find_statement(p.statements, in->statement_id);
	if (!statement)
		return lambda_refuse(call, &lambda_ResourceNotFoundException,
				     "Statement " STR_FMT " is not found in resource policy.", STR_ARG(in->statement_id));
	for (size_t i = 0; i < p.statements->count; i++) {
		if (p.statements->items[i] != statement)
			json_add(&call->arena, left, p.statements->items[i]);
	}
	return save_policy(call, &p, left);
}

/* That the function is not there is for the operation to say: nothing of the attempt stays in the call. */
struct str lambda_resource_policy(struct call *call, struct store_txn *txn, struct str arn)
{
	struct store_txn *txn_before = call->txn;
	struct error error_before = call->error;
	struct policy p;

	call->txn = txn;
	int result = load_policy(call, arn, STR_NULL, &p);
	call->txn = txn_before;
	if (result != 0) {
		call->error = error_before;
		memset(call->error_fields, 0, sizeof(call->error_fields));
		return STR_NULL;
	}
	return p.statements && p.statements->count ? policy_text(call, p.statements) : STR_NULL;
}
