locals {
  # Each: more than `threshold` in one period raises it. Missing data is no fault: no traffic, no failures.
  alarms = merge(
    {
      api-errors = {
        description = "The API answered 5xx."
        namespace   = "AWS/ApiGateway", metric = "5xx", statistic = "Sum"
        dimensions  = { ApiId = aws_apigatewayv2_api.this.id }, threshold = 0
      }
      executions-failed = {
        description = "Executions failed through a fault of the system; a client's fault ends them succeeded."
        namespace   = "AWS/States", metric = "ExecutionsFailed", statistic = "Sum"
        dimensions  = { StateMachineArn = local.state_machine_arn }, threshold = 0
      }
      executions-throttled = {
        description = "State transitions were throttled."
        namespace   = "AWS/States", metric = "ExecutionThrottled", statistic = "Sum"
        dimensions  = { StateMachineArn = local.state_machine_arn }, threshold = 0
      }
      executions-timed-out = {
        description = "Executions ran past the state machine's timeout."
        namespace   = "AWS/States", metric = "ExecutionsTimedOut", statistic = "Sum"
        dimensions  = { StateMachineArn = local.state_machine_arn }, threshold = 0
      }
      oldest-job = {
        description = "A job is unfinished for too long."
        namespace   = "Gleaner", metric = "OldestUnfinishedJobAge", statistic = "Maximum"
        dimensions  = { JobsTable = local.jobs_table }, threshold = var.oldest_job_minutes * 60
      }
      sweep-errors = {
        description = "The sweep that settles stuck jobs failed."
        namespace   = "AWS/Lambda", metric = "Errors", statistic = "Sum"
        dimensions  = { FunctionName = "${var.name}-settle-job" }, threshold = 0
      }
    },
    {
      for name in keys(local.rules) : "dead-letters-${name}" => {
        description = "Events of the rule ${var.name}-${name} could not be delivered."
        namespace   = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", statistic = "Maximum"
        dimensions  = { QueueName = aws_sqs_queue.dead_letters[name].name }, threshold = 0
      }
    },
    {
      for name in keys(local.handlers) : "throttles-${name}" => {
        description = "The function ${var.name}-${name} was throttled: the account's concurrency is used up."
        namespace   = "AWS/Lambda", metric = "Throttles", statistic = "Sum"
        dimensions  = { FunctionName = "${var.name}-${name}" }, threshold = 0
      }
    },
  )
}

resource "aws_sns_topic" "alarms" {
  name = "${var.name}-alarms"
}

resource "aws_sns_topic_policy" "alarms" {
  arn = aws_sns_topic.alarms.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Alarms"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.alarms.arn
      Condition = { ArnLike = { "aws:SourceArn" = "arn:${local.partition}:cloudwatch:${local.scope}:alarm:${var.name}-*" } }
    }]
  })
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${each.key}"
  alarm_description   = each.value.description
  alarm_actions       = [aws_sns_topic.alarms.arn]
  comparison_operator = "GreaterThanThreshold"
  dimensions          = each.value.dimensions
  evaluation_periods  = 1
  metric_name         = each.value.metric
  namespace           = each.value.namespace
  ok_actions          = [aws_sns_topic.alarms.arn]
  period              = 300
  statistic           = each.value.statistic
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
}
