# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the scripts of this folder share; sourced. Progress goes to stderr, data to stdout.
# Exit codes: 0 good, 1 failed, 2 wrong usage, 3 refused: something is not what was approved.

export AWS_PAGER='' AWS_RETRY_MODE=${AWS_RETRY_MODE:-standard}
# Version 1 of the command line reads one name only, and builds have the other.
[ -z "${AWS_REGION:-}" ] || export AWS_DEFAULT_REGION=${AWS_DEFAULT_REGION:-$AWS_REGION}

say() { printf '%s\n' "$*" >&2; }
die() { say "${0##*/}: $*"; exit 1; }
wrong_usage() { say "${0##*/}: $*; see ${0##*/} --help"; exit 2; }
refuse() { say "REFUSED: $*"; exit 3; }

# The comment that a script begins with.
show_help() { sed -n '/^# SPDX/d; 2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; exit 0; }

# The value of an option: need_value "$@" when $1 is the option.
need_value() { [ $# -ge 2 ] || wrong_usage "$1 needs a value"; }
need_tools() {
  local tool
  for tool in "$@"; do command -v "$tool" >/dev/null || die "$tool is missing"; done
}

# Older command lines do not read AWS_ENDPOINT_URL.
aws_() { aws ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} --output json "$@"; }

sha256() { sha256sum -- "$1" | cut -d ' ' -f 1; }

# put_object BUCKET KEY FILE: prints the version. Encrypted by KMS_KEY_ARN where that is set, else as the bucket says.
put_object() {
  local encryption=()
  [ -z "${KMS_KEY_ARN:-}" ] || encryption=(--server-side-encryption aws:kms --ssekms-key-id "$KMS_KEY_ARN")
  aws_ s3api put-object --bucket "$1" --key "$2" --body "$3" "${encryption[@]}" | jq -er .VersionId
}

# get_object BUCKET KEY VERSION FILE; an empty version is the newest.
get_object() {
  aws_ s3api get-object --bucket "$1" --key "$2" ${3:+--version-id "$3"} "$4" >/dev/null
}

is_sha256() { [[ $1 =~ ^[0-9a-f]{64}$ ]]; }
is_commit() { [[ $1 =~ ^[0-9a-f]{40}$ ]]; }
is_run_id() { [[ $1 =~ ^[A-Za-z0-9._-]{1,64}$ ]]; }
