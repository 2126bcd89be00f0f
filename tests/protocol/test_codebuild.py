# SPDX-License-Identifier: Apache-2.0
"""CodeBuild by boto3 against the real server: projects, and builds that run."""
import io
import json
import time
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/codebuild-tests"


@pytest.fixture
def cb(client):
    return client("codebuild")


@pytest.fixture
def build_role(client):
    try:
        iam = client("iam")
        iam.create_role(RoleName="codebuild-tests", AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
        iam.put_role_policy(RoleName="codebuild-tests", PolicyName="all", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*"}]}))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("EntityAlreadyExists",):
            raise
    return ROLE


@pytest.fixture
def make(cb, build_role):
    names = []

    def create(buildspec=None, **settings):
        name = "test-" + uuid.uuid4().hex[:10]
        settings = {"source": {"type": "NO_SOURCE", "buildspec": buildspec or "version: 0.2\nphases:\n  build:\n    commands:\n      - 'true'\n"},
                    "artifacts": {"type": "NO_ARTIFACTS"}, "serviceRole": build_role,
                    "environment": {"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0",
                                    "computeType": "BUILD_GENERAL1_SMALL"}} | settings
        project = cb.create_project(name=name, **settings)["project"]
        names.append(name)
        return project

    yield create
    for name in names:
        cb.delete_project(name=name)


def wait(cb, build_id, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        build = cb.batch_get_builds(ids=[build_id])["builds"][0]
        if build["buildComplete"]:
            return build
        time.sleep(0.05)
    raise AssertionError(f"the build does not end: {build}")


def run(cb, project, **settings):
    return wait(cb, cb.start_build(projectName=project["name"], **settings)["build"]["id"])


def statuses(build):
    return {p["phaseType"]: p.get("phaseStatus") for p in build["phases"]}


def context(build, phase):
    return next(p for p in build["phases"] if p["phaseType"] == phase)["contexts"][0]


def log_of(client, build):
    """The lines come in batches."""
    logs = client("logs")
    for _ in range(100):
        try:
            events = logs.get_log_events(logGroupName=build["logs"]["groupName"], logStreamName=build["logs"]["streamName"],
                                         startFromHead=True)["events"]
        except ClientError:
            events = []
        lines = [e["message"] for e in events]
        if any("Phase complete: FINALIZING" in line for line in lines):
            return lines
        time.sleep(0.05)
    raise AssertionError(f"the log is not complete: {lines}")


# ---- projects ----


def test_project(cb, make):
    project = make(description="one", tags=[{"key": "a", "value": "1"}], timeoutInMinutes=30)
    arn = f"arn:aws:codebuild:us-east-1:000000000000:project/{project['name']}"
    assert project["arn"] == arn and project["timeoutInMinutes"] == 30 and project["queuedTimeoutInMinutes"] == 480
    assert project["badge"] == {"badgeEnabled": False} and project["encryptionKey"].endswith(":alias/aws/s3")
    assert project["environment"]["imagePullCredentialsType"] == "CODEBUILD" and project["environment"]["privilegedMode"] is False
    got = cb.batch_get_projects(names=[arn, "not-there"])
    assert got["projects"] == [project] and got["projectsNotFound"] == ["not-there"]
    assert project["name"] in cb.list_projects()["projects"]
    changed = cb.update_project(name=project["name"], description="two", tags=[])["project"]
    assert changed["description"] == "two" and changed["tags"] == [] and changed["timeoutInMinutes"] == 30
    with pytest.raises(ClientError) as e:
        cb.create_project(name=project["name"], source=project["source"], artifacts=project["artifacts"], serviceRole=ROLE,
                          environment={"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"})
    assert e.value.response["Error"]["Code"] == "ResourceAlreadyExistsException"
    cb.delete_project(name=arn)
    assert cb.batch_get_projects(names=[arn])["projectsNotFound"] == [arn]
    with pytest.raises(ClientError) as e:
        cb.start_build(projectName=project["name"])
    assert e.value.response["Error"]["Code"] == "ResourceNotFoundException"


# ---- builds ----


def test_phases_and_variables(cb, make, client, server):
    project = make("""
version: 0.2
env:
  variables:
    FROM_SPEC: spec
    BOTH: spec
  exported-variables:
    - RESULT
phases:
  install:
    runtime-versions:
      python: 3.11
    commands:
      - echo "installing $FROM_SPEC $BOTH $OVER $CODEBUILD_BUILD_NUMBER"
      - mkdir -p deep/er && cd deep/er
      - export KEPT="kept value"
  pre_build:
    commands:
      - echo "in $(basename $PWD) with $KEPT"
  build:
    commands:
      - |
        for i in 1 2 3; do
          echo "line $i"
        done
      - export RESULT="the result $AWS_DEFAULT_REGION"
      - test -n "$AWS_ACCESS_KEY_ID" && echo "endpoint $AWS_ENDPOINT_URL"
    finally:
      - echo "always $CODEBUILD_BUILD_SUCCEEDING"
  post_build:
    commands:
      - echo done
""", environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL", "environmentVariables": [
        {"name": "BOTH", "value": "project"}, {"name": "OVER", "value": "project"}]})
    build = run(cb, project, environmentVariablesOverride=[{"name": "OVER", "value": "request"}])
    assert build["buildStatus"] == "SUCCEEDED" and build["currentPhase"] == "COMPLETED" and build["buildNumber"] == 1
    assert statuses(build) == {"SUBMITTED": "SUCCEEDED", "QUEUED": "SUCCEEDED", "PROVISIONING": "SUCCEEDED", "DOWNLOAD_SOURCE": "SUCCEEDED",
                               "INSTALL": "SUCCEEDED", "PRE_BUILD": "SUCCEEDED", "BUILD": "SUCCEEDED", "POST_BUILD": "SUCCEEDED",
                               "UPLOAD_ARTIFACTS": "SUCCEEDED", "FINALIZING": "SUCCEEDED", "COMPLETED": None}
    assert build["exportedEnvironmentVariables"] == [{"name": "RESULT", "value": "the result us-east-1"}]
    assert build["logs"]["groupName"] == f"/aws/codebuild/{project['name']}"
    lines = log_of(client, build)
    for line in ("installing spec project request 1", "in er with kept value", "line 3", f"endpoint {server.endpoint}", "always 1", "done"):
        assert line in lines, (line, lines)
    assert any("Running command echo done" in line for line in lines)
    second = run(cb, project)
    assert second["buildNumber"] == 2
    assert cb.list_builds_for_project(projectName=project["name"])["ids"] == [second["id"], build["id"]]


@pytest.mark.parametrize("phase,ran", [
    ("install", ["INSTALL", "FINALIZING"]), ("pre_build", ["INSTALL", "PRE_BUILD", "FINALIZING"]),
    ("build", ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "FINALIZING"]),
])
def test_a_phase_fails(cb, make, client, phase, ran):
    project = make(f"""
version: 0.2
phases:
  {phase}:
    commands: [ "echo before", "exit 3", "echo after" ]
    finally: [ "echo finally" ]
""")
    build = run(cb, project)
    assert build["buildStatus"] == "FAILED"
    assert [p for p in statuses(build) if p in ("INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING")] == ran
    assert statuses(build)[phase.upper()] == "FAILED"
    assert context(build, phase.upper()) == {"statusCode": "COMMAND_EXECUTION_ERROR",
                                             "message": "Error while executing command: exit 3. Reason: exit status 3"}
    lines = log_of(client, build)
    assert "before" in lines and "finally" in lines and "after" not in lines


def test_empty_lines_are_logged(cb, make, client):
    """As a line feed: CloudWatch Logs takes no empty message."""
    lines = log_of(client, run(cb, make("version: 0.2\nphases:\n  build:\n    commands: [ \"printf 'one\\n\\n\\ntwo\\n'\" ]\n")))
    first = lines.index("one")
    assert lines[first:first + 4] == ["one", "\n", "\n", "two"]


@pytest.mark.parametrize("missing", ["logs:CreateLogStream", "logs:PutLogEvents"])
def test_a_role_that_may_not_log(cb, make, client, missing):
    iam, name = client("iam"), "mute-" + uuid.uuid4().hex[:10]
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"}, {"Effect": "Deny", "Action": missing, "Resource": "*"}]}))
    project = make(serviceRole=role)
    build = run(cb, project)
    assert build["buildStatus"] == "FAILED" and list(statuses(build))[-3:] == ["PROVISIONING", "FINALIZING", "COMPLETED"]
    told = context(build, "PROVISIONING")
    assert told["statusCode"] == "ACCESS_DENIED"
    assert f"Service role {role} does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams for build {build['arn']}" in told["message"]
    assert f"is not authorized to perform: {missing} on resource: arn:aws:logs:us-east-1:000000000000:log-group:/aws/codebuild/{project['name']}" in told["message"]
    assert not client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/codebuild/{project['name']}")["logGroups"]


def test_on_failure_continue(cb, make):
    build = run(cb, make("version: 0.2\nphases:\n  install:\n    on-failure: CONTINUE\n    commands: [ 'false' ]\n  build:\n    commands: [ 'true' ]\n"))
    assert build["buildStatus"] == "FAILED" and statuses(build)["INSTALL"] == "FAILED" and statuses(build)["BUILD"] == "SUCCEEDED"


@pytest.mark.parametrize("spec,message", [
    ("version: 0.1\nphases: {}\n", "the version must be 0.2"),
    ("version: 0.2\nphases:\n  build:\n    commands: echo\n", "commands must be a list"),
    ("version: 0.2\nphases:\n  biuld:\n    commands: []\n", "biuld in phases is unknown"),
    ("version: 0.2\nphases: [\n", "line"),
    ("version: 0.2\na: &x 1\nb: *x\n", "aliases are not offered"),
])
def test_bad_buildspecs(cb, make, spec, message):
    build = run(cb, make(spec))
    assert build["buildStatus"] == "FAILED" and statuses(build)["DOWNLOAD_SOURCE"] == "FAILED"
    assert context(build, "DOWNLOAD_SOURCE")["statusCode"] == "YAML_FILE_ERROR" and message in context(build, "DOWNLOAD_SOURCE")["message"]


def test_stop(cb, make):
    project = make("version: 0.2\nphases:\n  build:\n    commands: [ 'sleep 1000 & sleep 1000' ]\n  post_build:\n    commands: [ 'true' ]\n")
    started = cb.start_build(projectName=project["name"])["build"]
    assert started["buildStatus"] == "IN_PROGRESS" and not started["buildComplete"]
    while cb.batch_get_builds(ids=[started["id"]])["builds"][0]["currentPhase"] != "BUILD":
        time.sleep(0.05)
    cb.stop_build(id=started["id"])
    build = wait(cb, started["id"], 10)
    assert build["buildStatus"] == "STOPPED" and statuses(build)["BUILD"] == "STOPPED" and "POST_BUILD" not in statuses(build)
    assert cb.stop_build(id=started["id"])["build"]["buildStatus"] == "STOPPED"
    with pytest.raises(ClientError) as e:
        cb.stop_build(id=project["name"] + ":" + str(uuid.uuid4()))
    assert e.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_killed_process(cb, make):
    build = run(cb, make("version: 0.2\nphases:\n  build:\n    commands: [ 'kill -KILL $PPID $$; sleep 5' ]\n"))
    assert build["buildStatus"] == "FAILED" and statuses(build)["BUILD"] == "FAILED"


def test_idempotency_token(cb, make):
    project, token = make(), uuid.uuid4().hex
    first = cb.start_build(projectName=project["name"], idempotencyToken=token)["build"]
    assert cb.start_build(projectName=project["name"], idempotencyToken=token)["build"]["id"] == first["id"]
    assert cb.start_build(projectName=project["name"], idempotencyToken=token + "x")["build"]["id"] != first["id"]
    wait(cb, first["id"])


def test_source_and_artifacts(cb, make, client):
    s3, bucket = client("s3"), "builds-" + uuid.uuid4().hex[:10]
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def put(text):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as z:
            z.writestr("ci/spec.yml", """
version: 0.2
phases:
  build:
    commands:
      - mkdir -p out/sub && cp input.txt out/sub/copy.txt && echo two > out/second.log && ln -s /etc/passwd out/link
artifacts:
  base-directory: out
  files: [ '**/*' ]
  exclude-paths: [ '*.log' ]
""")
            z.writestr("input.txt", text)
        return s3.put_object(Bucket=bucket, Key="source.zip", Body=out.getvalue())["VersionId"]

    first = put("first")
    put("second")
    source = {"type": "S3", "location": f"{bucket}/source.zip", "buildspec": "ci/spec.yml"}
    project = make(source=source, artifacts={"type": "S3", "location": bucket, "path": "results", "name": "a.zip", "packaging": "ZIP",
                                             "namespaceType": "BUILD_ID"})
    build = run(cb, project, sourceVersion=first)
    assert build["buildStatus"] == "SUCCEEDED", build["phases"]
    key = f"results/{build['id'].split(':')[1]}/a.zip"
    assert build["artifacts"]["location"] == f"arn:aws:s3:::{bucket}/{key}"
    with zipfile.ZipFile(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read())) as z:
        assert z.namelist() == ["sub/copy.txt"] and z.read("sub/copy.txt") == b"first"
    plain = make(source=source, artifacts={"type": "S3", "location": bucket, "name": "plain", "packaging": "NONE"})
    assert run(cb, plain)["buildStatus"] == "SUCCEEDED"
    assert s3.get_object(Bucket=bucket, Key="plain/sub/copy.txt")["Body"].read() == b"second"
    missing = make(source={"type": "S3", "location": f"{bucket}/none.zip"})
    build = run(cb, missing)
    assert build["buildStatus"] == "FAILED" and "NoSuchKey" in context(build, "DOWNLOAD_SOURCE")["message"]


def test_builds_are_confined(cb, make, client, server):
    project = make(f"""
version: 0.2
phases:
  build:
    commands:
      - "cat {server.data}/credentials || echo refused-credentials"
      - "ls {server.data} || echo refused-data"
      - "touch /codebuild/command || echo refused-command"
      - "mv /codebuild/state /codebuild/other || echo refused-state"
      - "touch /usr/here || echo refused-usr"
      - "id -u"
""")
    build = run(cb, project)
    lines = log_of(client, build)
    for line in ("refused-credentials", "refused-data", "refused-command", "refused-state", "refused-usr"):
        assert line in lines, lines
    assert "0" not in lines


def test_much_output(cb, make):
    build = run(cb, make("version: 0.2\nphases:\n  build:\n    commands: [ 'yes 0123456789012345678901234567890123456789 | head -c 20000000' ]\n"))
    assert build["buildStatus"] == "SUCCEEDED"


def test_what_is_not_offered_says_so(cb, make):
    for settings in ({"source": {"type": "GITHUB", "location": "https://example.com/x.git"}},
                     {"environment": {"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL", "environmentVariables": [
                         {"name": "X", "value": "y", "type": "PARAMETER_STORE"}]}}):
        with pytest.raises(ClientError) as e:
            cb.start_build(projectName=make(**settings)["name"])
        assert e.value.response["Error"]["Code"] == "InvalidInputException" and "This server" in str(e.value)
