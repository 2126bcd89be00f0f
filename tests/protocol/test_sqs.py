"""SQS over JSON 1.0, as current SDKs speak it (Debian's boto3 still speaks the older Query protocol): signed by botocore, the rest
is plain requests."""
import hashlib
import json
import threading
import time
import urllib.error
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Fault(Exception):
    def __init__(self, status, body, headers):
        super().__init__(f"{status} {body}")
        self.status, self.code = status, json.loads(body)["__type"]
        self.legacy = headers.get("x-amzn-query-error")


@pytest.fixture
def sqs(server):
    def call(operation, **parameters):
        request = AWSRequest("POST", server.endpoint + "/", data=json.dumps(parameters), headers={
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{operation}", "x-amzn-query-mode": "true"})
        SigV4Auth(Credentials(server.access_key, server.secret_key), "sqs", server.region).add_auth(request)
        sent = urllib.request.Request(request.url, data=request.data.encode(), headers=dict(request.headers), method="POST")
        try:
            with urllib.request.urlopen(sent) as answer:
                return json.loads(answer.read() or "{}")
        except urllib.error.HTTPError as error:
            raise Fault(error.code, error.read(), error.headers) from None
    return call


@pytest.fixture
def queue(sqs):
    name = f"q{time.time_ns()}"
    url = sqs("CreateQueue", QueueName=name, tags={"a": "1"})["QueueUrl"]
    yield url
    try:
        sqs("DeleteQueue", QueueUrl=url)
    except Fault:
        pass


def receive(sqs, url, **more):
    return sqs("ReceiveMessage", QueueUrl=url, **more).get("Messages", [])


def attribute(sqs, url, name):
    return sqs("GetQueueAttributes", QueueUrl=url, AttributeNames=[name])["Attributes"][name]


def test_queue(sqs, queue, server):
    name = queue.rsplit("/", 1)[1]
    assert queue == f"{server.endpoint}/{server.account}/{name}"
    assert sqs("GetQueueUrl", QueueName=name)["QueueUrl"] == queue
    assert queue in sqs("ListQueues", QueueNamePrefix=name)["QueueUrls"]
    all_of_it = sqs("GetQueueAttributes", QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert all_of_it["QueueArn"] == f"arn:aws:sqs:us-east-1:{server.account}:{name}"
    assert all_of_it["VisibilityTimeout"] == "30" and all_of_it["SqsManagedSseEnabled"] == "true"
    policy = '{"Version":"2012-10-17","Statement":[]}'
    sqs("SetQueueAttributes", QueueUrl=queue, Attributes={"Policy": policy, "VisibilityTimeout": "7"})
    assert attribute(sqs, queue, "Policy") == policy
    sqs("SetQueueAttributes", QueueUrl=queue, Attributes={"Policy": ""})
    assert "Policy" not in sqs("GetQueueAttributes", QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert sqs("CreateQueue", QueueName=name, Attributes={"VisibilityTimeout": "7"})["QueueUrl"] == queue
    with pytest.raises(Fault) as fault:
        sqs("CreateQueue", QueueName=name, Attributes={"VisibilityTimeout": "8"})
    assert fault.value.code == "com.amazonaws.sqs#QueueNameExists"
    sqs("TagQueue", QueueUrl=queue, Tags={"b": "2"})
    sqs("UntagQueue", QueueUrl=queue, TagKeys=["a"])
    assert sqs("ListQueueTags", QueueUrl=queue)["Tags"] == {"b": "2"}
    sqs("DeleteQueue", QueueUrl=queue)
    with pytest.raises(Fault) as fault:
        sqs("GetQueueAttributes", QueueUrl=queue, AttributeNames=["All"])
    assert fault.value.code == "com.amazonaws.sqs#QueueDoesNotExist" and fault.value.status == 400
    assert fault.value.legacy == "AWS.SimpleQueueService.NonExistentQueue;Sender"


def test_send_receive_delete(sqs, queue):
    attributes = {"n": {"DataType": "Number", "StringValue": "5"}, "s": {"DataType": "String", "StringValue": "x"}}
    sent = sqs("SendMessage", QueueUrl=queue, MessageBody="hello", MessageAttributes=attributes)
    assert sent["MD5OfMessageBody"] == hashlib.md5(b"hello").hexdigest()
    packed = b"".join(len(x).to_bytes(4, "big") + x for x in (b"n", b"Number")) + b"\1" + (1).to_bytes(4, "big") + b"5"
    packed += b"".join(len(x).to_bytes(4, "big") + x for x in (b"s", b"String")) + b"\1" + (1).to_bytes(4, "big") + b"x"
    assert sent["MD5OfMessageAttributes"] == hashlib.md5(packed).hexdigest()
    assert attribute(sqs, queue, "ApproximateNumberOfMessages") == "1"
    got = receive(sqs, queue, AttributeNames=["All"], MessageAttributeNames=["All"])
    assert len(got) == 1 and got[0]["Body"] == "hello" and got[0]["MessageId"] == sent["MessageId"]
    assert got[0]["MessageAttributes"] == attributes and got[0]["Attributes"]["ApproximateReceiveCount"] == "1"
    assert receive(sqs, queue) == []
    assert attribute(sqs, queue, "ApproximateNumberOfMessagesNotVisible") == "1"
    sqs("ChangeMessageVisibility", QueueUrl=queue, ReceiptHandle=got[0]["ReceiptHandle"], VisibilityTimeout=0)
    again = receive(sqs, queue, AttributeNames=["ApproximateReceiveCount"])
    assert again[0]["Attributes"] == {"ApproximateReceiveCount": "2"}
    sqs("DeleteMessage", QueueUrl=queue, ReceiptHandle=again[0]["ReceiptHandle"])
    sqs("DeleteMessage", QueueUrl=queue, ReceiptHandle=again[0]["ReceiptHandle"])
    assert attribute(sqs, queue, "ApproximateNumberOfMessagesNotVisible") == "0"


def test_visibility_and_delay(sqs, queue):
    sqs("SendMessage", QueueUrl=queue, MessageBody="late", DelaySeconds=1)
    assert receive(sqs, queue) == []
    assert attribute(sqs, queue, "ApproximateNumberOfMessagesDelayed") == "1"
    started = time.monotonic()
    assert receive(sqs, queue, WaitTimeSeconds=5, VisibilityTimeout=1)[0]["Body"] == "late"
    assert 0.5 < time.monotonic() - started < 4
    assert receive(sqs, queue, WaitTimeSeconds=5)[0]["Body"] == "late"


def test_long_poll(sqs, queue):
    started = time.monotonic()
    assert receive(sqs, queue, WaitTimeSeconds=1) == []
    assert 0.9 < time.monotonic() - started < 10
    got = []
    waiting = threading.Thread(target=lambda: got.extend(receive(sqs, queue, WaitTimeSeconds=20)))
    waiting.start()
    time.sleep(0.3)
    started = time.monotonic()
    sqs("SendMessage", QueueUrl=queue, MessageBody="now")
    waiting.join()
    assert got[0]["Body"] == "now" and time.monotonic() - started < 15


def test_redrive(sqs, queue):
    dead = sqs("CreateQueue", QueueName=f"dead{time.time_ns()}")["QueueUrl"]
    arn = attribute(sqs, dead, "QueueArn")
    sqs("SetQueueAttributes", QueueUrl=queue, Attributes={
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})})
    assert sqs("ListDeadLetterSourceQueues", QueueUrl=dead)["queueUrls"] == [queue]
    sqs("SendMessage", QueueUrl=queue, MessageBody="bad")
    for _ in range(2):
        assert len(receive(sqs, queue, VisibilityTimeout=0)) == 1
    assert receive(sqs, queue) == []
    got = receive(sqs, dead, AttributeNames=["All"])
    assert got[0]["Body"] == "bad" and got[0]["Attributes"]["DeadLetterQueueSourceArn"] == attribute(sqs, queue, "QueueArn")
    sqs("DeleteQueue", QueueUrl=dead)


def test_batches(sqs, queue):
    answer = sqs("SendMessageBatch", QueueUrl=queue, Entries=[{"Id": str(i), "MessageBody": f"m{i}"} for i in range(9)] + [
        {"Id": "bad", "MessageBody": "\u0001"}])
    assert len(answer["Successful"]) == 9 and answer["Failed"][0]["Code"] == "InvalidMessageContents"
    got = receive(sqs, queue, MaxNumberOfMessages=10)
    assert sorted(m["Body"] for m in got) == [f"m{i}" for i in range(9)]
    answer = sqs("DeleteMessageBatch", QueueUrl=queue, Entries=[
        {"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(got)] + [{"Id": "x", "ReceiptHandle": "nonsense"}])
    assert len(answer["Successful"]) == 9 and answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"
    sqs("SendMessage", QueueUrl=queue, MessageBody="x")
    sqs("PurgeQueue", QueueUrl=queue)
    assert receive(sqs, queue) == []


def test_fifo(sqs):
    url = sqs("CreateQueue", QueueName=f"f{time.time_ns()}.fifo", Attributes={"FifoQueue": "true",
                                                                              "ContentBasedDeduplication": "true"})["QueueUrl"]
    first = sqs("SendMessage", QueueUrl=url, MessageBody="1", MessageGroupId="a")
    assert sqs("SendMessage", QueueUrl=url, MessageBody="1", MessageGroupId="a")["MessageId"] == first["MessageId"]
    sqs("SendMessage", QueueUrl=url, MessageBody="2", MessageGroupId="a")
    sqs("SendMessage", QueueUrl=url, MessageBody="3", MessageGroupId="b")
    one = receive(sqs, url)
    assert one[0]["Body"] == "1"
    assert [m["Body"] for m in receive(sqs, url, MaxNumberOfMessages=10)] == ["3"]
    sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=one[0]["ReceiptHandle"])
    assert receive(sqs, url)[0]["Body"] == "2"
    with pytest.raises(Fault) as fault:
        sqs("SendMessage", QueueUrl=url, MessageBody="x")
    assert fault.value.code.endswith("#MissingParameter")
    sqs("DeleteQueue", QueueUrl=url)


@pytest.mark.parametrize("operation, parameters, expected", [
    ("ReceiveMessage", {"MaxNumberOfMessages": 11}, "InvalidParameterValue"),
    ("ReceiveMessage", {"WaitTimeSeconds": 21}, "InvalidParameterValue"),
    ("SendMessage", {"MessageBody": ""}, "MissingParameter"),
    ("SendMessage", {"MessageBody": "x", "DelaySeconds": 901}, "InvalidParameterValue"),
    ("SendMessage", {"MessageBody": "x" * (1024 * 1024 + 1)}, "InvalidParameterValue"),
    ("SendMessageBatch", {"Entries": []}, "EmptyBatchRequest"),
    ("SendMessageBatch", {"Entries": [{"Id": "a", "MessageBody": "x"}] * 2}, "BatchEntryIdsNotDistinct"),
    ("SetQueueAttributes", {"Attributes": {"VisibilityTimeout": "43201"}}, "InvalidAttributeValue"),
    ("SetQueueAttributes", {"Attributes": {"Nonsense": "1"}}, "InvalidAttributeName"),
    ("DeleteMessage", {"ReceiptHandle": "nonsense"}, "ReceiptHandleIsInvalid"),
])
def test_errors(sqs, queue, operation, parameters, expected):
    with pytest.raises(Fault) as fault:
        sqs(operation, QueueUrl=queue, **parameters)
    assert fault.value.code == f"com.amazonaws.sqs#{expected}" and fault.value.status == 400
