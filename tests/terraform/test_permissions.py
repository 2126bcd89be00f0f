# SPDX-License-Identifier: Apache-2.0
"""docs/permissions.md is true: each permission of each role, taken away, is missed exactly as the table says.

Runs on the pipeline that the server itself sets up: its policies are those that Terraform uses, pipeline/functions.json's.
"""
import contextlib
import copy
import json
import re
import time
import uuid

import pytest
from terraform import ROOT

from conftest import load, protocol

NEEDS_TERRAFORM = False
PENDING = ("upload_pending", "processing")
LONG_AGO = "2020-01-01T00:00:00.000Z"

pipeline_tests = load("protocol_pipeline", ROOT / "tests" / "protocol" / "test_pipeline.py")
IMAGE = pipeline_tests.SMALL


def _rows():
    for line in (ROOT / "docs" / "permissions.md").read_text().splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        if len(cells) == 6 and ":" in cells[2]:
            yield cells


ROWS = list(_rows())


def test_the_table_is_complete():
    compute = json.loads((ROOT / "pipeline" / "functions.json").read_text())
    granted = {(role["name"], statement["Sid"], action) for role in [*compute["functions"], *compute["roles"]]
               for statement in role["statements"] for action in statement["Action"]}
    granted |= {(function["name"], statement["Sid"], action) for function in compute["functions"]
                for statement in compute["function_statements"] for action in statement["Action"]}
    listed = [tuple(row[:3]) for row in ROWS]
    assert len(listed) == len(set(listed))
    assert set(listed) == granted


class Scenarios(pipeline_tests.Pipeline):
    """Each makes one call or one job, and answers (what the user sees, the job or None)."""

    def __init__(self, server):
        super().__init__(server, server.client, self.wait)
        self.server = server
        for bucket in (self.info["source_bucket"], self.info["processed_bucket"]):
            self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        self.iam, self.logs = server.client("iam"), server.client("logs")
        self.done = self.run(IMAGE)

    @staticmethod
    def wait(function, seconds):
        end = time.monotonic() + seconds
        while not (answer := function()):
            assert time.monotonic() < end, f"not within {seconds} s"
            time.sleep(0.05)
        return answer

    # ---- what a user does ----

    def create_job(self):
        return self.call("POST", "/jobs", {})[0], None

    def create_again(self):
        key = str(uuid.uuid4())
        assert self.call("POST", "/jobs", {}, Idempotency_Key=key)[0] == 201
        return self.call("POST", "/jobs", {}, Idempotency_Key=key)[0], None

    def upload_image(self):
        job = self.create()
        return self.upload(job, IMAGE), job

    def get_job(self):
        return self.call("GET", f"/jobs/{self.done['job_id']}")[0], self.done

    def download(self):
        urls = re.findall(r'"(http[^"]+X-Amz-Signature[^"]+)"', json.dumps(self.get(self.done)))
        return pipeline_tests.http("GET", urls[0])[0], self.done

    def list_jobs(self):
        return self.call("GET", "/jobs?status=succeeded")[0], None

    def delete_job(self):
        job = self.run(IMAGE)
        return self.call("DELETE", f"/jobs/{job['job_id']}")[0], job

    # ---- what happens to an upload ----

    def image(self):
        return None, self.upload_image()[1]

    def dense_page(self):
        job = self.create()
        self.upload(job, pipeline_tests.PAGE)
        return None, job

    def _silent(self, upload):
        with self.without_upload_events():
            job = self.create()
            if upload:
                assert self.upload(job, IMAGE) == 200
        return job

    def event(self, upload):
        """An event of another making: it has no version id."""
        job = self._silent(upload)
        self.states.start_execution(stateMachineArn=self.info["state_machine_arn"], input=json.dumps(self.event_of(job, IMAGE)))
        return None, job

    def missing_object(self, role):
        """The role's function, asked for an object that is not there: the error that it names."""
        job = self._silent(False)
        image = {"bucket": self.info["source_bucket"], "key": job["image_key"], "bytes": len(IMAGE), "width": 200, "height": 100}
        execution = self.info["state_machine_arn"].replace(":stateMachine:", ":execution:") + ":none"
        payload = {"job_id": job["job_id"], "execution_arn": execution, "started_at": LONG_AGO, "image": image, "extracted": {}}
        reply = self.lambda_.invoke(FunctionName=f"gleaner-{role}", Payload=json.dumps(payload))
        self.forget(job)
        return json.loads(reply["Payload"].read()).get("errorType"), None

    def log(self, role):
        """What a new environment of the role's function logs: the answer to an event that is none is logged too."""
        name, group = f"gleaner-{role}", f"/aws/lambda/gleaner-{role}"
        streams = self.streams(group)
        self.lambda_.update_function_configuration(FunctionName=name, Description=str(uuid.uuid4()))
        self.lambda_.invoke(FunctionName=name, Payload=b"{}")
        return ("lines" if self.streams(group) - streams else "nothing"), None

    def streams(self, group):
        pages = self.logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
        return {stream["logStreamName"] for page in pages for stream in page["logStreams"]}

    # ---- what the sweep finds ----

    def _sweep(self, job, **attributes):
        self.set(job, **attributes)
        self.lambda_.invoke(FunctionName="gleaner-settle-job", Payload=json.dumps({"detail-type": "Scheduled Event"}))
        return None, job

    def never_came(self):
        return self._sweep(self._silent(False), upload_expires_at=LONG_AGO)

    def event_lost(self):
        return self._sweep(self._silent(True), upload_expires_at=LONG_AGO)

    def execution_gone(self):
        gone = self.info["state_machine_arn"].replace(":stateMachine:", ":execution:") + ":gone"
        return self._sweep(self._silent(False), status="processing", execution_arn=gone, updated_at=LONG_AGO)

    # ---- observing ----

    def forget(self, job):
        """So that the next sweep does not meet it again."""
        if job and job is not self.done:
            self.dynamodb.delete_item(TableName=self.info["jobs_table"], Key={"job_id": {"S": job["job_id"]}})

    def outcome(self, job):
        record = self.dynamodb.get_item(TableName=self.info["jobs_table"], Key={"job_id": {"S": job["job_id"]}})["Item"]
        error = record.get("error", {}).get("M", {}).get("code", {}).get("S")
        return record["status"]["S"] + (f": {error}" if error else "")

    @contextlib.contextmanager
    def without(self, role, sid, action):
        name, policy = f"gleaner-{role}", "pipeline"
        document = self.iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        less = copy.deepcopy(document)
        statement = next(s for s in less["Statement"] if s["Sid"] == sid)
        statement["Action"] = [a for a in statement["Action"] if a != action] or ["sts:GetCallerIdentity"]  # a policy may not be empty
        self.iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(less))
        try:
            yield
        finally:
            self.iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))

    def denials(self, since):
        log = (self.server.data / "server.log").read_bytes()[since:].decode(errors="replace")
        return set(re.findall(r"access denied .*?principal=\S*?/gleaner-([a-z-]+)/\S* action=(\S+)", log))

    def log_size(self):
        return (self.server.data / "server.log").stat().st_size


WHEN = {
    "a dense page": Scenarios.dense_page,
    "an event for a missing object": lambda s: s.event(False),
    "an event without a version": lambda s: s.event(True),
    "an image": Scenarios.image,
    "asked for a missing object": Scenarios.missing_object,
    "create": Scenarios.create_job,
    "create again with the same key": Scenarios.create_again,
    "delete": Scenarios.delete_job,
    "download": Scenarios.download,
    "get": Scenarios.get_job,
    "its log": Scenarios.log,
    "list": Scenarios.list_jobs,
    "sweep, the execution is gone": Scenarios.execution_gone,
    "sweep, the upload never came": Scenarios.never_came,
    "sweep, the upload's event was lost": Scenarios.event_lost,
    "upload": Scenarios.upload_image,
}


OF_ONE_FUNCTION = ("asked for a missing object", "its log")


@pytest.fixture(scope="module")
def scenarios():
    server = protocol.Server("--log-level=info")
    try:
        yield Scenarios(server)
    finally:
        protocol._finish(server, False)


def test_a_function_that_may_logs_lines(scenarios):
    """That nothing is logged without the permissions means something."""
    scenarios.wait(lambda: scenarios.log("get-job")[0] == "lines", 30)


@pytest.mark.parametrize("row", [pytest.param(row, id="-".join(row[:3])) for row in ROWS])
def test_what_happens_without(scenarios, row):
    role, sid, action, when, sees, ends = row
    since = scenarios.log_size()
    with scenarios.without(role, sid, action):
        seen, job = WHEN[when](scenarios, *([role] if when in OF_ONE_FUNCTION else []))
        scenarios.wait(lambda: (role, action) in scenarios.denials(since), 10)
        if job and not ends.startswith(PENDING):
            scenarios.wait(lambda: scenarios.outcome(job).startswith(ends), 30)
    denied = scenarios.denials(since)
    found = scenarios.outcome(job) if job else "–"
    scenarios.forget(job)
    assert denied == {(role, action)}
    assert (str(seen) if seen else "–", found) == (sees, ends) or found.startswith(ends + ":")
