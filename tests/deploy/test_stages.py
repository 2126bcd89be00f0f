# SPDX-License-Identifier: Apache-2.0
"""Each stage under the role that GitHub's workflows take, on a root so small that it can be planned many times: what is refused,
what a failure leaves behind, what an interrupt does."""
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import time
import zipfile

import pytest
import terraform
from botocore.exceptions import ClientError
from checkout import Checkout, program_folders
from conftest import ROOT, protocol

# Everything that the deployment proper has around it, and one log group.
SMALL_ROOT = """
module "group" {
  source = "../../modules/pipeline"
}

resource "terraform_data" "package" {
  input = filebase64sha256(var.package)
}

resource "terraform_data" "secret" {
  input = sensitive("hunter2-${terraform_data.package.output}")
}

output "api_endpoint" {
  description = "URL of the API, without a trailing slash."
  value       = "http://127.0.0.1:9/prod"
}
"""
GROUP = """
resource "aws_cloudwatch_log_group" "this" {
  name              = "%s"
  retention_in_days = %d
}
"""
NAME = "/aws/lambda/gleaner-local-small"
BOOTSTRAP = {"environment": "local", "force_destroy": True, "github": {"owner": "example", "owner_id": 11, "repository": "gleaner", "repository_id": 22}}


class Stages:
    """A server with bootstrap applied, a checkout with the small root, and the credentials of GitHub's two roles."""

    def __init__(self, server, scratch):
        self.server = server
        self.scratch = scratch
        self.package = scratch / "package.zip"
        with zipfile.ZipFile(self.package, "w") as archive:
            archive.writestr("bootstrap", "#!/bin/sh\n")
        plain = {key: value for key, value in server.cli_env().items() if key.startswith("AWS_")}
        self.checkout = Checkout(scratch / "checkout", {**plain, "AWS_MAX_ATTEMPTS": "2"})
        # The provider waits a minute for it, and no stage depends on it: test_local.py has it.
        (self.checkout.folder / "infra" / "bootstrap" / "lifecycle.tf").unlink()
        self.bootstrap = terraform.Terraform(self.checkout.folder / "infra" / "bootstrap", scratch, plain, BOOTSTRAP)
        self.bootstrap.init()
        self.bootstrap.apply()
        self.outputs = self.bootstrap.outputs()
        self.bucket = self.outputs["artifacts_bucket"]
        self.s3 = server.client("s3")
        self.cb = server.client("codebuild")
        self.roles = {stage: self.credentials_of(stage) for stage in ("plan", "apply")}
        self.runs = 0
        self.write_root()
        self.checkout.commit("small root")

    def credentials_of(self, stage):
        """What the role of that stage may, without its trust in GitHub, which this server knows nothing about."""
        iam = self.server.client("iam")
        policy = iam.get_role_policy(RoleName=f"gleaner-local-github-{stage}", PolicyName="build")["PolicyDocument"]
        iam.create_user(UserName=stage)
        iam.put_user_policy(UserName=stage, PolicyName="take", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::000000000000:role/as-{stage}"}]}))
        iam.create_role(RoleName=f"as-{stage}", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::000000000000:user/{stage}"}}]}))
        iam.put_role_policy(RoleName=f"as-{stage}", PolicyName="build", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=stage)["AccessKey"]
        sts = self.server.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
        taken = sts.assume_role(RoleArn=f"arn:aws:iam::000000000000:role/as-{stage}", RoleSessionName="run")["Credentials"]
        return {"AWS_ACCESS_KEY_ID": taken["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
                "AWS_SESSION_TOKEN": taken["SessionToken"]}

    def as_role(self, stage, service):
        keys = self.roles[stage]
        return self.server.client(service, aws_access_key_id=keys["AWS_ACCESS_KEY_ID"], aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
                                  aws_session_token=keys["AWS_SESSION_TOKEN"])

    def write_root(self, group=NAME, days=1):
        folder = self.checkout.folder / "infra" / "live" / "local"
        (folder / "main.tf").write_text(SMALL_ROOT)
        (folder / "outputs.tf").unlink(missing_ok=True)
        module = self.checkout.folder / "infra" / "modules" / "pipeline"
        shutil.rmtree(module, ignore_errors=True)
        module.mkdir()
        (module / "main.tf").write_text(GROUP % (group, days))

    # ---- the stages, as the workflows run them ----

    def source(self, expect=0, out="source.json", package=None):
        output = self.checkout.run("ci/source.sh", "--bucket", self.bucket, "--package", f"x86_64={package or self.package}", "--out",
                                   str(self.scratch / out), expect=expect, **self.roles["plan"])
        return json.loads((self.scratch / out).read_text()) if expect == 0 else output

    def plan(self, expect=0, source=None, **variables):
        self.runs += 1
        source = source or self.source()
        folder = self.scratch / f"run-{self.runs}"
        folder.mkdir()
        values = {"COMMIT": source["commit"], "RUN_ID": f"run-{self.runs}", **variables}
        output = self.checkout.run("ci/codebuild-run.sh", "--project", "TerraformPlanBuild", "--source-version", source["version"],
                                   *(word for name, value in values.items() for word in ("--var", f"{name}={value}")),
                                   "--out", str(folder / "build.json"), expect=expect, **self.roles["plan"])
        if expect:
            return output
        self.checkout.run("ci/manifest.sh", "fetch", "--bucket", self.bucket, "--build", str(folder / "build.json"), "--out", str(folder),
                          **self.roles["plan"])
        return Plan(self, folder, source, output)

    def apply(self, plan, expect=0, version=None, **changed):
        exported = plan.build["exported"]
        values = {"COMMIT": plan.manifest["commit"], "RUN_ID": plan.manifest["run_id"], "PLAN_SHA256": exported["PLAN_SHA256"],
                  "MANIFEST_SHA256": exported["MANIFEST_SHA256"], "MANIFEST_VERSION": exported["MANIFEST_VERSION"], **changed}
        return self.checkout.run("ci/codebuild-run.sh", "--project", "TerraformApplyBuild", "--source-version",
                                 version or plan.source["version"], *(word for name, value in values.items() for word in ("--var", f"{name}={value}")),
                                 "--out", str(plan.folder / "apply.json"), expect=expect, **self.roles["apply"])

    def groups(self):
        found = self.server.client("logs").describe_log_groups(logGroupNamePrefix=NAME)["logGroups"]
        return {group["logGroupName"]: group.get("retentionInDays") for group in found}

    def lock(self):
        found = self.s3.list_objects_v2(Bucket=self.outputs["state_bucket"]).get("Contents", [])
        return [item["Key"] for item in found if item["Key"].endswith(".tflock")]


class Plan:
    def __init__(self, stages, folder, source, output):
        self.stages, self.folder, self.source, self.output = stages, folder, source, output
        self.build, self.manifest, self.changes = (json.loads((folder / f"{name}.json").read_text()) for name in ("build", "manifest", "changes"))


@pytest.fixture(scope="module")
def stages(scratch):
    lent = [word for folder in program_folders() for word in ("--codebuild-path", folder)]
    server = protocol.Server("--bare", *lent)
    yield Stages(server, scratch)
    assert server.stop() == 0, server.tail()
    shutil.rmtree(server.data, ignore_errors=True)


@pytest.fixture(scope="module")
def planned(stages):
    """The first plan, made once; nothing has been applied yet."""
    return stages.plan()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# ---- source and plan ----


def test_source_is_a_commit_and_its_packages(stages):
    first, again = stages.source(), stages.source(out="again.json")
    assert first["commit"] == stages.checkout.head() and first["sha256"] == again["sha256"] and first["version"] != again["version"]
    body = stages.s3.get_object(Bucket=stages.bucket, Key="source/source.zip", VersionId=first["version"])["Body"].read()
    assert sha256(body) == first["sha256"]
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = archive.namelist()
        assert archive.read("packages/x86_64/bootstrap.zip") == stages.package.read_bytes()
    assert "ci/plan.buildspec.yml" in names and "infra/live/local/main.tf" in names and not any(".git/" in name for name in names)
    assert first["packages"] == {"x86_64": sha256(stages.package.read_bytes())}
    tracked = stages.checkout.folder / "ci" / "lib.sh"
    text = tracked.read_text()
    tracked.write_text(text + "# changed\n")
    assert "REFUSED: these files are not as in commit" in stages.source(expect=3, out="dirty.json")
    tracked.write_text(text)


def test_a_plan_is_described_and_stored(stages, planned):
    manifest, exported = planned.manifest, planned.build["exported"]
    assert manifest["counts"] == {"create": 3, "update": 0, "replace": 0, "delete": 0} and manifest["has_changes"] is True
    assert manifest["commit"] == stages.checkout.head() and manifest["source"]["version"] == planned.source["version"]
    assert manifest["packages"] == planned.source["packages"] and exported["PLAN_SHA256"] == manifest["plan"]["sha256"]
    stored = stages.s3.get_object(Bucket=stages.bucket, Key=manifest["plan"]["key"], VersionId=manifest["plan"]["version"])
    assert sha256(stored["Body"].read()) == manifest["plan"]["sha256"]
    assert stored["ServerSideEncryption"] == "aws:kms"
    assert not stages.lock() and not stages.groups()


def test_nothing_secret_is_shown(stages, planned):
    shown = stages.checkout.run("ci/summary.sh", str(planned.folder))
    assert "hunter2" not in planned.output + json.dumps(planned.changes) + shown
    assert planned.manifest["plan"]["sha256"] in shown and planned.manifest["plan"]["json_sha256"] in shown and planned.manifest["commit"] in shown
    assert "create module.group.aws_cloudwatch_log_group.this" in shown
    for role in stages.roles:
        with pytest.raises(ClientError) as refused:
            stages.as_role(role, "s3").get_object(Bucket=stages.bucket, Key=planned.manifest["plan"]["key"])
        assert refused.value.response["Error"]["Code"] == "AccessDenied"


def test_a_workflow_cannot_replace_the_build(stages, planned):
    for stage in ("plan", "apply"):
        starter = stages.as_role(stage, "codebuild")
        for replaced in ({"buildspecOverride": "version: 0.2"}, {"sourceLocationOverride": f"{stages.bucket}/other.zip"}, {"imageOverride": "x"},
                         {"serviceRoleOverride": "arn:aws:iam::000000000000:role/gleaner-local-build-apply"}, {"computeTypeOverride": "BUILD_GENERAL1_LARGE"},
                         {"environmentVariablesOverride": [{"name": "TERRAFORM_ROOT", "value": "other"}]},
                         {"projectName": f"Terraform{'Apply' if stage == 'plan' else 'Plan'}Build"}):
            with pytest.raises(ClientError) as refused:
                starter.start_build(**{"projectName": f"Terraform{stage.title()}Build", "sourceVersion": planned.source["version"], **replaced})
            assert refused.value.response["Error"]["Code"] == "AccessDeniedException", replaced


# ---- what is refused ----


def test_another_hash(stages, planned):
    output = stages.apply(planned, expect=3, PLAN_SHA256="0" * 64)
    assert f"REFUSED: approved was the plan {'0' * 64}, but this run's plan is {planned.manifest['plan']['sha256']}" in output
    assert not stages.groups()


def test_a_later_commit(stages, planned):
    (stages.checkout.folder / "later.txt").write_text("later")
    later = stages.checkout.commit("later")
    output = stages.apply(planned, expect=3, COMMIT=later)
    assert f"REFUSED: the commit: planned was {planned.manifest['commit']}, here it is {later}" in output
    source = stages.source(out="later.json")
    output = stages.apply(planned, expect=3, version=source["version"])
    assert "REFUSED: the source's commit: planned was" in output
    assert not stages.groups()


def test_an_edited_plan(stages, planned):
    """Whoever can write to the bucket puts other bytes there: alone, with a manifest, and with a manifest whose hash is passed on."""
    key = planned.manifest["plan"]["key"]
    bytes_ = bytearray(stages.s3.get_object(Bucket=stages.bucket, Key=key, VersionId=planned.manifest["plan"]["version"])["Body"].read())
    bytes_[len(bytes_) // 2] ^= 1
    version = stages.s3.put_object(Bucket=stages.bucket, Key=key, Body=bytes(bytes_))["VersionId"]
    manifest = json.dumps({**planned.manifest, "plan": {**planned.manifest["plan"], "version": version}}).encode()
    forged = stages.s3.put_object(Bucket=stages.bucket, Key=f"manifests/{planned.manifest['run_id']}/manifest.json", Body=manifest)["VersionId"]
    output = stages.apply(planned, expect=3, MANIFEST_VERSION=forged)
    assert "REFUSED: the manifest is not the one that the plan build has written" in output
    output = stages.apply(planned, expect=3, MANIFEST_VERSION=forged, MANIFEST_SHA256=sha256(manifest))
    assert f"REFUSED: the plan file has been altered: its SHA-256 is {sha256(bytes(bytes_))}" in output
    assert not stages.groups()


def test_a_changed_package(stages, planned):
    """Under the same name in the source, and as another source of the same commit."""
    body = stages.s3.get_object(Bucket=stages.bucket, Key="source/source.zip", VersionId=planned.source["version"])["Body"].read()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(out, "w") as new:
        for item in old.infolist():
            new.writestr(item, b"other bytes" if item.filename.startswith("packages/") else old.read(item))
    version = stages.s3.put_object(Bucket=stages.bucket, Key="source/source.zip", Body=out.getvalue())["VersionId"]
    assert "REFUSED: the package for x86_64 is not the one" in stages.plan(expect=3, source={**planned.source, "version": version})
    output = stages.apply(planned, expect=3, version=version)
    assert "REFUSED: the source object: planned was" in output
    assert not stages.groups()


@pytest.fixture(scope="module")
def verify(stages, planned):
    """Checks a manifest as the apply build does, in a folder that has the source unpacked."""
    folder = stages.scratch / "unpacked"
    body = stages.s3.get_object(Bucket=stages.bucket, Key="source/source.zip", VersionId=planned.source["version"])["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        archive.extractall(folder)
    environment = {**stages.checkout.environment, "COMMIT": planned.manifest["commit"], "RUN_ID": planned.manifest["run_id"], "ENVIRONMENT": "local",
                   "TERRAFORM_ROOT": "infra/live/local", "PLAN_SHA256": planned.manifest["plan"]["sha256"],
                   "CODEBUILD_SOURCE_VERSION": planned.source["version"]}

    def run(manifest):
        (folder / "manifest.json").write_text(json.dumps(manifest))
        return subprocess.run(["bash", "ci/manifest.sh", "verify", "manifest.json"], cwd=folder, env=environment, capture_output=True, text=True)

    return run


def test_the_manifest_of_a_plan_is_good(planned, verify):
    good = verify(planned.manifest)
    assert good.returncode == 0, good.stderr


@pytest.mark.parametrize("changed,message", [
    ({"packages": {"x86_64": "0" * 64}}, "the packages' hashes"), ({"lock_sha256": "0" * 64}, "the lock file"),
    ({"environment": "production"}, "the environment"), ({"root": "infra/live/production"}, "the root"), ({"run_id": "other"}, "the run"),
    ({"drift": True}, "a plan that looks for drift"), ({"format": 2}, "of a format"),
])
def test_each_part_of_a_manifest_counts(planned, verify, changed, message):
    bad = verify({**planned.manifest, **changed})
    assert bad.returncode == 3 and "REFUSED: " in bad.stderr and message in bad.stderr


# ---- apply, and what comes after ----


def drift(stages, expect, number):
    folder = stages.scratch / f"drift-{number}"
    stages.checkout.run("ci/drift.sh", "--bucket", stages.bucket, "--project", "TerraformPlanBuild", "--run-id", f"drift-{number}", "--out",
                        str(folder), expect=expect, **stages.roles["plan"])
    return folder


def test_apply_then_stale_then_clean_then_drift(stages, planned):
    drift(stages, 8, 0)
    stale = stages.plan(source=planned.source)
    stages.apply(planned)
    assert stages.groups() == {NAME: 1} and not stages.lock()
    assert json.loads((planned.folder / "apply.json").read_text())["exported"]["API_ENDPOINT"] == "http://127.0.0.1:9/prod"

    output = stages.apply(stale, expect=3)
    assert "REFUSED: the plan is stale: the state has changed since it was made. Plan again." in output
    assert not stages.lock()

    second = stages.plan(source=planned.source)
    assert second.manifest["has_changes"] is False and sum(second.manifest["counts"].values()) == 0
    assert "No changes" in stages.checkout.run("ci/summary.sh", str(second.folder))

    drift(stages, 0, 1)
    stages.server.client("logs").put_retention_policy(logGroupName=NAME, retentionInDays=3)
    folder = drift(stages, 7, 2)
    changes = json.loads((folder / "changes.json").read_text())
    assert changes == [{"address": "module.group.aws_cloudwatch_log_group.this", "action": "update",
                        "attributes": [{"path": "retention_in_days", "before": 3, "after": 1}]}]
    with pytest.raises(ClientError):
        stages.s3.head_object(Bucket=stages.bucket, Key="plans/drift-2/plan.tfplan")


def test_a_failing_apply_leaves_the_state_unlocked(stages):
    """The role may make log groups of its own prefix only, so this one fails after the plan."""
    stages.write_root(group="/elsewhere/small")
    stages.checkout.commit("a group that is not ours")
    plan = stages.plan()
    output = stages.apply(plan, expect=1)
    assert "is not authorized to perform: logs:CreateLogGroup" in output
    assert "the apply failed: see above" in output and "the state is unlocked" in output
    assert not stages.lock()
    stages.write_root()
    stages.checkout.commit("mended")
    assert stages.plan().manifest["counts"]["create"] == 1


# ---- interrupts ----


def wait_for_commands(stages, process, out):
    """The id of the build, once its commands run."""
    end = time.monotonic() + 180
    while time.monotonic() < end and process.poll() is None:
        try:
            build = stages.cb.batch_get_builds(ids=[json.loads(out.read_text())["id"]])["builds"][0]
            if build["currentPhase"] == "BUILD":
                return build["id"]
        except (OSError, ValueError):
            pass  # not written yet, or half
        time.sleep(0.1)
    process.kill()
    raise AssertionError(f"the build's commands do not run: {process.communicate()[0]}")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, "--stop", "stopped elsewhere"])
def test_an_interrupt_stops_the_build(stages, how, hanging_source):
    out = stages.scratch / f"hanging-{how}.json"
    process = stages.checkout.start("ci/codebuild-run.sh", "--project", "TerraformPlanBuild", "--source-version", hanging_source["version"],
                                    "--out", str(out), **stages.roles["plan"])
    try:
        build = wait_for_commands(stages, process, out)
        if how == "--stop":
            stages.checkout.run("ci/codebuild-run.sh", "--stop", str(out), **stages.roles["plan"])
        elif how == "stopped elsewhere":
            stages.cb.stop_build(id=build)
        else:
            process.send_signal(how)
        output, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143}.get(how, 4), output
    assert json.loads(out.read_text())["status"] == "STOPPED"
    assert stages.cb.batch_get_builds(ids=[build])["builds"][0]["buildStatus"] == "STOPPED"


@pytest.fixture(scope="module")
def hanging_source(stages):
    buildspec = stages.checkout.folder / "ci" / "plan.buildspec.yml"
    text = buildspec.read_text()
    buildspec.write_text("version: 0.2\nphases:\n  build:\n    commands:\n      - sleep 600\n")
    stages.checkout.commit("a build that hangs")
    source = stages.source(out="hanging.json")
    buildspec.write_text(text)
    stages.checkout.commit("a build that does not")
    return source


def test_the_same_token_starts_no_second_build(stages, planned):
    before = len(stages.cb.list_builds_for_project(projectName="TerraformPlanBuild")["ids"])
    for _ in range(2):
        stages.checkout.run("ci/codebuild-run.sh", "--project", "TerraformPlanBuild", "--source-version", planned.source["version"], "--token", "once",
                            "--var", "COMMIT=nonsense", expect=1, **stages.roles["plan"])
    assert len(stages.cb.list_builds_for_project(projectName="TerraformPlanBuild")["ids"]) == before + 1


def test_scripts_explain_themselves(stages):
    for script in sorted((ROOT / "ci").glob("*.sh")):
        if os.access(script, os.X_OK):
            output = stages.checkout.run(f"ci/{script.name}", "--help")
            assert len(output) > 100 and f"{script.name}" in output or "build" in output, script
