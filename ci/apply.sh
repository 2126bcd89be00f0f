#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The apply build: makes sure that the approved plan is of this very commit, run, packages and lock file, and applies exactly that plan
# file. Exit code 3: refused, and nothing was touched. Run at the source's top, by apply.buildspec.yml.
#
#   From the start:   COMMIT RUN_ID PLAN_SHA256 MANIFEST_SHA256 MANIFEST_VERSION (of the plan that was approved)
#   From the project: as plan.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terraform.sh"
[ "${1:-}" != --help ] || show_help

need_tools aws jq
is_commit "${COMMIT:-}" || wrong_usage 'COMMIT must be a whole commit hash'
is_run_id "${RUN_ID:-}" || wrong_usage 'RUN_ID must be 1 to 64 letters, digits, dots, hyphens and underscores'
is_sha256 "${PLAN_SHA256:-}" || wrong_usage 'PLAN_SHA256 must be a SHA-256 in hexadecimal'
is_sha256 "${MANIFEST_SHA256:-}" || wrong_usage 'MANIFEST_SHA256 must be a SHA-256 in hexadecimal'
top=$PWD ci=$(cd "$(dirname "$0")" && pwd)

# ---- is it what was approved? ----

get_object "$ARTIFACTS_BUCKET" "manifests/$RUN_ID/manifest.json" "${MANIFEST_VERSION:-}" manifest.json ||
  refuse "there is no manifest of the run $RUN_ID at version ${MANIFEST_VERSION:-}"
[ "$(sha256 manifest.json)" = "$MANIFEST_SHA256" ] || refuse 'the manifest is not the one that the plan build has written'
"$BASH" "$ci/manifest.sh" verify manifest.json
get_object "$ARTIFACTS_BUCKET" "$(jq -r .plan.key manifest.json)" "$(jq -r .plan.version manifest.json)" plan.tfplan ||
  refuse 'the plan file is not in the bucket any more: plan again'
[ "$(sha256 plan.tfplan)" = "$PLAN_SHA256" ] || refuse "the plan file has been altered: its SHA-256 is $(sha256 plan.tfplan), approved was $PLAN_SHA256"
say "approved: commit $COMMIT, plan $PLAN_SHA256"

# ---- apply it ----

# A state that could not be stored (the network went away) is tried once more: without it, what was made is forgotten.
save_errored_state() {
  [ -f errored.tfstate ] || return 0
  say 'the state could not be stored: trying again'
  terraform state push errored.tfstate >&2
}

apply_plan() {
  local status=0
  TF_VAR_package=$(package_path)
  export TF_VAR_package
  terraform_init
  [ "$(terraform_version)" = "$(jq -r .terraform "$top/manifest.json")" ] ||
    refuse "the plan was made by Terraform $(jq -r .terraform "$top/manifest.json"), this is $(terraform_version)"
  terraform apply "-lock-timeout=${LOCK_TIMEOUT:-120s}" "$top/plan.tfplan" 2>&1 | tee "$top/apply.log" >&2 || status=$?
  [ $status -eq 0 ] && return
  grep -q 'Saved plan is stale' "$top/apply.log" && refuse 'the plan is stale: the state has changed since it was made. Plan again.'
  save_errored_state
  die 'the apply failed: see above. What was made is in the state, and the state is unlocked: mend the cause, plan again.'
}

cd "$TERRAFORM_ROOT"
apply_plan
endpoint=$(terraform output -raw api_endpoint)
cd "$top"
printf 'export API_ENDPOINT=%q\n' "$endpoint" >exported.env

# What runs now: what drift is looked for against, and what a rollback starts from.
jq -S --arg endpoint "$endpoint" --arg version "$MANIFEST_VERSION" --arg sha256 "$MANIFEST_SHA256" --arg at "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
  '{commit, run_id, source, api_endpoint: $endpoint, applied_at: $at, plan_sha256: .plan.sha256, manifest_version: $version, manifest_sha256: $sha256}' \
  manifest.json >deployed.json
put_object "$ARTIFACTS_BUCKET" deployments/latest.json deployed.json >/dev/null
say "applied: commit $COMMIT; the API is at $endpoint"
