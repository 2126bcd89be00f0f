"""Every request is signed, and the signature is looked at: header, query, chunks, time, key, service."""
import datetime
import hashlib
import http.client
import time
import urllib.parse

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

BUCKET = "auth-bucket"


@pytest.fixture(scope="module", autouse=True)
def bucket(client):
    client("s3").create_bucket(Bucket=BUCKET)


def send(server, method, path, headers=None, body=b""):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request(method, path, body=body, headers=headers or {})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, text.decode(errors="replace")


def signed(server, service, method="POST", path="/", headers=None, body=b"", key=None, secret=None, region="us-east-1", at=None, token=None):
    request = AWSRequest(method, server.endpoint + path, headers={"Host": f"127.0.0.1:{server.port}", **(headers or {})}, data=body)
    auth = (S3SigV4Auth if service == "s3" else SigV4Auth)(
        Credentials(key or server.access_key, secret or server.secret_key, token), service, region)
    if at:
        class Frozen(datetime.datetime):
            @classmethod
            def utcnow(cls):
                return cls.utcfromtimestamp(at)

            @classmethod
            def now(cls, tz=None):
                return cls.fromtimestamp(at, tz)
        import botocore.auth
        real = botocore.auth.datetime
        botocore.auth.datetime = type("module", (), {"datetime": Frozen}) if hasattr(real, "datetime") else Frozen
        try:
            auth.add_auth(request)
        finally:
            botocore.auth.datetime = real
    else:
        auth.add_auth(request)
    return dict(request.headers)


STS = {"Content-Type": "application/x-www-form-urlencoded"}
WHO = b"Action=GetCallerIdentity&Version=2011-06-15"
DYNAMODB = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}


def test_signed_requests_pass(server):
    status, text = send(server, "POST", "/", signed(server, "sts", headers=STS, body=WHO), WHO)
    assert status == 200 and ":root</Arn>" in text
    status, _ = send(server, "POST", "/", signed(server, "dynamodb", headers=DYNAMODB, body=b"{}"), b"{}")
    assert status == 200


def test_unsigned_requests_are_refused(server):
    assert send(server, "POST", "/", STS, WHO)[0] == 403
    status, text = send(server, "POST", "/", DYNAMODB, b"{}")
    assert status == 400 and "MissingAuthenticationToken" in text
    status, text = send(server, "GET", f"/{BUCKET}")
    assert status == 403 and "<Code>AccessDenied</Code>" in text


@pytest.mark.parametrize("change", ["body", "path", "header", "method", "signature"])
def test_tampering_is_refused(server, change):
    method, path, body = "PUT", f"/{BUCKET}/tampered", b"honest"
    headers = signed(server, "s3", method, path, {"x-amz-meta-a": "1"}, body)
    if change == "body":
        body = b"forged"
    elif change == "path":
        path = f"/{BUCKET}/other"
    elif change == "header":
        headers["x-amz-meta-a"] = "2"
    elif change == "method":
        method, body = "DELETE", b""
    else:
        headers["Authorization"] = headers["Authorization"][:-4] + "0000"
    status, text = send(server, method, path, headers, body)
    assert status in (400, 403)
    assert any(code in text for code in ("SignatureDoesNotMatch", "XAmzContentSHA256Mismatch"))


def test_an_unsigned_amz_header_is_refused(server):
    path = f"/{BUCKET}/extra"
    headers = signed(server, "s3", "PUT", path, body=b"x")
    headers["x-amz-acl"] = "public-read"
    assert send(server, "PUT", path, headers, b"x")[0] == 403


@pytest.mark.parametrize("seconds", [-16 * 60, 16 * 60, -24 * 3600])
def test_a_date_beyond_the_skew_is_refused(server, seconds):
    status, text = send(server, "POST", "/", signed(server, "dynamodb", headers=DYNAMODB, body=b"{}", at=time.time() + seconds), b"{}")
    assert status == 400 and "InvalidSignatureException" in text


def test_a_date_within_the_skew_passes(server):
    assert send(server, "POST", "/", signed(server, "dynamodb", headers=DYNAMODB, body=b"{}", at=time.time() - 600), b"{}")[0] == 200


def test_unknown_keys_and_wrong_secrets(server):
    status, text = send(server, "POST", "/", signed(server, "dynamodb", headers=DYNAMODB, body=b"{}", key="AKIAXXXXXXXXXXXXXXXX"), b"{}")
    assert status == 400 and "UnrecognizedClientException" in text
    status, text = send(server, "POST", "/", signed(server, "dynamodb", headers=DYNAMODB, body=b"{}", secret="wrong"), b"{}")
    assert status == 400 and "InvalidSignatureException" in text
    status, text = send(server, "GET", "/", signed(server, "s3", "GET", key="AKIAXXXXXXXXXXXXXXXX"))
    assert status == 403 and "InvalidAccessKeyId" in text
    status, text = send(server, "POST", "/", signed(server, "sts", headers=STS, body=WHO, key="AKIAXXXXXXXXXXXXXXXX"), WHO)
    assert status == 403 and "InvalidClientTokenId" in text


def test_a_token_that_is_not_the_keys_is_refused(server):
    status, text = send(server, "GET", "/", signed(server, "s3", "GET", token="made-up"))
    assert status == 400 and "InvalidToken" in text


def test_signed_for_another_service_or_region(server):
    status, _ = send(server, "POST", "/", signed(server, "s3", headers=DYNAMODB, body=b"{}"), b"{}")
    assert 400 <= status < 500
    status, text = send(server, "POST", "/", signed(server, "dynamodb", headers=DYNAMODB, body=b"{}", region="eu-west-1"), b"{}")
    assert status == 400 and "eu-west-1" in text


def presigned(client, method="put_object", seconds=60, **more):
    return client("s3").generate_presigned_url(method, Params={"Bucket": BUCKET, "Key": "signed", **more}, ExpiresIn=seconds)


def parts(url):
    split = urllib.parse.urlsplit(url)
    return split.path + "?" + split.query


def test_presigned_put_and_get(server, client):
    assert send(server, "PUT", parts(presigned(client)), body=b"by url")[0] == 200
    status, text = send(server, "GET", parts(presigned(client, "get_object")))
    assert status == 200 and text == "by url"


def test_presigned_tampering(server, client):
    url = parts(presigned(client))
    assert send(server, "GET", url)[0] == 403
    assert send(server, "PUT", url.replace("/signed?", "/other?"), body=b"x")[0] == 403
    assert send(server, "PUT", url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"), body=b"x")[0] == 403
    assert send(server, "PUT", url + "&acl", body=b"x")[0] == 403


def test_presigned_by_a_foreign_key(server, client):
    """A stranger's key, and a known key's id with another secret."""
    client("s3").put_object(Bucket=BUCKET, Key="foreign", Body=b"x")
    for key, secret, expected in (("AKIAIOSFODNN7EXAMPLE", "x" * 40, "InvalidAccessKeyId"),
                                  (server.access_key, "x" * 40, "SignatureDoesNotMatch")):
        s3 = server.client("s3", aws_access_key_id=key, aws_secret_access_key=secret)
        url = s3.generate_presigned_url("get_object", Params={"Bucket": BUCKET, "Key": "foreign"})
        status, text = send(server, "GET", url.split(str(server.port), 1)[1])
        assert status == 403 and f"<Code>{expected}</Code>" in text


def test_presigned_headers_must_be_sent(server, client):
    url = parts(presigned(client, ContentType="image/png"))
    assert send(server, "PUT", url, body=b"x")[0] == 403
    assert send(server, "PUT", url, {"Content-Type": "image/png"}, b"x")[0] == 200


def test_presigned_expires(server, client):
    url = parts(presigned(client, seconds=1))
    time.sleep(2.1)
    status, text = send(server, "PUT", url, body=b"x")
    assert status == 403 and "expired" in text


def test_a_foreign_host_name_is_refused(server):
    headers = signed(server, "s3", "GET")
    headers["Host"] = "attacker.example:80"
    assert send(server, "GET", "/", headers)[0] == 403


def test_a_foreign_origin_is_refused(server):
    headers = signed(server, "dynamodb", headers=DYNAMODB, body=b"{}")
    headers["Origin"] = "https://attacker.example"
    status, text = send(server, "POST", "/", headers, b"{}")
    assert status == 403 and "ForbiddenOrigin" in text


def test_chunks_are_verified(server):
    """STREAMING-AWS4-HMAC-SHA256-PAYLOAD: a forged chunk must not become an object."""
    path, data = f"/{BUCKET}/chunked", b"a" * 70000
    headers = {"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "x-amz-decoded-content-length": str(len(data)),
               "Content-Encoding": "aws-chunked", "Host": f"127.0.0.1:{server.port}"}
    request = AWSRequest("PUT", server.endpoint + path, headers=headers)
    auth = S3SigV4Auth(Credentials(server.access_key, server.secret_key), "s3", "us-east-1")
    auth._should_sha256_sign_payload = lambda r: False
    auth.payload = lambda r: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    auth.add_auth(request)
    seed = request.headers["Authorization"].rsplit("=", 1)[1]
    stamp = request.headers["X-Amz-Date"]
    scope = f"{stamp[:8]}/us-east-1/s3/aws4_request"

    def body(pieces, forge=False):
        previous, out = seed, b""
        for piece in pieces + [b""]:
            to_sign = "\n".join(["AWS4-HMAC-SHA256-PAYLOAD", stamp, scope, previous, hashlib.sha256(b"").hexdigest(),
                                 hashlib.sha256(piece).hexdigest()])
            previous = sign(server, stamp, to_sign)
            sent = b"b" + piece[1:] if forge and piece else piece
            out += f"{len(piece):x};chunk-signature={previous}\r\n".encode() + sent + b"\r\n"
        return out
    pieces = [data[:65536], data[65536:]]
    assert send(server, "PUT", path, dict(request.headers), body(pieces, forge=True))[0] == 403
    assert send(server, "GET", path, signed(server, "s3", "GET", path))[0] == 404
    assert send(server, "PUT", path, dict(request.headers), body(pieces))[0] == 200
    assert send(server, "GET", path, signed(server, "s3", "GET", path))[1] == data.decode()


def sign(server, stamp, to_sign):
    import hmac
    key = ("AWS4" + server.secret_key).encode()
    for part in (stamp[:8], "us-east-1", "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def test_temporary_credentials(server, client):
    session = client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    temporary = server.client("s3", aws_access_key_id=session["AccessKeyId"], aws_secret_access_key=session["SecretAccessKey"],
                              aws_session_token=session["SessionToken"])
    assert BUCKET in [b["Name"] for b in temporary.list_buckets()["Buckets"]]
    without = server.client("s3", aws_access_key_id=session["AccessKeyId"], aws_secret_access_key=session["SecretAccessKey"])
    with pytest.raises(ClientError):
        without.list_buckets()


def test_unknown_operations_are_named(server, client):
    body = b"{}"
    headers = {**DYNAMODB, "X-Amz-Target": "DynamoDB_20120810.Teleport"}
    status, text = send(server, "POST", "/", signed(server, "dynamodb", headers=headers, body=body), body)
    assert status == 400 and "UnknownOperationException" in text and "Teleport" in text


def test_a_missing_object_is_hidden_from_who_may_not_list(server, client):
    import json
    iam = client("iam")
    iam.create_user(UserName="reader")
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    reader = server.client("s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
    statements = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}]
    for expected, more in (("403", []), ("404", [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"}])):
        document = json.dumps({"Version": "2012-10-17", "Statement": statements + more})
        iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=document)
        with pytest.raises(ClientError) as error:
            reader.head_object(Bucket=BUCKET, Key="none")
        assert error.value.response["Error"]["Code"] == expected
