#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The plan build: plans TERRAFORM_ROOT, stores the plan encrypted where only the apply build reads it, and beside it a manifest for
# people. Writes exported.env, the variables that the build hands on. Run at the source's top, by plan.buildspec.yml.
#
#   From the start:   COMMIT RUN_ID [DRIFT=1: no lock, no stored plan, only what has changed]
#   From the project: ARTIFACTS_BUCKET ENVIRONMENT KMS_KEY_ARN STATE_BUCKET STATE_KEY STATE_REGION TERRAFORM_ROOT TF_VAR_…
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terraform.sh"
[ "${1:-}" != --help ] || show_help

need_tools aws jq
is_commit "${COMMIT:-}" || wrong_usage 'COMMIT must be a whole commit hash'
is_run_id "${RUN_ID:-}" || wrong_usage 'RUN_ID must be 1 to 64 letters, digits, dots, hyphens and underscores'
[ "$(jq -r .commit source.json)" = "$COMMIT" ] || refuse "the source is of commit $(jq -r .commit source.json), not $COMMIT"
check_packages >/dev/null
top=$PWD ci=$(cd "$(dirname "$0")" && pwd)
export HAS_CHANGES PLAN=null CHANGES

make_plan() {
  local options=("-lock-timeout=${LOCK_TIMEOUT:-120s}") status=0
  [ -z "${DRIFT:-}" ] || options=(-lock=false)
  TF_VAR_package=$(package_path)
  export TF_VAR_package
  terraform_init
  # Its text is not shown: logs are read by more people than plans. What may be seen is in changes.json.
  terraform plan "${options[@]}" -detailed-exitcode "-out=$top/plan.tfplan" >"$top/plan.log" 2>&1 || status=$?
  case $status in
  0) HAS_CHANGES=false ;;
  2) HAS_CHANGES=true ;;
  *) sed -n '/^\(╷\|Error\)/,$p' "$top/plan.log" >&2; die 'the plan failed: see above' ;;
  esac
  terraform show -json "$top/plan.tfplan" >"$top/plan.json"
}

# {key, version, sha256} of a file that is uploaded.
stored() {
  local version
  version=$(put_object "$ARTIFACTS_BUCKET" "$1" "$2")
  jq -nc --arg key "$1" --arg version "$version" --arg sha256 "$(sha256 "$2")" '{$key, $version, $sha256}'
}

umask 077
cd "$TERRAFORM_ROOT"
make_plan
cd "$top"
jq -f "$ci/changes.jq" plan.json >changes.json
if [ -z "${DRIFT:-}" ]; then
  jq -S -c 'del(.timestamp)' plan.json >plan.digested.json # the time differs between two plans of the same changes
  stored "plans/$RUN_ID/plan.json" plan.json >/dev/null
  PLAN=$(stored "plans/$RUN_ID/plan.tfplan" plan.tfplan | jq -c --arg json "$(sha256 plan.digested.json)" \
    --argjson bytes "$(stat -c %s plan.tfplan)" '. + {json_sha256: $json, $bytes}')
fi
CHANGES=$(stored "manifests/$RUN_ID/changes.json" changes.json)
"$BASH" "$ci/manifest.sh" make >manifest.json
manifest=$(stored "manifests/$RUN_ID/manifest.json" manifest.json)

{
  printf 'export HAS_CHANGES=%s\n' "$HAS_CHANGES"
  printf 'export MANIFEST_SHA256=%s\n' "$(jq -r .sha256 <<<"$manifest")"
  printf 'export MANIFEST_VERSION=%s\n' "$(jq -r .version <<<"$manifest")"
  printf 'export PLAN_SHA256=%s\n' "$(jq -r '.sha256 // ""' <<<"$PLAN")"
} >exported.env
say "manifest: $(jq -c .counts manifest.json), plan SHA-256 $(jq -r '.sha256 // "not stored"' <<<"$PLAN")"
