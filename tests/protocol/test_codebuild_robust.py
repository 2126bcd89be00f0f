# SPDX-License-Identifier: Apache-2.0
"""Builds that misbehave, a server that dies under them, and who may start what."""
import json
import pathlib
import time
import uuid

import pytest
from botocore.exceptions import ClientError

MINUTE_MS = 300  # a build's shortest timeout, five minutes, is a second and a half here


class Builds:
    """One server's CodeBuild with a role, and projects that are one command."""

    def __init__(self, server):
        self.server = server
        self.cb = server.client("codebuild")
        self.logs = server.client("logs")
        iam = server.client("iam")
        self.role = iam.create_role(RoleName="builds", AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
        iam.put_role_policy(RoleName="builds", PolicyName="all", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*"}]}))

    def project(self, *commands, **settings):
        name = "p-" + uuid.uuid4().hex[:8]
        spec = json.dumps({"version": 0.2, "phases": {"build": {"commands": list(commands)}}}, indent=1)
        self.cb.create_project(name=name, source={"type": "NO_SOURCE", "buildspec": spec}, artifacts={"type": "NO_ARTIFACTS"},
                               serviceRole=self.role, **{"timeoutInMinutes": 480, "environment": {
                                   "type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"}, **settings})
        return name

    def start(self, *commands, **settings):
        return self.cb.start_build(projectName=self.project(*commands, **settings))["build"]["id"]

    def get(self, build_id):
        return self.cb.batch_get_builds(ids=[build_id])["builds"][0]

    def wait(self, build_id, seconds=60):
        return self.until(build_id, lambda build: build["buildComplete"], seconds)

    def until(self, build_id, true, seconds=60):
        end = time.monotonic() + seconds
        while not true(build := self.get(build_id)):
            assert time.monotonic() < end, f"not within {seconds} s: {build}"
            time.sleep(0.05)
        return build

    def wait_phase(self, build_id, phase):
        return self.until(build_id, lambda build: build["currentPhase"] == phase or build["buildComplete"])

    def messages(self, build):
        """Every line of the log, once its last has been written."""
        where = {"logGroupName": build["logs"]["groupName"], "logStreamName": build["logs"]["streamName"], "startFromHead": True}
        end = time.monotonic() + 60
        lines, token = [], None
        while not any("Phase complete: FINALIZING" in line for line in lines[-10:]):
            assert time.monotonic() < end, lines[-10:]
            try:
                page = self.logs.get_log_events(**where, **({"nextToken": token} if token else {}))
            except self.logs.exceptions.ResourceNotFoundException:  # the first lines make the group, a moment later
                time.sleep(0.05)
                continue
            lines += [event["message"] for event in page["events"]]
            if not page["events"]:
                time.sleep(0.05)
            token = page["nextForwardToken"]
        return lines


@pytest.fixture
def builds(fresh_server):
    return Builds(fresh_server("--bare", "--codebuild-minute-ms", str(MINUTE_MS)))


def phase(build, name):
    return next(p for p in build["phases"] if p["phaseType"] == name)


def processes_with(marker):
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            pass
    return found


# ---- builds that do not end ----


def test_a_hanging_build_times_out_with_all_its_children(builds):
    marker = f"9{time.time_ns() % 10**9}.5"
    build_id = builds.start(
        "trap '' TERM INT HUP",
        f"(trap '' TERM; setsid sleep {marker} </dev/null >/dev/null 2>&1 & ) ; nohup sleep {marker} & trap '' TERM; sleep {marker}",
        timeoutInMinutes=5)
    builds.wait_phase(build_id, "BUILD")
    end = time.monotonic() + 10
    while len(processes_with(marker)) < 3 and time.monotonic() < end:
        time.sleep(0.02)
    assert len(processes_with(marker)) >= 3, "the test's own processes never ran"
    build = builds.wait(build_id, 20)
    assert build["buildStatus"] == "TIMED_OUT" and phase(build, "BUILD")["phaseStatus"] == "TIMED_OUT"
    assert not processes_with(marker)


def test_builds_wait_for_their_turn(builds):
    marker = f"8{time.time_ns() % 10**9}.5"
    running = [builds.start(f"sleep {marker}") for _ in range(4)]
    for build_id in running:
        assert builds.wait_phase(build_id, "BUILD")["currentPhase"] == "BUILD"
    late = builds.start("true", queuedTimeoutInMinutes=5)
    stopped = builds.start("true")
    waiting = builds.start("echo my turn")
    builds.cb.stop_build(id=stopped)
    build = builds.wait(stopped, 10)
    assert build["buildStatus"] == "STOPPED" and phase(build, "QUEUED")["phaseStatus"] == "STOPPED"
    build = builds.wait(late, 20)
    assert build["buildStatus"] == "TIMED_OUT" and phase(build, "QUEUED")["phaseStatus"] == "TIMED_OUT"
    assert builds.get(waiting)["currentPhase"] == "QUEUED"
    for build_id in running:
        builds.cb.stop_build(id=build_id)
    assert builds.wait(waiting)["buildStatus"] == "SUCCEEDED"
    assert {builds.wait(build_id)["buildStatus"] for build_id in running} == {"STOPPED"}
    assert not processes_with(marker)


# ---- builds that print ----


def resident_kib(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def test_100_megabytes_of_output(builds):
    """All of it is kept, in order; the server's memory is bounded, and it goes on answering."""
    before = resident_kib(builds.server)
    lines = 100_000
    build_id = builds.start(f"seq -f '%08.0f {'x' * 991}' 1 {lines}", timeoutInMinutes=2160)
    slowest = 0
    while True:
        asked = time.monotonic()
        build = builds.get(build_id)
        slowest = max(slowest, time.monotonic() - asked)
        if build["buildComplete"]:
            break
        time.sleep(0.05)
    assert build["buildStatus"] == "SUCCEEDED", build["phases"]
    assert slowest < 5, "the server did not answer while the build printed"
    assert resident_kib(builds.server) - before < 400 * 1024
    numbers = [int(line[:8]) for line in builds.messages(build) if line.endswith("xxxx")]
    assert numbers == list(range(1, lines + 1))


def test_lines_that_are_none(builds):
    """Megabytes without a newline, no newline at the end, and bytes that are no text."""
    build = builds.wait(builds.start(
        "head -c 3000000 /dev/zero | tr '\\0' y; echo", "head -c 200000 /dev/urandom; echo", "printf 'a\\0b\\377\\376c\\n'",
        "printf 'the end'"))
    assert build["buildStatus"] == "SUCCEEDED", build["phases"]
    messages = builds.messages(build)
    assert sum(message.count("y") for message in messages if set(message) == {"y"}) == 3000000
    assert "the end" in messages


# ---- processes and servers that are killed ----


def test_a_killed_process_is_named(builds):
    build = builds.wait(builds.start("kill -KILL $$"))
    context = phase(build, "BUILD")["contexts"][0]
    assert build["buildStatus"] == "FAILED"
    assert context["statusCode"] == "COMMAND_EXECUTION_ERROR" and "signal: Killed (9)" in context["message"]
    assert any("signal: Killed (9)" in message for message in builds.messages(build))


def test_a_killed_server_leaves_no_build_behind(builds):
    marker = f"7{time.time_ns() % 10**9}.5"
    build_id = builds.start(f"sleep {marker}")
    queued = [builds.start(f"sleep {marker}") for _ in range(4)][-1]
    builds.wait_phase(build_id, "BUILD")
    builds.server.restart()
    build = builds.get(build_id)
    assert build["buildComplete"] and build["buildStatus"] == "FAULT" and phase(build, "BUILD")["phaseStatus"] == "FAULT"
    assert "server ended" in phase(build, "BUILD")["contexts"][0]["message"]
    assert builds.get(queued)["buildStatus"] == "FAULT"
    end = time.monotonic() + 10
    while processes_with(marker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not processes_with(marker)
    assert builds.wait(builds.start("true"))["buildStatus"] == "SUCCEEDED"


# ---- events ----


def test_every_end_is_an_event(builds, wait_for):
    events, group = builds.server.client("events"), "/aws/events/ends"
    arn = f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"
    builds.logs.create_log_group(logGroupName=group)
    builds.logs.put_resource_policy(policyName="events", policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{arn}:*"}]}))
    events.put_rule(Name="ends", EventPattern=json.dumps({
        "source": ["aws.codebuild"], "detail-type": ["CodeBuild Build State Change"], "detail": {"build-status": ["FAILED", "SUCCEEDED"]}}))
    events.put_targets(Rule="ends", Targets=[{"Id": "1", "Arn": arn}])
    ids = {builds.start("true"): "SUCCEEDED", builds.start("false"): "FAILED"}
    seen = {}

    def collect():
        for event in builds.logs.filter_log_events(logGroupName=group)["events"]:
            detail = json.loads(event["message"])["detail"]
            seen[detail["build-id"].split("build/")[1]] = detail["build-status"]
        return len(seen) == 2

    wait_for(collect)
    assert seen == ids


# ---- who may start what ----

NULL_KEYS = ["codebuild:artifacts", "codebuild:environment.computeType", "codebuild:environment.image",
             "codebuild:environment.privilegedMode", "codebuild:environment.type", "codebuild:logsConfig", "codebuild:serviceRole",
             "codebuild:source.buildspec", "codebuild:source.location"]
REPLACED = [
    {"buildspecOverride": "version: 0.2"}, {"sourceLocationOverride": "other/source.zip"}, {"imageOverride": "other"},
    {"serviceRoleOverride": "arn:aws:iam::000000000000:role/other"}, {"environmentTypeOverride": "ARM_CONTAINER"},
    {"computeTypeOverride": "BUILD_GENERAL1_LARGE"}, {"privilegedModeOverride": False}, {"artifactsOverride": {"type": "NO_ARTIFACTS"}},
    {"logsConfigOverride": {"cloudWatchLogs": {"status": "DISABLED"}}},
    {"environmentVariablesOverride": [{"name": "PATH", "value": "/tmp"}]},
    {"environmentVariablesOverride": [{"name": "COMMIT", "value": "a"}, {"name": "TERRAFORM_ROOT", "value": "other"}]},
]


def test_a_start_replaces_nothing_but_named_variables(builds):
    iam = builds.server.client("iam")
    name, other = builds.project("echo \"commit $COMMIT\""), builds.project("true")
    arn = f"arn:aws:codebuild:us-east-1:000000000000:project/{name}"
    iam.create_user(UserName="starter")
    policy = iam.create_policy(PolicyName="start", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["codebuild:StartBuild", "codebuild:BatchGetBuilds", "codebuild:StopBuild"], "Resource": arn},
        *({"Effect": "Deny", "Action": "codebuild:StartBuild", "Resource": arn, "Condition": {"Null": {key: "false"}}} for key in NULL_KEYS),
        {"Effect": "Deny", "Action": "codebuild:StartBuild", "Resource": arn, "Condition": {
            "ForAnyValue:StringNotEquals": {"codebuild:environment.environmentVariables.name": ["COMMIT", "RUN_ID"]}}}]}))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="starter", PolicyArn=policy)
    key = iam.create_access_key(UserName="starter")["AccessKey"]
    starter = builds.server.client("codebuild", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])

    for replaced in REPLACED:
        with pytest.raises(ClientError) as refused:
            starter.start_build(projectName=name, **replaced)
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException", replaced
    started = starter.start_build(projectName=name, environmentVariablesOverride=[{"name": "COMMIT", "value": "abc"}])["build"]
    assert starter.batch_get_builds(ids=[started["id"]])["builds"]
    build = builds.wait(started["id"])
    assert "commit abc" in builds.messages(build)
    assert starter.start_build(projectName=name)["build"]["projectName"] == name
    foreign = builds.cb.start_build(projectName=other)["build"]["id"]
    for call in (lambda: starter.batch_get_builds(ids=[foreign]), lambda: starter.batch_get_builds(ids=[started["id"], foreign]),
                 lambda: starter.stop_build(id=foreign), lambda: starter.start_build(projectName=other)):
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == "AccessDeniedException"


# ---- what a build sees ----


def test_lent_folders(fresh_server, tmp_path):
    tool = tmp_path / "tools" / "mytool"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho the tool ran\n")
    tool.chmod(0o755)
    other = tmp_path / "other"
    other.mkdir()
    (other / "data").write_text("lent data")
    builds = Builds(fresh_server("--bare", "--codebuild-path", str(tool.parent), "--codebuild-path", str(other)))
    build = builds.wait(builds.start("mytool", f"cat {other}/data", f"touch {other}/new || echo refused", "echo \"$GLEANER_BUILD_PATHS\""))
    messages = builds.messages(build)
    for line in ("the tool ran", "lent data", "refused", f"{tool.parent}:{other}"):
        assert line in messages, messages
