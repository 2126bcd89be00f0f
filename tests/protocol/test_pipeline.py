# SPDX-License-Identifier: Apache-2.0
"""The whole pipeline: API, presigned upload, event, state machine, functions, record."""
import base64
import contextlib
import hashlib
import json
import pathlib
import struct
import urllib.error
import urllib.request
import uuid
import zlib

import pytest

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"
PAGE = (SAMPLES / "page.png").read_bytes()


def http(method, url, body=None, headers=None):
    """(status, body, headers) of a plain request; no status is an exception."""
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read(), reply.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


class Pipeline:
    def __init__(self, server, client, wait_for):
        self.info = json.loads(http("GET", server.endpoint + "/_gleaner/info")[1])
        self.states, self.dynamodb, self.s3 = client("stepfunctions"), client("dynamodb"), client("s3")
        self.lambda_, self.events = client("lambda"), client("events")
        self.wait_for = wait_for

    def call(self, method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        status, text, _ = http(method, self.info["api_endpoint"] + path, data, {"content-type": "application/json", **headers})
        return status, json.loads(text) if text else None

    def create(self, **body):
        status, job = self.call("POST", "/jobs", body)
        assert status == 201, job
        return job

    def upload(self, job, content, **changes):
        upload = job["upload"]
        return http(upload["method"], upload["url"], content, {**upload["headers"], **changes})[0]

    def get(self, job):
        return self.call("GET", f"/jobs/{job['job_id']}")[1]

    def finished(self, job, seconds=60):
        def ended():
            now = self.get(job)
            return now if now["status"] not in ("upload_pending", "processing") else None
        return self.wait_for(ended, seconds)

    def run(self, content):
        job = self.create()
        assert self.upload(job, content) == 200
        return self.finished(job)

    def set(self, job, **attributes):
        """Changes a record behind the functions' back."""
        names = {f"#{i}": name for i, name in enumerate(attributes)}
        values = {f":{i}": {"S": value} for i, value in enumerate(attributes.values())}
        self.dynamodb.update_item(
            TableName=self.info["jobs_table"], Key={"job_id": {"S": job["job_id"]}}, ExpressionAttributeNames=names,
            ExpressionAttributeValues=values, UpdateExpression="SET " + ", ".join(f"#{i} = :{i}" for i in range(len(attributes))))

    def sweep(self):
        reply = self.lambda_.invoke(FunctionName="gleaner-settle-job", Payload=json.dumps({"detail-type": "Scheduled Event"}))
        result = json.loads(reply["Payload"].read())
        assert "FunctionError" not in reply, result
        return result

    @contextlib.contextmanager
    def without_upload_events(self):
        self.events.disable_rule(Name="gleaner-upload")
        try:
            yield
        finally:
            self.events.enable_rule(Name="gleaner-upload")

    def event_of(self, job, content):
        return {"detail": {"bucket": {"name": self.info["source_bucket"]},
                           "object": {"key": job["image_key"], "size": len(content), "etag": hashlib.md5(content).hexdigest()}}}

    def execution(self, arn):
        return self.states.describe_execution(executionArn=arn)


@pytest.fixture(scope="module")
def pipeline(server, client):
    import time

    def wait(function, seconds):
        end = time.monotonic() + seconds
        while True:
            answer = function()
            if answer:
                return answer
            assert time.monotonic() < end, f"not within {seconds} s"
            time.sleep(0.05)
    return Pipeline(server, client, wait)


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width, height, more=b""):
    rows = (b"\0" + b"\xff" * width) * height
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)) + more +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


SMALL = png(200, 100)  # without text: what is not about text need not wait for it


def test_a_whole_job(pipeline):
    digest = base64.b64encode(hashlib.sha256(PAGE).digest()).decode()
    job = pipeline.create(content_length=len(PAGE), checksum_sha256=digest)
    assert job["status"] == "upload_pending" and job["image_key"] == f"uploads/{job['job_id']}.png"
    assert job["upload"]["headers"] == {"Content-Type": "image/png", "If-None-Match": "*", "Content-Length": str(len(PAGE)),
                                        "x-amz-checksum-sha256": digest}
    assert pipeline.upload(job, PAGE) == 200
    done = pipeline.finished(job)
    assert done["status"] == "succeeded", done
    assert done["image"]["bytes"] == len(PAGE) and done["image"]["width"] > 0 and done["image"]["etag"] == hashlib.md5(PAGE).hexdigest()
    result = done["result"]
    assert result["lines"] > 0 and result["words"] >= result["lines"] and 0 < result["mean_confidence"] <= 100
    assert result["text"].strip() and result["text_truncated"] is False and result["duration_ms"] >= 0
    status, image, headers = http("GET", result["processed_url"])
    assert status == 200 and image.startswith(b"\x89PNG\r\n\x1a\n") and headers["content-type"] == "image/png"
    assert http("GET", result["text_url"])[1].decode() == result["text"]
    document = json.loads(http("GET", result["json_url"])[1])
    assert len(document["lines"]) == result["lines"] and len(document["words"]) == result["words"]
    assert all(len(line["polygon"]) == 4 for line in document["lines"])
    # The execution's last step tells the bus, when the job has its result already.
    pipeline.wait_for(lambda: pipeline.execution(done["execution_arn"])["status"] == "SUCCEEDED", 20)


def test_no_text_in_the_history(pipeline):
    done = pipeline.run(PAGE)
    history = json.dumps(pipeline.states.get_execution_history(executionArn=done["execution_arn"], maxResults=1000)["events"], default=str)
    words = [word for word in done["result"]["text"].split() if len(word) > 5]
    assert words and not any(word in history for word in words)


def test_metadata_is_dropped(pipeline):
    content = png(200, 100, chunk(b"tEXt", b"Comment\0hidden words"))
    done = pipeline.run(content)
    assert done["status"] == "succeeded", done
    assert b"hidden" not in http("GET", done["result"]["processed_url"])[1]
    assert done["result"]["lines"] == 0 and done["result"]["text"] == ""


def test_the_upload_is_bound_to_what_was_signed(pipeline):
    job = pipeline.create(content_length=len(SMALL))
    assert pipeline.upload(job, SMALL + b"x", **{"Content-Length": str(len(SMALL) + 1)}) == 403
    assert pipeline.upload(job, SMALL, **{"Content-Type": "image/jpeg"}) == 403
    assert http("PUT", job["upload"]["url"].replace("X-Amz-Expires=9", "X-Amz-Expires=8"), SMALL, job["upload"]["headers"])[0] == 403
    assert pipeline.upload(job, SMALL) == 200
    assert pipeline.upload(job, SMALL) == 412
    assert pipeline.finished(job)["status"] == "succeeded"
    wrong = pipeline.create(checksum_sha256=base64.b64encode(hashlib.sha256(b"other").digest()).decode())
    assert pipeline.upload(wrong, SMALL) == 400


@pytest.mark.parametrize("content, code", [
    pytest.param((SAMPLES / "not-a-png.png").read_bytes(), "NotPng", id="a JPEG"),
    pytest.param((SAMPLES / "truncated.png").read_bytes(), "CorruptImage", id="truncated"),
    pytest.param((SAMPLES / "bomb.png").read_bytes(), "ImageTooLarge", id="bomb"),
    pytest.param(b"", "NotPng", id="empty"),
    pytest.param(b"short", "NotPng", id="short"),
    pytest.param(png(79, 100), "ImageTooSmall", id="too narrow"),
    pytest.param(png(10001, 80), "ImageTooLarge", id="too wide"),
    pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * (15 * 1024 * 1024), "ImageTooLarge", id="too many bytes"),
])
def test_a_clients_fault(pipeline, content, code):
    job = pipeline.run(content)
    assert job["status"] == "failed" and job["error"]["message"], job
    assert job["error"]["code"] == code
    assert "result" not in job
    pipeline.wait_for(lambda: pipeline.execution(job["execution_arn"])["status"] == "SUCCEEDED", 20)


def test_the_same_event_again(pipeline):
    done = pipeline.run(SMALL)
    event = pipeline.execution(done["execution_arn"])["input"]
    again = [pipeline.states.start_execution(stateMachineArn=pipeline.info["state_machine_arn"], input=event)["executionArn"]
             for _ in range(3)]
    for arn in again:
        pipeline.wait_for(lambda arn=arn: pipeline.execution(arn)["status"] == "SUCCEEDED", 20)
    now = pipeline.get(done)
    for name in ("status", "updated_at", "execution_arn", "image"):
        assert now[name] == done[name]


def test_an_event_for_no_job_ends_quietly(pipeline):
    event = pipeline.event_of({"image_key": f"uploads/{uuid.uuid4()}.png"}, SMALL)
    arn = pipeline.states.start_execution(stateMachineArn=pipeline.info["state_machine_arn"], input=json.dumps(event))["executionArn"]
    pipeline.wait_for(lambda: pipeline.execution(arn)["status"] == "SUCCEEDED", 20)


def test_a_lost_reply_to_claim_job(pipeline):
    """The claim was written, its reply was lost: the same execution's second try is no duplicate."""
    with pipeline.without_upload_events():
        job = pipeline.create()
        assert pipeline.upload(job, SMALL) == 200
    name = f"claim-{uuid.uuid4()}"
    arn = pipeline.info["state_machine_arn"].replace(":stateMachine:", ":execution:") + ":" + name
    pipeline.set(job, status="processing", execution_arn=arn)
    started = pipeline.states.start_execution(stateMachineArn=pipeline.info["state_machine_arn"], name=name,
                                              input=json.dumps(pipeline.event_of(job, SMALL)))
    assert started["executionArn"] == arn
    done = pipeline.finished(job)
    assert done["status"] == "succeeded" and done["execution_arn"] == arn


def test_a_job_of_another_execution_is_left_alone(pipeline):
    with pipeline.without_upload_events():
        job = pipeline.create()
        assert pipeline.upload(job, SMALL) == 200
    other = pipeline.info["state_machine_arn"].replace(":stateMachine:", ":execution:") + ":other"
    pipeline.set(job, status="processing", execution_arn=other)
    arn = pipeline.states.start_execution(stateMachineArn=pipeline.info["state_machine_arn"],
                                          input=json.dumps(pipeline.event_of(job, SMALL)))["executionArn"]
    pipeline.wait_for(lambda: pipeline.execution(arn)["status"] == "SUCCEEDED", 20)
    now = pipeline.get(job)
    assert now["status"] == "processing" and now["execution_arn"] == other


@pytest.fixture
def throttled(pipeline):
    """inspect-image has no concurrency: executions stay in its retries."""
    pipeline.lambda_.put_function_concurrency(FunctionName="gleaner-inspect-image", ReservedConcurrentExecutions=0)
    yield
    pipeline.lambda_.delete_function_concurrency(FunctionName="gleaner-inspect-image")


def processing(pipeline):
    job = pipeline.create()
    assert pipeline.upload(job, SMALL) == 200
    return pipeline.wait_for(lambda: (lambda now: now if now["status"] == "processing" else None)(pipeline.get(job)), 20)


def test_throttling_is_waited_out(pipeline, throttled):
    job = processing(pipeline)
    pipeline.lambda_.delete_function_concurrency(FunctionName="gleaner-inspect-image")
    assert pipeline.finished(job)["status"] == "succeeded"


def test_stopped_by_hand(pipeline, throttled):
    job = processing(pipeline)
    assert pipeline.call("DELETE", f"/jobs/{job['job_id']}")[0] == 409
    pipeline.states.stop_execution(executionArn=job["execution_arn"])
    done = pipeline.finished(job)
    assert done["status"] == "failed" and done["error"]["code"] == "Stopped"


def test_an_upload_that_never_comes(pipeline):
    job = pipeline.create()
    assert pipeline.get(job)["status"] == "upload_pending"
    pipeline.set(job, upload_expires_at="2020-01-01T00:00:00.000Z")
    assert pipeline.sweep()["expired"] >= 1
    assert pipeline.get(job)["status"] == "expired"
    assert pipeline.sweep()["expired"] == 0


def test_an_upload_whose_event_was_lost(pipeline):
    with pipeline.without_upload_events():
        job = pipeline.create()
        assert pipeline.upload(job, SMALL) == 200
    pipeline.set(job, upload_expires_at="2020-01-01T00:00:00.000Z")
    assert pipeline.sweep()["started"] == 1
    assert pipeline.finished(job)["status"] == "succeeded"


def test_a_job_whose_execution_is_gone(pipeline):
    job = pipeline.create()
    gone = pipeline.info["state_machine_arn"].replace(":stateMachine:", ":execution:") + ":gone"
    pipeline.set(job, status="processing", execution_arn=gone, updated_at="2020-01-01T00:00:00.000Z")
    assert pipeline.sweep()["failed"] == 1
    done = pipeline.get(job)
    assert done["status"] == "failed" and done["error"]["code"] == "Internal"


def test_terminal_events_are_published(pipeline, client):
    """A second state machine listens on the bus; what it is started with are the events."""
    states, events = client("stepfunctions"), client("events")
    role = client("iam").get_role(RoleName="gleaner-start-execution")["Role"]["Arn"]
    listener = states.create_state_machine(
        name="listener", roleArn=role, definition=json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}))["stateMachineArn"]
    client("iam").put_role_policy(RoleName="gleaner-start-execution", PolicyName="listener", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "states:StartExecution", "Resource": listener}]}))
    events.put_rule(Name="listener", EventPattern=json.dumps({"source": ["gleaner"]}))
    events.put_targets(Rule="listener", Targets=[{"Id": "listener", "Arn": listener, "RoleArn": role}])
    try:
        good, bad, never = pipeline.run(SMALL), pipeline.run(b"no png at all"), pipeline.create()
        pipeline.set(never, upload_expires_at="2020-01-01T00:00:00.000Z")
        pipeline.sweep()

        def heard():
            inputs = [json.loads(pipeline.execution(e["executionArn"])["input"])
                      for e in states.list_executions(stateMachineArn=listener)["executions"]]
            return {i["detail"]["job_id"]: i for i in inputs}
        wanted = {good["job_id"]: "Job Succeeded", bad["job_id"]: "Job Failed", never["job_id"]: "Job Expired"}
        pipeline.wait_for(lambda: wanted.keys() <= heard().keys(), 20)
        told = heard()
        assert {job: told[job]["detail-type"] for job in wanted} == wanted
        assert told[good["job_id"]]["detail"]["words"] == good["result"]["words"]
        assert told[bad["job_id"]]["detail"]["error"]["code"] == "NotPng"
        assert "text" not in json.dumps(told[good["job_id"]]["detail"])
    finally:
        events.remove_targets(Rule="listener", Ids=["listener"])
        events.delete_rule(Name="listener")
        client("iam").delete_role_policy(RoleName="gleaner-start-execution", PolicyName="listener")
        states.delete_state_machine(stateMachineArn=listener)


def test_idempotency_key(pipeline):
    key = str(uuid.uuid4())
    status, first = pipeline.call("POST", "/jobs", {"content_length": len(SMALL)}, Idempotency_Key=key)
    assert status == 201
    status, again = pipeline.call("POST", "/jobs", {"content_length": len(SMALL)}, Idempotency_Key=key)
    assert status == 201 and again["job_id"] == first["job_id"] and again["upload"]["expires_at"] == first["upload"]["expires_at"]
    status, refused = pipeline.call("POST", "/jobs", {"content_length": 5}, Idempotency_Key=key)
    assert status == 409 and refused["error"]["code"] == "IdempotencyKeyReused"
    assert pipeline.upload(again, SMALL) == 200
    pipeline.finished(first)
    status, done = pipeline.call("POST", "/jobs", {"content_length": len(SMALL)}, Idempotency_Key=key)
    assert status == 201 and done["job_id"] == first["job_id"] and "upload" not in done
    assert pipeline.call("DELETE", f"/jobs/{first['job_id']}")[0] == 204
    status, new = pipeline.call("POST", "/jobs", {"content_length": len(SMALL)}, Idempotency_Key=key)
    assert status == 201 and new["job_id"] != first["job_id"]


@pytest.mark.parametrize("body", [{"content_length": 0}, {"content_length": 15728641}, {"content_length": "5"},
                                  {"checksum_sha256": "abc"}, {"unknown": 1}, []])
def test_create_refuses(pipeline, body):
    status, answer = pipeline.call("POST", "/jobs", body)
    assert status == 400 and answer["error"]["code"] == "InvalidRequest"


def test_list(pipeline):
    made = {pipeline.create()["job_id"] for _ in range(5)}
    seen, cursor, pages = [], "", 0
    while True:
        status, page = pipeline.call("GET", "/jobs?status=upload_pending&limit=2" + (f"&cursor={cursor}" if cursor else ""))
        assert status == 200 and len(page["jobs"]) <= 2
        seen += page["jobs"]
        pages += 1
        cursor = page.get("cursor")
        if not cursor:
            break
    ids = [job["job_id"] for job in seen]
    assert made <= set(ids) and len(ids) == len(set(ids)) and pages >= 3
    assert [job["created_at"] for job in seen] == sorted((job["created_at"] for job in seen), reverse=True)
    assert all("result" not in job and job["status"] == "upload_pending" for job in seen)


@pytest.mark.parametrize("query", ["", "?status=done", "?status=failed&limit=0", "?status=failed&limit=101", "?status=failed&limit=x",
                                   "?status=failed&cursor=nonsense"])
def test_list_refuses(pipeline, query):
    status, answer = pipeline.call("GET", "/jobs" + query)
    assert status == 400 and answer["error"]["code"] == "InvalidRequest"


def test_delete(pipeline):
    done = pipeline.run(SMALL)
    assert pipeline.call("DELETE", f"/jobs/{done['job_id']}") == (204, None)
    assert pipeline.call("GET", f"/jobs/{done['job_id']}")[0] == 404
    for bucket in ("source_bucket", "processed_bucket"):
        listed = pipeline.s3.list_objects_v2(Bucket=pipeline.info[bucket])
        assert not [o["Key"] for o in listed.get("Contents", []) if done["job_id"] in o["Key"]]
    assert pipeline.call("DELETE", f"/jobs/{done['job_id']}")[0] == 404
    pending = pipeline.create()
    assert pipeline.call("DELETE", f"/jobs/{pending['job_id']}")[0] == 204


@pytest.mark.parametrize("method, path, error", [
    ("GET", f"/jobs/{uuid.uuid4()}", "JobNotFound"), ("GET", "/jobs/no-uuid", "JobNotFound"), ("DELETE", f"/jobs/{uuid.uuid4()}", "JobNotFound"),
])
def test_not_found(pipeline, method, path, error):
    status, answer = pipeline.call(method, path)
    assert status == 404 and answer["error"]["code"] == error


def test_the_gateways_own_not_found(pipeline):
    assert pipeline.call("GET", "/nothing") == (404, {"message": "Not Found"})
    assert pipeline.call("PUT", "/jobs", {})[0] == 404


def test_fifty_jobs_at_once(pipeline):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(16) as threads:
        jobs = list(threads.map(lambda _: pipeline.create(), range(50)))
        assert set(threads.map(lambda job: pipeline.upload(job, SMALL), jobs)) == {200}
        done = list(threads.map(lambda job: pipeline.finished(job, 120), jobs))
    assert {job["status"] for job in done} == {"succeeded"}, [job.get("error") for job in done]
