/* SPDX-License-Identifier: Apache-2.0 */
#include "service/codebuild/buildspec.h"

enum treatment { TAKEN, IGNORED };

struct known {
	const char *name;
	enum treatment treatment;
};

/* Refuses every member that is not listed. */
static int check_members(const struct json *object, const struct known *known, const char *where, struct error *err)
{
	if (!object || object->type == JSON_NULL)
		return 0;
	if (object->type != JSON_OBJECT)
		return error_set(err, ERR_INVALID, "%s must be a mapping", where);
	for (size_t i = 0; i < object->count; i++) {
		const struct known *k = known;
		while (k->name && !str_eq_c(object->members[i].name, k->name))
			k++;
		if (!k->name)
			return error_set(err, ERR_INVALID, STR_FMT " in %s is unknown, or not offered by this server",
					 STR_ARG(object->members[i].name), where);
	}
	return 0;
}

static const struct json *present(const struct json *value)
{
	return value && value->type != JSON_NULL ? value : NULL;
}

static int take_list(const struct json *object, struct str name, const struct json **out, struct error *err)
{
	const struct json *list = present(json_get(object, name));

	*out = list;
	if (!list)
		return 0;
	if (list->type != JSON_ARRAY)
		return error_set(err, ERR_INVALID, STR_FMT " must be a list", STR_ARG(name));
	for (size_t i = 0; i < list->count; i++) {
		if (!json_is(list->items[i], JSON_STRING))
			return error_set(err, ERR_INVALID, "Expected " STR_FMT "[%zu] to be of string type", STR_ARG(name), i);
	}
	return 0;
}

/* ---- sections ---- */

static int take_env(const struct json *env, struct buildspec *out, struct error *err)
{
	static const struct known known[] = {
		{ "shell", TAKEN },
		{ "variables", TAKEN },
		{ "exported-variables", TAKEN },
		{ "git-credential-helper", IGNORED },
		{ 0 },
	};
	int result = check_members(env, known, "env", err);

	if (result == 0)
		result = take_list(env, STR("exported-variables"), &out->exported, err);
	if (result != 0)
		return result;
	out->shell = json_get_text(env, STR("shell"));
	if (out->shell.p && !str_eq(out->shell, STR("bash")) && !str_eq(out->shell, STR("/bin/sh")) &&
	    !str_eq(out->shell, STR("sh")))
		return error_set(err, ERR_INVALID, "the shell " STR_FMT " is not offered by this server", STR_ARG(out->shell));
	out->variables = present(json_get_c(env, "variables"));
	if (out->variables && out->variables->type != JSON_OBJECT)
		return error_set(err, ERR_INVALID, "env.variables must be a mapping");
	for (size_t i = 0; out->variables && i < out->variables->count; i++) {
		if (!json_is(out->variables->members[i].value, JSON_STRING))
			return error_set(err, ERR_INVALID, "env.variables." STR_FMT " must be a text",
					 STR_ARG(out->variables->members[i].name));
	}
	return 0;
}

static int take_phase(const struct json *phase, const char *name, struct buildspec_phase *out, struct error *err)
{
	static const struct known known[] = {
		{ "commands", TAKEN }, { "finally", TAKEN }, { "on-failure", TAKEN }, { "runtime-versions", IGNORED }, { 0 },
	};
	struct str on_failure;
	int result;

	if (!present(phase))
		return 0;
	out->present = true;
	result = check_members(phase, known, name, err);
	if (result == 0)
		result = take_list(phase, STR("commands"), &out->commands, err);
	if (result == 0)
		result = take_list(phase, STR("finally"), &out->finally, err);
	if (result != 0)
		return result;
	on_failure = json_get_text(phase, STR("on-failure"));
	out->go_on = str_eq(on_failure, STR("CONTINUE"));
	if (on_failure.p && !out->go_on && !str_eq(on_failure, STR("ABORT")))
		return error_set(err, ERR_INVALID, "on-failure of %s must be ABORT or CONTINUE", name);
	return 0;
}

static int take_phases(const struct json *phases, struct buildspec *out, struct error *err)
{
	static const struct known known[] = {
		{ "install", TAKEN }, { "pre_build", TAKEN }, { "build", TAKEN }, { "post_build", TAKEN }, { 0 }
	};
	int result = check_members(phases, known, "phases", err);

	if (result == 0 && !present(phases))
		return error_set(err, ERR_INVALID, "phases is missing");
	for (size_t i = 0; i < BUILDSPEC_PHASES && result == 0; i++)
		result = take_phase(json_get(phases, str_c(known[i].name)), known[i].name, &out->phases[i], err);
	return result;
}

static int take_artifacts(const struct json *artifacts, struct buildspec *out, struct error *err)
{
	static const struct known known[] = {
		{ "files", TAKEN },          { "name", TAKEN },          { "discard-paths", TAKEN },
		{ "base-directory", TAKEN }, { "exclude-paths", TAKEN }, { 0 },
	};
	int result = check_members(artifacts, known, "artifacts", err);

	if (result == 0)
		result = take_list(artifacts, STR("files"), &out->files, err);
	if (result == 0)
		result = take_list(artifacts, STR("exclude-paths"), &out->excluded, err);
	if (result != 0)
		return result;
	if (present(artifacts) && !out->files)
		return error_set(err, ERR_INVALID, "artifacts.files is missing");
	out->artifact_name = json_get_text(artifacts, STR("name"));
	out->base_directory = json_get_text(artifacts, STR("base-directory"));
	out->discard_paths = str_eq(json_get_text(artifacts, STR("discard-paths")), STR("yes")) ||
			     str_eq(json_get_text(artifacts, STR("discard-paths")), STR("true"));
	return 0;
}

int buildspec_parse(struct arena *a, struct str text, struct buildspec *out, struct error *err)
{
	static const struct known known[] = {
		{ "version", TAKEN }, { "env", TAKEN }, { "phases", TAKEN }, { "artifacts", TAKEN }, { "cache", IGNORED }, { 0 },
	};
	struct buildspec spec = { 0 };
	const struct json *document;
	int result = yaml_parse(a, text, &document, err);

	if (result != 0)
		return result;
	if (document->type != JSON_OBJECT)
		return error_set(err, ERR_INVALID, "the buildspec must be a mapping");
	if (!str_eq(json_get_text(document, STR("version")), STR("0.2")))
		return error_set(err, ERR_INVALID, "the version must be 0.2");
	result = check_members(document, known, "the buildspec", err);
	if (result == 0)
		result = take_env(json_get_c(document, "env"), &spec, err);
	if (result == 0)
		result = take_phases(json_get_c(document, "phases"), &spec, err);
	if (result == 0)
		result = take_artifacts(json_get_c(document, "artifacts"), &spec, err);
	if (result == 0)
		*out = spec;
	return result;
}

/* ---- patterns ---- */

static bool matches(const char *p, const char *pe, const char *s, const char *se);

/* After a star: every place it may end at. */
static bool matches_star(const char *p, const char *pe, const char *s, const char *se, bool folders)
{
	for (;; s++) {
		if (matches(p, pe, s, se))
			return true;
		if (s == se || (!folders && *s == '/'))
			return false;
	}
}

static bool matches(const char *p, const char *pe, const char *s, const char *se)
{
	for (; p < pe; p++, s++) {
		if (pe - p >= 3 && p[0] == '*' && p[1] == '*' && p[2] == '/')
			return matches(p + 3, pe, s, se) || matches_star(p + 2, pe, s, se, true);
		if (pe - p >= 2 && p[0] == '*' && p[1] == '*')
			return matches_star(p + 2, pe, s, se, true);
		if (*p == '*')
			return matches_star(p + 1, pe, s, se, false);
		if (s == se || (*p == '?' ? *s == '/' : *p != *s))
			return false;
	}
	return s == se;
}

bool buildspec_matches(struct str pattern, struct str path)
{
	if (str_starts(pattern, STR("./")))
		pattern = str_from(pattern, 2);
	return matches(pattern.p, pattern.p + pattern.n, path.p, path.p + path.n);
}
