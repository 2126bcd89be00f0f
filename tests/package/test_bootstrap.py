# SPDX-License-Identifier: Apache-2.0
"""The functions' binary by itself: a Runtime API and an AWS made here, no server."""
import json
import os
import pathlib
import subprocess

import pytest
from packages import PACKAGES
from runtime_api import Loopback, Quiet

BOOTSTRAP = PACKAGES["x86_64"].with_symbols
ENVIRONMENT = {"_HANDLER": "create_job", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
               "JOBS_TABLE": "jobs", "SOURCE_BUCKET": "source"}


@pytest.fixture
def start(runtime):
    started = []

    def run(command=None, **environment):
        env = {**ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": runtime.host, **environment}
        started.append(subprocess.Popen(command or [str(BOOTSTRAP)], env=env, stderr=subprocess.PIPE))
        return started[-1]
    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


class DynamoDB(Quiet):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, b"{}")


@pytest.fixture
def aws():
    made = Loopback(DynamoDB)
    yield f"http://{made.host}"
    made.close()


def test_stays_small(runtime, start):
    process = start()
    assert runtime.ask({"body": "[]"})[2]["statusCode"] == 400
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    peak = int(status.split("VmHWM:")[1].split()[0])
    assert peak <= 3 * 1024, f"{peak} KiB resident"


def test_serves_one_event_after_another_on_one_connection(runtime, start, aws):
    start(AWS_ENDPOINT_URL=aws)
    for _ in range(20):
        path, _, answer = runtime.ask({"body": "{}"})
        assert path.endswith("/response") and answer["statusCode"] == 201
        assert json.loads(answer["body"])["upload"]["url"].startswith(aws + "/source/uploads/")
    assert len(runtime.connections) == 1


def test_an_event_that_is_not_json(runtime, start):
    start()
    path, headers, answer = runtime.ask("nonsense")
    assert path.endswith("/error") and headers["Lambda-Runtime-Function-Error-Type"] == "Internal"
    assert answer["errorType"] == "Internal" and answer["stackTrace"] == []


@pytest.mark.parametrize("environment, word", [({"_HANDLER": "nothing"}, "nothing"), ({"UPLOAD_SECONDS": "soon"}, "UPLOAD_SECONDS")])
def test_a_start_that_fails(runtime, start, environment, word):
    process = start(**environment)
    path, _, answer = runtime.answers.get(timeout=20)
    assert path == "/2018-06-01/runtime/init/error"
    assert answer["errorType"] == "Runtime.InitError" and word in answer["errorMessage"]
    assert process.wait(timeout=10) != 0


def test_the_process_ends_with_its_runtime_api(runtime, start):
    process = start(AWS_LAMBDA_RUNTIME_API="127.0.0.1:1")
    assert process.wait(timeout=10) != 0
