"""Events of S3 on the bus, seen as the input of the executions they start."""
import json
import uuid

import pytest


@pytest.fixture
def watched(client):
    """A bucket that sends events, and a function that answers what has been seen of it."""
    s3, events, states = client("s3"), client("events"), client("stepfunctions")
    name = f"events-{uuid.uuid4()}"
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": ["states.amazonaws.com",
             "events.amazonaws.com"]}, "Action": "sts:AssumeRole"}]}
    role = f"arn:aws:iam::000000000000:role/{name}"
    try:
        iam = client("iam")
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "states:StartExecution", "Resource": "*"}]}
        iam.put_role_policy(RoleName=name, PolicyName="start", PolicyDocument=json.dumps(allow))
    except Exception as error:  # no IAM service in this build: roles are not looked at
        if "Unknown" not in str(error):
            raise
    machine = states.create_state_machine(name=name, roleArn=role, definition=json.dumps(
        {"StartAt": "Seen", "States": {"Seen": {"Type": "Succeed"}}}))["stateMachineArn"]
    s3.create_bucket(Bucket=name)
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}})
    events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}}}))
    events.put_targets(Rule=name, Targets=[{"Id": "seen", "Arn": machine, "RoleArn": role}])

    def seen():
        arns = [e["executionArn"] for e in states.list_executions(stateMachineArn=machine)["executions"]]
        found = [json.loads(states.describe_execution(executionArn=a)["input"]) for a in arns]
        return sorted(found, key=lambda e: e["detail"]["object"]["sequencer"])
    return name, seen


def test_created_and_deleted(client, watched, wait_for):
    s3 = client("s3")
    bucket, seen = watched
    s3.put_object(Bucket=bucket, Key="a b/ä", Body=b"12345")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "a b/ä"})
    upload = {"Bucket": bucket, "Key": "multi", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="multi")["UploadId"]}
    etag = s3.upload_part(**upload, PartNumber=1, Body=b"123")["ETag"]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    s3.delete_object(Bucket=bucket, Key="copy")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "multi"}, {"Key": "never"}]})
    events = wait_for(lambda: len(seen()) == 5 and seen())
    said = [(e["detail-type"], e["detail"]["reason"], e["detail"]["object"]["key"]) for e in events]
    assert said == [("Object Created", "PutObject", "a b/ä"), ("Object Created", "CopyObject", "copy"),
                    ("Object Created", "CompleteMultipartUpload", "multi"), ("Object Deleted", "DeleteObject", "copy"),
                    ("Object Deleted", "DeleteObject", "multi")]
    first = events[0]
    assert first["source"] == "aws.s3" and first["account"] == "000000000000" and first["region"] == "us-east-1"
    assert first["resources"] == [f"arn:aws:s3:::{bucket}"] and first["version"] == "0" and first["id"] and first["time"]
    detail = first["detail"]
    assert detail["version"] == "0" and detail["bucket"] == {"name": bucket}
    assert detail["object"]["size"] == 5 and detail["object"]["etag"] == "827ccb0eea8a706c4c34a16891f84e7b"
    assert "version-id" not in detail["object"]
    assert detail["requester"] == "000000000000" and detail["source-ip-address"] == "127.0.0.1" and detail["request-id"]
    assert events[3]["detail"]["deletion-type"] == "Permanently Deleted"


def test_versions_in_events(client, watched, wait_for):
    s3 = client("s3")
    bucket, seen = watched
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    events = wait_for(lambda: len(seen()) == 3 and seen())
    assert [e["detail"]["object"]["version-id"] for e in events] == [version, marker, version]
    assert [e["detail"].get("deletion-type") for e in events] == [None, "Delete Marker Created", "Permanently Deleted"]


def test_refused_writes_send_nothing(client, watched, wait_for):
    s3 = client("s3")
    bucket, seen = watched
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    s3.put_object(Bucket=bucket, Key="quiet", Body=b"x")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    with pytest.raises(Exception):
        s3.put_object(Bucket=bucket, Key="bad", Body=b"x", StorageClass="NONSENSE")
    s3.put_object(Bucket=bucket, Key="last", Body=b"x")
    wait_for(lambda: seen())
    assert [e["detail"]["object"]["key"] for e in seen()] == ["last"]
