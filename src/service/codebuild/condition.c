/* SPDX-License-Identifier: Apache-2.0
 *
 * CodeBuild's own condition keys of StartBuild: a key is there when the request replaces that part of the project, so that a
 * policy can refuse it with Null. Keys of objects, and of buildspecs, say no more than that.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/action-context-keys.html
 */
#include "service/codebuild/internal.h"

static const struct override {
	const char *key, *member; /* of the request */
	const char *inner;        /* member of that object or of the objects in that list; NULL: the value itself */
	bool presence;
} overrides[] = {
	{ "codebuild:artifacts", "artifactsOverride", NULL, true },
	{ "codebuild:artifacts.encryptionDisabled", "artifactsOverride", "encryptionDisabled", false },
	{ "codebuild:artifacts.location", "artifactsOverride", "location", false },
	{ "codebuild:autoRetryLimit", "autoRetryLimitOverride", NULL, false },
	{ "codebuild:cache", "cacheOverride", NULL, true },
	{ "codebuild:cache.location", "cacheOverride", "location", false },
	{ "codebuild:cache.type", "cacheOverride", "type", false },
	{ "codebuild:encryptionKey", "encryptionKeyOverride", NULL, false },
	{ "codebuild:environment.certificate", "certificateOverride", NULL, false },
	{ "codebuild:environment.computeType", "computeTypeOverride", NULL, false },
	{ "codebuild:environment.environmentVariables", "environmentVariablesOverride", NULL, true },
	{ "codebuild:environment.environmentVariables.name", "environmentVariablesOverride", "name", false },
	{ "codebuild:environment.environmentVariables.value", "environmentVariablesOverride", "value", false },
	{ "codebuild:environment.fleet.fleetArn", "fleetOverride", "fleetArn", false },
	{ "codebuild:environment.image", "imageOverride", NULL, false },
	{ "codebuild:environment.imagePullCredentialsType", "imagePullCredentialsTypeOverride", NULL, false },
	{ "codebuild:environment.privilegedMode", "privilegedModeOverride", NULL, false },
	{ "codebuild:environment.registryCredential", "registryCredentialOverride", NULL, true },
	{ "codebuild:environment.type", "environmentTypeOverride", NULL, false },
	{ "codebuild:logsConfig", "logsConfigOverride", NULL, true },
	{ "codebuild:secondaryArtifacts", "secondaryArtifactsOverride", NULL, true },
	{ "codebuild:secondarySources", "secondarySourcesOverride", NULL, true },
	{ "codebuild:serviceRole", "serviceRoleOverride", NULL, false },
	{ "codebuild:source", "buildspecOverride", NULL, true },
	{ "codebuild:source", "sourceAuthOverride", NULL, true },
	{ "codebuild:source", "sourceLocationOverride", NULL, true },
	{ "codebuild:source", "sourceTypeOverride", NULL, true },
	{ "codebuild:source.auth.resource", "sourceAuthOverride", "resource", false },
	{ "codebuild:source.auth.type", "sourceAuthOverride", "type", false },
	{ "codebuild:source.buildspec", "buildspecOverride", NULL, true },
	{ "codebuild:source.insecureSsl", "insecureSslOverride", NULL, false },
	{ "codebuild:source.location", "sourceLocationOverride", NULL, false },
};

static struct str as_text(struct call *call, const struct json *value)
{
	if (json_is(value, JSON_BOOL))
		return json_true(value) ? STR("true") : STR("false");
	return json_is(value, JSON_NUMBER) ? value->text : arena_str(&call->arena, json_text(value));
}

static bool one(struct call *call, struct str value, const struct str **values, size_t *count)
{
	struct str *item = value.p ? ARENA_NEW(&call->arena, struct str) : NULL;

	if (!item)
		return false;
	*item = value;
	*values = item;
	*count = 1;
	return true;
}

static bool of_list(struct call *call, const struct json *list, struct str inner, const struct str **values, size_t *count)
{
	struct str *items = arena_alloc_array(&call->arena, list->count + 1, sizeof(*items));

	if (!items)
		return false;
	*count = 0;
	for (size_t i = 0; i < list->count; i++) {
		struct str value = as_text(call, json_get(list->items[i], inner));
		if (value.p)
			items[(*count)++] = value;
	}
	*values = items;
	return *count > 0;
}

/* "codebuild:environment.environmentVariables/NAME.value" */
static struct str named_variable(struct call *call, struct str key)
{
	const struct str head = STR("codebuild:environment.environmentVariables/"), tail = STR(".value");
	const struct json *list = json_get_c(call->parameters, "environmentVariablesOverride");
	struct str name;

	if (key.n <= head.n + tail.n || !str_eq_nocase(str_sub(key, 0, head.n), head) ||
	    !str_eq_nocase(str_from(key, key.n - tail.n), tail))
		return STR_NULL;
	name = str_sub(key, head.n, key.n - head.n - tail.n);
	for (size_t i = 0; json_is(list, JSON_ARRAY) && i < list->count; i++) {
		if (str_eq_nocase(json_get_text(list->items[i], STR("name")), name))
			return json_get_text(list->items[i], STR("value"));
	}
	return STR_NULL;
}

bool codebuild_condition_list(struct call *call, struct str key, const struct str **values, size_t *count)
{
	for (size_t i = 0; i < sizeof(overrides) / sizeof(overrides[0]); i++) {
		const struct override *o = &overrides[i];
		const struct json *value = json_get(call->parameters, str_c(o->member));
		if (!str_eq_nocase(key, str_c(o->key)))
			continue;
		if (!value || value->type == JSON_NULL)
			continue;
		if (o->presence)
			return one(call, STR("true"), values, count);
		if (o->inner && value->type == JSON_ARRAY)
			return of_list(call, value, str_c(o->inner), values, count);
		return one(call, as_text(call, o->inner ? json_get(value, str_c(o->inner)) : value), values, count);
	}
	return one(call, named_variable(call, key), values, count);
}
