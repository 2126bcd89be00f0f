#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two functions on AWS's own Runtime API clients, from the sources in the pinned npm package aws-lambda-ric: OUT/cpp.zip on aws-lambda-cpp, OUT/node.zip
# on aws-lambda-ric. The package's install script would compile a curl of its own first; here the clients are compiled with the system's.
#   build.sh OUT      (after npm ci --ignore-scripts in this folder)
set -euo pipefail
cd "$(dirname "$0")"
out=$(realpath -m "$1")
client=node_modules/aws-lambda-ric
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out" "$work/cpp" "$work/node/node_modules/aws-lambda-ric/dist"

tar -xzf "$client"/deps/aws-lambda-cpp-*.tar.gz -C "$work" --strip-components=1
version=$(sed -n 's/^AWS_LAMBDA_CPP_RELEASE=//p' "$client/deps/versions")
sed -e "s/@PROJECT_VERSION_[A-Z]*@/0/; s/@PROJECT_VERSION@/$version/" "$work/src/version.cpp.in" >"$work/version.cpp"
compile=(g++ -std=c++17 -O1 -fPIC -DNDEBUG -w "-I$work/include")
runtime=()
for source in "$work/src/runtime.cpp" "$work/src/logging.cpp" "$work/version.cpp"; do
  "${compile[@]}" -c "$source" -o "$source.o"
  runtime+=("$source.o")
done
read -ra curl < <(pkg-config --cflags --libs libcurl)
"${compile[@]}" function.cpp "${runtime[@]}" "${curl[@]}" -o "$work/cpp/bootstrap"
(cd "$work/cpp" && zip -qX "$work/cpp.zip" bootstrap)
mv "$work/cpp.zip" "$out/cpp.zip"

# Node.js's headers: where node itself lies, where Debian's libnode-dev puts them, or where npm is told.
headers=
for folder in "$(node -p 'require("path").dirname(require("path").dirname(process.execPath))')/include/node" /usr/include/nodejs/src \
  "${npm_config_nodedir:-/usr}/include/node"; do
  [ ! -f "$folder/node_api.h" ] || headers=$folder
done
[ -n "$headers" ] || { echo "no headers of Node.js (node_api.h): aws-lambda-ric's addon cannot be compiled" >&2; exit 3; }
"${compile[@]}" -shared "-I$headers" -Inode_modules/node-addon-api "$client/src/rapid-client.cc" "${runtime[@]}" "${curl[@]}" \
  -o "$work/node/node_modules/aws-lambda-ric/dist/rapid-client.node"
cp -r "$client/dist" "$client/bin" "$client/package.json" "$work/node/node_modules/aws-lambda-ric/"
cp function.mjs "$work/node/"
install -m 755 bootstrap.sh "$work/node/bootstrap"
(cd "$work/node" && zip -qXr "$work/node.zip" .)
mv "$work/node.zip" "$out/node.zip"
