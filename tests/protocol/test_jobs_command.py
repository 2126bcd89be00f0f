# SPDX-License-Identifier: Apache-2.0
"""gleaner jobs: list, get, watch, delete against the real server; wrong input; no server. Data goes to stdout, the rest to stderr."""
import json
import os
import subprocess
import urllib.request

import pytest

from conftest import BINARY, ROOT

OK, FAILED, USAGE, NO_SERVER = 0, 1, 2, 3
PAGE = ROOT / "samples" / "page.png"
UNKNOWN = "9b73a4f0-e74d-40b6-bc0d-b293c4ac3718"


@pytest.fixture(scope="module")
def made(server):
    """The ids of a job that succeeded, one that failed and one without its upload."""
    def create():
        with urllib.request.urlopen(server.endpoint + "/_gleaner/info") as reply:
            api = json.load(reply)["api_endpoint"]
        request = urllib.request.Request(api + "/jobs", data=b"{}", method="POST", headers={"content-type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)

    def upload(content):
        job = create()
        upload = job["upload"]
        urllib.request.urlopen(urllib.request.Request(upload["url"], data=content, method=upload["method"], headers=upload["headers"]))
        return job["job_id"]
    ids = {"succeeded": upload(PAGE.read_bytes()), "failed": upload(b"no image"), "upload_pending": create()["job_id"]}
    for status in "succeeded", "failed":
        assert run(server, "watch", ids[status]).returncode == OK
    return ids


def run(server, *arguments, endpoint=None):
    env = {"PATH": os.environ["PATH"], **{name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}}
    return subprocess.run([str(BINARY), "jobs", *arguments, "--endpoint", endpoint or server.endpoint], env=env, capture_output=True,
                          text=True, timeout=120)


@pytest.mark.parametrize("status", ["succeeded", "failed", "upload_pending"])
def test_get(server, made, status):
    done = run(server, "get", made[status])
    job = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (OK, "")
    assert job["job_id"] == made[status] and job["status"] == status


def test_get_several(server, made):
    lines = run(server, "get", made["failed"], made["succeeded"]).stdout.splitlines()
    assert [json.loads(line)["job_id"] for line in lines] == [made["failed"], made["succeeded"]]


def test_list_as_a_table(server, made):
    done = run(server, "list", "--status", "failed")
    lines = done.stdout.splitlines()
    assert done.returncode == OK and lines[0].split() == ["JOB", "STATUS", "CREATED", "BYTES", "ERROR"]
    row = next(line.split() for line in lines if line.startswith(made["failed"]))
    assert row[1] == "failed" and row[-1] == "NotPng" and "\033" not in done.stdout


def test_list_as_json_and_limited(server, made):
    jobs = [json.loads(line) for line in run(server, "list", "--status", "succeeded", "--json").stdout.splitlines()]
    assert made["succeeded"] in [job["job_id"] for job in jobs] and {job["status"] for job in jobs} == {"succeeded"}
    assert len(run(server, "list", "--status", "succeeded", "--json", "--limit", "1").stdout.splitlines()) == 1


def test_list_past_a_page(fresh_server):
    """More jobs than the API's answers hold."""
    server = fresh_server()
    table = json.load(urllib.request.urlopen(server.endpoint + "/_gleaner/info"))["jobs_table"]
    dynamodb = server.client("dynamodb")
    for i in range(120):
        dynamodb.put_item(TableName=table, Item={name: {"S": value} for name, value in {
            "job_id": f"00000000-0000-4000-8000-{i:012}", "status": "expired", "created_at": f"2026-01-01T00:00:00.{i:03}Z",
            "updated_at": "2026-01-01T00:00:00.000Z"}.items()})
    lines = run(server, "list", "--status", "expired", "--json").stdout.splitlines()
    assert len({json.loads(line)["job_id"] for line in lines}) == 120
    assert len(run(server, "list", "--status", "expired", "--json", "--limit", "105").stdout.splitlines()) == 105


def test_watch(server, made):
    done = run(server, "watch", made["succeeded"])
    assert done.returncode == OK and done.stderr == f"{made['succeeded']}: succeeded\n"
    assert json.loads(done.stdout)["result"]["words"] > 0


def test_watch_ends_in_time(server, made):
    done = run(server, "watch", made["upload_pending"], "--timeout", "1")
    assert done.returncode == FAILED and done.stdout == ""
    assert done.stderr.splitlines() == [f"{made['upload_pending']}: upload_pending",
                                        f"gleaner jobs: {made['upload_pending']} has not ended in 1 s"]


def test_delete(server, made):
    content = urllib.request.urlopen(server.endpoint + "/_gleaner/info")
    api = json.load(content)["api_endpoint"]
    request = urllib.request.Request(api + "/jobs", data=b"{}", method="POST", headers={"content-type": "application/json"})
    job_id = json.load(urllib.request.urlopen(request))["job_id"]
    done = run(server, "delete", job_id)
    assert (done.returncode, done.stdout, done.stderr) == (OK, "", f"{job_id}: deleted\n")
    done = run(server, "get", job_id)
    assert done.returncode == FAILED and "JobNotFound" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("verb", ["get", "watch", "delete"])
def test_unknown_job(server, verb):
    done = run(server, verb, UNKNOWN)
    assert done.returncode == FAILED and "JobNotFound" in done.stderr and done.stdout == ""


@pytest.mark.parametrize("arguments", [
    [], ["nonsense"], ["get"], ["watch"], ["delete"], ["list"], ["list", "--status"], ["list", "extra", "--status", "failed"],
    ["list", "--status", "failed", "--limit", "0"], ["list", "--status", "failed", "--limit", "many"],
    ["watch", UNKNOWN, "--timeout", "soon"], ["get", UNKNOWN, "--nonsense"]])
def test_wrong_input_needs_no_server(server, arguments):
    env = {"PATH": os.environ["PATH"], "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    done = subprocess.run([str(BINARY), "jobs", *arguments], env=env, capture_output=True, text=True, timeout=20)
    assert done.returncode == USAGE and done.stdout == "" and done.stderr


def test_wrong_status(server):
    done = run(server, "list", "--status", "nonsense")
    assert done.returncode == FAILED and "status" in done.stderr


@pytest.mark.parametrize("arguments", [["list", "--status", "failed"], ["get", UNKNOWN], ["watch", UNKNOWN], ["delete", UNKNOWN]])
def test_no_server(server, arguments):
    done = run(server, *arguments, endpoint="http://127.0.0.1:1")
    assert done.returncode == NO_SERVER and "gleaner serve" in done.stderr and done.stdout == ""


def test_a_server_without_the_pipeline(bare_server):
    done = run(bare_server, "list", "--status", "failed")
    assert done.returncode == FAILED and "--api" in done.stderr


def test_help(server):
    done = run(server, "--help")
    assert done.returncode == OK and "gleaner jobs list" in done.stdout and done.stderr == ""
