#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What CHANGELOG.md says of a release, on stdout. A tag must be the version that meson.build names and have a section in CHANGELOG.md;
# any other ref is a dry run and gets the section of what is not released yet.
#   scripts/release-notes.sh REF     such as refs/tags/v1.2.3
set -euo pipefail
root=$(dirname "$0")/..
ref=${1:?usage: scripts/release-notes.sh REF}

section=Unreleased
if [[ $ref == refs/tags/* ]]; then
  section=${ref#refs/tags/v}
  version=$(sed -n "s/^ *version: '\(.*\)',$/\1/p" "$root/meson.build")
  [ "$section" = "$version" ] || { echo "the tag is ${ref#refs/tags/}, but meson.build says $version: tag v$version" >&2; exit 1; }
fi
notes=$(awk -v heading="## [$section]" 'index($0, "## [") == 1 { inside = index($0, heading) == 1; next } inside' "$root/CHANGELOG.md")
[ -n "${notes//[[:space:]]/}" ] || { echo "CHANGELOG.md has nothing under [$section]" >&2; exit 1; }
printf '%s\n' "$notes"
