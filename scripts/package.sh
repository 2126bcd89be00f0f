#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The functions' packages for AWS, provided.al2023 on x86_64 and arm64: one static bootstrap in each zip. The same source gives
# the same bytes; the SHA-256 of each zip is printed.
#   scripts/package.sh [OUT]     OUT: folder for the zips, default build/package
# The x86_64 package is the one that the local server runs (build/functions/bootstrap.zip). For arm64 the same rule of
# functions/meson.build is run with Debian's cross compiler against Debian's arm64 libraries, which are unpacked beside the build
# and not installed. The binaries with their symbols stay in build/functions and build/package-arm64/build/functions.
# Exit code 75: Debian's arm64 libraries could not be had, so the arm64 package is not there (the tests go on without it, and say so).
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(realpath -m "${BUILD:-build}")
out=${1:-$build/package}
work=$build/package-arm64
sysroot=${GLEANER_ARM64_SYSROOT:-$work/sysroot}
libraries=(libssl-dev libpng-dev zlib1g-dev)
umask 022
export LC_ALL=C TZ=UTC

make_x86_64() {
  [ -f "$build/build.ninja" ] || meson setup "$build" -Dpackage=true >"$work/setup.log" || { cat "$work/setup.log"; return 1; }
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
  mkdir -p "$work/debs" "$sysroot"
  rm -f "$work"/debs/*.deb "$out/gleaner-functions-arm64.zip"
  if ! apt_arm64 update || ! (cd "$work/debs" && apt_arm64 download "${libraries[@]}"); then
    echo "Debian's arm64 libraries could not be downloaded: there is no arm64 package" >&2
    exit 75
  fi
  for deb in "$work"/debs/*.deb; do
    dpkg-deb -x "$deb" "$sysroot"
  done
  rm -rf "$work/apt" "$work/debs"
  touch "$sysroot/.complete"
}

make_arm64() {
  command -v aarch64-linux-gnu-gcc >/dev/null || { echo "aarch64-linux-gnu-gcc is missing: scripts/setup.sh package" >&2; return 1; }
  fetch_libraries
  [ -f "$work/build/build.ninja" ] || meson setup "$work/build" --cross-file scripts/arm64.ini -Dpackage=true \
    "-Dc_args=-I$sysroot/usr/include -I$sysroot/usr/include/aarch64-linux-gnu" \
    "-Dc_link_args=-L$sysroot/usr/lib/aarch64-linux-gnu" >"$work/setup.log" || { cat "$work/setup.log"; return 1; }
  ninja -C "$work/build" --quiet functions/bootstrap.zip
  cp "$work/build/functions/bootstrap.zip" "$out/gleaner-functions-arm64.zip"
}

if [ "$(uname -m)" != x86_64 ]; then
  echo 'The packages are made on x86_64, which compiles for arm64 too: there is no package' >&2
  exit 75
fi
mkdir -p "$out" "$work"
make_x86_64
make_arm64
(cd "$out" && sha256sum gleaner-functions-x86_64.zip gleaner-functions-arm64.zip | tee SHA256SUMS)
