# SPDX-License-Identifier: Apache-2.0
"""A bucket's notifications to a queue, a topic and a function."""
import json
import time

import pytest
from botocore.exceptions import ClientError


def allowed(service, action, resource):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource}]})


@pytest.fixture
def queue(client):
    """URL, ARN and a reader of the messages that have come."""
    sqs, name = client("sqs"), f"n{time.time_ns()}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": allowed("s3.amazonaws.com", "sqs:SendMessage", arn)})

    def read():
        return [json.loads(m["Body"]) for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])]
    yield url, arn, read
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def bucket(client):
    s3, name = client("s3"), f"n{time.time_ns()}"
    s3.create_bucket(Bucket=name)
    yield name
    for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def configure(s3, bucket, arn, **more):
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"QueueConfigurations": [
        {"Id": "q", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"], **more}]})


def test_a_queue_is_told(client, bucket, queue, wait_for):
    s3, (_, arn, read) = client("s3"), queue
    rules = {"Key": {"FilterRules": [{"Name": "prefix", "Value": "in/"}, {"Name": "suffix", "Value": ".png"}]}}
    configure(s3, bucket, arn, Filter=rules)
    kept = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
    assert kept == [{"Id": "q", "QueueArn": arn, "Events": ["s3:ObjectCreated:*"], "Filter": rules}]
    s3.put_object(Bucket=bucket, Key="out/a.png", Body=b"1")
    s3.put_object(Bucket=bucket, Key="in/a.txt", Body=b"1")
    s3.put_object(Bucket=bucket, Key="in/a b.png", Body=b"123")
    record, = wait_for(read)[0]["Records"]
    assert record["eventName"] == "ObjectCreated:Put" and record["eventSource"] == "aws:s3"
    assert record["s3"]["bucket"]["name"] == bucket and record["s3"]["configurationId"] == "q"
    assert record["s3"]["object"]["key"] == "in/a%20b.png" and record["s3"]["object"]["size"] == 3
    assert read() == []


def test_only_the_events_asked_for(client, bucket, queue, wait_for):
    s3, (_, arn, read) = client("s3"), queue
    configure(s3, bucket, arn, Events=["s3:ObjectRemoved:Delete", "s3:ObjectCreated:Copy"])
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    s3.copy_object(Bucket=bucket, Key="b", CopySource={"Bucket": bucket, "Key": "a"})
    assert wait_for(read)[0]["Records"][0]["eventName"] == "ObjectCreated:Copy"
    s3.delete_object(Bucket=bucket, Key="a")
    assert wait_for(read)[0]["Records"][0]["eventName"] == "ObjectRemoved:Delete"
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    s3.delete_object(Bucket=bucket, Key="b")
    time.sleep(0.3)
    assert read() == []


def test_the_queue_must_allow_it(client, bucket, queue):
    s3, (url, arn, read) = client("s3"), queue
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    configure(s3, bucket, arn)
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    time.sleep(0.5)
    assert read() == []


def test_a_topic_is_told(client, bucket, queue, wait_for):
    s3, sns, (url, arn, read) = client("s3"), client("sns"), queue
    topic = sns.create_topic(Name=f"n{time.time_ns()}")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy",
                             AttributeValue=allowed("s3.amazonaws.com", "sns:Publish", topic))
    client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": allowed("sns.amazonaws.com", "sqs:SendMessage", arn)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"TopicConfigurations": [
        {"TopicArn": topic, "Events": ["s3:ObjectCreated:Put"]}]})
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    message = wait_for(read)[0]
    assert message["Subject"] == "Amazon S3 Notification"
    assert json.loads(message["Message"])["Records"][0]["s3"]["object"]["key"] == "a"


@pytest.mark.parametrize("change", [{"Events": ["s3:Nothing"]}, {"QueueArn": "arn:aws:kinesis:us-east-1:000000000000:x"},
                                    {"Filter": {"Key": {"FilterRules": [{"Name": "prefixes", "Value": "a"}]}}}])
def test_what_cannot_be_is_refused(client, bucket, queue, change):
    arguments = {"QueueArn": queue[1], "Events": ["s3:ObjectCreated:*"], **change}
    with pytest.raises(ClientError) as refused:
        client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={
            "QueueConfigurations": [arguments]})
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
