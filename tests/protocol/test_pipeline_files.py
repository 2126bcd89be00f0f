# SPDX-License-Identifier: Apache-2.0
"""The files in pipeline/ agree with each other, with the functions and with the documents."""
import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PIPELINE = ROOT / "pipeline"
FILES = ["buckets.json", "execution-status.json", "functions.json", "openapi.yaml", "rules.json", "state-machine.asl.json", "table.json",
         "upload-event.json"]
README = (PIPELINE / "README.md").read_text()
DOCUMENT = (ROOT / "docs" / "pipeline.md").read_text()


def load(name):
    return json.loads((PIPELINE / name).read_text())


FUNCTIONS = {f["name"]: f for f in load("functions.json")["functions"]}
STATES = load("state-machine.asl.json")["States"]


@pytest.mark.parametrize("name", FILES)
def test_placeholders_are_documented(name):
    text = (PIPELINE / name).read_text()
    used = set(re.findall(r"\$\{(\w+)\}", text))
    assert not re.search(r"\$\$\{|%\{", text), "templatefile would read these"
    for placeholder in used:
        assert f"`{placeholder}`" in README, placeholder
    assert (name == "openapi.yaml") <= (not used)


def test_every_handler_exists():
    table = (ROOT / "functions" / "function.c").read_text()
    handlers = set(re.findall(r'\{ "(\w+)", \w+, (?:true|false) \}', table))
    assert handlers == {f["handler"] for f in FUNCTIONS.values()}


def test_every_variable_is_read():
    settings = (ROOT / "functions" / "settings.c").read_text()
    for function in FUNCTIONS.values():
        for variable in function["environment"]:
            assert f'"{variable}"' in settings, variable


def test_routes_lead_to_functions():
    routes = {(method, path): operation["x-gleaner-function"] for path, methods in load("openapi.yaml")["paths"].items()
              for method, operation in methods.items()}
    assert set(routes.values()) <= FUNCTIONS.keys()
    assert {FUNCTIONS[f]["description"] for f in routes.values()} == {f"{method.upper()} {path}" for method, path in routes}


def test_references_in_the_description_resolve():
    description = load("openapi.yaml")
    for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(description)):
        node = description
        for step in reference.split("/"):
            node = node[step]


def successors(state):
    yield from (state[key] for key in ("Next", "Default") if key in state)
    yield from (item["Next"] for key in ("Catch", "Choices") for item in state.get(key, []))


def test_every_state_is_reached():
    reached, todo = set(), [load("state-machine.asl.json")["StartAt"]]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += successors(STATES[name])
    assert reached == STATES.keys()


def test_tasks_catch_everything_and_retry_throttling_for_hours():
    for name, state in STATES.items():
        if state["Type"] != "Task":
            continue
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
        throttling = state["Retry"][0]
        assert all(re.search("Throttl|TooMany|Exceeded", error) for error in throttling["ErrorEquals"]), name
        assert throttling["JitterStrategy"] == "FULL" and throttling["MaxDelaySeconds"] == 120, name
        assert throttling["MaxAttempts"] * throttling["MaxDelaySeconds"] / 2 >= 6 * 3600, name


def test_the_sweep_waits_as_long_as_an_execution_may_take():
    assert FUNCTIONS["settle-job"]["environment"]["EXECUTION_SECONDS"] == str(load("state-machine.asl.json")["TimeoutSeconds"])


def test_error_codes_are_documented():
    codes = set(load("openapi.yaml")["components"]["schemas"]["JobError"]["properties"]["code"]["enum"])
    assert codes == set(re.findall(r"^\| `(\w+)` \| .* \| (?:client|system) \|$", DOCUMENT, re.M))
    caught = {error for state in STATES.values() for item in state.get("Catch", []) for error in item["ErrorEquals"]}
    assert {c for c in caught if "." not in c} - {"JobTakenOver"} <= codes


def test_rules_lead_somewhere():
    file = load("functions.json")
    for rule in load("rules.json")["rules"]:
        assert rule["target"] == "state-machine" or rule["target"] in FUNCTIONS
        assert ("event_pattern" in rule) != ("schedule" in rule)
        assert "event_pattern" not in rule or (PIPELINE / rule["event_pattern"]).exists()
        assert "role" not in rule or rule["role"] in {role["name"] for role in file["roles"]}


def test_no_wildcard_permission_without_a_reason():
    file = load("functions.json")
    for statement in [s for f in [*file["functions"], *file["roles"]] for s in f["statements"]]:
        assert not any("*" in action for action in statement["Action"]), statement
        if "*" in statement["Resource"]:
            assert statement["Sid"].endswith("HasNoResource"), statement
