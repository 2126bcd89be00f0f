# Somebody else's serverless stack: pictures come to a bucket, a queue and a function take them, a table and an API tell of
# them, alarms and subscriptions watch. `revision` changes most arguments.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.100"
    }
  }
}

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { Project = "album" }
  }
}

variable "package" { type = string }
variable "revision" { type = number }

data "aws_caller_identity" "current" {}

locals { first = var.revision == 1 }

# ---- the bucket and what it tells ----

resource "aws_s3_bucket" "pictures" {
  bucket        = "album-${data.aws_caller_identity.current.account_id}"
  force_destroy = true
}

resource "aws_s3_bucket_cors_configuration" "pictures" {
  bucket = aws_s3_bucket.pictures.id

  cors_rule {
    allowed_methods = ["PUT"]
    allowed_origins = local.first ? ["https://a.example"] : ["https://a.example", "https://b.example"]
  }
}

resource "aws_sqs_queue" "dead" { name = "album-dead" }

resource "aws_sqs_queue" "work" {
  name                       = "album-work"
  visibility_timeout_seconds = local.first ? 30 : 40
  redrive_policy             = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead.arn, maxReceiveCount = 3 })
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Allow", Principal = { Service = "s3.amazonaws.com" }, Action = "sqs:SendMessage", Resource = "*"
    Condition = { ArnEquals = { "aws:SourceArn" = aws_s3_bucket.pictures.arn } }
  }] })
}

resource "aws_s3_bucket_notification" "pictures" {
  bucket = aws_s3_bucket.pictures.id

  queue {
    queue_arn     = aws_sqs_queue.work.arn
    events        = local.first ? ["s3:ObjectCreated:*"] : ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"]
    filter_suffix = ".png"
  }
}

# ---- the function, its layer, what feeds it ----

resource "aws_iam_role" "worker" {
  name = "album-worker"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }
  ] })
}

resource "aws_iam_role_policy_attachment" "worker" {
  for_each = toset(["AWSLambdaBasicExecutionRole", "AWSLambdaSQSQueueExecutionRole"])

  role       = aws_iam_role.worker.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/${each.value}"
}

resource "aws_lambda_layer_version" "shared" {
  layer_name          = "album-shared"
  filename            = var.package
  source_code_hash    = filebase64sha256(var.package)
  compatible_runtimes = ["python3.11"]
}

resource "aws_cloudwatch_log_group" "worker" {
  name              = "/aws/lambda/album-worker"
  retention_in_days = local.first ? 7 : 14
}

resource "aws_lambda_function" "worker" {
  function_name    = "album-worker"
  role             = aws_iam_role.worker.arn
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "index.handler"
  runtime          = "python3.11"
  layers           = [aws_lambda_layer_version.shared.arn]
  publish          = true
  timeout          = local.first ? 5 : 6

  depends_on = [aws_cloudwatch_log_group.worker]
}

resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "revision ${var.revision}"
  function_name    = aws_lambda_function.worker.function_name
  function_version = aws_lambda_function.worker.version
}

resource "aws_lambda_event_source_mapping" "work" {
  event_source_arn        = aws_sqs_queue.work.arn
  function_name           = aws_lambda_alias.live.arn
  batch_size              = local.first ? 1 : 2
  function_response_types = ["ReportBatchItemFailures"]

  depends_on = [aws_iam_role_policy_attachment.worker]
}

# ---- the table and the API ----

resource "aws_dynamodb_table" "pictures" {
  name             = "album-pictures"
  billing_mode     = "PAY_PER_REQUEST"
  hash_key         = "id"
  range_key        = "taken"
  stream_enabled   = local.first
  stream_view_type = local.first ? "NEW_IMAGE" : null

  dynamic "attribute" {
    for_each = { id = "S", taken = "N", owner = "S" }
    content {
      name = attribute.key
      type = attribute.value
    }
  }

  global_secondary_index {
    name            = "by-owner"
    hash_key        = "owner"
    range_key       = "taken"
    projection_type = "KEYS_ONLY"
  }
}

resource "aws_dynamodb_table_item" "cover" {
  table_name = aws_dynamodb_table.pictures.name
  hash_key   = "id"
  range_key  = "taken"
  item       = jsonencode({ id = { S = "cover" }, taken = { N = "0" }, title = { S = "revision ${var.revision}" } })
}

resource "aws_apigatewayv2_api" "album" {
  name          = "album"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_authorizer" "jwt" {
  api_id           = aws_apigatewayv2_api.album.id
  authorizer_type  = "JWT"
  name             = "users"
  identity_sources = ["$request.header.Authorization"]

  jwt_configuration {
    audience = local.first ? ["album"] : ["album", "shop"]
    issuer   = "https://issuer.example"
  }
}

resource "aws_apigatewayv2_integration" "worker" {
  api_id                 = aws_apigatewayv2_api.album.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.worker.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "picture" {
  api_id             = aws_apigatewayv2_api.album.id
  route_key          = "GET /pictures/{id}"
  target             = "integrations/${aws_apigatewayv2_integration.worker.id}"
  authorization_type = "JWT"
  authorizer_id      = aws_apigatewayv2_authorizer.jwt.id
}

resource "aws_apigatewayv2_stage" "live" {
  api_id      = aws_apigatewayv2_api.album.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_burst_limit = local.first ? 10 : 20
    throttling_rate_limit  = 5
  }
}

# ---- watching ----

resource "aws_sns_topic" "alarms" { name = "album-alarms" }

resource "aws_cloudwatch_metric_alarm" "error_rate" {
  alarm_name          = "album-error-rate"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  threshold           = local.first ? 5 : 10
  alarm_actions       = [aws_sns_topic.alarms.arn]

  metric_query {
    id          = "rate"
    expression  = "100 * errors / calls"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { errors = "Errors", calls = "Invocations" }
    content {
      id = metric_query.key
      metric {
        namespace   = "AWS/Lambda"
        metric_name = metric_query.value
        period      = 60
        stat        = "Sum"
        dimensions  = { FunctionName = aws_lambda_function.worker.function_name }
      }
    }
  }
}

resource "aws_cloudwatch_composite_alarm" "any" {
  alarm_name = "album-any"
  alarm_rule = "ALARM(${aws_cloudwatch_metric_alarm.error_rate.alarm_name})"
}

resource "aws_cloudwatch_log_metric_filter" "slow" {
  name           = "slow"
  log_group_name = aws_cloudwatch_log_group.worker.name
  pattern        = "{ $.ms > ${local.first ? 100 : 200} }"

  metric_transformation {
    name       = "Slow"
    namespace  = "Album"
    value      = "$.ms"
    dimensions = { Step = "$.step" }
  }
}

# ---- people ----

resource "aws_iam_group" "editors" { name = "album-editors" }

resource "aws_iam_group_policy" "editors" {
  name   = "pictures"
  group  = aws_iam_group.editors.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = local.first ? ["s3:GetObject"] : ["s3:GetObject", "s3:PutObject"], Resource = "${aws_s3_bucket.pictures.arn}/*" }] })
}

resource "aws_iam_user" "editor" {
  name          = "album-editor"
  force_destroy = true
}

resource "aws_iam_group_membership" "editors" {
  name  = "editors"
  group = aws_iam_group.editors.name
  users = [aws_iam_user.editor.name]
}

resource "aws_cloudwatch_event_bus" "album" { name = "album" }

resource "aws_cloudwatch_event_archive" "album" {
  name             = "album"
  event_source_arn = aws_cloudwatch_event_bus.album.arn
  retention_days   = local.first ? 1 : 2
}

output "bucket" { value = aws_s3_bucket.pictures.id }
