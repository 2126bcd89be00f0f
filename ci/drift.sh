#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Is what runs still what was deployed? Plans the source that was applied last again, without a lock and without storing the plan.
#
#   ci/drift.sh --bucket BUCKET --project TerraformPlanBuild --out DIR [--run-id ID]
#
#   --out   DIR/build.json, DIR/manifest.json and DIR/changes.json (for ci/summary.sh)
#
# Exit: 0 clean, 7 it has drifted, 8 nothing has been deployed yet; otherwise as ci/codebuild-run.sh.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

bucket='' project='' out='' run_id=drift-$(date -u +%Y%m%dT%H%M%SZ)
while [ $# -gt 0 ]; do
  case $1 in
  --help) show_help ;;
  --bucket) need_value "$@"; bucket=$2; shift 2 ;;
  --project) need_value "$@"; project=$2; shift 2 ;;
  --out) need_value "$@"; out=$2; shift 2 ;;
  --run-id) need_value "$@"; run_id=$2; shift 2 ;;
  *) wrong_usage "unexpected argument $1" ;;
  esac
done
[[ -n $bucket && -n $project && -n $out ]] || wrong_usage '--bucket, --project and --out are needed'
need_tools aws jq
ci=$(dirname "$0")

mkdir -p "$out"
get_object "$bucket" deployments/latest.json '' "$out/deployed.json" 2>"$out/error" || {
  grep -q 'NoSuchKey\|AccessDenied' "$out/error" || { cat "$out/error" >&2; exit 6; }
  say 'nothing has been deployed yet'
  exit 8
}
"$ci/codebuild-run.sh" --project "$project" --source-version "$(jq -er .source.version "$out/deployed.json")" --token "$run_id" \
  --var "COMMIT=$(jq -er .commit "$out/deployed.json")" --var "RUN_ID=$run_id" --var DRIFT=1 --out "$out/build.json"
"$ci/manifest.sh" fetch --bucket "$bucket" --build "$out/build.json" --out "$out"
[ "$(jq -r .has_changes "$out/manifest.json")" = true ] || { say 'no drift'; exit 0; }
say 'what runs is not what was deployed'
exit 7
