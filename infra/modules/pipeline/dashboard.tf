locals {
  # One widget a question; each metric as CloudWatch wants it: namespace, name, then dimension names and values in turn.
  widgets = [
    {
      title = "Jobs: executions"
      metrics = [
        for metric in ["ExecutionsStarted", "ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionThrottled"] :
        ["AWS/States", metric, "StateMachineArn", local.state_machine_arn]
      ]
      stat = "Sum"
    },
    {
      title   = "How long a job takes (ms)"
      metrics = [["AWS/States", "ExecutionTime", "StateMachineArn", local.state_machine_arn]]
      stat    = "p95"
    },
    {
      title   = "Oldest unfinished job (s)"
      metrics = [["Gleaner", "OldestUnfinishedJobAge", "JobsTable", local.jobs_table]]
      stat    = "Maximum"
    },
    {
      title   = "API requests and errors"
      metrics = [for metric in ["Count", "4xx", "5xx"] : ["AWS/ApiGateway", metric, "ApiId", aws_apigatewayv2_api.this.id]]
      stat    = "Sum"
    },
    {
      title   = "API latency (ms)"
      metrics = [["AWS/ApiGateway", "Latency", "ApiId", aws_apigatewayv2_api.this.id]]
      stat    = "p95"
    },
    {
      title   = "Function errors"
      metrics = [for name in keys(local.handlers) : ["AWS/Lambda", "Errors", "FunctionName", "${var.name}-${name}"]]
      stat    = "Sum"
    },
    {
      title   = "Function throttles"
      metrics = [for name in keys(local.handlers) : ["AWS/Lambda", "Throttles", "FunctionName", "${var.name}-${name}"]]
      stat    = "Sum"
    },
    {
      title   = "Function duration (ms)"
      metrics = [for name in keys(local.handlers) : ["AWS/Lambda", "Duration", "FunctionName", "${var.name}-${name}"]]
      stat    = "p95"
    },
    {
      title = "Undelivered events"
      metrics = [
        for name in keys(local.rules) :
        ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", aws_sqs_queue.dead_letters[name].name]
      ]
      stat = "Maximum"
    },
  ]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [
      for index, widget in local.widgets : {
        type   = "metric"
        x      = (index % 3) * 8
        y      = floor(index / 3) * 6
        width  = 8
        height = 6
        properties = {
          title   = widget.title
          metrics = widget.metrics
          period  = 300
          region  = local.region
          stat    = widget.stat
          view    = "timeSeries"
        }
      }
    ]
  })
}
