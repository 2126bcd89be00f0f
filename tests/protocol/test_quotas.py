# SPDX-License-Identifier: Apache-2.0
"""AWS's quotas as settings of the server: their errors, and that a load past all of them ends well, throttled but complete."""
import json
import os
import subprocess
import sys
import time

import pytest
from botocore.exceptions import ClientError

from conftest import BINARY, ROOT



def refusals(call, times):
    """The errors of that many calls in a row."""
    errors = []
    for _ in range(times):
        try:
            call()
        except ClientError as error:
            errors.append((error.response["Error"]["Code"], error.response["Error"]["Message"],
                           error.response["ResponseMetadata"]["HTTPStatusCode"]))
    return errors


def test_detect_text(fresh_server):
    server = fresh_server("--bare", "--detect-text-rate", "1:2")
    rekognition = server.client("rekognition")
    broken = {"Bytes": b"no image"}  # refused after the quota has let it in, at once
    errors = refusals(lambda: rekognition.detect_text(Image=broken), 5)
    assert [code for code, _, _ in errors[:2]] == ["InvalidImageFormatException"] * 2
    assert set(errors[2:]) == {("ProvisionedThroughputExceededException", "Provisioned rate exceeded", 400)}
    time.sleep(1.1)
    assert refusals(lambda: rekognition.detect_text(Image=broken), 1)[0][0] == "InvalidImageFormatException"


def test_start_execution(fresh_server):
    server = fresh_server("--start-execution-rate", "1:3")
    states = server.client("stepfunctions")
    machine = states.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    errors = refusals(lambda: states.start_execution(stateMachineArn=machine, input="{}"), 6)
    assert len(errors) in (2, 3) and set(errors) == {("ThrottlingException", "Rate exceeded", 400)}
    assert len(states.list_executions(stateMachineArn=machine)["executions"]) == 6 - len(errors)


def test_lambda_concurrency(fresh_server):
    server = fresh_server("--lambda-concurrency", "1")
    assert server.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"] == 1


@pytest.mark.parametrize("option", ["--detect-text-rate", "--start-execution-rate", "--lambda-concurrency"])
@pytest.mark.parametrize("value", ["0", "fast", "-1"])
def test_wrong_values_are_refused_at_start(tmp_path, option, value):
    done = subprocess.run([str(BINARY), "serve", "--bare", "--listen", "127.0.0.1:0", "--data-dir", str(tmp_path), option, value],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and option[2:] in done.stderr and value in done.stderr


def test_a_load_past_every_quota():
    """A small run of the simulation: 30 images at once against 4 DetectText calls a second, 8 functions at once and 5 starts a second."""
    env = {**os.environ, "GLEANER_BENCH_BUILD": str(BINARY.parent)}
    functions = ["--functions", env["GLEANER_FUNCTIONS"] + ".zip"] if "GLEANER_FUNCTIONS" in env else []
    done = subprocess.run([sys.executable, str(ROOT / "bench" / "quotas.py"), "--jobs", "30", "--detect-text-rate", "4:1",
                           "--lambda-concurrency", "8", "--start-execution-rate", "5:5", "--patience", "240", "--json", *functions],
                          env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["succeeded"] == 30 and result["lost"] == 0 and result["statuses"] == {"succeeded": 30}
    assert all(result["throttled"][quota] > 0 for quota in ("DetectText", "StartExecution", "Lambda")), result
    assert result["state_retries"].get("Throttled", 0) > 0
    assert set(result["state_retries"]) <= {"Throttled", "Lambda.TooManyRequestsException"}
    assert result["drained_s"] >= result["model_s"] * 0.8  # faster than the quota lets pass: it was none
