locals {
  rule_arns = { for name in keys(local.rules) : name => "arn:${local.partition}:events:${local.scope}:rule/${var.name}-${name}" }

  function_rules = { for name, rule in local.rules : name => rule if rule.target != "state-machine" }
  role_rules     = { for name, rule in local.rules : name => rule if can(rule.role) }
}

resource "aws_cloudwatch_event_rule" "this" {
  for_each = local.rules

  name                = "${var.name}-${each.key}"
  description         = each.value.description
  event_pattern       = can(each.value.event_pattern) ? templatefile("${local.folder}/${each.value.event_pattern}", local.values) : null
  schedule_expression = try(each.value.schedule, null)
  state               = "ENABLED" # said, so that a rule that somebody turned off is found
}

# ---- what a rule may do: a role for the state machine, the function's own policy for a function ----

resource "aws_iam_role" "rule" {
  for_each = local.role_rules

  name                 = "${var.name}-${each.value.role}"
  description          = "Rule ${var.name}-${each.key}"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = local.roles[each.value.role].service }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "rule" {
  for_each = local.role_rules

  name = "pipeline"
  role = aws_iam_role.rule[each.key].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.roles[each.value.role].statements
  })
}

resource "aws_lambda_permission" "rule" {
  for_each = local.function_rules

  statement_id  = "rule-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[each.value.target].function_name
  principal     = "events.amazonaws.com"
  source_arn    = local.rule_arns[each.key]
}

# ---- targets ----

resource "aws_cloudwatch_event_target" "this" {
  for_each = local.rules

  rule      = aws_cloudwatch_event_rule.this[each.key].name
  target_id = each.value.target
  arn       = each.value.target == "state-machine" ? aws_sfn_state_machine.pipeline.arn : aws_lambda_function.this[each.value.target].arn
  role_arn  = can(each.value.role) ? aws_iam_role.rule[each.key].arn : null

  dead_letter_config {
    arn = aws_sqs_queue.dead_letters[each.key].arn
  }

  # A scheduled event is worthless once the next one is due; an upload is tried for a day, as long as EventBridge can.
  retry_policy {
    maximum_event_age_in_seconds = can(each.value.schedule) ? 300 : 86400
    maximum_retry_attempts       = 185
  }

  depends_on = [aws_iam_role_policy.rule, aws_lambda_permission.rule, aws_sqs_queue_policy.dead_letters]
}

# ---- events that could not be delivered ----

resource "aws_sqs_queue" "dead_letters" {
  for_each = local.rules

  name                      = "${var.name}-${each.key}-dead-letters"
  message_retention_seconds = 1209600 # the longest SQS keeps any: two weeks to find out why
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_policy" "dead_letters" {
  for_each = local.rules

  queue_url = aws_sqs_queue.dead_letters[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "DeadLetters"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.dead_letters[each.key].arn
      Condition = { ArnEquals = { "aws:SourceArn" = local.rule_arns[each.key] } }
    }]
  })
}
