#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A plan as Markdown, for a job summary, a comment or a terminal: destroys first, counts, hashes, the changes.
#
#   ci/summary.sh DIR [--limit BYTES]    DIR: manifest.json and changes.json, from ci/manifest.sh fetch
#
#   --limit   where to cut the changes, default 60000: a comment on GitHub may have 65536 characters
set -euo pipefail
. "$(dirname "$0")/lib.sh"

folder='' limit=60000
while [ $# -gt 0 ]; do
  case $1 in
  --help) show_help ;;
  --limit) need_value "$@"; limit=$2; shift 2 ;;
  -*) wrong_usage "unexpected argument $1" ;;
  *) folder=$1; shift ;;
  esac
done
[[ -f $folder/manifest.json && -f $folder/changes.json ]] || wrong_usage 'a folder with manifest.json and changes.json is needed'

text=$(jq -rn --slurpfile manifest "$folder/manifest.json" --slurpfile changes "$folder/changes.json" \
  '{manifest: $manifest[0], changes: $changes[0]}' | jq -r -f "$(dirname "$0")/summary.jq")
if [ "$(printf %s "$text" | wc -c)" -le "$limit" ]; then
  printf '%s\n' "$text"
else # whole lines only, so that no character is cut
  LC_ALL=C awk -v left="$((limit - 200))" '{ left -= length($0) + 1 } left < 0 { exit } { print }' <<<"$text"
  printf '```\n\n</details>\n\nThe list is longer than fits: the whole of it is in changes.json, beside the manifest.\n'
fi
