# SPDX-License-Identifier: Apache-2.0
"""What a call is judged by besides action and resource: each key of a batch, tags, keys of items, and whose lines are logged."""
import base64
import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError

from test_lambda import package, probe_zip  # noqa: F401

ACCOUNT = "000000000000"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action, resource="*", **more):
    return {**allow(action, resource, **more), "Effect": "Deny"}


@pytest.fixture(scope="module")
def iam(bare_server):
    return bare_server.client("iam")


@pytest.fixture
def user(bare_server, iam):
    """(a maker of clients, a setter of the user's statements)."""
    name = f"u-{uuid.uuid4()}"
    iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "red"}])
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return (lambda service: bare_server.client(service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"]),
            lambda *statements: iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(*statements)))


def refused(function, **parameters):
    with pytest.raises(ClientError, match="AccessDenied|AuthorizationError|not authorized"):
        function(**parameters)


def test_each_key_of_a_deletion_is_judged(bare_server, user):
    client, grant = user
    root, bucket = bare_server.client("s3"), f"b-{uuid.uuid4()}"
    root.create_bucket(Bucket=bucket)
    for key in ("mine/1", "mine/2", "yours/1"):
        root.put_object(Bucket=bucket, Key=key, Body=b"x")
    grant(allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/mine/*"))
    objects = [{"Key": key} for key in ("mine/1", "yours/1", "mine/2")] + [{"Key": "mine/1", "VersionId": "null"}]
    answer = client("s3").delete_objects(Bucket=bucket, Delete={"Objects": objects})
    assert sorted(d["Key"] for d in answer["Deleted"]) == ["mine/1", "mine/2"]
    assert sorted((e["Key"], e["Code"]) for e in answer["Errors"]) == [("mine/1", "AccessDenied"), ("yours/1", "AccessDenied")]
    assert [o["Key"] for o in root.list_objects_v2(Bucket=bucket)["Contents"]] == ["yours/1"]
    grant(allow("s3:DeleteObject"), deny("s3:DeleteObject", f"arn:aws:s3:::{bucket}/yours/*"))
    assert [e["Key"] for e in client("s3").delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "yours/1"}]})["Errors"]] == ["yours/1"]


def test_listing_by_prefix_and_headers_of_uploads(bare_server, user):
    client, grant = user
    root, bucket = bare_server.client("s3"), f"b-{uuid.uuid4()}"
    root.create_bucket(Bucket=bucket)
    grant(allow("s3:ListBucket", f"arn:aws:s3:::{bucket}", Condition={"StringLike": {"s3:prefix": ["home/*", ""]},
                                                                     "NumericLessThanEqualsIfExists": {"s3:max-keys": "10"}}),
          allow("s3:PutObject", f"arn:aws:s3:::{bucket}/*", Condition={"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}))
    client("s3").list_objects_v2(Bucket=bucket, Prefix="home/a", MaxKeys=10)
    refused(client("s3").list_objects_v2, Bucket=bucket, Prefix="other")
    refused(client("s3").list_objects_v2, Bucket=bucket, Prefix="home/a", MaxKeys=11)
    refused(client("s3").list_objects_v2, Bucket=bucket)
    client("s3").put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="AES256")
    refused(client("s3").put_object, Bucket=bucket, Key="k", Body=b"x")


def test_leading_keys(bare_server, user):
    client, grant = user
    table = f"t-{uuid.uuid4()}"
    bare_server.client("dynamodb").create_table(
        TableName=table, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "owner", "AttributeType": "S"}],
        GlobalSecondaryIndexes=[{"IndexName": "by-owner", "Projection": {"ProjectionType": "ALL"},
                                 "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}]}])
    grant(allow(["dynamodb:*Item", "dynamodb:Query"], Condition={
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/team}-*"]}, "Null": {"dynamodb:LeadingKeys": "false"}}))
    dynamodb = client("dynamodb")
    mine, yours = {"pk": {"S": "red-1"}}, {"pk": {"S": "blue-1"}}
    dynamodb.put_item(TableName=table, Item={**mine, "owner": {"S": "red-x"}})
    dynamodb.get_item(TableName=table, Key=mine)
    dynamodb.update_item(TableName=table, Key=mine, UpdateExpression="SET a = :a", ExpressionAttributeValues={":a": {"N": "1"}})
    query = {"TableName": table, "KeyConditionExpression": "#p = :p", "ExpressionAttributeNames": {"#p": "pk"}}
    assert dynamodb.query(**query, ExpressionAttributeValues={":p": {"S": "red-1"}})["Count"] == 1
    by_owner = {"TableName": table, "IndexName": "by-owner", "KeyConditionExpression": "#o = :p", "ExpressionAttributeNames": {"#o": "owner"}}
    dynamodb.query(**by_owner, ExpressionAttributeValues={":p": {"S": "red-x"}})
    dynamodb.batch_get_item(RequestItems={table: {"Keys": [mine]}})
    dynamodb.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": {"pk": {"S": "red-2"}}}}]})
    dynamodb.transact_write_items(TransactItems=[{"Delete": {"TableName": table, "Key": {"pk": {"S": "red-2"}}}}])
    refused(dynamodb.put_item, TableName=table, Item=yours)
    refused(dynamodb.get_item, TableName=table, Key=yours)
    refused(dynamodb.delete_item, TableName=table, Key=yours)
    refused(dynamodb.query, **query, ExpressionAttributeValues={":p": {"S": "blue-1"}})
    refused(dynamodb.query, **by_owner, ExpressionAttributeValues={":p": {"S": "blue-x"}})
    refused(dynamodb.batch_get_item, RequestItems={table: {"Keys": [mine, yours]}})
    refused(dynamodb.batch_write_item, RequestItems={table: [{"DeleteRequest": {"Key": yours}}]})
    refused(dynamodb.transact_write_items, TransactItems=[{"Update": {"TableName": table, "Key": yours, "UpdateExpression": "REMOVE a"}}])


def test_tags_of_the_resource(bare_server, user):
    client, grant = user
    grant(allow(["dynamodb:*", "sqs:*", "sns:*", "iam:*", "logs:*"],
                Condition={"StringEquals": {"aws:ResourceTag/Team": "${aws:PrincipalTag/team}"}}))
    root = bare_server.client
    names = {team: f"t-{team}-{uuid.uuid4()}" for team in ("red", "blue")}
    for team, name in names.items():
        tags = [{"Key": "team", "Value": team}]
        root("dynamodb").create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                                      AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}], Tags=tags)
        root("sns").create_topic(Name=name, Tags=tags)
        root("iam").create_role(RoleName=name, Tags=tags, AssumeRolePolicyDocument=document(
            {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}))
        root("logs").create_log_group(logGroupName=name, tags={"team": team})

    def calls(name):
        arn = f"us-east-1:{ACCOUNT}:{name}"
        return [(client("dynamodb").describe_table, {"TableName": name}), (client("sns").get_topic_attributes, {"TopicArn": f"arn:aws:sns:{arn}"}),
                (client("iam").get_role, {"RoleName": name}), (client("logs").describe_log_streams, {"logGroupName": name})]
    for function, parameters in calls(names["red"]):
        function(**parameters)
    for function, parameters in calls(names["blue"]):
        refused(function, **parameters)
    root("sns").untag_resource(ResourceArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:{names['red']}", TagKeys=["team"])
    refused(client("sns").get_topic_attributes, TopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:{names['red']}")


def test_tags_of_the_request(user):
    client, grant = user
    grant(allow(["iam:CreateRole", "iam:TagRole"], Condition={
        "StringEquals": {"aws:RequestTag/team": "red"}, "ForAllValues:StringEquals": {"aws:TagKeys": ["team", "stage"]}}))
    trust = document({"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"})

    def create(**tags):
        return client("iam").create_role(RoleName=f"r-{uuid.uuid4()}", AssumeRolePolicyDocument=trust,
                                         Tags=[{"Key": k, "Value": v} for k, v in tags.items()])
    create(team="red")
    create(team="red", stage="x")
    for tags in ({}, {"team": "blue"}, {"stage": "x"}, {"team": "red", "other": "x"}):
        refused(create, **tags)


def test_a_functions_lines_are_logged_in_its_roles_name(bare_server, iam, package, wait_for):  # noqa: F811
    name = f"probe-{uuid.uuid4().hex[:12]}"
    lam, logs = bare_server.client("lambda"), bare_server.client("logs")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}))["Role"]["Arn"]
    group = f"/aws/lambda/{name}"
    logs.create_log_group(logGroupName=group)
    lam.create_function(FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Role=role, Code={"ZipFile": package})

    def grant(*actions):
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(
            allow(list(actions), f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*")))

    def invoke():
        """A new environment, whose tail is told to the caller in any case."""
        lam.update_function_configuration(FunctionName=name, Description=str(uuid.uuid4()))
        answer = lam.invoke(FunctionName=name, Payload=b"{}", LogType="Tail")
        assert "FunctionError" not in answer and b"START RequestId" in base64.b64decode(answer["LogResult"])

    def events():
        return [e["message"] for e in logs.filter_log_events(logGroupName=group)["events"]]
    invoke()
    grant("logs:CreateLogStream")
    invoke()
    grant("logs:PutLogEvents")
    invoke()
    time.sleep(0.5)
    assert logs.describe_log_streams(logGroupName=group)["logStreams"] == []
    assert f"a function's lines are dropped, its role may not log them function={name}" in bare_server.tail()
    grant("logs:PutLogEvents", "logs:CreateLogStream")
    invoke()
    wait_for(lambda: any("REPORT RequestId" in message for message in events()))
    lam.delete_function(FunctionName=name)
