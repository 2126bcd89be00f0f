# SPDX-License-Identifier: Apache-2.0
"""AssumeRoleWithWebIdentity: tokens of issuers that the account knows, for credentials of roles that trust their claims."""
import json
import time
import uuid

import pytest
from botocore import UNSIGNED
from botocore.exceptions import ClientError

import issuer as issuers

ACCOUNT = "000000000000"
THUMBPRINTS = ["0" * 40]
HOST = "token.actions.githubusercontent.com"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("issuer")


@pytest.fixture(scope="module")
def github():
    return issuers.Issuer(f"https://{HOST}")


@pytest.fixture(scope="module")
def server(folder, github):
    """A server for which GitHub's keys are ours, and which trusts the certificate of local issuers."""
    from conftest import Server, _finish
    away = issuers.Issuer("https://away.example")
    (folder / "away").mkdir()
    s = Server("--bare", "--oidc-keys", f"https://{HOST}={github.write_keys(folder)}",
               "--oidc-keys", "https://away.example=http://127.0.0.1:1/keys",
               env={"SSL_CERT_FILE": str(issuers.write_certificate(folder))})
    s.away = away
    yield s
    _finish(s, False)


@pytest.fixture(scope="module")
def iam(server):
    return server.client("iam")


@pytest.fixture(scope="module")
def provider(iam, github):
    return iam.create_open_id_connect_provider(Url=github.url, ClientIDList=["sts.amazonaws.com"], ThumbprintList=THUMBPRINTS)["OpenIDConnectProviderArn"]


@pytest.fixture
def sts(server):
    return server.client("sts", config={"signature_version": UNSIGNED})


def trust(provider, condition=None, action="sts:AssumeRoleWithWebIdentity"):
    statement = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": action, "Condition": condition or {}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def make_role(iam):
    def make(provider, condition=None, **more):
        return iam.create_role(RoleName=f"t-{uuid.uuid4()}", AssumeRolePolicyDocument=trust(provider, condition), **more)["Role"]["Arn"]
    return make


def refused(sts, code, status, text, role, token, **more):
    with pytest.raises(ClientError) as caught:
        sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="session", WebIdentityToken=token, **more)
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), answer["Error"]
    assert text in answer["Error"]["Message"]


def test_the_answer(server, sts, iam, github, provider, make_role):
    role = make_role(provider)
    got = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="session", WebIdentityToken=github.token(sub="repo:o/r:x"))
    name = role.rsplit("/", 1)[1]
    assert got["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/session"
    assert got["AssumedRoleUser"]["AssumedRoleId"] == iam.get_role(RoleName=name)["Role"]["RoleId"] + ":session"
    assert (got["SubjectFromWebIdentityToken"], got["Provider"], got["Audience"]) == ("repo:o/r:x", provider, "sts.amazonaws.com")
    keys = got["Credentials"]
    assert 3500 < keys["Expiration"].timestamp() - time.time() <= 3600
    session = {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"],
               "aws_session_token": keys["SessionToken"]}
    assert server.client("sts", **session).get_caller_identity()["Arn"] == got["AssumedRoleUser"]["Arn"]
    with pytest.raises(ClientError, match="AccessDenied"):
        server.client("iam", **session).list_roles()
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "iam:List*", "Resource": "*",
        "Condition": {"StringEquals": {"aws:FederatedProvider": provider}, "DateLessThan": {"aws:TokenIssueTime": "2999-01-01T00:00:00Z"}}}}))
    server.client("iam", **session).list_roles()


def test_a_local_issuer_is_asked_for_its_keys_once(folder, server, sts, iam, make_role):
    for algorithm in ("RS256", "ES256"):
        with issuers.listening(folder / "issuer.pem", algorithm) as local:
            arn = iam.create_open_id_connect_provider(Url=local.url, ClientIDList=["me"], ThumbprintList=THUMBPRINTS)["OpenIDConnectProviderArn"]
            role = make_role(arn, {"StringEquals": {local.url[len("https://"):] + ":sub": "someone"}})
            for _ in range(3):
                sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="session", WebIdentityToken=local.token(aud="me"))
            refused(sts, "AccessDenied", 403, "", role, local.token(aud="me", sub="else"))
            assert local.asked == ["/.well-known/openid-configuration", "/keys"]


def github_condition(**exact):
    return {"StringEquals": {f"{HOST}:{name}": value for name, value in exact.items()}}


CLAIMS = {"sub": "repo:octo/app:environment:production", "repository": "octo/app", "repository_id": "42", "environment": "production",
          "ref": "refs/heads/main", "job_workflow_ref": "octo/app/.github/workflows/apply.yml@refs/heads/main"}


def test_every_claim_is_a_condition_key(sts, github, provider, make_role):
    role = make_role(provider, github_condition(aud="sts.amazonaws.com", **CLAIMS))
    sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="session", WebIdentityToken=github.token(**CLAIMS))
    for name in CLAIMS:
        for wrong in (None, "x", CLAIMS[name].upper() + "x", ""):
            if name == "sub" and not wrong:
                continue
            refused(sts, "AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity", role,
                    github.token(**{**CLAIMS, name: wrong}))


def test_wildcards_and_lists_in_trust(sts, github, provider, make_role):
    role = make_role(provider, {"StringLike": {f"{HOST}:sub": "repo:octo/*:ref:refs/heads/*"},
                                "ForAnyValue:StringEquals": {f"{HOST}:teams": ["a", "b"]}, "Bool": {f"{HOST}:safe": "true"}})
    good = {"sub": "repo:octo/app:ref:refs/heads/x", "teams": ["z", "b"], "safe": True}
    sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="session", WebIdentityToken=github.token(**good))
    for change in ({"teams": ["z"]}, {"teams": []}, {"safe": False}, {"sub": "repo:octo2/app:ref:refs/heads/x"}):
        refused(sts, "AccessDenied", 403, "", role, github.token(**{**good, **change}))


def test_conditions_of_the_request(sts, github, provider, make_role):
    role = make_role(provider, {"StringEquals": {"sts:RoleSessionName": "session"}, "IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})
    sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="session", WebIdentityToken=github.token())
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="other", WebIdentityToken=github.token())


def test_tokens_that_are_refused(server, sts, iam, github, provider, make_role):
    role = make_role(provider)
    now = int(time.time())
    stranger = issuers.Issuer(github.url)
    other_key = issuers.Issuer(github.url, key_id="key-2")
    refused(sts, "InvalidIdentityToken", 400, "not a valid JWT", role, "abc.def.ghi")
    refused(sts, "InvalidIdentityToken", 400, "No OpenIDConnect provider found in your account for https://nobody.example", role,
            github.token(iss="https://nobody.example"))
    refused(sts, "InvalidIdentityToken", 400, "iss", role, github.token(iss=None))
    refused(sts, "InvalidIdentityToken", 400, "signature", role, stranger.token())
    refused(sts, "InvalidIdentityToken", 400, "Couldn't retrieve verification key", role, other_key.token())
    refused(sts, "InvalidIdentityToken", 400, "not a valid JWT", role, github.token(header={"alg": "none"}))
    refused(sts, "InvalidIdentityToken", 400, "not a valid JWT", role, github.token(header={"alg": "HS256"}))
    refused(sts, "InvalidIdentityToken", 400, "Incorrect token audience", role, github.token(aud="other"))
    refused(sts, "InvalidIdentityToken", 400, "Incorrect token audience", role, github.token(azp="other"))
    refused(sts, "InvalidIdentityToken", 400, "sub", role, github.token(sub=None))
    refused(sts, "ExpiredTokenException", 400, "Token expired: current date/time", role, github.token(exp=now - 10))
    refused(sts, "InvalidIdentityToken", 400, "exp", role, github.token(exp=None))
    refused(sts, "InvalidIdentityToken", 400, "not valid yet", role, github.token(nbf=now + 60))
    head, body, signature = github.token().split(".")
    forged = issuers.encode({"iss": github.url, "aud": "sts.amazonaws.com", "sub": "forged", "exp": now + 300})
    refused(sts, "InvalidIdentityToken", 400, "signature", role, f"{head}.{forged}.{signature}")
    iam.create_open_id_connect_provider(Url="https://away.example", ClientIDList=["sts.amazonaws.com"], ThumbprintList=THUMBPRINTS)
    refused(sts, "IDPCommunicationError", 400, "", role, server.away.token())


def test_roles_that_do_not_trust(server, sts, iam, github, provider, make_role):
    other = iam.create_open_id_connect_provider(Url="https://other.example", ClientIDList=["x"], ThumbprintList=THUMBPRINTS)["OpenIDConnectProviderArn"]
    refused(sts, "AccessDenied", 403, "Not authorized", make_role(other), github.token())
    refused(sts, "AccessDenied", 403, "Not authorized", f"arn:aws:iam::{ACCOUNT}:role/nobody", github.token())
    role = make_role(provider)
    iam.update_assume_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyDocument=trust(provider, action="sts:AssumeRole"))
    refused(sts, "AccessDenied", 403, "Not authorized", role, github.token())


def test_limits_of_a_session(server, sts, iam, github, provider, make_role):
    role = make_role(provider, MaxSessionDuration=7200)
    iam.put_role_policy(RoleName=role.rsplit("/", 1)[1], PolicyName="p", PolicyDocument=json.dumps(
        {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}))
    refused(sts, "ValidationError", 400, "exceeds the MaxSessionDuration set for this role", role, github.token(), DurationSeconds=7201)
    refused(sts, "MalformedPolicyDocument", 400, "", role, github.token(), Policy="{}")
    refused(sts, "ValidationError", 400, "does not exist", role, github.token(), PolicyArns=[{"arn": f"arn:aws:iam::{ACCOUNT}:policy/nobody"}])
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:ListRoles", "Resource": "*"}}
    got = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="session", WebIdentityToken=github.token(), DurationSeconds=7200,
                                            Policy=json.dumps(policy), PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"}])
    keys = got["Credentials"]
    assert 0 < got["PackedPolicySize"] <= 100 and keys["Expiration"].timestamp() - time.time() > 7100
    session = {"aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"],
               "aws_session_token": keys["SessionToken"]}
    server.client("iam", **session).list_roles()
    server.client("dynamodb", **session).list_tables()
    with pytest.raises(ClientError, match="no session policy allows the iam:ListUsers action"):
        server.client("iam", **session).list_users()


def test_a_session_survives_a_restart(server, sts, github, provider, make_role):
    keys = sts.assume_role_with_web_identity(RoleArn=make_role(provider), RoleSessionName="session",
                                             WebIdentityToken=github.token())["Credentials"]
    server.restart()
    client = server.client("sts", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                           aws_session_token=keys["SessionToken"])
    assert client.get_caller_identity()["Arn"].endswith("/session")
