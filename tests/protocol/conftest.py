"""The server under test: the real binary on a free port with a data directory of its own, and real clients for it.

GLEANER names the binary (default: build/gleaner). Nothing here may reach another machine: sockets to addresses that are not
loopback are refused in this process, and child processes get proxies that do not exist.
"""
import configparser
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("GLEANER", ROOT / "build" / "gleaner"))

_connect = socket.socket.connect


def _loopback_only(self, address):
    if self.family in (socket.AF_INET, socket.AF_INET6):
        host = address[0]
        if not (host.startswith("127.") or host in ("localhost", "::1")):
            raise AssertionError(f"a test tried to reach {host}")
    return _connect(self, address)


socket.socket.connect = _loopback_only


class Server:
    """A running `gleaner serve`."""

    def __init__(self, *arguments, data=None, env=None):
        self.arguments = arguments
        self.data = pathlib.Path(data or tempfile.mkdtemp(prefix="gleaner-test-"))
        self.env = env or {}
        self.region = "us-east-1"
        self.account = "000000000000"
        self.process = None
        self.start()

    def start(self, port=0):
        self.log = open(self.data / "server.log", "ab")
        functions = ["--functions", os.environ["GLEANER_FUNCTIONS"] + ".zip"] if "GLEANER_FUNCTIONS" in os.environ else []
        self.process = subprocess.Popen(
            [str(BINARY), "serve", "--listen", f"127.0.0.1:{port}", "--pipeline",
             str(ROOT / "pipeline"), "--data-dir", str(self.data), *functions, *self.arguments],
            stdout=subprocess.PIPE, stderr=self.log, env={**os.environ, **self.env})
        line = self.process.stdout.readline().decode()
        if "ready at" not in line:
            raise RuntimeError(f"the server did not start: {line}\n{self.tail()}")
        self.endpoint = line.split("ready at ")[1].split(",")[0].strip()
        self.port = int(self.endpoint.rsplit(":", 1)[1])
        keys = configparser.ConfigParser()
        keys.read(self.data / "credentials")
        self.access_key = keys["default"]["aws_access_key_id"]
        self.secret_key = keys["default"]["aws_secret_access_key"]

    def tail(self):
        return "".join((self.data / "server.log").read_text(errors="replace").splitlines(True)[-40:])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.log.close()
        return code

    def restart(self):
        """kill -9, then the same data directory and port again."""
        self.kill()
        self.start(self.port)

    def client(self, name, **options):
        import boto3
        from botocore.config import Config
        settings = {"retries": {"max_attempts": 0}, "proxies": {}, "inject_host_prefix": False, "max_pool_connections": 64,
                    "s3": {"addressing_style": "path"}, **({"signature_version": "s3v4"} if name == "s3" else {}),
                    **options.pop("config", {})}
        config = Config(**settings)
        return boto3.client(name, endpoint_url=self.endpoint, region_name=self.region, config=config,
                            **{"aws_access_key_id": self.access_key, "aws_secret_access_key": self.secret_key, **options})

    def sqs(self, operation, **parameters):
        """SQS as current SDKs speak it, JSON 1.0: Debian's boto3 still speaks the older Query protocol."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        request = AWSRequest("POST", self.endpoint + "/", data=json.dumps(parameters), headers={
            "Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{operation}"})
        SigV4Auth(Credentials(self.access_key, self.secret_key), "sqs", self.region).add_auth(request)
        sent = urllib.request.Request(request.url, data=request.data.encode(), headers=dict(request.headers), method="POST")
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return json.loads(answer.read() or "{}")

    def cli_env(self):
        return {"PATH": os.environ["PATH"], "HOME": str(self.data), "AWS_SHARED_CREDENTIALS_FILE": str(self.data / "credentials"),
                "AWS_DEFAULT_REGION": self.region, "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
                "AWS_PAGER": "", "HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9",
                "NO_PROXY": "127.0.0.1,localhost", "AWS_ENDPOINT_URL": self.endpoint}

    def aws(self, *arguments, check=True, **options):
        """The AWS CLI against this server; returns the completed process."""
        return subprocess.run(["/usr/bin/aws", "--endpoint-url", self.endpoint, *arguments], env=self.cli_env(), check=check,
                              capture_output=True, text=True, timeout=120, **options)


def _finish(server, keep):
    code = server.stop()
    tail = server.tail()
    if not keep:
        shutil.rmtree(server.data, ignore_errors=True)
    assert code == 0, f"the server ended with {code} (a sanitizer's report, a leak or a crash):\n{tail}"


@pytest.fixture(scope="session")
def server():
    """With the pipeline."""
    s = Server()
    yield s
    _finish(s, False)


@pytest.fixture(scope="session")
def bare_server():
    s = Server("--bare")
    yield s
    _finish(s, False)


@pytest.fixture
def fresh_server():
    """A maker of servers with arguments of their own, for tests that kill or limit them."""
    made = []

    def make(*arguments, **options):
        made.append(Server(*arguments, **options))
        return made[-1]
    yield make
    for s in made:
        _finish(s, False)


@pytest.fixture(scope="session")
def client(server):
    made = {}

    def get(name, **options):
        if options:
            return server.client(name, **options)
        if name not in made:
            made[name] = server.client(name)
        return made[name]
    return get


@pytest.fixture
def wait_for():
    """wait_for(function, seconds): calls it until its answer is true, and returns that."""
    def wait(function, seconds=30):
        end = time.monotonic() + seconds
        while True:
            answer = function()
            if answer:
                return answer
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s; last answer {answer!r}")
            time.sleep(0.05)
    return wait
