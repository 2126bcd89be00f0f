# SPDX-License-Identifier: Apache-2.0
# The Runtime API's client for python3.* functions: loads the handler, then next, call, response, for ever.
import http.client
import importlib
import json
import os
import sys
import time
import traceback

API = "/2018-06-01/runtime/"


class ClientContext:
    def __init__(self, value):
        self.client = value.get("client")
        self.custom = value.get("custom")
        self.env = value.get("env")


class Context:
    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        client_context = headers.get("Lambda-Runtime-Client-Context")
        self.client_context = ClientContext(json.loads(client_context)) if client_context else None
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline_ms - int(time.time() * 1000), 0)


def post(connection, path, body, error_type=None):
    headers = {"Content-Type": "application/json"}
    if error_type:
        headers["Lambda-Runtime-Function-Error-Type"] = error_type
    connection.request("POST", API + path, body, headers)
    connection.getresponse().read()


def describe(error, request_id=""):
    kind, text = type(error).__name__, str(error)
    frames = traceback.format_tb(error.__traceback__)[1:]
    print("[ERROR] %s: %s" % (kind, text), "Traceback (most recent call last):", *(f.rstrip() for f in frames), sep="\n", flush=True)
    return {"errorMessage": text, "errorType": kind, "requestId": request_id, "stackTrace": frames}


def load_handler(name):
    module, _, function = name.rpartition(".")
    if not module:
        raise ValueError("Bad handler '%s': not enough values to unpack (expected 2, got 1)" % name)
    return getattr(importlib.import_module(module.replace("/", ".")), function)


def fail_init(connection, error):
    kind = "Runtime.ImportModuleError" if isinstance(error, ImportError) else "Runtime.UserCodeSyntaxError"
    if isinstance(error, AttributeError):
        kind = "Runtime.HandlerNotFound"
    elif not isinstance(error, (ImportError, SyntaxError)):
        kind = type(error).__name__
    description = describe(error)
    description["errorType"] = kind
    if isinstance(error, ImportError):
        description["errorMessage"] = "Unable to import module '%s': %s" % (os.environ["_HANDLER"].rpartition(".")[0], error)
    post(connection, "init/error", json.dumps(description), kind)
    sys.exit(1)


def serve(connection, handler):
    connection.request("GET", API + "invocation/next")
    reply = connection.getresponse()
    event = reply.read()
    if reply.status != 200:
        sys.exit(0)
    context = Context(reply.headers)
    path = "invocation/" + context.aws_request_id
    os.environ["_X_AMZN_TRACE_ID"] = reply.headers.get("Lambda-Runtime-Trace-Id", "")
    try:
        try:
            result = handler(json.loads(event), context)
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
        body = json.dumps(result, ensure_ascii=False).encode()
    except Exception as error:
        post(connection, path + "/error", json.dumps(describe(error, context.aws_request_id)), type(error).__name__)
        return
    post(connection, path + "/response", body)


def main():
    host, _, port = os.environ["AWS_LAMBDA_RUNTIME_API"].partition(":")
    connection = http.client.HTTPConnection(host, int(port))
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        fail_init(connection, error)
    while True:
        serve(connection, handler)


main()
