#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Terraform and a mirror of its provider, for the tests in tests/terraform: the release that the builds use, checked by its SHA-256, and
# the provider that infra/bootstrap's lock file names.
#
#   ci/install-terraform.sh FOLDER
#
# In a workflow both are there for the following steps; elsewhere set what it prints.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/terraform.sh"

[ "${1:-}" != --help ] || show_help
[ $# -eq 1 ] || wrong_usage 'one folder is needed'
need_tools curl unzip
cd "$(dirname "$0")/.."
mkdir -p "$1"
folder=$(realpath "$1")
command -v terraform >/dev/null || download_terraform
install -D "$(command -v terraform)" "$folder/bin/terraform"
"$folder/bin/terraform" -chdir=infra/bootstrap providers mirror "$folder/plugins" >&2
echo "$folder/bin" | tee -a "${GITHUB_PATH:-/dev/null}"
echo "GLEANER_TF_MIRROR=$folder/plugins" | tee -a "${GITHUB_ENV:-/dev/null}"
