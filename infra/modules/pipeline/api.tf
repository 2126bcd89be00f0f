locals {
  authorization_types = { iam = "AWS_IAM", jwt = "JWT", none = "NONE" }
  api_functions       = toset(values(local.routes))
}

resource "aws_cloudwatch_log_group" "api" {
  name              = "/aws/vendedlogs/apis/${var.name}"
  retention_in_days = var.log_days
}

resource "aws_apigatewayv2_api" "this" {
  name          = var.name
  description   = "Text from images"
  protocol_type = "HTTP"

  dynamic "cors_configuration" {
    for_each = length(var.allowed_origins) > 0 ? [1] : []

    content {
      allow_headers  = ["authorization", "content-type", "idempotency-key", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token"]
      allow_methods  = distinct([for route in keys(local.routes) : split(" ", route)[0]])
      allow_origins  = var.allowed_origins
      expose_headers = ["retry-after"]
      max_age        = 3600
    }
  }
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  count = var.authorization == "jwt" ? 1 : 0

  api_id           = aws_apigatewayv2_api.this.id
  name             = "jwt"
  authorizer_type  = "JWT"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    audience = var.jwt.audience
    issuer   = var.jwt.issuer
  }
}

# ---- what the API may do ----

resource "aws_iam_role" "api" {
  name                 = "${var.name}-api"
  description          = "API ${var.name}"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "apigateway.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "api" {
  name = "pipeline"
  role = aws_iam_role.api.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Invoke"
      Effect   = "Allow"
      Action   = ["lambda:InvokeFunction"]
      Resource = [for name in local.api_functions : "${local.function_prefix}${name}"]
    }]
  })
}

# ---- routes ----

resource "aws_apigatewayv2_integration" "this" {
  for_each = local.api_functions

  api_id                 = aws_apigatewayv2_api.this.id
  credentials_arn        = aws_iam_role.api.arn
  description            = each.key
  integration_type       = "AWS_PROXY"
  integration_method     = "POST"
  integration_uri        = aws_lambda_function.this[each.key].arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "this" {
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  authorization_type = local.authorization_types[var.authorization]
  authorizer_id      = one(aws_apigatewayv2_authorizer.jwt[*].id)
  target             = "integrations/${aws_apigatewayv2_integration.this[each.value].id}"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  # No query strings, no addresses of results: nothing that could be used or that names a person beyond the caller's address.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.api.arn
    format = jsonencode({
      error     = "$context.error.message"
      ip        = "$context.identity.sourceIp"
      latency   = "$context.responseLatency"
      length    = "$context.responseLength"
      requestId = "$context.requestId"
      route     = "$context.routeKey"
      status    = "$context.status"
      time      = "$context.requestTime"
    })
  }

  default_route_settings {
    detailed_metrics_enabled = true
    throttling_burst_limit   = var.api_throttle.burst
    throttling_rate_limit    = var.api_throttle.rate
  }

  depends_on = [aws_iam_role_policy.api]
}
