# SPDX-License-Identifier: Apache-2.0
"""An OpenID Connect issuer for tests: its keys, tokens of any claims, and its documents on loopback or in a file.

    github = Issuer("https://token.actions.githubusercontent.com")          # stands in for GitHub
    server = Server("--oidc-keys", f"{github.url}={github.write_keys(folder)}")
    token = github.token(sub="repo:octo/app:ref:refs/heads/main", repository_id="1", ref="refs/heads/main")
"""
import base64
import contextlib
import datetime
import http.server
import ipaddress
import json
import pathlib
import ssl
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID


def encode(data):
    if isinstance(data, int):
        data = data.to_bytes((data.bit_length() + 7) // 8, "big")
    if isinstance(data, dict):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Signs with RS256, or ES256 when made with algorithm="ES256"."""

    def __init__(self, url, algorithm="RS256", key_id="key-1", audience="sts.amazonaws.com"):
        self.url, self.algorithm, self.key_id, self.audience = url, algorithm, key_id, audience
        self.key = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ES256" else rsa.generate_private_key(65537, 2048)

    def keys(self):
        """The JWKS document."""
        numbers = self.key.public_key().public_numbers()
        if self.algorithm == "ES256":
            key = {"kty": "EC", "crv": "P-256", "x": encode(numbers.x.to_bytes(32, "big")), "y": encode(numbers.y.to_bytes(32, "big"))}
        else:
            key = {"kty": "RSA", "n": encode(numbers.n), "e": encode(numbers.e)}
        return {"keys": [{**key, "kid": self.key_id, "alg": self.algorithm, "use": "sig"}]}

    def write_keys(self, folder):
        """The document as a file, for `serve --oidc-keys ISSUER=FILE`; its path."""
        path = pathlib.Path(folder) / "jwks.json"
        path.write_text(json.dumps(self.keys()))
        return path

    def token(self, header=None, **claims):
        """A signed token with usual claims and those given; a claim that is None is left out."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": self.audience, "sub": "someone", "iat": now, "nbf": now, "exp": now + 300, **claims}
        claims = {name: value for name, value in claims.items() if value is not None}
        text = encode({"alg": self.algorithm, "typ": "JWT", "kid": self.key_id, **(header or {})}) + "." + encode(claims)
        if self.algorithm == "ES256":
            r, s = decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        else:
            signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return text + "." + encode(signature)


def write_certificate(folder):
    """A self-signed certificate of 127.0.0.1, and its key: both in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.utcnow()
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                   .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
                   .not_valid_after(now + datetime.timedelta(days=1))
                   .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
                   .add_extension(x509.BasicConstraints(True, None), True)
                   .sign(key, hashes.SHA256()))
    path = pathlib.Path(folder) / "issuer.pem"
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM)
                     + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return path


@contextlib.contextmanager
def listening(certificate, algorithm="RS256"):
    """An issuer that answers for itself over https on loopback; servers trust it with SSL_CERT_FILE=certificate."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            documents = {"/.well-known/openid-configuration": {"issuer": issuer.url, "jwks_uri": issuer.url + "/keys"},
                         "/keys": issuer.keys()}
            found = documents.get(self.path)
            issuer.asked.append(self.path)
            body = json.dumps(found).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    issuer = Issuer(f"https://127.0.0.1:{server.server_port}", algorithm)
    issuer.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield issuer
    server.shutdown()
    server.server_close()
    thread.join()
