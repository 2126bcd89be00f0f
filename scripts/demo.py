#!/usr/bin/env python3
"""Sends the sample images through the whole pipeline on this machine and shows what came out.

Exits 0 only if each good sample has its text and each bad one failed with the right code (samples/expected.json).
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
GLEANER = ROOT / "build" / "gleaner"
RESULTS = ROOT / "build" / "demo"


def start(data):
    log = open(data / "server.log", "wb")
    server = subprocess.Popen([GLEANER, "serve", "--listen", "127.0.0.1:0", "--data-dir", data], stdout=subprocess.PIPE, stderr=log,
                              text=True)
    line = server.stdout.readline()
    if "ready at " not in line:
        sys.exit("The server did not start:\n" + (data / "server.log").read_text(errors="replace"))
    print(line.strip(), file=sys.stderr)
    return server, line.split("ready at ")[1].split(",")[0]


def judge(entry, expected):
    """None if the outcome is the one expected, else what is wrong."""
    job = entry.get("job", {})
    if entry["status"] != expected["status"]:
        return f"expected {expected['status']}"
    if expected["status"] == "failed":
        code = job.get("error", {}).get("code")
        return None if code == expected["error"] else f"expected {expected['error']}"
    found = job["result"]["text"].lower().split()
    missing = [word for word in expected["words"] if not any(word.lower() in one for one in found)]
    return f"missing: {' '.join(missing)}" if missing else None


def row(entry, wrong):
    result = entry.get("job", {}).get("result", {})
    error = entry.get("job", {}).get("error")
    text = f"{error['code']}: {error['message']}" if error else " ".join(result.get("text", entry.get("error", "")).split())
    return (pathlib.Path(entry["file"]).name, entry["status"], str(result.get("lines", "")), str(result.get("words", "")),
            f"{entry.get('seconds', 0):.2f}", ("UNEXPECTED (" + wrong + ") " if wrong else "") + text)


def show(rows):
    heading = ("FILE", "STATUS", "LINES", "WORDS", "SECONDS", "FIRST WORDS OR ERROR")
    widths = [max(len(r[i]) for r in [heading, *rows]) for i in range(5)]
    room = shutil.get_terminal_size((120, 24)).columns
    for r in [heading, *rows]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(r, widths)) + "  " + r[5]
        print(line[:max(room, 80)])


def main():
    expected = json.loads((ROOT / "samples" / "expected.json").read_text())
    data = pathlib.Path(tempfile.mkdtemp(prefix="gleaner-demo-"))
    shutil.rmtree(RESULTS, ignore_errors=True)
    server, endpoint = start(data)
    try:
        begin = time.monotonic()
        done = subprocess.run([GLEANER, "submit", "--endpoint", endpoint, "--json", "--timeout", "240", "--out", RESULTS,
                               *(ROOT / "samples" / name for name in expected)], stdout=subprocess.PIPE, text=True)
        seconds = time.monotonic() - begin
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    entries = [json.loads(line) for line in done.stdout.splitlines()]
    verdicts = [judge(e, expected[pathlib.Path(e["file"]).name]) for e in entries]
    print()
    show([row(e, v) for e, v in zip(entries, verdicts)])
    good = len(entries) == len(expected) and not any(verdicts)
    print(f"\n{len(entries)} images in {seconds:.1f} s. Processed images, texts and details: {os.path.relpath(RESULTS)}/")
    if not good:
        print(f"Something is not as expected; the server's log: {data / 'server.log'}", file=sys.stderr)
        return 1
    shutil.rmtree(data)
    return 0


if __name__ == "__main__":
    sys.exit(main())
