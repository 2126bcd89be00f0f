# SPDX-License-Identifier: Apache-2.0
"""Terraform for tests: found where people keep it, run on copies of infra/, and never beyond loopback."""
import json
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROVIDER = "registry.terraform.io/hashicorp/aws"


def _mirrors():
    if "GLEANER_TF_MIRROR" in os.environ:
        yield pathlib.Path(os.environ["GLEANER_TF_MIRROR"])
    yield pathlib.Path.home() / ".terraform.d" / "plugins"
    yield pathlib.Path("/usr/local/share/terraform/plugins")
    yield pathlib.Path("/usr/share/terraform/plugins")
    yield from sorted(path.parent for path in pathlib.Path("/opt").glob("*/registry.terraform.io"))


def missing():
    """Why these tests cannot run here, or None."""
    if not shutil.which("terraform"):
        return "terraform is not installed"
    version = json.loads(subprocess.check_output(["terraform", "version", "-json"], text=True, stderr=subprocess.DEVNULL,
                                                 env={**os.environ, "CHECKPOINT_DISABLE": "1"}))["terraform_version"]
    if tuple(int(n) for n in re.findall(r"\d+", version)[:2]) < (1, 10):
        return f"terraform {version} is older than 1.10"
    if not mirror():
        return ("no mirror of the provider hashicorp/aws 5.100: make one with `terraform providers mirror DIR` in infra/bootstrap "
                "and set GLEANER_TF_MIRROR=DIR")
    return None


def mirror():
    """The first folder that holds the provider, laid out as `terraform providers mirror` does; None if there is none."""
    for folder in _mirrors():
        if any((folder / PROVIDER).glob("5.1[0-9][0-9].*")) or any((folder / PROVIDER).glob("*_5.1[0-9][0-9].*.zip")):
            return folder
    return None


def copy_tree(to):
    """infra/ and pipeline/ side by side in a folder where they may be changed."""
    ignore = shutil.ignore_patterns(".terraform", "*.tfstate*", "backend.hcl", "bootstrap.zip")
    for name in ("infra", "pipeline"):
        shutil.copytree(ROOT / name, to / name, ignore=ignore)
    return to


class Failed(AssertionError):
    """Terraform ended with a code that was not expected."""


class Terraform:
    """One root. Every command's whole output is kept in `log`, and shown when it fails."""

    def __init__(self, folder, scratch, env=None, variables=None):
        self.folder = folder
        self.log = []
        self.variables = dict(variables or {})
        configuration = scratch / "terraform.rc"
        configuration.write_text('provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' % mirror())
        self.env = {
            "PATH": os.environ["PATH"], "HOME": str(scratch), "TMPDIR": str(scratch), "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_IN_AUTOMATION": "1", "TF_INPUT": "0", "CHECKPOINT_DISABLE": "1", "AWS_EC2_METADATA_DISABLED": "true",
            "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1,localhost",
            **(env or {}),
        }

    def start(self, *arguments):
        environment = {**self.env, **{f"TF_VAR_{name}": value if isinstance(value, str) else json.dumps(value)
                                      for name, value in self.variables.items()}}
        return subprocess.Popen(["terraform", *arguments], cwd=self.folder, env=environment, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, errors="replace")

    def finish(self, process, expect=0, seconds=600):
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            raise Failed(f"not within {seconds} s: {' '.join(process.args)}\n{output[-8000:]}") from None
        self.log.append(output)
        if process.returncode != expect:
            raise Failed(f"{' '.join(process.args)} ended with {process.returncode}, not {expect}:\n{output[-8000:]}")
        return output

    def run(self, *arguments, expect=0, seconds=600):
        return self.finish(self.start(*arguments, *([] if arguments[0] == "fmt" else ["-no-color"])), expect, seconds)

    def init(self, *arguments):
        return self.run("init", "-lockfile=readonly", *arguments)

    def apply(self):
        return self.run("apply", "-auto-approve", *PARALLEL)

    def destroy(self):
        return self.run("destroy", "-auto-approve", *PARALLEL)

    def changes(self):
        """What a plan would do, by address: {"module.x.y": ["update"], …}, drift included; empty when the plan is clean."""
        process = self.start("plan", "-detailed-exitcode", "-no-color", "-out=tfplan", *PARALLEL)
        output, _ = process.communicate(timeout=300)
        self.log.append(output)
        if process.returncode not in (0, 2):
            raise Failed(f"plan ended with {process.returncode}:\n{output[-8000:]}")
        shown = subprocess.check_output(["terraform", "show", "-json", "tfplan"], cwd=self.folder, env=self.env, text=True)
        found = {change["address"]: change["change"]["actions"] for change in json.loads(shown).get("resource_changes", [])
                 if change["change"]["actions"] not in (["no-op"], ["read"])}
        assert bool(found) == (process.returncode == 2) or "Changes to Outputs" in output, output[-4000:]
        return found

    def outputs(self):
        output = subprocess.check_output(["terraform", "output", "-json"], cwd=self.folder, env=self.env, text=True)
        return {name: item["value"] for name, item in json.loads(output).items()}


# The provider's own waits dominate, not the server: more at a time than the ten that Terraform does by itself.
PARALLEL = ["-parallelism=40"]
