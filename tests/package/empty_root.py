# SPDX-License-Identifier: Apache-2.0
"""A bootstrap in a root folder that holds what its zip holds, a resolver configuration and a CA bundle, and nothing else."""
import os
import pathlib
import shutil
import subprocess

import pytest

BUNDLES = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"]  # Amazon Linux's place, then Debian's


def chroot(root, command):
    if os.geteuid() == 0:
        return ["chroot", str(root), *command]
    prefix = ["unshare", "--user", "--map-root-user", "chroot", str(root)]
    if subprocess.run([*prefix, "/nothing"], capture_output=True).returncode != 127:
        pytest.skip("neither root nor a user namespace: no empty root can be made")
    return [*prefix, *command]


class EmptyRoot:
    def __init__(self, folder, package, authority, *bundles):
        self.folder, self.package, self.processes = folder, package, []
        (folder / "etc").mkdir(parents=True)
        (folder / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
        for bundle in bundles:
            place = folder / bundle.lstrip("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(authority / "ca.pem", place)
        package.extract(folder)
        self.command = ["/bootstrap"]
        if package.emulator:
            shutil.copy(shutil.which(package.emulator), folder / "emulator")
            self.command = ["/emulator", "/bootstrap"]

    def start(self, environment):
        """One function; nothing of this process's environment but PATH, for chroot itself."""
        process = subprocess.Popen(chroot(self.folder, self.command), env={"PATH": os.environ["PATH"], **environment},
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.processes.append(process)
        return process

    def close(self):
        for process in self.processes:
            process.kill()
            process.wait()
            process.stdout.close()
            process.stderr.close()


def files_of(root):
    return sorted("/" + str(p.relative_to(root)) for p in pathlib.Path(root).rglob("*") if p.is_file())
