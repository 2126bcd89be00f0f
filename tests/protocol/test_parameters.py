# SPDX-License-Identifier: Apache-2.0
"""The parameter store and Secrets Manager."""
import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError


def code(call, *arguments, **named):
    with pytest.raises(ClientError) as fault:
        call(*arguments, **named)
    assert fault.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    return fault.value.response["Error"]["Code"]


@pytest.fixture
def root():
    return f"/p{time.time_ns()}"


def test_parameter(client, root):
    ssm, name = client("ssm"), f"{root}/a"
    assert ssm.put_parameter(Name=name, Value="1", Type="String", Tags=[{"Key": "k", "Value": "v"}])["Version"] == 1
    assert code(ssm.put_parameter, Name=name, Value="2", Type="String") == "ParameterAlreadyExists"
    assert ssm.put_parameter(Name=name, Value="2", Overwrite=True, Description="d")["Version"] == 2
    got = ssm.get_parameter(Name=name)["Parameter"]
    assert (got["Value"], got["Version"], got["Type"], got["DataType"]) == ("2", 2, "String", "text")
    assert got["ARN"] == f"arn:aws:ssm:us-east-1:000000000000:parameter{name}"
    assert ssm.get_parameter(Name=got["ARN"])["Parameter"]["Value"] == "2"
    told, = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Option": "Equals", "Values": [name]}])["Parameters"]
    assert told["Description"] == "d" and told["Tier"] == "Standard" and "Value" not in told
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=name, Tags=[{"Key": "x", "Value": "y"}])
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=name, TagKeys=["k"])
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"] == [{"Key": "x", "Value": "y"}]
    ssm.delete_parameter(Name=name)
    assert code(ssm.get_parameter, Name=name) == code(ssm.delete_parameter, Name=name) == "ParameterNotFound"


def test_parameters_below_a_path(client, root):
    ssm = client("ssm")
    for name in ("a", "b/c", "b/d"):
        ssm.put_parameter(Name=f"{root}/{name}", Value=name, Type="String")
    assert [p["Value"] for p in ssm.get_parameters_by_path(Path=root)["Parameters"]] == ["a"]
    found = ssm.get_parameters_by_path(Path=root, Recursive=True)["Parameters"]
    assert [p["Value"] for p in found] == ["a", "b/c", "b/d"]
    pages = client("ssm").get_paginator("get_parameters_by_path").paginate(
        Path=root, Recursive=True, PaginationConfig={"PageSize": 1})
    assert [p["Value"] for page in pages for p in page["Parameters"]] == ["a", "b/c", "b/d"]
    some = ssm.get_parameters(Names=[f"{root}/a", f"{root}/none"])
    assert len(some["Parameters"]) == 1 and some["InvalidParameters"] == [f"{root}/none"]
    ssm.delete_parameters(Names=[f"{root}/{name}" for name in ("a", "b/c", "b/d")])


def test_secure_parameter(client, root):
    ssm = client("ssm")
    ssm.put_parameter(Name=root, Value="hush", Type="SecureString")
    assert ssm.get_parameter(Name=root)["Parameter"]["Value"] != "hush"
    assert ssm.get_parameter(Name=root, WithDecryption=True)["Parameter"]["Value"] == "hush"
    ssm.delete_parameter(Name=root)


@pytest.mark.parametrize("change, expected", [
    ({"Name": "a/b"}, "ValidationException"), ({"Name": "a b"}, "ValidationException"), ({"Type": "Other"}, "ValidationException"),
    ({"Value": "x" * 4097}, "ValidationException"), ({"AllowedPattern": "^[0-9]$"}, "ParameterPatternMismatchException"),
    ({"AllowedPattern": "["}, "ValidationException")])
def test_what_no_parameter_is(client, root, change, expected):
    assert code(client("ssm").put_parameter, **{"Name": root, "Value": "x", "Type": "String", **change}) == expected


@pytest.fixture
def secret(client):
    secrets, name = client("secretsmanager"), f"s{time.time_ns()}"
    made = secrets.create_secret(Name=name, SecretString="one", Description="d", Tags=[{"Key": "a", "Value": "1"}])
    yield made
    secrets.delete_secret(SecretId=made["ARN"], ForceDeleteWithoutRecovery=True)


def test_secret(client, secret):
    secrets, arn, name = client("secretsmanager"), secret["ARN"], secret["Name"]
    assert arn.startswith(f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{name}-") and len(arn.rsplit("-", 1)[1]) == 6
    for identity in (name, arn, arn.rsplit("-", 1)[0]):
        assert secrets.get_secret_value(SecretId=identity)["SecretString"] == "one"
    assert code(secrets.create_secret, Name=name) == "ResourceExistsException"
    secrets.update_secret(SecretId=name, Description="e")
    secrets.tag_resource(SecretId=name, Tags=[{"Key": "b", "Value": "2"}])
    secrets.untag_resource(SecretId=name, TagKeys=["a"])
    told = secrets.describe_secret(SecretId=name)
    assert told["Description"] == "e" and told["Tags"] == [{"Key": "b", "Value": "2"}]
    assert told["VersionIdsToStages"] == {secret["VersionId"]: ["AWSCURRENT"]}
    policy = json.dumps({"Version": "2012-10-17", "Statement": []})
    secrets.put_resource_policy(SecretId=name, ResourcePolicy=policy)
    assert secrets.get_resource_policy(SecretId=name)["ResourcePolicy"] == policy
    assert code(secrets.put_resource_policy, SecretId=name, ResourcePolicy="{") == "MalformedPolicyDocumentException"
    secrets.delete_resource_policy(SecretId=name)
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId=name)
    assert code(secrets.get_secret_value, SecretId="none") == "ResourceNotFoundException"


def test_versions(client, secret):
    secrets, name, token = client("secretsmanager"), secret["Name"], str(uuid.uuid4())
    secrets.put_secret_value(SecretId=name, SecretString="two", ClientRequestToken=token)
    assert secrets.put_secret_value(SecretId=name, SecretString="two", ClientRequestToken=token)["VersionId"] == token
    assert code(secrets.put_secret_value, SecretId=name, SecretString="other", ClientRequestToken=token) == "ResourceExistsException"
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "two"
    assert secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"] == "one"
    third = secrets.put_secret_value(SecretId=name, SecretBinary=b"\0\1", VersionStages=["PENDING"])["VersionId"]
    assert secrets.get_secret_value(SecretId=name, VersionId=third)["SecretBinary"] == b"\0\1"
    secrets.update_secret_version_stage(SecretId=name, VersionStage="AWSCURRENT", RemoveFromVersionId=token, MoveToVersionId=third)
    stages = {v["VersionId"]: set(v["VersionStages"]) for v in secrets.list_secret_version_ids(SecretId=name)["Versions"]}
    assert stages == {token: {"AWSPREVIOUS"}, third: {"AWSCURRENT", "PENDING"}}
    assert code(secrets.update_secret_version_stage, SecretId=name, VersionStage="AWSCURRENT", RemoveFromVersionId=third) == \
        "InvalidParameterException"


def test_a_deleted_secret_can_be_restored(client, secret):
    secrets, name = client("secretsmanager"), secret["Name"]
    assert code(secrets.delete_secret, SecretId=name, RecoveryWindowInDays=3) == "InvalidParameterException"
    secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
    assert code(secrets.get_secret_value, SecretId=name) == "InvalidRequestException"
    assert code(secrets.create_secret, Name=name) == "InvalidRequestException"
    assert "DeletedDate" in secrets.describe_secret(SecretId=name)
    assert name not in [one["Name"] for one in secrets.list_secrets()["SecretList"]]
    secrets.restore_secret(SecretId=name)
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "one"
    assert "DeletedDate" not in secrets.describe_secret(SecretId=name)
    assert name in [one["Name"] for one in secrets.list_secrets()["SecretList"]]
