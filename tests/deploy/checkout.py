# SPDX-License-Identifier: Apache-2.0
"""A repository of one's own with what a deployment takes, so that tests may commit to it."""
import os
import shutil
import subprocess

import terraform

ROOT = terraform.ROOT
IDENTITY = {"GIT_AUTHOR_NAME": "test", "GIT_AUTHOR_EMAIL": "test@example.com", "GIT_COMMITTER_NAME": "test",
            "GIT_COMMITTER_EMAIL": "test@example.com", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def program_folders():
    """What builds must be lent: the provider's mirror, and Terraform's folder where it is not the system's."""
    program = os.path.realpath(shutil.which("terraform"))
    return [str(terraform.mirror())] + ([] if program.startswith("/usr/") else [os.path.dirname(program)])


class Checkout:
    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "TMPDIR": str(folder.parent), **IDENTITY,
                            "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1,localhost",
                            **environment}
        terraform.copy_tree(folder)
        for name in ("ci", "samples"):
            shutil.copytree(ROOT / name, folder / name)
        for lock in (ROOT / "infra").glob("**/.terraform.lock.hcl"):
            shutil.copy(lock, folder / lock.relative_to(ROOT))
        shutil.copy(ROOT / ".gitignore", folder)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("first")

    def git(self, *arguments):
        return subprocess.run(["git", *arguments], cwd=self.folder, env=self.environment, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, message):
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", message)
        return self.head()

    def head(self):
        return self.git("rev-parse", "HEAD")

    def start(self, *arguments, **environment):
        """With INT as a terminal has it: what runs in the background ignores it, and so would a script's trap."""
        return subprocess.Popen(["env", "--default-signal=INT", *arguments], cwd=self.folder, env={**self.environment, **environment}, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")

    def run(self, *arguments, expect=0, seconds=400, **environment):
        """The output of both streams; the command must end with that code."""
        process = self.start(*arguments, **environment)
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            raise AssertionError(f"not within {seconds} s: {arguments}\n{output[-8000:]}") from None
        assert process.returncode == expect, f"{arguments} ended with {process.returncode}, not {expect}:\n{output[-12000:]}"
        return output
