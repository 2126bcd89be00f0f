"""AWS Step Functions, by boto3 against the real binary."""
import base64
import io
import json
import time
import urllib.error
import urllib.request
import uuid
import zipfile

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROLE = "arn:aws:iam::000000000000:role/machine"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}}}


def make_role(server):
    """The role of all machines, functions and rules here: it may do everything."""
    iam = server.client("iam")
    services = [f"{name}.amazonaws.com" for name in ("states", "lambda", "events")]
    iam.create_role(RoleName="machine", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}]}))
    iam.put_role_policy(RoleName="machine", PolicyName="all", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"}]}))


@pytest.fixture(scope="module")
def sfn(bare_server):
    make_role(bare_server)
    yield bare_server.client("stepfunctions")
    iam = bare_server.client("iam")
    iam.delete_role_policy(RoleName="machine", PolicyName="all")
    iam.delete_role(RoleName="machine")


@pytest.fixture
def machine(sfn):
    """machine(definition, **more): the ARN of a new state machine, deleted at the end."""
    made = []

    def make(definition, **more):
        arn = sfn.create_state_machine(name=f"m-{uuid.uuid4().hex[:12]}", definition=json.dumps(definition),
                                       roleArn=ROLE, **more)["stateMachineArn"]
        made.append(arn)
        return arn
    yield make
    for arn in made:
        sfn.delete_state_machine(stateMachineArn=arn)


def finish(sfn, arn, seconds=20):
    end = time.monotonic() + seconds
    while True:
        execution = sfn.describe_execution(executionArn=arn)
        if execution["status"] != "RUNNING":
            return execution
        assert time.monotonic() < end, "the execution does not end"
        time.sleep(0.02)


def refused(call, **arguments):
    with pytest.raises(Exception) as caught:
        call(**arguments)
    return caught.value.response["Error"]


def raw(server, operation, **parameters):
    """An operation that this boto3 is too old to know."""
    request = AWSRequest("POST", server.endpoint + "/", data=json.dumps(parameters).encode(), headers={
        "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AWSStepFunctions." + operation})
    SigV4Auth(Credentials(server.access_key, server.secret_key), "states", server.region).add_auth(request)
    prepared = request.prepare()
    try:
        with urllib.request.urlopen(urllib.request.Request(prepared.url, prepared.body, dict(prepared.headers))) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_create_describe_update_delete(bare_server, sfn, machine):
    arn = machine(PASS, tags=[{"key": "a", "value": "1"}])
    name = arn.rsplit(":", 1)[1]
    one = sfn.describe_state_machine(stateMachineArn=arn)
    assert (one["name"], one["status"], one["type"], one["roleArn"]) == (name, "ACTIVE", "STANDARD", ROLE)
    assert json.loads(one["definition"]) == PASS
    assert one["loggingConfiguration"] == {"level": "OFF", "includeExecutionData": False}
    assert one["tracingConfiguration"] == {"enabled": False}
    assert arn in [m["stateMachineArn"] for m in sfn.list_state_machines(maxResults=1000)["stateMachines"]]
    # the same request again succeeds, another one of that name does not
    again = sfn.create_state_machine(name=name, definition=json.dumps(PASS), roleArn=ROLE)
    assert again["creationDate"] == one["creationDate"]
    assert refused(sfn.create_state_machine, name=name, definition=json.dumps(WAIT), roleArn=ROLE)["Code"] == "StateMachineAlreadyExists"
    update = sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(WAIT), tracingConfiguration={"enabled": True})
    two = sfn.describe_state_machine(stateMachineArn=arn)
    assert json.loads(two["definition"]) == WAIT and two["tracingConfiguration"] == {"enabled": True}
    assert update["updateDate"] >= one["creationDate"]
    revision = raw(bare_server, "DescribeStateMachine", stateMachineArn=arn)[1]["revisionId"]
    assert uuid.UUID(revision)
    sfn.update_state_machine(stateMachineArn=arn, tracingConfiguration={})
    assert sfn.describe_state_machine(stateMachineArn=arn)["tracingConfiguration"] == {"enabled": False}
    assert refused(sfn.update_state_machine, stateMachineArn=arn)["Code"] == "MissingRequiredParameter"
    sfn.delete_state_machine(stateMachineArn=arn)
    assert refused(sfn.describe_state_machine, stateMachineArn=arn)["Code"] == "StateMachineDoesNotExist"


def test_tags_and_versions(bare_server, sfn, machine):
    arn = machine(PASS, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    sfn.tag_resource(resourceArn=arn, tags=[{"key": "b", "value": "3"}, {"key": "c", "value": ""}])
    sfn.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert sfn.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "3"}, {"key": "c", "value": ""}]
    assert raw(bare_server, "ListStateMachineVersions", stateMachineArn=arn) == (200, {"stateMachineVersions": []})
    assert refused(sfn.list_tags_for_resource, resourceArn=arn + "x")["Code"] == "ResourceNotFound"


def versions_of(bare_server, arn):
    return [v["stateMachineVersionArn"] for v in raw(bare_server, "ListStateMachineVersions", stateMachineArn=arn)[1]["stateMachineVersions"]]


def test_versions(bare_server, sfn, machine):
    arn = machine(PASS)
    publish = {"stateMachineArn": arn, "description": "one"}
    assert raw(bare_server, "PublishStateMachineVersion", **publish)[1]["stateMachineVersionArn"] == f"{arn}:1"
    assert raw(bare_server, "PublishStateMachineVersion", **publish)[1]["stateMachineVersionArn"] == f"{arn}:1"
    changed = {**PASS, "Comment": "changed"}
    updated = raw(bare_server, "UpdateStateMachine", stateMachineArn=arn, definition=json.dumps(changed), publish=True)[1]
    assert updated["stateMachineVersionArn"] == f"{arn}:2" and versions_of(bare_server, arn) == [f"{arn}:2", f"{arn}:1"]
    page = raw(bare_server, "ListStateMachineVersions", stateMachineArn=arn, maxResults=1)[1]
    rest = raw(bare_server, "ListStateMachineVersions", stateMachineArn=arn, maxResults=1, nextToken=page["nextToken"])[1]
    assert [v["stateMachineVersionArn"] for v in rest["stateMachineVersions"]] == [f"{arn}:1"] and "nextToken" not in rest
    first = raw(bare_server, "DescribeStateMachine", stateMachineArn=f"{arn}:1")[1]
    assert json.loads(first["definition"]) == PASS and first["description"] == "one" and first["stateMachineArn"] == f"{arn}:1"
    assert raw(bare_server, "DeleteStateMachineVersion", stateMachineVersionArn=f"{arn}:2") == (200, {})
    assert raw(bare_server, "DeleteStateMachineVersion", stateMachineVersionArn=f"{arn}:2") == (200, {})
    assert refused(sfn.start_execution, stateMachineArn=f"{arn}:2")["Code"] == "StateMachineDoesNotExist"
    stale = raw(bare_server, "PublishStateMachineVersion", stateMachineArn=arn, revisionId=str(uuid.uuid4()))
    assert stale[0] == 400 and stale[1]["__type"].endswith("ConflictException")
    assert raw(bare_server, "PublishStateMachineVersion", stateMachineArn=arn)[1]["stateMachineVersionArn"] == f"{arn}:3"


def test_aliases(bare_server, sfn, machine):
    def says(word):
        return {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": word, "End": True}}}

    def run():
        execution = sfn.start_execution(stateMachineArn=alias)["executionArn"]
        end = time.monotonic() + 10
        while (told := sfn.describe_execution(executionArn=execution))["status"] == "RUNNING" and time.monotonic() < end:
            time.sleep(0.02)
        return json.loads(told["output"])

    arn = machine(says("old"))
    raw(bare_server, "PublishStateMachineVersion", stateMachineArn=arn)
    raw(bare_server, "UpdateStateMachine", stateMachineArn=arn, definition=json.dumps(says("new")), publish=True)
    only = [{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    both = [{"stateMachineVersionArn": f"{arn}:1", "weight": 50}, {"stateMachineVersionArn": f"{arn}:2", "weight": 50}]
    alias = raw(bare_server, "CreateStateMachineAlias", name="live", routingConfiguration=only)[1]["stateMachineAliasArn"]
    assert alias == f"{arn}:live" and run() == "old"
    assert raw(bare_server, "CreateStateMachineAlias", name="live", routingConfiguration=only)[0] == 200
    assert raw(bare_server, "CreateStateMachineAlias", name="live", routingConfiguration=both)[1]["__type"].endswith("ConflictException")
    raw(bare_server, "UpdateStateMachineAlias", stateMachineAliasArn=alias, description="d", routingConfiguration=both)
    told = raw(bare_server, "DescribeStateMachineAlias", stateMachineAliasArn=alias)[1]
    assert (told["name"], told["description"], told["routingConfiguration"]) == ("live", "d", both)
    assert {run() for _ in range(30)} == {"old", "new"}
    listed = raw(bare_server, "ListStateMachineAliases", stateMachineArn=arn)[1]["stateMachineAliases"]
    assert [item["stateMachineAliasArn"] for item in listed] == [alias]
    used = raw(bare_server, "DeleteStateMachineVersion", stateMachineVersionArn=f"{arn}:1")[1]
    assert used["__type"].endswith("ConflictException")
    for bad, error in (([{**only[0], "weight": 99}], "ValidationException"),
                       ([{"stateMachineVersionArn": f"{arn}:9", "weight": 100}], "ResourceNotFound")):
        answer = raw(bare_server, "UpdateStateMachineAlias", stateMachineAliasArn=alias, routingConfiguration=bad)
        assert answer[0] == 400 and answer[1]["__type"].endswith(error)
    assert raw(bare_server, "DeleteStateMachineAlias", stateMachineAliasArn=alias) == (200, {})
    assert raw(bare_server, "DescribeStateMachineAlias", stateMachineAliasArn=alias)[1]["__type"].endswith("ResourceNotFound")


def test_validation(bare_server, sfn):
    answer = raw(bare_server, "ValidateStateMachineDefinition", definition=json.dumps(PASS), type="STANDARD")
    assert answer == (200, {"result": "OK", "diagnostics": [], "truncated": False})
    bad = {"StartAt": "pass1", "States": {"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": {"Type": "Pass", "End": True}}}
    answer = raw(bare_server, "ValidateStateMachineDefinition", definition=json.dumps(bad), maxResults=1)[1]
    assert (answer["result"], len(answer["diagnostics"]), answer["truncated"]) == ("FAIL", 1, True)
    assert answer["diagnostics"][0] == {"severity": "ERROR", "code": "MISSING_TRANSITION_TARGET",
                                        "message": "Missing 'Next' target: pass3", "location": "/States/pass1/Next"}
    error = refused(sfn.create_state_machine, name="x", definition=json.dumps(bad), roleArn=ROLE)
    assert error["Code"] == "InvalidDefinition"
    assert error["Message"].startswith("Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at ")
    assert refused(sfn.create_state_machine, name="a b", definition=json.dumps(PASS), roleArn=ROLE)["Code"] == "InvalidName"
    assert refused(sfn.create_state_machine, name="x", definition=json.dumps(PASS), roleArn="nobody")["Code"] == "InvalidArn"
    assert refused(sfn.create_state_machine, name="x", definition=json.dumps(PASS), roleArn=ROLE,
                   loggingConfiguration={"level": "ALL"})["Code"] == "InvalidLoggingConfiguration"


def test_start_is_idempotent(sfn, machine):
    arn = machine(WAIT)
    one = sfn.start_execution(stateMachineArn=arn, name="n", input='{"a":1}')
    assert sfn.start_execution(stateMachineArn=arn, name="n", input='{"a":1}')["startDate"] == one["startDate"]
    assert refused(sfn.start_execution, stateMachineArn=arn, name="n", input="{}")["Code"] == "ExecutionAlreadyExists"
    assert finish(sfn, one["executionArn"])["output"] == '{"a":1}'
    assert refused(sfn.start_execution, stateMachineArn=arn, name="n", input='{"a":1}')["Code"] == "ExecutionAlreadyExists"
    assert refused(sfn.start_execution, stateMachineArn=arn, input="{")["Code"] == "InvalidExecutionInput"
    assert refused(sfn.start_execution, stateMachineArn=arn + "x")["Code"] == "StateMachineDoesNotExist"
    assert refused(sfn.describe_execution, executionArn=one["executionArn"] + "x")["Code"] == "ExecutionDoesNotExist"
    assert refused(sfn.describe_execution, executionArn="x")["Code"] == "InvalidArn"


def test_history_pages(sfn, machine):
    arn = machine(PASS)
    execution = sfn.start_execution(stateMachineArn=arn, input='{"secret":1}')["executionArn"]
    finish(sfn, execution)
    pages = sfn.get_paginator("get_execution_history").paginate(executionArn=execution, PaginationConfig={"PageSize": 1})
    assert [e["type"] for page in pages for e in page["events"]] == [
        "ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    pages = sfn.get_paginator("get_execution_history").paginate(executionArn=execution, reverseOrder=True,
                                                               PaginationConfig={"PageSize": 3})
    assert [e["id"] for page in pages for e in page["events"]] == [4, 3, 2, 1]
    assert "secret" not in json.dumps(sfn.get_execution_history(executionArn=execution, includeExecutionData=False), default=str)
    assert refused(sfn.get_execution_history, executionArn=execution, nextToken="x")["Code"] == "InvalidToken"


def test_list_and_stop(sfn, machine):
    arn = machine(WAIT)
    started = [sfn.start_execution(stateMachineArn=arn)["executionArn"] for _ in range(3)]
    sfn.stop_execution(executionArn=started[0], error="Stop", cause="by hand")
    stopped = sfn.describe_execution(executionArn=started[0])
    assert (stopped["status"], stopped["error"], stopped["cause"]) == ("ABORTED", "Stop", "by hand")
    last = sfn.get_execution_history(executionArn=started[0], reverseOrder=True)["events"][0]
    assert last["type"] == "ExecutionAborted" and last["executionAbortedEventDetails"] == {"error": "Stop", "cause": "by hand"}
    for execution in started[1:]:
        finish(sfn, execution)
    pages = list(sfn.get_paginator("list_executions").paginate(stateMachineArn=arn, PaginationConfig={"PageSize": 2}))
    assert [len(p["executions"]) for p in pages] == [2, 1]
    assert {e["executionArn"] for p in pages for e in p["executions"]} == set(started)

    def count(status):
        return len(sfn.list_executions(stateMachineArn=arn, statusFilter=status)["executions"])
    assert (count("SUCCEEDED"), count("ABORTED"), count("RUNNING"), count("PENDING_REDRIVE")) == (2, 1, 0, 0)


def test_update_leaves_running_executions_alone(sfn, machine):
    arn = machine(WAIT)
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(
        {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "New"}}}))
    assert json.loads(sfn.describe_state_machine_for_execution(executionArn=execution)["definition"]) == WAIT
    assert finish(sfn, execution)["status"] == "SUCCEEDED"
    other = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    assert finish(sfn, other)["error"] == "New"


def test_delete_ends_running_executions(sfn, machine):
    arn = machine({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}})
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    sfn.delete_state_machine(stateMachineArn=arn)
    assert sfn.describe_execution(executionArn=execution)["status"] == "ABORTED"


def test_express(sfn, machine):
    arn = machine({"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 1, "Next": "C"},
        "C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 3, "Next": "A"}], "Default": "S"},
        "S": {"Type": "Succeed"}}}, type="EXPRESS")
    answer = sfn.start_sync_execution(stateMachineArn=arn, name="e", input='{"n":1}')
    assert (answer["status"], answer["output"], answer["name"]) == ("SUCCEEDED", '{"n":3}', "e")
    assert ":express:" in answer["executionArn"] and answer["stopDate"] > answer["startDate"]
    assert ":express:" in sfn.start_execution(stateMachineArn=arn, input='{"n":1}')["executionArn"]
    assert refused(sfn.list_executions, stateMachineArn=arn)["Code"] == "StateMachineTypeNotSupported"
    failing = machine({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E", "Cause": "C"}}}, type="EXPRESS")
    answer = sfn.start_sync_execution(stateMachineArn=failing)
    assert (answer["status"], answer["error"], answer["cause"]) == ("FAILED", "E", "C")
    assert refused(sfn.start_sync_execution, stateMachineArn=machine(PASS))["Code"] == "StateMachineTypeNotSupported"


def test_dynamodb_integration_and_its_errors(bare_server, sfn, machine):
    db = bare_server.client("dynamodb")
    table = f"t-{uuid.uuid4().hex[:8]}"
    db.create_table(TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                    AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    put = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {
        "TableName": table, "Item": {"id": {"S.$": "$.id"}}, "ConditionExpression": "attribute_not_exists(id)"},
        "ResultPath": "$.put", "Next": "Get",
        "Catch": [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "ResultPath": "$.error", "Next": "Twice"}]}
    get = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem", "Parameters": {
        "TableName": table, "Key": {"id": {"S.$": "$.id"}}}, "ResultPath": "$.got", "End": True}
    arn = machine({"StartAt": "Put", "States": {"Put": put, "Get": get, "Twice": {"Type": "Pass", "End": True}}})
    first = json.loads(finish(sfn, sfn.start_execution(stateMachineArn=arn, input='{"id":"a"}')["executionArn"])["output"])
    assert first["put"]["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert first["got"] == {"Item": {"id": {"S": "a"}}}
    second = json.loads(finish(sfn, sfn.start_execution(stateMachineArn=arn, input='{"id":"a"}')["executionArn"])["output"])
    assert second["error"]["Error"] == "DynamoDB.ConditionalCheckFailedException"
    assert "Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ConditionalCheckFailedException" in second["error"]["Cause"]
    missing = machine({"StartAt": "G", "States": {"G": {"Type": "Task", "End": True, "Parameters": {
        "TableName": "nope-" + table, "Key": {"id": {"S": "a"}}}, "Resource": "arn:aws:states:::aws-sdk:dynamodb:getItem"}}})
    failed = finish(sfn, sfn.start_execution(stateMachineArn=missing)["executionArn"])
    assert failed["error"] == "DynamoDb.ResourceNotFoundException"
    assert failed["cause"].startswith("Requested resource not found (Service: DynamoDb, Status Code: 400, Request ID: ")


def test_nested_executions(sfn, machine):
    child = machine(WAIT)
    parent = machine({"StartAt": "C", "States": {"C": {"Type": "Task", "End": True, "Parameters": {
        "StateMachineArn": child, "Input": {"k.$": "$.k"}}, "Resource": "arn:aws:states:::states:startExecution.sync:2"}}})
    execution = sfn.start_execution(stateMachineArn=parent, input='{"k":1}')["executionArn"]
    output = json.loads(finish(sfn, execution)["output"])
    assert output["Status"] == "SUCCEEDED" and output["Output"] == {"k": 1}
    types = [e["type"] for e in sfn.get_execution_history(executionArn=execution)["events"]]
    assert types == ["ExecutionStarted", "TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded",
                     "TaskStateExited", "ExecutionSucceeded"]
    failing = machine({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}})
    parent = machine({"StartAt": "C", "States": {"C": {"Type": "Task", "End": True, "Parameters": {"StateMachineArn": failing},
                                                       "Resource": "arn:aws:states:::states:startExecution.sync"}}})
    failed = finish(sfn, sfn.start_execution(stateMachineArn=parent)["executionArn"])
    assert failed["error"] == "States.TaskFailed" and json.loads(failed["cause"])["Error"] == "E"


def test_stopping_the_parent_stops_the_child(sfn, machine, wait_for):
    child = machine({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}})
    parent = machine({"StartAt": "C", "States": {"C": {"Type": "Task", "End": True, "Parameters": {"StateMachineArn": child},
                                                       "Resource": "arn:aws:states:::states:startExecution.sync"}}})
    execution = sfn.start_execution(stateMachineArn=parent)["executionArn"]

    def submitted():
        return "TaskSubmitted" in [e["type"] for e in sfn.get_execution_history(executionArn=execution)["events"]]
    wait_for(submitted)
    sfn.stop_execution(executionArn=execution)
    wait_for(lambda: sfn.list_executions(stateMachineArn=child, statusFilter="ABORTED")["executions"])


def test_task_tokens(sfn, machine, wait_for):
    child = machine({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}})
    arn = machine({"StartAt": "T", "States": {"T": {
        "Type": "Task", "Resource": "arn:aws:states:::states:startExecution.waitForTaskToken", "HeartbeatSeconds": 30, "End": True,
        "Parameters": {"StateMachineArn": child, "Input": {"token.$": "$$.Task.Token"}}}}})

    def token_of(execution):
        def find():
            for event in sfn.get_execution_history(executionArn=execution)["events"]:
                if event["type"] == "TaskSubmitted":
                    started = json.loads(event["taskSubmittedEventDetails"]["output"])["ExecutionArn"]
                    return json.loads(sfn.describe_execution(executionArn=started)["input"])["token"]
            return None
        return wait_for(find)
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    token = token_of(execution)
    sfn.send_task_heartbeat(taskToken=token)
    assert refused(sfn.send_task_success, taskToken=token, output="{")["Code"] == "InvalidOutput"
    sfn.send_task_success(taskToken=token, output='{"done":true}')
    assert finish(sfn, execution)["output"] == '{"done":true}'
    assert refused(sfn.send_task_success, taskToken=token, output="{}")["Code"] == "TaskTimedOut"
    execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
    sfn.send_task_failure(taskToken=token_of(execution), error="Mine", cause="why")
    assert finish(sfn, execution)["error"] == "Mine"
    assert refused(sfn.send_task_success, taskToken="nope", output="{}")["Code"] == "InvalidToken"
    forged = base64.b64encode(base64.b64decode(token)[:-4] + b"0000").decode()
    assert refused(sfn.send_task_success, taskToken=forged, output="{}")["Code"] == "TaskTimedOut"


def test_a_machine_may_do_what_its_role_may(bare_server, sfn, machine):
    iam = bare_server.client("iam")
    name = f"weak-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
    arn = machine({"StartAt": "T", "States": {"T": {"Type": "Task", "End": True, "Parameters": {
        "TableName": "t", "Key": {"id": {"S": "a"}}}, "Resource": "arn:aws:states:::dynamodb:getItem"}}})
    sfn.update_state_machine(stateMachineArn=arn, roleArn=role)
    failed = finish(sfn, sfn.start_execution(stateMachineArn=arn)["executionArn"])
    iam.delete_role(RoleName=name)
    assert failed["error"] == "DynamoDB.AmazonDynamoDBException"
    assert "is not authorized to perform: dynamodb:GetItem" in failed["cause"] and f"assumed-role/{name}/" in failed["cause"]
    assert "Error Code: AccessDeniedException" in failed["cause"]


def test_refused_operations_name_themselves(bare_server):
    for operation in ("RedriveExecution", "ListActivities", "DescribeMapRun", "TestState", "GetActivityTask"):
        status, error = raw(bare_server, operation)
        assert status == 400 and error["__type"].endswith("UnsupportedOperationException")
        assert error["message"] == f"{operation} is not offered by this server."


def test_a_stopped_server_drops_express_executions(fresh_server):
    server = fresh_server("--bare")
    sfn = server.client("stepfunctions")
    arn = sfn.create_state_machine(name="waits", roleArn=ROLE, type="EXPRESS", definition=json.dumps(
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 100, "End": True}}}))["stateMachineArn"]
    sfn.start_execution(stateMachineArn=arn)
    # the fixture checks that the server ends well, and in the sanitizers' build that nothing is lost


def test_a_killed_server_goes_on(fresh_server):
    server = fresh_server("--bare")
    make_role(server)
    sfn = server.client("stepfunctions")
    child = sfn.create_state_machine(name="child", roleArn=ROLE, definition=json.dumps(
        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 2, "End": True}}}))["stateMachineArn"]
    branches = [{"StartAt": "C", "States": {"C": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2",
                                                  "Parameters": {"StateMachineArn": child}, "ResultSelector": {"s.$": "$.Status"},
                                                  "End": True}}},
                {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.l", "MaxConcurrency": 2, "End": True,
                                                  "ItemProcessor": {"StartAt": "I", "States": {
                                                      "I": {"Type": "Wait", "Seconds": 1, "End": True}}}}}}]
    arn = sfn.create_state_machine(name="parent", roleArn=ROLE, definition=json.dumps(
        {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}}))["stateMachineArn"]
    started = [sfn.start_execution(stateMachineArn=arn, name=f"e{i}", input='{"l":[1,2,3]}')["executionArn"] for i in range(10)]
    for pause in (0.0, 0.7, 0.9):
        time.sleep(pause)
        server.restart()
        sfn = server.client("stepfunctions")
    for execution in started:
        done = finish(sfn, execution)
        assert done["status"] == "SUCCEEDED", done
        assert json.loads(done["output"]) == [{"s": "SUCCEEDED"}, [1, 2, 3]]
        ids = [e["id"] for e in sfn.get_execution_history(executionArn=execution, maxResults=1000)["events"]]
        assert ids == list(range(1, len(ids) + 1))


def test_history_goes_to_the_log_group(bare_server, sfn, machine, wait_for):
    logs = bare_server.client("logs")
    group = f"/states/{uuid.uuid4().hex[:8]}"
    logs.create_log_group(logGroupName=group)
    destination = {"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"}}
    definition = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}

    def lines():
        return [json.loads(e["message"]) for e in logs.filter_log_events(logGroupName=group)["events"]]
    for level, kind, types in (("ALL", "STANDARD", ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]),
                               ("ERROR", "EXPRESS", ["ExecutionFailed"])):
        before = len(lines())
        arn = machine(definition, type=kind, loggingConfiguration={
            "level": level, "includeExecutionData": level == "ALL", "destinations": [destination]})
        execution = sfn.start_execution(stateMachineArn=arn)["executionArn"]
        wait_for(lambda: len(lines()) >= before + len(types))
        found = [line for line in lines() if line["execution_arn"] == execution]
        assert [line["type"] for line in found] == types
        assert ("error" in found[-1]["details"]) == (level == "ALL")


def test_status_changes_reach_rules(bare_server, sfn, machine, wait_for):
    events = bare_server.client("events")
    follower = machine(PASS)
    leader = machine(PASS)
    rule = f"r-{uuid.uuid4().hex[:8]}"
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": ["aws.states"], "detail": {"stateMachineArn": [leader]}}))
    events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": follower, "RoleArn": ROLE}])
    execution = sfn.start_execution(stateMachineArn=leader, input='{"k":1}')["executionArn"]

    def followed():
        found = sfn.list_executions(stateMachineArn=follower)["executions"]
        return [json.loads(sfn.describe_execution(executionArn=e["executionArn"])["input"]) for e in found]
    wait_for(lambda: len(followed()) == 2)
    seen = {event["detail"]["status"]: event for event in followed()}
    events.remove_targets(Rule=rule, Ids=["1"])
    events.delete_rule(Name=rule)
    assert set(seen) == {"RUNNING", "SUCCEEDED"}
    event = seen["SUCCEEDED"]
    assert event["detail-type"] == "Step Functions Execution Status Change" and event["resources"] == [execution]
    assert event["detail"]["output"] == '{"k":1}' and event["detail"]["outputDetails"] == {"included": True}
    assert event["detail"]["stopDate"] >= event["detail"]["startDate"] > 10 ** 12
    assert seen["RUNNING"]["detail"]["stopDate"] is None


HANDLER = """
class Odd(Exception):
    pass

def handler(event, context):
    if event.get("fail"):
        raise Odd("not even")
    return {"twice": event["n"] * 2}
"""


@pytest.fixture
def function(bare_server, sfn, wait_for):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("app.py", HANDLER)
    functions = bare_server.client("lambda")
    name = f"f-{uuid.uuid4().hex[:8]}"
    arn = functions.create_function(FunctionName=name, Runtime="python3.11", Handler="app.handler", Role=ROLE,
                              Code={"ZipFile": archive.getvalue()})["FunctionArn"]
    wait_for(lambda: functions.get_function(FunctionName=name)["Configuration"].get("State") == "Active")
    yield arn
    functions.delete_function(FunctionName=name)


def test_functions(sfn, machine, function):
    invoke = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True,
              "Parameters": {"FunctionName": function, "Payload.$": "$"}}
    arn = machine({"StartAt": "T", "States": {"T": invoke}})
    output = json.loads(finish(sfn, sfn.start_execution(stateMachineArn=arn, input='{"n":4}')["executionArn"])["output"])
    assert output["Payload"] == {"twice": 8} and output["StatusCode"] == 200 and output["ExecutedVersion"] == "$LATEST"
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200 and output["SdkResponseMetadata"]["RequestId"]
    failed = finish(sfn, sfn.start_execution(stateMachineArn=arn, input='{"fail":true}')["executionArn"])
    assert failed["error"] == "Odd" and json.loads(failed["cause"])["errorMessage"] == "not even"
    direct = machine({"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": function, "End": True}}})
    execution = sfn.start_execution(stateMachineArn=direct, input='{"n":1}')["executionArn"]
    assert json.loads(finish(sfn, execution)["output"]) == {"twice": 2}
    types = [e["type"] for e in sfn.get_execution_history(executionArn=execution)["events"]]
    assert types[2:5] == ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"]
    missing = machine({"StartAt": "T", "States": {"T": {**invoke, "Parameters": {"FunctionName": "nope", "Payload": {}}}}})
    assert finish(sfn, sfn.start_execution(stateMachineArn=missing)["executionArn"])["error"] == "Lambda.ResourceNotFoundException"
