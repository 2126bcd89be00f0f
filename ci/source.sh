#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Uploads what is deployed as one zip: a commit's files, the functions' packages, and source.json with their SHA-256. The same commit
# and packages give the same bytes. What is not committed is no part of it, and is refused.
#
#   ci/source.sh --bucket BUCKET [--key KEY] [--commit COMMIT] [--package ARCH=FILE]… [--out FILE]
#
#   --key      default source/source.zip; the bucket keeps versions
#   --commit   default HEAD
#   --package  default x86_64=build/functions/bootstrap.zip
#   --out      default source.json: {commit, bucket, key, version, sha256, packages: {ARCH: sha256}}
set -euo pipefail
. "$(dirname "$0")/lib.sh"

bucket='' key=source/source.zip commit=HEAD out=source.json packages=()
while [ $# -gt 0 ]; do
  case $1 in
  --help) show_help ;;
  --bucket) need_value "$@"; bucket=$2; shift 2 ;;
  --key) need_value "$@"; key=$2; shift 2 ;;
  --commit) need_value "$@"; commit=$2; shift 2 ;;
  --package) need_value "$@"; packages+=("$2"); shift 2 ;;
  --out) need_value "$@"; out=$2; shift 2 ;;
  *) wrong_usage "unexpected argument $1" ;;
  esac
done
[ -n "$bucket" ] || wrong_usage '--bucket is missing'
need_tools aws git jq
root=$(cd "$(dirname "$0")/.." && pwd)
[ ${#packages[@]} -gt 0 ] || packages=("x86_64=$root/build/functions/bootstrap.zip")

git -C "$root" rev-parse --git-dir >/dev/null 2>&1 || die "$root is no git repository: what is deployed is a commit"
commit=$(git -C "$root" rev-parse --verify --quiet "$commit^{commit}") || die 'there is no such commit'
git -C "$root" update-index -q --refresh || true
if ! git -C "$root" diff-index --quiet "$commit" --; then
  git -C "$root" --no-pager diff-index --name-status "$commit" -- >&2
  refuse "these files are not as in commit $commit: commit them, or put them aside (git stash)"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
hashes='{}' arguments=()
for package in "${packages[@]}"; do
  arch=${package%%=*} file=${package#*=}
  [[ $arch =~ ^(x86_64|arm64)$ ]] || wrong_usage "--package takes x86_64=FILE or arm64=FILE, not $package"
  [ -f "$file" ] || die "the package $file is missing: make build, or make package for both architectures"
  mkdir -p "$work/$arch"
  cp "$file" "$work/$arch/bootstrap.zip"
  hashes=$(jq -Sc --arg arch "$arch" --arg sha "$(sha256 "$file")" '.[$arch] = $sha' <<<"$hashes")
  arguments+=("--prefix=packages/$arch/" "--add-file=$work/$arch/bootstrap.zip")
done
jq -Sn --arg commit "$commit" --argjson packages "$hashes" '{$commit, $packages}' >"$work/source.json"
git -C "$root" archive --format=zip "${arguments[@]}" --prefix= "--add-file=$work/source.json" "$commit" >"$work/source.zip"

version=$(put_object "$bucket" "$key" "$work/source.zip")
jq -S --arg bucket "$bucket" --arg key "$key" --arg version "$version" --arg sha256 "$(sha256 "$work/source.zip")" \
  '. + {$bucket, $key, $version, $sha256}' "$work/source.json" >"$out"
say "source: commit $commit is version $version of s3://$bucket/$key"
jq -r '.packages | to_entries[] | "package: \(.key) sha256 \(.value)"' "$out" >&2
