# SPDX-License-Identifier: Apache-2.0
"""Parts that strangers' Terraform stacks are made of, beyond what the pipeline itself uses."""
import io
import json
import time
import zipfile

import pytest
from botocore.exceptions import ClientError


def code(call, *arguments, **named):
    with pytest.raises(ClientError) as fault:
        call(*arguments, **named)
    return fault.value.response["Error"]["Code"], fault.value.response["ResponseMetadata"]["HTTPStatusCode"]


def unique(prefix="x"):
    return f"{prefix}{time.time_ns()}"


# ---- dynamodb: a stream's specification ----

def test_table_stream(client):
    dynamodb, name = client("dynamodb"), unique()
    keys = {"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}
    assert code(dynamodb.create_table, TableName=name, StreamSpecification={"StreamEnabled": True}, **keys) == \
        ("ValidationException", 400)
    table = dynamodb.create_table(TableName=name, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
                                  **keys)["TableDescription"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    assert table["LatestStreamArn"] == f"{table['TableArn']}/stream/{table['LatestStreamLabel']}"
    on = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
    assert code(dynamodb.update_table, TableName=name, StreamSpecification=on) == ("ValidationException", 400)
    off = dynamodb.update_table(TableName=name, StreamSpecification={"StreamEnabled": False})["TableDescription"]
    assert "StreamSpecification" not in off and off["LatestStreamArn"] == table["LatestStreamArn"]
    again = dynamodb.update_table(TableName=name, StreamSpecification=on)["TableDescription"]
    assert again["LatestStreamArn"] != table["LatestStreamArn"]
    dynamodb.delete_table(TableName=name)


# ---- cloudwatch: metric math, percentiles, suppressed alarms ----

def put_math(cloudwatch, name, expression, **more):
    metric = {"Namespace": name, "MetricName": "n"}
    cloudwatch.put_metric_alarm(
        AlarmName=name, ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, Threshold=50, Metrics=[
            {"Id": "e", "Expression": expression, "ReturnData": True},
            {"Id": "bad", "MetricStat": {"Metric": {**metric, "Dimensions": [{"Name": "k", "Value": "bad"}]}, "Period": 60,
                                         "Stat": "Sum"}, "ReturnData": False},
            {"Id": "whole", "MetricStat": {"Metric": {**metric, "Dimensions": [{"Name": "k", "Value": "all"}]}, "Period": 60,
                                           "Stat": "Sum"}, "ReturnData": False}], **more)


def put_data(cloudwatch, space, **values):
    cloudwatch.put_metric_data(Namespace=space, MetricData=[
        {"MetricName": "n", "Value": value, "Dimensions": [{"Name": "k", "Value": key}]} for key, value in values.items()])


def state(cloudwatch, name):
    return cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


@pytest.mark.parametrize("expression, values", [("bad / whole * 100", {"bad": 6, "all": 10}), ("100*(bad+FILL(whole,1))", {"bad": 1}),
                                                ("-whole^2 + 20*bad", {"bad": 4, "all": 2})])
def test_metric_math_alarm(client, wait_for, expression, values):
    cloudwatch, name = client("cloudwatch"), unique("math")
    put_math(cloudwatch, name, expression)
    kept = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    assert kept["Metrics"][0] == {"Id": "e", "Expression": expression, "ReturnData": True}
    assert kept["Metrics"][1]["MetricStat"]["Period"] == 60 and kept["Metrics"][1]["ReturnData"] is False
    put_data(cloudwatch, name, **values)
    wait_for(lambda: state(cloudwatch, name) == "ALARM")
    cloudwatch.delete_alarms(AlarmNames=[name])


@pytest.mark.parametrize("expression", ["ANOMALY_DETECTION_BAND(bad)", "bad +", "nothing", "e", "SELECT MAX(x)", "bad)"])
def test_what_metric_math_cannot_say(client, expression):
    cloudwatch = client("cloudwatch")
    with pytest.raises(ClientError) as refused:
        put_math(cloudwatch, unique("math"), expression)
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_percentile_alarm(client, wait_for):
    cloudwatch, name = client("cloudwatch"), unique("p")
    arguments = {"AlarmName": name, "Namespace": name, "MetricName": "n", "Dimensions": [{"Name": "k", "Value": "a"}],
                 "Period": 60, "EvaluationPeriods": 1, "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold"}
    assert code(cloudwatch.put_metric_alarm, ExtendedStatistic="p101", **arguments)[1] == 400
    cloudwatch.put_metric_alarm(ExtendedStatistic="p99.9", EvaluateLowSampleCountPercentile="ignore", **arguments)
    kept = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    assert kept["ExtendedStatistic"] == "p99.9" and kept["EvaluateLowSampleCountPercentile"] == "ignore"
    put_data(cloudwatch, name, a=6)
    wait_for(lambda: state(cloudwatch, name) == "ALARM")
    cloudwatch.delete_alarms(AlarmNames=[name])


# ---- logs: subscriptions, dimensions, query definitions ----

RECEIVER = """
import base64, gzip, json
def handler(event, context):
    print("TOLD", gzip.decompress(base64.b64decode(event["awslogs"]["data"])).decode())
"""


@pytest.fixture
def receiver(client):
    functions, iam, name = client("lambda"), client("iam"), unique("logs")
    trust = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("index.py", RECEIVER)
    arn = functions.create_function(FunctionName=name, Role=role, Runtime="python3.11", Handler="index.handler",
                                    Code={"ZipFile": archive.getvalue()})["FunctionArn"]
    yield name, arn
    functions.delete_function(FunctionName=name)


def write_lines(logs, group, *lines):
    stream = unique("s")
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    logs.put_log_events(logGroupName=group, logStreamName=stream,
                        logEvents=[{"timestamp": int(time.time() * 1000), "message": line} for line in lines])


def test_subscription_reaches_a_function(client, receiver, wait_for):
    logs, (name, arn), group = client("logs"), receiver, unique("/g/")
    logs.create_log_group(logGroupName=group)
    client("lambda").add_permission(FunctionName=name, StatementId="logs", Action="lambda:InvokeFunction",
                                    Principal="logs.amazonaws.com")
    logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="ERROR", destinationArn=arn)
    kept, = logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"]
    assert kept["destinationArn"] == arn and kept["distribution"] == "ByLogStream"
    write_lines(logs, group, "all is well", "ERROR one", "ERROR two")

    def told():
        try:
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="TOLD")["events"]
        except ClientError:
            return None
        return [json.loads(event["message"].split("TOLD ", 1)[1]) for event in found]
    document = wait_for(told)[0]
    assert document["logGroup"] == group and document["subscriptionFilters"] == ["f"]
    assert [event["message"] for event in document["logEvents"]] == ["ERROR one", "ERROR two"]
    assert code(logs.put_subscription_filter, logGroupName=group, filterName="g", filterPattern="",
                destinationArn="arn:aws:kinesis:us-east-1:000000000000:stream/x") == ("InvalidParameterException", 400)
    logs.put_subscription_filter(logGroupName=group, filterName="g", filterPattern="NEVER", destinationArn=arn)
    assert code(logs.put_subscription_filter, logGroupName=group, filterName="h", filterPattern="", destinationArn=arn) == \
        ("LimitExceededException", 400)
    logs.delete_subscription_filter(logGroupName=group, filterName="f")
    assert code(logs.delete_subscription_filter, logGroupName=group, filterName="f") == ("ResourceNotFoundException", 400)
    logs.delete_log_group(logGroupName=group)


def test_metric_filter_with_a_dimension(client, wait_for):
    logs, cloudwatch, group = client("logs"), client("cloudwatch"), unique("/g/")
    logs.create_log_group(logGroupName=group)
    logs.put_metric_filter(logGroupName=group, filterName="f", filterPattern="{ $.ms = * }", metricTransformations=[
        {"metricName": "Latency", "metricNamespace": group, "metricValue": "$.ms", "dimensions": {"Service": "$.service"}}])
    write_lines(logs, group, '{"ms": 7, "service": "a"}', '{"ms": 9, "service": "b"}')
    metrics = wait_for(lambda: cloudwatch.list_metrics(Namespace=group)["Metrics"])
    assert {metric["Dimensions"][0]["Value"] for metric in metrics} == {"a", "b"}
    logs.delete_log_group(logGroupName=group)


def test_query_definition(client):
    logs, name = client("logs"), unique("q")
    made = logs.put_query_definition(name=name, queryString="fields @message", logGroupNames=["/a"])["queryDefinitionId"]
    logs.put_query_definition(name=name, queryString="limit 1", queryDefinitionId=made)
    kept, = logs.describe_query_definitions(queryDefinitionNamePrefix=name)["queryDefinitions"]
    assert kept["queryString"] == "limit 1" and kept["queryDefinitionId"] == made
    logs.delete_query_definition(queryDefinitionId=made)
    assert code(logs.delete_query_definition, queryDefinitionId=made) == ("ResourceNotFoundException", 400)


# ---- kms: grants ----

def test_grants(client):
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    made = [kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::000000000000:role/{n}", Operations=["Decrypt"], Name=n)
            for n in ("a", "b", "c")]
    listed = kms.list_grants(KeyId=key)["Grants"]
    assert {grant["Name"] for grant in listed} == {"a", "b", "c"} and listed[0]["KeyId"].endswith(key)
    kms.revoke_grant(KeyId=key, GrantId=made[0]["GrantId"])
    kms.retire_grant(GrantToken=made[1]["GrantToken"])
    assert [grant["Name"] for grant in kms.list_grants(KeyId=key)["Grants"]] == ["c"]
    assert code(kms.revoke_grant, KeyId=key, GrantId=made[0]["GrantId"]) == ("NotFoundException", 400)


# ---- iam: groups, instance profiles, service-linked roles, the account ----

def test_a_groups_policy_counts_for_its_members(client, server):
    iam, user, group = client("iam"), unique("u"), unique("g")
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    as_user = server.client("s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert code(as_user.list_buckets) == ("AccessDenied", 403)
    iam.create_group(GroupName=group, Path="/x/")
    iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}]}))
    iam.add_user_to_group(GroupName=group, UserName=user)
    as_user.list_buckets()
    assert [u["UserName"] for u in iam.get_group(GroupName=group)["Users"]] == [user]
    assert code(iam.delete_user, UserName=user) == ("DeleteConflict", 409)
    assert code(iam.delete_group, GroupName=group) == ("DeleteConflict", 409)
    iam.update_group(GroupName=group, NewGroupName=group + "2")
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName=user)["Groups"]] == [group + "2"]
    as_user.list_buckets()
    iam.remove_user_from_group(GroupName=group + "2", UserName=user)
    assert code(as_user.list_buckets) == ("AccessDenied", 403)
    iam.delete_group_policy(GroupName=group + "2", PolicyName="p")
    iam.delete_group(GroupName=group + "2")
    assert code(iam.get_group, GroupName=group) == ("NoSuchEntity", 404)


def test_a_renamed_user_keeps_its_keys(client, server):
    iam, user = client("iam"), unique("u")
    iam.create_user(UserName=user)
    key = iam.create_access_key(UserName=user)["AccessKey"]
    iam.update_user(UserName=user, NewUserName=user + "n", NewPath="/p/")
    sts = server.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert sts.get_caller_identity()["Arn"].endswith(f":user/p/{user}n")
    assert code(iam.get_user, UserName=user) == ("NoSuchEntity", 404)


def test_a_user_has_no_more_than_this(client):
    iam, user = client("iam"), unique("u")
    iam.create_user(UserName=user)
    assert iam.list_mfa_devices(UserName=user)["MFADevices"] == [] and iam.list_ssh_public_keys(UserName=user)["SSHPublicKeys"] == []
    assert iam.list_signing_certificates(UserName=user)["Certificates"] == []
    assert code(iam.delete_login_profile, UserName=user) == ("NoSuchEntity", 404)
    assert code(iam.list_mfa_devices, UserName=user + "x") == ("NoSuchEntity", 404)
    iam.delete_user(UserName=user)


def test_instance_profile(client):
    iam, name = client("iam"), unique("p")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    iam.create_instance_profile(InstanceProfileName=name, Tags=[{"Key": "a", "Value": "b"}])
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)
    profile = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == [name] and profile["Tags"] == [{"Key": "a", "Value": "b"}]
    assert [p["InstanceProfileName"] for p in iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]] == [name]
    assert code(iam.add_role_to_instance_profile, InstanceProfileName=name, RoleName=name) == ("LimitExceeded", 409)
    assert code(iam.delete_role, RoleName=name) == ("DeleteConflict", 409)
    assert code(iam.delete_instance_profile, InstanceProfileName=name) == ("DeleteConflict", 409)
    iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=name)
    iam.delete_instance_profile(InstanceProfileName=name)
    iam.delete_role(RoleName=name)


def test_service_linked_role_and_account(client):
    iam = client("iam")
    role = iam.create_service_linked_role(AWSServiceName="ops.apigateway.amazonaws.com")["Role"]
    assert role["Path"] == "/aws-service-role/ops.apigateway.amazonaws.com/"
    task = iam.delete_service_linked_role(RoleName=role["RoleName"])["DeletionTaskId"]
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
    iam.create_account_alias(AccountAlias="somebody")
    assert iam.list_account_aliases()["AccountAliases"] == ["somebody"]
    iam.delete_account_alias(AccountAlias="somebody")
    assert iam.list_account_aliases()["AccountAliases"] == []
    assert code(iam.get_account_password_policy) == ("NoSuchEntity", 404)
    iam.update_account_password_policy(MinimumPasswordLength=12, RequireSymbols=True, MaxPasswordAge=90)
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 12 and policy["RequireSymbols"] and policy["ExpirePasswords"]
    iam.delete_account_password_policy()


# ---- events: archives, a bus's policy ----

def test_archive(client):
    events, name = client("events"), unique("a")
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    assert code(events.create_archive, ArchiveName=name, EventSourceArn=bus + "x") == ("ResourceNotFoundException", 400)
    events.create_archive(ArchiveName=name, EventSourceArn=bus, RetentionDays=7, EventPattern='{"source": ["x"]}')
    assert code(events.create_archive, ArchiveName=name, EventSourceArn=bus) == ("ResourceAlreadyExistsException", 400)
    assert code(events.update_archive, ArchiveName=name, EventPattern='{"a": "b"}') == ("InvalidEventPatternException", 400)
    events.update_archive(ArchiveName=name, Description="d")
    kept = events.describe_archive(ArchiveName=name)
    assert (kept["RetentionDays"], kept["Description"], kept["EventPattern"]) == (7, "d", '{"source": ["x"]}')
    assert [a["ArchiveName"] for a in events.list_archives(EventSourceArn=bus)["Archives"]] == [name]
    events.delete_archive(ArchiveName=name)
    assert code(events.describe_archive, ArchiveName=name) == ("ResourceNotFoundException", 400)
    events.delete_event_bus(Name=name)


def test_a_bus_has_a_policy(client):
    events, name = client("events"), unique("b")
    bus = events.create_event_bus(Name=name)["EventBusArn"]
    events.put_permission(EventBusName=name, StatementId="s", Action="events:PutEvents", Principal="111122223333")
    policy = json.loads(events.describe_event_bus(Name=name)["Policy"])
    assert policy["Statement"] == [{"Sid": "s", "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
                                    "Action": "events:PutEvents", "Resource": bus}]
    events.remove_permission(EventBusName=name, StatementId="s")
    assert "Policy" not in events.describe_event_bus(Name=name)
    assert code(events.remove_permission, EventBusName=name, RemoveAllPermissions=True) == ("ResourceNotFoundException", 400)
    events.put_permission(EventBusName=name, Policy=json.dumps(policy))
    assert json.loads(events.describe_event_bus(Name=name)["Policy"]) == policy
    events.delete_event_bus(Name=name)


# ---- codebuild: how many builds at once ----

@pytest.fixture
def busy_project(client, wait_for):
    """A project that takes one build at a time, and has it."""
    codebuild, iam, name = client("codebuild"), client("iam"), unique("b")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": ["codebuild.amazonaws.com", "events.amazonaws.com"]}, "Action": "sts:AssumeRole"}]})
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["codebuild:StartBuild", "logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}]}))
    spec = "version: 0.2\nphases:\n  build:\n    commands:\n      - sleep 20\n"
    arn = codebuild.create_project(name=name, serviceRole=role, artifacts={"type": "NO_ARTIFACTS"}, concurrentBuildLimit=1,
                             source={"type": "NO_SOURCE", "buildspec": spec},
                             environment={"type": "LINUX_CONTAINER", "image": "aws/codebuild/standard:7.0",
                                          "computeType": "BUILD_GENERAL1_SMALL"})["project"]["arn"]
    build = codebuild.start_build(projectName=name)["build"]["id"]
    yield name, arn, role, build
    for left in codebuild.list_builds_for_project(projectName=name)["ids"]:
        codebuild.stop_build(id=left)
    codebuild.delete_project(name=name)


def test_concurrent_build_limit(client, busy_project, wait_for):
    codebuild, (name, _, _, first) = client("codebuild"), busy_project
    assert codebuild.batch_get_projects(names=[name])["projects"][0]["concurrentBuildLimit"] == 1
    assert code(codebuild.start_build, projectName=name) == ("AccountLimitExceededException", 400)
    codebuild.stop_build(id=first)
    wait_for(lambda: codebuild.batch_get_builds(ids=[first])["builds"][0]["buildComplete"])
    codebuild.start_build(projectName=name)
    assert "concurrentBuildLimit" not in codebuild.update_project(name=name, concurrentBuildLimit=-1)["project"]
    codebuild.start_build(projectName=name)


def test_a_busy_target_is_tried_again_then_given_up(client, busy_project, wait_for):
    """A rule's failed target lands in its dead-letter queue, after its retries."""
    events, sqs, (_, target, role, _), name = client("events"), client("sqs"), busy_project, unique("r")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue}]})})
    events.put_targets(Rule=name, Targets=[{"Id": "b", "Arn": target, "RoleArn": role, "DeadLetterConfig": {"Arn": queue},
                                            "RetryPolicy": {"MaximumRetryAttempts": 2}}])
    events.put_events(Entries=[{"Source": name, "DetailType": "x", "Detail": '{"n": 1}'}])
    message = wait_for(lambda: sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages"))[0]
    told = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert (told["RULE_ARN"], told["TARGET_ARN"], told["RETRY_ATTEMPTS"]) == (rule, target, "2")
    assert told["EXHAUSTED_RETRY_CONDITION"] == "MaximumRetryAttempts" and told["ERROR_CODE"] == "RESOURCE_LIMIT_EXCEEDED"
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    events.remove_targets(Rule=name, Ids=["b"])
    events.delete_rule(Name=name)
    sqs.delete_queue(QueueUrl=url)


# ---- sqs in the Query protocol, which Debian's clients speak ----

def test_sqs_query_protocol(client):
    sqs, name = client("sqs"), unique("q")
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "5"}, tags={"x": "y"})["QueueUrl"]
    assert url in sqs.list_queues(QueueNamePrefix=name)["QueueUrls"] and sqs.get_queue_url(QueueName=name)["QueueUrl"] == url
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"x": "y"}
    assert sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"] == {"VisibilityTimeout": "5"}
    attributes = {"n": {"DataType": "Number", "StringValue": "7"}, "b": {"DataType": "Binary", "BinaryValue": b"\1\2"}}
    sqs.send_message(QueueUrl=url, MessageBody="a <&> b", MessageAttributes=attributes)
    message, = sqs.receive_message(QueueUrl=url, AttributeNames=["All"], MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == "a <&> b" and message["MessageAttributes"] == attributes
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    sent = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "one", "DelaySeconds": 0},
                                                         {"Id": "2", "MessageBody": "two", "MessageAttributes": attributes}])
    assert [entry["Id"] for entry in sent["Successful"]] == ["1", "2"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    handle = messages[0]["ReceiptHandle"]
    changed = sqs.change_message_visibility_batch(QueueUrl=url, Entries=[
        {"Id": "c", "ReceiptHandle": handle, "VisibilityTimeout": 9}])
    assert changed["Successful"] == [{"Id": "c"}]
    deleted = sqs.delete_message_batch(QueueUrl=url, Entries=[{"Id": "d", "ReceiptHandle": handle},
                                                              {"Id": "e", "ReceiptHandle": "wrong"}])
    assert deleted["Successful"] == [{"Id": "d"}] and deleted["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"
    sqs.tag_queue(QueueUrl=url, Tags={"k": "v"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["x"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"k": "v"}
    sqs.delete_queue(QueueUrl=url)
    assert code(sqs.receive_message, QueueUrl=url) == ("AWS.SimpleQueueService.NonExistentQueue", 400)
