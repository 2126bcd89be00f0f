# SPDX-License-Identifier: Apache-2.0
"""--allowed-origin: a page of that origin uses the local pipeline as a browser does, asking before it sends."""
import json
import pathlib
import urllib.error
import urllib.request

import pytest

ORIGIN = "https://app.example"
PAGE = pathlib.Path(__file__).resolve().parents[2] / "samples" / "receipt.png"


@pytest.fixture
def pipeline(fresh_server):
    return fresh_server("--allowed-origin", ORIGIN, "--allowed-origin", "http://localhost:3000")


def call(method, url, headers, body=None):
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, dict(answer.headers.lower_items() if hasattr(answer.headers, "lower_items") else
                                       {k.lower(): v for k, v in answer.headers.items()}), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def preflight(url, method, headers, origin=ORIGIN):
    return call("OPTIONS", url, {"Origin": origin, "Access-Control-Request-Method": method,
                                 "Access-Control-Request-Headers": ",".join(sorted(headers))})


def api_of(server):
    return json.loads(urllib.request.urlopen(f"{server.endpoint}/_gleaner/info").read())["api_endpoint"]


def test_a_page_uploads(pipeline):
    api = api_of(pipeline)
    status, headers, _ = preflight(f"{api}/jobs", "POST", ["content-type"])
    assert status in (200, 204) and headers["access-control-allow-origin"] == ORIGIN
    status, headers, body = call("POST", f"{api}/jobs", {"Origin": ORIGIN, "Content-Type": "application/json"}, b"{}")
    assert status == 201 and headers["access-control-allow-origin"] == ORIGIN
    upload = json.loads(body)["upload"]
    asked = [name.lower() for name in upload["headers"] if name.lower() not in ("host", "content-length")]
    status, headers, _ = preflight(upload["url"], upload["method"], asked)
    assert status == 200
    assert headers["access-control-allow-origin"] == ORIGIN
    assert upload["method"] in headers["access-control-allow-methods"]
    assert set(asked) <= {name.strip().lower() for name in headers["access-control-allow-headers"].split(",")}
    status, headers, _ = call(upload["method"], upload["url"], {**upload["headers"], "Origin": ORIGIN}, PAGE.read_bytes())
    assert status == 200
    assert headers["access-control-allow-origin"] == ORIGIN
    assert "etag" in headers["access-control-expose-headers"].lower()


def test_another_page_may_not(pipeline):
    api = api_of(pipeline)
    _, _, body = call("POST", f"{api}/jobs", {"Content-Type": "application/json"}, b"{}")
    url = json.loads(body)["upload"]["url"]
    status, headers, _ = preflight(url, "PUT", ["content-type"], "https://other.example")
    assert status == 403 and "access-control-allow-origin" not in headers
    _, headers, _ = preflight(f"{api}/jobs", "POST", ["content-type"], "https://other.example")
    assert "access-control-allow-origin" not in headers


def test_origins_are_taken_away_again(pipeline):
    cors = pipeline.client("s3").get_bucket_cors(Bucket="gleaner-source")["CORSRules"]
    assert cors[0]["AllowedOrigins"] == [ORIGIN, "http://localhost:3000"] and cors[0]["AllowedMethods"] == ["PUT"]
    pipeline.arguments = ()
    pipeline.restart()
    with pytest.raises(Exception, match="NoSuchCORSConfiguration"):
        pipeline.client("s3").get_bucket_cors(Bucket="gleaner-source")
    assert "CorsConfiguration" not in pipeline.client("apigatewayv2").get_apis()["Items"][0]


def test_each_function_may_log_to_its_own_group(pipeline):
    iam = pipeline.client("iam")
    for name in ("create-job", "extract-text"):
        document = iam.get_role_policy(RoleName=f"gleaner-{name}", PolicyName="pipeline")["PolicyDocument"]
        groups = [r for s in document["Statement"] for r in ([s["Resource"]] if isinstance(s["Resource"], str) else s["Resource"])
                  if ":log-group:" in r]
        assert groups == [f"arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/gleaner-{name}:*"]


@pytest.mark.parametrize("value", ["app.example", "https://app.example/path", "https://a<b"])
def test_what_is_no_origin_is_refused(fresh_server, value):
    with pytest.raises(RuntimeError):
        fresh_server("--allowed-origin", value)
