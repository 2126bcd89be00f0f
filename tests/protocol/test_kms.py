# SPDX-License-Identifier: Apache-2.0
"""KMS by boto3 against the real server."""
import json
import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def kms(client):
    return client("kms")


@pytest.fixture
def key(kms):
    made = kms.create_key(Description="a test", Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]
    yield made
    try:
        kms.schedule_key_deletion(KeyId=made["KeyId"], PendingWindowInDays=7)
    except ClientError:
        pass


def code_of(error):
    return error.value.response["Error"]["Code"]


def test_key_and_its_settings(kms, key):
    assert key["Arn"] == f"arn:aws:kms:us-east-1:000000000000:key/{key['KeyId']}"
    assert (key["KeyState"], key["KeyManager"], key["KeySpec"], key["Origin"]) == ("Enabled", "CUSTOMER", "SYMMETRIC_DEFAULT", "AWS_KMS")
    assert kms.describe_key(KeyId=key["Arn"])["KeyMetadata"]["Description"] == "a test"
    kms.update_key_description(KeyId=key["KeyId"], Description="changed")
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"] == "changed"
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=key["KeyId"])
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is True
    kms.disable_key_rotation(KeyId=key["KeyId"])
    assert kms.get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"] is False
    kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": "b", "TagValue": "2"}])
    kms.untag_resource(KeyId=key["KeyId"], TagKeys=["a"])
    assert kms.list_resource_tags(KeyId=key["KeyId"])["Tags"] == [{"TagKey": "b", "TagValue": "2"}]
    policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    assert policy["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::000000000000:root"}
    policy["Id"] = "mine"
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=json.dumps(policy))
    assert json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])["Id"] == "mine"
    assert key["KeyId"] in [k["KeyId"] for k in kms.get_paginator("list_keys").paginate().build_full_result()["Keys"]]


def test_aliases(kms, key):
    name = "alias/" + uuid.uuid4().hex
    kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    with pytest.raises(ClientError) as e:
        kms.create_alias(AliasName=name, TargetKeyId=key["KeyId"])
    assert code_of(e) == "AlreadyExistsException"
    assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == key["KeyId"]
    assert [a["AliasName"] for a in kms.list_aliases(KeyId=key["KeyId"])["Aliases"]] == [name]
    every = kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 3}).build_full_result()["Aliases"]
    assert {name, "alias/aws/s3", "alias/aws/dynamodb"} <= {a["AliasName"] for a in every}
    kms.delete_alias(AliasName=name)
    with pytest.raises(ClientError) as e:
        kms.describe_key(KeyId=name)
    assert code_of(e) == "NotFoundException"
    assert kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["KeyManager"] == "AWS"
    for bad, code in (("alias/aws/x", "NotAuthorizedException"), ("nothing", "ValidationException")):
        with pytest.raises(ClientError) as e:
            kms.create_alias(AliasName=bad, TargetKeyId=key["KeyId"])
        assert code_of(e) == code


def test_unknown_and_dying_keys(kms, key):
    missing = str(uuid.uuid4())
    with pytest.raises(ClientError) as e:
        kms.describe_key(KeyId=missing)
    assert code_of(e) == "NotFoundException" and missing in str(e.value)
    answer = kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingDeletion"
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    with pytest.raises(ClientError) as e:
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    assert code_of(e) == "KMSInvalidStateException"
    kms.cancel_key_deletion(KeyId=key["KeyId"])
    with pytest.raises(ClientError) as e:
        kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    assert code_of(e) == "DisabledException"
    kms.enable_key(KeyId=key["KeyId"])
    kms.encrypt(KeyId=key["KeyId"], Plaintext=b"x")
    with pytest.raises(ClientError) as e:
        kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")
    assert code_of(e) == "UnsupportedOperationException"


def test_encryption(kms, key):
    other = kms.create_key()["KeyMetadata"]
    sealed = kms.encrypt(KeyId=key["KeyId"], Plaintext=b"secret text", EncryptionContext={"b": "2", "a": "1"})["CiphertextBlob"]
    assert b"secret" not in sealed
    opened = kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "1", "b": "2"})
    assert opened["Plaintext"] == b"secret text" and opened["KeyId"] == key["Arn"]
    with pytest.raises(ClientError) as e:
        kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "1"})
    assert code_of(e) == "InvalidCiphertextException"
    for i in (0, 40, len(sealed) - 1):
        broken = bytearray(sealed)
        broken[i] ^= 1
        with pytest.raises(ClientError) as e:
            kms.decrypt(CiphertextBlob=bytes(broken), EncryptionContext={"a": "1", "b": "2"})
        assert code_of(e) == "InvalidCiphertextException"
    with pytest.raises(ClientError) as e:
        kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"a": "1", "b": "2"}, KeyId=other["KeyId"])
    assert code_of(e) == "IncorrectKeyException"
    data = kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256")
    assert len(data["Plaintext"]) == 32
    assert kms.decrypt(CiphertextBlob=data["CiphertextBlob"])["Plaintext"] == data["Plaintext"]
    assert "Plaintext" not in kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], NumberOfBytes=7)
    assert len(kms.generate_random(NumberOfBytes=20)["Plaintext"]) == 20
    kms.schedule_key_deletion(KeyId=other["KeyId"], PendingWindowInDays=7)
