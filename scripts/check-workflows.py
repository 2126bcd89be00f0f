#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check-workflows.py [FOLDER]: the rules that the workflows keep beside actionlint's, one function each, and shellcheck on each `run:`.

FOLDER is .github/workflows. Prints file: what is wrong, and ends with 1 if anything is.
"""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]
RUNNERS = {"ubuntu-24.04", "ubuntu-24.04-arm", "${{ inputs.runner }}"}
PIN = re.compile(r"^\s*(?:- )?uses: ([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)$")


class Workflow:
    def __init__(self, path):
        self.path, self.text = path, path.read_text()
        self.tree = yaml.safe_load(self.text)
        self.on = self.tree.get("on", self.tree.get(True)) or {}  # YAML 1.1 reads the key `on` as true
        self.jobs = self.tree.get("jobs") or {}

    def steps(self):
        for name, job in self.jobs.items():
            for step in job.get("steps", []):
                yield f"job {name}, step {step.get('name') or step.get('uses')}", job, step

    def called(self):
        """Of what it calls: "called" is the form of a reusable workflow."""
        return (self.on.get("workflow_call") or {}) if isinstance(self.on, dict) else {}


def check_head(workflow, _):
    if not workflow.tree.get("name"):
        yield "has no name"
    if workflow.tree.get("permissions") != {}:
        yield "must begin with `permissions: {}`, and give each job its own"
    for event in ("pull_request_target", "workflow_run"):
        if event in workflow.on:
            yield f"is started by {event}, which runs strangers' changes with this repository's rights"
    runs = any("run" in step for _, _, step in workflow.steps())
    if runs and (workflow.tree.get("defaults") or {}).get("run") != {"shell": "bash"}:
        yield "must set `defaults: run: shell: bash`: without it a pipe's failure goes unseen"
    if re.search(r"\bsecrets\b\s*[.:\[]", workflow.text):
        yield "uses secrets: roles are taken by OIDC, and github.token does the rest"


def check_jobs(workflow, _):
    for name, job in workflow.jobs.items():
        if not isinstance(job.get("permissions"), dict):
            yield f"job {name} must list its permissions"
        if "steps" not in job:
            continue
        if not isinstance(job.get("timeout-minutes"), (int, str)):
            yield f"job {name} has no timeout-minutes"
        if job["runs-on"] not in RUNNERS:
            yield f"job {name} runs on {job['runs-on']}, not on one of {', '.join(sorted(RUNNERS))}"
        uses = " ".join(step.get("uses", "") for step in job["steps"])
        if (job.get("permissions") or {}).get("id-token") == "write" and not re.search("configure-aws-credentials|actions/attest@", uses):
            yield f"job {name} may ask for identity tokens and uses none"


def check_permissions_have_reasons(workflow, _):
    for number, line in enumerate(workflow.text.splitlines(), 1):
        if re.match(r"^ +[a-z-]+: (read|write)\b", line) and "contents: read" not in line and "#" not in line:
            yield f"line {number}: a permission without its reason: {line.strip()}"


def check_pins(workflow, workflows):
    pins = {}
    for other in workflows.values():
        for match in filter(None, map(PIN.match, other.text.splitlines())):
            pins.setdefault(match[1], set()).add((match[2], match[3]))
    for number, line in enumerate(workflow.text.splitlines(), 1):
        uses = re.match(r"^\s*(?:- )?uses: (\S+)", line)
        if not uses:
            continue
        if uses[1].startswith("./"):
            if pathlib.Path(uses[1]).name not in workflows:
                yield f"line {number}: there is no {uses[1]}"
        elif not PIN.match(line):
            yield f"line {number}: an action must be pinned as OWNER/NAME@COMMIT # vX.Y.Z: {line.strip()}"
        elif len(pins[PIN.match(line)[1]]) > 1:
            yield f"line {number}: {PIN.match(line)[1]} is pinned in more than one way"


def check_steps(workflow, _):
    for where, _, step in workflow.steps():
        if step.get("uses", "").startswith("actions/checkout@") and (step.get("with") or {}).get("persist-credentials") is not False:
            yield f"{where}: leaves its token in .git/config: persist-credentials: false"
        if "${{" in step.get("run", ""):
            yield f"{where}: an expression in a script is text that others may choose: hand it on by env"


def check_scripts(workflow, _):
    """Scripts that are called are there, and know the options they get."""
    for where, _, step in workflow.steps():
        for command in re.split(r"[|;&]|\n(?! )", re.sub(r"\\\n\s*", " ", step.get("run", ""))):
            called = re.search(r"(?:ci|scripts)/[\w-]+\.sh", command)
            if not called:
                continue
            script = ROOT / called[0]
            if not script.is_file():
                yield f"{where}: there is no {called[0]}"
                continue
            for option in re.findall(r" (--[a-z-]+)", command[called.end():]):
                if not re.search(rf"{re.escape(option)}\b", script.read_text()):
                    yield f"{where}: {called[0]} has no option {option}"


def check_calls(workflow, workflows):
    """Inputs, outputs and permissions across a call, which GitHub checks only when it runs."""
    for name, job in workflow.jobs.items():
        callee = workflows.get(pathlib.Path(job.get("uses", "")).name) if str(job.get("uses", "")).startswith("./") else None
        if not callee:
            continue
        inputs, given = callee.called().get("inputs") or {}, set(job.get("with") or {})
        for wrong in sorted(given - set(inputs)):
            yield f"job {name}: {callee.path.name} has no input {wrong}"
        for needed in sorted(key for key, value in inputs.items() if value.get("required") and key not in given):
            yield f"job {name}: {callee.path.name} needs the input {needed}"
        for wanted, level in _needs_permissions(callee, workflows).items():
            if (job.get("permissions") or {}).get(wanted) not in (level, "write"):
                yield f"job {name}: {callee.path.name} needs the permission {wanted}: {level}"
        for output in re.findall(rf"needs\.{re.escape(name)}\.outputs\.([\w-]+)", workflow.text):
            if output not in (callee.called().get("outputs") or {}):
                yield f"{callee.path.name} has no output {output}"


def _needs_permissions(workflow, workflows):
    """The union of what its jobs have."""
    found = {}
    for job in workflow.jobs.values():
        for name, level in (job.get("permissions") or {}).items():
            found[name] = "write" if "write" in (level, found.get(name)) else level
    return found


def check_concurrency(workflow, _):
    """A deployment is never cancelled, and one alone goes through each environment's gate."""
    gated = [(name, job) for name, job in workflow.jobs.items() if "environment" in job]
    if len(gated) > 1:
        yield f"jobs {', '.join(name for name, _ in gated)} would each ask for an approval"
    for name, job in gated:
        concurrency = job.get("concurrency") or {}
        if not str(concurrency.get("group", "")).startswith("deploy-") or concurrency.get("cancel-in-progress") is not False:
            yield f"job {name}: an environment's job has `concurrency: group: deploy-…, cancel-in-progress: false`"
        if "ci/approval.sh" not in " ".join(step.get("run", "") for step in job["steps"][:2]):
            yield f"job {name}: must ask ci/approval.sh before anything else"


def check_shell(workflow, _):
    def shellcheck(item):
        where, _, step = item
        script = "#!/usr/bin/env bash\nset -eo pipefail\n" + step["run"]
        done = subprocess.run(["shellcheck", "--format=gcc", "-"], input=script, capture_output=True, text=True)
        return [f"{where}: {line}" for line in (done.stdout + done.stderr).splitlines()]

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for lines in pool.map(shellcheck, [item for item in workflow.steps() if "run" in item[2]]):
            yield from lines


CHECKS = [value for name, value in list(globals().items()) if name.startswith("check_")]


def main(folder):
    workflows = {path.name: Workflow(path) for path in sorted(folder.glob("*.yml"))}
    findings = [f"{workflow.path}: {finding}" for workflow in workflows.values() for check in CHECKS
                for finding in check(workflow, workflows)]
    print("\n".join(findings) or f"workflows: {len(workflows)} files, {sum(len(list(w.steps())) for w in workflows.values())} steps, no finding")
    return 1 if findings or not workflows else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".github/workflows")))
