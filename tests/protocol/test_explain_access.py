# SPDX-License-Identifier: Apache-2.0
"""gleaner explain-access: of a file, and of a running server's policies."""
import json
import os
import subprocess
import uuid

import pytest

from conftest import BINARY

ACCOUNT = "000000000000"


def run(server, *arguments, **options):
    return subprocess.run([BINARY, "explain-access", *arguments], capture_output=True, text=True, timeout=60,
                          env={**os.environ, **(server.cli_env() if server else {})}, **options)


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


REQUEST = {"identity_policies": [{"Version": "2012-10-17", "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}],
    "principal": f"arn:aws:iam::{ACCOUNT}:user/u", "action": "s3:GetObject", "resource": "arn:aws:s3:::b/k", "context": {}}


def test_a_file_and_standard_input(tmp_path):
    path = tmp_path / "request.json"
    path.write_text(json.dumps(REQUEST))
    answer = json.loads(run(None, "--request", path).stdout)
    assert (answer["decision"], answer["statement"]["Sid"], answer["source"]["policy_type"]) == ("allowed", "Read", "identity")
    assert json.loads(run(None, "--request", "-", input=json.dumps(REQUEST)).stdout) == answer
    with open(path) as file:
        assert json.loads(run(None, "--request", "-", stdin=file).stdout) == answer
    other = json.dumps({**REQUEST, "action": "s3:PutObject"})
    assert json.loads(run(None, "--request", "-", input=other).stdout)["decision"] == "implicitDeny"


@pytest.mark.parametrize("change, names", [
    ({"identity_policies": [{"Version": "2012-10-17", "Statement": []}]}, "identity_policies"),
    ({"identity_policies": "x"}, "identity_policies"),
    ({"resource_policy": {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}}, "resource_policy"),
    ({"permission_boundary": {"Version": "2011-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}}, "permission_boundary"),
    ({"session_policies": [{"Statement": {"Effect": "Permit", "Action": "*", "Resource": "*"}}]}, "session_policies"),
    ({"action": None}, "action"),
    ({"context": []}, "context"),
])
def test_a_wrong_request_names_its_member(change, names):
    done = run(None, "--request", "-", input=json.dumps({**REQUEST, **change}))
    assert done.returncode != 0 and done.stdout == "" and names in done.stderr


def test_usage():
    assert run(None).returncode == 2
    assert run(None, "--principal", "x").returncode == 2
    assert run(None, "--request", "x", "--principal", "a", "--action", "b:c", "--resource", "*").returncode == 2
    assert run(None, "--principal", "a", "--action", "b:c", "--resource", "*", "--context", "no-value").returncode == 2


@pytest.fixture
def ask(bare_server):
    def asker(principal, action, resource, *context, ok=True):
        options = [o for pair in context for o in ("--context", pair)]
        done = run(bare_server, "--principal", principal, "--action", action, "--resource", resource, *options)
        assert done.returncode == (0 if ok else 1), done.stderr
        return json.loads(done.stdout) if ok else done.stderr
    return asker


@pytest.fixture
def role(bare_server):
    iam, name = bare_server.client("iam"), f"t-{uuid.uuid4()}"
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return iam, name, iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]


def test_the_policies_of_a_server(bare_server, ask, role):
    iam, name, arn = role
    iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=document(
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
         "Condition": {"ForAnyValue:StringEquals": {"x:team": ["red"]}}}))
    iam.attach_role_policy(RoleName=name, PolicyArn="arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess")
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/run"
    for principal in (arn, session):
        answer = ask(principal, "s3:GetObject", "arn:aws:s3:::b/k", "x:team=blue", "x:team=red")
        assert (answer["decision"], answer["statement"]["Sid"]) == ("allowed", "Read")
        assert answer["policy"] == {"type": "inline", "name": "inline", "attached_to": arn}
    refused = ask(arn, "s3:GetObject", "arn:aws:s3:::b/k", "x:team=blue")
    assert refused["decision"] == "implicitDeny" and refused["statement"] is None and "policy" not in refused
    assert refused["reason"] == "because no identity-based policy allows the s3:GetObject action"
    answer = ask(arn, "dynamodb:GetItem", "*")
    assert answer["policy"] == {"type": "managed", "arn": "arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess", "attached_to": arn}
    boundary = iam.create_policy(PolicyName=name, PolicyDocument=document(
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, {"Sid": "Never", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
    assert ask(arn, "dynamodb:GetItem", "*")["source"] == {"policy_type": "boundary"}
    answer = ask(arn, "s3:DeleteObject", "arn:aws:s3:::b/k")
    assert answer["policy"] == {"type": "boundary", "arn": boundary, "attached_to": arn} and answer["source"]["sid"] == "Never"


def test_the_resources_own_policies(bare_server, ask, role):
    iam, name, arn = role
    s3, bucket = bare_server.client("s3"), f"b-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=document(
        {"Sid": "Role", "Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}))
    answer = ask(arn, "s3:GetObject", f"arn:aws:s3:::{bucket}/k")
    assert (answer["decision"], answer["policy"]) == ("allowed", {"type": "resource", "attached_to": f"arn:aws:s3:::{bucket}/k"})
    assert ask("lambda.amazonaws.com", "s3:GetObject", f"arn:aws:s3:::{bucket}/k")["decision"] == "implicitDeny"
    trusted = ask("lambda.amazonaws.com", "sts:AssumeRole", arn)
    assert (trusted["decision"], trusted["policy"]["type"]) == ("allowed", "trust")
    assert ask("states.amazonaws.com", "sts:AssumeRole", arn)["decision"] == "implicitDeny"
    assert ask("lambda.amazonaws.com", "sts:AssumeRole", arn + "-not-there")["decision"] == "implicitDeny"


def test_what_cannot_be_asked(bare_server, ask):
    assert "cannot be found" in ask(f"arn:aws:iam::{ACCOUNT}:role/nobody", "s3:GetObject", "*", ok=False)
    iam, name = bare_server.client("iam"), f"t-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    env = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    done = subprocess.run([BINARY, "explain-access", "--principal", f"arn:aws:iam::{ACCOUNT}:user/{name}", "--action", "s3:GetObject",
                           "--resource", "*"], capture_output=True, text=True, env={**bare_server.cli_env(), **env})
    assert done.returncode == 1 and "not authorized to perform: iam:SimulatePrincipalPolicy" in done.stderr
    nobody = run(bare_server, "--principal", "x", "--action", "s3:GetObject", "--resource", "*", "--endpoint", "http://127.0.0.1:1")
    assert nobody.returncode not in (0, 1, 2)
