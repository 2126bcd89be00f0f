# SPDX-License-Identifier: Apache-2.0
"""Lambda by boto3 against the real server: management, invocation, and what functions may not do."""
import base64
import concurrent.futures
import hashlib
import io
import json
import os
import pathlib
import shutil
import time
import urllib.request
import uuid
import zipfile

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

ROOT = pathlib.Path(__file__).resolve().parents[2]

ROLE = "arn:aws:iam::000000000000:role/lambda-tests"


def make_zip(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        for name, (data, mode) in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            z.writestr(info, data)
    return out.getvalue()


def probe_zip():
    binary = pathlib.Path(os.environ.get("GLEANER_TEST_FUNCTIONS", ROOT / "build" / "tests" / "functions")) / "probe"
    return make_zip({"bootstrap": (binary.read_bytes(), 0o100755)})


@pytest.fixture(scope="session")
def package():
    return probe_zip()


@pytest.fixture
def lam(client):
    return client("lambda")


@pytest.fixture
def role(client):
    try:
        client("iam").create_role(RoleName="lambda-tests", AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
    return ROLE


@pytest.fixture
def make(lam, package, role):
    """Creates functions, removes them afterwards."""
    names = []

    def create(**settings):
        name = settings.pop("FunctionName", "probe-" + uuid.uuid4().hex[:12])
        settings = {"Runtime": "provided.al2023", "Handler": "bootstrap", "Role": role, "Code": {"ZipFile": package}} | settings
        lam.create_function(FunctionName=name, **settings)
        names.append(name)
        return name

    yield create
    for name in names:
        try:
            lam.delete_function(FunctionName=name)
        except ClientError:
            pass


def call(lam, name, do, arg="", **more):
    reply = lam.invoke(FunctionName=name, Payload=json.dumps({"do": do, "arg": str(arg)}), **more)
    return reply, reply["Payload"].read()


def result(lam, name, do, arg=""):
    reply, body = call(lam, name, do, arg)
    assert "FunctionError" not in reply, body
    return json.loads(body)["result"]


def failure(lam, name, do, arg=""):
    reply, body = call(lam, name, do, arg)
    assert reply["StatusCode"] == 200
    assert reply["FunctionError"] == "Unhandled"
    return json.loads(body)


def raw(server, method, path, body=None, service="lambda", headers=None):
    """A signed request without a client, whose model may be too old to know every member."""
    request = AWSRequest(method, server.endpoint + path, data=json.dumps(body) if body is not None else None, headers=headers or {})
    SigV4Auth(Credentials(server.access_key, server.secret_key), service, server.region).add_auth(request)
    opened = urllib.request.Request(request.url, data=request.data.encode() if request.data else None, headers=dict(request.headers),
                                    method=method)
    with urllib.request.urlopen(opened) as reply:
        return reply.read()


def code_of(error):
    return error.value.response["Error"]["Code"]


# ---- management ----


def test_create_and_describe(lam, make, package, server):
    name = make(Description="a probe", Timeout=7, MemorySize=256, Tags={"a": "1"}, Environment={"Variables": {"COLOUR": "blue"}})
    got = lam.get_function(FunctionName=name)
    c = got["Configuration"]
    assert c["FunctionArn"] == f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert c["CodeSha256"] == base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert c["CodeSize"] == len(package)
    assert (c["Timeout"], c["MemorySize"], c["Description"]) == (7, 256, "a probe")
    assert (c["State"], c["LastUpdateStatus"], c["Version"], c["PackageType"]) == ("Active", "Successful", "$LATEST", "Zip")
    assert c["Architectures"] == ["x86_64"] and c["EphemeralStorage"] == {"Size": 512} and c["TracingConfig"] == {"Mode": "PassThrough"}
    bare = json.loads(raw(server, "GET", f"/2015-03-31/functions/{name}"))
    assert bare["Configuration"]["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
    assert raw(server, "GET", bare["Code"]["Location"].removeprefix(server.endpoint)) == package
    assert c["Environment"] == {"Variables": {"COLOUR": "blue"}}
    assert got["Tags"] == {"a": "1"} and got["Code"]["RepositoryType"] == "S3"
    assert lam.get_function_configuration(FunctionName=c["FunctionArn"])["RevisionId"] == c["RevisionId"]
    assert name in [f["FunctionName"] for f in lam.get_paginator("list_functions").paginate().build_full_result()["Functions"]]
    lam.get_waiter("function_active_v2").wait(FunctionName=name)


def test_errors_of_management(lam, make, package, role):
    name = make()
    with pytest.raises(ClientError) as e:
        make(FunctionName=name)
    assert code_of(e) == "ResourceConflictException"
    assert e.value.response["Error"]["Message"] == f"Function already exist: {name}"
    with pytest.raises(ClientError) as e:
        lam.get_function(FunctionName="no-such-function")
    assert code_of(e) == "ResourceNotFoundException"
    assert e.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert e.value.response["Error"]["Message"] == "Function not found: arn:aws:lambda:us-east-1:000000000000:function:no-such-function"
    assert e.value.response["Type"] == "User"
    for settings in ({"Runtime": "cobol"}, {"Code": {"ZipFile": b"not a zip"}}, {"Environment": {"Variables": {"AWS_REGION": "x"}}},
                     {"Environment": {"Variables": {"BIG": "x" * 5000}}}):
        with pytest.raises(ClientError) as e:
            make(**settings)
        assert code_of(e) == "InvalidParameterValueException", settings
    with pytest.raises(ClientError) as e:
        make(Timeout=901)
    assert "'timeout' failed to satisfy constraint: Member must have value less than or equal to 900" in str(e.value)


@pytest.mark.parametrize("files", [
    {"../evil": (b"x", 0o100644)}, {"/etc/evil": (b"x", 0o100644)}, {"a/../../evil": (b"x", 0o100644)},
    {"link": (b"/etc/passwd", 0o120777)}, {"fifo": (b"", 0o010644)},
])
def test_packages_that_lead_out_are_refused(make, files):
    with pytest.raises(ClientError) as e:
        make(Code={"ZipFile": make_zip(files)})
    assert code_of(e) == "InvalidParameterValueException"


def test_package_that_grows_too_large(make):
    bomb = make_zip({"zeros": (bytes(263_000_000), 0o100644)})
    with pytest.raises(ClientError) as e:
        make(Code={"ZipFile": bomb})
    assert "Unzipped size must be smaller than 262144000 bytes" in str(e.value)


def test_update_configuration(lam, make, server):
    name = make(Environment={"Variables": {"FIRST": "1"}})
    path = f"/2015-03-31/functions/{name}/configuration"
    before = lam.get_function_configuration(FunctionName=name)
    with pytest.raises(ClientError) as e:
        lam.update_function_configuration(FunctionName=name, Timeout=9, RevisionId=str(uuid.uuid4()))
    assert code_of(e) == "PreconditionFailedException"
    lam.update_function_configuration(FunctionName=name, Timeout=9, RevisionId=before["RevisionId"],
                                      Environment={"Variables": {"SECOND": "2"}})
    after = lam.get_function_configuration(FunctionName=name)
    assert after["Timeout"] == 9 and after["Environment"]["Variables"] == {"SECOND": "2"}
    assert result(lam, name, "env", "SECOND") == "2"
    raw(server, "PUT", path, {"LoggingConfig": {"LogFormat": "JSON"}})
    assert json.loads(raw(server, "GET", path))["LoggingConfig"] == {
        "LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", "LogGroup": f"/aws/lambda/{name}"}
    raw(server, "PUT", path, {"LoggingConfig": {"LogFormat": "Text"}, "Environment": {"Variables": {}}})
    after = json.loads(raw(server, "GET", path))
    assert "Environment" not in after and after["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
    assert result(lam, name, "env", "SECOND") == "(unset)"


def test_update_code(lam, make):
    name = make()
    assert result(lam, name, "echo") == ""
    script = b"#!/bin/sh\nexit 9\n"
    lam.update_function_code(FunctionName=name, ZipFile=make_zip({"bootstrap": (script, 0o100755)}))
    assert "exit status 9" in failure(lam, name, "echo")["errorMessage"]


def test_weights_of_an_alias_split_its_calls(lam, make):
    name = make(Environment={"Variables": {"WHICH": "first"}})
    lam.publish_version(FunctionName=name)
    lam.update_function_configuration(FunctionName=name, Environment={"Variables": {"WHICH": "second"}})
    lam.publish_version(FunctionName=name)
    routing = {"AdditionalVersionWeights": {"2": 0.5}}
    alias = {"FunctionName": name, "Name": "live"}
    assert lam.create_alias(**alias, FunctionVersion="1", RoutingConfig=routing)["RoutingConfig"] == routing
    assert lam.get_alias(**alias)["RoutingConfig"] == routing
    assert {result(lam, name + ":live", "env", "WHICH") for _ in range(40)} == {"first", "second"}
    lam.update_alias(**alias, RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}})
    assert {result(lam, name + ":live", "env", "WHICH") for _ in range(5)} == {"second"}
    for version, weights in (("1", {"1": 0.5}), ("1", {"$LATEST": 0.5}), ("$LATEST", {"2": 0.5}), ("1", {"2": 1.5})):
        with pytest.raises(ClientError) as e:
            lam.update_alias(**alias, FunctionVersion=version, RoutingConfig={"AdditionalVersionWeights": weights})
        assert code_of(e) == "InvalidParameterValueException"
    with pytest.raises(ClientError) as e:
        lam.update_alias(**alias, RoutingConfig={"AdditionalVersionWeights": {"9": 0.5}})
    assert code_of(e) == "ResourceNotFoundException"
    assert lam.update_alias(**alias, Description="d")["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 1.0}}
    assert "RoutingConfig" not in lam.update_alias(**alias, RoutingConfig={"AdditionalVersionWeights": {}})
    assert result(lam, name + ":live", "env", "WHICH") == "first"


def test_versions_and_aliases(lam, make):
    name = make(Environment={"Variables": {"WHICH": "first"}})
    one = lam.publish_version(FunctionName=name, Description="one")
    assert one["Version"] == "1" and one["FunctionArn"].endswith(f":{name}:1") and one["Description"] == "one"
    assert lam.publish_version(FunctionName=name)["Version"] == "1"
    lam.update_function_configuration(FunctionName=name, Environment={"Variables": {"WHICH": "second"}})
    assert lam.publish_version(FunctionName=name)["Version"] == "2"
    assert [v["Version"] for v in lam.list_versions_by_function(FunctionName=name)["Versions"]] == ["$LATEST", "1", "2"]
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    assert result(lam, name + ":live", "env", "WHICH") == "first"
    lam.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    reply, body = call(lam, name, "env", "WHICH", Qualifier="live")
    assert json.loads(body)["result"] == "second" and reply["ExecutedVersion"] == "2"
    assert lam.get_alias(FunctionName=name, Name="live")["FunctionVersion"] == "2"
    assert [a["Name"] for a in lam.list_aliases(FunctionName=name)["Aliases"]] == ["live"]
    lam.delete_alias(FunctionName=name, Name="live")
    with pytest.raises(ClientError) as e:
        lam.get_alias(FunctionName=name, Name="live")
    assert code_of(e) == "ResourceNotFoundException"
    lam.delete_function(FunctionName=name, Qualifier="1")
    with pytest.raises(ClientError) as e:
        lam.invoke(FunctionName=name, Qualifier="1")
    assert code_of(e) == "ResourceNotFoundException"


def test_permissions(lam, make):
    name = make()
    with pytest.raises(ClientError) as e:
        lam.get_policy(FunctionName=name)
    assert code_of(e) == "ResourceNotFoundException"
    added = lam.add_permission(FunctionName=name, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com",
                               SourceArn="arn:aws:execute-api:us-east-1:000000000000:abc/*/*")
    statement = json.loads(added["Statement"])
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:us-east-1:000000000000:abc/*/*"}}
    policy = json.loads(lam.get_policy(FunctionName=name)["Policy"])
    assert policy["Statement"] == [statement]
    with pytest.raises(ClientError) as e:
        lam.add_permission(FunctionName=name, StatementId="api", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com")
    assert code_of(e) == "ResourceConflictException"
    lam.remove_permission(FunctionName=name, StatementId="api")
    with pytest.raises(ClientError) as e:
        lam.get_policy(FunctionName=name)
    assert code_of(e) == "ResourceNotFoundException"


def test_tags_and_settings(lam, make):
    name = make(Tags={"a": "1"})
    arn = lam.get_function(FunctionName=name)["Configuration"]["FunctionArn"]
    lam.tag_resource(Resource=arn, Tags={"b": "2"})
    lam.untag_resource(Resource=arn, TagKeys=["a"])
    assert lam.list_tags(Resource=arn)["Tags"] == {"b": "2"}
    assert lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)["ReservedConcurrentExecutions"] == 3
    assert lam.get_function(FunctionName=name)["Concurrency"] == {"ReservedConcurrentExecutions": 3}
    lam.delete_function_concurrency(FunctionName=name)
    assert "Concurrency" not in lam.get_function(FunctionName=name)
    with pytest.raises(ClientError) as e:
        lam.get_function_event_invoke_config(FunctionName=name)
    assert code_of(e) == "ResourceNotFoundException"
    lam.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=1)
    config = lam.get_function_event_invoke_config(FunctionName=name)
    assert config["MaximumRetryAttempts"] == 1 and config["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}
    lam.delete_function_event_invoke_config(FunctionName=name)
    signing = lam.get_function_code_signing_config(FunctionName=name)
    assert signing["FunctionName"] == name and not signing.get("CodeSigningConfigArn")


def test_what_is_not_offered_says_so(make):
    layer = "arn:aws:lambda:us-east-1:000000000000:layer:x:1"
    for settings in ({"Layers": [layer, layer]}, {"SnapStart": {"ApplyOn": "PublishedVersions"}},
                     {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}):
        with pytest.raises(ClientError) as e:
            make(**settings)
        assert "not offered" in str(e.value), settings


# ---- invocation ----


def test_invoke_and_environment(lam, make, server):
    name = make(MemorySize=192, Timeout=5, Handler="some.handler")
    reply, body = call(lam, name, "describe")
    assert reply["StatusCode"] == 200 and reply["ExecutedVersion"] == "$LATEST"
    text = json.loads(body)["result"]
    assert f"id={reply['ResponseMetadata']['RequestId']} " in text
    assert f"arn=arn:aws:lambda:us-east-1:000000000000:function:{name} " in text
    assert "handler=some.handler " in text and "region=us-east-1 " in text and "version=$LATEST memory=192 " in text
    assert f"endpoint={server.endpoint} " in text and "key=ASIA" in text and "trace=Root=1-" in text
    assert "uid=0" not in text
    deadline = int(text.split("deadline=")[1].split()[0])
    assert 3000 < deadline - time.time() * 1000 <= 5000


def test_warm_environments_are_kept(lam, make):
    name = make()
    assert [result(lam, name, "count") for _ in range(5)] == ["1", "2", "3", "4", "5"]


def test_client_context_and_log_tail(lam, make):
    name = make()
    context = base64.b64encode(b'{"custom":{"a":"b"}}').decode()
    reply, body = call(lam, name, "echo", ClientContext=context)
    assert b'{"custom":{"a":"b"}}' in body
    reply, _ = call(lam, name, "print", "a line of output", LogType="Tail")
    log = base64.b64decode(reply["LogResult"]).decode()
    lines = log.splitlines()
    request = reply["ResponseMetadata"]["RequestId"]
    assert lines[0] == f"START RequestId: {request} Version: $LATEST"
    assert "a line of output" in lines and "to stderr" in lines
    assert f"END RequestId: {request}" in lines
    assert lines[-1].startswith(f"REPORT RequestId: {request}\tDuration: ") and "Max Memory Used: " in lines[-1]


def test_timeout(lam, make):
    name = make(Timeout=1)
    started = time.time()
    error = failure(lam, name, "sleep", 10000)
    assert error["errorType"] == "Sandbox.Timedout" and error["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
    assert 0.9 < time.time() - started < 9
    assert result(lam, name, "count") == "1"


@pytest.mark.parametrize("do,arg,message", [
    ("exit", 1, "Runtime exited with error: exit status 1"), ("exit", 0, "Runtime exited without providing a reason"),
    ("crash", "", "Runtime exited with error: signal: illegal instruction"), ("kill", 9, "Runtime exited with error: signal: killed"),
    ("kill", 6, "Runtime exited with error: signal: aborted"),
])
def test_process_ends_during_an_invocation(lam, make, do, arg, message):
    name = make()
    reply, body = call(lam, name, do, arg)
    error = json.loads(body)
    assert reply["FunctionError"] == "Unhandled" and error["errorType"] == "Runtime.ExitError"
    assert error["errorMessage"].startswith(f"RequestId: {reply['ResponseMetadata']['RequestId']} Error: {message}")
    assert result(lam, name, "count") == "1"


def test_function_errors_are_passed_on(lam, make):
    name = make()
    assert failure(lam, name, "error") == {"errorMessage": "it went wrong", "errorType": "Oops", "stackTrace": []}
    assert result(lam, name, "count") == "2"


def test_odd_responses(lam, make):
    name = make()
    reply, body = call(lam, name, "garbage")
    assert body == b"\xff\xfe not json"[:11]
    assert failure(lam, name, "large")["errorType"] == "Function.ResponseSizeTooLarge"
    assert result(lam, name, "wrong-id") == "400"
    reply, body = call(lam, name, "twice")
    assert json.loads(body)["result"] == "first"
    assert result(lam, name, "count") == "5"


def test_response_then_exit(lam, make):
    name = make()
    assert result(lam, name, "respond-then-exit") == "last words"
    assert result(lam, name, "count") == "1"


@pytest.mark.parametrize("how,type_,message", [
    ("exit", "Runtime.ExitError", "Runtime exited with error: exit status 4"), ("error", "InitFailed", "no init"),
])
def test_initialisation_fails(lam, make, how, type_, message):
    name = make(Environment={"Variables": {"PROBE_INIT": how}})
    error = failure(lam, name, "echo")
    assert error["errorType"] == type_ and message in error["errorMessage"]


def test_initialisation_hangs(lam, make):
    name = make(Timeout=2, Environment={"Variables": {"PROBE_INIT": "hang"}})
    started = time.time()
    assert failure(lam, name, "echo")["errorType"] == "Sandbox.Timedout"
    assert 11 < time.time() - started < 60


@pytest.mark.parametrize("files,message", [
    ({"other": (b"x", 0o100755)}, "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"),
    ({"bootstrap": (b"#!/bin/sh\n", 0o100644)}, "fork/exec /var/task/bootstrap: permission denied"),
    ({"bootstrap": (b"\x7fELF garbage", 0o100755)}, "fork/exec /var/task/bootstrap: exec format error"),
    ({"bootstrap": (b"#!/no/such/shell\n", 0o100755)}, "fork/exec /var/task/bootstrap: no such file or directory"),
])
def test_bad_entry_points(lam, make, files, message):
    name = make(Code={"ZipFile": make_zip(files)})
    error = failure(lam, name, "echo")
    assert error["errorType"] == "Runtime.InvalidEntrypoint" and error["errorMessage"].endswith("Error: " + message)


def test_concurrency(lam, make):
    name = make(Timeout=20)
    started = time.time()
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        results = list(pool.map(lambda _: result(lam, name, "sleep", 1500), range(50)))
    assert results == [""] * 50
    assert time.time() - started < 50  # one after another: 75


def test_reserved_concurrency(lam, make):
    name = make(Timeout=10)
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        slow = pool.submit(result, lam, name, "sleep", 1500)
        time.sleep(0.5)
        with pytest.raises(ClientError) as e:
            lam.invoke(FunctionName=name)
        assert code_of(e) == "TooManyRequestsException"
        assert e.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
        assert slow.result() == ""


def test_refused_requests(lam, make):
    name = make()
    assert lam.invoke(FunctionName=name, InvocationType="DryRun")["StatusCode"] == 204
    with pytest.raises(ClientError) as e:
        lam.invoke(FunctionName=name, Payload=b"not json")
    assert code_of(e) == "InvalidRequestContentException"
    with pytest.raises(ClientError) as e:
        lam.invoke(FunctionName=name, Payload=b'"' + b"x" * (6 * 1024 * 1024) + b'"')
    assert code_of(e) == "RequestTooLargeException"
    with pytest.raises(ClientError) as e:
        lam.invoke(FunctionName=name + "-not")
    assert code_of(e) == "ResourceNotFoundException"
    big = json.dumps({"do": "count", "pad": "x" * (6 * 1024 * 1024 - 100)})
    assert json.loads(lam.invoke(FunctionName=name, Payload=big)["Payload"].read())["result"] == "1"


def test_event_invocation(lam, make):
    name = make()
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)  # one environment sees them all
    for _ in range(3):
        assert lam.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"do":"count"}')["StatusCode"] == 202
    with pytest.raises(ClientError) as e:
        lam.invoke(FunctionName=name, InvocationType="Event", Payload=b'"' + b"x" * 1048577 + b'"')
    assert code_of(e) == "RequestTooLargeException"
    time.sleep(6)  # those that came too early come again after one second, then two
    assert result(lam, name, "count") == "4"


@pytest.mark.skipif(not shutil.which("python3", path="/usr/bin:/usr/local/bin"), reason="no python3 for functions on this machine")
def test_python(lam, make):
    source = b"""
import os
def handler(event, context):
    if event.get("fail"):
        raise ValueError("it failed")
    print("hello from python")
    return {"event": event, "name": context.function_name, "left": context.get_remaining_time_in_millis() > 0, "cwd": os.getcwd()}
"""
    name = make(Runtime="python3.12", Handler="app.handler", Timeout=20, Code={"ZipFile": make_zip({"app.py": (source, 0o100644)})})
    reply = lam.invoke(FunctionName=name, Payload=b'{"a": 1}', LogType="Tail")
    body = json.loads(reply["Payload"].read())
    assert body == {"event": {"a": 1}, "name": name, "left": True, "cwd": "/var/task"}
    assert "hello from python" in base64.b64decode(reply["LogResult"]).decode()
    reply = lam.invoke(FunctionName=name, Payload=b'{"fail": true}')
    error = json.loads(reply["Payload"].read())
    assert reply["FunctionError"] == "Unhandled" and error["errorType"] == "ValueError" and error["errorMessage"] == "it failed"
    missing = make(Runtime="python3.12", Handler="nothing.handler", Timeout=20, Code={"ZipFile": make_zip({"app.py": (source, 0o100644)})})
    error = json.loads(lam.invoke(FunctionName=missing)["Payload"].read())
    assert error["errorType"] == "Runtime.ImportModuleError" and "Unable to import module 'nothing'" in error["errorMessage"]


@pytest.mark.skipif(not shutil.which("node", path="/usr/bin:/usr/local/bin"), reason="no node for functions on this machine")
def test_node(lam, make):
    source = b"""
exports.handler = async (event, context) => {
    if (event.fail) throw new TypeError("it failed");
    console.log("hello from node");
    return { event, name: context.functionName };
};
exports.old = (event, context, callback) => callback(null, "called back");
"""
    files = {"index.js": (source, 0o100644)}
    name = make(Runtime="nodejs22.x", Handler="index.handler", Timeout=20, Code={"ZipFile": make_zip(files)})
    reply = lam.invoke(FunctionName=name, Payload=b'{"a": 1}', LogType="Tail")
    assert json.loads(reply["Payload"].read()) == {"event": {"a": 1}, "name": name}
    assert "hello from node" in base64.b64decode(reply["LogResult"]).decode()
    error = json.loads(lam.invoke(FunctionName=name, Payload=b'{"fail": true}')["Payload"].read())
    assert (error["errorType"], error["errorMessage"]) == ("TypeError", "it failed")
    lam.update_function_configuration(FunctionName=name, Handler="index.old")
    assert json.loads(lam.invoke(FunctionName=name)["Payload"].read()) == "called back"


# ---- confinement ----


def test_functions_see_no_data(lam, make, server):
    name = make()
    for path in (str(server.data), str(server.data) + "/credentials", "/root", "/home", "/var/lib", "/etc/shadow"):
        assert result(lam, name, "read", path) in ("ENOENT", "EACCES", "EISDIR") and result(lam, name, "list", path) in ("ENOENT", "EACCES", "ENOTDIR")
    assert "credentials" not in result(lam, name, "list", "/")


def test_functions_cannot_change_their_code(lam, make):
    name = make()
    text = result(lam, name, "write-code")
    assert "ok" not in text, text
    assert result(lam, name, "count") == "2"


def test_functions_cannot_fork_without_end(lam, make):
    name, other = make(Timeout=10), make()
    count, error = result(lam, name, "fork").split()
    assert int(count) <= 1024 and error == "EAGAIN"
    assert result(lam, other, "count") == "1"
    lam.delete_function(FunctionName=name)
    time.sleep(0.5)
    left = [p for p in os.listdir("/proc") if p.isdigit() and executable(p).endswith("/bootstrap (deleted)")]
    assert left == []


def executable(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return ""


def test_functions_cannot_see_or_trace_others(lam, make):
    first, second = make(), make()
    assert result(lam, first, "echo") == ""
    seen, error = result(lam, second, "others").split()
    assert int(seen) <= 1 and error == "EPERM"  # the first process of its own namespace


def test_functions_reach_only_their_ports(lam, make, server):
    import socket
    name = make()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert result(lam, name, "connect", other.getsockname()[1]) == "EACCES"
    assert result(lam, name, "connect", server.endpoint.rsplit(":", 1)[1]) == "ok"


def test_functions_cannot_take_all_memory(lam, make):
    name = make(MemorySize=128)
    assert result(lam, name, "memory", 64) == "ok"
    assert result(lam, name, "memory", 1000) == "ENOMEM"


def test_tmp_is_private(lam, make):
    name = make()
    assert result(lam, name, "tmp") == "ok"
    assert not os.path.exists("/tmp/file")


# ---- what becomes of asynchronous invocations ----


@pytest.fixture
def queue(server, client, role):
    """A queue of its own that the functions' role may send to: its ARN, and what takes the next message."""
    def sqs(operation, **parameters):
        answer = raw(server, "POST", "/", parameters, "sqs", {
            "X-Amz-Target": "AmazonSQS." + operation, "Content-Type": "application/x-amz-json-1.0"})
        return json.loads(answer or b"{}")

    client("iam").put_role_policy(RoleName="lambda-tests", PolicyName="send", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}))
    url = sqs("CreateQueue", QueueName="lambda-" + uuid.uuid4().hex[:10])["QueueUrl"]
    arn = sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def receive():
        messages = sqs("ReceiveMessage", QueueUrl=url, WaitTimeSeconds=1, MessageAttributeNames=["All"]).get("Messages")
        if messages:
            sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=messages[0]["ReceiptHandle"])
        return messages and messages[0]

    yield arn, receive
    sqs("DeleteQueue", QueueUrl=url)


def test_event_outcomes_reach_their_destination(lam, make, queue, wait_for):
    name, (arn, receive) = make(), queue
    lam.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0, DestinationConfig={
        "OnFailure": {"Destination": arn}, "OnSuccess": {"Destination": arn}})
    for do, condition in (("error", "RetriesExhausted"), ("count", "Success")):
        lam.invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"do": do}))
        record = json.loads(wait_for(receive)["Body"])
        assert record["requestContext"]["condition"] == condition
        assert record["requestContext"]["functionArn"].endswith(f":{name}:$LATEST")
        assert record["requestPayload"] == {"do": do}
    assert record["responsePayload"] == {"result": "2"}


def test_dead_letter_queue(lam, make, queue, wait_for):
    arn, receive = queue
    name = make(DeadLetterConfig={"TargetArn": arn})
    lam.put_function_event_invoke_config(FunctionName=name, MaximumRetryAttempts=0)
    lam.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"do": "error"}')
    message = wait_for(receive)
    assert json.loads(message["Body"]) == {"do": "error"}
    assert message["MessageAttributes"]["ErrorMessage"]["StringValue"] == "it went wrong"
