#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the unit and protocol tests in a build that counts, and writes build-coverage/report: summary.txt, index.html with the lines.
set -euo pipefail
cd "$(dirname "$0")/.."
build="build-coverage"
[ -f "$build/build.ninja" ] || meson setup "$build" -Db_coverage=true >"$build.log" 2>&1 || { cat "$build.log"; exit 1; }
rm -f "$build.log"
ninja -C "$build" --quiet
find "$build" -name '*.gcda' -delete
BUILD=$build python3 tests/run.py --build release --only unit
BUILD=$build python3 tests/run.py --build release --only protocol
mkdir -p "$build/report"
gcovr --root . --object-directory "$build" --filter 'src/' --filter 'functions/' --exclude-unreachable-branches \
  --gcov-ignore-parse-errors --html-details "$build/report/index.html" --txt "$build/report/summary.txt" --print-summary
