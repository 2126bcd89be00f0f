"""S3 objects with boto3: put, get, head, copy, delete, tags, conditions, checksums."""
import base64
import datetime
import hashlib
import os
import urllib.error
import urllib.request
import uuid
import zlib

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def s3(client):
    return client("s3")


@pytest.fixture
def signer(client):
    """Presigns with Signature Version 4, which this boto3 does not by itself."""
    return client("s3", config={"signature_version": "s3v4"})


@pytest.fixture
def bucket(s3):
    name = f"objects-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


def code(call, **arguments):
    """The error's code and status."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 65537, 3 * 1024 * 1024 + 7])
def test_bodies_come_back(s3, bucket, size):
    body = os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == body
    assert got["ContentLength"] == size
    assert got["ETag"] == put["ETag"]
    assert got["ContentType"] == "binary/octet-stream"
    assert got["ServerSideEncryption"] == "AES256"
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == size


def test_attributes_come_back(s3, bucket):
    expires = datetime.datetime(2030, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentType="text/plain", CacheControl="no-cache", ContentLanguage="de",
                  ContentDisposition="attachment", ContentEncoding="gzip", Expires=expires, Metadata={"Colour": "blue", "a-b": "c"},
                  StorageClass="STANDARD_IA", Tagging="a=1&b=2", WebsiteRedirectLocation="/other")
    for got in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert got["ContentType"] == "text/plain"
        assert got["CacheControl"] == "no-cache"
        assert got["ContentLanguage"] == "de"
        assert got["ContentDisposition"] == "attachment"
        assert got["ContentEncoding"] == "gzip"
        assert got["Expires"] == expires
        assert got["Metadata"] == {"colour": "blue", "a-b": "c"}
        assert got["StorageClass"] == "STANDARD_IA"
        assert got["WebsiteRedirectLocation"] == "/other"
        assert "VersionId" not in got
    assert s3.get_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"] == "2"


def test_response_overrides(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", CacheControl="no-cache")
    got = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="a/b", ResponseCacheControl="max-age=1",
                        ResponseContentDisposition="inline", ResponseContentLanguage="fr", ResponseContentEncoding="br")
    assert (got["ContentType"], got["CacheControl"], got["ContentDisposition"], got["ContentLanguage"], got["ContentEncoding"]) == \
        ("a/b", "max-age=1", "inline", "fr", "br")


@pytest.mark.parametrize("size", [1000, 200000])
@pytest.mark.parametrize("header, first, last", [
    ("bytes=0-0", 0, 0), ("bytes=5-9", 5, 9), ("bytes=10-", 10, -1), ("bytes=-7", -7, -1), ("bytes=0-99999999", 0, -1),
    ("bytes=-99999999", 0, -1), ("bytes=999-", 999, -1)])
def test_ranges(s3, bucket, size, header, first, last):
    body = os.urandom(size)
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    first, last = first % size if first < 0 else first, last % size
    got = s3.get_object(Bucket=bucket, Key="k", Range=header)
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"] == f"bytes {first}-{last}/{size}"
    assert got["Body"].read() == body[first:last + 1]
    head = s3.head_object(Bucket=bucket, Key="k", Range=header)
    assert head["ContentLength"] == last - first + 1


def test_odd_ranges(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    for header in ("bytes=5-2", "lines=1-2", "bytes=a-b", "bytes=0-1,3-4"):
        got = s3.get_object(Bucket=bucket, Key="k", Range=header)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert got["Body"].read() == b"0123456789"
    for header in ("bytes=10-", "bytes=-0", "bytes=11-20"):
        assert code(s3.get_object, Bucket=bucket, Key="k", Range=header) == ("InvalidRange", 416)
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    assert code(s3.get_object, Bucket=bucket, Key="empty", Range="bytes=0-1") == ("InvalidRange", 416)


def test_read_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    now = datetime.datetime.now(datetime.timezone.utc)
    hour = datetime.timedelta(hours=1)
    for fine in ({"IfMatch": etag}, {"IfMatch": "*"}, {"IfNoneMatch": '"other"'}, {"IfModifiedSince": now - hour},
                 {"IfUnmodifiedSince": now + hour}, {"IfMatch": etag, "IfUnmodifiedSince": now - hour}):
        assert s3.get_object(Bucket=bucket, Key="k", **fine)["Body"].read() == b"x"
    for failed in ({"IfMatch": '"other"'}, {"IfUnmodifiedSince": now - hour}):
        assert code(s3.get_object, Bucket=bucket, Key="k", **failed) == ("PreconditionFailed", 412)
    for same in ({"IfNoneMatch": etag}, {"IfNoneMatch": etag, "IfModifiedSince": now - hour}, {"IfModifiedSince": now + hour}):
        assert code(s3.get_object, Bucket=bucket, Key="k", **same) == ("304", 304)


def headers(s3, operation, fields):
    """Adds header fields that this boto3 may not know as parameters."""
    def add(request, **_):
        for name, value in fields.items():
            request.headers[name] = value
    s3.meta.events.register(f"before-sign.s3.{operation}", add, unique_id="extra")
    return lambda: s3.meta.events.unregister(f"before-sign.s3.{operation}", unique_id="extra")


def put_with(s3, fields, **arguments):
    undo = headers(s3, "PutObject", fields)
    try:
        return s3.put_object(**arguments)
    finally:
        undo()


def test_write_conditions(s3, bucket):
    none = {"If-None-Match": "*"}
    etag = put_with(s3, none, Bucket=bucket, Key="k", Body=b"1")["ETag"]
    assert code(put_with, s3=s3, fields=none, Bucket=bucket, Key="k", Body=b"2") == ("PreconditionFailed", 412)
    assert code(put_with, s3=s3, fields=none, Bucket=bucket, Key="k", Body=os.urandom(100000)) == ("PreconditionFailed", 412)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"1"
    assert code(put_with, s3=s3, fields={"If-Match": '"x"'}, Bucket=bucket, Key="k", Body=b"2") == ("PreconditionFailed", 412)
    assert code(put_with, s3=s3, fields={"If-Match": etag}, Bucket=bucket, Key="other", Body=b"2") == ("NoSuchKey", 404)
    put_with(s3, {"If-Match": etag}, Bucket=bucket, Key="k", Body=b"3")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"3"
    s3.delete_object(Bucket=bucket, Key="k")
    put_with(s3, none, Bucket=bucket, Key="k", Body=b"4")
    assert code(put_with, s3=s3, fields={"If-None-Match": '"x"'}, Bucket=bucket, Key="k", Body=b"5") == ("NotImplemented", 501)


def test_md5_is_checked(s3, bucket):
    good = base64.b64encode(hashlib.md5(b"x").digest()).decode()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ContentMD5=good)
    assert code(s3.put_object, Bucket=bucket, Key="k", Body=b"y", ContentMD5=good) == ("BadDigest", 400)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


@pytest.mark.parametrize("name", ["CRC32", "SHA1", "SHA256"])
@pytest.mark.parametrize("size", [10, 200000])
def test_checksums(s3, bucket, name, size):
    body = os.urandom(size)
    digest = {"CRC32": zlib.crc32(body).to_bytes(4, "big"), "SHA1": hashlib.sha1(body).digest(),
              "SHA256": hashlib.sha256(body).digest()}[name]
    value = base64.b64encode(digest).decode()
    put = s3.put_object(Bucket=bucket, Key="k", Body=body, ChecksumAlgorithm=name)
    assert put[f"Checksum{name}"] == value
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[f"Checksum{name}"] == value
    assert f"Checksum{name}" not in s3.head_object(Bucket=bucket, Key="k")
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum", "ETag", "ObjectSize", "StorageClass"])
    assert attributes["Checksum"][f"Checksum{name}"] == value
    assert attributes["ObjectSize"] == size
    assert attributes["StorageClass"] == "STANDARD"
    assert attributes["ETag"] == hashlib.md5(body).hexdigest()
    wrong = base64.b64encode(bytes(len(digest))).decode()
    assert code(s3.put_object, Bucket=bucket, Key="k", Body=body, **{f"Checksum{name}": wrong})[1] == 400


def test_what_is_not_there(s3, bucket):
    assert code(s3.get_object, Bucket=bucket, Key="k") == ("NoSuchKey", 404)
    assert code(s3.head_object, Bucket=bucket, Key="k") == ("404", 404)
    assert code(s3.get_object, Bucket="no-such-bucket-here", Key="k") == ("NoSuchBucket", 404)
    assert code(s3.put_object, Bucket="no-such-bucket-here", Key="k", Body=b"") == ("NoSuchBucket", 404)
    assert code(s3.get_object, Bucket=bucket, Key="k", VersionId="nonsense") == ("InvalidArgument", 400)
    assert code(s3.get_object, Bucket=bucket, Key="k", VersionId="0" * 32) == ("NoSuchVersion", 404)
    s3.delete_object(Bucket=bucket, Key="k")


def test_keys(s3, bucket):
    names = ["a", "a/", "a//b", "ä€😀", "a b+c%20&=?#", "x" * 1024, "/lead", "..", "a\\b", "quote'\"<>&"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=name.encode())
    for name in names:
        assert s3.get_object(Bucket=bucket, Key=name)["Body"].read() == name.encode()
    listed = [o["Key"] for o in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert listed == sorted(names, key=lambda n: n.encode())
    assert code(s3.put_object, Bucket=bucket, Key="x" * 1025, Body=b"") == ("KeyTooLongError", 400)


def test_copies(s3, bucket):
    for size in (5, 300000):
        body = os.urandom(size)
        s3.put_object(Bucket=bucket, Key="from ä", Body=body, ContentType="text/plain", Metadata={"a": "1"}, Tagging="t=1")
        result = s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "from ä"})
        assert result["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
        got = s3.get_object(Bucket=bucket, Key="to")
        assert got["Body"].read() == body
        assert got["ContentType"] == "text/plain" and got["Metadata"] == {"a": "1"}
        assert s3.get_object_tagging(Bucket=bucket, Key="to")["TagSet"] == [{"Key": "t", "Value": "1"}]
        s3.delete_object(Bucket=bucket, Key="from ä")
        assert s3.get_object(Bucket=bucket, Key="to")["Body"].read() == body
    s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "to"}, MetadataDirective="REPLACE",
                   Metadata={"b": "2"}, ContentType="a/b")
    got = s3.head_object(Bucket=bucket, Key="to")
    assert got["ContentType"] == "a/b" and got["Metadata"] == {"b": "2"}


def test_copies_refused(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    source = {"Bucket": bucket, "Key": "k"}
    assert code(s3.copy_object, Bucket=bucket, Key="k", CopySource=source) == ("InvalidRequest", 400)
    assert code(s3.copy_object, Bucket=bucket, Key="t", CopySource={"Bucket": bucket, "Key": "none"}) == ("NoSuchKey", 404)
    assert code(s3.copy_object, Bucket=bucket, Key="t", CopySource={"Bucket": "nope-nope", "Key": "k"}) == ("NoSuchBucket", 404)
    assert code(s3.copy_object, Bucket=bucket, Key="t", CopySource=source, CopySourceIfMatch="x") == ("PreconditionFailed", 412)
    assert code(s3.copy_object, Bucket=bucket, Key="t", CopySource=source, CopySourceIfNoneMatch=etag) == ("PreconditionFailed", 412)
    s3.copy_object(Bucket=bucket, Key="t", CopySource=source, CopySourceIfMatch=etag)


def test_deletes(s3, bucket):
    for name in "abc":
        s3.put_object(Bucket=bucket, Key=name, Body=b"x")
    s3.delete_object(Bucket=bucket, Key="a")
    result = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "b"}, {"Key": "nothing"}]})
    assert result["Deleted"] == [{"Key": "b"}, {"Key": "nothing"}]
    assert "Deleted" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_tags(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    tags = [{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "ä &"}]
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    many = [{"Key": str(i), "Value": ""} for i in range(11)]
    assert code(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": many})[0] == "BadRequest"
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert code(s3.put_object_tagging, Bucket=bucket, Key="k", Tagging={"TagSet": twice}) == ("InvalidTag", 400)
    assert code(s3.get_object_tagging, Bucket=bucket, Key="none") == ("NoSuchKey", 404)


def test_limits_and_refusals(s3, bucket):
    put = {"Bucket": bucket, "Key": "k", "Body": b"x"}
    s3.put_object(**put, Metadata={"a": "x" * 2047})
    assert code(s3.put_object, **put, Metadata={"a": "x" * 2048}) == ("MetadataTooLarge", 400)
    assert code(s3.put_object, **put, StorageClass="NONSENSE") == ("InvalidStorageClass", 400)
    assert code(s3.put_object, **put, ACL="public-read") == ("AccessControlListNotSupported", 400)
    assert code(s3.put_object, **put, ServerSideEncryption="nonsense") == ("InvalidArgument", 400)
    assert code(s3.put_object, **put, SSECustomerAlgorithm="AES256", SSECustomerKey="0" * 32) == ("NotImplemented", 400)
    assert code(s3.put_object, **put, ObjectLockLegalHoldStatus="ON") == ("InvalidRequest", 400)
    assert code(s3.put_object, **put, ExpectedBucketOwner="111111111111") == ("AccessDenied", 403)
    assert code(s3.restore_object, Bucket=bucket, Key="k", RestoreRequest={"Days": 1}) == ("NotImplemented", 400)
    assert code(s3.get_object_legal_hold, Bucket=bucket, Key="k") == ("NotImplemented", 400)


def test_encryption_is_echoed(s3, bucket):
    key = "arn:aws:kms:us-east-1:000000000000:key/1234"
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=key, BucketKeyEnabled=True)
    head = s3.head_object(Bucket=bucket, Key="k")
    for answer in (put, head):
        assert (answer["ServerSideEncryption"], answer["SSEKMSKeyId"], answer["BucketKeyEnabled"]) == ("aws:kms", key, True)


def test_archived_objects_do_not_answer(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", StorageClass="GLACIER")
    assert code(s3.get_object, Bucket=bucket, Key="k") == ("InvalidObjectState", 403)
    assert s3.head_object(Bucket=bucket, Key="k")["StorageClass"] == "GLACIER"


def fetch(method, url, body=None, **fields):
    request = urllib.request.Request(url, data=body, method=method, headers=fields)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request) as answer:
            return answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read(), dict(answer.headers)


def test_presigned(signer, bucket):
    put = signer.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "k", "ContentType": "image/png"}, ExpiresIn=60)
    assert fetch("PUT", put, b"body", **{"Content-Type": "image/png"})[0] == 200
    assert fetch("PUT", put, b"body", **{"Content-Type": "image/gif"})[0] == 403
    get = signer.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"}, ExpiresIn=60)
    status, body, fields = fetch("GET", get)
    assert (status, body, fields["Content-Type"]) == (200, b"body", "image/png")
    assert fetch("GET", get + "0")[0] in (400, 403)


def test_errors_are_xml(signer, bucket):
    status, body, fields = fetch("GET", signer.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "a&b"}))
    assert status == 404 and fields["Content-Type"] == "application/xml"
    assert body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code>')
    assert b"<Message>The specified key does not exist.</Message><Key>a&amp;b</Key><RequestId>" in body
    status, body, _ = fetch("HEAD", signer.generate_presigned_url("head_object", {"Bucket": bucket, "Key": "none"}))
    assert (status, body) == (404, b"")


def test_a_version_is_named_beside_what_is_asked(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    old, new = [s3.put_object(Bucket=bucket, Key="k", Body=body, Tagging="n=" + body.decode())["VersionId"] for body in (b"1", b"22")]
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", VersionId=old, ObjectAttributes=["ObjectSize"])
    assert (attributes["ObjectSize"], attributes["VersionId"]) == (1, old)
    assert s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=old)["TagSet"] == [{"Key": "n", "Value": "1"}]
    assert s3.get_object_acl(Bucket=bucket, Key="k", VersionId=old)["Grants"]
    assert code(s3.get_object_retention, Bucket=bucket, Key="k", VersionId=old) == ("NotImplemented", 400)
    s3.delete_object_tagging(Bucket=bucket, Key="k", VersionId=old)
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=old)["Body"].read() == b"1"
    assert s3.get_object_tagging(Bucket=bucket, Key="k", VersionId=old)["TagSet"] == []
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "n", "Value": "22"}] and new
