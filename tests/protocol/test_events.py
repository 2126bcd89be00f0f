"""EventBridge with boto3."""
import json
import time

import pytest
from botocore.exceptions import ClientError

from test_sqs import attribute, queue, receive, sqs  # noqa: F401 (fixtures)


@pytest.fixture
def events(client):
    return client("events")


@pytest.fixture
def rule(events):
    name = f"r{time.time_ns()}"
    arn = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    yield name, arn
    ids = [t["Id"] for t in events.list_targets_by_rule(Rule=name)["Targets"]]
    if ids:
        events.remove_targets(Rule=name, Ids=ids)
    events.delete_rule(Name=name)


def code(error):
    return error.value.response["Error"]["Code"]


def put(events, source, detail, **more):
    return events.put_events(Entries=[{"Source": source, "DetailType": "d", "Detail": json.dumps(detail), **more}])


def make_group(logs, group):
    """A log group that EventBridge may write to."""
    logs.create_log_group(logGroupName=group)
    logs.put_resource_policy(policyName="events" + group.replace("/", "-"), policyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"}]}))


def lines(logs, group, count):
    """The messages of a group once there are that many."""
    found = []
    for _ in range(100):
        found = [e["message"] for e in logs.filter_log_events(logGroupName=group)["events"]]
        if len(found) >= count:
            break
        time.sleep(0.1)
    assert len(found) == count, found
    return found


def test_rule_is_echoed(events, rule):
    name, arn = rule
    found = events.describe_rule(Name=name)
    assert found["Arn"] == arn and found["State"] == "ENABLED" and found["EventBusName"] == "default"
    assert json.loads(found["EventPattern"]) == {"source": [name]}
    events.disable_rule(Name=name)
    assert events.describe_rule(Name=name)["State"] == "DISABLED"
    assert name in [r["Name"] for r in events.list_rules(NamePrefix=name)["Rules"]]
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "k", "Value": "v"}])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    events.untag_resource(ResourceARN=arn, TagKeys=["k"])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == []


def test_targets_are_echoed(events, rule):
    name, arn = rule
    target = {"Id": "t", "Arn": "arn:aws:states:us-east-1:000000000000:stateMachine:m", "RoleArn": "arn:aws:iam::000000000000:role/r",
              "DeadLetterConfig": {"Arn": "arn:aws:sqs:us-east-1:000000000000:q"},
              "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 3600},
              "InputTransformer": {"InputPathsMap": {"a": "$.detail.a"}, "InputTemplate": '{"x":<a>}'}}
    assert events.put_targets(Rule=name, Targets=[target])["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule=name)["Targets"] == [target]
    with pytest.raises(ClientError) as error:
        events.delete_rule(Name=name)
    assert code(error) == "ValidationException"


def test_delivery_to_a_log_group(client, events, rule):
    name, _ = rule
    logs = client("logs")
    group = f"/aws/events/{name}"
    make_group(logs, group)
    events.put_targets(Rule=name, Targets=[{"Id": "l", "Arn": f"arn:aws:logs:us-east-1:000000000000:log-group:{group}"}])
    answer = put(events, name, {"n": 1})
    put(events, "another", {"n": 2})
    event = json.loads(lines(logs, group, 1)[0])
    assert event["id"] == answer["Entries"][0]["EventId"]
    assert event["source"] == name and event["detail"] == {"n": 1} and event["version"] == "0"
    assert set(event) == {"version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"}


def test_a_rule_on_another_bus(client, events):
    logs = client("logs")
    bus = f"bus{time.time_ns()}"
    events.create_event_bus(Name=bus)
    make_group(logs, f"/{bus}")
    events.put_rule(Name="r", EventBusName=bus, EventPattern='{"detail":{"n":[{"numeric":[">",1]}]}}')
    events.put_targets(Rule="r", EventBusName=bus, Targets=[
        {"Id": "l", "Arn": f"arn:aws:logs:us-east-1:000000000000:log-group:/{bus}", "InputPath": "$.detail"}])
    put(events, "x", {"n": 1}, EventBusName=bus)
    put(events, "x", {"n": 2}, EventBusName=bus)
    put(events, "x", {"n": 3})
    assert lines(logs, f"/{bus}", 1) == ['{"n":2}']
    events.remove_targets(Rule="r", EventBusName=bus, Ids=["l"])
    events.delete_rule(Name="r", EventBusName=bus)
    events.delete_event_bus(Name=bus)
    with pytest.raises(ClientError) as error:
        events.describe_event_bus(Name=bus)
    assert code(error) == "ResourceNotFoundException"


def test_a_refused_event_ends_in_the_dead_letter_queue(client, events, rule, sqs, queue):  # noqa: F811
    """Nobody allowed EventBridge to write to the group."""
    name, arn = rule
    dead = attribute(sqs, queue, "QueueArn")
    sqs("SetQueueAttributes", QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": dead,
        "Condition": {"ArnEquals": {"aws:SourceArn": arn}}}]})})
    client("logs").create_log_group(logGroupName=f"/closed/{name}")
    target = f"arn:aws:logs:us-east-1:000000000000:log-group:/closed/{name}"
    events.put_targets(Rule=name, Targets=[{"Id": "l", "Arn": target, "DeadLetterConfig": {"Arn": dead}}])
    put(events, name, {"n": 1})
    got = receive(sqs, queue, WaitTimeSeconds=10, MessageAttributeNames=["All"])[0]
    attributes = {k: v["StringValue"] for k, v in got["MessageAttributes"].items()}
    assert attributes["RULE_ARN"] == arn and attributes["TARGET_ARN"] == target and attributes["ERROR_CODE"] == "NO_PERMISSIONS"
    assert attributes["RETRY_ATTEMPTS"] == "0" and "EXHAUSTED_RETRY_CONDITION" not in attributes
    assert json.loads(got["Body"])["detail"] == {"n": 1}


@pytest.mark.parametrize("operation, parameters, expected", [
    ("describe_rule", {"Name": "none"}, "ResourceNotFoundException"),
    ("list_targets_by_rule", {"Rule": "none"}, "ResourceNotFoundException"),
    ("put_rule", {"Name": "x"}, "ValidationException"),
    ("put_rule", {"Name": "x", "ScheduleExpression": "rate(0 minutes)"}, "ValidationException"),
    ("put_rule", {"Name": "x", "EventPattern": '{"a":"b"}'}, "InvalidEventPatternException"),
    ("put_rule", {"Name": "x y", "EventPattern": '{"a":["b"]}'}, "ValidationException"),
    ("test_event_pattern", {"EventPattern": '{"a":"b"}', "Event": "{}"}, "InvalidEventPatternException"),
    ("create_event_bus", {"Name": "default"}, "ResourceAlreadyExistsException"),
])
def test_errors(events, operation, parameters, expected):
    with pytest.raises(ClientError) as error:
        getattr(events, operation)(**parameters)
    assert code(error) == expected


def test_pattern_tried_out(events):
    event = {"id": "1", "detail-type": "d", "source": "s", "account": "0", "time": "2026-01-01T00:00:00Z", "region": "us-east-1",
             "resources": [], "detail": {"key": "uploads/x.png"}}
    for suffix, result in ((".png", True), (".jpg", False)):
        pattern = json.dumps({"detail": {"key": [{"suffix": suffix}]}})
        assert events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"] is result


def test_too_large(events):
    with pytest.raises(ClientError) as error:
        put(events, "s", {"x": "y" * 262144})
    assert code(error) == "ValidationException"
