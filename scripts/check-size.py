#!/usr/bin/env python3
"""Functions stay short and files whole: none over 100 lines, no file over 800. Prints the distribution."""
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
FUNCTION_MAX, FILE_MAX = 100, 800


def functions(path):
    """(name, lines) of each function: in this code style a body's brace opens and closes in the first column."""
    start, name = None, ""
    lines = path.read_text(errors="replace").splitlines()
    for number, line in enumerate(lines):
        if line == "{" and number and not lines[number - 1].startswith(("struct", "enum", "union")) or line == "{" and ")" in lines[number - 1]:
            start = number
            head = " ".join(lines[max(0, number - 4):number])
            found = re.findall(r"(\w+)\(", head)
            name = found[0] if found else "?"
        elif line == "}" and start is not None:
            yield name, number - start + 1
            start = None


def main():
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard", "src", "functions"], cwd=ROOT, text=True).split()
    files = [ROOT / f for f in listed if f.endswith((".c", ".h")) and (ROOT / f).exists()]
    faults, lengths = [], []
    for path in files:
        count = len(path.read_text(errors="replace").splitlines())
        if count > FILE_MAX:
            faults.append(f"{path.relative_to(ROOT)}: {count} lines")
        for name, length in functions(path):
            lengths.append(length)
            if length > FUNCTION_MAX:
                faults.append(f"{path.relative_to(ROOT)}: {name} has {length} lines")
    lengths.sort()
    print(f"functions: {len(lengths)}, median {statistics.median(lengths):.0f} lines, 90 % at most {lengths[len(lengths) * 9 // 10]}, longest {lengths[-1]}")
    print("\n".join(faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
