# A failed build tells people, whoever started it and whether or not anybody watches.

resource "aws_sns_topic" "builds" {
  name = "${local.prefix}-builds"
}

resource "aws_sns_topic_policy" "builds" {
  arn = aws_sns_topic.builds.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FailedBuilds"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sns:Publish"
      Resource  = aws_sns_topic.builds.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.failed_build.arn } }
    }]
  })
}

resource "aws_sns_topic_subscription" "builds" {
  for_each = var.notify_emails

  topic_arn = aws_sns_topic.builds.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_cloudwatch_event_rule" "failed_build" {
  name        = "${local.prefix}-failed-build"
  description = "A build of ${local.prefix} ended without success."
  state       = "ENABLED"
  event_pattern = jsonencode({
    source      = ["aws.codebuild"]
    detail-type = ["CodeBuild Build State Change"]
    detail = {
      build-status = ["FAILED", "FAULT", "STOPPED", "TIMED_OUT"]
      project-name = values(local.builds)
    }
  })
}

resource "aws_cloudwatch_event_target" "failed_build" {
  rule      = aws_cloudwatch_event_rule.failed_build.name
  target_id = "topic"
  arn       = aws_sns_topic.builds.arn
}
