# SPDX-License-Identifier: Apache-2.0
"""What can be said of the Terraform without applying it."""
import concurrent.futures
import os
import re
import subprocess

import pytest
from terraform import ROOT, Terraform, copy_tree

INFRA = ROOT / "infra"
ROOTS = ["bootstrap", "live/local", "live/dev", "live/staging", "live/production"]
FOLDERS = [*ROOTS, "modules/pipeline"]


@pytest.fixture(scope="module")
def tree(scratch):
    return copy_tree(scratch / "static")


def _blocks(folder, kind):
    """(file name, block's name, body) of each top-level block of a kind."""
    for path in sorted((INFRA / folder).glob("*.tf")):
        for match in re.finditer(rf'^{kind} "([^"]+)"(?: "[^"]+")? {{\n(.*?)^}}', path.read_text(), re.M | re.S):
            yield path.name, match[1], match[2]


def test_formatted():
    wrong = subprocess.run(["terraform", "fmt", "-check", "-recursive", "-list=true", str(INFRA)], capture_output=True, text=True)
    assert wrong.returncode == 0, f"run `terraform fmt -recursive infra`:\n{wrong.stdout}"


def test_each_root_is_valid(tree, scratch):
    def validate(name):
        root = Terraform(tree / "infra" / name, scratch)
        root.init("-backend=false")
        root.run("validate")

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(validate, ROOTS))


@pytest.mark.parametrize("folder", ["bootstrap", "modules/pipeline"])
def test_plan_time_assertions(tree, scratch, folder):
    root = Terraform(tree / "infra" / folder, scratch)
    root.run("init")
    output = root.run("test", seconds=420)
    passed = int(re.search(r"(\d+) passed, 0 failed", output)[1])
    written = sum(path.read_text().count('\nrun "') for path in (INFRA / folder / "tests").glob("*.tftest.hcl"))
    assert passed == written


@pytest.mark.parametrize("folder", FOLDERS)
def test_interface_is_typed_and_described_and_in_order(folder):
    for kind, needs in (("variable", ("type", "description")), ("output", ("description", "value"))):
        found = list(_blocks(folder, kind))
        names = [name for _, name, _ in found]
        assert names == sorted(names), f"{folder}: {kind}s are not in alphabetical order"
        for file, name, body in found:
            assert file == f"{kind}s.tf", f"{folder}: {kind} {name} is in {file}"
            for attribute in needs:
                assert re.search(rf"^  {attribute} +=", body, re.M), f"{folder}: {kind} {name} has no {attribute}"
        readme = INFRA / folder / "README.md"
        if readme.exists():
            told = [name for name in re.findall(r"^\| `(\w+)` \|", readme.read_text(), re.M)]
            assert set(names) <= set(told), f"{folder}/README.md does not tell of {set(names) - set(told)}"


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_is_unused(folder):
    text = "\n".join(path.read_text() for path in (INFRA / folder).glob("*.tf"))
    for _, name, _ in _blocks(folder, "variable"):
        assert re.search(rf"\bvar\.{name}\b(?!.*description)", re.sub(r"validation \{.*?\n  \}", "", text, flags=re.S)), \
            f"{folder}: variable {name} is not used"
    for kind, name in re.findall(r'^data "([^"]+)" "([^"]+)"', text, re.M):
        assert f"data.{kind}.{name}" in text, f"{folder}: data source {kind}.{name} is not used"
    for body in re.findall(r"^locals \{\n(.*?)^\}", text, re.M | re.S):
        for name in re.findall(r"^  (\w+) += ", body, re.M):
            assert re.search(rf"\blocal\.{name}\b", text), f"{folder}: local {name} is not used"


@pytest.mark.parametrize("folder", FOLDERS)
def test_wildcards_have_a_reason(folder):
    """A bare wildcard in a policy stands within three lines of a comment, or in a statement that denies."""
    for path in sorted((INFRA / folder).glob("*.tf")):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            if not re.search(r'(Resource|resources|Action|Principal) *= *\[?"([a-z0-9]+:)?\*"', line):
                continue
            near = lines[max(0, number - 16):number + 1]
            reason = any("#" in text for text in near[-1:]) or any(text.lstrip().startswith("#") for text in near) \
                or any('"Deny"' in text for text in near[-4:])
            assert reason, f"{path.relative_to(ROOT)}:{number + 1}: a wildcard without a written reason: {line.strip()}"


def test_environments_differ_only_in_values():
    """The live roots have the same files; all but main.tf differ in the environment's name alone."""
    def files(environment):
        folder = INFRA / "live" / environment
        return {path.name: path.read_text().replace(environment, "ENVIRONMENT") for path in folder.iterdir() if path.is_file()}

    first = files("local")
    for environment in ("dev", "staging", "production"):
        other = files(environment)
        assert sorted(other) == sorted(first)
        assert {name for name in first if first[name] != other[name]} <= {"main.tf"}


def test_one_provider_version():
    """Every lock file is the same, and has hashes of every platform's package, not only of this one's."""
    locks = {(INFRA / root / ".terraform.lock.hcl").read_text() for root in ROOTS}
    assert len(locks) == 1
    assert locks.pop().count('"zh:') >= 10
