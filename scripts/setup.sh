#!/usr/bin/env bash
# Installs what the project needs from Debian, and only what is missing. Prints what it installs; asks for sudo only then.
#   scripts/setup.sh [test|deploy|lint|coverage|bench|package]
set -euo pipefail

build=(gcc meson ninja-build pkg-config python3 libmicrohttpd-dev libsqlite3-dev libssl-dev libxml2-dev libpng-dev
  libjpeg62-turbo-dev libzip-dev libseccomp-dev libyaml-dev zlib1g-dev libcmocka-dev libtesseract-dev libleptonica-dev tesseract-ocr
  tesseract-ocr-eng tesseract-ocr-osd ca-certificates curl)
test=(python3-pytest python3-boto3 python3-cryptography awscli openssl libasan8 libubsan1 zip g++ curl git jq)
lint=(clang clang-format clang-tidy cppcheck shellcheck)
deploy=(awscli curl git jq)
bench=(wrk nginx-light sqlite3 valgrind awscli python3-boto3)
coverage=(gcovr)
package=(gcc-aarch64-linux-gnu libc6-dev-arm64-cross)
[ "${CC:-gcc}" != clang ] || build+=(clang libclang-rt-dev)
# What reads the workflows and buildspecs, which the tests try on faulty ones too. npm comes with other packages of Node.js as well.
workflows=(python3-jsonschema python3-yaml shellcheck)
command -v npm >/dev/null || workflows+=(nodejs npm)
test+=(binutils "${workflows[@]}")
# The tests run the arm64 package too; an arm64 machine makes none and runs it without help.
[ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ] || test+=("${package[@]}" qemu-user-static)
lint+=("${workflows[@]}" git jq libclang-rt-dev)

case "${1:-build}" in
build) packages=("${build[@]}") ;;
deploy) packages=("${deploy[@]}") ;;
test) packages=("${test[@]}") ;;
lint) packages=("${lint[@]}") ;;
coverage) packages=("${coverage[@]}") ;;
bench) packages=("${bench[@]}") ;;
package) packages=("${package[@]}") ;;
*) echo "usage: scripts/setup.sh [build|deploy|test|lint|coverage|bench|package]" >&2; exit 2 ;;
esac

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "These packages are needed, and this is no Debian system to install them on: ${missing[*]}" >&2
  exit 1
fi
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
echo "Installing from Debian: ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
