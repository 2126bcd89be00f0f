resource "aws_cloudwatch_log_group" "state_machine" {
  # Groups under /aws/vendedlogs need no entry in CloudWatch Logs' own resource policy, which is limited to ten.
  name              = "/aws/vendedlogs/states/${var.name}-pipeline"
  retention_in_days = var.log_days
}

resource "aws_iam_role" "state_machine" {
  name                 = "${var.name}-state-machine"
  description          = "State machine ${var.name}-pipeline"
  permissions_boundary = var.permissions_boundary_arn
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = local.roles["state-machine"].service }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_role_policy" "state_machine" {
  name = "pipeline"
  role = aws_iam_role.state_machine.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      local.roles["state-machine"].statements,
      # Log deliveries have no resources to name: the wildcard is the only form that these actions take.
      var.state_machine_log_level == "OFF" ? [] : [{
        Sid    = "DeliverLogs"
        Effect = "Allow"
        Action = [
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
        ]
        Resource = ["*"]
      }],
      local.trace_statements,
      var.tracing ? [{
        Sid      = "Sampling"
        Effect   = "Allow"
        Action   = ["xray:GetSamplingRules", "xray:GetSamplingTargets"]
        Resource = ["*"] # as above: X-Ray has no resources
      }] : [],
    )
  })
}

# An execution in flight keeps the definition it began with, so a deployment does not touch it.
resource "aws_sfn_state_machine" "pipeline" {
  name       = "${var.name}-pipeline"
  definition = local.definition
  role_arn   = aws_iam_role.state_machine.arn
  type       = "STANDARD"

  logging_configuration {
    include_execution_data = false
    level                  = var.state_machine_log_level
    log_destination        = var.state_machine_log_level == "OFF" ? null : "${aws_cloudwatch_log_group.state_machine.arn}:*"
  }

  tracing_configuration {
    enabled = var.tracing
  }

  depends_on = [aws_iam_role_policy.state_machine, aws_lambda_function.this]
}
