# SPDX-License-Identifier: Apache-2.0
"""The real provider against `gleaner serve --bare`: apply, second plan, images, update, drift, lock, destroy.

The stages build on each other, so each is a fixture that the next one takes; a stage that fails fails those after it.
"""
import json
import pathlib
import time
import urllib.error
import urllib.request

import pytest
from deployment import BOOTSTRAP, Deployment, built_package
from terraform import ROOT, Failed, copy_tree

from conftest import protocol

NAME = "gleaner-local"
IMAGES = {"page.png": "succeeded", "receipt.png": "succeeded", "screenshot.png": "succeeded", "not-a-png.png": "failed",
          "truncated.png": "failed"}


@pytest.fixture(scope="module")
def deployment(scratch):
    package = built_package(protocol.BINARY)
    if not package.exists():
        pytest.fail(f"there is no function package at {package}: `make build` makes it")
    server = protocol.Server("--bare")
    try:
        yield Deployment(server, package, scratch)
    finally:
        protocol._finish(server, False)


@pytest.fixture(scope="module")
def applied(deployment):
    """bootstrap and live/local, at the same time; a second apply of live/local meanwhile meets the lock."""
    bootstrap = deployment.in_background(deployment.apply_bootstrap)
    deployment.wait_for_state_bucket(bootstrap)
    deployment.init_live()
    other = deployment.second_checkout()
    process = deployment.live.start("apply", "-auto-approve", "-no-color", "-parallelism=40")
    deployment.wait_for_lock(process)
    deployment.locked_out = other.run("apply", "-auto-approve", "-lock-timeout=0s", expect=1, seconds=60)
    deployment.live.finish(process)
    bootstrap.result()
    return deployment


def test_second_apply_meets_the_lock(applied):
    assert "Error acquiring the state lock" in applied.locked_out
    assert "local/terraform.tfstate" in applied.locked_out
    assert applied.lock_object() is None, "the lock outlived the apply"


@pytest.fixture(scope="module")
def planned_again(applied):
    bootstrap = applied.in_background(applied.bootstrap.changes)
    return applied.live.changes(), bootstrap.result(), applied


def test_second_plan_is_clean(planned_again):
    live, bootstrap, _ = planned_again
    assert live == {}
    assert bootstrap == {}


def test_outputs_are_what_the_cli_needs(applied):
    outputs = applied.live.outputs()
    assert {"api_endpoint", "source_bucket", "processed_bucket", "jobs_table", "state_machine_arn"} <= set(outputs)
    assert outputs["jobs_table"] == f"{NAME}-jobs"
    assert all(outputs.values())


# ---- images through the API that Terraform made ----

def _call(method, url, body=None, headers=None):
    request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def _submit(api, path):
    job = json.loads(_call("POST", f"{api}/jobs", b"{}", {"content-type": "application/json"}))
    upload = job["upload"]
    _call(upload["method"], upload["url"], path.read_bytes(), upload["headers"])
    return job["job_id"]


def _ended(api, job_id, seconds=90):
    end = time.monotonic() + seconds
    while True:
        job = json.loads(_call("GET", f"{api}/jobs/{job_id}"))
        if job["status"] not in ("upload_pending", "processing"):
            return job
        assert time.monotonic() < end, f"not within {seconds} s: {job}"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def jobs(applied):
    """Image's name -> its finished job."""
    api = applied.live.outputs()["api_endpoint"]
    submitted = {name: _submit(api, ROOT / "samples" / name) for name in IMAGES}
    return {name: _ended(api, job_id) for name, job_id in submitted.items()}


@pytest.mark.parametrize("name", IMAGES)
def test_images_end_right(jobs, name):
    job = jobs[name]
    assert job["status"] == IMAGES[name], job
    if IMAGES[name] == "failed":
        assert job["error"]["code"] in ("NotPng", "CorruptImage")
    else:
        assert job["result"]["lines"] > 0


def test_the_api_may_do_only_what_its_role_may(applied, jobs):
    """Its policy replaced by one that allows nothing of use, and put back."""
    iam, role = applied.server.client("iam"), f"{NAME}-api"
    document = iam.get_role_policy(RoleName=role, PolicyName="pipeline")["PolicyDocument"]
    nothing = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:GetCallerIdentity", "Resource": "*"}]}
    iam.put_role_policy(RoleName=role, PolicyName="pipeline", PolicyDocument=json.dumps(nothing))
    with pytest.raises(urllib.error.HTTPError) as refused:
        _submit(applied.live.outputs()["api_endpoint"], ROOT / "samples" / "receipt.png")
    assert refused.value.code == 500
    iam.put_role_policy(RoleName=role, PolicyName="pipeline", PolicyDocument=json.dumps(document))


def test_a_provider_for_github_that_exists_is_used(applied):
    """An account can have only one an issuer: a second bootstrap is given the first one's."""
    provider, = applied.server.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    variables = {**BOOTSTRAP, "environment": "staging", "existing_oidc_provider_arn": provider["Arn"]}
    root = applied.root("bootstrap", variables, copy_tree(applied.scratch / "second-bootstrap"))
    root.init()
    planned = root.changes()
    assert any(name.startswith("aws_iam_role.") for name in planned)
    assert not any("openid_connect_provider" in name for name in planned)


# ---- what goes wrong is told ----

@pytest.fixture(scope="module")
def told(applied, jobs):
    """Reads what the alarms' topic sends to a queue that somebody subscribed."""
    sqs, sns, name = applied.server.client("sqs"), applied.server.client("sns"), "operators"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    queue = f"arn:aws:sqs:{applied.server.region}:{applied.server.account}:{name}"
    topic = f"arn:aws:sns:{applied.server.region}:{applied.server.account}:{NAME}-alarms"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": queue,
         "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]})})
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"},
                                 ReturnSubscriptionArn=True)["SubscriptionArn"]

    def read(alarm, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2, MaxNumberOfMessages=10).get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                body = json.loads(message["Body"])
                if body["AlarmName"] == alarm:
                    return body
        raise AssertionError(f"{alarm} told nobody within {seconds} s")

    def end():
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)
    read.end = end
    return read


def test_a_failed_execution_raises_the_alarm(applied, told):
    states = applied.server.client("stepfunctions")
    execution = states.start_execution(stateMachineArn=applied.live.outputs()["state_machine_arn"], input="{}")["executionArn"]
    end = time.monotonic() + 30
    while (status := states.describe_execution(executionArn=execution)["status"]) == "RUNNING" and time.monotonic() < end:
        time.sleep(0.1)
    assert status == "FAILED"
    message = told(f"{NAME}-executions-failed")
    assert (message["OldStateValue"], message["NewStateValue"]) in (("OK", "ALARM"), ("INSUFFICIENT_DATA", "ALARM"))
    alarm, = applied.server.client("cloudwatch").describe_alarms(AlarmNames=[f"{NAME}-executions-failed"])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"


def test_an_event_that_cannot_be_delivered_is_kept_and_told(applied, told):
    """The rule's role may start nothing; its policy is put back."""
    events, iam, sqs = (applied.server.client(name) for name in ("events", "iam", "sqs"))
    target, = events.list_targets_by_rule(Rule=f"{NAME}-upload")["Targets"]
    role = target["RoleArn"].rsplit("/", 1)[1]
    document = iam.get_role_policy(RoleName=role, PolicyName="pipeline")["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName="pipeline")
    try:
        job_id = _submit(applied.live.outputs()["api_endpoint"], ROOT / "samples" / "receipt.png")
        url = sqs.get_queue_url(QueueName=target["DeadLetterConfig"]["Arn"].rsplit(":", 1)[1])["QueueUrl"]
        message, = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"], VisibilityTimeout=0)["Messages"]
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="pipeline", PolicyDocument=json.dumps(document))
    assert job_id in json.loads(message["Body"])["detail"]["object"]["key"]
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"
    assert told(f"{NAME}-dead-letters-upload", seconds=120)["NewStateValue"] == "ALARM"  # queues are counted once a minute
    sqs.purge_queue(QueueUrl=url)


# ---- update ----

@pytest.fixture(scope="module")
def in_flight(applied, jobs, planned_again):
    """A job whose execution waits: somebody throttled a function of it by hand, which the next apply puts right."""
    functions, states = applied.server.client("lambda"), applied.server.client("stepfunctions")
    functions.put_function_concurrency(FunctionName=f"{NAME}-extract-text", ReservedConcurrentExecutions=0)
    outputs = applied.live.outputs()
    job_id = _submit(outputs["api_endpoint"], ROOT / "samples" / "receipt.png")
    end = time.monotonic() + 30
    while time.monotonic() < end:
        running = states.list_executions(stateMachineArn=outputs["state_machine_arn"], statusFilter="RUNNING")["executions"]
        if running and any(event["type"] == "TaskFailed" for event in
                           states.get_execution_history(executionArn=running[0]["executionArn"])["events"]):
            return job_id, running[0]["executionArn"]
        time.sleep(0.2)
    raise AssertionError("no execution waits")


@pytest.fixture(scope="module")
def updated(applied, in_flight):
    """A function's code, the state machine and a tag, in one apply."""
    applied.change_package()
    applied.change_definition()
    applied.live.variables["tags"] = {"Owner": "somebody"}
    applied.live.apply()
    return applied


def test_update_reaches_the_services(updated):
    states, functions = updated.server.client("stepfunctions"), updated.server.client("lambda")
    machine = updated.live.outputs()["state_machine_arn"]
    assert json.loads(states.describe_state_machine(stateMachineArn=machine)["definition"])["Comment"].startswith("A new version.")
    function = functions.get_function(FunctionName=f"{NAME}-get-job")
    assert function["Tags"]["Owner"] == "somebody"
    assert function["Configuration"]["CodeSize"] == pathlib.Path(updated.package).stat().st_size


def test_plan_is_clean_after_the_update(updated):
    assert updated.live.changes() == {}


def test_images_end_right_after_the_update(updated):
    api = updated.live.outputs()["api_endpoint"]
    assert _ended(api, _submit(api, ROOT / "samples" / "receipt.png"))["status"] == "succeeded"


def test_an_execution_in_flight_survives_the_update(updated, in_flight):
    """It goes on under the definition it began with, and calls the functions as they are now."""
    job_id, execution = in_flight
    states = updated.server.client("stepfunctions")
    definition = json.loads(states.describe_state_machine_for_execution(executionArn=execution)["definition"])
    assert not definition["Comment"].startswith("A new version.")
    assert _ended(updated.live.outputs()["api_endpoint"], job_id, seconds=150)["status"] == "succeeded"
    assert states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


# ---- drift ----

@pytest.fixture(scope="module")
def drifted(updated, told):
    """Three things changed by hand: a setting, a switch, something deleted. What the next plan would do."""
    told.end()
    updated.server.client("lambda").update_function_configuration(FunctionName=f"{NAME}-get-job", Timeout=3)
    updated.server.client("events").disable_rule(Name=f"{NAME}-sweep")
    updated.server.client("cloudwatch").delete_alarms(AlarmNames=[f"{NAME}-oldest-job"])
    return updated, updated.live.changes()


def test_drift_is_found(drifted):
    _, changes = drifted
    assert changes == {
        'module.pipeline.aws_cloudwatch_event_rule.this["sweep"]': ["update"],
        'module.pipeline.aws_cloudwatch_metric_alarm.this["oldest-job"]': ["create"],
        'module.pipeline.aws_lambda_function.this["get-job"]': ["update"],
    }


# ---- destroy ----

def _left(server):
    """Names of everything that either root makes, as the services list it."""
    def names(service, operation, key, name=None, **arguments):
        items = getattr(server.client(service), operation)(**arguments)[key]
        return [f"{service} {item[name] if name else item}" for item in items]

    return sorted([
        *names("apigatewayv2", "get_apis", "Items", "Name"),
        *names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        *names("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
        *names("codebuild", "list_projects", "projects"),
        *names("dynamodb", "list_tables", "TableNames"),
        *names("events", "list_rules", "Rules", "Name"),
        *names("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList", "Arn"),
        *names("iam", "list_policies", "Policies", "PolicyName", Scope="Local"),
        *names("iam", "list_roles", "Roles", "RoleName"),
        *names("kms", "list_aliases", "Aliases", "AliasName"),
        *names("lambda", "list_functions", "Functions", "FunctionName"),
        *names("logs", "describe_log_groups", "logGroups", "logGroupName"),
        *names("s3", "list_buckets", "Buckets", "Name"),
        *names("sns", "list_topics", "Topics", "TopicArn"),
        *[f"sqs {url}" for url in server.client("sqs").list_queues().get("QueueUrls", [])],
        *names("stepfunctions", "list_state_machines", "stateMachines", "name"),
    ])


def test_destroy_leaves_nothing(drifted):
    deployment, _ = drifted
    assert any(NAME in name for name in _left(deployment.server)), "the listing finds nothing even before"
    deployment.live.destroy()  # its state is in bootstrap's bucket, so not at the same time
    deployment.bootstrap.destroy()
    assert [name for name in _left(deployment.server) if "alias/aws/" not in name] == []


def test_a_failure_is_a_failure(deployment):
    """The harness itself: a command that ends otherwise than expected is never taken for a success."""
    with pytest.raises(Failed):
        deployment.live.run("no-such-command")
