# SPDX-License-Identifier: Apache-2.0
"""Skips, loudly, where Terraform or its provider is absent. The server under test is the protocol tests' own."""
import importlib.util
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import terraform  # noqa: E402


def load(name, path):
    """A module by its path: the protocol tests' folder has a conftest of its own, so it cannot be imported by name."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


protocol = load("protocol_conftest", terraform.ROOT / "tests" / "protocol" / "conftest.py")


def pytest_collection_modifyitems(items):
    reason = terraform.missing()
    if reason:
        print(f"\nSKIPPED: the Terraform tests do not run here: {reason}", file=sys.stderr)
        for item in items:
            if getattr(item.module, "NEEDS_TERRAFORM", True):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("terraform")
