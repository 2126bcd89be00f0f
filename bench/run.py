#!/usr/bin/env python3
"""Measures the server beside what it is compared with, in the same run on the same machine, and prints one table.

  bench/run.py [--quick]

Absolute times depend on the machine and its load; the CPU microseconds a request and the ratios are what to look at. Peers that are not
installed (nginx, moto) are left out with a note.
"""
import argparse
import configparser
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get("GLEANER_BENCH_BUILD", ROOT / "build"))
RECEIPT = ROOT / "samples" / "receipt.png"
TICK = os.sysconf("SC_CLK_TCK")
rows = []


def row(what, measured, goal, beside=""):
    rows.append((what, measured, goal, beside))
    print(f"{what:46} {measured:>24} {goal:>22} {beside}", flush=True)


class Server:
    def __init__(self, *arguments):
        self.data = pathlib.Path(tempfile.mkdtemp(prefix="gleaner-bench-"))
        self.arguments = arguments
        self.start()

    def start(self):
        begin = time.monotonic()
        self.process = subprocess.Popen([BUILD / "gleaner", "serve", "--listen", "127.0.0.1:0", "--data-dir", self.data, *self.arguments],
                                        stdout=subprocess.PIPE, stderr=open(self.data / "log", "ab"), text=True)
        line = self.process.stdout.readline()
        self.endpoint = line.split("ready at ")[1].split(",")[0]
        urllib.request.urlopen(self.endpoint + "/_gleaner/health").read()
        self.start_ms = (time.monotonic() - begin) * 1000
        keys = configparser.ConfigParser()
        keys.read(self.data / "credentials")
        self.keys = keys["default"]["aws_access_key_id"], keys["default"]["aws_secret_access_key"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()

    def cpu_us(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1e6 / TICK

    def resident_mib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024

    def aws(self, *arguments):
        env = {**os.environ, "AWS_ACCESS_KEY_ID": self.keys[0], "AWS_SECRET_ACCESS_KEY": self.keys[1], "AWS_DEFAULT_REGION": "us-east-1"}
        return subprocess.run(["/usr/bin/aws", "--endpoint-url", self.endpoint, *arguments], env=env, check=True, capture_output=True,
                              text=True).stdout

    def load(self, kind, connections, requests, *target):
        before = self.cpu_us()
        out = subprocess.run([BUILD / "bench" / "load", kind, self.endpoint, *self.keys, str(connections), str(requests), *target],
                             check=True, capture_output=True, text=True).stdout
        result = json.loads(out)
        if result["errors"]:
            sys.exit(f"{kind}: {result['errors']} errors")
        result["cpu_us"] = (self.cpu_us() - before) / result["requests"]
        result["rate"] = result["requests"] / result["seconds"]
        return result


def disk(what):
    folder = tempfile.mkdtemp(prefix="gleaner-disk-")
    value = float(subprocess.check_output([BUILD / "bench" / "disk", folder, what]))
    shutil.rmtree(folder)
    return value


def start_up():
    server = Server("--bare")
    server.stop()
    times = []
    for _ in range(5):
        server.start()
        idle = server.resident_mib()
        times.append(server.start_ms)
        server.stop()
    row("start to first answer", f"{sorted(times)[2]:.1f} ms", "≤ 20 ms")
    row("resident, idle", f"{idle:.1f} MiB", "≤ 12 MiB")


def requests(server, n):
    server.aws("s3", "mb", "s3://bench")
    server.aws("dynamodb", "create-table", "--table-name", "bench", "--attribute-definitions", "AttributeName=id,AttributeType=S",
               "--key-schema", "AttributeName=id,KeyType=HASH", "--billing-mode", "PAY_PER_REQUEST")
    for what, goal, load in [("S3 PUT 1 KiB, 8 connections", 80, ("put-object", 8, n, "1024")),
                             ("S3 GET 1 KiB, 8 connections", 40, ("get-object", 8, n, "0")),
                             ("PutItem, 8 connections", 60, ("put-item", 8, n)),
                             ("UpdateItem, 8 connections", 60, ("update-item", 8, n))]:
        result = server.load(*load)
        row(what, f"{result['cpu_us']:.0f} µs CPU", f"≤ {goal} µs CPU", f"{result['rate']:.0f}/s, p50 {result['p50_us']:.0f} µs")
    base = disk("rows")
    result = server.load("put-item", 64, n // 4)
    row("PutItem durable, 64 connections", f"{result['rate']:.0f}/s", f"≥ {0.7 * base:.0f}/s", f"SQLite, 50-row groups: {base:.0f}/s")
    base = disk("files")
    result = server.load("put-object", 4, 50, str(1024 * 1024))
    row("S3 PUT 1 MiB, 4 connections", f"{result['rate']:.0f}/s", f"≥ {0.8 * base:.0f}/s", f"write + fdatasync: {base:.0f}/s")
    result = server.load("get-object", 4, 100, "0")
    row("S3 GET 1 MiB, 4 connections", f"{result['rate']:.0f}/s", "≥ 0.7 × nginx", nginx_rate())
    row("resident, loaded", f"{server.resident_mib():.1f} MiB", "≤ 40 MiB")


PASSES = 20  # states of the measured machine


def execution_transitions(server, n):
    """State transitions a second: an express machine asked to its end, and a standard one, durable, until the last execution is done."""
    states = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(PASSES - 1)} | {f"S{PASSES - 1}": {"Type": "Pass", "End": True}}
    definition = json.dumps({"StartAt": "S0", "States": states})
    server.aws("iam", "create-role", "--role-name", "bench", "--assume-role-policy-document", json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    machine = {kind: json.loads(server.aws("stepfunctions", "create-state-machine", "--name", kind, "--type", kind.upper(), "--definition",
                                           definition, "--role-arn", "arn:aws:iam::000000000000:role/bench"))["stateMachineArn"]
               for kind in ("express", "standard")}
    result = server.load("start-sync-execution", 8, n, machine["express"])
    row("express executions", f"{result['rate'] * PASSES:.0f} transitions/s", "≥ 10000/s", f"{PASSES} states, p50 {result['p50_us']:.0f} µs")
    begin = time.monotonic()
    result = server.load("start-execution", 8, n, machine["standard"])
    while json.loads(server.aws("stepfunctions", "list-executions", "--state-machine-arn", machine["standard"], "--status-filter", "RUNNING",
                                "--max-items", "1", "--output", "json"))["executions"]:
        time.sleep(0.02)
    seconds = time.monotonic() - begin
    base = disk("rows")
    row("standard executions, durable", f"{result['requests'] * PASSES / seconds:.0f} transitions/s", f"≥ {0.5 * base:.0f}/s",
        f"SQLite, 50-row groups: {base:.0f}/s")


def nginx_rate():
    if not shutil.which("nginx") or not shutil.which("wrk"):
        return "nginx or wrk is not installed"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="gleaner-nginx-"))
    os.chmod(folder, 0o755)
    (folder / "object").write_bytes(bytes(1024 * 1024))
    (folder / "nginx.conf").write_text(
        f"worker_processes 2; pid {folder}/pid; error_log {folder}/error; daemon off; events {{}}\n"
        f"http {{ access_log off; sendfile on; server {{ listen 127.0.0.1:18080; root {folder}; }} }}\n")
    nginx = subprocess.Popen(["nginx", "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    out = subprocess.run(["wrk", "-t1", "-c4", "-d3s", "http://127.0.0.1:18080/object"], capture_output=True, text=True).stdout
    nginx.terminate()
    nginx.wait()
    shutil.rmtree(folder)
    return "nginx: " + next((line.split()[1] for line in out.splitlines() if "Requests/sec" in line), "?") + "/s (wrk)"


def empty_png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows_of_white = (b"\0" + b"\xff" * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows_of_white)) + chunk(b"IEND", b""))


def pipeline(n):
    server = Server("--text-word-limit=100")
    result = server.load("invoke", 1, n, "gleaner-list-jobs")
    row("warm invoke, C function", f"{result['p50_us']:.0f} µs p50", "≤ 300 µs p50", f"p99 {result['p99_us']:.0f} µs")
    empty = server.data / "empty.png"
    empty.write_bytes(empty_png(100, 100))
    for count, image, what, goal in ((1, empty, "first job", ""), (1, empty, "one quiet job, empty image", "≤ 15 ms"),
                                     (200, empty, "200 jobs at once, empty image", "≥ 100 jobs/s"),
                                     (1, RECEIPT, "one quiet job, with text", ""), (20, RECEIPT, "20 jobs at once, with text", "")):
        begin = time.monotonic()
        before = server.cpu_us()
        subprocess.run([BUILD / "gleaner", "submit", "--endpoint", server.endpoint, "--wait", *[image] * count], check=True, capture_output=True)
        seconds = time.monotonic() - begin
        row(what, f"{seconds * 1000:.0f} ms", goal, f"{count / seconds:.1f} jobs/s, server CPU {(server.cpu_us() - before) / count / 1000:.1f} ms a job")
    server.stop()
    shutil.rmtree(server.data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    n = 200 if parser.parse_args().quick else 2000
    subprocess.run(["ninja", "-C", BUILD, "--quiet", "bench/load", "bench/disk"], check=True)
    print(f"{'what':46} {'measured':>24} {'goal':>22} beside")
    start_up()
    server = Server("--bare")
    requests(server, n)
    execution_transitions(server, n // 10)
    server.stop()
    shutil.rmtree(server.data)
    pipeline(n // 2)
    print(flush=True)
    subprocess.run([ROOT / "bench" / "text.sh"], check=False)


if __name__ == "__main__":
    main()
