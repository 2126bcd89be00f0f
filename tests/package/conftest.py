# SPDX-License-Identifier: Apache-2.0
"""The packages as they are uploaded: their binaries, alone or in an empty root. The server is the protocol tests' own."""
import importlib.util
import pathlib
import sys

import pytest

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER))
import packages  # noqa: E402
import runtime_api  # noqa: E402


def load(name, path):
    """A module by its path: the protocol tests' folder has a conftest of its own, so it cannot be imported by name."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


protocol = load("protocol_conftest", FOLDER.parent / "protocol" / "conftest.py")
wait_for = protocol.wait_for


@pytest.fixture(params=packages.ARCHITECTURES, scope="session")
def package(request):
    made = packages.PACKAGES[request.param]
    if not made.archive.exists():
        pytest.skip(f"{made.archive} is not there (make package): nothing was tried for {request.param}")
    return made


@pytest.fixture
def runtime():
    made = runtime_api.Runtime()
    yield made
    made.close()


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return runtime_api.make_authority(tmp_path_factory.mktemp("ca"))
