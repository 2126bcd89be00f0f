# SPDX-License-Identifier: Apache-2.0
"""Layers, event source mappings, function URLs' configuration, provisioned concurrency."""
import io
import json
import time
import zipfile

import pytest
from botocore.exceptions import ClientError

CODE = """
import json, os
def handler(event, context):
    try:
        import shared
        told = shared.WORD
    except ImportError:
        told = "no layer"
    bodies = [r["body"] for r in event["Records"]]
    print("BATCH", json.dumps([told, bodies, event["Records"][0]["eventSourceARN"]]))
    if "fail" in bodies:
        raise ValueError("no")
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "again"]}
"""


def package(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/") + ".py", text)
    return out.getvalue()


def code(call, *arguments, **named):
    with pytest.raises(ClientError) as fault:
        call(*arguments, **named)
    return fault.value.response["Error"]["Code"], fault.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.fixture
def function(client):
    iam, functions, name = client("iam"), client("lambda"), f"s{time.time_ns()}"
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole")
    functions.create_function(FunctionName=name, Role=role, Runtime="python3.11", Handler="index.handler", Timeout=5,
                              Code={"ZipFile": package(index=CODE)})
    yield name
    functions.delete_function(FunctionName=name)


@pytest.fixture
def queue(client):
    sqs, name = client("sqs"), f"s{time.time_ns()}"
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    yield url, f"arn:aws:sqs:us-east-1:000000000000:{name}"
    sqs.delete_queue(QueueUrl=url)


def batches(client, function):
    logs = client("logs")
    try:
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}", filterPattern="BATCH")["events"]
    except ClientError:
        return []
    return [json.loads(event["message"].split("BATCH ", 1)[1]) for event in events]


def bodies(client, function):
    return [body for batch in batches(client, function) for body in batch[1]]


def test_a_queue_feeds_a_function(client, function, queue, wait_for):
    functions, sqs, (url, arn) = client("lambda"), client("sqs"), queue
    made = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=function, BatchSize=5,
                                                 FunctionResponseTypes=["ReportBatchItemFailures"])
    assert made["State"] == "Enabled" and made["FunctionArn"].endswith(function)
    sqs.send_message(QueueUrl=url, MessageBody="one")
    assert wait_for(lambda: batches(client, function))[0] == ["no layer", ["one"], arn]
    sqs.send_message(QueueUrl=url, MessageBody="again")
    wait_for(lambda: bodies(client, function).count("again") >= 2)
    functions.update_event_source_mapping(UUID=made["UUID"], Enabled=False)
    assert functions.get_event_source_mapping(UUID=made["UUID"])["State"] == "Disabled"
    time.sleep(1.2)  # what was under way
    sqs.send_message(QueueUrl=url, MessageBody="not seen")
    time.sleep(1.5)
    assert "not seen" not in bodies(client, function)
    assert functions.delete_event_source_mapping(UUID=made["UUID"])["State"] == "Deleting"
    assert code(functions.get_event_source_mapping, UUID=made["UUID"]) == ("ResourceNotFoundException", 404)


def test_a_batch_that_fails_stays(client, function, queue, wait_for):
    functions, sqs, (url, arn) = client("lambda"), client("sqs"), queue
    made = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=function)
    sqs.send_message(QueueUrl=url, MessageBody="fail")
    wait_for(lambda: bodies(client, function).count("fail") >= 2)
    functions.delete_event_source_mapping(UUID=made["UUID"])


def test_filters(client, function, queue, wait_for):
    functions, sqs, (url, arn) = client("lambda"), client("sqs"), queue
    criteria = {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["png"]}})}]}
    made = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=function, FilterCriteria=criteria)
    for kind in ("gif", "png"):
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"kind": kind}))
    wait_for(lambda: bodies(client, function))
    assert bodies(client, function) == ['{"kind": "png"}']
    wait_for(lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"][
        "ApproximateNumberOfMessagesNotVisible"] == "0")
    functions.delete_event_source_mapping(UUID=made["UUID"])


def test_mappings_are_told_apart_and_tagged(client, function, queue):
    functions, (_, arn) = client("lambda"), queue
    made = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=function, Enabled=False)
    assert code(functions.create_event_source_mapping, EventSourceArn=arn, FunctionName=function) == \
        ("ResourceConflictException", 409)
    assert code(functions.create_event_source_mapping, FunctionName=function,
                EventSourceArn="arn:aws:kinesis:us-east-1:000000000000:stream/x") == ("InvalidParameterValueException", 400)
    found = functions.list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    assert [one["UUID"] for one in found] == [made["UUID"]]
    mapping = f"arn:aws:lambda:us-east-1:000000000000:event-source-mapping:{made['UUID']}"
    functions.tag_resource(Resource=mapping, Tags={"a": "1", "b": "2"})
    functions.untag_resource(Resource=mapping, TagKeys=["a"])
    assert functions.list_tags(Resource=mapping)["Tags"] == {"b": "2"}
    functions.delete_event_source_mapping(UUID=made["UUID"])


def test_a_function_has_its_layer(client, function, queue, wait_for):
    functions, (url, arn) = client("lambda"), queue
    name = f"lib{time.time_ns()}"
    made = [functions.publish_layer_version(LayerName=name, CompatibleRuntimes=["python3.11"], Content={
        "ZipFile": package(python__shared=f"WORD = 'layer {n}'\n")}) for n in (1, 2)]
    assert [one["Version"] for one in made] == [1, 2]
    functions.update_function_configuration(FunctionName=function, Layers=[made[1]["LayerVersionArn"]])
    kept = functions.get_function_configuration(FunctionName=function)["Layers"]
    assert kept == [{"Arn": made[1]["LayerVersionArn"], "CodeSize": made[1]["Content"]["CodeSize"]}]
    mapping = functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=function)
    client("sqs").send_message(QueueUrl=url, MessageBody="x")
    assert wait_for(lambda: batches(client, function))[0][0] == "layer 2"
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    listed = functions.list_layer_versions(LayerName=name)["LayerVersions"]
    assert [one["Version"] for one in listed] == [2, 1]
    functions.add_layer_version_permission(LayerName=name, VersionNumber=1, StatementId="all", Principal="*",
                                           Action="lambda:GetLayerVersion")
    policy = json.loads(functions.get_layer_version_policy(LayerName=name, VersionNumber=1)["Policy"])
    assert policy["Statement"][0]["Principal"] == "*"
    functions.remove_layer_version_permission(LayerName=name, VersionNumber=1, StatementId="all")
    assert code(functions.get_layer_version_policy, LayerName=name, VersionNumber=1) == ("ResourceNotFoundException", 404)
    for n in (1, 2):
        functions.delete_layer_version(LayerName=name, VersionNumber=n)
    assert code(functions.get_layer_version, LayerName=name, VersionNumber=1) == ("ResourceNotFoundException", 404)
    assert code(functions.update_function_configuration, FunctionName=function, Layers=[made[0]["LayerVersionArn"]]) == \
        ("InvalidParameterValueException", 400)


def test_url_configuration(client, function):
    functions = client("lambda")
    url = functions.create_function_url_config(FunctionName=function, AuthType="AWS_IAM", Cors={"AllowOrigins": ["*"]})
    assert functions.get_function_url_config(FunctionName=function)["FunctionUrl"] == url["FunctionUrl"]
    assert code(functions.create_function_url_config, FunctionName=function, AuthType="NONE") == ("ResourceConflictException", 409)
    changed = functions.update_function_url_config(FunctionName=function, AuthType="NONE")
    assert changed["AuthType"] == "NONE" and changed["Cors"] == {"AllowOrigins": ["*"]}
    functions.delete_function_url_config(FunctionName=function)
    assert code(functions.get_function_url_config, FunctionName=function) == ("ResourceNotFoundException", 404)


def test_provisioned_concurrency(client, function):
    functions = client("lambda")
    version = functions.publish_version(FunctionName=function)["Version"]
    put = functions.put_provisioned_concurrency_config(FunctionName=function, Qualifier=version, ProvisionedConcurrentExecutions=2)
    assert put["Status"] == "READY"
    got = functions.get_provisioned_concurrency_config(FunctionName=function, Qualifier=version)
    assert got["AllocatedProvisionedConcurrentExecutions"] == 2
    functions.delete_provisioned_concurrency_config(FunctionName=function, Qualifier=version)
    assert code(functions.get_provisioned_concurrency_config, FunctionName=function, Qualifier=version) == \
        ("ProvisionedConcurrencyConfigNotFoundException", 404)
    assert code(functions.put_provisioned_concurrency_config, FunctionName=function, Qualifier="$LATEST",
                ProvisionedConcurrentExecutions=1) == ("InvalidParameterValueException", 400)
