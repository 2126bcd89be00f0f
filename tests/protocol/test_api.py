"""API Gateway HTTP APIs with boto3: management, and what can be asked of an API without a function."""
import json
import time
import urllib.error
import urllib.request

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:none"
URI = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{FUNCTION}/invocations"


@pytest.fixture
def gateway(client):
    return client("apigatewayv2")


@pytest.fixture
def api(gateway):
    made = gateway.create_api(Name="test", ProtocolType="HTTP", Tags={"a": "1"})
    yield made
    gateway.delete_api(ApiId=made["ApiId"])


def code(error):
    return error.value.response["Error"]["Code"]


def ask(url, method="GET", headers=None, body=None):
    request = urllib.request.Request(url, method=method, headers=headers or {}, data=body)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def signed(server, url, service="execute-api", secret=None):
    request = AWSRequest("GET", url)
    SigV4Auth(Credentials(server.access_key, secret or server.secret_key), service, server.region).add_auth(request)
    return dict(request.headers)


def add_route(gateway, api, key, **more):
    integration = gateway.create_integration(ApiId=api["ApiId"], IntegrationType="AWS_PROXY", IntegrationUri=URI,
                                             PayloadFormatVersion="2.0", ConnectionType="INTERNET", IntegrationMethod="POST")
    return gateway.create_route(ApiId=api["ApiId"], RouteKey=key, Target=f"integrations/{integration['IntegrationId']}", **more)


def test_api(gateway, api):
    found = gateway.get_api(ApiId=api["ApiId"])
    assert found["Name"] == "test" and found["Tags"] == {"a": "1"} and found["ApiEndpoint"].endswith(api["ApiId"])
    cors = {"AllowOrigins": ["https://a.test"], "AllowMethods": ["GET"], "AllowHeaders": ["content-type"], "MaxAge": 300,
            "AllowCredentials": False, "ExposeHeaders": []}
    assert gateway.update_api(ApiId=api["ApiId"], CorsConfiguration=cors)["CorsConfiguration"] == cors
    gateway.delete_cors_configuration(ApiId=api["ApiId"])
    assert "CorsConfiguration" not in gateway.get_api(ApiId=api["ApiId"])
    assert api["ApiId"] in [a["ApiId"] for a in gateway.get_apis()["Items"]]


def test_routes_and_integrations(gateway, api):
    route = add_route(gateway, api, "GET /jobs/{job_id}")
    found = gateway.get_route(ApiId=api["ApiId"], RouteId=route["RouteId"])
    assert found["RouteKey"] == "GET /jobs/{job_id}" and found["AuthorizationType"] == "NONE" and found["ApiKeyRequired"] is False
    integration_id = route["Target"].split("/")[1]
    assert gateway.get_integration(ApiId=api["ApiId"], IntegrationId=integration_id)["TimeoutInMillis"] == 30000
    changed = gateway.update_integration(ApiId=api["ApiId"], IntegrationId=integration_id, TimeoutInMillis=20000)
    assert changed["TimeoutInMillis"] == 20000 and changed["IntegrationUri"] == URI
    with pytest.raises(ClientError) as error:
        gateway.delete_integration(ApiId=api["ApiId"], IntegrationId=integration_id)
    assert code(error) == "ConflictException"
    with pytest.raises(ClientError) as error:
        add_route(gateway, api, "GET /jobs/{job_id}")
    assert code(error) == "ConflictException"
    gateway.delete_route(ApiId=api["ApiId"], RouteId=route["RouteId"])
    gateway.delete_integration(ApiId=api["ApiId"], IntegrationId=integration_id)
    with pytest.raises(ClientError) as error:
        gateway.get_route(ApiId=api["ApiId"], RouteId=route["RouteId"])
    assert code(error) == "NotFoundException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_stage(gateway, api):
    settings = {"DetailedMetricsEnabled": True, "ThrottlingBurstLimit": 20, "ThrottlingRateLimit": 10.0}
    log = {"DestinationArn": "arn:aws:logs:us-east-1:000000000000:log-group:/api", "Format": "$context.requestId $context.status"}
    made = gateway.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True, DefaultRouteSettings=settings,
                                AccessLogSettings=log, Tags={"x": "y"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    found = gateway.get_stage(ApiId=api["ApiId"], StageName="$default")
    assert found["DefaultRouteSettings"] == settings and found["AccessLogSettings"] == log and found["Tags"] == {"x": "y"}
    arn = f"arn:aws:apigateway:us-east-1::/apis/{api['ApiId']}/stages/$default"
    gateway.tag_resource(ResourceArn=arn, Tags={"z": "1"})
    gateway.untag_resource(ResourceArn=arn, TagKeys=["x"])
    assert gateway.get_tags(ResourceArn=arn)["Tags"] == {"z": "1"}
    gateway.delete_access_log_settings(ApiId=api["ApiId"], StageName="$default")
    assert "AccessLogSettings" not in gateway.get_stage(ApiId=api["ApiId"], StageName="$default")
    gateway.delete_stage(ApiId=api["ApiId"], StageName="$default")
    with pytest.raises(ClientError) as error:
        gateway.get_stage(ApiId=api["ApiId"], StageName="$default")
    assert code(error) == "NotFoundException"


def test_authorizer_and_deployment(gateway, api):
    add_route(gateway, api, "GET /x")
    made = gateway.create_authorizer(ApiId=api["ApiId"], AuthorizerType="JWT", Name="jwt",
                                     IdentitySource=["$request.header.Authorization"],
                                     JwtConfiguration={"Audience": ["x"], "Issuer": "https://issuer.test"})
    found = gateway.get_authorizer(ApiId=api["ApiId"], AuthorizerId=made["AuthorizerId"])
    assert found["JwtConfiguration"] == {"Audience": ["x"], "Issuer": "https://issuer.test"}
    gateway.delete_authorizer(ApiId=api["ApiId"], AuthorizerId=made["AuthorizerId"])
    deployed = gateway.create_deployment(ApiId=api["ApiId"])
    assert gateway.get_deployment(ApiId=api["ApiId"], DeploymentId=deployed["DeploymentId"])["DeploymentStatus"] == "DEPLOYED"


def test_requests(client, gateway, api, server):
    logs = client("logs")
    group = f"/api/{time.time_ns()}"
    logs.create_log_group(logGroupName=group)
    add_route(gateway, api, "GET /open")
    add_route(gateway, api, "GET /closed", AuthorizationType="AWS_IAM")
    gateway.create_stage(ApiId=api["ApiId"], StageName="$default", AutoDeploy=True, AccessLogSettings={
        "DestinationArn": f"arn:aws:logs:us-east-1:000000000000:log-group:{group}",
        "Format": '{"status":"$context.status","route":"$context.routeKey","path":"$context.path","user":"$context.identity.userArn"}'})
    url = gateway.get_api(ApiId=api["ApiId"])["ApiEndpoint"]
    status, body, headers = ask(url + "/nothing")
    assert (status, json.loads(body)) == (404, {"message": "Not Found"}) and headers["apigw-requestid"]
    assert ask(url + "/open")[:2] == (500, b'{"message":"Internal Server Error"}')  # the function does not exist
    assert ask(url + "/closed")[:2] == (403, b'{"message":"Forbidden"}')
    assert ask(url + "/closed", headers=signed(server, url + "/closed"))[0] == 500
    assert ask(url + "/closed", headers=signed(server, url + "/closed", service="s3"))[0] == 403
    assert ask(url + "/closed", headers=signed(server, url + "/closed", secret="wrong"))[0] == 403
    for _ in range(50):
        lines = [json.loads(e["message"]) for e in logs.filter_log_events(logGroupName=group)["events"]]
        if len(lines) >= 4:
            break
        time.sleep(0.1)
    assert {"status": "404", "route": "-", "path": "/nothing", "user": "-"} in lines
    assert {"status": "403", "route": "GET /closed", "path": "/closed", "user": "-"} in lines
