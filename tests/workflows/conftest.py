# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import fake_github  # noqa: E402


@pytest.fixture
def github():
    made = fake_github.GitHub()
    yield made
    made.close()
