/* SPDX-License-Identifier: Apache-2.0
 *
 * Policy documents compiled, with the checks of IAM's grammar. Source: "Grammar of the IAM JSON policy language".
 */
#include "policy/internal.h"

struct reading {
	struct arena *arena;
	enum policy_kind kind;
	bool variables;
	struct error *err;
};

static int fault(struct reading *r, const char *message)
{
	return error_set(r->err, ERR_INVALID, "%s", message);
}

static int fault_syntax(struct reading *r)
{
	return fault(r, "Syntax errors in policy.");
}

static int fault_memory(struct reading *r)
{
	return error_set(r->err, ERR_NO_MEMORY, "policy: out of memory");
}

static bool is_one_of(struct str name, const char *const *names)
{
	for (; *names; names++) {
		if (str_eq_c(name, *names))
			return true;
	}
	return false;
}

static int check_members(struct reading *r, const struct json *object, const char *const *names)
{
	for (size_t i = 0; i < object->count; i++) {
		if (!is_one_of(object->members[i].name, names))
			return fault_syntax(r);
	}
	return 0;
}

/* One of a pair of elements, such as Action and NotAction; both or (when required) neither is an error. */
static int pick(struct reading *r, const struct json *statement, const char *name, const char *negated_name,
		const struct json **out, bool *negated)
{
	const struct json *plain = json_get(statement, str_c(name)), *negative = json_get(statement, str_c(negated_name));

	if (plain && negative)
		return fault_syntax(r);
	*negated = negative != NULL;
	*out = plain ? plain : negative;
	return 0;
}

static const struct json *item_of(const struct json *value, size_t i)
{
	return json_is(value, JSON_ARRAY) ? value->items[i] : value;
}

static size_t count_of(const struct json *value)
{
	return json_is(value, JSON_ARRAY) ? value->count : 1;
}

/* ---- actions ---- */

static bool is_vendor(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '*' ||
			    c == '?';
		if (!fits)
			return false;
	}
	return text.n > 0;
}

static int check_action(struct reading *r, struct str action)
{
	ptrdiff_t colon = str_find_char(action, ':', 0);

	if (str_eq(action, STR("*")))
		return 0;
	if (colon < 0)
		return fault(r, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
	if (!is_vendor(str_sub(action, 0, (size_t)colon)))
		return error_set(r->err, ERR_INVALID, "Vendor " STR_FMT " is not valid",
				 STR_ARG(str_sub(action, 0, (size_t)colon)));
	if ((size_t)colon + 1 == action.n || str_find_char(action, ':', (size_t)colon + 1) >= 0)
		return fault(r, "Actions/Condition can contain only one colon.");
	if (r->kind == POLICY_TRUST && !str_eq_nocase(str_sub(action, 0, (size_t)colon), STR("sts")))
		return fault(r, "AssumeRole policy may only specify STS AssumeRole actions.");
	return 0;
}

static int read_actions(struct reading *r, const struct json *statement, struct policy_statement *out)
{
	const struct json *value;
	int rc = pick(r, statement, "Action", "NotAction", &value, &out->not_action);

	if (rc < 0)
		return rc;
	if (!value || (json_is(value, JSON_ARRAY) && value->count == 0))
		return fault(r, "Policy statement must contain actions.");
	out->actions.items = arena_alloc_array(r->arena, count_of(value), sizeof(*out->actions.items));
	if (!out->actions.items)
		return fault_memory(r);
	for (size_t i = 0; i < count_of(value) && rc == 0; i++) {
		struct str text = json_text(item_of(value, i));
		rc = text.p ? check_action(r, text) : fault_syntax(r);
		if (rc == 0)
			out->actions.items[out->actions.count++].text = glob_compile(r->arena, text);
	}
	return rc;
}

/* ---- resources ---- */

static int check_resource(struct reading *r, struct str text)
{
	struct str rest = text;

	if (str_eq(text, STR("*")))
		return 0;
	if (!str_starts(text, STR("arn:")) && !str_starts(text, STR("*")) && !text_has_variables(text))
		return error_set(r->err, ERR_INVALID, "Resource " STR_FMT " must be in ARN format or \"*\".", STR_ARG(text));
	str_split(&rest, ':');
	struct str partition = str_split(&rest, ':');
	bool known = !partition.p || str_starts(partition, STR("aws")) || str_find_char(partition, '*', 0) >= 0 ||
		     text_has_variables(text);
	if (!known)
		return error_set(r->err, ERR_INVALID, "Partition \"" STR_FMT "\" is not valid for resource \"" STR_FMT "\".",
				 STR_ARG(partition), STR_ARG(text));
	return 0;
}

/* "arn:aws:sqs" is "arn:aws:sqs:*:*:*": what is left out of an ARN is anything. A wildcard can stand for what is missing itself:
 * "If the * wildcard is the last character of a resource ARN segment, it can expand to match beyond the colon boundaries." */
static struct str complete_arn(struct arena *a, struct str text)
{
	int colons = 0;

	if (!str_starts(text, STR("arn:")) || str_find_char(text, '*', 0) >= 0)
		return text;
	for (size_t i = 0; i < text.n; i++)
		colons += text.p[i] == ':';
	for (; colons < 5 && text.p; colons++)
		text = arena_concat(a, text, STR(":*"));
	return text;
}

static int read_resources(struct reading *r, const struct json *statement, struct policy_statement *out)
{
	const struct json *value;
	int rc = pick(r, statement, "Resource", "NotResource", &value, &out->not_resource);

	if (rc < 0)
		return rc;
	if (r->kind == POLICY_TRUST)
		return value ? fault(r, "Has prohibited field Resource") : 0;
	if (!value || (json_is(value, JSON_ARRAY) && value->count == 0))
		return fault(r, "Policy statement must contain resources.");
	out->resources.items = arena_alloc_array(r->arena, count_of(value), sizeof(*out->resources.items));
	if (!out->resources.items)
		return fault_memory(r);
	for (size_t i = 0; i < count_of(value) && rc == 0; i++) {
		struct pattern *p = &out->resources.items[out->resources.count++];
		p->text = json_text(item_of(value, i));
		rc = p->text.p ? check_resource(r, p->text) : fault_syntax(r);
		if (rc < 0)
			break;
		p->text = complete_arn(r->arena, p->text);
		p->variables = r->variables && text_has_variables(p->text);
		if (!p->variables)
			p->text = glob_compile(r->arena, p->text);
	}
	return rc;
}

/* ---- principals and conditions ---- */

static int read_principals(struct reading *r, const struct json *statement, struct policy_statement *out)
{
	const struct json *value;
	int rc = pick(r, statement, "Principal", "NotPrincipal", &value, &out->not_principal);

	if (rc < 0)
		return rc;
	if (r->kind == POLICY_IDENTITY)
		return value ? fault(r, "Policy document should not specify a principal.") : 0;
	if (!value)
		return fault(r, "Missing required field Principal");
	return principals_read(r->arena, value, out, r->err);
}

static size_t count_conditions(const struct json *block)
{
	size_t n = 0;

	for (size_t i = 0; i < block->count; i++)
		n += json_is(block->members[i].value, JSON_OBJECT) ? block->members[i].value->count : 0;
	return n;
}

static int read_operator(struct reading *r, const struct json_member *operation, struct policy_statement *out)
{
	int rc = 0;

	if (!json_is(operation->value, JSON_OBJECT))
		return fault_syntax(r);
	for (size_t i = 0; i < operation->value->count && rc == 0; i++) {
		const struct json_member *m = &operation->value->members[i];
		if (str_find_char(m->name, ':', 0) < 0)
			return fault(r, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
		rc = condition_read(r->arena, operation->name, m->name, m->value, r->variables,
				    &out->conditions[out->condition_count++], r->err);
	}
	return rc;
}

static int read_conditions(struct reading *r, const struct json *statement, struct policy_statement *out)
{
	const struct json *block = json_get_c(statement, "Condition");
	int rc = 0;

	if (!block)
		return 0;
	if (!json_is(block, JSON_OBJECT))
		return fault_syntax(r);
	out->conditions = arena_alloc_array(r->arena, count_conditions(block) + 1, sizeof(*out->conditions));
	if (!out->conditions)
		return fault_memory(r);
	for (size_t i = 0; i < block->count && rc == 0; i++)
		rc = read_operator(r, &block->members[i], out);
	return rc;
}

/* ---- statements and documents ---- */

static int read_effect(struct reading *r, const struct json *statement, struct policy_statement *out)
{
	struct str effect = json_get_text(statement, STR("Effect"));

	out->allow = str_eq(effect, STR("Allow"));
	return out->allow || str_eq(effect, STR("Deny")) ? 0 : fault_syntax(r);
}

static int read_statement(struct reading *r, const struct json *statement, struct policy_statement *out)
{
	static const char *const members[] = { "Sid",       "Effect",   "Principal",   "NotPrincipal", "Action",
					       "NotAction", "Resource", "NotResource", "Condition",    NULL };
	const struct json *sid = json_get_c(statement, "Sid");

	if (!json_is(statement, JSON_OBJECT) || (sid && !json_is(sid, JSON_STRING)))
		return fault_syntax(r);
	out->json = statement;
	out->sid = json_text(sid);
	int rc = check_members(r, statement, members);
	if (rc == 0)
		rc = read_effect(r, statement, out);
	if (rc == 0)
		rc = read_principals(r, statement, out);
	if (rc == 0)
		rc = read_actions(r, statement, out);
	if (rc == 0)
		rc = read_resources(r, statement, out);
	return rc < 0 ? rc : read_conditions(r, statement, out);
}

static int check_sids(struct reading *r, const struct policy *p)
{
	for (size_t i = 0; i < p->count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (p->statements[i].sid.n > 0 && str_eq(p->statements[i].sid, p->statements[j].sid))
				return fault(r, "Statement IDs (SID) in a single policy must be unique.");
		}
	}
	return 0;
}

static int read_version(struct reading *r, const struct json *document)
{
	static const char *const members[] = { "Version", "Id", "Statement", NULL };
	const struct json *version = json_get_c(document, "Version");

	if (!json_is(document, JSON_OBJECT) || check_members(r, document, members) < 0)
		return fault_syntax(r);
	r->variables = str_eq(json_text(version), STR("2012-10-17"));
	if (version && !r->variables && !str_eq(json_text(version), STR("2008-10-17")))
		return fault(r, "Policy document must be version 2012-10-17 or greater.");
	return 0;
}

int policy_compile(struct arena *a, const struct json *document, enum policy_kind kind, const struct policy **out,
		   struct error *err)
{
	struct reading r = { .arena = a, .kind = kind, .err = err };
	const struct json *list = json_get_c(document, "Statement");
	struct policy *p = ARENA_NEW(a, struct policy);
	int rc = p ? read_version(&r, document) : fault_memory(&r);

	if (rc < 0)
		return rc;
	if (!list || (!json_is(list, JSON_ARRAY) && !json_is(list, JSON_OBJECT)) || count_of(list) > POLICY_STATEMENTS_MAX)
		return fault_syntax(&r);
	if (json_is(list, JSON_ARRAY) && list->count == 0)
		return fault_syntax(&r);
	p->count = count_of(list);
	p->statements = arena_alloc_array(a, p->count, sizeof(*p->statements));
	if (!p->statements)
		return fault_memory(&r);
	for (size_t i = 0; i < p->count && rc == 0; i++) {
		p->statements[i].index = i;
		rc = read_statement(&r, item_of(list, i), &p->statements[i]);
	}
	if (rc == 0)
		rc = check_sids(&r, p);
	if (rc == 0 && arena_failed(a))
		rc = fault_memory(&r);
	if (rc == 0)
		*out = p;
	return rc;
}

int policy_parse(struct arena *a, struct str text, enum policy_kind kind, const struct policy **out, struct error *err)
{
	const struct json *document;

	if (text.n > POLICY_TEXT_MAX)
		return error_set(err, ERR_INVALID, "Policy document is too long.");
	if (json_parse(a, text, &document, NULL) < 0)
		return error_set(err, ERR_INVALID, "This policy contains invalid Json");
	return policy_compile(a, document, kind, out, err);
}

struct str policy_statement_sid(const struct policy_statement *s)
{
	return s->sid;
}

const struct json *policy_statement_json(const struct policy_statement *s)
{
	return s->json;
}

size_t policy_statement_index(const struct policy_statement *s)
{
	return s->index;
}
