# SPDX-License-Identifier: Apache-2.0
"""The same source gives the same bytes: built again in other folders, by another user's settings, without a cache."""
import hashlib
import os
import shutil
import subprocess

import pytest
from packages import PACKAGES, ROOT

# Folder, umask, environment and type of a build; the folders' names differ in length.
BUILDERS = {
    "a": ("here", 0o077, {"TZ": "Pacific/Kiritimati", "LANG": "C", "USER": "nobody", "HOME": "/nonexistent"}, "debug"),
    "b": ("somewhere/else/with a space", 0o002,
          {"TZ": "America/Los_Angeles", "LANG": "tr_TR.UTF-8", "LC_ALL": "C.UTF-8", "USER": "builder"}, "release"),
}


def sources(folder):
    """A copy of what is under version control, as it is now."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "meson*", "src", "functions", "scripts"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_file():
            shutil.copyfile(ROOT / name, folder / name)
            (folder / name).chmod(0o755 if os.access(ROOT / name, os.X_OK) else 0o644)
    return folder


def build(folder, scratch, arguments, umask, environment):
    scratch.mkdir()
    path = os.pathsep.join(part for part in os.environ["PATH"].split(os.pathsep) if "ccache" not in part)
    env = {"PATH": path, "TMPDIR": str(scratch), "CCACHE_DISABLE": "1", **environment}
    for command in ["meson", "setup", "out", "-Dpackage=true", *arguments], ["ninja", "-C", "out", "functions/bootstrap.zip"]:
        done = subprocess.run(command, cwd=folder, env=env, umask=umask, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return hashlib.sha256((folder / "out/functions/bootstrap.zip").read_bytes()).hexdigest()


@pytest.mark.parametrize("package, builder", [("x86_64", "a"), ("x86_64", "b"), ("arm64", "b")], indirect=["package"])
def test_same_bytes(builder, package, tmp_path):
    name, umask, environment, kind = BUILDERS[builder]
    folder, arguments = sources(tmp_path / name), [f"--buildtype={kind}"]
    if package.architecture == "arm64":
        sysroot = PACKAGES["arm64"].with_symbols.parents[2] / "sysroot"
        arguments += ["--cross-file", "scripts/arm64.ini", f"-Dc_link_args=-L{sysroot}/usr/lib/aarch64-linux-gnu",
                      f"-Dc_args=-I{sysroot}/usr/include -I{sysroot}/usr/include/aarch64-linux-gnu"]
    expected = hashlib.sha256(package.archive.read_bytes()).hexdigest()
    assert build(folder, tmp_path / "scratch", arguments, umask, environment) == expected


def test_digests_are_printed(package):
    sums = package.archive.parent / "SHA256SUMS"
    line = f"{hashlib.sha256(package.archive.read_bytes()).hexdigest()}  {package.archive.name}"
    assert line in sums.read_text().splitlines()
