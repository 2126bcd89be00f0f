# SPDX-License-Identifier: Apache-2.0
"""Where `make package` leaves things, and how a foreign binary is run."""
import dataclasses
import os
import pathlib
import platform
import shutil
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("BUILD", ROOT / "build"))


@dataclasses.dataclass
class Package:
    architecture: str
    archive: pathlib.Path
    with_symbols: pathlib.Path
    tools: str  # prefix of binutils
    emulator: str | None = None  # None: this machine runs it

    def extract(self, folder):
        """All that the zip holds; returns the bootstrap."""
        with zipfile.ZipFile(self.archive) as z:
            z.extractall(folder)
        (folder / "bootstrap").chmod(0o755)
        return folder / "bootstrap"

    def can_run(self):
        return self.emulator is None or shutil.which(self.emulator) is not None


def emulator_for(architecture):
    machine = {"x86_64": "x86_64", "arm64": "aarch64"}[architecture]
    return None if platform.machine() == machine else f"qemu-{machine}-static"


PACKAGES = {
    "x86_64": Package("x86_64", BUILD / "package/gleaner-functions-x86_64.zip", BUILD / "functions/bootstrap", "",
                      emulator_for("x86_64")),
    "arm64": Package("arm64", BUILD / "package/gleaner-functions-arm64.zip", BUILD / "package-arm64/build/functions/bootstrap",
                     "aarch64-linux-gnu-", emulator_for("arm64")),
}
ARCHITECTURES = list(PACKAGES)
