# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Terraform inside a build; sourced after lib.sh. It is the image's own, or one that the machine lends (GLEANER_BUILD_PATHS, a local
# server's --codebuild-path), or else the pinned release (terraform.version), checked by SHA-256 before anything runs it.

export TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1 TF_CLI_ARGS_init='-no-color' TF_CLI_ARGS_plan='-no-color' TF_CLI_ARGS_apply='-no-color'

download_terraform() {
  local version platform sum folder
  platform=linux_$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
  read -r version _ sum < <(grep -E "^[0-9.]+ $platform " "$(dirname "${BASH_SOURCE[0]}")/terraform.version") ||
    die "no release of Terraform is pinned for $platform: add it to ci/terraform.version"
  folder=$(mktemp -d)
  say "Terraform is not in this build's image: downloading $version"
  if ! curl --fail --silent --show-error --location --retry 3 --proto '=https' --max-time 300 --output "$folder/terraform.zip" \
    "https://releases.hashicorp.com/terraform/$version/terraform_${version}_$platform.zip"; then
    die 'Terraform is not here and cannot be downloaded. On one machine: install it, and lend its folder to builds (gleaner serve --codebuild-path)'
  fi
  [ "$(sha256 "$folder/terraform.zip")" = "$sum" ] || die "the download's SHA-256 is not the pinned $sum"
  unzip -q "$folder/terraform.zip" terraform -d "$folder"
  PATH=$folder:$PATH
}

# A lent folder that is laid out as `terraform providers mirror` does is where the provider comes from; else it is the registry.
# Either way .terraform.lock.hcl says which bytes it must be.
use_lent_mirror() {
  local folder folders
  IFS=: read -ra folders <<<"${GLEANER_BUILD_PATHS:-}"
  for folder in "${folders[@]}"; do
    [ -d "$folder/registry.terraform.io" ] || continue
    export TF_CLI_CONFIG_FILE=$HOME/terraform.rc
    printf 'provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' "$folder" >"$TF_CLI_CONFIG_FILE"
    return
  done
}

# terraform_init: in TERRAFORM_ROOT, with the state that the project names.
terraform_init() {
  command -v terraform >/dev/null || download_terraform
  use_lent_mirror
  terraform init -lockfile=readonly "-backend-config=bucket=$STATE_BUCKET" "-backend-config=key=$STATE_KEY" \
    "-backend-config=region=$STATE_REGION" "-backend-config=kms_key_id=$KMS_KEY_ARN" >&2
}

terraform_version() { terraform version -json | jq -r .terraform_version; }

# The package that the root's architecture takes, seen from the root: the path stands in the plan, so it must not be a build's own.
package_path() {
  local arch
  arch=$(sed -n 's/^ *architecture *= *"\([a-z0-9_]*\)".*/\1/p' main.tf)
  printf '../../../packages/%s/bootstrap.zip' "${arch:-x86_64}"
}

# The packages must be what source.json says; prints {arch: sha256}.
check_packages() {
  local arch expected
  while read -r arch expected; do
    [ "$(sha256 "packages/$arch/bootstrap.zip")" = "$expected" ] || refuse "the package for $arch is not the one that its source was made with"
  done < <(jq -r '.packages | to_entries[] | "\(.key) \(.value)"' source.json)
  jq -Sc .packages source.json
}
