"""CloudWatch with boto3: metrics, alarms that act, dashboards."""
import datetime
import gzip
import json
import time
import urllib.error
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from test_sns import subscribe, sns, topic  # noqa: F401 (fixtures)
from test_sqs import queue, receive, sqs  # noqa: F401 (fixtures)


@pytest.fixture
def watch(client):
    return client("cloudwatch")


@pytest.fixture
def name(watch):
    made = f"a{time.time_ns()}"
    yield made
    if watch.describe_alarms(AlarmNames=[made])["MetricAlarms"]:
        watch.delete_alarms(AlarmNames=[made])


def code(error):
    return error.value.response["Error"]["Code"]


def alarm(watch, name, **more):
    watch.put_metric_alarm(**{**dict(AlarmName=name, Namespace="Test", MetricName=name, Statistic="Sum", Period=60, EvaluationPeriods=1,
                                     Threshold=0, ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching"), **more})


def state(watch, name):
    return watch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


def wait_for(watch, name, wanted):
    for _ in range(150):
        if state(watch, name) == wanted:
            return
        time.sleep(0.1)
    pytest.fail(f"{name} is {state(watch, name)}, not {wanted}")


def test_alarm_is_echoed(watch, name):
    alarm(watch, name, AlarmDescription="d", Dimensions=[{"Name": "FunctionName", "Value": "f"}], DatapointsToAlarm=1,
          AlarmActions=["arn:aws:sns:us-east-1:000000000000:t"], Tags=[{"Key": "a", "Value": "1"}])
    found = watch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm"])["MetricAlarms"][0]
    arn = f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"
    assert found["AlarmArn"] == arn and found["Threshold"] == 0.0 and found["Period"] == 60 and found["ActionsEnabled"] is True
    assert found["Dimensions"] == [{"Name": "FunctionName", "Value": "f"}] and found["TreatMissingData"] == "notBreaching"
    assert found["AlarmActions"] == ["arn:aws:sns:us-east-1:000000000000:t"] and found["OKActions"] == []
    assert isinstance(found["StateUpdatedTimestamp"], datetime.datetime)
    assert watch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    watch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    watch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert watch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    watch.disable_alarm_actions(AlarmNames=[name])
    assert watch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["ActionsEnabled"] is False
    watch.delete_alarms(AlarmNames=[name])
    assert watch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []


def test_alarm_acts(watch, sns, sqs, topic, queue, name):
    subscribe(sns, sqs, topic, queue)
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"},
                                                "Action": "sns:Publish", "Resource": topic}]}))
    alarm(watch, name, AlarmActions=[topic])
    wait_for(watch, name, "OK")
    watch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": name, "Value": 1}])
    wait_for(watch, name, "ALARM")
    message = json.loads(json.loads(receive(sqs, queue, WaitTimeSeconds=10)[0]["Body"])["Message"])
    assert message["AlarmName"] == name and message["NewStateValue"] == "ALARM" and message["OldStateValue"] == "OK"
    assert message["Trigger"]["MetricName"] == name
    history = watch.describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    assert history[0]["HistorySummary"] == "Alarm updated from OK to ALARM"


def test_missing_data(watch, name):
    alarm(watch, name, TreatMissingData="breaching")
    wait_for(watch, name, "ALARM")
    alarm(watch, name, TreatMissingData="missing")
    wait_for(watch, name, "INSUFFICIENT_DATA")
    watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="by hand")


def test_composite(watch, name):
    alarm(watch, name)
    watch.put_composite_alarm(AlarmName=name + "c", AlarmRule=f'ALARM("{name}") OR FALSE')
    watch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": name, "Value": 1}])
    for _ in range(150):
        found = watch.describe_alarms(AlarmNames=[name + "c"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]
        if found["StateValue"] == "ALARM":
            break
        time.sleep(0.1)
    assert found["StateValue"] == "ALARM"
    watch.delete_alarms(AlarmNames=[name + "c"])
    with pytest.raises(ClientError) as error:
        watch.put_composite_alarm(AlarmName="x", AlarmRule="ALARM(")
    assert code(error) == "ValidationError"


def test_statistics(watch, name):
    at = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0) - datetime.timedelta(minutes=5)
    dimensions = [{"Name": "B", "Value": "2"}, {"Name": "A", "Value": "1"}]
    watch.put_metric_data(Namespace="Test", MetricData=[
        {"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Values": [1, 5], "Counts": [2, 1]},
        {"MetricName": name, "Dimensions": dimensions, "Timestamp": at + datetime.timedelta(minutes=1), "Value": 3}])
    found = watch.get_metric_statistics(
        Namespace="Test", MetricName=name, Dimensions=dimensions[::-1], StartTime=at, EndTime=at + datetime.timedelta(minutes=2),
        Period=60, Statistics=["Sum", "Average", "Minimum", "Maximum", "SampleCount"])["Datapoints"]
    assert len(found) == 2
    first = [p for p in found if p["Timestamp"] == at][0]
    assert (first["Sum"], first["Minimum"], first["Maximum"], first["SampleCount"]) == (7, 1, 5, 3)
    result = watch.get_metric_data(StartTime=at, EndTime=at + datetime.timedelta(minutes=2), ScanBy="TimestampAscending", MetricDataQueries=[
        {"Id": "q", "MetricStat": {"Metric": {"Namespace": "Test", "MetricName": name, "Dimensions": dimensions}, "Period": 60,
                                   "Stat": "Sum"}}])["MetricDataResults"][0]
    assert result["Values"] == [7, 3] and result["Timestamps"][0] == at and result["StatusCode"] == "Complete"
    metrics = watch.list_metrics(Namespace="Test", MetricName=name)["Metrics"]
    assert metrics[0]["Dimensions"] == [{"Name": "A", "Value": "1"}, {"Name": "B", "Value": "2"}]


def test_metrics_out_of_logs(client, watch, name):
    """A metric filter, and a line in the embedded metric format."""
    logs = client("logs")
    logs.create_log_group(logGroupName=f"/{name}")
    logs.create_log_stream(logGroupName=f"/{name}", logStreamName="s")
    logs.put_metric_filter(logGroupName=f"/{name}", filterName="f", filterPattern="{ $.level = \"ERROR\" }", metricTransformations=[
        {"metricName": name + "f", "metricNamespace": "Test", "metricValue": "$.weight"}])
    now = int(time.time() * 1000)
    embedded = {"_aws": {"Timestamp": now, "CloudWatchMetrics": [
        {"Namespace": "Test", "Dimensions": [["Table"]], "Metrics": [{"Name": name + "e", "Unit": "Seconds"}]}]}, "Table": "t", name + "e": 7}
    logs.put_log_events(logGroupName=f"/{name}", logStreamName="s", logEvents=[
        {"timestamp": now, "message": json.dumps({"level": "ERROR", "weight": 3})},
        {"timestamp": now, "message": json.dumps({"level": "INFO", "weight": 5})},
        {"timestamp": now, "message": json.dumps(embedded)}])

    def total(metric, dimensions):
        at = datetime.datetime.now(datetime.timezone.utc)
        found = watch.get_metric_statistics(Namespace="Test", MetricName=metric, Dimensions=dimensions, Period=60, Statistics=["Sum"],
                                            StartTime=at - datetime.timedelta(minutes=3), EndTime=at + datetime.timedelta(minutes=1))
        return sum(p["Sum"] for p in found["Datapoints"])

    for _ in range(100):
        if total(name + "f", []) and total(name + "e", [{"Name": "Table", "Value": "t"}]):
            break
        time.sleep(0.1)
    assert total(name + "f", []) == 3 and total(name + "e", [{"Name": "Table", "Value": "t"}]) == 7


def test_dashboard(watch):
    body = json.dumps({"widgets": []})
    assert watch.put_dashboard(DashboardName="d", DashboardBody=body)["DashboardValidationMessages"] == []
    assert watch.get_dashboard(DashboardName="d")["DashboardBody"] == body
    assert watch.list_dashboards()["DashboardEntries"][0]["DashboardName"] == "d"
    watch.delete_dashboards(DashboardNames=["d"])
    with pytest.raises(ClientError) as error:
        watch.get_dashboard(DashboardName="d")
    assert code(error) == "ResourceNotFound" and error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


@pytest.mark.parametrize("operation, parameters, expected", [
    ("put_metric_alarm", {"AlarmName": "x", "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}, "ValidationError"),
    ("delete_alarms", {"AlarmNames": ["none"]}, "ResourceNotFound"),
    ("set_alarm_state", {"AlarmName": "none", "StateValue": "OK", "StateReason": "x"}, "ResourceNotFound"),
    ("put_dashboard", {"DashboardName": "d", "DashboardBody": "x"}, "InvalidParameterInput"),
    ("list_tags_for_resource", {"ResourceARN": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:none"}, "ResourceNotFoundException"),
])
def test_errors(watch, operation, parameters, expected):
    with pytest.raises(ClientError) as error:
        getattr(watch, operation)(**parameters)
    assert code(error) == expected


def test_compressed_requests(server):
    """Current clients compress what is larger than ten kilobytes; Debian's does not, so the request is made by hand."""
    form = "Action=PutMetricData&Version=2010-08-01&Namespace=Packed&MetricData.member.1.MetricName=m&MetricData.member.1.Value=7"

    def put(body):
        request = AWSRequest("POST", server.endpoint + "/", data=body, headers={
            "Content-Encoding": "gzip", "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"})
        SigV4Auth(Credentials(server.access_key, server.secret_key), "monitoring", server.region).add_auth(request)
        sent = request.prepare()
        try:
            with urllib.request.urlopen(urllib.request.Request(sent.url, sent.body, dict(sent.headers))) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
    packed = gzip.compress(form.encode())
    assert put(packed) == 200
    assert [m["MetricName"] for m in server.client("cloudwatch").list_metrics(Namespace="Packed")["Metrics"]] == ["m"]
    assert [put(packed[:-1]), put(packed + b"x"), put(form.encode())] == [400, 400, 400]
