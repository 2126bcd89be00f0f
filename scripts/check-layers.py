#!/usr/bin/env python3
"""Folders are floors: a file includes only its own folder and lower floors; services never include each other; pure folders
call neither the clock nor the system. Exits 1 and names each breach."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FLOORS = {"base": 0, "format": 1, "os": 1, "http": 2, "store": 2, "image": 2, "text": 3, "states": 2, "events": 2, "policy": 2,
          "aws": 3, "lambda": 3, "service": 4, "cli": 5}
# The same floor may be used where the row says so.
ALSO = {("http", "format"), ("http", "os")}
PURE = {"base", "format", "image", "states", "events", "policy"}
SYSTEM = re.compile(r"#include <(unistd|fcntl|sys/(socket|stat|mman|epoll|wait)|pthread|netinet/.*|dirent)\.h>")
# Initialising a constant table once and seeding the hash need a lock and the kernel; log.c writes lines.
PURE_EXCEPTIONS = {"src/base/log.c", "src/base/map.c", "src/base/digest.c"}


def folder_of(path):
    parts = path.relative_to(ROOT / "src").parts
    return parts[0], parts[1] if parts[0] == "service" and len(parts) > 2 else None


def check(path):
    folder, service = folder_of(path)
    text = path.read_text()
    for include in re.findall(r'#include "([^"]+)"', text):
        parts = include.split("/")
        if len(parts) < 2 or parts[0] not in FLOORS:
            yield f"{path}: include \"{include}\" by its path from src/"
            continue
        target = parts[0]
        if target != folder and FLOORS[target] >= FLOORS[folder] and (folder, target) not in ALSO:
            yield f"{path}: {folder} (floor {FLOORS[folder]}) includes {target} (floor {FLOORS[target]})"
        if service and target == "service" and len(parts) > 2 and parts[1] != service:
            yield f"{path}: the service {service} includes {parts[1]}"
    if folder in PURE and str(path.relative_to(ROOT)) not in PURE_EXCEPTIONS:
        for found in SYSTEM.finditer(text):
            yield f"{path}: a pure folder includes <{found.group(1)}.h>"


def main():
    files = sorted(p for p in (ROOT / "src").rglob("*.[ch]"))
    breaches = [b for path in files for b in check(path)]
    sql = [p for p in files if folder_of(p)[0] != "store" and "sqlite3" in p.read_text()]
    breaches += [f"{p}: SQL outside src/store" for p in sql]
    print("\n".join(breaches) or f"layers: {len(files)} files, no breach")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
