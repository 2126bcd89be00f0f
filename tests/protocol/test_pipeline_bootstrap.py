# SPDX-License-Identifier: Apache-2.0
"""The functions' binary by itself: a Runtime API and an AWS made here, no server. Also in an empty root, over TLS."""
import http.server
import json
import os
import pathlib
import queue
import shutil
import ssl
import subprocess
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOOTSTRAP = pathlib.Path(os.environ.get("GLEANER_FUNCTIONS", ROOT / "build" / "functions" / "bootstrap"))
ENVIRONMENT = {"_HANDLER": "create_job", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
               "JOBS_TABLE": "jobs", "SOURCE_BUCKET": "source"}
ARM64 = pathlib.Path(os.environ.get("GLEANER_ARM64", ROOT / "build" / "package-arm64" / "bootstrap"))
QEMU = shutil.which("qemu-aarch64-static")
BUNDLES = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs/ca-certificates.crt"]


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Loopback:
    """An HTTP server on a free port."""

    def __init__(self, handler, context=None):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.host = f"127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Runtime:
    """The Runtime API: hands out events, keeps what comes back as (path, headers, body)."""

    def __init__(self):
        self.events, self.answers, self.connections = queue.Queue(), queue.Queue(), set()
        outer = self

        class Handler(Quiet):
            def do_GET(self):
                outer.connections.add(self.client_address)
                event = outer.events.get()
                if event is None:
                    return
                self.answer(200, event.encode(), Lambda_Runtime_Aws_Request_Id=f"id-{time.monotonic_ns()}",
                            Lambda_Runtime_Deadline_Ms=str(int(time.time() * 1000) + 10000), Lambda_Runtime_Trace_Id="Root=1-2-3")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.answers.put((self.path, dict(self.headers), json.loads(body)))
                self.answer(202)
        self.loopback = Loopback(Handler)
        self.host = self.loopback.host

    def close(self):
        self.events.put(None)  # wakes a handler whose process is gone
        self.loopback.close()

    def ask(self, event):
        self.events.put(event if isinstance(event, str) else json.dumps(event))
        return self.answers.get(timeout=20)


@pytest.fixture
def runtime():
    r = Runtime()
    yield r
    r.close()


@pytest.fixture
def start(runtime):
    started = []

    def run(command=None, **environment):
        env = {**ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": runtime.host, **environment}
        started.append(subprocess.Popen(command or [str(BOOTSTRAP)], env=env, stderr=subprocess.PIPE))
        return started[-1]
    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stderr.close()


class DynamoDB(Quiet):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, b"{}")


@pytest.fixture
def aws():
    made = Loopback(DynamoDB)
    yield f"http://{made.host}"
    made.close()


def test_starts_fast_and_small(start):
    times = []
    for _ in range(10):
        runtime = Runtime()  # a killed process would leave the old one waiting with the next event
        begin = time.perf_counter()
        process = start(AWS_LAMBDA_RUNTIME_API=runtime.host)
        answer = runtime.ask({"body": "[]"})
        times.append(time.perf_counter() - begin)
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        peak = int(status.split("VmHWM:")[1].split()[0])
        process.kill()
        runtime.close()
        assert answer[2]["statusCode"] == 400
        assert peak <= 3 * 1024, f"{peak} KiB resident"
    assert min(times) < 0.02, times  # with this process's own part; make bench measures the 2 ms


def test_serves_one_event_after_another_on_one_connection(runtime, start, aws):
    start(AWS_ENDPOINT_URL=aws)
    for _ in range(20):
        path, _, answer = runtime.ask({"body": "{}"})
        assert path.endswith("/response") and answer["statusCode"] == 201
        assert json.loads(answer["body"])["upload"]["url"].startswith(aws + "/source/uploads/")
    assert len(runtime.connections) == 1


def test_an_event_that_is_not_json(runtime, start):
    start()
    path, headers, answer = runtime.ask("nonsense")
    assert path.endswith("/error") and headers["Lambda-Runtime-Function-Error-Type"] == "Internal"
    assert answer["errorType"] == "Internal" and answer["stackTrace"] == []


@pytest.mark.parametrize("environment, word", [({"_HANDLER": "nothing"}, "nothing"), ({"UPLOAD_SECONDS": "soon"}, "UPLOAD_SECONDS")])
def test_a_start_that_fails(runtime, start, environment, word):
    process = start(**environment)
    path, _, answer = runtime.answers.get(timeout=20)
    assert path == "/2018-06-01/runtime/init/error"
    assert answer["errorType"] == "Runtime.InitError" and word in answer["errorMessage"]
    assert process.wait(timeout=10) != 0


def test_the_process_ends_with_its_runtime_api(runtime, start):
    process = start(AWS_LAMBDA_RUNTIME_API="127.0.0.1:1")
    assert process.wait(timeout=10) != 0


# In an empty root: the binary, a resolver configuration and a CA bundle, nothing else.

def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """A CA, and certificates for 127.0.0.1 and for another name."""
    folder = tmp_path_factory.mktemp("ca")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=Test CA",
            "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    for name, san in ("right", "IP:127.0.0.1"), ("wrong", "DNS:elsewhere.example"):
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr")
        (folder / f"{name}.ext").write_text(f"subjectAltName={san}\n")
        openssl("x509", "-req", "-days", "2", "-in", folder / f"{name}.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
                "-CAcreateserial", "-extfile", folder / f"{name}.ext", "-out", folder / f"{name}.pem")
    return folder


@pytest.fixture
def tls(authority):
    made = []

    def serve(name):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority / f"{name}.pem", authority / f"{name}.key")
        made.append(Loopback(DynamoDB, context))
        return f"https://{made[-1].host}"
    yield serve
    for server in made:
        server.close()


def chroot_command(root, inside):
    if os.geteuid() == 0:
        return ["chroot", str(root), *inside]
    command = ["unshare", "--user", "--map-root-user", "chroot", str(root)]
    if subprocess.run([*command, "/nothing"], capture_output=True).returncode != 127:
        pytest.skip("neither root nor a user namespace: no empty root can be made")
    return [*command, *inside]


@pytest.fixture(params=["native", "arm64"])
def empty_root(request, tmp_path, authority):
    """Makes the root with the bundle at that place; returns the command that runs the bootstrap in it."""
    foreign = request.param == "arm64"
    if foreign and not (ARM64.exists() and QEMU):
        pytest.skip("arm64: run make package, and install qemu-user-static")

    def make(bundle):
        root = tmp_path / "root"
        (root / "etc").mkdir(parents=True)
        (root / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
        place = root / bundle.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(authority / "ca.pem", place)
        shutil.copy(ARM64 if foreign else BOOTSTRAP, root / "bootstrap")
        if foreign:
            shutil.copy(QEMU, root / "qemu")
        return chroot_command(root, ["/qemu", "/bootstrap"] if foreign else ["/bootstrap"])
    return make


@pytest.mark.parametrize("bundle, environment", [(BUNDLES[0], {}), (BUNDLES[1], {}), ("/my/ca.pem", {"SSL_CERT_FILE": "/my/ca.pem"})])
def test_in_an_empty_root(runtime, start, tls, empty_root, bundle, environment):
    start(empty_root(bundle), AWS_ENDPOINT_URL=tls("right"), PATH=os.environ["PATH"], **environment)
    _, _, answer = runtime.ask({"body": "{}"})
    assert answer["statusCode"] == 201, answer


@pytest.mark.parametrize("certificate, bundle", [("wrong", BUNDLES[0]), ("right", "/not/looked/at.pem")])
def test_a_server_that_cannot_prove_itself_is_refused(runtime, start, tls, empty_root, certificate, bundle):
    process = start(empty_root(bundle), AWS_ENDPOINT_URL=tls(certificate), PATH=os.environ["PATH"])
    _, _, answer = runtime.ask({"body": "{}"})
    assert answer["statusCode"] == 500, answer
    process.kill()
    assert b"certificate" in process.stderr.read().lower()
