# SPDX-License-Identifier: Apache-2.0
"""Deployments on this machine: the scripts of ci/ against a server, with real Terraform. Skips, loudly, where that is absent."""
import importlib.util
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "terraform"), str(pathlib.Path(__file__).parent)]
import terraform  # noqa: E402


def load(name, path):
    """A module by its path: the protocol tests' folder has a conftest of its own, so it cannot be imported by name."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


protocol = load("protocol_conftest", ROOT / "tests" / "protocol" / "conftest.py")


def pytest_collection_modifyitems(items):
    reason = terraform.missing()
    needing = [item for item in items if getattr(item.module, "NEEDS_TERRAFORM", True)]
    if reason and needing:
        print(f"\nSKIPPED: deployments are not tested here: {reason}", file=sys.stderr)
        for item in needing:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("deploy")
