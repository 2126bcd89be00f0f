# SPDX-License-Identifier: Apache-2.0
"""AWS's own Runtime API clients as functions of the local Lambda service: awslabs/aws-lambda-cpp and npm's aws-lambda-ric."""
import base64
import json
import os
import pathlib
import time
import uuid

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLIENTS = pathlib.Path(os.environ.get("GLEANER_RUNTIME_CLIENTS", ROOT / "build" / "tests" / "runtime_clients"))
ROLE = "arn:aws:iam::000000000000:role/runtime-clients"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def lam(server):
    server.client("iam").create_role(RoleName="runtime-clients", AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    return server.client("lambda", config={"read_timeout": 60})


@pytest.fixture(scope="module", params=["cpp", "node"])
def kind(request):
    if not (CLIENTS / f"{request.param}.zip").exists():
        pytest.skip(f"{CLIENTS}/{request.param}.zip was not built (tests/protocol/runtime_clients/build.sh): that client was not tried")
    return request.param


@pytest.fixture(scope="module")
def make(lam, kind):
    names = []

    def make(**settings):
        name = f"client-{kind}-{uuid.uuid4().hex[:8]}"
        lam.create_function(**{"FunctionName": name, "Runtime": "provided.al2023", "Handler": "function.handler", "Role": ROLE,
                               "Timeout": 20, "MemorySize": 1024, "Code": {"ZipFile": (CLIENTS / f"{kind}.zip").read_bytes()}, **settings})
        names.append(name)
        return name
    yield make
    for name in names:
        lam.delete_function(FunctionName=name)


@pytest.fixture(scope="module")
def name(make):
    return make()


@pytest.fixture
def invoke(lam):
    def invoke(name, do="echo", **more):
        event = {"do": do, **more.pop("event", {})}
        reply = lam.invoke(FunctionName=name, Payload=json.dumps(event), **more)
        return reply, json.loads(reply["Payload"].read())
    return invoke


def test_event_and_headers(invoke, name):
    context = base64.b64encode(json.dumps({"custom": {"a": "b"}}).encode()).decode()
    reply, answer = invoke(name, event={"text": "naïve ☃ \U0001f600"}, ClientContext=context)
    assert "FunctionError" not in reply, answer
    assert answer["event"] == {"do": "echo", "text": "naïve ☃ \U0001f600"}
    assert answer["request_id"] == reply["ResponseMetadata"]["RequestId"]
    assert answer["trace"].startswith("Root=1-") and answer["arn"].endswith(f":function:{name}")
    assert 15000 < answer["left_ms"] <= 20000
    assert (answer["context"] or {}).get("custom") == {"a": "b"}


def test_one_event_after_another(invoke, name):
    assert len({invoke(name)[1]["request_id"] for _ in range(20)}) == 20


def test_error(invoke, name):
    reply, answer = invoke(name, "fail")
    assert reply["FunctionError"] == "Unhandled"
    assert (answer["errorType"], answer["errorMessage"]) == ("Oops", 'it "went" wrong\n')
    assert "FunctionError" not in invoke(name)[0]


def test_large_payloads(invoke, name):
    event = {"fill": "x" * (6 * MIB - 100)}
    assert invoke(name, "size", event=event)[1] > 6 * MIB - 100
    reply, answer = invoke(name, "large")
    assert "FunctionError" not in reply and answer == "x" * (6 * MIB - 2)


def test_too_large_an_answer(invoke, name):
    reply, answer = invoke(name, "too large")
    assert reply["FunctionError"] == "Unhandled" and answer["errorType"] == "Function.ResponseSizeTooLarge", answer
    assert "FunctionError" not in invoke(name)[0]


def test_crash(invoke, name):
    reply, answer = invoke(name, "crash")
    assert reply["FunctionError"] == "Unhandled" and answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith("Runtime exited with error: signal: aborted"), answer
    assert "FunctionError" not in invoke(name)[0]


def test_timeout(invoke, make):
    name = make(Timeout=2)
    begin = time.monotonic()
    reply, answer = invoke(name, "sleep")
    assert reply["FunctionError"] == "Unhandled" and answer["errorType"] == "Sandbox.Timedout"
    assert 1.9 < time.monotonic() - begin < 15
    assert "FunctionError" not in invoke(name)[0]


def test_failing_initialisation(invoke, make, kind):
    reply, answer = invoke(make(Environment={"Variables": {"FAIL_INIT": "1"}}))
    assert reply["FunctionError"] == "Unhandled"
    if kind == "cpp":  # that client knows no init/error
        assert answer["errorType"] == "Runtime.ExitError" and "exit status 7" in answer["errorMessage"]
    else:
        assert answer["errorType"] == "Error" and answer["errorMessage"] == "no start today"
