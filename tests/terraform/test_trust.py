# SPDX-License-Identifier: Apache-2.0
"""Who can take the roles that infra/bootstrap makes, and what they can then do: tokens of an issuer of ours, genuine and forged, to
AssumeRoleWithWebIdentity of the server, and the roles' policies through its policy evaluator.
"""
import re

import botocore
import botocore.loaders
import pytest
from botocore.exceptions import ClientError
from terraform import PARALLEL, ROOT, Terraform, copy_tree

from conftest import load, protocol

issuers = load("issuer", ROOT / "tests" / "protocol" / "issuer.py")

ISSUER = "https://token.actions.githubusercontent.com"
ENVIRONMENT = "production"
GITHUB = {"owner": "example", "owner_id": 11, "repository": "gleaner", "repository_id": 22}
SUBJECTS = {"ids": "repo:example@11/gleaner@22", "names": "repo:example/gleaner"}
PREFIX = f"gleaner-{ENVIRONMENT}"
ACCOUNT, REGION = "000000000000", "us-east-1"
WORKFLOWS = "example/gleaner/.github/workflows"
MAIN = "refs/heads/main"

# ---- tokens ----


def of_environment(subject):
    """What a job of apply.yml has, in its environment, on main."""
    return {"sub": f"{subject}:environment:{ENVIRONMENT}", "repository_id": "22", "repository": "example/gleaner", "environment": ENVIRONMENT,
            "ref": MAIN, "job_workflow_ref": f"{WORKFLOWS}/apply.yml@{MAIN}", "event_name": "push"}


def of_branch(subject, workflow="plan.yml"):
    return {"sub": f"{subject}:ref:{MAIN}", "repository_id": "22", "repository": "example/gleaner", "ref": MAIN,
            "job_workflow_ref": f"{WORKFLOWS}/{workflow}@{MAIN}", "event_name": "push"}


def of_pull_request(subject):
    return {"sub": f"{subject}:pull_request", "repository_id": "22", "repository": "example/gleaner", "ref": "refs/pull/7/merge",
            "job_workflow_ref": f"{WORKFLOWS}/plan.yml@refs/pull/7/merge", "event_name": "pull_request"}


GENUINE = [
    ("apply", "the protected environment", of_environment),
    ("plan", "a push to main", of_branch),
    ("plan", "the nightly check", lambda subject: of_branch(subject, "check-drift.yml")),
    ("plan", "a notification", lambda subject: of_branch(subject, "notify.yml")),
    ("plan", "a pull request of this repository", of_pull_request),
]

FORK = {"sub": "repo:stranger@99/gleaner@98:environment:production", "repository_id": "98", "repository": "stranger/gleaner"}
# (role, what it is, the genuine token it starts from, what is other): each is denied.
FORGED = [
    ("apply", "a branch", of_environment, {"ref": "refs/heads/feature"}),
    ("apply", "a branch without an environment", of_environment,
     {"sub": "{subject}:ref:refs/heads/feature", "environment": None, "ref": "refs/heads/feature"}),
    ("apply", "main without an environment", of_environment, {"sub": "{subject}:ref:refs/heads/main", "environment": None}),
    ("apply", "a tag that is called as the branch", of_environment, {"ref": "refs/tags/main"}),
    ("apply", "a branch whose name begins so", of_environment, {"ref": "refs/heads/main2"}),
    ("apply", "a branch in other letters", of_environment, {"ref": "refs/heads/Main"}),
    ("apply", "a pull request", of_pull_request, {}),
    ("apply", "a pull request that names the environment", of_environment,
     {"ref": "refs/pull/7/merge", "job_workflow_ref": f"{WORKFLOWS}/apply.yml@refs/pull/7/merge", "event_name": "pull_request"}),
    ("apply", "a fork", of_environment, FORK),
    ("apply", "a fork that calls our workflow", of_environment, {**FORK, "job_workflow_ref": f"{WORKFLOWS}/apply.yml@{MAIN}"}),
    ("apply", "another repository with our subject", of_environment, {"repository_id": "23"}),
    ("apply", "our repository with another's subject", of_environment, {"sub": FORK["sub"]}),
    ("apply", "a repository made anew under our name", of_environment,
     {"sub": "repo:example@11/gleaner@77:environment:production", "repository_id": "77"}),
    ("apply", "another environment", of_environment, {"sub": "{subject}:environment:staging", "environment": "staging"}),
    ("apply", "another environment's claim", of_environment, {"environment": "staging"}),
    ("apply", "another environment's subject", of_environment, {"sub": "{subject}:environment:staging"}),
    ("apply", "another workflow file", of_environment, {"job_workflow_ref": f"{WORKFLOWS}/ci.yml@{MAIN}"}),
    ("apply", "the plan workflow", of_environment, {"job_workflow_ref": f"{WORKFLOWS}/plan.yml@{MAIN}"}),
    ("apply", "the workflow of a branch", of_environment, {"job_workflow_ref": f"{WORKFLOWS}/apply.yml@refs/heads/feature"}),
    ("apply", "another repository's workflow", of_environment, {"job_workflow_ref": f"stranger/gleaner/.github/workflows/apply.yml@{MAIN}"}),
    ("apply", "a subject with a wildcard", of_environment, {"sub": "{subject}:*"}),
    ("apply", "a subject that goes on", of_environment, {"sub": "{subject}:environment:production:extra"}),
    ("apply", "the plan role's token", of_branch, {}),
    ("plan", "the apply role's token", of_environment, {}),
    ("plan", "a branch", of_branch, {"sub": "{subject}:ref:refs/heads/feature", "ref": "refs/heads/feature"}),
    ("plan", "the workflow of a branch", of_branch, {"job_workflow_ref": f"{WORKFLOWS}/plan.yml@refs/heads/feature"}),
    ("plan", "another workflow file", of_branch, {"job_workflow_ref": f"{WORKFLOWS}/release.yml@{MAIN}"}),
    ("plan", "another repository", of_branch, {"sub": "repo:stranger@99/gleaner@98:ref:refs/heads/main", "repository_id": "98"}),
    ("plan", "a fork's pull request", of_pull_request, {"repository_id": "98"}),
    ("plan", "a pull request's head", of_pull_request, {"ref": "refs/pull/7/head", "job_workflow_ref": f"{WORKFLOWS}/plan.yml@refs/pull/7/head"}),
    ("plan", "a pull request with another workflow", of_pull_request, {"job_workflow_ref": f"{WORKFLOWS}/ci.yml@refs/pull/7/merge"}),
    ("plan", "a pull request that claims main", of_pull_request, {"ref": MAIN}),
]
# Without one of these no token is good, whatever the rest says.
BOUND = {"apply": ["sub", "repository_id", "environment", "ref", "job_workflow_ref"], "plan": ["sub", "repository_id", "ref", "job_workflow_ref"]}


class Bootstrap:
    """A bare server that trusts an issuer of ours, and infra/bootstrap's roles and builds on it."""

    def __init__(self, scratch):
        self.issuer = issuers.Issuer(ISSUER)
        self.server = protocol.Server("--bare", "--oidc-keys", f"{ISSUER}={self.issuer.write_keys(scratch)}")
        env = {key: value for key, value in self.server.cli_env().items() if key.startswith("AWS_")}
        self.root = Terraform(copy_tree(scratch / "trust") / "infra" / "bootstrap", scratch, env,
                              {"environment": ENVIRONMENT, "force_destroy": True, "github": GITHUB})
        self.root.init()
        self.sts = self.server.client("sts", config={"signature_version": botocore.UNSIGNED})
        self.iam = self.server.client("iam")
        self.subject = None

    def apply(self, form):
        self.root.variables["github_subject"] = form
        targets = [f"-target={name}" for name in ("aws_iam_role_policy.github", "aws_iam_role_policy.build", "aws_codebuild_project.this")]
        self.root.run("apply", "-auto-approve", *PARALLEL, *targets)
        self.subject = SUBJECTS[form]
        return self

    def take(self, role, claims, issuer=None, **more):
        token = (issuer or self.issuer).token(**claims, **more)
        return self.sts.assume_role_with_web_identity(RoleArn=arn("iam", f"role/{PREFIX}-github-{role}"), RoleSessionName="test",
                                                      WebIdentityToken=token)["Credentials"]

    def refused(self, *arguments, **options):
        """The error's code."""
        with pytest.raises(ClientError) as error:
            self.take(*arguments, **options)
        return error.value.response["Error"]["Code"]

    def allowed(self, role, actions, resource, **context):
        """Those of the actions that the role may do to the resource.."""
        entries = [{"ContextKeyName": name, "ContextKeyValues": value, "ContextKeyType": "stringList"} for name, value in context.items()]
        found = []
        for start in range(0, len(actions), 100):
            answer = self.iam.simulate_principal_policy(PolicySourceArn=arn("iam", f"role/{PREFIX}-{role}"), ActionNames=actions[start:start + 100],
                                                        ResourceArns=[resource], ContextEntries=entries)
            found += [result["EvalActionName"] for result in answer["EvaluationResults"] if result["EvalDecision"] == "allowed"]
        return found


def arn(service, name, region=REGION, account=ACCOUNT):
    return f"arn:aws:{service}:{'' if service in ('iam', 's3') else region}:{'' if service == 's3' else account}:{name}"


@pytest.fixture(scope="module")
def made(scratch):
    bootstrap = Bootstrap(scratch)
    try:
        yield bootstrap
    finally:
        protocol._finish(bootstrap.server, False)


@pytest.fixture(scope="module", params=SUBJECTS)
def bootstrap(made, request):
    """With each form of the subject in turn: names last, as an older repository has it."""
    return made.apply(request.param)


# ---- who takes the roles ----

@pytest.mark.parametrize("role, what, claims", GENUINE, ids=[f"{role}: {what}" for role, what, _ in GENUINE])
def test_genuine_tokens_take_the_role(bootstrap, role, what, claims):
    keys = bootstrap.take(role, claims(bootstrap.subject))
    session = bootstrap.server.client("sts", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                                      aws_session_token=keys["SessionToken"])
    assert session.get_caller_identity()["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/{PREFIX}-github-{role}/test"


@pytest.mark.parametrize("role, what, genuine, other", FORGED, ids=[f"{role}: {what}" for role, what, _, _ in FORGED])
def test_forged_tokens_do_not(bootstrap, role, what, genuine, other):
    claims = {**genuine(bootstrap.subject), **{name: value and value.replace("{subject}", bootstrap.subject) for name, value in other.items()}}
    assert bootstrap.refused(role, claims) == "AccessDenied"


@pytest.mark.parametrize("role, claim", [(role, claim) for role, claims in BOUND.items() for claim in claims])
def test_a_claim_that_is_absent_opens_nothing(bootstrap, role, claim):
    genuine = {"apply": of_environment, "plan": of_branch}[role](bootstrap.subject)
    assert bootstrap.refused(role, {**genuine, claim: None}) == ("InvalidIdentityToken" if claim == "sub" else "AccessDenied")


def test_the_other_form_of_the_subject_opens_nothing(bootstrap):
    other, = set(SUBJECTS.values()) - {bootstrap.subject}
    assert bootstrap.refused("apply", of_environment(other)) == "AccessDenied"
    assert bootstrap.refused("plan", of_branch(other)) == "AccessDenied"


def test_tokens_that_are_none(bootstrap):
    claims = of_environment(bootstrap.subject)
    assert bootstrap.refused("apply", claims, aud="https://github.com/example") == "InvalidIdentityToken"
    assert bootstrap.refused("apply", claims, exp=1_600_000_000) == "ExpiredTokenException"
    assert bootstrap.refused("apply", claims, issuer=issuers.Issuer(ISSUER)) == "InvalidIdentityToken", "another key"
    assert bootstrap.refused("apply", claims, issuer=issuers.Issuer("https://token.actions.example.com")) == "InvalidIdentityToken"


@pytest.mark.parametrize("role", ["build-apply", "build-plan"])
def test_no_token_takes_a_builds_role(bootstrap, role):
    token = bootstrap.issuer.token(**of_environment(bootstrap.subject))
    with pytest.raises(ClientError) as error:
        bootstrap.sts.assume_role_with_web_identity(RoleArn=arn("iam", f"role/{PREFIX}-{role}"), RoleSessionName="test", WebIdentityToken=token)
    assert error.value.response["Error"]["Code"] == "AccessDenied"


# ---- what they may do ----

READS = re.compile("^(Get|List|Describe|Head|BatchGet|Lookup|Search|Select|Scan|Query|Validate|Simulate|Test|Check|Detect|Filter|StartQuery|GET$)")
SERVICES = {"apigatewayv2": "apigateway", "cloudwatch": "cloudwatch", "codebuild": "codebuild", "dynamodb": "dynamodb", "events": "events",
            "iam": "iam", "kms": "kms", "lambda": "lambda", "logs": "logs", "s3": "s3", "sns": "sns", "sqs": "sqs", "stepfunctions": "states",
            "sts": "sts"}
ARTIFACTS, STATE = (f"{PREFIX}-{bucket}-{ACCOUNT}-{REGION}" for bucket in ("artifacts", "state"))
RESOURCES = {
    "plan": arn("s3", f"{ARTIFACTS}/plans/1-1/plan.tfplan"), "manifest": arn("s3", f"{ARTIFACTS}/manifests/1-1/manifest.json"),
    "deployed": arn("s3", f"{ARTIFACTS}/deployments/latest.json"), "source": arn("s3", f"{ARTIFACTS}/source/source.zip"),
    "state": arn("s3", f"{STATE}/{ENVIRONMENT}/terraform.tfstate"), "lock": arn("s3", f"{STATE}/{ENVIRONMENT}/terraform.tfstate.tflock"),
    "artifacts bucket": arn("s3", ARTIFACTS), "state bucket": arn("s3", STATE), "images": arn("s3", f"{PREFIX}-source-{ACCOUNT}-{REGION}"),
    "image": arn("s3", f"{PREFIX}-source-{ACCOUNT}-{REGION}/uploads/x.png"), "function": arn("lambda", f"function:{PREFIX}-create-job"),
    "role": arn("iam", f"role/{PREFIX}-create-job"), "own role": arn("iam", f"role/{PREFIX}-build-plan"),
    "table": arn("dynamodb", f"table/{PREFIX}-jobs"), "machine": arn("states", f"stateMachine:{PREFIX}-pipeline"),
    "rule": arn("events", f"rule/{PREFIX}-uploads"), "queue": arn("sqs", f"{PREFIX}-dead"), "topic": arn("sns", f"{PREFIX}-alarms"),
    "builds topic": arn("sns", f"{PREFIX}-builds"), "alarm": arn("cloudwatch", f"alarm:{PREFIX}-errors"),
    "api": arn("apigateway", "/apis/abc", account=""), "function's log": arn("logs", f"log-group:/aws/lambda/{PREFIX}-create-job"),
    "plan's log": arn("logs", "log-group:/aws/codebuild/TerraformPlanBuild:log-stream:x"),
    "apply's log": arn("logs", "log-group:/aws/codebuild/TerraformApplyBuild:log-stream:x"),
    "plan's project": arn("codebuild", "project/TerraformPlanBuild"), "apply's project": arn("codebuild", "project/TerraformApplyBuild"),
}


@pytest.fixture(scope="module")
def writes():
    """Every action of these services that is not by its name a read, as botocore names the operations, and what is only an action."""
    loader = botocore.loaders.create_loader()
    found = {f"{prefix}:{operation}" for service, prefix in SERVICES.items()
             for operation in loader.load_service_model(service, "service-2")["operations"] if not READS.match(operation)}
    found |= {"apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "iam:PassRole", "lambda:InvokeFunction",
              "s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration", "s3:PutEncryptionConfiguration", "execute-api:Invoke",
              "states:StartExecution", "sts:AssumeRole"}
    return sorted(found)


def may_write(bootstrap, role, writes):
    return {(action, name) for name, resource in RESOURCES.items() for action in bootstrap.allowed(role, writes, resource)}


def test_the_plan_build_writes_its_plan_its_log_and_the_lock(bootstrap, writes):
    assert may_write(bootstrap, "build-plan", writes) == {
        ("s3:PutObject", "plan"), ("s3:PutObject", "manifest"), ("s3:PutObject", "lock"), ("s3:DeleteObject", "lock"),
        ("logs:CreateLogStream", "plan's log"), ("logs:PutLogEvents", "plan's log")}


def test_the_plan_role_uploads_a_source_and_starts_its_build(bootstrap, writes):
    assert may_write(bootstrap, "github-plan", writes) == {
        ("s3:PutObject", "source"), ("codebuild:StartBuild", "plan's project"), ("codebuild:StopBuild", "plan's project"),
        ("sns:Publish", "builds topic")}


def test_the_apply_role_starts_its_build(bootstrap, writes):
    assert may_write(bootstrap, "github-apply", writes) == {
        ("codebuild:StartBuild", "apply's project"), ("codebuild:StopBuild", "apply's project"), ("sns:Publish", "builds topic")}


def test_the_apply_build_does_not_write_plans_or_its_own_rights(bootstrap, writes):
    unnamed = {action for action in writes if re.fullmatch("logs:.*(LogDelivery|LogDeliveries|ResourcePolicy)", action)}  # account-wide
    found = {item for item in may_write(bootstrap, "build-apply", writes) if item[0] not in unnamed}
    assert ("s3:PutObject", "state") in found and ("lambda:UpdateFunctionCode", "function") in found
    assert not {item for item in found if item[1] in ("plan", "manifest", "source", "own role", "plan's log", "plan's project", "apply's project")}
    assert not {item for item in found if item[0] in ("iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PassRole")}, \
        "without the boundary, or a service to pass a role to"


@pytest.mark.parametrize("role", ["github-apply", "github-plan"])
@pytest.mark.parametrize("secret", ["plan", "state", "lock", "image"])
def test_only_builds_read_what_holds_values_in_clear(bootstrap, role, secret):
    assert bootstrap.allowed(role, ["s3:GetObject", "s3:GetObjectVersion"], RESOURCES[secret]) == []


def test_the_plan_build_does_not_read_plans(bootstrap):
    assert bootstrap.allowed("build-plan", ["s3:GetObject", "s3:GetObjectVersion"], RESOURCES["plan"]) == []
    assert bootstrap.allowed("build-apply", ["s3:GetObjectVersion"], RESOURCES["plan"]) == ["s3:GetObjectVersion"]


# ---- starting a build replaces nothing ----

REPLACED = ["source.buildspec", "source.location", "secondarySources", "environment.image", "environment.type", "environment.computeType",
            "environment.privilegedMode", "environment.imagePullCredentialsType", "serviceRole", "artifacts", "logsConfig", "encryptionKey"]
VARIABLES = "codebuild:environment.environmentVariables.name"


@pytest.mark.parametrize("stage", ["apply", "plan"])
def test_a_start_replaces_nothing(bootstrap, stage):
    project = RESOURCES[f"{stage}'s project"]

    def may_start(**context):
        return bool(bootstrap.allowed(f"github-{stage}", ["codebuild:StartBuild"], project, **context))

    assert may_start()
    assert may_start(**{VARIABLES: ["COMMIT", "RUN_ID"]})
    for name in ("ARTIFACTS_BUCKET", "ENVIRONMENT", "KMS_KEY_ARN", "STATE_BUCKET", "TERRAFORM_ROOT", "TF_VAR_permissions_boundary_arn",
                 "TF_CLI_ARGS", "BASH_ENV", "PATH"):
        assert not may_start(**{VARIABLES: ["COMMIT", name]}), name
    for key in REPLACED:
        assert not may_start(**{f"codebuild:{key}": ["x"]}), key


# What a start may not say, whoever it is.
STARTS = {
    "buildspec": {"buildspecOverride": "version: 0.2\nphases: {build: {commands: [env]}}"},
    "source": {"sourceLocationOverride": f"{ARTIFACTS}/manifests/x.zip"},
    "image": {"imageOverride": "example/image"},
    "role": {"serviceRoleOverride": f"arn:aws:iam::{ACCOUNT}:role/{PREFIX}-build-apply"},
    "environment's type": {"environmentTypeOverride": "LINUX_GPU_CONTAINER"},
    "privileges": {"privilegedModeOverride": True},
    "a variable of the project's": {"environmentVariablesOverride": [{"name": "STATE_BUCKET", "value": "mine"}]},
    "a variable from Parameter Store": {"environmentVariablesOverride": [{"name": "BASH_ENV", "value": "x", "type": "PARAMETER_STORE"}]},
}


@pytest.mark.parametrize("what", STARTS)
@pytest.mark.parametrize("stage", ["apply", "plan"])
def test_the_service_refuses_such_a_start(bootstrap, stage, what):
    keys = bootstrap.take(stage, {"apply": of_environment, "plan": of_branch}[stage](bootstrap.subject))
    codebuild = bootstrap.server.client("codebuild", aws_access_key_id=keys["AccessKeyId"], aws_secret_access_key=keys["SecretAccessKey"],
                                        aws_session_token=keys["SessionToken"])
    with pytest.raises(ClientError) as error:
        codebuild.start_build(projectName=f"Terraform{stage.title()}Build", **STARTS[what])
    assert error.value.response["Error"]["Code"] == "AccessDeniedException", error.value


@pytest.mark.parametrize("stage, other", [("apply", "plan"), ("plan", "apply")])
def test_a_role_starts_no_other_build(bootstrap, stage, other):
    assert bootstrap.allowed(f"github-{stage}", ["codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds"],
                             RESOURCES[f"{other}'s project"]) == []
