"""Skips, loudly, where Terraform or its provider is absent. The server under test is the protocol tests' own."""
import importlib.util
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import terraform  # noqa: E402

_spec = importlib.util.spec_from_file_location("protocol_conftest", terraform.ROOT / "tests" / "protocol" / "conftest.py")
protocol = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(protocol)


def pytest_collection_modifyitems(items):
    reason = terraform.missing()
    if reason:
        print(f"\nSKIPPED: the Terraform tests do not run here: {reason}", file=sys.stderr)
        for item in items:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("terraform")
