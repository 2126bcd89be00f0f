"""The current AWS SDK for JavaScript (pinned in js/package-lock.json), driven by node's own test runner."""
import os
import pathlib
import shutil
import subprocess

import pytest

FOLDER = pathlib.Path(__file__).parent / "js"


@pytest.fixture(scope="module")
def packages():
    if not shutil.which("npm"):
        pytest.skip("npm is not installed: the JavaScript SDK was not tried")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0]) < 20:
        pytest.skip(f"node {version} is older than the 20 that the current JavaScript SDK needs: it was not tried")
    if not (FOLDER / "node_modules" / "@aws-sdk").exists():
        pytest.skip("its packages are not installed (npm ci in tests/protocol/js): the JavaScript SDK was not tried")


def test_javascript_sdk(server, packages):
    env = {**server.cli_env(), "AWS_REGION": server.region, "AWS_ACCESS_KEY_ID": server.access_key,
           "AWS_SECRET_ACCESS_KEY": server.secret_key, "AWS_ENDPOINT_URL": server.endpoint}
    for proxy in ("HTTP_PROXY", "HTTPS_PROXY"):
        env.pop(proxy)
    tests = sorted(str(p) for p in FOLDER.glob("*.test.mjs"))
    done = subprocess.run(["node", "--test", *tests], env={**env, "HOME": os.environ.get("HOME", "/")}, capture_output=True, text=True,
                          timeout=240)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:] + server.tail()
