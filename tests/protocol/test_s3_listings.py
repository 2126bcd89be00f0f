"""S3 listings, versions and delete markers with boto3."""
import uuid

import pytest
from botocore.exceptions import ClientError

KEYS = ["a", "b/1", "b/2", "b/c/3", "b0", "c/1", "c/2", "d d", "e+e", "é"]


@pytest.fixture
def s3(client):
    return client("s3")


@pytest.fixture
def bucket(s3):
    name = f"lists-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def filled(s3, bucket):
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    return bucket


def keys(page):
    return [o["Key"] for o in page.get("Contents", [])]


def prefixes(page):
    return [p["Prefix"] for p in page.get("CommonPrefixes", [])]


def test_order_and_members(s3, filled):
    page = s3.list_objects_v2(Bucket=filled, FetchOwner=True)
    assert keys(page) == KEYS
    assert page["KeyCount"] == len(KEYS) and page["IsTruncated"] is False and page["MaxKeys"] == 1000
    first = page["Contents"][0]
    assert first["Size"] == 1 and first["StorageClass"] == "STANDARD" and first["ETag"].startswith('"')
    assert len(first["Owner"]["ID"]) == 64
    assert "Owner" not in s3.list_objects_v2(Bucket=filled)["Contents"][0]
    assert "Owner" in s3.list_objects(Bucket=filled)["Contents"][0]


def test_prefix_and_delimiter(s3, filled):
    page = s3.list_objects_v2(Bucket=filled, Delimiter="/")
    assert keys(page) == ["a", "b0", "d d", "e+e", "é"]
    assert prefixes(page) == ["b/", "c/"]
    assert page["KeyCount"] == 7
    page = s3.list_objects_v2(Bucket=filled, Delimiter="/", Prefix="b/")
    assert (keys(page), prefixes(page)) == (["b/1", "b/2"], ["b/c/"])
    page = s3.list_objects_v2(Bucket=filled, Prefix="b")
    assert keys(page) == ["b/1", "b/2", "b/c/3", "b0"]
    assert keys(s3.list_objects_v2(Bucket=filled, Prefix="nothing")) == []
    page = s3.list_objects_v2(Bucket=filled, Delimiter="c", Prefix="b")
    assert (keys(page), prefixes(page)) == (["b/1", "b/2", "b0"], ["b/c"])


@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 11])
@pytest.mark.parametrize("delimiter", ["", "/"])
@pytest.mark.parametrize("call", ["list_objects_v2", "list_objects", "list_object_versions"])
def test_pages(s3, filled, call, delimiter, size):
    found, rolled, pages = [], [], 0
    for page in s3.get_paginator(call).paginate(Bucket=filled, Delimiter=delimiter, PaginationConfig={"PageSize": size}):
        names = [o["Key"] for o in page.get("Contents", page.get("Versions", []))]
        assert len(names) + len(prefixes(page)) <= size
        found += names
        rolled += prefixes(page)
        pages += 1
    want = [k for k in KEYS if not delimiter or delimiter not in k]
    roll = ["b/", "c/"] if delimiter else []
    assert found == want and rolled == roll
    assert pages == -(-(len(want) + len(roll)) // size)


def test_start_after_and_marker(s3, filled):
    assert keys(s3.list_objects_v2(Bucket=filled, StartAfter="c/1")) == ["c/2", "d d", "e+e", "é"]
    assert keys(s3.list_objects_v2(Bucket=filled, StartAfter="c/1x")) == ["c/2", "d d", "e+e", "é"]
    assert keys(s3.list_objects(Bucket=filled, Marker="b/c/3")) == ["b0", "c/1", "c/2", "d d", "e+e", "é"]
    page = s3.list_objects(Bucket=filled, Marker="b/1", Delimiter="/")
    assert (keys(page), prefixes(page)) == (["b0", "d d", "e+e", "é"], ["b/", "c/"])


def test_max_keys(s3, filled):
    page = s3.list_objects_v2(Bucket=filled, MaxKeys=0)
    assert keys(page) == [] and page["IsTruncated"] is False and page["MaxKeys"] == 0
    with pytest.raises(ClientError) as caught:
        s3.list_objects_v2(Bucket=filled, MaxKeys=-1)
    assert caught.value.response["Error"]["Code"] == "InvalidArgument"
    with pytest.raises(ClientError) as caught:
        s3.list_objects_v2(Bucket=filled, ContinuationToken="?")
    assert caught.value.response["Error"]["Code"] == "InvalidArgument"


def version(s3, bucket, status="Enabled"):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def test_versions(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="k", Body=b"null")
    version(s3, bucket)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    one = s3.put_object(Bucket=bucket, Key="k", Body=b"1")["VersionId"]
    two = s3.put_object(Bucket=bucket, Key="k", Body=b"2")["VersionId"]
    assert one != two
    get = lambda **a: s3.get_object(Bucket=bucket, Key="k", **a)["Body"].read()
    assert (get(), get(VersionId=one), get(VersionId=two), get(VersionId="null")) == (b"2", b"1", b"2", b"null")
    listed = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [(v["VersionId"], v["IsLatest"]) for v in listed] == [(two, True), (one, False), ("null", False)]
    marker = s3.delete_object(Bucket=bucket, Key="k")
    assert marker["DeleteMarker"] is True
    with pytest.raises(ClientError) as caught:
        get()
    answer = caught.value.response
    assert answer["Error"]["Code"] == "NoSuchKey"
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-version-id"] == marker["VersionId"]
    with pytest.raises(ClientError) as caught:
        get(VersionId=marker["VersionId"])
    assert caught.value.response["Error"]["Code"] == "MethodNotAllowed"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    page = s3.list_object_versions(Bucket=bucket)
    assert [(m["VersionId"], m["IsLatest"]) for m in page["DeleteMarkers"]] == [(marker["VersionId"], True)]
    gone = s3.delete_object(Bucket=bucket, Key="k", VersionId=marker["VersionId"])
    assert gone["DeleteMarker"] is True and gone["VersionId"] == marker["VersionId"]
    assert get() == b"2"
    s3.delete_object(Bucket=bucket, Key="k", VersionId=two)
    assert get() == b"1"
    copied = s3.copy_object(Bucket=bucket, Key="c", CopySource={"Bucket": bucket, "Key": "k", "VersionId": one})
    assert copied["CopySourceVersionId"] == one
    assert s3.get_object(Bucket=bucket, Key="c")["Body"].read() == b"1"


def test_suspended(s3, bucket):
    version(s3, bucket)
    kept = s3.put_object(Bucket=bucket, Key="k", Body=b"kept")["VersionId"]
    version(s3, bucket, "Suspended")
    assert "VersionId" not in s3.put_object(Bucket=bucket, Key="k", Body=b"n1")
    s3.put_object(Bucket=bucket, Key="k", Body=b"n2")
    ids = [v["VersionId"] for v in s3.list_object_versions(Bucket=bucket)["Versions"]]
    assert ids == ["null", kept]
    deleted = s3.delete_object(Bucket=bucket, Key="k")
    assert deleted["VersionId"] == "null" and deleted["DeleteMarker"] is True
    page = s3.list_object_versions(Bucket=bucket)
    assert [v["VersionId"] for v in page["Versions"]] == [kept]
    assert [m["VersionId"] for m in page["DeleteMarkers"]] == ["null"]
    # The null version lies between versions once versioning is on again.
    version(s3, bucket)
    new = s3.put_object(Bucket=bucket, Key="k", Body=b"new")["VersionId"]
    version(s3, bucket, "Suspended")
    s3.put_object(Bucket=bucket, Key="k", Body=b"n3")
    page = s3.list_object_versions(Bucket=bucket)
    assert [v["VersionId"] for v in page["Versions"]] == ["null", new, kept]
    assert "DeleteMarkers" not in page


@pytest.mark.parametrize("size", [1, 2, 5, 100])
def test_pages_of_versions(s3, bucket, size):
    version(s3, bucket)
    made = []
    for key in ("a", "b", "c"):
        of_key = [s3.put_object(Bucket=bucket, Key=key, Body=b"%d" % i)["VersionId"] for i in range(3)]
        of_key.append(s3.delete_object(Bucket=bucket, Key=key)["VersionId"])
        made += [(key, v) for v in reversed(of_key)]
    found = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": size}):
        both = page.get("Versions", []) + page.get("DeleteMarkers", [])
        assert len(both) <= size
        found += [(o["Key"], o["VersionId"]) for o in both]
    assert sorted(found) == sorted(made)


def test_emptied_while_listing(s3, bucket):
    """As tools do that delete a bucket: each page is deleted before the next is asked for."""
    version(s3, bucket)
    for i in range(7):
        s3.put_object(Bucket=bucket, Key="k", Body=b"%d" % i)
        s3.delete_object(Bucket=bucket, Key="k")
    with pytest.raises(ClientError) as caught:
        s3.delete_bucket(Bucket=bucket)
    assert caught.value.response["Error"]["Code"] == "BucketNotEmpty"
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}):
        objects = [{"Key": o["Key"], "VersionId": o["VersionId"]} for o in page.get("Versions", []) + page.get("DeleteMarkers", [])]
        result = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})
        assert len(result["Deleted"]) == len(objects) and "Errors" not in result
    s3.delete_bucket(Bucket=bucket)
