"""S3 multipart uploads with boto3."""
import base64
import functools
import hashlib
import io
import os
import uuid
import zlib

import pytest
from botocore.exceptions import ClientError

MIB5 = 5 * 1024 * 1024


@pytest.fixture
def s3(client):
    return client("s3")


@pytest.fixture
def bucket(s3):
    name = f"multipart-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


def code(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def begin(s3, bucket, **arguments):
    return {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k", **arguments)["UploadId"]}


def finish(s3, upload, etags):
    parts = [{"PartNumber": n, "ETag": e} for n, e in etags.items()]
    return s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def etag_of(bodies):
    digests = b"".join(hashlib.md5(b).digest() for b in bodies)
    return f'"{hashlib.md5(digests).hexdigest()}-{len(bodies)}"'


@pytest.mark.parametrize("sizes", [[0], [10], [70000], [MIB5, 1], [MIB5 + 3, MIB5, 70000]])
def test_whole(s3, bucket, sizes):
    bodies = [os.urandom(n) for n in sizes]
    upload = begin(s3, bucket, ContentType="image/png", Metadata={"a": "b"}, StorageClass="STANDARD_IA", Tagging="t=1")
    numbers = [3 * i + 1 for i in range(len(bodies))]
    etags = {n: s3.upload_part(**upload, PartNumber=n, Body=b)["ETag"] for n, b in zip(numbers, bodies)}
    assert [e.strip('"') for e in etags.values()] == [hashlib.md5(b).hexdigest() for b in bodies]
    listed = s3.list_parts(**upload)
    assert [(p["PartNumber"], p["Size"]) for p in listed["Parts"]] == list(zip(numbers, sizes))
    done = finish(s3, upload, etags)
    assert done["ETag"] == etag_of(bodies) and done["Key"] == "k"
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"".join(bodies)
    assert (got["ContentType"], got["Metadata"], got["StorageClass"], got["ETag"]) == ("image/png", {"a": "b"}, "STANDARD_IA", done["ETag"])
    assert code(s3.list_parts, **upload) == "NoSuchUpload"
    assert finish(s3, upload, etags)["ETag"] == done["ETag"]  # the answer was lost: the client asks again
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    for i, body in enumerate(bodies):
        if body:
            part = s3.get_object(Bucket=bucket, Key="k", PartNumber=i + 1)
            assert part["Body"].read() == body and part["PartsCount"] == len(bodies)
    assert code(s3.get_object, Bucket=bucket, Key="k", PartNumber=len(bodies) + 1) == "InvalidPartNumber"


def test_mistakes(s3, bucket):
    upload = begin(s3, bucket)
    small = s3.upload_part(**upload, PartNumber=1, Body=b"small")["ETag"]
    other = s3.upload_part(**upload, PartNumber=2, Body=b"other")["ETag"]
    assert code(finish, s3=s3, upload=upload, etags={1: small, 2: other}) == "EntityTooSmall"
    assert code(finish, s3=s3, upload=upload, etags={2: other, 1: small}) == "InvalidPartOrder"
    assert code(finish, s3=s3, upload=upload, etags={1: other}) == "InvalidPart"
    assert code(finish, s3=s3, upload=upload, etags={3: other}) == "InvalidPart"
    assert code(finish, s3=s3, upload=upload, etags={}) == "MalformedXML"
    assert code(s3.upload_part, **upload, PartNumber=0, Body=b"") == "InvalidArgument"
    assert code(s3.upload_part, **upload, PartNumber=10001, Body=b"") == "InvalidArgument"
    assert code(s3.upload_part, **{**upload, "UploadId": "none"}, PartNumber=1, Body=b"") == "NoSuchUpload"
    assert code(s3.upload_part, **{**upload, "Key": "other"}, PartNumber=1, Body=os.urandom(100000)) == "NoSuchUpload"
    assert code(s3.abort_multipart_upload, **{**upload, "UploadId": "none"}) == "NoSuchUpload"
    assert code(s3.head_object, Bucket=bucket, Key="k") == "404"
    finish(s3, upload, {2: other})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"other"


def test_a_part_again(s3, bucket):
    upload = begin(s3, bucket)
    s3.upload_part(**upload, PartNumber=1, Body=os.urandom(100000))
    last = s3.upload_part(**upload, PartNumber=1, Body=b"last")["ETag"]
    finish(s3, upload, {1: last})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"last"


def test_abort(s3, bucket):
    upload = begin(s3, bucket)
    s3.upload_part(**upload, PartNumber=1, Body=b"x")
    s3.abort_multipart_upload(**upload)
    assert code(s3.upload_part, **upload, PartNumber=2, Body=b"x") == "NoSuchUpload"
    s3.delete_bucket(Bucket=bucket)


def test_part_copies(s3, bucket):
    body = os.urandom(MIB5 + 1000)
    s3.put_object(Bucket=bucket, Key="large", Body=body)
    s3.put_object(Bucket=bucket, Key="small", Body=b"0123456789")
    upload = begin(s3, bucket)
    copy = lambda number, key, **a: s3.upload_part_copy(**upload, PartNumber=number, CopySource={"Bucket": bucket, "Key": key},
                                                        **a)["CopyPartResult"]["ETag"]
    etags = {1: copy(1, "large"), 2: copy(2, "large", CopySourceRange=f"bytes=10-{MIB5 + 9}"), 3: copy(3, "small", CopySourceRange="bytes=2-4")}
    finish(s3, upload, etags)
    want = [body, body[10:MIB5 + 10], b"234"]
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"".join(want) and got["ETag"] == etag_of(want)
    upload = begin(s3, bucket)
    source = {"Bucket": bucket, "Key": "small"}
    assert code(s3.upload_part_copy, **upload, PartNumber=1, CopySource=source, CopySourceRange="bytes=0-10") == "InvalidArgument"
    assert code(s3.upload_part_copy, **upload, PartNumber=1, CopySource=source, CopySourceRange="0-1") == "InvalidArgument"
    assert code(s3.upload_part_copy, **upload, PartNumber=1, CopySource={"Bucket": bucket, "Key": "none"}) == "NoSuchKey"


@pytest.mark.parametrize("name, digest", [("SHA256", lambda b: hashlib.sha256(b).digest()),
                                          ("CRC32", lambda b: zlib.crc32(b).to_bytes(4, "big"))])
def test_composite_checksums(s3, bucket, name, digest):
    bodies = [os.urandom(MIB5), b"rest"]
    upload = begin(s3, bucket, ChecksumAlgorithm=name)
    parts = []
    for i, body in enumerate(bodies):
        part = s3.upload_part(**upload, PartNumber=i + 1, Body=body, ChecksumAlgorithm=name)
        value = part[f"Checksum{name}"]
        assert value == base64.b64encode(digest(body)).decode()
        parts.append({"PartNumber": i + 1, "ETag": part["ETag"], f"Checksum{name}": value})
    assert code(s3.upload_part, **upload, PartNumber=3, Body=b"x") == "InvalidRequest"
    whole = base64.b64encode(digest(b"".join(digest(b) for b in bodies))).decode() + "-2"
    complete = functools.partial(s3.complete_multipart_upload, **upload, MultipartUpload={"Parts": parts})
    assert code(complete, **{f"Checksum{name}": parts[0][f"Checksum{name}"] + "-2"}) == "BadDigest"
    done = complete(**{f"Checksum{name}": whole})
    assert done[f"Checksum{name}"] == whole
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[f"Checksum{name}"] == whole
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["ObjectParts", "Checksum"])
    assert attributes["ObjectParts"]["TotalPartsCount"] == 2
    assert [p["Size"] for p in attributes["ObjectParts"]["Parts"]] == [MIB5, 4]


def test_transfer_manager(s3, bucket):
    from boto3.s3.transfer import TransferConfig
    body = os.urandom(3 * MIB5 + 12345)
    config = TransferConfig(multipart_threshold=MIB5, multipart_chunksize=MIB5)
    s3.upload_fileobj(io.BytesIO(body), bucket, "k", Config=config)
    out = io.BytesIO()
    s3.download_fileobj(bucket, "k", out, Config=config)
    assert out.getvalue() == body
    s3.copy({"Bucket": bucket, "Key": "k"}, bucket, "copy", Config=config)
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == body
    # A plain copy of a multipart object has a plain ETag.
    s3.copy_object(Bucket=bucket, Key="plain", CopySource={"Bucket": bucket, "Key": "k"})
    assert s3.head_object(Bucket=bucket, Key="plain")["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'


@pytest.mark.parametrize("size", [1, 2, 10])
def test_pages_of_uploads(s3, bucket, size):
    made = []
    for key in ("a", "a", "b/1", "b/2", "c"):
        made.append((key, s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]))
    found, rolled = [], []
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, PaginationConfig={"PageSize": size}):
        found += [(u["Key"], u["UploadId"]) for u in page.get("Uploads", [])]
    assert found == made
    found = []
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": size}):
        found += [(u["Key"], u["UploadId"]) for u in page.get("Uploads", [])]
        rolled += [p["Prefix"] for p in page.get("CommonPrefixes", [])]
    assert found == [m for m in made if "/" not in m[0]] and rolled == ["b/"]
    assert [u["Key"] for u in s3.list_multipart_uploads(Bucket=bucket, Prefix="b/")["Uploads"]] == ["b/1", "b/2"]
    upload = {"Bucket": bucket, "Key": "c", "UploadId": made[-1][1]}
    for n in range(1, 6):
        s3.upload_part(**upload, PartNumber=n, Body=b"x")
    pages = list(s3.get_paginator("list_parts").paginate(**upload, PaginationConfig={"PageSize": size}))
    assert [p["PartNumber"] for page in pages for p in page["Parts"]] == [1, 2, 3, 4, 5]
