# SPDX-License-Identifier: Apache-2.0
"""A Runtime API made here, servers with and without TLS, and certificates for them."""
import http.server
import json
import queue
import socket
import ssl
import subprocess
import threading
import time


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
        self.server.handle_error = lambda *_: None  # clients that refuse the certificate hang up: that is what is tested
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
                            Lambda_Runtime_Deadline_Ms=str(int(time.time() * 1000) + 60000), Lambda_Runtime_Trace_Id="Root=1-2-3")

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
        return self.answers.get(timeout=60)


class TlsFront:
    """Ends TLS before a plain server, byte for byte."""

    def __init__(self, context, port):
        self.port, self.context = port, context
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.host = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            outside = self.context.wrap_socket(client, server_side=True)
        except (OSError, ssl.SSLError):
            return client.close()
        inside = socket.create_connection(("127.0.0.1", self.port))
        back = threading.Thread(target=self.copy, args=(inside, outside), daemon=True)
        back.start()
        self.copy(outside, inside)
        back.join()
        inside.close()
        outside.close()

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except (OSError, ssl.SSLError):
            pass

    def close(self):
        self.listener.close()


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


CERTIFICATES = {"right": ("IP:127.0.0.1", 2, "ca"), "wrong-name": ("DNS:elsewhere.example", 2, "ca"), "expired": ("IP:127.0.0.1", -1, "ca"),
                "stranger": ("IP:127.0.0.1", 2, "other")}
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def make_authority(folder):
    """A CA (ca.pem), another that nobody trusts, and the certificates above: {name}.pem and {name}.key."""
    for ca in "ca", "other":
        openssl("req", "-x509", *CURVE, "-days", "2", "-subj", f"/CN=Test {ca}", "-keyout", folder / f"{ca}.key", "-out",
                folder / f"{ca}.pem")
    for name, (subject, days, ca) in CERTIFICATES.items():
        openssl("req", "-new", *CURVE, "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr")
        (folder / f"{name}.ext").write_text(f"subjectAltName={subject}\n")
        openssl("x509", "-req", "-days", days, "-in", folder / f"{name}.csr", "-CA", folder / f"{ca}.pem", "-CAkey", folder / f"{ca}.key",
                "-CAcreateserial", "-extfile", folder / f"{name}.ext", "-out", folder / f"{name}.pem")
    return folder


def server_context(authority, name, **options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / f"{name}.pem", authority / f"{name}.key")
    for option, value in options.items():
        setattr(context, option, value)
    return context
