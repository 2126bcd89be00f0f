#!/usr/bin/env bash
# Fuzzes each parser with libFuzzer: TARGET=name for one of them, SECONDS_EACH=n for how long (default 60).
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh lint
[ -d build-fuzz ] || CC=clang meson setup build-fuzz -Dfuzz=true -Dfunctions=false -Db_lundef=false \
  -Db_sanitize=address,undefined >/dev/null
ninja -C build-fuzz --quiet
for target in build-fuzz/tests/fuzz/fuzz_*; do
  name=${target##*/fuzz_}
  if [ ! -x "$target" ] || [ ! -f "$target" ]; then continue; fi
  [ "${TARGET:-$name}" = "$name" ] || continue
  mkdir -p "build-fuzz/corpus/$name"
  echo "== $name"
  "$target" -max_total_time="${SECONDS_EACH:-60}" -artifact_prefix="build-fuzz/crash-$name-" -print_final_stats=0 -verbosity=0 \
    "build-fuzz/corpus/$name" "tests/fuzz/corpus/$name"
done
