#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A load against AWS's quotas, at a scale that one machine can play: `gleaner serve` throttles as AWS does, the pipeline is the
deployed one. Reports what the arithmetic says, what came out, and whether a job was lost.

  bench/quotas.py [--jobs 600] [--over SECONDS] [--detect-text-rate 5] [--lambda-concurrency 100] [--start-execution-rate 30:130] [--json]

The defaults are a tenth of an established account's quotas in a large region. Images are blank, so that reading text costs no time
here: what is measured is how the retries share a quota out. Exit code 1 when a job was lost.
"""
import argparse
import collections
import concurrent.futures
import datetime
import json
import os
import pathlib
import random
import struct
import sys
import time
import urllib.error
import urllib.request
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import boto3  # noqa: E402
from botocore.config import Config  # noqa: E402
from run import Server  # noqa: E402

# One metric of AWS's for each quota.
THROTTLES = {
    "DetectText": ("AWS/Rekognition", "ThrottledCount", "Operation=DetectText"),
    "StartExecution": ("AWS/States", "ThrottledEvents", "APIName=StartExecution"),
}
DONE = ("succeeded", "failed", "expired")


def blank_png(width=200, height=100):
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    rows = (b"\0" + b"\xff" * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def aws(server, service):
    return boto3.client(service, endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=server.keys[0],
                        aws_secret_access_key=server.keys[1], config=Config(max_pool_connections=16))


def request(method, url, body=None, headers=None):
    with urllib.request.urlopen(urllib.request.Request(url, data=body, method=method, headers=headers or {}), timeout=120) as reply:
        return reply.read()


class Client:
    """Submits images as a patient client does: what is throttled is asked again, at a random moment that backs off."""

    def __init__(self, api):
        self.api, self.retries = api, 0

    def patiently(self, *arguments):
        for attempt in range(200):
            try:
                return request(*arguments)
            except urllib.error.HTTPError as error:
                if error.code not in (429, 503):
                    raise
                self.retries += 1
                time.sleep(random.uniform(0, min(5, 0.1 * 2 ** min(attempt, 10))))
        raise RuntimeError(f"{arguments[1]} was throttled 200 times")

    def submit(self, image):
        job = json.loads(self.patiently("POST", self.api + "/jobs", json.dumps({"content_length": len(image)}).encode(),
                                        {"content-type": "application/json"}))
        upload = job["upload"]
        self.patiently(upload["method"], upload["url"], image, upload["headers"])
        return job["job_id"]


def submit_all(client, jobs, over):
    image, begin = blank_png(), time.monotonic()

    def one(i):
        time.sleep(max(0, begin + over * i / jobs - time.monotonic()))
        return client.submit(image)
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        return list(pool.map(one, range(jobs)))


def records(server, table):
    pages = aws(server, "dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    found = [item for page in pages for item in page["Items"]]
    return {item["job_id"]["S"]: {"status": item["status"]["S"], "begin": item["created_at"]["S"], "end": item["updated_at"]["S"],
                                  "execution": item.get("execution_arn", {}).get("S")} for item in found if "status" in item}


def wait(server, table, ids, seconds):
    """Until every job is settled or time is up; returns the records."""
    end = time.monotonic() + seconds
    while True:
        now = records(server, table)
        if all(now.get(i, {}).get("status") in DONE for i in ids) or time.monotonic() > end:
            return now
        time.sleep(1)


def throttles(server):
    """By quota, as CloudWatch has it."""
    cloudwatch, counts = aws(server, "cloudwatch"), {}
    now = datetime.datetime.now(datetime.timezone.utc)
    functions = aws(server, "lambda").list_functions()["Functions"]
    rows = [(name, *row) for name, row in THROTTLES.items()]
    rows += [("Lambda", "AWS/Lambda", "Throttles", f"FunctionName={f['FunctionName']}") for f in functions]
    for name, space, metric, dimension in rows:
        key, value = dimension.split("=")
        points = cloudwatch.get_metric_statistics(
            Namespace=space, MetricName=metric, Dimensions=[{"Name": key, "Value": value}], Period=3600, Statistics=["Sum"],
            StartTime=now - datetime.timedelta(hours=12), EndTime=now + datetime.timedelta(hours=1))["Datapoints"]
        counts[name] = counts.get(name, 0) + int(sum(point["Sum"] for point in points))
    return counts


def retries(server, executions):
    """Errors that states met and retried, by name."""
    states, counts = aws(server, "stepfunctions"), collections.Counter()

    def one(arn):
        pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [e["taskFailedEventDetails"]["error"] for page in pages for e in page["events"] if e["type"] == "TaskFailed"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for errors in pool.map(one, executions):
            counts.update(errors)
    return dict(counts)


def rate_and_burst(text):
    rate, _, burst = text.partition(":")
    return int(rate), int(burst or rate)


def model_seconds(options):
    """How long the load must take whatever is done: the slower of its arrival and each quota."""
    def drain(text):
        rate, burst = rate_and_burst(text)
        return max(0, options.jobs - burst) / rate
    return max(options.over, drain(options.detect_text_rate), drain(options.start_execution_rate))


def seconds_between(begin, end):
    return (datetime.datetime.fromisoformat(end.replace("Z", "+00:00")) -
            datetime.datetime.fromisoformat(begin.replace("Z", "+00:00"))).total_seconds()


def run(options):
    functions = ["--functions", options.functions] if options.functions else []
    server = Server("--detect-text-rate", options.detect_text_rate, "--lambda-concurrency", str(options.lambda_concurrency),
                    "--start-execution-rate", options.start_execution_rate, *functions)
    try:
        info = json.loads(request("GET", server.endpoint + "/_gleaner/info"))
        client, begin = Client(info["api_endpoint"]), time.monotonic()
        ids = submit_all(client, options.jobs, options.over)
        submitted = time.monotonic() - begin
        ended = wait(server, info["jobs_table"], ids, options.patience)
        mine = [ended.get(i, {"status": "missing", "begin": "", "end": "", "execution": None}) for i in ids]
        good = [r for r in mine if r["status"] == "succeeded"]
        first, last = min(r["begin"] for r in good), max(r["end"] for r in good)
        took = sorted(seconds_between(r["begin"], r["end"]) for r in good)
        drained, model = seconds_between(first, last), model_seconds(options)
        return {"jobs": options.jobs, "succeeded": len(good), "lost": options.jobs - len(good),
                "statuses": dict(collections.Counter(r["status"] for r in mine)), "submitted_s": round(submitted, 1),
                "drained_s": round(drained, 1), "model_s": round(model, 1), "jobs_per_s": round(len(good) / drained, 2),
                "job_s": {"p50": took[len(took) // 2], "p95": took[len(took) * 95 // 100], "max": took[-1]},
                "client_retries": client.retries, "throttled": throttles(server),
                "state_retries": retries(server, [r["execution"] for r in mine if r["execution"]])}
    finally:
        server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=600)
    parser.add_argument("--over", type=float, default=0, metavar="SECONDS", help="spread the submissions; default: as fast as they go")
    parser.add_argument("--detect-text-rate", default="5")
    parser.add_argument("--lambda-concurrency", type=int, default=100)
    parser.add_argument("--start-execution-rate", default="30:130")
    parser.add_argument("--functions", metavar="FILE", help="the functions' package (default: the one beside the server)")
    parser.add_argument("--patience", type=float, default=3600, metavar="SECONDS", help="a job not settled by then is lost")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    result = run(options)
    if options.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:16} {json.dumps(value)}")
    return 1 if result["lost"] else 0


if __name__ == "__main__":
    sys.exit(main())
