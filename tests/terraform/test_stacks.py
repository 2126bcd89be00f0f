# SPDX-License-Identifier: Apache-2.0
"""Stacks that are not the pipeline's: what a stranger brings applies, plans clean, updates, plans clean, and is destroyed."""
import json
import pathlib
import shutil
import time
import zipfile

import pytest
from botocore.exceptions import ClientError
from terraform import Terraform

from conftest import protocol

STACKS = pathlib.Path(__file__).parent / "stacks"
HANDLER = '''
import json
def handler(event, context):
    for record in event.get("Records", []):
        for told in json.loads(record["body"]).get("Records", []):
            print("PICTURE", told["s3"]["object"]["key"])
    return {"batchItemFailures": []}
'''


def package(path, revision):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("index.py", HANDLER + f"REVISION = {revision}\n")
    return str(path)


@pytest.fixture(scope="module")
def stack(scratch):
    """The stack "images", on a server of its own."""
    server = protocol.Server("--bare")
    folder = scratch / "stacks" / "images"
    shutil.copytree(STACKS / "images", folder)
    env = {key: value for key, value in server.cli_env().items() if key.startswith("AWS_")}
    root = Terraform(folder, scratch, env, {"package": package(scratch / "album1.zip", 1), "revision": 1})
    root.server = server
    try:
        root.run("init")
        root.apply()
        yield root
    finally:
        protocol._finish(server, False)


def test_a_second_plan_is_clean(stack):
    assert stack.changes() == {}


def pictures(server):
    try:
        events = server.client("logs").filter_log_events(logGroupName="/aws/lambda/album-worker", filterPattern="PICTURE")["events"]
    except ClientError:
        return []
    return [event["message"].split("PICTURE ", 1)[1].strip() for event in events]


def test_an_upload_reaches_the_function(stack):
    """Bucket, notification, queue, event source mapping, alias, log group."""
    s3 = stack.server.client("s3")
    for key in ("a.png", "b.txt"):
        s3.put_object(Bucket=stack.outputs()["bucket"], Key=key, Body=b"x")
    end = time.monotonic() + 30
    while not pictures(stack.server) and time.monotonic() < end:
        time.sleep(0.2)
    assert pictures(stack.server) == ["a.png"]


@pytest.fixture(scope="module")
def updated(stack, scratch):
    stack.variables = {"package": package(scratch / "album2.zip", 2), "revision": 2}
    stack.apply()
    return stack


def test_the_plan_after_an_update_is_clean(updated):
    assert updated.changes() == {}


def test_resources_that_exist_can_be_imported(updated):
    """All in one apply, for each command waits on the provider."""
    queue = updated.server.client("sqs").get_queue_url(QueueName="album-work")["QueueUrl"]
    known = {"aws_dynamodb_table.pictures": "album-pictures", "aws_cloudwatch_log_group.worker": "/aws/lambda/album-worker",
             "aws_sqs_queue.work": queue, "aws_iam_group.editors": "album-editors"}
    updated.finish(updated.start("state", "rm", *known))
    blocks = updated.folder / "imports.tf"
    blocks.write_text("".join(f'import {{\n  to = {address}\n  id = "{identity}"\n}}\n' for address, identity in known.items()))
    told = updated.apply()
    blocks.unlink()
    assert f"{len(known)} imported, 0 added" in told and "0 destroyed" in told
    assert updated.changes() == {}


def test_destroy_leaves_nothing(updated):
    updated.destroy()
    server = updated.server
    assert server.client("s3").list_buckets()["Buckets"] == []
    assert server.client("lambda").list_functions()["Functions"] == []
    assert server.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert server.client("sqs").list_queues().get("QueueUrls", []) == []
    assert server.client("dynamodb").list_tables()["TableNames"] == []
    assert server.client("iam").list_users()["Users"] == server.client("iam").list_groups()["Groups"] == []
    assert server.client("iam").list_roles()["Roles"] == []
    alarms = server.client("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm", "MetricAlarm"])
    assert alarms["MetricAlarms"] == alarms["CompositeAlarms"] == []
    assert json.dumps(server.client("events").list_archives()["Archives"]) == "[]"
