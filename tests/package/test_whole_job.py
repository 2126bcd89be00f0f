# SPDX-License-Identifier: Apache-2.0
"""The whole pipeline with every function in an empty root, over TLS, against the local server: API functions are asked directly, and
the server's own state machine hands its tasks to the others through a queue."""
import json
import ssl
import threading
import urllib.request

import pytest
from conftest import protocol
from empty_root import BUNDLES, EmptyRoot
from packages import ROOT
from runtime_api import Runtime, TlsFront, server_context

PAGE = (ROOT / "samples/page.png").read_bytes()


@pytest.fixture(scope="module")
def server():
    made = protocol.Server()
    yield made
    protocol._finish(made, False)


@pytest.fixture(scope="module")
def front(server, authority):
    made = TlsFront(server_context(authority, "right"), server.port)
    yield made
    made.close()


class Functions:
    """Each function of the pipeline as a process in one empty root."""

    def __init__(self, server, front, root):
        self.lambda_, self.root, self.runtimes = server.client("lambda"), root, {}
        self.common = {"AWS_REGION": server.region, "AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key,
                       "AWS_ENDPOINT_URL": f"https://{front.host}"}

    def run(self, name, event):
        """(was it an error, answer)"""
        if name not in self.runtimes:
            runtime = self.runtimes[name] = Runtime()
            configuration = self.lambda_.get_function_configuration(FunctionName=name)
            self.root.start({**configuration["Environment"]["Variables"], **self.common, "_HANDLER": configuration["Handler"],
                             "AWS_LAMBDA_RUNTIME_API": runtime.host})
        path, _, answer = self.runtimes[name].ask(event)
        return path.endswith("/error"), answer

    def api(self, name, status, **event):
        failed, answer = self.run(name, event)
        assert not failed and answer["statusCode"] == status, answer
        return json.loads(answer["body"]) if answer.get("body") else None

    def close(self):
        self.root.close()
        for runtime in self.runtimes.values():
            runtime.close()


@pytest.fixture
def functions(server, front, package, authority, tmp_path):
    if not package.can_run():
        pytest.skip(f"{package.emulator} is not installed: the {package.architecture} package was not run")
    made = Functions(server, front, EmptyRoot(tmp_path / "root", package, authority, BUNDLES[0]))
    yield made
    made.close()


def hand_out(definition, queue):
    """The same state machine, but its Lambda tasks wait for an answer to a message."""
    for state in definition["States"].values():
        if state.get("Resource", "").endswith(":::lambda:invoke"):
            parameters = state["Parameters"]
            state["Resource"] = state["Resource"].replace("lambda:invoke", "sqs:sendMessage.waitForTaskToken")
            state["Parameters"] = {"QueueUrl": queue, "MessageBody": {
                "Function": parameters["FunctionName"], "Payload": parameters["Payload"], "Token.$": "$$.Task.Token"}}
    return definition


@pytest.fixture(scope="module")
def queue(server):
    """What the state machine's Lambda tasks are put in."""
    states, iam = server.client("stepfunctions"), server.client("iam")
    machine = states.list_state_machines()["stateMachines"][0]["stateMachineArn"]
    described = states.describe_state_machine(stateMachineArn=machine)
    url = server.sqs("CreateQueue", QueueName="tasks")["QueueUrl"]
    iam.put_role_policy(RoleName=described["roleArn"].rsplit("/", 1)[1], PolicyName="tasks", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}]}))
    states.update_state_machine(stateMachineArn=machine, definition=json.dumps(hand_out(json.loads(described["definition"]), url)))
    return url


@pytest.fixture
def worker(server, queue, functions):
    """Does the state machine's tasks in the empty root; yields the names of those done."""
    states, done, stop = server.client("stepfunctions"), [], threading.Event()

    def work():
        while not stop.is_set():
            for message in server.sqs("ReceiveMessage", QueueUrl=queue, WaitTimeSeconds=1).get("Messages", []):
                server.sqs("DeleteMessage", QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                task = json.loads(message["Body"])
                name = task["Function"].rsplit(":", 1)[1]
                failed, answer = functions.run(name, task["Payload"])
                done.append(name)
                if failed:
                    states.send_task_failure(taskToken=task["Token"], error=answer["errorType"], cause=json.dumps(answer))
                else:
                    states.send_task_success(taskToken=task["Token"], output=json.dumps({"Payload": answer}))
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield done
    stop.set()
    thread.join()


@pytest.fixture
def fetch(authority):
    """A request that trusts the CA of these tests alone."""
    trust = ssl.create_default_context(cafile=authority / "ca.pem")

    def fetch(method, url, body=None, headers=None):
        request = urllib.request.Request(url, data=body, method=method, headers=headers or {})
        with urllib.request.urlopen(request, timeout=60, context=trust) as reply:
            return reply.read()
    return fetch


def submit(functions, fetch, content):
    job = functions.api("gleaner-create-job", 201, body=json.dumps({"content_length": len(content)}))
    fetch(job["upload"]["method"], job["upload"]["url"], content, job["upload"]["headers"])
    return {"pathParameters": {"job_id": job["job_id"]}}


def settled(functions, wait_for, event):
    def ended():
        job = functions.api("gleaner-get-job", 200, **event)
        return job if job["status"] not in ("upload_pending", "processing") else None
    return wait_for(ended, 120)


def test_a_whole_job(functions, worker, fetch, wait_for):
    event = submit(functions, fetch, PAGE)
    job = settled(functions, wait_for, event)
    assert job["status"] == "succeeded", job
    assert job["result"]["words"] > 20 and job["result"]["text"]
    assert worker == ["gleaner-inspect-image", "gleaner-extract-text", "gleaner-publish-result"]
    image = fetch("GET", job["result"]["processed_url"])
    assert image.startswith(b"\x89PNG") and image != PAGE
    listed = functions.api("gleaner-list-jobs", 200, queryStringParameters={"status": "succeeded"})
    assert job["job_id"] in [one["job_id"] for one in listed["jobs"]]
    functions.api("gleaner-delete-job", 204, **event)
    functions.api("gleaner-get-job", 404, **event)
    failed, swept = functions.run("gleaner-settle-job", {"detail-type": "Scheduled Event"})
    assert not failed and swept["looked_at"] == 0, swept


def test_what_is_no_image_fails(functions, worker, fetch, wait_for):
    job = settled(functions, wait_for, submit(functions, fetch, b"not a PNG, whatever its name says"))
    assert job["status"] == "failed" and job["error"]["code"] == "NotPng"
    assert worker == ["gleaner-inspect-image"]
