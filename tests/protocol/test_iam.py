"""IAM: what Terraform and people do with roles, users and policies, and whether the policies decide."""
import json
import urllib.parse
import uuid

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "000000000000"


def refused(function, code, status, text="", **parameters):
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    answer = caught.value.response
    assert answer["Error"]["Code"] == code, answer["Error"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert text in answer["Error"]["Message"]


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(**principal):
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def table_arn(name):
    return f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{name}"


@pytest.fixture(scope="module")
def iam(client):
    return client("iam")


@pytest.fixture
def name():
    return f"t-{uuid.uuid4()}"


@pytest.fixture
def role(iam, name):
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(AWS=f"arn:aws:iam::{ACCOUNT}:root", Service="lambda.amazonaws.com"))
    yield name
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    iam.delete_role(RoleName=name)


@pytest.fixture
def user(iam, server, name):
    """A user with keys: (name, a maker of clients)."""
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield name, lambda service: server.client(service, aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
        iam.delete_user_policy(UserName=name, PolicyName=policy)
    for policy in iam.list_attached_user_policies(UserName=name)["AttachedPolicies"]:
        iam.detach_user_policy(UserName=name, PolicyArn=policy["PolicyArn"])
    iam.delete_user(UserName=name)


@pytest.fixture(scope="module")
def table(client):
    dynamodb = client("dynamodb")
    name = f"t-{uuid.uuid4()}"
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
    yield name
    dynamodb.delete_table(TableName=name)


# ---- entities ----

def test_roles(iam, name):
    made = iam.create_role(RoleName=name, Path="/team/", AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"), Description="d",
                           MaxSessionDuration=7200, Tags=[{"Key": "a", "Value": "b"}])["Role"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/team/{name}" and made["RoleId"].startswith("AROA")
    got = iam.get_role(RoleName=name)["Role"]
    assert got["AssumeRolePolicyDocument"] == json.loads(trust(Service="lambda.amazonaws.com"))
    assert (got["Description"], got["MaxSessionDuration"], got["Tags"]) == ("d", 7200, [{"Key": "a", "Value": "b"}])
    refused(iam.create_role, "EntityAlreadyExists", 409, RoleName=name.upper(), AssumeRolePolicyDocument=trust(Service="x.amazonaws.com"))
    iam.update_role(RoleName=name, MaxSessionDuration=3600)
    assert iam.update_role_description(RoleName=name, Description="e")["Role"]["Description"] == "e"
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust(Service="states.amazonaws.com"))
    iam.tag_role(RoleName=name, Tags=[{"Key": "c", "Value": "d"}])
    iam.untag_role(RoleName=name, TagKeys=["a"])
    assert iam.list_role_tags(RoleName=name)["Tags"] == [{"Key": "c", "Value": "d"}]
    assert iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"] == []
    assert name in [r["RoleName"] for r in iam.list_roles(PathPrefix="/team/")["Roles"]]
    iam.delete_role(RoleName=name)
    refused(iam.get_role, "NoSuchEntity", 404, f"The role with name {name} cannot be found.", RoleName=name)


def test_inline_policies(iam, role):
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document(allow("s3:GetObject")))
    assert iam.get_role_policy(RoleName=role, PolicyName="p")["PolicyDocument"] == json.loads(document(allow("s3:GetObject")))
    refused(iam.delete_role, "DeleteConflict", 409, "must delete policies first", RoleName=role)
    iam.delete_role_policy(RoleName=role, PolicyName="p")
    refused(iam.get_role_policy, "NoSuchEntity", 404, RoleName=role, PolicyName="p")
    refused(iam.put_role_policy, "MalformedPolicyDocument", 400, RoleName=role, PolicyName="p", PolicyDocument="{}")
    refused(iam.put_role_policy, "LimitExceeded", 409, "Maximum policy size of 10240 bytes exceeded", RoleName=role, PolicyName="p",
            PolicyDocument=document(allow(["s3:" + "x" * 50] * 200)))


def test_documents_come_back_percent_encoded(server, role):
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
    import urllib.request
    body = urllib.parse.urlencode({"Action": "GetRole", "RoleName": role, "Version": "2010-05-08"}).encode()
    request = AWSRequest("POST", server.endpoint + "/", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    SigV4Auth(Credentials(server.access_key, server.secret_key), "iam", server.region).add_auth(request)
    with urllib.request.urlopen(urllib.request.Request(server.endpoint + "/", body, dict(request.headers))) as answer:
        assert b"<AssumeRolePolicyDocument>%7B%22Version%22%3A%20%222012-10-17%22" in answer.read()


def test_managed_policies(iam, role, name):
    arn = iam.create_policy(PolicyName=name, PolicyDocument=document(allow("s3:GetObject")), Description="d")["Policy"]["Arn"]
    for i in range(4):
        version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document(allow(f"s3:Get{i}")), SetAsDefault=True)["PolicyVersion"]
    assert version["VersionId"] == "v5" and version["IsDefaultVersion"]
    refused(iam.create_policy_version, "LimitExceeded", 409, PolicyArn=arn, PolicyDocument=document(allow("s3:*")))
    assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v5", "v4", "v3", "v2", "v1"]
    refused(iam.delete_policy_version, "DeleteConflict", 409, PolicyArn=arn, VersionId="v5")
    refused(iam.delete_policy, "DeleteConflict", 409, "more than one version", PolicyArn=arn)
    for i in (1, 2, 3, 4):
        iam.delete_policy_version(PolicyArn=arn, VersionId=f"v{i}")
    assert iam.get_policy_version(PolicyArn=arn, VersionId="v5")["PolicyVersion"]["Document"] == json.loads(document(allow("s3:Get3")))
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    assert [r["RoleName"] for r in iam.list_entities_for_policy(PolicyArn=arn)["PolicyRoles"]] == [role]
    refused(iam.delete_policy, "DeleteConflict", 409, "attached to entities", PolicyArn=arn)
    iam.detach_role_policy(RoleName=role, PolicyArn=arn)
    refused(iam.detach_role_policy, "NoSuchEntity", 404, RoleName=role, PolicyArn=arn)
    iam.delete_policy(PolicyArn=arn)
    refused(iam.get_policy, "NoSuchEntity", 404, PolicyArn=arn)


def test_policies_of_aws(iam, role):
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == [
        {"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": arn}]
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    assert "logs:PutLogEvents" in json.dumps(version["Document"])
    refused(iam.attach_role_policy, "NoSuchEntity", 404, RoleName=role, PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")
    refused(iam.delete_policy, "UnmodifiableEntity", 400, PolicyArn=arn)


def test_pages(iam, role):
    for i in range(5):
        iam.put_role_policy(RoleName=role, PolicyName=f"p{i}", PolicyDocument=document(allow("s3:GetObject")))
    first = iam.list_role_policies(RoleName=role, MaxItems=3)
    assert first["PolicyNames"] == ["p0", "p1", "p2"] and first["IsTruncated"]
    rest = iam.list_role_policies(RoleName=role, MaxItems=3, Marker=first["Marker"])
    assert rest["PolicyNames"] == ["p3", "p4"] and not rest["IsTruncated"]
    assert len(list(iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 10}))) == 5


def test_oidc_providers(iam):
    url = f"https://token.example.com/{uuid.uuid4()}"
    arn = iam.create_open_id_connect_provider(Url=url, ClientIDList=["a"], ThumbprintList=["0" * 40],
                                              Tags=[{"Key": "a", "Value": "b"}])["OpenIDConnectProviderArn"]
    got = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (got["Url"], got["ClientIDList"], got["ThumbprintList"]) == (url[len("https://"):], ["a"], ["0" * 40])
    refused(iam.create_open_id_connect_provider, "EntityAlreadyExists", 409, Url=url, ThumbprintList=["0" * 40])
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="a")
    iam.update_open_id_connect_provider_thumbprint(OpenIDConnectProviderArn=arn, ThumbprintList=["1" * 40])
    iam.tag_open_id_connect_provider(OpenIDConnectProviderArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn, TagKeys=["a"])
    got = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert (got["ClientIDList"], got["ThumbprintList"], got["Tags"]) == (["b"], ["1" * 40], [{"Key": "c", "Value": "d"}])
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    refused(iam.get_open_id_connect_provider, "NoSuchEntity", 404, OpenIDConnectProviderArn=arn)


def test_groups(iam, server, user, name, table):
    user_name, client = user
    group = f"g-{name}"
    made = iam.create_group(GroupName=group, Path="/team/")["Group"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/team/{group}" and made["GroupId"].startswith("AGPA")
    refused(iam.create_group, "EntityAlreadyExists", 409, GroupName=group.upper())
    refused(iam.get_group, "NoSuchEntity", 404, f"The group with name no-{group} cannot be found.", GroupName=f"no-{group}")
    refused(client("dynamodb").scan, "AccessDeniedException", 400, TableName=table)
    iam.add_user_to_group(GroupName=group, UserName=user_name)
    iam.add_user_to_group(GroupName=group, UserName=user_name)
    assert [u["UserName"] for u in iam.get_group(GroupName=group)["Users"]] == [user_name]
    assert [g["GroupName"] for g in iam.list_groups_for_user(UserName=user_name)["Groups"]] == [group]
    assert [g["GroupName"] for g in iam.list_groups(PathPrefix="/team/")["Groups"]] == [group]
    refused(iam.delete_user, "DeleteConflict", 409, UserName=user_name)
    refused(iam.delete_group, "DeleteConflict", 409, "must remove users", GroupName=group)
    iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=document(allow("dynamodb:Scan")))
    assert iam.list_group_policies(GroupName=group)["PolicyNames"] == ["p"]
    assert iam.get_group_policy(GroupName=group, PolicyName="p")["PolicyDocument"] == json.loads(document(allow("dynamodb:Scan")))
    client("dynamodb").scan(TableName=table)
    arn = "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"
    iam.attach_group_policy(GroupName=group, PolicyArn=arn)
    assert [p["PolicyArn"] for p in iam.list_attached_group_policies(GroupName=group)["AttachedPolicies"]] == [arn]
    assert group in [g["GroupName"] for g in iam.list_entities_for_policy(PolicyArn=arn)["PolicyGroups"]]
    client("dynamodb").describe_table(TableName=table)
    decided = iam.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/{user_name}", ActionNames=["dynamodb:Scan"])
    assert decided["EvaluationResults"][0]["EvalDecision"] == "allowed"
    iam.put_group_policy(GroupName=group, PolicyName="p", PolicyDocument=document(allow("*"), {"Effect": "Deny", "Action": "dynamodb:Scan", "Resource": "*"}))
    refused(client("dynamodb").scan, "AccessDeniedException", 400, "with an explicit deny in an identity-based policy", TableName=table)
    iam.remove_user_from_group(GroupName=group, UserName=user_name)
    refused(client("dynamodb").describe_table, "AccessDeniedException", 400, TableName=table)
    refused(iam.delete_group, "DeleteConflict", 409, "must detach all policies", GroupName=group)
    iam.detach_group_policy(GroupName=group, PolicyArn=arn)
    refused(iam.delete_group, "DeleteConflict", 409, GroupName=group)
    iam.delete_group_policy(GroupName=group, PolicyName="p")
    iam.delete_group(GroupName=group)
    assert group not in [g["GroupName"] for g in iam.list_groups()["Groups"]]


# ---- decisions ----

def test_a_user_may_do_what_its_policies_say(iam, user, table):
    name, client = user
    dynamodb = client("dynamodb")
    refused(dynamodb.get_item, "AccessDeniedException", 400,
            f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: dynamodb:GetItem on resource: {table_arn(table)} "
            "because no identity-based policy allows the dynamodb:GetItem action", TableName=table, Key={"pk": {"S": "x"}})
    iam.put_user_policy(UserName=name, PolicyName="read", PolicyDocument=document(allow("dynamodb:GetItem", table_arn("${aws:username}"))))
    refused(dynamodb.get_item, "AccessDeniedException", 400, TableName=table, Key={"pk": {"S": "x"}})
    iam.put_user_policy(UserName=name, PolicyName="read", PolicyDocument=document(allow("dynamodb:Get*", table_arn("t-*"))))
    dynamodb.get_item(TableName=table, Key={"pk": {"S": "x"}})
    refused(dynamodb.put_item, "AccessDeniedException", 400, TableName=table, Item={"pk": {"S": "x"}})
    iam.put_user_policy(UserName=name, PolicyName="never", PolicyDocument=document(
        {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*"}))
    refused(dynamodb.get_item, "AccessDeniedException", 400, "with an explicit deny in an identity-based policy", TableName=table,
            Key={"pk": {"S": "x"}})


def test_conditions_see_the_request(iam, user, table):
    name, client = user
    for condition, allowed in (({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
                               ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
                               ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True), ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
                               ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
                               ({"Bool": {"aws:SecureTransport": "true"}}, True), ({"StringLike": {"aws:username": "t-*"}}, True),
                               ({"Null": {"aws:SourceArn": "true"}}, True)):
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(allow("dynamodb:GetItem", Condition=condition)))
        if allowed:
            client("dynamodb").get_item(TableName=table, Key={"pk": {"S": "x"}})
        else:
            refused(client("dynamodb").get_item, "AccessDeniedException", 400, TableName=table, Key={"pk": {"S": "x"}})


def test_batches_and_transactions_need_leave_for_each_table(iam, user, table):
    name, client = user
    dynamodb = client("dynamodb")
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(
        allow(["dynamodb:BatchGetItem", "dynamodb:PutItem"], table_arn(table))))
    dynamodb.batch_get_item(RequestItems={table: {"Keys": [{"pk": {"S": "x"}}]}})
    refused(dynamodb.batch_get_item, "AccessDeniedException", 400, table_arn("other"),
            RequestItems={table: {"Keys": [{"pk": {"S": "x"}}]}, "other": {"Keys": [{"pk": {"S": "x"}}]}})
    dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": {"pk": {"S": "y"}}}}])
    refused(dynamodb.transact_write_items, "AccessDeniedException", 400, "dynamodb:DeleteItem",
            TransactItems=[{"Delete": {"TableName": table, "Key": {"pk": {"S": "y"}}}}])


def test_boundaries(iam, user, table, name):
    user_name, client = user
    boundary = iam.create_policy(PolicyName=f"b-{name}", PolicyDocument=document(allow("dynamodb:GetItem")))["Policy"]["Arn"]
    iam.put_user_policy(UserName=user_name, PolicyName="all", PolicyDocument=document(allow("*")))
    client("dynamodb").put_item(TableName=table, Item={"pk": {"S": "x"}})
    iam.put_user_permissions_boundary(UserName=user_name, PermissionsBoundary=boundary)
    assert iam.get_user(UserName=user_name)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    client("dynamodb").get_item(TableName=table, Key={"pk": {"S": "x"}})
    refused(client("dynamodb").put_item, "AccessDeniedException", 400, "because no permissions boundary allows the dynamodb:PutItem action",
            TableName=table, Item={"pk": {"S": "x"}})
    iam.delete_user_permissions_boundary(UserName=user_name)
    client("dynamodb").put_item(TableName=table, Item={"pk": {"S": "x"}})
    iam.delete_policy(PolicyArn=boundary)


def test_roles_are_assumed_by_trust(iam, server, user, role, table):
    user_name, client = user
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    refused(client("sts").assume_role, "AccessDenied", 403, "sts:AssumeRole", RoleArn=arn, RoleSessionName="session")
    iam.put_user_policy(UserName=user_name, PolicyName="p", PolicyDocument=document(allow("sts:AssumeRole", arn)))
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document(allow("dynamodb:*")))
    policy = document(allow("dynamodb:GetItem"))
    session = client("sts").assume_role(RoleArn=arn, RoleSessionName="session", Policy=policy)
    assert session["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session"
    keys = session["Credentials"]
    dynamodb = server.client("dynamodb", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                             aws_session_token=keys["SessionToken"])
    dynamodb.get_item(TableName=table, Key={"pk": {"S": "x"}})
    refused(dynamodb.put_item, "AccessDeniedException", 400, "because no session policy allows the dynamodb:PutItem action", TableName=table,
            Item={"pk": {"S": "x"}})
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust(Service="lambda.amazonaws.com"))
    refused(client("sts").assume_role, "AccessDenied", 403, RoleArn=arn, RoleSessionName="session")


def test_inactive_keys_do_not_sign(iam, server, name):
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    sts = server.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/{name}"
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
    with pytest.raises(ClientError):
        sts.get_caller_identity()
    iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Active")
    sts.get_caller_identity()
    refused(iam.delete_user, "DeleteConflict", 409, UserName=name)
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


def test_simulation(iam, role):
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document(
        allow("s3:GetObject", "arn:aws:s3:::b/*", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})))
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]

    def decide(**more):
        results = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::b/k"], **more)
        return results["EvaluationResults"][0]["EvalDecision"]
    assert decide() == "implicitDeny"
    assert decide(ContextEntries=[{"ContextKeyName": "aws:PrincipalTag/team", "ContextKeyType": "string", "ContextKeyValues": ["red"]}]) == "allowed"
    custom = iam.simulate_custom_policy(PolicyInputList=[document(allow("*"), {"Effect": "Deny", "Action": "s3:*", "Resource": "*"})],
                                        ActionNames=["s3:GetObject", "sqs:SendMessage"])["EvaluationResults"]
    assert [r["EvalDecision"] for r in custom] == ["explicitDeny", "allowed"]
