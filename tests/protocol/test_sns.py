"""SNS with boto3: topics, and messages to queues."""
import json
import time

import pytest
from botocore.exceptions import ClientError

from test_sqs import attribute, queue, receive, sqs  # noqa: F401 (fixtures)


@pytest.fixture
def sns(client):
    return client("sns")


@pytest.fixture
def topic(sns):
    arn = sns.create_topic(Name=f"t{time.time_ns()}", Tags=[{"Key": "a", "Value": "1"}])["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


def code(error):
    return error.value.response["Error"]["Code"]


def subscribe(sns, sqs, topic, queue, **attributes):
    arn = attribute(sqs, queue, "QueueArn")
    sqs("SetQueueAttributes", QueueUrl=queue, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]})})
    return sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes,
                         ReturnSubscriptionArn=True)["SubscriptionArn"]


def test_topic(sns, topic):
    name = topic.rsplit(":", 1)[1]
    assert sns.create_topic(Name=name)["TopicArn"] == topic
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="Shown")
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SQSSuccessFeedbackSampleRate", AttributeValue="0")
    found = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert found["DisplayName"] == "Shown" and found["Owner"] == "000000000000" and found["SQSSuccessFeedbackSampleRate"] == "0"
    assert json.loads(found["Policy"])["Statement"][0]["Resource"] == topic
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["a"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert topic in [t["TopicArn"] for t in sns.list_topics()["Topics"]]


def test_subscription(sns, sqs, topic, queue):
    arn = subscribe(sns, sqs, topic, queue, RawMessageDelivery="true")
    found = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
    assert found["Protocol"] == "sqs" and found["PendingConfirmation"] == "false" and found["RawMessageDelivery"] == "true"
    assert sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"][0]["SubscriptionArn"] == arn
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="false")
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["RawMessageDelivery"] == "false"
    sns.unsubscribe(SubscriptionArn=arn)
    with pytest.raises(ClientError) as error:
        sns.get_subscription_attributes(SubscriptionArn=arn)
    assert code(error) == "NotFound" and error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    pending = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@b.test")["SubscriptionArn"]
    assert pending == "pending confirmation"


def test_publish(sns, sqs, topic, queue):
    arn = subscribe(sns, sqs, topic, queue)
    sent = sns.publish(TopicArn=topic, Message="hello", Subject="greeting",
                       MessageAttributes={"color": {"DataType": "String", "StringValue": "red"}})
    body = json.loads(receive(sqs, queue, WaitTimeSeconds=5)[0]["Body"])
    assert body["Type"] == "Notification" and body["MessageId"] == sent["MessageId"] and body["TopicArn"] == topic
    assert body["Message"] == "hello" and body["Subject"] == "greeting"
    assert body["MessageAttributes"] == {"color": {"Type": "String", "Value": "red"}}
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="true")
    sns.publish(TopicArn=topic, Message="raw", MessageAttributes={"n": {"DataType": "Number", "StringValue": "5"}})
    got = receive(sqs, queue, WaitTimeSeconds=5, MessageAttributeNames=["All"])[0]
    assert got["Body"] == "raw" and got["MessageAttributes"]["n"]["StringValue"] == "5"
    sns.publish(TopicArn=topic, MessageStructure="json", Message='{"default":"d","sqs":"for queues"}')
    assert receive(sqs, queue, WaitTimeSeconds=5)[0]["Body"] == "for queues"


def test_filters(sns, sqs, topic, queue):
    arn = subscribe(sns, sqs, topic, queue, RawMessageDelivery="true",
                    FilterPolicy=json.dumps({"color": ["red", {"prefix": "bl"}], "size": [{"numeric": [">", 5]}]}))

    def publish(text, color, size):
        sns.publish(TopicArn=topic, Message=text, MessageAttributes={
            "color": {"DataType": "String", "StringValue": color}, "size": {"DataType": "Number", "StringValue": str(size)}})

    publish("no", "green", 9)
    publish("no", "red", 1)
    publish("yes", "blue", 9)
    assert [m["Body"] for m in receive(sqs, queue, MaxNumberOfMessages=10)] == ["yes"]
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicyScope", AttributeValue="MessageBody")
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue='{"a":{"b":[1]}}')
    sns.publish(TopicArn=topic, Message='{"a":{"b":2}}')
    sns.publish(TopicArn=topic, Message="text")
    sns.publish(TopicArn=topic, Message='{"a":{"b":1}}')
    assert [m["Body"] for m in receive(sqs, queue, MaxNumberOfMessages=10)] == ['{"a":{"b":1}}']
    with pytest.raises(ClientError) as error:
        sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue='{"a":1}')
    assert code(error) == "InvalidParameter"


def test_batch(sns, sqs, topic, queue):
    subscribe(sns, sqs, topic, queue, RawMessageDelivery="true")
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": str(i), "Message": f"m{i}"} for i in range(3)])
    assert [e["Id"] for e in answer["Successful"]] == ["0", "1", "2"] and answer["Failed"] == []
    assert sorted(m["Body"] for m in receive(sqs, queue, MaxNumberOfMessages=10)) == ["m0", "m1", "m2"]


@pytest.mark.parametrize("operation, parameters, expected", [
    ("publish", {"Message": ""}, "InvalidParameter"),
    ("publish", {"Message": "x" * 262145}, "InvalidParameter"),
    ("publish", {"Message": "x", "MessageStructure": "json"}, "InvalidParameter"),
    ("subscribe", {"Protocol": "http", "Endpoint": "http://x"}, "InvalidParameter"),
    ("subscribe", {"Protocol": "sqs", "Endpoint": "nonsense"}, "InvalidParameter"),
    ("set_topic_attributes", {"AttributeName": "Nonsense", "AttributeValue": "1"}, "InvalidParameter"),
])
def test_errors(sns, topic, operation, parameters, expected):
    with pytest.raises(ClientError) as error:
        getattr(sns, operation)(TopicArn=topic, **parameters)
    assert code(error) == expected


def test_missing_topic(sns):
    for operation in (sns.get_topic_attributes, lambda TopicArn: sns.publish(TopicArn=TopicArn, Message="x")):
        with pytest.raises(ClientError) as error:
            operation(TopicArn="arn:aws:sns:us-east-1:000000000000:none")
        assert code(error) == "NotFound" and error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
