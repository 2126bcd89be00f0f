#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The program as people download it: one archive for this machine's architecture, whose folder can be put anywhere.
#   scripts/release.sh [OUT]     OUT: folder for the archive, default build/release
# The functions' packages must be in build/package (`make package`); the architecture's own is what the server runs.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}
out=$(realpath -m "${1:-$build/release}")
declare -A functions=([amd64]=x86_64 [arm64]=arm64)
architecture=$(dpkg --print-architecture)
version=$(sed -n "s/^ *version: '\(.*\)',$/\1/p" meson.build)
name=gleaner-$version-linux-$architecture
package=$build/package/gleaner-functions-${functions[$architecture]}.zip
[ -f "$package" ] || { echo "$package is missing: make package" >&2; exit 1; }

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
install -D -m 755 "$build/gleaner" "$stage/$name/bin/gleaner"
strip "$stage/$name/bin/gleaner"
install -D -m 644 "$package" "$stage/$name/share/gleaner/bootstrap.zip"
cp -r pipeline "$stage/$name/share/gleaner/pipeline"
cp -r docs CHANGELOG.md LICENSE README.md "$stage/$name/"
mkdir -p "$out"
# The same commit gives the same archive: names in order, nobody's name, the commit's time.
tar --create --directory="$stage" --sort=name --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
  --mtime="@$(git log -1 --format=%ct)" "$name" | gzip -n -9 >"$out/$name.tar.gz"
(cd "$out" && sha256sum "$name.tar.gz")
