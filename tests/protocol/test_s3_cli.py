"""S3 with the AWS CLI, and what survives a kill."""
import os
import uuid


def test_the_cli(server, tmp_path):
    bucket = f"cli-{uuid.uuid4()}"
    server.aws("s3", "mb", f"s3://{bucket}")
    large = os.urandom(20 * 1024 * 1024)
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "large").write_bytes(large)
    (tmp_path / "in" / "sub" / "ä b.txt").write_text("text")
    for path in (tmp_path / "in").rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))  # sync compares whole seconds: no file may be as new as its upload
    server.aws("s3", "sync", str(tmp_path / "in"), f"s3://{bucket}/dir")
    listed = server.aws("s3", "ls", f"s3://{bucket}", "--recursive").stdout
    assert "20971520 dir/large" in listed and "4 dir/sub/ä b.txt" in listed
    assert "PRE dir/" in server.aws("s3", "ls", f"s3://{bucket}").stdout
    server.aws("s3", "sync", f"s3://{bucket}/dir", str(tmp_path / "out"))
    assert (tmp_path / "out" / "large").read_bytes() == large
    assert (tmp_path / "out" / "sub" / "ä b.txt").read_text() == "text"
    assert server.aws("s3", "sync", str(tmp_path / "in"), f"s3://{bucket}/dir").stdout == ""
    server.aws("s3", "mv", f"s3://{bucket}/dir/large", f"s3://{bucket}/moved")
    server.aws("s3", "cp", f"s3://{bucket}/moved", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == large
    piped = server.aws("s3", "cp", "-", f"s3://{bucket}/piped", input="from a pipe")
    assert piped.returncode == 0
    assert server.aws("s3", "cp", f"s3://{bucket}/piped", "-").stdout == "from a pipe"
    assert server.aws("s3", "rb", f"s3://{bucket}", check=False).returncode != 0
    server.aws("s3", "rb", f"s3://{bucket}", "--force")
    failed = server.aws("s3api", "head-bucket", "--bucket", bucket, check=False)
    assert "404" in failed.stderr


def blobs(server):
    return [f for _, _, files in os.walk(server.data / "blobs") for f in files]


def test_after_a_kill(fresh_server, wait_for):
    server = fresh_server("--bare")
    s3 = server.client("s3")
    s3.create_bucket(Bucket="kill")
    bodies = {f"k{i}": os.urandom(100 if i % 2 else 100000) for i in range(20)}
    for key, body in bodies.items():
        s3.put_object(Bucket="kill", Key=key, Body=body)
    upload = s3.create_multipart_upload(Bucket="kill", Key="m")["UploadId"]
    part = s3.upload_part(Bucket="kill", Key="m", UploadId=upload, PartNumber=1, Body=bodies["k0"])["ETag"]
    s3.put_object(Bucket="kill", Key="k0", Body=b"replaced")
    server.restart()
    # The replaced blob waited a few seconds for its readers; after the start it is found and removed. One is a part's.
    wait_for(lambda: len(blobs(server)) == 10, 20)
    bodies["k0"] = b"replaced"
    for key, body in bodies.items():
        assert s3.get_object(Bucket="kill", Key=key)["Body"].read() == body
    s3.complete_multipart_upload(Bucket="kill", Key="m", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    assert s3.head_object(Bucket="kill", Key="m")["ContentLength"] == 100000
    s3.delete_objects(Bucket="kill", Delete={"Objects": [{"Key": k} for k in [*bodies, "m"]]})
    wait_for(lambda: not blobs(server), 20)
