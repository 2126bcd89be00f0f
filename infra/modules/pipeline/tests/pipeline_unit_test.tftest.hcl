# Plans with the real provider and without an account: what is asserted is what would be sent. The one call that a plan makes
# (ValidateStateMachineDefinition) is left out by the override; the endpoints make sure that none leaves the machine. A run loads
# the whole provider, so they are few, with many assertions each.

provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  region                      = "eu-central-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    sfn = "http://127.0.0.1:9"
    sts = "http://127.0.0.1:9"
  }
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target          = aws_sfn_state_machine.pipeline
  override_during = plan
  values          = { arn = "arn:aws:states:eu-central-1:111122223333:stateMachine:gleaner-test-pipeline" }
}

override_resource {
  target          = aws_apigatewayv2_api.this
  override_during = plan
  values          = { api_endpoint = "https://abc.execute-api.eu-central-1.amazonaws.com", id = "abc" }
}

variables {
  name    = "gleaner-test"
  package = "./tests/pipeline_unit_test.tftest.hcl" # any file: its bytes are hashed, nothing else
}

run "defaults" {
  command = plan

  # ---- everything comes from pipeline/ ----

  assert {
    condition     = toset(keys(aws_lambda_function.this)) == toset([for f in jsondecode(file("../../../pipeline/functions.json")).functions : f.name])
    error_message = "A function of pipeline/functions.json is missing, or there is one too many."
  }
  assert {
    condition = toset(keys(aws_apigatewayv2_route.this)) == toset(flatten([
      for path, methods in yamldecode(file("../../../pipeline/openapi.yaml")).paths : [for method in keys(methods) : "${upper(method)} ${path}"]
    ]))
    error_message = "Routes differ from pipeline/openapi.yaml."
  }
  assert {
    condition     = toset(keys(aws_cloudwatch_event_rule.this)) == toset([for r in jsondecode(file("../../../pipeline/rules.json")).rules : r.name])
    error_message = "Rules differ from pipeline/rules.json."
  }
  assert {
    condition     = jsondecode(aws_cloudwatch_event_rule.this["upload"].event_pattern).detail.bucket.name == [aws_s3_bucket.this["source"].bucket]
    error_message = "The upload rule does not watch the source bucket."
  }
  assert {
    condition     = jsondecode(aws_sfn_state_machine.pipeline.definition).States.InspectImage.Parameters.FunctionName == "arn:aws:lambda:eu-central-1:111122223333:function:gleaner-test-inspect-image"
    error_message = "The state machine does not call this deployment's function."
  }
  assert {
    condition     = !strcontains(aws_sfn_state_machine.pipeline.definition, "$${")
    error_message = "A placeholder of the state machine was not filled in."
  }

  # ---- least privilege ----

  assert {
    condition = alltrue([
      for name, policy in aws_iam_role_policy.function : alltrue([
        for statement in jsondecode(policy.policy).Statement : alltrue([for action in statement.Action : !strcontains(action, "*")])
      ])
    ])
    error_message = "A function's policy has a wildcard in an action."
  }
  assert {
    condition = alltrue(flatten([
      for policy in values(aws_iam_role_policy.function) : [
        for statement in jsondecode(policy.policy).Statement : contains(["Traces", "DetectTextHasNoResource"], statement.Sid)
        if contains(statement.Resource, "*")
      ]
    ]))
    error_message = "A function's policy names every resource where resources can be named."
  }
  assert {
    condition = alltrue([
      for name, policy in aws_iam_role_policy.function : one([
        for s in jsondecode(policy.policy).Statement : s.Resource if s.Sid == "Logs"
      ]) == ["arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/gleaner-test-${name}:*"]
    ])
    error_message = "A function may write into another function's log group."
  }
  assert {
    condition = toset(jsondecode(aws_iam_role_policy.api.policy).Statement[0].Resource) == toset([
      for name in ["create-job", "delete-job", "get-job", "list-jobs"] : "arn:aws:lambda:eu-central-1:111122223333:function:gleaner-test-${name}"
    ])
    error_message = "The API may invoke other functions than those that its routes need."
  }
  assert {
    condition     = jsondecode(aws_iam_role_policy.rule["upload"].policy).Statement[0].Action == ["states:StartExecution"]
    error_message = "The upload rule may do more, or less, than start executions."
  }

  # ---- safe ----

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.this : route.authorization_type == "AWS_IAM"])
    error_message = "A route is open to everybody by default."
  }
  assert {
    condition = alltrue([
      for block in aws_s3_bucket_public_access_block.this :
      block.block_public_acls && block.block_public_policy && block.ignore_public_acls && block.restrict_public_buckets
    ])
    error_message = "A bucket could be made public."
  }
  assert {
    condition     = alltrue([for policy in aws_s3_bucket_policy.this : contains([for s in jsondecode(policy.policy).Statement : s.Sid], "DenyPlainHttp")])
    error_message = "A bucket answers plain HTTP."
  }
  assert {
    condition     = alltrue([for bucket in aws_s3_bucket.this : !bucket.force_destroy]) && aws_dynamodb_table.jobs.deletion_protection_enabled
    error_message = "Data could be destroyed by default."
  }
  assert {
    condition     = alltrue([for function in aws_lambda_function.this : function.reserved_concurrent_executions == -1])
    error_message = "Concurrency is reserved by default; a new account has only 10 in all."
  }
  assert {
    condition     = length(aws_s3_bucket_cors_configuration.this) == 0 && length(aws_apigatewayv2_api.this.cors_configuration) == 0
    error_message = "Pages of other origins are let in by default."
  }
  assert {
    condition     = aws_lambda_function.this["create-job"].environment[0].variables.CONTENT_LENGTH_REQUIRED == "true"
    error_message = "Uploads of any size are signed by default."
  }
  assert {
    condition     = aws_s3_bucket_lifecycle_configuration.this["source"].rule[0].expiration[0].days == 7 && aws_s3_bucket_lifecycle_configuration.this["processed"].rule[0].expiration[0].days == 90
    error_message = "Sources are kept 7 days, results 90."
  }
  assert {
    condition     = aws_lambda_function.this["create-job"].environment[0].variables.RECORD_DAYS == "90"
    error_message = "Records must be kept as long as results."
  }
  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.function : group.retention_in_days == 30])
    error_message = "A log group keeps its logs for ever."
  }
  assert {
    condition     = !aws_sfn_state_machine.pipeline.logging_configuration[0].include_execution_data
    error_message = "Execution data, which is private, is logged."
  }

  # ---- each rule has its dead letters, and somebody is told ----

  assert {
    condition     = toset(keys(aws_sqs_queue.dead_letters)) == toset(keys(aws_cloudwatch_event_rule.this))
    error_message = "A rule has no queue for what it cannot deliver."
  }
  assert {
    condition     = alltrue([for target in aws_cloudwatch_event_target.this : length(target.dead_letter_config) == 1])
    error_message = "A target loses what it cannot deliver."
  }
  assert {
    condition     = alltrue([for name in keys(aws_sqs_queue.dead_letters) : contains(keys(aws_cloudwatch_metric_alarm.this), "dead-letters-${name}")])
    error_message = "Nobody is told of a dead letter."
  }
  assert {
    condition = alltrue([
      for metric in ["ExecutionsFailed", "ExecutionsTimedOut", "OldestUnfinishedJobAge", "5xx", "Throttles"] :
      contains([for alarm in aws_cloudwatch_metric_alarm.this : alarm.metric_name], metric)
    ])
    error_message = "An alarm is missing."
  }
}

run "as_asked_for" {
  command = plan

  variables {
    allowed_origins          = ["https://scan.example.com"]
    authorization            = "jwt"
    jwt                      = { issuer = "https://login.example.com", audience = ["gleaner"] }
    permissions_boundary_arn = "arn:aws:iam::111122223333:policy/gleaner-test-boundary"
    reserved_concurrency     = { extract-text = 20 }
    state_machine_log_level  = "OFF"
    tracing                  = false
  }

  # ---- the origin is let in everywhere ----

  assert {
    condition     = alltrue([for cors in aws_s3_bucket_cors_configuration.this : one(cors.cors_rule).allowed_origins == toset(["https://scan.example.com"])])
    error_message = "A bucket has other origins than asked for."
  }
  assert {
    condition     = length(aws_s3_bucket_cors_configuration.this) == 2 && one(aws_apigatewayv2_api.this.cors_configuration).allow_origins == toset(["https://scan.example.com"])
    error_message = "Both buckets and the API must let the origin in."
  }

  # ---- tokens ----

  assert {
    condition     = alltrue([for route in aws_apigatewayv2_route.this : route.authorization_type == "JWT"]) && length(aws_apigatewayv2_authorizer.jwt) == 1
    error_message = "Routes must ask for a token."
  }
  assert {
    condition     = aws_lambda_function.this["list-jobs"].environment[0].variables.AUTHORIZATION == "jwt"
    error_message = "Functions must filter by owner."
  }

  # ---- the boundary is on every role ----

  assert {
    condition = alltrue([
      for role in concat(values(aws_iam_role.function), values(aws_iam_role.rule), [aws_iam_role.api, aws_iam_role.state_machine]) :
      role.permissions_boundary == "arn:aws:iam::111122223333:policy/gleaner-test-boundary"
    ])
    error_message = "A role could do more than the boundary allows."
  }

  # ---- concurrency by name ----

  assert {
    condition     = aws_lambda_function.this["extract-text"].reserved_concurrent_executions == 20 && aws_lambda_function.this["get-job"].reserved_concurrent_executions == -1
    error_message = "Only the function that is named may be bounded."
  }

  # ---- without traces and logs nothing is granted for them ----

  assert {
    condition = !anytrue([
      for policy in concat(values(aws_iam_role_policy.function), [aws_iam_role_policy.state_machine]) :
      strcontains(policy.policy, "xray:") || strcontains(policy.policy, "logs:CreateLogDelivery")
    ])
    error_message = "A role keeps permissions that nothing uses."
  }
}

run "refuses_wrong_values" {
  command = plan

  variables {
    alarm_emails             = ["nobody"]
    allowed_origins          = ["*"]
    api_throttle             = { rate = 10, burst = 1 }
    architecture             = "riscv64"
    authorization            = "jwt" # without jwt
    log_days                 = 2
    name                     = "Gleaner"
    oldest_job_minutes       = 1
    package                  = "./no-such.zip"
    permissions_boundary_arn = "administrator"
    record_days              = 0
    reserved_concurrency     = { extract-text = -2 }
    source_days              = 0.5
    state_machine_log_level  = "DEBUG"
    text_calls_max           = 0
  }

  expect_failures = [
    var.alarm_emails, var.allowed_origins, var.api_throttle, var.architecture, var.jwt, var.log_days, var.name,
    var.oldest_job_minutes, var.package, var.permissions_boundary_arn, var.record_days, var.reserved_concurrency, var.source_days,
    var.state_machine_log_level, var.text_calls_max,
  ]
}

run "refuses_concurrency_of_a_function_that_is_not" {
  command = plan

  variables {
    reserved_concurrency = { extract-txt = 1 }
  }

  expect_failures = [aws_lambda_function.this]
}

run "refuses_an_unknown_authorization" {
  command = plan

  variables {
    authorization = "apikey"
  }

  expect_failures = [var.authorization]
}
