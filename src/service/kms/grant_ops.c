/* SPDX-License-Identifier: Apache-2.0
 *
 * Grants: created, listed, revoked.
 */
#include "base/encode.h"
#include "os/clock.h"
#include "os/random.h"
#include "service/kms/internal.h"

enum { GRANT_ID_BYTES = 32, GRANT_TOKEN_BYTES = 96 };

struct grant_input {
	struct str key_id, grant_id, token, grantee, retiring, name, marker;
	const struct json *operations, *constraints;
	struct opt_i64 limit;
};
KMS_INPUT_FITS(struct grant_input);

#define GRANT_KEY BIND_STR(struct grant_input, key_id, "KeyId", .required = true, .min = 1, .max = 2048)

const struct bind kms_create_grant_fields[] = {
	GRANT_KEY,
	BIND_STR(struct grant_input, grantee, "GranteePrincipal", .required = true, .min = 1, .max = 256),
	BIND_STR(struct grant_input, retiring, "RetiringPrincipal", .min = 1, .max = 256),
	BIND_LIST(struct grant_input, operations, "Operations", .required = true, .min = 1),
	BIND_MAP(struct grant_input, constraints, "Constraints"),
	BIND_STR(struct grant_input, name, "Name", .min = 1, .max = 256),
	BIND_IGNORED("GrantTokens"), /* grants take effect at once */
	BIND_REFUSED("DryRun"),
	BIND_DONE,
};

static void grant_key(struct key *k, struct str key_id, struct str grant_id)
{
	record_key(k, STR("grant"), key_id, grant_id);
}

static struct str random_text(struct call *call, size_t bytes, bool hex)
{
	uint8_t raw[GRANT_TOKEN_BYTES];
	char digits[2 * GRANT_ID_BYTES + 1];

	random_bytes(raw, bytes);
	if (!hex)
		return base64_encode(&call->arena, raw, bytes);
	for (size_t i = 0; i < bytes; i++)
		(void)snprintf(digits + 2 * i, 3, "%02x", raw[i]);
	return arena_str(&call->arena, str_c(digits));
}

static void put_text(struct call *call, struct json *out, const char *name, struct str text)
{
	if (text.n)
		json_put(&call->arena, out, str_c(name), json_new_string(&call->arena, text));
}

static int save_grant(struct call *call, struct str key_id, struct str id, const struct json *grant)
{
	struct error err = { 0 };
	struct key key;

	grant_key(&key, key_id, id);
	return record_put(call->txn, SPACE_KMS, &key, &call->arena, grant, &err) < 0 ? call_fault(call, &err) : 0;
}

int kms_create_grant(struct call *call)
{
	const struct grant_input *in = call->input;
	struct json *grant = json_new_object(&call->arena);
	const struct json *key;
	int result = kms_key_load_direct(call, in->key_id, &key);

	if (result == 0)
		result = kms_key_check_enabled(call, key);
	if (result != 0)
		return result;
	struct str key_id = json_get_text(key, STR("id")), id = random_text(call, GRANT_ID_BYTES, true);
	struct str token = random_text(call, GRANT_TOKEN_BYTES, false);
	put_text(call, grant, "KeyId", kms_key_arn(call, key_id));
	put_text(call, grant, "GrantId", id);
	put_text(call, grant, "Name", in->name);
	json_put(&call->arena, grant, STR("CreationDate"), json_new_i64(&call->arena, clock_wall_ms()));
	put_text(call, grant, "GranteePrincipal", in->grantee);
	put_text(call, grant, "RetiringPrincipal", in->retiring);
	put_text(call, grant, "IssuingAccount",
		 arena_printf(&call->arena, "arn:aws:iam::" STR_FMT ":root", STR_ARG(host_account(call->host))));
	json_put(&call->arena, grant, STR("Operations"), in->operations);
	if (in->constraints)
		json_put(&call->arena, grant, STR("Constraints"), in->constraints);
	put_text(call, grant, "token", token);
	result = save_grant(call, key_id, id, grant);
	write_str(&call->out, "GrantToken", token);
	write_str(&call->out, "GrantId", id);
	return result;
}

const struct bind kms_list_grants_fields[] = {
	GRANT_KEY,
	BIND_I64(struct grant_input, limit, "Limit", .min = 1, .max = 100),
	BIND_STR(struct grant_input, marker, "Marker"),
	BIND_STR(struct grant_input, grant_id, "GrantId", .min = 1, .max = 128),
	BIND_STR(struct grant_input, grantee, "GranteePrincipal", .min = 1, .max = 256),
	BIND_DONE,
};

static int write_grant(void *argument, const struct json *grant)
{
	struct call *call = argument;
	const struct grant_input *in = call->input;
	int64_t at;

	if ((in->grant_id.n && !str_eq(in->grant_id, json_get_text(grant, STR("GrantId")))) ||
	    (in->grantee.n && !str_eq(in->grantee, json_get_text(grant, STR("GranteePrincipal")))))
		return 0;
	write_object(&call->out, NULL);
	for (size_t i = 0; i < grant->count; i++) {
		const struct json_member *m = &grant->members[i];

		if (str_eq_c(m->name, "CreationDate") && json_to_i64(m->value, &at) == 0)
			write_time(&call->out, "CreationDate", at);
		else if (!str_eq_c(m->name, "token"))
			write_json(&call->out, arena_c(&call->arena, m->name), m->value);
	}
	write_end(&call->out);
	return 1;
}

int kms_list_grants(struct call *call)
{
	const struct grant_input *in = call->input;
	struct record_window window = { .limit = in->limit.set ? in->limit.value : 50, .token = in->marker };
	const struct json *key;
	struct error err = { 0 };
	struct str next = STR_NULL;
	struct key prefix;
	int result = kms_key_load_direct(call, in->key_id, &key);

	if (result != 0)
		return result;
	record_key(&prefix, STR("grant"), json_get_text(key, STR("id")));
	write_list(&call->out, "Grants", NULL);
	result = record_page(call->txn, SPACE_KMS, &prefix, &window, &call->arena, write_grant, call, &next, &err);
	if (result < 0)
		return result == ERR_INVALID ? call_fail(call, &kms_InvalidMarkerException) : call_fault(call, &err);
	write_end(&call->out);
	write_str(&call->out, "NextMarker", next);
	write_bool(&call->out, "Truncated", next.p != NULL);
	return 0;
}

static int delete_grant(struct call *call, struct str key_text, struct str id)
{
	const struct json *key;
	struct error err = { 0 };
	struct key row;
	int result = kms_key_load_direct(call, key_text, &key);

	if (result != 0)
		return result;
	grant_key(&row, json_get_text(key, STR("id")), id);
	if (!store_has(call->txn, SPACE_KMS, key_str(&row)))
		return call_failf(call, &kms_NotFoundException, "Grant ID " STR_FMT " not found", STR_ARG(id));
	return store_delete(call->txn, SPACE_KMS, key_str(&row), &err) < 0 ? call_fault(call, &err) : 0;
}

const struct bind kms_revoke_grant_fields[] = {
	GRANT_KEY,
	BIND_STR(struct grant_input, grant_id, "GrantId", .required = true, .min = 1, .max = 128),
	BIND_REFUSED("DryRun"),
	BIND_DONE,
};

int kms_revoke_grant(struct call *call)
{
	const struct grant_input *in = call->input;

	return delete_grant(call, in->key_id, in->grant_id);
}

const struct bind kms_retire_grant_fields[] = {
	BIND_STR(struct grant_input, key_id, "KeyId", .min = 1, .max = 2048),
	BIND_STR(struct grant_input, grant_id, "GrantId", .min = 1, .max = 128),
	BIND_STR(struct grant_input, token, "GrantToken", .min = 1, .max = 8192),
	BIND_REFUSED("DryRun"),
	BIND_DONE,
};

struct token_search {
	struct str token;
	const struct json *found;
};

static int find_token(void *argument, const struct json *grant)
{
	struct token_search *s = argument;

	if (str_eq(s->token, json_get_text(grant, STR("token"))))
		s->found = grant;
	return 0;
}

/* A grant is named by its token, or by key and id. */
int kms_retire_grant(struct call *call)
{
	const struct grant_input *in = call->input;
	struct token_search s = { .token = in->token };
	struct error err = { 0 };
	struct key prefix;

	if (!in->token.n && (!in->key_id.n || !in->grant_id.n))
		return call_failf(call, &kms_ValidationException, "Either GrantToken or both KeyId and GrantId must be given.");
	if (!in->token.n)
		return delete_grant(call, in->key_id, in->grant_id);
	record_key(&prefix, STR("grant"));
	if (record_page(call->txn, SPACE_KMS, &prefix, &(struct record_window){ 0 }, &call->arena, find_token, &s, NULL, &err) <
	    0)
		return call_fault(call, &err);
	if (!s.found)
		return call_failf(call, &kms_NotFoundException, "The grant of this token is not found");
	return delete_grant(call, json_get_text(s.found, STR("KeyId")), json_get_text(s.found, STR("GrantId")));
}
