# SPDX-License-Identifier: Apache-2.0
"""A job that stays unfinished rings: sweep -> line of the function's log -> metric -> alarm -> topic -> queue."""
import json
import pathlib
import re
import urllib.request

import pytest
from botocore.exceptions import ClientError

MODULE = pathlib.Path(__file__).resolve().parents[2] / "infra" / "modules" / "pipeline"
OLD = "2020-01-01T00:00:00.000Z"
FUTURE = "2099-01-01T00:00:00.000Z"


@pytest.fixture
def server(fresh_server):
    return fresh_server()


@pytest.fixture
def table(server):
    with urllib.request.urlopen(server.endpoint + "/_gleaner/info") as reply:
        return json.load(reply)["jobs_table"]


def alarm_of_module(name):
    """An alarm's settings as alarms.tf has them: this test is about their agreement with what the function prints."""
    text = (MODULE / "alarms.tf").read_text()
    row = re.search(rf"{name} = {{(.*?)\n      }}", text, re.S)[1]
    common = text[text.index('resource "aws_cloudwatch_metric_alarm" "this"'):]
    value = lambda field: re.search(rf'{field}\s+= "(.*?)"', row)[1]  # noqa: E731
    return {"Namespace": value("namespace"), "MetricName": value("metric"), "Statistic": value("statistic"),
            "Dimension": re.search(r"dimensions\s+= { (\w+) = local.jobs_table }", row)[1],
            "ComparisonOperator": re.search(r'comparison_operator = "(.*?)"', common)[1],
            "TreatMissingData": re.search(r'treat_missing_data\s+= "(.*?)"', common)[1],
            "Period": int(re.search(r"period\s+= (\d+)", common)[1]),
            "EvaluationPeriods": int(re.search(r"evaluation_periods\s+= (\d+)", common)[1])}


@pytest.fixture
def rings(server, table):
    """The alarm of infra/modules/pipeline at an hour, with a topic and its queue. Returns the queue's URL."""
    sns = server.client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish", "Resource": topic}]}))
    queue = server.sqs("CreateQueue", QueueName="alarms")["QueueUrl"]
    arn = f"arn:aws:sqs:{server.region}:{server.account}:alarms"
    server.sqs("SetQueueAttributes", QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]})})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    settings = alarm_of_module("oldest-job")
    dimension = settings.pop("Dimension")
    server.client("cloudwatch").put_metric_alarm(AlarmName="gleaner-oldest-job", Threshold=3600, AlarmActions=[topic], OKActions=[topic],
                                                 Dimensions=[{"Name": dimension, "Value": table}], **settings)
    return queue


def sweep(server):
    reply = server.client("lambda").invoke(FunctionName="gleaner-settle-job", Payload=json.dumps({"detail-type": "Scheduled Event"}))
    return reply.get("FunctionError"), json.loads(reply["Payload"].read())


def put(server, table, job_id, **attributes):
    item = {"job_id": job_id, "created_at": OLD, "updated_at": OLD, "upload_expires_at": FUTURE, "image_bucket": "gleaner-source",
            "image_key": f"uploads/{job_id}.png", **attributes}
    server.client("dynamodb").put_item(TableName=table, Item={name: {"S": value} for name, value in item.items()})


def state(server):
    return server.client("cloudwatch").describe_alarms(AlarmNames=["gleaner-oldest-job"])["MetricAlarms"][0]["StateValue"]


def message(server, queue):
    for found in server.sqs("ReceiveMessage", QueueUrl=queue, WaitTimeSeconds=2).get("Messages", []):
        return json.loads(json.loads(found["Body"])["Message"])
    return None


def test_an_old_job_rings(server, table, rings, wait_for):
    assert sweep(server)[0] is None
    wait_for(lambda: state(server) != "INSUFFICIENT_DATA")
    assert state(server) == "OK"
    put(server, table, "11111111-2222-4333-8444-555555555555", status="processing", updated_at=FUTURE,
        execution_arn="arn:aws:states:us-east-1:000000000000:execution:gleaner:none")
    assert sweep(server)[0] is None
    wait_for(lambda: state(server) == "ALARM")
    told = wait_for(lambda: [m for m in [message(server, rings)] if m and m["NewStateValue"] == "ALARM"])[0]
    assert told["AlarmName"] == "gleaner-oldest-job" and told["Trigger"]["MetricName"] == "OldestUnfinishedJobAge"


def test_a_forbidden_upload_is_named_and_measured(server, table, wait_for):
    """Without its permissions on the source bucket the sweep fails, says on what, and the job's age is still told."""
    role = server.client("lambda").get_function_configuration(FunctionName="gleaner-settle-job")["Role"].rsplit("/", 1)[1]
    server.client("iam").put_role_policy(RoleName=role, PolicyName="deny", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}))
    job_id = "11111111-2222-4333-8444-666666666666"
    put(server, table, job_id, status="upload_pending", upload_expires_at=OLD)
    failed, answer = sweep(server)
    assert failed == "Unhandled"
    assert f"uploads/{job_id}.png" in answer["errorMessage"] and "403" in answer["errorMessage"], answer

    def told():
        logs = server.client("logs")
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/gleaner-settle-job")["events"]
        except ClientError:
            return None
        return [e["message"] for e in events if "OldestUnfinishedJobAge" in e["message"]]
    line = json.loads(wait_for(told)[-1])
    assert line["OldestUnfinishedJobAge"] > 100_000_000 and line["JobsTable"] == table
