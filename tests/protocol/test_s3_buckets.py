"""S3 buckets and their settings with boto3, and with bodies as Terraform sends them."""
import json
import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def s3(client):
    return client("s3")


@pytest.fixture
def bucket(s3):
    name = f"buckets-{uuid.uuid4()}"
    s3.create_bucket(Bucket=name)
    return name


def code(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_life(s3):
    name = f"life-{uuid.uuid4()}"
    assert code(s3.head_bucket, Bucket=name) == ("404", 404)
    made = s3.create_bucket(Bucket=name, ACL="private")
    assert made["Location"] == f"/{name}"
    s3.create_bucket(Bucket=name)  # one's own again: no error in us-east-1
    head = s3.head_bucket(Bucket=name)
    assert head["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"
    assert name in [b["Name"] for b in s3.list_buckets()["Buckets"]]
    assert s3.get_bucket_location(Bucket=name)["LocationConstraint"] is None
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    assert code(s3.delete_bucket, Bucket=name) == ("BucketNotEmpty", 409)
    s3.delete_object(Bucket=name, Key="k")
    s3.delete_bucket(Bucket=name)
    assert code(s3.delete_bucket, Bucket=name) == ("NoSuchBucket", 404)
    assert name not in [b["Name"] for b in s3.list_buckets()["Buckets"]]


@pytest.mark.parametrize("name", ["ab", "a" * 64, "Upper", "under_score", "-lead", "trail-", "a..b", "192.168.1.1", "xn--a", "a-s3alias"])
def test_bad_names(server, name):
    s3 = server.client("s3")
    s3.meta.events.unregister("before-parameter-build.s3", _validator())
    assert code(s3.create_bucket, Bucket=name) == ("InvalidBucketName", 400)


def _validator():
    from botocore.handlers import validate_bucket_name
    return validate_bucket_name


def test_location(s3):
    configuration = {"LocationConstraint": "eu-west-1"}
    assert code(s3.create_bucket, Bucket=f"far-{uuid.uuid4()}", CreateBucketConfiguration=configuration) == \
        ("IllegalLocationConstraintException", 400)


def test_what_a_new_bucket_says(s3, bucket):
    assert s3.get_bucket_acl(Bucket=bucket)["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())


@pytest.mark.parametrize("call, error", [
    ("get_bucket_cors", "NoSuchCORSConfiguration"),
    ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
    ("get_bucket_policy", "NoSuchBucketPolicy"),
    ("get_bucket_policy_status", "NoSuchBucketPolicy"),
    ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
    ("get_bucket_tagging", "NoSuchTagSet"),
    ("get_bucket_website", "NoSuchWebsiteConfiguration"),
    ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError")])
def test_what_was_never_set(s3, bucket, call, error):
    assert code(getattr(s3, call), Bucket=bucket) == (error, 404)
    assert code(getattr(s3, call), Bucket="no-such-bucket-here") == ("NoSuchBucket", 404)


@pytest.mark.parametrize("call", ["delete_bucket_cors", "delete_bucket_lifecycle", "delete_bucket_policy", "delete_bucket_tagging",
                                  "delete_bucket_website", "delete_bucket_replication", "delete_bucket_encryption",
                                  "delete_bucket_ownership_controls", "delete_public_access_block"])
def test_deleting_what_was_never_set(s3, bucket, call):
    assert getattr(s3, call)(Bucket=bucket)["ResponseMetadata"]["HTTPStatusCode"] == 204


@pytest.mark.parametrize("call, arguments", [
    ("put_bucket_replication", {"ReplicationConfiguration": {"Role": "r", "Rules": []}}),
    ("put_object_lock_configuration", {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}})])
def test_what_is_not_offered(s3, bucket, call, arguments):
    """4xx, where S3's own NotImplemented is a 501: clients ask again after 5xx."""
    assert code(getattr(s3, call), Bucket=bucket, **arguments) == ("NotImplemented", 400)


WEBSITES = [
    {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"},
     "RoutingRules": [{"Condition": {"KeyPrefixEquals": "a/"}, "Redirect": {"ReplaceKeyPrefixWith": "b/", "HttpRedirectCode": "301"}}]},
    {"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}}]


@pytest.mark.parametrize("website", WEBSITES)
def test_website(s3, bucket, website):
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=website)
    told = s3.get_bucket_website(Bucket=bucket)
    assert {key: value for key, value in told.items() if key != "ResponseMetadata"} == website
    s3.delete_bucket_website(Bucket=bucket)
    assert code(s3.get_bucket_website, Bucket=bucket) == ("NoSuchWebsiteConfiguration", 404)


@pytest.mark.parametrize("website", [
    {}, {"ErrorDocument": {"Key": "e"}}, {"IndexDocument": {"Suffix": "a/b"}}, {**WEBSITES[0], **WEBSITES[1]}])
def test_website_that_cannot_be(s3, bucket, website):
    assert code(s3.put_bucket_website, Bucket=bucket, WebsiteConfiguration=website) == ("InvalidArgument", 400)


def test_requester_pays(s3, bucket):
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"


NAMED = {
    "metrics": {"Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}]}}},
    "analytics": {"StorageClassAnalysis": {"DataExport": {"OutputSchemaVersion": "V_1", "Destination": {
        "S3BucketDestination": {"Format": "CSV", "Bucket": "arn:aws:s3:::reports"}}}}},
    "intelligent_tiering": {"Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"},
                                                              {"Days": 180, "AccessTier": "DEEP_ARCHIVE_ACCESS"}]},
    "inventory": {"IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
                  "OptionalFields": ["Size", "ETag"], "Destination": {"S3BucketDestination": {
                      "Bucket": "arn:aws:s3:::reports", "Format": "ORC", "Encryption": {"SSEKMS": {"KeyId": "k"}}}}},
}


@pytest.mark.parametrize("kind", NAMED)
def test_settings_with_ids(s3, bucket, kind):
    member = "".join(word.capitalize() for word in kind.split("_")) + "Configuration"
    put, get, remove, listed = (getattr(s3, f"{verb}_bucket_{kind}_configuration{plural}")
                                for verb, plural in (("put", ""), ("get", ""), ("delete", ""), ("list", "s")))
    assert code(get, Bucket=bucket, Id="all") == ("NoSuchConfiguration", 404)
    assert f"{member}List" not in listed(Bucket=bucket)
    for id in ("all", "b"):
        put(Bucket=bucket, Id=id, **{member: {"Id": id, **NAMED[kind]}})
    assert get(Bucket=bucket, Id="all")[member] == {"Id": "all", **NAMED[kind]}
    assert [item["Id"] for item in listed(Bucket=bucket)[f"{member}List"]] == ["all", "b"]
    assert code(put, Bucket=bucket, Id="other", **{member: {"Id": "all", **NAMED[kind]}}) == ("InvalidArgument", 400)
    assert code(put, Bucket=bucket, Id="a b", **{member: {"Id": "a b", **NAMED[kind]}}) == ("InvalidArgument", 400)
    remove(Bucket=bucket, Id="all")
    assert code(remove, Bucket=bucket, Id="all") == ("NoSuchConfiguration", 404)
    assert [item["Id"] for item in listed(Bucket=bucket)[f"{member}List"]] == ["b"]
    assert code(get, Bucket="no-such-bucket-here", Id="all") == ("NoSuchBucket", 404)


def test_settings_with_ids_are_listed_in_pages(s3, bucket):
    ids = [f"m{n:03}" for n in range(130)]
    for id in ids:
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id=id, MetricsConfiguration={"Id": id})
    first = s3.list_bucket_metrics_configurations(Bucket=bucket)
    assert first["IsTruncated"] and len(first["MetricsConfigurationList"]) == 100
    rest = s3.list_bucket_metrics_configurations(Bucket=bucket, ContinuationToken=first["NextContinuationToken"])
    assert [item["Id"] for item in first["MetricsConfigurationList"] + rest["MetricsConfigurationList"]] == ids
    assert not rest["IsTruncated"]


def test_removed_defaults(s3, bucket):
    s3.delete_public_access_block(Bucket=bucket)
    assert code(s3.get_public_access_block, Bucket=bucket) == ("NoSuchPublicAccessBlockConfiguration", 404)
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    assert code(s3.get_bucket_ownership_controls, Bucket=bucket) == ("OwnershipControlsNotFoundError", 404)
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}


def test_settings_come_back(s3, bucket):
    tags = [{"Key": "b", "Value": "1"}, {"Key": "a", "Value": "<&>"}]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == tags
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": []})
    assert code(s3.get_bucket_tagging, Bucket=bucket) == ("NoSuchTagSet", 404)
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/x"}, "BucketKeyEnabled": True}]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"] == rules
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ServerSideEncryption"] == "aws:kms"
    s3.delete_bucket_encryption(Bucket=bucket)
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ServerSideEncryption"] == "AES256"
    s3.put_bucket_accelerate_configuration(Bucket=bucket, AccelerateConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_accelerate_configuration(Bucket=bucket)["Status"] == "Enabled"
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "ObjectWriter"}]
    logging = {"LoggingEnabled": {"TargetBucket": bucket, "TargetPrefix": "logs/"}}
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=logging)
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"] == logging["LoggingEnabled"]
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    missing = {"LoggingEnabled": {"TargetBucket": "nowhere-at-all", "TargetPrefix": ""}}
    assert code(s3.put_bucket_logging, Bucket=bucket, BucketLoggingStatus=missing) == ("InvalidTargetBucketForLogging", 400)


def test_notification(s3, bucket):
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert s3.get_bucket_notification_configuration(Bucket=bucket)["EventBridgeConfiguration"] == {}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_policy(s3, bucket):
    arn = f"arn:aws:s3:::{bucket}"
    policy = {"Version": "2012-10-17", "Statement": [{"Sid": "Tls", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
              "Resource": [arn, arn + "/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is False
    bad = {"Effect": ("Maybe",), "Action": ("ec2:Run",), "Resource": ("arn:aws:s3:::other", "*")}
    for member, values in bad.items():
        for value in values:
            broken = {**policy, "Statement": [{**policy["Statement"][0], member: value}]}
            assert code(s3.put_bucket_policy, Bucket=bucket, Policy=json.dumps(broken)) == ("MalformedPolicy", 400)
    assert code(s3.put_bucket_policy, Bucket=bucket, Policy="{") == ("MalformedPolicy", 400)
    public = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": arn + "/*"}}
    assert code(s3.put_bucket_policy, Bucket=bucket, Policy=json.dumps(public)) == ("AccessDenied", 403)
    s3.delete_public_access_block(Bucket=bucket)
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(public))
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"] is True
    s3.delete_bucket_policy(Bucket=bucket)
    assert code(s3.get_bucket_policy, Bucket=bucket) == ("NoSuchBucketPolicy", 404)


def test_a_policy_denies_the_account_too(s3, bucket):
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}}}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))
    assert code(s3.put_object, Bucket=bucket, Key="k", Body=b"")[0] == "AccessDenied"
    s3.put_object(Bucket=bucket, Key="k", Body=b"", ServerSideEncryption="AES256")
    everything = {**deny, "Action": "s3:*", "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]}
    del everything["Condition"]
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [everything]}))
    assert code(s3.list_objects_v2, Bucket=bucket)[0] == "AccessDenied"
    s3.delete_bucket_policy(Bucket=bucket)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_acl(s3, bucket):
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    acl = s3.get_bucket_acl(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, AccessControlPolicy={"Owner": acl["Owner"], "Grants": acl["Grants"]})
    assert code(s3.put_bucket_acl, Bucket=bucket, ACL="public-read") == ("AccessControlListNotSupported", 400)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="bucket-owner-full-control")
    assert s3.get_object_acl(Bucket=bucket, Key="k")["Owner"] == acl["Owner"]
    assert code(s3.get_object_acl, Bucket=bucket, Key="none") == ("NoSuchKey", 404)


LIFECYCLE = [
    {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30},
     "NoncurrentVersionExpiration": {"NoncurrentDays": 7, "NewerNoncurrentVersions": 2},
     "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
    {"ID": "move", "Status": "Disabled", "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}],
     "ObjectSizeGreaterThan": 10}}, "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 60, "StorageClass": "GLACIER"}]},
    {"ID": "markers", "Status": "Enabled", "Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
]


def test_lifecycle_comes_back(s3, bucket):
    answer = s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": LIFECYCLE})
    name = "x-amz-transition-default-minimum-object-size"
    assert answer["ResponseMetadata"]["HTTPHeaders"][name] == "all_storage_classes_128K"
    got = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert got["Rules"] == LIFECYCLE
    assert got["ResponseMetadata"]["HTTPHeaders"][name] == "all_storage_classes_128K"
    unnamed = [{k: v for k, v in LIFECYCLE[0].items() if k != "ID"}]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": unnamed})
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["ID"]


@pytest.mark.parametrize("change, error", [
    ({"Expiration": {"Days": 0}}, "InvalidArgument"), ({"Status": "Maybe"}, "MalformedXML"),
    ({"Expiration": {"Days": 1, "ExpiredObjectDeleteMarker": True}}, "MalformedXML"), ({"Filter": None}, "MalformedXML"),
    ({"Filter": {"Prefix": "a", "Tag": {"Key": "a", "Value": "b"}}}, "MalformedXML"), ({"Expiration": None}, "InvalidRequest"),
    ({"Transitions": [{"Days": 1, "StorageClass": "ATTIC"}]}, "MalformedXML"),
    ({"Expiration": {"Date": "2030-01-01T01:00:00Z"}}, "InvalidArgument"), ({"ID": "x" * 256}, "InvalidArgument")])
def test_lifecycle_mistakes(s3, bucket, change, error):
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}, **change}
    rule = {k: v for k, v in rule.items() if v is not None}
    assert code(s3.put_bucket_lifecycle_configuration, Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})[0] == error


def test_lifecycle_acts(fresh_server, wait_for):
    """What is due at a start is done then; a date in the past is due."""
    server = fresh_server("--bare")
    s3 = server.client("s3")
    bucket = f"acts-{uuid.uuid4()}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="old/a", Body=b"x" * 100000)
    s3.put_object(Bucket=bucket, Key="old/b", Body=b"x")
    s3.put_object(Bucket=bucket, Key="new/a", Body=b"x")
    s3.put_object(Bucket=bucket, Key="move/a", Body=b"x" * 200000)
    s3.put_object(Bucket=bucket, Key="move/small", Body=b"x")
    past = "2020-01-01T00:00:00Z"
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [
        {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "old/"}, "Expiration": {"Date": past}},
        {"ID": "b", "Status": "Disabled", "Filter": {"Prefix": "new/"}, "Expiration": {"Date": past}},
        {"ID": "c", "Status": "Enabled", "Filter": {"Prefix": "move/"}, "Transitions": [{"Date": past, "StorageClass": "STANDARD_IA"}]}]})
    server.restart()
    wait_for(lambda: s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 3)
    wait_for(lambda: s3.head_object(Bucket=bucket, Key="move/a").get("StorageClass") == "STANDARD_IA")
    assert "StorageClass" not in s3.head_object(Bucket=bucket, Key="move/small")


CORS = [{"ID": "a", "AllowedMethods": ["PUT", "GET"], "AllowedOrigins": ["https://*.example.com", "http://localhost:3000"],
         "AllowedHeaders": ["content-*"], "ExposeHeaders": ["ETag", "x-amz-meta-a"], "MaxAgeSeconds": 60},
        {"AllowedMethods": ["HEAD"], "AllowedOrigins": ["*"]}]


def options(server, path, **fields):
    import urllib.error
    import urllib.request
    request = urllib.request.Request(server.endpoint + path, method="OPTIONS", headers=fields)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
            return answer.status, dict(answer.headers)
    except urllib.error.HTTPError as answer:
        return answer.code, dict(answer.headers)


def test_cors(server, s3, bucket):
    assert options(server, f"/{bucket}/k", Origin="http://a", **{"Access-Control-Request-Method": "PUT"})[0] == 403
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": CORS})
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == CORS
    ask = {"Origin": "https://a.example.com", "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    status, fields = options(server, f"/{bucket}/k", **ask)
    assert status == 200
    assert fields["Access-Control-Allow-Origin"] == "https://a.example.com"
    assert fields["Access-Control-Allow-Methods"] == "PUT, GET"
    assert fields["Access-Control-Allow-Headers"] == "content-type"
    assert fields["Access-Control-Max-Age"] == "60"
    for change in ({"Origin": "https://evil.com"}, {"Access-Control-Request-Method": "DELETE"},
                   {"Access-Control-Request-Headers": "content-type, x-other"}):
        assert options(server, f"/{bucket}/k", **{**ask, **change})[0] == 403
    status, fields = options(server, f"/{bucket}", Origin="https://evil.com", **{"Access-Control-Request-Method": "HEAD"})
    assert (status, fields["Access-Control-Allow-Origin"]) == (200, "*")
    assert options(server, f"/{bucket}/k")[0] == 400
    import urllib.request
    signer = server.client("s3", config={"signature_version": "s3v4"})
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    url = signer.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    request = urllib.request.Request(url, headers={"Origin": "http://localhost:3000"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
        assert answer.headers["Access-Control-Expose-Headers"] == "ETag, x-amz-meta-a"
    bad = [{"AllowedMethods": ["PATCH"], "AllowedOrigins": ["*"]}]
    assert code(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration={"CORSRules": bad}) == ("InvalidRequest", 400)
    bad = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*a*"]}]
    assert code(s3.put_bucket_cors, Bucket=bucket, CORSConfiguration={"CORSRules": bad}) == ("InvalidRequest", 400)
    s3.delete_bucket_cors(Bucket=bucket)
    assert code(s3.get_bucket_cors, Bucket=bucket) == ("NoSuchCORSConfiguration", 404)
