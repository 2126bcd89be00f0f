# SPDX-License-Identifier: Apache-2.0
"""Each package in an empty root, over TLS: where the CA bundle is looked for, and whom it refuses to talk to."""
import pytest
from empty_root import BUNDLES, EmptyRoot, files_of
from runtime_api import CURVE, Loopback, Quiet, openssl, server_context

ENVIRONMENT = {"_HANDLER": "create_job", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
               "JOBS_TABLE": "jobs", "SOURCE_BUCKET": "source"}
OWN = "/my/ca.pem"


class DynamoDB(Quiet):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(200, b"{}")


@pytest.fixture
def tls(authority):
    """Serves as an AWS with that certificate; returns its URL."""
    made = []

    def serve(name, folder=authority, **options):
        made.append(Loopback(DynamoDB, server_context(folder, name, **options)))
        return f"https://{made[-1].host}"
    yield serve
    for server in made:
        server.close()


@pytest.fixture
def ask(package, tmp_path, authority, runtime):
    """Starts the function in its root and gives it one event; returns (answer, what it printed)."""
    if not package.can_run():
        pytest.skip(f"{package.emulator} is not installed: the {package.architecture} package was not run")
    made = []

    def ask(endpoint, *bundles, **environment):
        root = EmptyRoot(tmp_path / "root", package, authority, *bundles)
        made.append(root)
        extra = ["/emulator"] if package.emulator else []
        assert files_of(root.folder) == sorted(["/bootstrap", "/etc/resolv.conf", *bundles, *extra])
        process = root.start({**ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": runtime.host, "AWS_ENDPOINT_URL": endpoint, **environment})
        _, _, answer = runtime.ask({"body": "{}"})
        process.kill()
        return answer, process.stderr.read().decode().lower()
    yield ask
    for root in made:
        root.close()


@pytest.mark.parametrize("bundles, environment", [
    pytest.param([BUNDLES[0]], {}, id="amazon-linux"), pytest.param([BUNDLES[1]], {}, id="debian"),
    pytest.param([OWN], {"SSL_CERT_FILE": OWN}, id="SSL_CERT_FILE")])
def test_finds_the_bundle(ask, tls, bundles, environment):
    answer, printed = ask(tls("right"), *bundles, **environment)
    assert answer["statusCode"] == 201, (answer, printed)


@pytest.mark.parametrize("certificate, word", [("wrong-name", "ip address mismatch"), ("expired", "expired"),
                                               ("stranger", "unable to get local issuer")])
def test_refuses_a_server_that_cannot_prove_itself(ask, tls, certificate, word):
    answer, printed = ask(tls(certificate), BUNDLES[0])
    assert answer["statusCode"] == 500, answer
    assert word in printed


@pytest.mark.parametrize("bundles, environment, word", [
    pytest.param(["/not/looked/at.pem"], {}, "no trusted certificates", id="elsewhere"),
    pytest.param([BUNDLES[0]], {"SSL_CERT_FILE": "/missing.pem"}, "/missing.pem", id="the-named-one-only")])
def test_refuses_to_trust_anybody_without_a_bundle(ask, tls, bundles, environment, word):
    answer, printed = ask(tls("right"), *bundles, **environment)
    assert answer["statusCode"] == 500, answer
    assert word in printed


@pytest.fixture(scope="module")
def keys(authority):
    """Leaves of each kind of key that AWS's endpoints have, below the same CA."""
    for name, key in {"rsa": ["-newkey", "rsa:2048", "-nodes"], "p256": CURVE,
                      "p384": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes"]}.items():
        openssl("req", "-new", *key, "-subj", f"/CN={name}", "-keyout", authority / f"{name}.key", "-out", authority / f"{name}.csr")
        openssl("x509", "-req", "-sha384", "-days", 2, "-in", authority / f"{name}.csr", "-CA", authority / "ca.pem", "-CAkey",
                authority / "ca.key", "-CAcreateserial", "-extfile", authority / "right.ext", "-out", authority / f"{name}.pem")
    return authority


@pytest.mark.parametrize("key, version, cipher", [
    ("rsa", "TLSv1_2", "ECDHE-RSA-AES128-GCM-SHA256"), ("rsa", "TLSv1_2", "ECDHE-RSA-AES256-GCM-SHA384"),
    ("p256", "TLSv1_2", "ECDHE-ECDSA-AES128-GCM-SHA256"), ("p384", "TLSv1_2", "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ("rsa", "TLSv1_3", None), ("p256", "TLSv1_3", None), ("p384", "TLSv1_3", None)])
def test_speaks_what_aws_endpoints_speak(ask, keys, tmp_path, request, key, version, cipher):
    """The binary carries few algorithms: these must be among them."""
    import ssl
    context = server_context(keys, key, minimum_version=getattr(ssl.TLSVersion, version), maximum_version=getattr(ssl.TLSVersion, version))
    if cipher:
        context.set_ciphers(cipher)
    server = Loopback(DynamoDB, context)
    request.addfinalizer(server.close)
    answer, printed = ask(f"https://{server.host}", BUNDLES[0])
    assert answer["statusCode"] == 201, (answer, printed)
