# SPDX-License-Identifier: Apache-2.0
"""scripts/release-notes.sh: a tag is the version that is built and that the changelog tells of, or there is no release."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHANGELOG = """# Changelog

## [Unreleased]

- To come.

## [1.2.3] - 2026-11-01

### Added
- A thing.

## [1.2.30] - 2026-10-01

- An older thing.
"""


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "release-notes.sh", tmp_path / "scripts")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    (tmp_path / "meson.build").write_text("project('gleaner', 'c',\n  version: '1.2.3',\n)\n")
    return tmp_path


def notes(checkout, ref):
    done = subprocess.run([str(checkout / "scripts" / "release-notes.sh"), ref], capture_output=True, text=True)
    return done.returncode, done.stdout.strip(), done.stderr


def test_a_tag_has_its_own_section(checkout):
    assert notes(checkout, "refs/tags/v1.2.3") == (0, "### Added\n- A thing.", "")


def test_a_dry_run_has_what_is_to_come(checkout):
    assert notes(checkout, "refs/heads/main") == (0, "- To come.", "")


@pytest.mark.parametrize("tag", ["v1.2.4", "1.2.3", "v1.2.30", "v1"])
def test_a_tag_of_another_version(checkout, tag):
    code, printed, error = notes(checkout, f"refs/tags/{tag}")
    assert (code, printed) == (1, "") and "meson.build says 1.2.3" in error


def test_a_version_that_the_changelog_does_not_know(checkout):
    (checkout / "CHANGELOG.md").write_text(CHANGELOG.replace("[1.2.3]", "[1.2.2]"))
    code, printed, error = notes(checkout, "refs/tags/v1.2.3")
    assert (code, printed) == (1, "") and "nothing under [1.2.3]" in error


def test_ours_has_notes_to_come():
    assert subprocess.run([str(ROOT / "scripts" / "release-notes.sh"), "refs/heads/main"], capture_output=True).returncode == 0
