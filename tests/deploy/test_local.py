# SPDX-License-Identifier: Apache-2.0
"""The whole path as a newcomer goes it: deploy-local.sh with its own server and the real pipeline, unattended, and back."""
import json
import os
import re
import shutil
import signal
import urllib.error
import urllib.request

import pytest
import terraform
from checkout import Checkout
from conftest import protocol


def is_running(pid):
    """One that has ended and was not reaped has no program any more."""
    try:
        return bool(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return False


class Local:
    def __init__(self, scratch):
        self.state = scratch / "state"
        self.checkout = Checkout(scratch / "checkout", {"DEPLOY_DIR": str(self.state), "GLEANER": str(protocol.BINARY), "PACKAGE": self.package(),
                                                        "GLEANER_TF_MIRROR": str(terraform.mirror())})

    @staticmethod
    def package():
        named = os.environ.get("GLEANER_FUNCTIONS")
        return named + ".zip" if named else str(protocol.BINARY.parent / "functions" / "bootstrap.zip")

    def deploy(self, expect=0, **environment):
        return self.checkout.run("ci/deploy-local.sh", expect=expect, **environment)

    def server_pid(self):
        return int((self.state / "server.pid").read_text())

    def server_runs(self):
        return is_running(self.server_pid())

    def client(self, name):
        """A client of the deployment's own server."""
        import configparser

        import boto3
        from botocore.config import Config
        keys = configparser.ConfigParser()
        keys.read(self.state / "data" / "credentials")
        return boto3.client(name, endpoint_url=f"http://127.0.0.1:{(self.state / 'port').read_text().strip()}", region_name="us-east-1",
                            aws_access_key_id=keys["default"]["aws_access_key_id"], config=Config(proxies={}),
                            aws_secret_access_key=keys["default"]["aws_secret_access_key"])

    def builds(self, stage):
        return self.client("codebuild").list_builds_for_project(projectName=f"Terraform{stage}Build")["ids"]

    def destroy(self):
        return self.checkout.run("ci/deploy-local.sh", "destroy")


@pytest.fixture(scope="module")
def local(scratch):
    deployment = Local(scratch)
    yield deployment
    if (deployment.state / "server.pid").exists() and deployment.server_runs():
        os.kill(deployment.server_pid(), signal.SIGTERM)


def test_a_run_that_fails_leaves_no_server(local, scratch):
    """Terraform is here, and cannot apply; the next test goes on from there."""
    broken = scratch / "broken" / "terraform"
    broken.parent.mkdir()
    broken.write_text(f'#!/bin/sh\ncase $* in *" apply "*) echo "Error: no apply today"; exit 1 ;; esac\nexec {shutil.which("terraform")} "$@"\n')
    broken.chmod(0o755)
    output = local.deploy(expect=1, PATH=f"{broken.parent}:{os.environ['PATH']}")
    assert "Error: no apply today" in output and "bootstrap could not be applied: see above" in output
    assert "server: http://127.0.0.1:" in output and not local.server_runs()


def test_from_source_to_url_and_back(local):
    checkout = local.checkout

    # Nobody answers: the plan waits, and nothing is applied.
    output = local.deploy()
    sha = re.search(r"make deploy-local APPROVE=([0-9a-f]{64})", output).group(1)
    manifest = json.loads((local.state / "waiting" / "manifest.json").read_text())
    assert manifest["plan"]["sha256"] == sha and manifest["commit"] == checkout.head() and manifest["counts"]["create"] > 50
    for shown in (sha, manifest["plan"]["json_sha256"], manifest["commit"], manifest["packages"]["x86_64"]):
        assert shown in output
    assert not local.client("dynamodb").list_tables()["TableNames"] and not local.builds("Apply")

    # Another hash than the plan's, and a commit that came after it.
    output = local.deploy(expect=3, APPROVE="0" * 64)
    assert f"REFUSED: approved was the plan {'0' * 64}, but the one that waits is {sha}" in output
    (checkout.folder / "later.txt").write_text("later")
    planned, later = checkout.head(), checkout.commit("later")
    output = local.deploy(expect=3, APPROVE=sha)
    assert f"REFUSED: the plan is of commit {planned}, but the checkout is at {later}" in output
    checkout.git("reset", "--quiet", "--hard", planned)
    assert not local.builds("Apply")

    # The plan itself.
    output = local.deploy(APPROVE=sha)
    endpoint = output.strip().splitlines()[-1]
    assert "smoke test: " in output and endpoint.startswith("http://")
    with pytest.raises(urllib.error.HTTPError) as answered:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{endpoint}/jobs/00000000-0000-4000-8000-000000000000")
    assert answered.value.code == 404
    applied = local.builds("Apply")
    assert len(applied) == 1

    # Again: there is nothing to do, and nothing is done.
    output = local.deploy()
    assert "nothing to change, so nothing is applied" in output and output.strip().splitlines()[-1] == endpoint
    assert local.builds("Apply") == applied

    pid = local.server_pid()
    output = local.destroy()
    counts = [int(count) for count in re.findall(r"Destroy complete! Resources: (\d+) destroyed", output)]
    assert len(counts) == 2 and counts[0] == manifest["counts"]["create"] and counts[1] > 30, output
    assert "Everything of the local deployment is removed" in output and "could not destroy" not in output
    assert not local.state.exists() and not is_running(pid)
