#!/usr/bin/env bash
# The functions' packages for AWS, provided.al2023 on x86_64 and arm64: one static bootstrap in each zip. The same source gives
# the same bytes; the SHA-256 of each zip is printed.
#   scripts/package.sh [OUT]     OUT: folder for the zips, default build/package
# The x86_64 package is the one that the local server runs. For arm64 the same files are compiled with Debian's cross compiler
# against Debian's arm64 libraries, which are unpacked beside the build and not installed.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}
out=${1:-$build/package}
work=$(realpath -m "$build/package-arm64")
sysroot=$work/sysroot
mkdir -p "$out" "$work"

libraries=(libssl-dev libpng-dev zlib1g-dev)
flags=(-std=gnu17 -O2 -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -include src/base/banned.h -Isrc -Ifunctions -Wall -Wextra -Werror
  -Wno-missing-field-initializers -Wno-sign-compare -fno-common -fstack-protector-strong -ffunction-sections -fdata-sections
  "-ffile-prefix-map=$PWD=.")
# shellcheck disable=SC2054 # the commas are the linker's
link=(-static -Wl,--gc-sections -Wl,-s -Wl,--build-id=none -Wl,--no-warnings -lssl -lcrypto -lpng16 -lz -lm -pthread)

x86_64() {
  [ -f "$build/build.ninja" ] || meson setup "$build" --buildtype=release >"$work/setup.log" || { cat "$work/setup.log"; return 1; }
  ninja -C "$build" --quiet functions/bootstrap.zip
  cp "$build/functions/bootstrap.zip" "$out/gleaner-functions-x86_64.zip"
}

# apt with lists and a cache of its own, so that the machine's stay as they are; it checks Debian's signatures as always.
apt_arm64() {
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/partial"
  apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State::lists=$work/apt/lists" \
    -o "Dir::Cache=$work/apt/cache" -o APT::Sandbox::User=root "$@"
}

fetch_libraries() {
  [ ! -f "$sysroot/.complete" ] || return 0
  apt_arm64 update
  mkdir -p "$work/debs" "$sysroot"
  rm -f "$work"/debs/*.deb
  (cd "$work/debs" && apt_arm64 download "${libraries[@]}")
  for deb in "$work"/debs/*.deb; do
    dpkg-deb -x "$deb" "$sysroot"
  done
  touch "$sysroot/.complete"
}

arm64() {
  local compiler=aarch64-linux-gnu-gcc version sources
  command -v "$compiler" >/dev/null || { echo "$compiler is missing: scripts/setup.sh package" >&2; return 1; }
  fetch_libraries
  version=$(meson introspect --projectinfo "$build" | python3 -c 'import json, sys; print(json.load(sys.stdin)["version"])')
  mapfile -t sources < <(ninja -C "$build" -t inputs functions/bootstrap | grep '\.c$' | (root=$PWD && cd "$build" &&
    xargs realpath "--relative-to=$root") | sort)
  "$compiler" "${flags[@]}" "-DGLEANER_VERSION=\"$version\"" -I"$sysroot/usr/include" -I"$sysroot/usr/include/aarch64-linux-gnu" \
    "${sources[@]}" -L"$sysroot/usr/lib/aarch64-linux-gnu" "${link[@]}" -o "$work/bootstrap"
  scripts/make-zip.py "$work/bootstrap" "$out/gleaner-functions-arm64.zip"
}

x86_64
arm64
(cd "$out" && sha256sum gleaner-functions-x86_64.zip gleaner-functions-arm64.zip | tee SHA256SUMS)
