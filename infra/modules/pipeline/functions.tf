locals {
  log_groups = { for name in keys(local.handlers) : name => "/aws/lambda/${var.name}-${name}" }

  function_policies = {
    for name, function in local.handlers : name => jsonencode({
      Version = "2012-10-17"
      Statement = concat(
        function.statements,
        jsondecode(replace(
          jsonencode(local.compute.function_statements),
          "log_group_arn",
          "arn:${local.partition}:logs:${local.scope}:log-group:${local.log_groups[name]}",
        )),
        local.trace_statements,
      )
    })
  }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = local.log_groups

  name              = each.value
  retention_in_days = var.log_days
}

resource "aws_iam_role" "function" {
  for_each = local.handlers

  name                 = "${var.name}-${each.key}"
  description          = "Function ${var.name}-${each.key}"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "function" {
  for_each = local.handlers

  name   = "pipeline"
  role   = aws_iam_role.function[each.key].id
  policy = local.function_policies[each.key]
}

resource "aws_lambda_function" "this" {
  for_each = local.handlers

  function_name                  = "${var.name}-${each.key}"
  description                    = each.value.description
  architectures                  = [var.architecture]
  filename                       = var.package
  handler                        = each.value.handler
  memory_size                    = each.value.memory_mb
  reserved_concurrent_executions = lookup(var.reserved_concurrency, each.key, -1)
  role                           = aws_iam_role.function[each.key].arn
  runtime                        = local.compute.runtime
  source_code_hash               = filebase64sha256(var.package)
  timeout                        = each.value.timeout_s

  environment {
    variables = each.value.environment
  }

  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  lifecycle {
    precondition {
      condition     = length(setsubtract(keys(var.reserved_concurrency), keys(local.handlers))) == 0
      error_message = "reserved_concurrency names a function that pipeline/functions.json does not have."
    }
  }

  # Else the first invocation makes a group that keeps its logs for ever, or finds its permissions missing.
  depends_on = [aws_cloudwatch_log_group.function, aws_iam_role_policy.function]
}
