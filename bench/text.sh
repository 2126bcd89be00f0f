#!/usr/bin/env bash
# Text detection: CPU seconds, wall seconds and peak memory of each engine over the images of a folder (default: samples/).
#   bench/text.sh [FOLDER]        GLEANER names the binary (default build/gleaner), PROTOTYPE another program to set beside it
set -euo pipefail
cd "$(dirname "$0")/.."
folder=${1:-samples}
gleaner=${GLEANER:-build/gleaner}
mapfile -t images < <(find "$folder" -type f \( -name '*.png' -o -name '*.jpg' \) | grep -vE '/(bomb|truncated)\.png$' | sort)

# measure NAME COMMAND…
measure() {
  local name=$1
  shift
  python3 - "$name" "$@" <<'PY'
import resource
import subprocess
import sys
import time

begin = time.monotonic()
done = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"{sys.argv[1]:28} cpu {usage.ru_utime + usage.ru_stime:8.2f} s   wall {time.monotonic() - begin:8.2f} s   "
      f"peak {usage.ru_maxrss / 1024:6.0f} MB{'' if done.returncode == 0 else '   (failed)'}")
PY
}

echo "${#images[@]} images in $folder"
for engine in tesseract ppocr; do
  for threads in 1 2; do
    if "$gleaner" detect --engine "$engine" "${images[0]}" >/dev/null 2>&1; then
      measure "$engine, $threads thread(s)" "$gleaner" detect --engine "$engine" --threads "$threads" --json "${images[@]}"
    else
      echo "$engine is not installed"
      break
    fi
  done
done
if [ -n "${PROTOTYPE:-}" ]; then
  measure "prototype" "$PROTOTYPE" "${images[@]}"
fi
