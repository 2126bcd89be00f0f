/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "service/codebuild/buildspec.h"

static void test_yaml_becomes_json(void **state)
{
	static const struct {
		const char *yaml, *json; /* NULL: refused */
	} cases[] = {
		{ "a: 1\nb: two words\n", "{\"a\":\"1\",\"b\":\"two words\"}" },
		{ "- x\n- 'it''s'\n- \"tab\\t\"\n", "[\"x\",\"it's\",\"tab\\t\"]" },
		{ "a: |\n  one\n  two\nb: >\n  one\n  two\n", "{\"a\":\"one\\ntwo\\n\",\"b\":\"one two\\n\"}" },
		{ "a:\nb: ~\nc: ''\n", "{\"a\":null,\"b\":null,\"c\":\"\"}" },
		{ "{a: [1, {b: c}]}\n", "{\"a\":[\"1\",{\"b\":\"c\"}]}" },
		{ "# only a comment\na: b # and another\n", "{\"a\":\"b\"}" },
		{ "a: &x 1\nb: *x\n", NULL },
		{ "a: 1\na: 2\n", NULL },
		{ "a: 1\n---\nb: 2\n", NULL },
		{ "a: [\n", NULL },
		{ "? [a]\n: b\n", NULL },
		{ "", NULL },
		{ "a: \xff\n", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a;
		struct error err = { 0 };
		const struct json *value;
		arena_init(&a, 1 << 20);
		int result = yaml_parse(&a, str_c(cases[i].yaml), &value, &err);
		if (cases[i].json) {
			if (result != 0)
				fail_msg("%s: %s", cases[i].yaml, err.message);
			assert_string_equal(json_to_str(&a, value).p, cases[i].json);
		} else {
			assert_int_equal(result, ERR_INVALID);
		}
		arena_release(&a);
	}
}

static void test_depth_is_bounded(void **state)
{
	struct arena a;
	struct error err;
	const struct json *value;
	char text[2 * YAML_DEPTH_MAX + 5];

	(void)state;
	for (int more = 0; more < 2; more++) {
		int depth = YAML_DEPTH_MAX + more;
		memset(text, '[', (size_t)depth);
		memset(text + depth, ']', (size_t)depth);
		arena_init(&a, 1 << 20);
		assert_int_equal(yaml_parse(&a, str_of(text, 2 * (size_t)depth), &value, &err), more ? ERR_INVALID : 0);
		arena_release(&a);
	}
}

static void test_buildspec(void **state)
{
	static const char text[] =
		"version: 0.2\n"
		"env:\n  shell: bash\n  variables:\n    A: b\n  exported-variables: [X, Y]\n"
		"phases:\n"
		"  install:\n    runtime-versions:\n      python: 3\n    commands: [one]\n"
		"  build:\n    on-failure: CONTINUE\n    commands:\n      - two\n      - three\n    finally: [four]\n"
		"artifacts:\n  files: ['**/*']\n  base-directory: out\n  discard-paths: yes\n  name: n\n"
		"cache:\n  paths: [x]\n";
	struct arena a;
	struct error err = { 0 };
	struct buildspec spec;

	(void)state;
	arena_init(&a, 1 << 20);
	if (buildspec_parse(&a, str_c(text), &spec, &err) != 0)
		fail_msg("%s", err.message);
	assert_true(str_eq(spec.shell, STR("bash")));
	assert_int_equal(spec.exported->count, 2);
	assert_true(spec.phases[BUILDSPEC_INSTALL].present && !spec.phases[BUILDSPEC_PRE_BUILD].present);
	assert_int_equal(spec.phases[BUILDSPEC_BUILD].commands->count, 2);
	assert_int_equal(spec.phases[BUILDSPEC_BUILD].finally->count, 1);
	assert_true(spec.phases[BUILDSPEC_BUILD].go_on && !spec.phases[BUILDSPEC_INSTALL].go_on);
	assert_true(spec.discard_paths && str_eq(spec.base_directory, STR("out")));
	arena_release(&a);
}

static void test_what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "version: 0.1\nphases: {}\n", "version must be 0.2" },
		{ "version: 0.2\n", "phases is missing" },
		{ "version: 0.2\nphases: {}\nbatch: {}\n", "batch in the buildspec" },
		{ "version: 0.2\nphases:\n  build:\n    run-as: root\n", "run-as in build" },
		{ "version: 0.2\nphases:\n  build:\n    commands: [{a: b}]\n", "Expected commands[0] to be of string type" },
		{ "version: 0.2\nphases:\n  build:\n    on-failure: RETRY\n", "on-failure of build" },
		{ "version: 0.2\nenv:\n  shell: powershell.exe\nphases: {}\n", "shell powershell.exe" },
		{ "version: 0.2\nenv:\n  parameter-store: {A: b}\nphases: {}\n", "parameter-store in env" },
		{ "version: 0.2\nphases: {}\nartifacts:\n  name: x\n", "artifacts.files is missing" },
		{ "- a\n", "must be a mapping" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena a;
		struct error err = { 0 };
		struct buildspec spec;
		arena_init(&a, 1 << 20);
		assert_int_equal(buildspec_parse(&a, str_c(cases[i].text), &spec, &err), ERR_INVALID);
		if (!strstr(err.message, cases[i].message))
			fail_msg("%s does not say %s", err.message, cases[i].message);
		arena_release(&a);
	}
}

static void test_patterns(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool matches;
	} cases[] = {
		{ "**/*", "a", true },
		{ "**/*", "a/b/c.txt", true },
		{ "*", "a", true },
		{ "*", "a/b", false },
		{ "a/*", "a/b", true },
		{ "a/*", "a/b/c", false },
		{ "a/**/*", "a/b/c", true },
		{ "a/**/*", "a/b", true },
		{ "a/**", "a/b/c", true },
		{ "*.log", "x.log", true },
		{ "*.log", "d/x.log", false },
		{ "**/*.log", "d/e/x.log", true },
		{ "**/*.log", "x.log", true },
		{ "plan?", "plan1", true },
		{ "plan?", "plan/", false },
		{ "plan", "plan", true },
		{ "plan", "plans", false },
		{ "./plan", "plan", true },
		{ "", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (buildspec_matches(str_c(cases[i].pattern), str_c(cases[i].path)) != cases[i].matches)
			fail_msg("%s and %s", cases[i].pattern, cases[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yaml_becomes_json), cmocka_unit_test(test_depth_is_bounded),
		cmocka_unit_test(test_buildspec),         cmocka_unit_test(test_what_is_wrong_is_named),
		cmocka_unit_test(test_patterns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
