#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# After a failure: the ends of the logs that the failed step left behind, so that nobody has to run it again to read them.
#
#   ci/print-failures.sh [LINES]     default 200 of each
set -euo pipefail
. "$(dirname "$0")/lib.sh"
[ "${1:-}" != --help ] || show_help
lines=${1:-200}
[[ $lines =~ ^[0-9]+$ ]] || wrong_usage 'LINES is a number'
cd "$(dirname "$0")/.."

shopt -s nullglob
for log in build*.log build*/meson-logs/meson-log.txt build*/package-arm64/*.log build-fuzz/crash-* "${TMPDIR:-/tmp}"/gleaner-test-*/server.log; do
  printf '\n==== %s\n' "$log"
  case $log in
  */crash-*) base64 "$log" ;; # what crashed a parser, to be kept in tests/fuzz/corpus
  *) tail -n "$lines" "$log" ;;
  esac
done
