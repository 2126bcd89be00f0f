#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check-buildspecs.py FILE…: each buildspec against the schema beside this script, its commands by shellcheck, its scripts by looking.

CodeBuild ignores what it does not know, so a misspelt key would only be missed when it was needed.
"""
import json
import pathlib
import re
import subprocess
import sys

import jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[1]


def schema_findings(tree):
    schema = json.loads((ROOT / "scripts/buildspec.schema.json").read_text())
    for error in jsonschema.Draft202012Validator(schema).iter_errors(tree):
        yield f"{'/'.join(map(str, error.absolute_path)) or 'the file'}: {error.message}"


def command_findings(tree):
    commands = [command for phase in tree["phases"].values() for part in ("commands", "finally") for command in phase.get(part, [])]
    done = subprocess.run(["shellcheck", "--format=gcc", "--exclude=SC1091", "-"], input="\n".join(["#!/usr/bin/env bash", *commands]) + "\n",
                          capture_output=True, text=True)
    yield from done.stdout.splitlines()
    for script in re.findall(r"\bci/[\w./-]+", "\n".join(commands)):
        if not (ROOT / script).is_file():
            yield f"there is no {script}"


def findings(path):
    try:
        tree = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        return [f"is not YAML: {error}"]
    return list(schema_findings(tree)) or list(command_findings(tree))


def main(paths):
    found = [f"{path}: {finding}" for path in paths for finding in findings(path)]
    print("\n".join(found) or f"buildspecs: {len(paths)} files, no finding")
    return 1 if found or not paths else 0


if __name__ == "__main__":
    sys.exit(main([pathlib.Path(argument) for argument in sys.argv[1:]]))
