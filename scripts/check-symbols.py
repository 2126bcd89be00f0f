#!/usr/bin/env python3
"""No two libraries of the build define the same global name: a static link would take one of them, or refuse.

  scripts/check-symbols.py [BUILD]
"""
import collections
import pathlib
import subprocess
import sys

build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build")
owners = collections.defaultdict(set)
for library in sorted((build / "src").rglob("lib*.a")):
    out = subprocess.run(["nm", "-g", "--defined-only", library], capture_output=True, text=True).stdout
    for line in out.splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[1] in "TDBRC":
            owners[parts[2]].add(library.name)
clashes = {name: libraries for name, libraries in owners.items() if len(libraries) > 1}
for name, libraries in sorted(clashes.items()):
    print(f"{name}: {', '.join(sorted(libraries))}")
print(f"symbols: {len(owners)}, {len(clashes)} clashes")
sys.exit(1 if clashes else 0)
