/* SPDX-License-Identifier: Apache-2.0
 *
 * A secret's values: versions, and the stages that tell them apart. A stage belongs to one version; AWSCURRENT leaves AWSPREVIOUS
 * behind. A version without a stage is forgotten.
 */
#include "os/clock.h"
#include "os/random.h"
#include "service/secretsmanager/internal.h"

#define SECRET_ID BIND_STR(struct secrets_input, secret_id, "SecretId", .required = true, .min = 1, .max = 2048)

static bool has(const struct json *list, struct str text)
{
	for (size_t i = 0; list && i < list->count; i++)
		if (str_eq(json_text(list->items[i]), text))
			return true;
	return false;
}

static struct str holder_of(const struct json *secret, struct str stage)
{
	const struct json *versions = json_get_c(secret, "Versions");

	for (size_t i = 0; versions && i < versions->count; i++)
		if (has(json_get_c(versions->members[i].value, "Stages"), stage))
			return versions->members[i].name;
	return STR_NULL;
}

/* Takes the stage from who has it and gives it to `to` (absent: nobody); versions left without a stage go. */
static void move_stage(struct call *call, struct json *secret, struct str stage, struct str to)
{
	struct arena *a = &call->arena;
	const struct json *versions = json_get_c(secret, "Versions");
	struct json *out = json_new_object(a);

	for (size_t i = 0; i < versions->count; i++) {
		const struct json *old = json_get_c(versions->members[i].value, "Stages");
		struct json *version = json_copy_object(a, versions->members[i].value), *stages = json_new_array(a);

		for (size_t k = 0; k < old->count; k++)
			if (!str_eq(json_text(old->items[k]), stage))
				json_add(a, stages, old->items[k]);
		if (str_eq(versions->members[i].name, to))
			json_add(a, stages, json_new_string(a, stage));
		json_put(a, version, STR("Stages"), stages);
		if (stages->count || str_eq(versions->members[i].name, to) || old->count == 0)
			json_add_member(a, out, versions->members[i].name, version);
	}
	json_put(a, secret, STR("Versions"), out);
}

static void make_current(struct call *call, struct json *secret, struct str id)
{
	struct str before = holder_of(secret, STR("AWSCURRENT"));

	if (before.p && !str_eq(before, id))
		move_stage(call, secret, STR("AWSPREVIOUS"), before);
	move_stage(call, secret, STR("AWSCURRENT"), id);
}

static struct str version_name(struct call *call)
{
	const struct secrets_input *in = call->input;
	char id[37];

	if (in->token.p)
		return in->token;
	random_uuid(id);
	return arena_str(&call->arena, str_c(id));
}

static bool is_same(const struct json *version, const struct secrets_input *in)
{
	return str_eq(json_get_text(version, STR("SecretString")), in->text) &&
	       str_eq(json_get_text(version, STR("SecretBinary")), in->binary);
}

int secret_add_version(struct call *call, struct json *secret, const struct json *stages, struct str *id)
{
	const struct secrets_input *in = call->input;
	struct arena *a = &call->arena;
	struct json *version = json_new_object(a), *all = json_copy_object(a, json_get_c(secret, "Versions"));
	const struct json *old;

	*id = version_name(call);
	old = json_get(all, *id);
	if (in->text.p && in->binary.p)
		return call_failf(call, &secrets_InvalidParameterException,
				  "You can't specify both a binary secret value and a "
				  "string secret value in the same secret.");
	if (old && !is_same(old, in))
		return call_failf(call, &secrets_ResourceExistsException,
				  "You can't modify an existing version, you can only create a new version.");
	if (old)
		return 0;
	if (in->text.p)
		json_put(a, version, STR("SecretString"), json_new_string(a, in->text));
	if (in->binary.p)
		json_put(a, version, STR("SecretBinary"), json_new_string(a, in->binary));
	json_put(a, version, STR("created"), json_new_i64(a, clock_wall_ms()));
	json_put(a, version, STR("Stages"), &json_empty_array);
	json_put(a, all, *id, version);
	json_put(a, secret, STR("Versions"), all);
	json_put(a, secret, STR("changed"), json_new_i64(a, clock_wall_ms()));
	for (size_t i = 0; stages && i < stages->count; i++)
		if (!str_eq_c(json_text(stages->items[i]), "AWSCURRENT"))
			move_stage(call, secret, json_text(stages->items[i]), *id);
	if (!stages || has(stages, STR("AWSCURRENT")))
		make_current(call, secret, *id);
	return 0;
}

/* ---- operations ---- */

const struct bind secrets_put_secret_value_fields[] = {
	SECRET_ID,
	BIND_STR(struct secrets_input, text, "SecretString", .max = SECRETS_VALUE_MAX),
	BIND_STR(struct secrets_input, binary, "SecretBinary", .max = 2 * SECRETS_VALUE_MAX),
	BIND_STR(struct secrets_input, token, "ClientRequestToken", .min = 32, .max = 64),
	BIND_LIST(struct secrets_input, stages, "VersionStages", .min = 1, .max = 20),
	BIND_DONE,
};

int secrets_put_secret_value(struct call *call)
{
	const struct secrets_input *in = call->input;
	const struct json *old;
	struct str id;
	int rc = secret_load(call, in->secret_id, false, &old);

	if (rc == 0 && !in->text.p && !in->binary.p)
		rc = call_failf(call, &secrets_InvalidRequestException, "You must provide either SecretString or SecretBinary.");
	if (rc < 0)
		return rc;
	struct json *secret = json_copy_object(&call->arena, old);
	rc = secret_add_version(call, secret, in->stages, &id);
	if (rc == 0)
		rc = secret_save(call, secret);
	secret_write_name(call, secret);
	write_str(&call->out, "VersionId", id);
	write_json(&call->out, "VersionStages", json_get_c(json_get(json_get_c(secret, "Versions"), id), "Stages"));
	return rc;
}

const struct bind secrets_get_secret_value_fields[] = {
	SECRET_ID,
	BIND_STR(struct secrets_input, version_id, "VersionId", .min = 32, .max = 64),
	BIND_STR(struct secrets_input, stage, "VersionStage", .min = 1, .max = 256),
	BIND_DONE,
};

int secrets_get_secret_value(struct call *call)
{
	const struct secrets_input *in = call->input;
	struct str stage = in->stage.p ? in->stage : STR("AWSCURRENT");
	const struct json *secret, *version;
	int64_t created = 0;
	int rc = secret_load(call, in->secret_id, false, &secret);

	if (rc < 0)
		return rc;
	struct str id = in->version_id.p ? in->version_id : holder_of(secret, stage);
	version = id.p ? json_get(json_get_c(secret, "Versions"), id) : NULL;
	if (!version || (in->version_id.p && in->stage.p && !has(json_get_c(version, "Stages"), in->stage)))
		return call_failf(call, &secrets_ResourceNotFoundException,
				  "Secrets Manager can't find the specified secret value for %s: " STR_FMT,
				  in->version_id.p ? "VersionId" : "staging label",
				  STR_ARG(in->version_id.p ? in->version_id : stage));
	(void)!json_to_i64(json_get_c(version, "created"), &created);
	secret_write_name(call, secret);
	write_str(&call->out, "VersionId", id);
	write_json(&call->out, "SecretString", json_get_c(version, "SecretString"));
	write_json(&call->out, "SecretBinary", json_get_c(version, "SecretBinary"));
	write_json(&call->out, "VersionStages", json_get_c(version, "Stages"));
	write_time(&call->out, "CreatedDate", created);
	return 0;
}

const struct bind secrets_list_secret_version_ids_fields[] = {
	SECRET_ID,
	BIND_IGNORED("MaxResults"), /* all fit on one page */
	BIND_IGNORED("NextToken"),
	BIND_IGNORED("IncludeDeprecated"), /* versions without a stage are forgotten */
	BIND_DONE,
};

int secrets_list_secret_version_ids(struct call *call)
{
	const struct secrets_input *in = call->input;
	const struct json *secret, *versions;
	int rc = secret_load(call, in->secret_id, true, &secret);

	if (rc < 0)
		return rc;
	versions = json_get_c(secret, "Versions");
	write_list(&call->out, "Versions", NULL);
	for (size_t i = 0; i < versions->count; i++) {
		int64_t created = 0;

		(void)!json_to_i64(json_get_c(versions->members[i].value, "created"), &created);
		write_object(&call->out, NULL);
		write_str(&call->out, "VersionId", versions->members[i].name);
		write_json(&call->out, "VersionStages", json_get_c(versions->members[i].value, "Stages"));
		write_time(&call->out, "CreatedDate", created);
		write_end(&call->out);
	}
	write_end(&call->out);
	secret_write_name(call, secret);
	return 0;
}

const struct bind secrets_update_secret_version_stage_fields[] = {
	SECRET_ID,
	BIND_STR(struct secrets_input, stage, "VersionStage", .required = true, .min = 1, .max = 256),
	BIND_STR(struct secrets_input, from, "RemoveFromVersionId", .min = 32, .max = 64),
	BIND_STR(struct secrets_input, to, "MoveToVersionId", .min = 32, .max = 64),
	BIND_DONE,
};

int secrets_update_secret_version_stage(struct call *call)
{
	const struct secrets_input *in = call->input;
	const struct json *old;
	int rc = secret_load(call, in->secret_id, false, &old);

	if (rc < 0)
		return rc;
	struct json *secret = json_copy_object(&call->arena, old);
	struct str holder = holder_of(secret, in->stage);
	if (in->to.p && !json_get(json_get_c(secret, "Versions"), in->to))
		return call_fail(call, &secrets_ResourceNotFoundException);
	if (holder.p && !str_eq(holder, in->from) && !str_eq(holder, in->to))
		return call_failf(call, &secrets_InvalidParameterException,
				  "The parameter RemoveFromVersionId must be the version that the staging label " STR_FMT
				  " is attached to.",
				  STR_ARG(in->stage));
	if (str_eq_c(in->stage, "AWSCURRENT") && !in->to.p)
		return call_failf(
			call, &secrets_InvalidParameterException,
			"You can only move staging label AWSCURRENT to a different secret version. It can't be completely "
			"removed.");
	if (str_eq_c(in->stage, "AWSCURRENT"))
		make_current(call, secret, in->to);
	else
		move_stage(call, secret, in->stage, in->to);
	secret_write_name(call, secret);
	return secret_save(call, secret);
}
