"""DetectText through boto3: shapes, filters, limits and errors."""
import pathlib
import struct
import zlib

import pytest
from botocore.exceptions import ClientError

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "samples"


@pytest.fixture(scope="session")
def rekognition(bare_server):
    return bare_server.client("rekognition")


@pytest.fixture(scope="session")
def bucket(bare_server):
    s3 = bare_server.client("s3")
    s3.create_bucket(Bucket="text-detection-test")
    return "text-detection-test"


@pytest.fixture(scope="session")
def receipt(rekognition):
    return rekognition.detect_text(Image={"Bytes": (SAMPLES / "receipt.png").read_bytes()})


def png(width, height, depth=8):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    row = b"\0" + b"\xff" * (width * depth // 8)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b""))


def words(answer):
    return [d["DetectedText"] for d in answer["TextDetections"] if d["Type"] == "WORD"]


def code(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def test_answer_has_rekognitions_shape(receipt):
    detections = receipt["TextDetections"]
    assert [d["Id"] for d in detections] == list(range(len(detections)))
    lines = {d["Id"]: d for d in detections if d["Type"] == "LINE"}
    assert all("ParentId" not in d for d in lines.values())
    for word in (d for d in detections if d["Type"] == "WORD"):
        assert word["DetectedText"] in lines[word["ParentId"]]["DetectedText"]
        assert " " not in word["DetectedText"]
        assert 0 <= word["Confidence"] <= 100
        box, polygon = word["Geometry"]["BoundingBox"], word["Geometry"]["Polygon"]
        assert len(polygon) == 4
        assert polygon[0]["X"] < polygon[1]["X"] and polygon[0]["Y"] < polygon[3]["Y"]
        assert abs(box["Left"] - min(p["X"] for p in polygon)) < 1e-5
        assert abs(box["Top"] + box["Height"] - max(p["Y"] for p in polygon)) < 1e-5
    assert {"HARBOUR", "BAKERY", "4.20", "TOTAL", "13.95"} <= set(words(receipt))
    assert receipt["TextModelVersion"] == "3.0"


def test_lines_end_at_large_gaps(receipt):
    lines = [d["DetectedText"] for d in receipt["TextDetections"] if d["Type"] == "LINE"]
    assert "4.20" in lines and not any("bread" in line and "4.20" in line for line in lines)


def test_object_in_s3(bare_server, rekognition, bucket, receipt):
    s3 = bare_server.client("s3")
    for name in ("receipt.png", "not-a-png.png"):
        s3.put_object(Bucket=bucket, Key=name, Body=(SAMPLES / name).read_bytes())
    answer = rekognition.detect_text(Image={"S3Object": {"Bucket": bucket, "Name": "receipt.png"}})
    assert words(answer) == words(receipt)
    # A JPEG by content, whatever its name.
    assert words(rekognition.detect_text(Image={"S3Object": {"Bucket": bucket, "Name": "not-a-png.png"}}))


def test_object_version(bare_server, rekognition):
    s3 = bare_server.client("s3")
    s3.create_bucket(Bucket="text-versions")
    s3.put_bucket_versioning(Bucket="text-versions", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="text-versions", Key="a", Body=(SAMPLES / "receipt.png").read_bytes())["VersionId"]
    s3.put_object(Bucket="text-versions", Key="a", Body=b"no image any more")
    assert words(rekognition.detect_text(Image={"S3Object": {"Bucket": "text-versions", "Name": "a", "Version": first}}))
    assert code(rekognition.detect_text,
                Image={"S3Object": {"Bucket": "text-versions", "Name": "a"}}) == "InvalidImageFormatException"


def test_filters(rekognition, receipt):
    image = {"Bytes": (SAMPLES / "receipt.png").read_bytes()}
    top = {"BoundingBox": {"Left": 0, "Top": 0, "Width": 1, "Height": 0.1}}
    assert {"HARBOUR", "BAKERY"} <= set(words(rekognition.detect_text(Image=image, Filters={"RegionsOfInterest": [top]})))
    assert "14" not in words(rekognition.detect_text(Image=image, Filters={"RegionsOfInterest": [top]}))
    triangle = {"Polygon": [{"X": 0, "Y": 0}, {"X": 1, "Y": 0}, {"X": 0, "Y": 0.1}]}
    assert "4.20" not in words(rekognition.detect_text(Image=image, Filters={"RegionsOfInterest": [triangle]}))
    wide = rekognition.detect_text(Image=image, Filters={"WordFilter": {"MinConfidence": 0, "MinBoundingBoxWidth": 0.2}})
    assert words(wide) and all(d["Geometry"]["BoundingBox"]["Width"] >= 0.2
                               for d in wide["TextDetections"] if d["Type"] == "WORD")
    assert words(rekognition.detect_text(Image=image, Filters={"WordFilter": {"MinConfidence": 100}})) == []


@pytest.mark.parametrize("filters", [
    {"WordFilter": {"MinConfidence": 101.0}},
    {"RegionsOfInterest": [{"BoundingBox": {"Left": 0.9, "Top": 0, "Width": 0.2, "Height": 1}}]},
    {"RegionsOfInterest": [{"Polygon": [{"X": 0, "Y": 0}, {"X": 1, "Y": 1}]}]},
    {"RegionsOfInterest": [{}]},
    {"RegionsOfInterest": [{"BoundingBox": {"Left": 0, "Top": 0, "Width": 1, "Height": 1}}] * 11},
])
def test_bad_filters(rekognition, filters):
    image = {"Bytes": (SAMPLES / "receipt.png").read_bytes()}
    assert code(rekognition.detect_text, Image=image, Filters=filters) == "InvalidParameterException"


@pytest.mark.parametrize("image, expected", [
    (b"GIF89a, which is no format it knows", "InvalidImageFormatException"),
    ((SAMPLES / "truncated.png").read_bytes(), "InvalidImageFormatException"),
    ((SAMPLES / "bomb.png").read_bytes(), "ImageTooLargeException"),
    (png(10001, 80, 1), "ImageTooLargeException"),
    (png(79, 80), "InvalidParameterException"),
    (b"\x89PNG" + bytes(5 * 1024 * 1024 - 3), "ValidationException"),
])
def test_bad_images(rekognition, image, expected):
    assert code(rekognition.detect_text, Image={"Bytes": image}) == expected


def test_sides_at_the_limits(rekognition):
    assert rekognition.detect_text(Image={"Bytes": png(80, 80)})["TextDetections"] == []
    assert rekognition.detect_text(Image={"Bytes": png(10000, 80, 1)})["TextDetections"] == []


def test_bad_sources(rekognition, bucket):
    assert code(rekognition.detect_text, Image={}) == "InvalidParameterException"
    both = {"Bytes": png(80, 80), "S3Object": {"Bucket": bucket, "Name": "receipt.png"}}
    assert code(rekognition.detect_text, Image=both) == "InvalidParameterException"
    missing = {"S3Object": {"Bucket": bucket, "Name": "missing.png"}}
    assert code(rekognition.detect_text, Image=missing) == "InvalidS3ObjectException"
    nowhere = {"S3Object": {"Bucket": "no-such-bucket-here", "Name": "a.png"}}
    assert code(rekognition.detect_text, Image=nowhere) == "InvalidS3ObjectException"


def test_object_too_large(bare_server, rekognition, bucket):
    body = (SAMPLES / "receipt.png").read_bytes() + bytes(15 * 1024 * 1024)
    bare_server.client("s3").put_object(Bucket=bucket, Key="large.png", Body=body)
    assert code(rekognition.detect_text,
                Image={"S3Object": {"Bucket": bucket, "Name": "large.png"}}) == "ImageTooLargeException"


def test_other_operations_are_refused_loudly(rekognition):
    assert code(rekognition.detect_labels, Image={"Bytes": png(80, 80)})
