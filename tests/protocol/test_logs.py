"""CloudWatch Logs with boto3 and the AWS CLI."""
import time

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def logs(client):
    return client("logs")


@pytest.fixture
def group(logs):
    name = f"/test/{time.time_ns()}"
    logs.create_log_group(logGroupName=name, tags={"a": "1"})
    yield name
    logs.delete_log_group(logGroupName=name)


def put(logs, group, stream, *lines, start=None):
    start = start or int(time.time() * 1000)
    events = [{"timestamp": start + i, "message": line} for i, line in enumerate(lines)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def code(error):
    return error.value.response["Error"]["Code"]


def test_group(logs, group):
    found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert len(found) == 1
    assert found[0]["arn"].endswith(f":log-group:{group}:*")
    arn = found[0]["arn"][:-2]
    logs.put_retention_policy(logGroupName=group, retentionInDays=14)
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 14
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"a": "1"}
    logs.tag_resource(resourceArn=arn, tags={"b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}


def test_group_errors(logs, group):
    with pytest.raises(ClientError) as error:
        logs.create_log_group(logGroupName=group)
    assert code(error) == "ResourceAlreadyExistsException"
    with pytest.raises(ClientError) as error:
        logs.delete_log_group(logGroupName="/not/there")
    assert code(error) == "ResourceNotFoundException"
    with pytest.raises(ClientError) as error:
        logs.put_retention_policy(logGroupName=group, retentionInDays=2)
    assert code(error) == "InvalidParameterException"
    with pytest.raises(ClientError) as error:
        logs.put_log_events(logGroupName=group, logStreamName="none", logEvents=[{"timestamp": 1, "message": "x"}])
    assert code(error) == "ResourceNotFoundException"
    assert logs.describe_log_groups(logGroupNamePrefix="/not/there")["logGroups"] == []


def test_events_forwards_and_backwards(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    put(logs, group, "s", *[f"line {i}" for i in range(25)])
    where = {"logGroupName": group, "logStreamName": "s", "limit": 10}
    first = logs.get_log_events(**where, startFromHead=True)
    assert [e["message"] for e in first["events"]] == [f"line {i}" for i in range(10)]
    second = logs.get_log_events(**where, nextToken=first["nextForwardToken"])
    assert second["events"][0]["message"] == "line 10"
    third = logs.get_log_events(**where, nextToken=second["nextForwardToken"])
    assert [e["message"] for e in third["events"]] == [f"line {i}" for i in range(20, 25)]
    end = logs.get_log_events(**where, nextToken=third["nextForwardToken"])
    assert end["events"] == [] and end["nextForwardToken"] == third["nextForwardToken"]
    back = logs.get_log_events(**where, nextToken=third["nextBackwardToken"])
    assert [e["message"] for e in back["events"]] == [f"line {i}" for i in range(10, 20)]
    last = logs.get_log_events(**where)
    assert last["events"][-1]["message"] == "line 24" and len(last["events"]) == 10


def test_order_is_checked(logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    now = int(time.time() * 1000)
    with pytest.raises(ClientError) as error:
        logs.put_log_events(logGroupName=group, logStreamName="s",
                            logEvents=[{"timestamp": now, "message": "b"}, {"timestamp": now - 5, "message": "a"}])
    assert code(error) == "InvalidParameterException"
    answer = logs.put_log_events(logGroupName=group, logStreamName="s",
                                 logEvents=[{"timestamp": 1000, "message": "old"}, {"timestamp": now, "message": "new"}])
    assert answer["rejectedLogEventsInfo"]["tooOldLogEventEndIndex"] == 1


def test_filter(logs, group):
    for stream in ("one", "two"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    put(logs, group, "one", "INFO started", "ERROR broke", start=now)
    put(logs, group, "two", '{"level":"ERROR","n":5}', start=now + 1)

    def found(**more):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, **more)
        return [e["message"] for page in pages for e in page["events"]]

    assert found() == ["INFO started", "ERROR broke", '{"level":"ERROR","n":5}'] or len(found()) == 3
    assert found(filterPattern="ERROR -broke") == ['{"level":"ERROR","n":5}']
    assert found(filterPattern="{ $.n > 4 }") == ['{"level":"ERROR","n":5}']
    assert found(logStreamNames=["one"], filterPattern="?started ?nothing") == ["INFO started"]
    assert found(startTime=now + 1000) == []
    assert len(found(PaginationConfig={"PageSize": 1})) == 3
    with pytest.raises(ClientError) as error:
        found(filterPattern="{ $.n > }")
    assert code(error) == "InvalidParameterException"


def test_streams(logs, group):
    for stream in ("b", "a", "c"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        put(logs, group, stream, "x", start=int(time.time() * 1000) + (1000 if stream == "b" else 0))
    names = [s["logStreamName"] for s in logs.describe_log_streams(logGroupName=group)["logStreams"]]
    assert names == ["a", "b", "c"]
    latest = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=1)
    assert latest["logStreams"][0]["logStreamName"] == "b" and latest["nextToken"]
    logs.delete_log_stream(logGroupName=group, logStreamName="b")
    assert len(logs.filter_log_events(logGroupName=group)["events"]) == 2


def test_metric_filter(logs, group):
    logs.put_metric_filter(logGroupName=group, filterName="errors", filterPattern="ERROR", metricTransformations=[
        {"metricName": "Errors", "metricNamespace": "Test", "metricValue": "1"}])
    found = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert found[0]["filterName"] == "errors" and found[0]["metricTransformations"][0]["metricName"] == "Errors"
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["metricFilterCount"] == 1
    logs.delete_metric_filter(logGroupName=group, filterName="errors")
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"] == []


def test_resource_policy(logs):
    logs.put_resource_policy(policyName="p", policyDocument='{"Version":"2012-10-17","Statement":[]}')
    assert "p" in [p["policyName"] for p in logs.describe_resource_policies()["resourcePolicies"]]
    logs.delete_resource_policy(policyName="p")
    with pytest.raises(ClientError) as error:
        logs.delete_resource_policy(policyName="p")
    assert code(error) == "ResourceNotFoundException"


def test_queries_are_refused(logs, group):
    with pytest.raises(ClientError) as error:
        logs.start_query(logGroupName=group, startTime=0, endTime=1, queryString="fields @message")
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
