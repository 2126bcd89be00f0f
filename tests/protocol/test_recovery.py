"""What was acknowledged survives kill -9, and what was under way goes on."""
import concurrent.futures
import json
import pathlib
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECEIPT = (ROOT / "samples" / "receipt.png").read_bytes()


def api(server):
    with urllib.request.urlopen(server.endpoint + "/_gleaner/info") as response:
        return json.load(response)["api_endpoint"]


def call(url, method="GET", body=None, headers=None):
    request = urllib.request.Request(url, method=method, data=body, headers=headers or {})
    with urllib.request.urlopen(request, timeout=30) as response:
        text = response.read()
        return json.loads(text) if text else None


def submit(base, image=RECEIPT):
    job = call(base + "/jobs", "POST", json.dumps({"content_length": len(image)}).encode(), {"Content-Type": "application/json"})
    upload = job["upload"]
    call(upload["url"], upload["method"], image, upload["headers"])
    return job["job_id"]


def test_jobs_go_on_after_kill(fresh_server, wait_for):
    server = fresh_server()
    base = api(server)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        ids = list(pool.map(lambda _: submit(base), range(6)))
    for pause in (0.05, 0.4, 0.8):
        time.sleep(pause)
        server.restart()
    for job_id in ids:
        job = wait_for(lambda: (lambda j: j if j["status"] in ("succeeded", "failed") else None)(call(f"{base}/jobs/{job_id}")), 120)
        assert job["status"] == "succeeded", job
        assert "HARBOUR" in job["result"]["text"]


def test_acknowledged_writes_survive(fresh_server):
    server = fresh_server("--bare")
    s3, table = server.client("s3"), server.client("dynamodb")
    s3.create_bucket(Bucket="kept")
    table.create_table(TableName="kept", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
                       KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST")
    written = 0
    for round_ in range(3):
        stop = time.monotonic() + 0.7
        while time.monotonic() < stop:
            body = str(written).encode() * (30000 if written % 5 == 0 else 1)
            s3.put_object(Bucket="kept", Key=f"o/{written}", Body=body)
            table.put_item(TableName="kept", Item={"id": {"N": str(written)}, "round": {"N": str(round_)}})
            written += 1
        server.restart()
    for n in range(written):
        body = s3.get_object(Bucket="kept", Key=f"o/{n}")["Body"].read()
        assert body == str(n).encode() * (30000 if n % 5 == 0 else 1)
        assert "Item" in table.get_item(TableName="kept", Key={"id": {"N": str(n)}})


@pytest.mark.parametrize("wait", [1, 3])
def test_a_waiting_execution_goes_on(fresh_server, wait_for, wait):
    server = fresh_server("--bare")
    states = server.client("stepfunctions")
    definition = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": wait, "Next": "Done"},
                                                "Done": {"Type": "Pass", "Result": "after", "End": True}}}
    machine = states.create_state_machine(name="waits", definition=json.dumps(definition),
                                          roleArn="arn:aws:iam::000000000000:role/any")["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine, name="one")["executionArn"]
    server.restart()
    done = wait_for(lambda: (lambda d: d if d["status"] != "RUNNING" else None)(states.describe_execution(executionArn=execution)), 20)
    assert done["status"] == "SUCCEEDED" and json.loads(done["output"]) == "after"
    types = [e["type"] for e in states.get_execution_history(executionArn=execution)["events"]]
    assert types == ["ExecutionStarted", "WaitStateEntered", "WaitStateExited", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]


def test_a_second_server_is_refused(fresh_server):
    server = fresh_server("--bare")
    with pytest.raises(RuntimeError, match="did not start"):
        fresh_server("--bare", data=server.data)


def test_a_relative_data_directory(tmp_path):
    import os
    import subprocess

    from conftest import BINARY
    package = os.environ.get("GLEANER_FUNCTIONS", str(ROOT / "build" / "functions" / "bootstrap")) + ".zip"
    process = subprocess.Popen([BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", "data", "--pipeline", ROOT / "pipeline",
                                "--functions", package], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        endpoint = process.stdout.readline().split("ready at ")[1].split(",")[0]
        with urllib.request.urlopen(endpoint + "/_gleaner/info") as response:
            base = json.load(response)["api_endpoint"]
        assert call(base + "/jobs", "POST", b"{}")["status"] == "upload_pending"
    finally:
        process.terminate()
        assert process.wait() == 0
        process.stdout.close()
