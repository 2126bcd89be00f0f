#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The four stages of a deployment on this machine, with the builds, the roots and the checks that AWS gets.
#
#   ci/deploy-local.sh            source, TerraformPlanBuild, your yes, TerraformApplyBuild, smoke test
#   ci/deploy-local.sh destroy    removes all of it
#
#   APPROVE=SHA256   approves the plan that waits, instead of a yes: the SHA-256 that an earlier run has printed
#   DEPLOY_DIR       where the server's data, bootstrap's state and the waiting plan lie; default .deploy-local in the checkout
#   AWS_ENDPOINT_URL a server that runs already, with AWS_SHARED_CREDENTIALS_FILE or keys for it, started with --bare and
#                    --codebuild-path; default: one of its own, kept running for as long as the deployment is there. One that was
#                    started by a run that failed ends with it; what it holds lies in DEPLOY_DIR, and the next run goes on there
#   GLEANER_TF_MIRROR  a folder made by `terraform providers mirror`, for a machine without the internet
#   GLEANER          the program, default build/gleaner
#   PACKAGE          the functions, default functions/bootstrap.zip beside the program
#
# Exit: 0 deployed, or nothing to change, or waiting for approval; 1 failed; 3 refused.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

root=$(cd "$(dirname "$0")/.." && pwd)
ci=$root/ci
gleaner=$(realpath -m "${GLEANER:-$root/build/gleaner}")
package=$(realpath -m "${PACKAGE:-$(dirname "$gleaner")/functions/bootstrap.zip}")
folder=$(realpath -m "${DEPLOY_DIR:-$root/.deploy-local}")
region=us-east-1
waiting=$folder/waiting # build.json, source.json, manifest.json, changes.json of the plan that waits for approval

step() { printf '\n== %s\n' "$*" >&2; }

# ---- what must be here ----

check_terraform() {
  local version
  command -v terraform >/dev/null ||
    die 'terraform is missing. Install 1.10 or newer (https://developer.hashicorp.com/terraform/install) and run this again.'
  version=$(CHECKPOINT_DISABLE=1 terraform version -json 2>/dev/null | jq -r .terraform_version)
  [ "$(printf '%s\n1.10\n' "$version" | sort -V | head -n 1)" = 1.10 ] || die "terraform $version is too old: 1.10 or newer is needed"
}

check_program() {
  [ -x "$gleaner" ] || die "$gleaner is not there: make build"
  [ -f "$package" ] || die "the functions' package $package is not there: make build"
}

# Terraform for people's roots, quiet but for what it makes: run_terraform NAME ARGUMENT…
run_terraform() {
  local name=$1 status=0
  shift
  : >"$folder/$name.log" # there before tail looks for it
  terraform "$@" -no-color >>"$folder/$name.log" 2>&1 &
  local pid=$!
  tail -n +1 --pid=$pid -f "$folder/$name.log" 2>/dev/null | grep --line-buffered -E '(Creation|Modifications|Destruction) complete|^(Apply|Destroy) complete' >&2 || true
  wait $pid || status=$?
  return $status
}

# Without the internet: a mirror of providers that lies where people keep one, laid out as `terraform providers mirror` does.
use_mirror() {
  local mirror
  for mirror in "${GLEANER_TF_MIRROR:-}" /opt/*/registry.terraform.io /usr/local/share/terraform/*/registry.terraform.io; do
    mirror=${mirror%/registry.terraform.io}
    [[ -n $mirror && -d $mirror/registry.terraform.io/hashicorp/aws ]] || continue
    export TF_CLI_CONFIG_FILE=$folder/terraform.rc
    printf 'provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' "$mirror" >"$TF_CLI_CONFIG_FILE"
    say "providers: $mirror"
    return 0
  done
  return 1
}

run_init() { run_terraform init -chdir="$folder/bootstrap" init -lockfile=readonly; }

init_bootstrap() {
  mkdir -p "$folder/bootstrap"
  cp "$root"/infra/bootstrap/*.tf "$root/infra/bootstrap/.terraform.lock.hcl" "$folder/bootstrap/"
  # A mirror that is named, or was used last, goes first: without the internet the registry is given up only after many seconds.
  if [ -n "${GLEANER_TF_MIRROR:-}" ] || [ -f "$folder/terraform.rc" ]; then
    use_mirror && run_init && return
    unset TF_CLI_CONFIG_FILE
  fi
  run_init && return
  use_mirror && run_init && return
  cat "$folder/init.log" >&2
  die 'terraform cannot get its AWS provider. With the internet it downloads it; without, on a machine that has it: run
  terraform providers mirror DIR   in infra/bootstrap, copy DIR here, and set GLEANER_TF_MIRROR=DIR.'
}

# Folders that builds must see: the program's, unless it is the system's, and the provider's, in whatever form it is here.
lent_folders() {
  local provider program
  program=$(realpath "$(command -v terraform)")
  case $program in /usr/*) ;; *) dirname "$program" ;; esac
  for provider in "$folder"/bootstrap/.terraform/providers/registry.terraform.io/hashicorp/aws/*/*; do
    provider=$(realpath "$provider")
    printf '%s\n' "${provider%/registry.terraform.io/*}"
  done
}

# ---- the server ----

answers() { curl --silent --fail --max-time 5 --output /dev/null "$1/_gleaner/health"; }

# The program that our server runs; " (deleted)" follows it where another has been built since.
server_program() { readlink "/proc/$(cat "$folder/server.pid" 2>/dev/null || echo none)/exe" 2>/dev/null || true; }
server_runs() { [[ "$(server_program)" == "$gleaner"?(" (deleted)") ]]; }

stop_server() {
  server_runs || return 0
  kill "$(cat "$folder/server.pid")"
  while server_runs; do sleep 0.1; done # not the process: where nobody reaps, its number stays
}

# A run that fails, or is interrupted, leaves no server that was not there before.
stop_server_unless_good() {
  local status=$?
  [ $status -eq 0 ] || stop_server
}

# The port stays what it was, since the deployment's URLs have it; 4566 first, any other when that is taken.
start_server() {
  local port line='' lent=() path
  port=$(cat "$folder/port" 2>/dev/null) || { port=4566; ! answers http://127.0.0.1:4566 || port=0; }
  while read -r path; do lent+=(--codebuild-path "$path"); done < <(lent_folders)
  printf '%s\n' "${lent[@]}" >"$folder/lent"
  setsid "$gleaner" serve --bare --listen "127.0.0.1:$port" --data-dir "$folder/data" --functions "$package" "${lent[@]}" \
    </dev/null >"$folder/server.out" 2>>"$folder/server.log" &
  printf '%s\n' $! >"$folder/server.pid"
  trap stop_server_unless_good EXIT
  for _ in $(seq 600); do
    line=$(head -n 1 "$folder/server.out")
    [ -z "$line" ] || break
    kill -0 $! 2>/dev/null || break
    sleep 0.1
  done
  [[ $line =~ ready\ at\ (http://[^,]*) ]] || { tail -n 20 "$folder/server.log" >&2; die "the server did not start; its log is $folder/server.log"; }
  AWS_ENDPOINT_URL=${BASH_REMATCH[1]}
  printf '%s\n' "${AWS_ENDPOINT_URL##*:}" >"$folder/port"
}

use_server() {
  export AWS_ENDPOINT_URL AWS_REGION=$region AWS_DEFAULT_REGION=$region AWS_EC2_METADATA_DISABLED=true
  export NO_PROXY="${NO_PROXY:+$NO_PROXY,}127.0.0.1,localhost" CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_INPUT=0
  if [ -n "${AWS_ENDPOINT_URL:-}" ]; then
    answers "$AWS_ENDPOINT_URL" || die "nothing answers at $AWS_ENDPOINT_URL (AWS_ENDPOINT_URL)"
    return
  fi
  unset AWS_PROFILE AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
  export AWS_SHARED_CREDENTIALS_FILE=$folder/data/credentials AWS_CONFIG_FILE=/dev/null
  [[ "$(server_program)" != *' (deleted)' ]] || stop_server
  if server_runs; then
    AWS_ENDPOINT_URL=http://127.0.0.1:$(cat "$folder/port")
  else
    start_server
  fi
  say "server: $AWS_ENDPOINT_URL (data, log and credentials in $folder)"
}

# ---- the stages ----

apply_bootstrap() {
  step 'bootstrap: buckets, roles, CodeBuild projects'
  run_terraform bootstrap -chdir="$folder/bootstrap" apply -auto-approve -var environment=local -var force_destroy=true -var "region=$region" \
    -var 'github={owner="nobody",owner_id=1,repository="none",repository_id=1}' || {
    cat "$folder/bootstrap.log" >&2
    die 'bootstrap could not be applied: see above'
  }
}

output() { terraform -chdir="$folder/bootstrap" output -json | jq -er "$1"; }

make_plan() {
  local run_id bucket
  run_id=local-$(date -u +%Y%m%dT%H%M%S)-$$
  bucket=$(output .artifacts_bucket.value)
  rm -rf "$waiting"
  mkdir -p "$waiting"
  step 'source'
  "$ci/source.sh" --bucket "$bucket" --package "x86_64=$package" --out "$waiting/source.json"
  step 'plan: the log of TerraformPlanBuild'
  "$ci/codebuild-run.sh" --project "$(output .build_projects.value.plan)" --source-version "$(jq -r .version "$waiting/source.json")" \
    --token "plan-$run_id" --var "COMMIT=$(jq -r .commit "$waiting/source.json")" --var "RUN_ID=$run_id" --out "$waiting/build.json" >&2
  "$ci/manifest.sh" fetch --bucket "$bucket" --build "$waiting/build.json" --out "$waiting"
}

planned() { jq -r "$1" "$waiting/manifest.json"; }

# 0: approved; 1: it goes on waiting.
ask() {
  local sha answer=''
  sha=$(planned .plan.sha256)
  if [ -n "${APPROVE:-}" ]; then
    [ "$APPROVE" = "$sha" ] || refuse "approved was the plan $APPROVE, but the one that waits is $sha"
    return 0
  fi
  say ''
  say "commit $(planned .commit)"
  say "plan   $sha   ($(planned '.counts | "\(.delete) to destroy, \(.replace) to replace, \(.update) to change, \(.create) to create"'))"
  say "JSON   $(planned .plan.json_sha256)"
  printf 'Apply exactly this plan? Only yes is taken for it: ' >&2
  read -r answer || { say "(no answer)"; return 1; }
  [ "$answer" = yes ] || { rm -rf "$waiting"; die 'not approved: nothing was applied'; }
}

# A plan is of a commit: what was committed since has not been seen by whoever approves.
check_commit() {
  local head
  head=$(git -C "$root" rev-parse HEAD)
  [ "$head" = "$(planned .commit)" ] || refuse "the plan is of commit $(planned .commit), but the checkout is at $head: plan again (without APPROVE)"
  git -C "$root" diff-index --quiet HEAD -- || refuse 'files have changed since the plan: plan again (without APPROVE)'
}

apply_plan() {
  step 'apply: the log of TerraformApplyBuild'
  "$ci/codebuild-run.sh" --project "$(output .build_projects.value.apply)" --source-version "$(planned .source.version)" \
    --token "apply-$(planned .run_id)-$(date +%s)" --var "COMMIT=$(git -C "$root" rev-parse HEAD)" --var "RUN_ID=$(planned .run_id)" \
    --var "PLAN_SHA256=$(planned .plan.sha256)" --var "MANIFEST_SHA256=$(jq -r .exported.MANIFEST_SHA256 "$waiting/build.json")" \
    --var "MANIFEST_VERSION=$(jq -r .exported.MANIFEST_VERSION "$waiting/build.json")" --out "$folder/apply.json" >&2
}

finish() {
  local endpoint
  get_object "$(output .artifacts_bucket.value)" deployments/latest.json '' "$folder/latest.json"
  endpoint=$(jq -er .api_endpoint "$folder/latest.json")
  rm -rf "$waiting"
  step 'smoke test'
  "$ci/smoke.sh" --endpoint "$endpoint"
  say ''
  say 'The API is at:'
  printf '%s\n' "$endpoint"
}

# Bootstrap as it is in the checkout, and a plan of the checkout's commit.
plan_anew() {
  step 'terraform and its provider'
  init_bootstrap
  use_server
  apply_bootstrap
  make_plan
  say ''
  "$ci/summary.sh" "$waiting" --limit 1000000
}

deploy() {
  need_tools aws curl git jq
  check_terraform
  check_program
  mkdir -p "$folder"
  chmod 700 "$folder"
  if [ -n "${APPROVE:-}" ] && [ -f "$waiting/manifest.json" ]; then
    ask
    check_commit
    use_server
  else
    plan_anew
    if [ "$(planned .has_changes)" = true ] && ! ask; then
      say "The plan waits. To apply exactly it: make deploy-local APPROVE=$(planned .plan.sha256)"
      return
    fi
    check_commit
  fi
  if [ "$(planned .has_changes)" = true ]; then
    apply_plan
  else
    step 'apply: there is nothing to change, so nothing is applied'
  fi
  finish
}

# ---- and back ----

destroy_deployment() {
  [ ! -f "$folder/terraform.rc" ] || export TF_CLI_CONFIG_FILE=$folder/terraform.rc
  output .backend_config.value >"$folder/backend.hcl" || return
  export TF_DATA_DIR=$folder/live TF_VAR_package=$package
  step 'destroying the pipeline'
  run_terraform live-init -chdir="$root/infra/live/local" init -reconfigure -lockfile=readonly "-backend-config=$folder/backend.hcl" || return
  run_terraform live -chdir="$root/infra/live/local" destroy -auto-approve || return
  unset TF_DATA_DIR
  step 'destroying bootstrap'
  run_terraform bootstrap -chdir="$folder/bootstrap" destroy -auto-approve -var environment=local -var force_destroy=true -var "region=$region" \
    -var 'github={owner="nobody",owner_id=1,repository="none",repository_id=1}'
}

destroy() {
  local own=${AWS_ENDPOINT_URL:+no}
  check_program
  [ -d "$folder" ] || { say "there is no deployment in $folder"; return; }
  if [ -s "$folder/bootstrap/terraform.tfstate" ]; then
    use_server
    if ! destroy_deployment; then
      tail -n 30 "$folder"/live*.log "$folder/bootstrap.log" >&2 || true
      [ -z "$own" ] || die "it could not be destroyed: see above and $folder/*.log"
      say 'Terraform could not destroy it; its server and data are removed all the same'
    fi
  fi
  stop_server
  rm -rf "$folder"
  say 'Everything of the local deployment is removed.'
}

case ${1:-deploy} in
--help) show_help ;;
deploy) deploy ;;
destroy) destroy ;;
*) wrong_usage "unexpected argument $1" ;;
esac
