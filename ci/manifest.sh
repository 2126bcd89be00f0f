#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A plan's manifest: what it was made of, by hashes. It holds nothing secret; people approve what it says.
#
#   ci/manifest.sh make      inside the plan build: writes manifest.json from plan.json, changes.json and MANIFEST_* (see plan.sh)
#   ci/manifest.sh fetch --bucket BUCKET --build FILE --out DIR
#                            writes DIR/manifest.json and DIR/changes.json: the very ones that the build (codebuild-run.sh --out FILE)
#                            has told the versions and hashes of
#   ci/manifest.sh verify FILE   inside the apply build, at the source's top: refuses unless commit, run, environment, packages and
#                            lock file are those of FILE, and FILE's plan is the approved one (PLAN_SHA256)
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terraform.sh"

make_manifest() {
  local drift=false
  [ -z "${DRIFT:-}" ] || drift=true
  jq -Sn --slurpfile changes changes.json --slurpfile source source.json --argjson has_changes "$HAS_CHANGES" \
    --argjson drift "$drift" --arg commit "$COMMIT" --arg environment "$ENVIRONMENT" --arg root "$TERRAFORM_ROOT" \
    --arg run_id "$RUN_ID" --arg lock "$(sha256 "$TERRAFORM_ROOT/.terraform.lock.hcl")" --arg terraform "$(terraform_version)" \
    --arg source_version "${CODEBUILD_SOURCE_VERSION:-}" --arg source_key "${CODEBUILD_SOURCE_REPO_URL#*/}" --argjson plan "$PLAN" \
    --argjson shown "$CHANGES" \
    '{format: 1, $run_id, $environment, $root, $commit, $drift, $has_changes, $terraform,
      source: {key: $source_key, version: $source_version}, packages: $source[0].packages, lock_sha256: $lock,
      plan: $plan, changes: $shown,
      counts: (($changes[0] | map(.action)) as $actions
        | [("create", "update", "replace", "delete") as $action | {key: $action, value: ($actions | map(select(. == $action)) | length)}]
        | from_entries)}'
}

fetch() {
  local bucket='' build='' out='' run sha version
  while [ $# -gt 0 ]; do
    case $1 in
    --bucket) need_value "$@"; bucket=$2; shift 2 ;;
    --build) need_value "$@"; build=$2; shift 2 ;;
    --out) need_value "$@"; out=$2; shift 2 ;;
    *) wrong_usage "unexpected argument $1" ;;
    esac
  done
  [[ -n $bucket && -n $build && -n $out ]] || wrong_usage 'fetch needs --bucket, --build and --out'
  sha=$(jq -er .exported.MANIFEST_SHA256 "$build") || die 'the build has told of no manifest'
  version=$(jq -er .exported.MANIFEST_VERSION "$build") run=$(jq -er .exported.RUN_ID "$build")
  mkdir -p "$out"
  get_object "$bucket" "manifests/$run/manifest.json" "$version" "$out/manifest.json"
  [ "$(sha256 "$out/manifest.json")" = "$sha" ] || refuse 'the manifest is not the one that the build has written'
  get_object "$bucket" "$(jq -er .changes.key "$out/manifest.json")" "$(jq -er .changes.version "$out/manifest.json")" "$out/changes.json"
  [ "$(sha256 "$out/changes.json")" = "$(jq -er .changes.sha256 "$out/manifest.json")" ] || refuse 'the changes are not those of the manifest'
}

# same WHAT PLANNED HERE
same() { [ "$2" = "$3" ] || refuse "$1: planned was $2, here it is $3. Plan again."; }

verify() {
  local file=$1
  field() { jq -r "$1" "$file"; }
  [ "$(field .format)" = 1 ] || refuse 'the manifest is of a format that this commit does not know'
  [ "$(field .plan.sha256)" = "$PLAN_SHA256" ] || refuse "approved was the plan $PLAN_SHA256, but this run's plan is $(field .plan.sha256)"
  [ "$(field .drift)" = false ] || refuse 'a plan that looks for drift is not to be applied'
  same 'the commit' "$(field .commit)" "$COMMIT"
  same "the source's commit" "$(field .commit)" "$(jq -r .commit source.json)"
  same 'the source object' "$(field .source.version)" "${CODEBUILD_SOURCE_VERSION:-}"
  same 'the run' "$(field .run_id)" "$RUN_ID"
  same 'the environment' "$(field .environment)" "$ENVIRONMENT"
  same 'the root' "$(field .root)" "$TERRAFORM_ROOT"
  same "the packages' hashes" "$(jq -Sc .packages "$file")" "$(check_packages)"
  same 'the lock file' "$(field .lock_sha256)" "$(sha256 "$TERRAFORM_ROOT/.terraform.lock.hcl")"
}

case ${1:---help} in
--help) show_help ;;
make) make_manifest ;;
fetch) shift; fetch "$@" ;;
verify) [ $# -eq 2 ] || wrong_usage 'verify needs a file'; verify "$2" ;;
*) wrong_usage "unexpected argument $1" ;;
esac
