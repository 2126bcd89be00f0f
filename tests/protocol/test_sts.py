# SPDX-License-Identifier: Apache-2.0
"""STS: what limits a session, what it carries, and who may make one."""
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import pytest
from botocore.exceptions import ClientError

import issuer as issuers

ACCOUNT = "000000000000"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(principal, actions=("sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"), **more):
    return document({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": list(actions), **more})


def refused(function, code, status, text="", **parameters):
    with pytest.raises(ClientError) as caught:
        function(**parameters)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), answer["Error"]
    assert text in answer["Error"]["Message"]


@pytest.fixture(scope="module")
def iam(bare_server):
    return bare_server.client("iam")


@pytest.fixture
def enter(bare_server):
    """A maker of clients from an answer's credentials."""
    def make(answer, service):
        keys = answer["Credentials"]
        return bare_server.client(service, aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                                  aws_session_token=keys["SessionToken"])
    return make


@pytest.fixture
def user(bare_server, iam):
    """A user who may call STS: (its ARN, its STS client)."""
    name = f"u-{uuid.uuid4()}"
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document(allow("sts:*")))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return arn, bare_server.client("sts", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])


@pytest.fixture
def make_role(iam):
    def make(trusted, *statements, **more):
        name = f"r-{uuid.uuid4()}"
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trusted, **more)["Role"]["Arn"]
        if statements:
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document(*statements))
        return arn
    return make


def test_session_policies(user, make_role, enter, iam):
    arn, sts = user
    role = make_role(trust(arn), allow(["iam:List*", "dynamodb:*"]))
    managed = iam.create_policy(PolicyName=f"p-{uuid.uuid4()}", PolicyDocument=document(allow("dynamodb:ListTables")))["Policy"]["Arn"]
    one = sts.assume_role(RoleArn=role, RoleSessionName="session", Policy=document(allow("iam:ListRoles")))
    enter(one, "iam").list_roles()
    refused(enter(one, "iam").list_users, "AccessDenied", 403, "because no session policy allows the iam:ListUsers action")
    both = sts.assume_role(RoleArn=role, RoleSessionName="session", Policy=document(allow("iam:ListRoles")), PolicyArns=[{"arn": managed}])
    enter(both, "iam").list_roles()
    enter(both, "dynamodb").list_tables()
    assert 0 < both["PackedPolicySize"] <= 100
    more = sts.assume_role(RoleArn=role, RoleSessionName="session", PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AdministratorAccess"}])
    refused(enter(more, "iam").get_account_summary, "AccessDenied", 403, "no identity-based policy allows")
    refused(sts.assume_role, "ValidationError", 400, "does not exist", RoleArn=role, RoleSessionName="session",
            PolicyArns=[{"arn": managed + "-not-there"}])
    refused(sts.assume_role, "MalformedPolicyDocument", 400, RoleArn=role, RoleSessionName="session", Policy="[]")
    long = document(allow(["s3:GetObject"] * 110))
    assert 1800 < len(long) < 2048
    refused(sts.assume_role, "PackedPolicyTooLarge", 400, "% of allotted space", RoleArn=role, RoleSessionName="session", Policy=long,
            PolicyArns=[{"arn": managed}] * 6)


def test_durations(user, make_role, enter):
    arn, sts = user
    role = make_role(trust(arn), allow("sts:*"), MaxSessionDuration=7200)
    other = make_role(trust(role), MaxSessionDuration=7200)
    got = sts.assume_role(RoleArn=role, RoleSessionName="session", DurationSeconds=7200)
    assert abs(got["Credentials"]["Expiration"].timestamp() - time.time() - 7200) < 60
    refused(sts.assume_role, "ValidationError", 400, "exceeds the MaxSessionDuration set for this role", RoleArn=role,
            RoleSessionName="session", DurationSeconds=7201)
    enter(got, "sts").assume_role(RoleArn=other, RoleSessionName="session", DurationSeconds=3600)
    refused(enter(got, "sts").assume_role, "ValidationError", 400, "1 hour session limit for roles assumed by role chaining", RoleArn=other,
            RoleSessionName="session", DurationSeconds=3601)
    refused(sts.assume_role, "ValidationError", 400, "user/x is invalid", RoleArn="arn:aws:iam::000000000000:user/x",
            RoleSessionName="session")


def test_session_tags(user, make_role, enter, iam):
    arn, sts = user
    by_team = allow("iam:ListRoles", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})
    role = make_role(trust(arn, Condition={"StringLike": {"aws:RequestTag/team": "r*"}, "ForAllValues:StringEquals": {
        "aws:TagKeys": ["team", "stage"], "sts:TransitiveTagKeys": ["team"]}}), by_team, allow("sts:*"),
        Tags=[{"Key": "team", "Value": "blue"}])

    def assume(*tags, keys=(), **more):
        return sts.assume_role(RoleArn=role, RoleSessionName="session", Tags=[{"Key": k, "Value": v} for k, v in tags],
                               TransitiveTagKeys=list(keys), **more)
    enter(assume(("team", "red")), "iam").list_roles()
    refused(enter(assume(("team", "rose")), "iam").list_roles, "AccessDenied", 403)
    refused(assume, "AccessDenied", 403, "sts:AssumeRole", keys=[])
    with pytest.raises(ClientError, match="not authorized"):
        assume(("team", "blue"))
    with pytest.raises(ClientError, match="not authorized"):
        assume(("team", "red"), ("other", "x"))
    with pytest.raises(ClientError, match="not authorized"):
        assume(("team", "red"), ("stage", "x"), keys=["stage"])
    iam.update_assume_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyDocument=trust(arn, ["sts:AssumeRole"]))
    sts.assume_role(RoleArn=role, RoleSessionName="session")
    with pytest.raises(ClientError, match="not authorized to perform: sts:TagSession"):
        assume(("team", "red"))


def test_session_tags_that_are_refused(user, make_role):
    arn, sts = user
    role = make_role(trust(arn))
    refused(sts.assume_role, "ValidationError", 400, "transitive tag key must be included", RoleArn=role, RoleSessionName="session",
            Tags=[{"Key": "team", "Value": "red"}], TransitiveTagKeys=["Team", "other"])
    refused(sts.assume_role, "ValidationError", 400, "Duplicate tag keys", RoleArn=role, RoleSessionName="session",
            Tags=[{"Key": "team", "Value": "red"}, {"Key": "Team", "Value": "red"}])


def test_transitive_tags_and_source_identities_go_on(user, make_role, enter):
    arn, sts = user
    role = make_role(trust(arn), allow("sts:*"))
    second = make_role(trust(role), allow("iam:ListRoles", Condition={"StringEquals": {
        "aws:PrincipalTag/team": "red", "aws:SourceIdentity": "alice"}, "Null": {"aws:PrincipalTag/stage": "true"}}))
    first = sts.assume_role(RoleArn=role, RoleSessionName="session", SourceIdentity="alice", TransitiveTagKeys=["team"],
                            Tags=[{"Key": "team", "Value": "red"}, {"Key": "stage", "Value": "x"}])
    assert first["SourceIdentity"] == "alice"
    inside = enter(first, "sts")
    then = inside.assume_role(RoleArn=second, RoleSessionName="session")
    assert then["SourceIdentity"] == "alice"
    enter(then, "iam").list_roles()
    refused(inside.assume_role, "ValidationError", 400, "cannot be changed", RoleArn=second, RoleSessionName="session",
            Tags=[{"Key": "Team", "Value": "blue"}])
    refused(inside.assume_role, "ValidationError", 400, "cannot be changed", RoleArn=second, RoleSessionName="session", SourceIdentity="bob")


def test_source_identity_needs_leave(user, make_role):
    arn, sts = user
    role = make_role(trust(arn, ["sts:AssumeRole", "sts:SetSourceIdentity"], Condition={"StringLikeIfExists": {"sts:SourceIdentity": "a*"}}))
    sts.assume_role(RoleArn=role, RoleSessionName="session", SourceIdentity="alice")
    refused(sts.assume_role, "AccessDenied", 403, RoleArn=role, RoleSessionName="session", SourceIdentity="bob")


def test_external_ids(user, make_role):
    arn, sts = user
    role = make_role(trust(arn, Condition={"StringEquals": {"sts:ExternalId": "secret"}}))
    sts.assume_role(RoleArn=role, RoleSessionName="session", ExternalId="secret")
    refused(sts.assume_role, "AccessDenied", 403, RoleArn=role, RoleSessionName="session", ExternalId="other")
    refused(sts.assume_role, "AccessDenied", 403, RoleArn=role, RoleSessionName="session")


def test_tags_of_a_web_identity(fresh_server, tmp_path):
    issuer = issuers.Issuer("https://issuer.example", audience="me")
    server = fresh_server("--bare", "--oidc-keys", f"{issuer.url}={issuer.write_keys(tmp_path)}")
    iam, sts = server.client("iam"), server.client("sts")
    provider = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["me"], ThumbprintList=["0" * 40])["OpenIDConnectProviderArn"]

    def put(actions):
        return document({"Effect": "Allow", "Principal": {"Federated": provider}, "Action": actions})
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=put("sts:*WithWebIdentity"))["Role"]["Arn"]
    token = issuer.token(**{"https://aws.amazon.com/tags": {"principal_tags": {"team": ["red"]}, "transitive_tag_keys": ["team"]},
                            "https://aws.amazon.com/source_identity": "alice"})
    refused(sts.assume_role_with_web_identity, "AccessDenied", 403, "sts:TagSession", RoleArn=role, RoleSessionName="session",
            WebIdentityToken=token)
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=put(["sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"]))
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document(allow("iam:ListRoles", Condition={
        "StringEquals": {"aws:PrincipalTag/team": "red", "aws:SourceIdentity": "alice"}})))
    got = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="session", WebIdentityToken=token)
    keys = got["Credentials"]
    assert got["SourceIdentity"] == "alice"
    server.client("iam", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                  aws_session_token=keys["SessionToken"]).list_roles()


def test_session_tokens(user, enter, bare_server):
    arn, sts = user
    got = sts.get_session_token(DurationSeconds=900)
    assert enter(got, "sts").get_caller_identity()["Arn"] == arn
    refused(enter(got, "sts").get_session_token, "AccessDenied", 403, "Cannot call GetSessionToken with session credentials")
    refused(enter(got, "iam").list_roles, "AccessDenied", 403, arn)


def test_federation_tokens(user, enter, iam, bare_server):
    arn, sts = user
    name = arn.rsplit("/", 1)[1]
    iam.put_user_policy(UserName=name, PolicyName="more", PolicyDocument=document(allow(["iam:List*", "s3:*"])))
    got = sts.get_federation_token(Name="bob", Policy=document(allow("iam:ListRoles"), allow("dynamodb:*")), Tags=[{"Key": "a", "Value": "b"}])
    federated = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    assert got["FederatedUser"] == {"FederatedUserId": f"{ACCOUNT}:bob", "Arn": federated}
    assert enter(got, "sts").get_caller_identity()["Arn"] == federated
    enter(got, "iam").list_roles()
    refused(enter(got, "iam").list_users, "AccessDenied", 403, federated)
    refused(enter(got, "dynamodb").list_tables, "AccessDeniedException", 400, "no identity-based policy allows")
    nothing = sts.get_federation_token(Name="bob")
    refused(enter(nothing, "iam").list_roles, "AccessDenied", 403)
    s3, bucket = bare_server.client("s3"), f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=document({"Effect": "Allow", "Principal": {"AWS": federated}, "Action": "s3:ListBucket",
                                                         "Resource": f"arn:aws:s3:::{bucket}"}))
    enter(nothing, "s3").list_objects_v2(Bucket=bucket)
    of_root = bare_server.client("sts").get_federation_token(Name="carol", Policy=document(allow("iam:ListUsers")))
    enter(of_root, "iam").list_users()
    refused(enter(of_root, "iam").list_roles, "AccessDenied", 403)


def test_the_rest(user, bare_server):
    arn, sts = user
    assert sts.get_access_key_info(AccessKeyId=bare_server.access_key)["Account"] == ACCOUNT
    refused(sts.get_access_key_info, "ValidationError", 400, AccessKeyId="x" * 20)
    refused(sts.decode_authorization_message, "InvalidAuthorizationMessageException", 400, EncodedMessage="abc")
    refused(bare_server.client("sts").assume_role, "AccessDenied", 403, "Roles may not be assumed by root accounts.",
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/x", RoleSessionName="session")
    refused(sts.assume_role, "ValidationError", 400, "serialNumber", RoleArn=f"arn:aws:iam::{ACCOUNT}:role/x", RoleSessionName="session",
            SerialNumber="arn:aws:iam::1:mfa/x", TokenCode="123456")


def test_unsigned_calls_are_refused(bare_server):
    for action in ("GetCallerIdentity", "GetFederationToken", "AssumeRole"):
        body = urllib.parse.urlencode({"Action": action, "Version": "2011-06-15", "Name": "bob", "RoleSessionName": "session",
                                       "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x"}).encode()
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(bare_server.endpoint + "/", body)
        assert caught.value.code == 403 and b"<Code>MissingAuthenticationToken</Code>" in caught.value.read()
