locals {
  source_key = "source/source.zip" # one key, its versions: a build is started on a version

  # The variables that whoever starts a build may set; the rest is the project's.
  build_inputs = {
    apply = ["COMMIT", "MANIFEST_SHA256", "MANIFEST_VERSION", "PLAN_SHA256", "RUN_ID"]
    plan  = ["COMMIT", "DRIFT", "RUN_ID"]
  }

  build_variables = {
    ARTIFACTS_BUCKET                = local.buckets.artifacts
    ENVIRONMENT                     = var.environment
    KMS_KEY_ARN                     = aws_kms_key.this.arn
    STATE_BUCKET                    = local.buckets.state
    STATE_KEY                       = local.state_key
    STATE_REGION                    = var.region
    TERRAFORM_ROOT                  = "infra/live/${var.environment}"
    TF_VAR_permissions_boundary_arn = aws_iam_policy.boundary.arn
  }
}

resource "aws_cloudwatch_log_group" "build" {
  for_each = local.build_log_groups

  name              = each.value
  retention_in_days = 90
}

resource "aws_iam_role" "build" {
  for_each = local.builds

  name        = "${local.prefix}-build-${each.key}"
  description = "Build ${each.value}"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "codebuild.amazonaws.com" }
      Action    = "sts:AssumeRole"
      Condition = { ArnEquals = { "aws:SourceArn" = local.build_arns[each.key] } }
    }]
  })
}

resource "aws_codebuild_project" "this" {
  for_each = local.builds

  name           = each.value
  description    = each.key == "plan" ? "Plans ${local.prefix} and stores the plan" : "Applies exactly the plan that was approved for ${local.prefix}"
  build_timeout  = var.build_minutes
  encryption_key = aws_kms_key.this.arn
  queued_timeout = 30
  service_role   = aws_iam_role.build[each.key].arn

  artifacts {
    type = "NO_ARTIFACTS" # the plan goes to plans/, where only the apply build reads it
  }

  environment {
    compute_type                = "BUILD_GENERAL1_SMALL"
    image                       = var.build_image
    image_pull_credentials_type = "CODEBUILD"
    type                        = "LINUX_CONTAINER"

    dynamic "environment_variable" {
      for_each = local.build_variables

      content {
        name  = environment_variable.key
        value = environment_variable.value
      }
    }
  }

  logs_config {
    cloudwatch_logs {
      group_name = aws_cloudwatch_log_group.build[each.key].name
    }
  }

  source {
    type      = "S3"
    location  = "${aws_s3_bucket.this["artifacts"].id}/${local.source_key}"
    buildspec = "ci/${each.key}.buildspec.yml"
  }

  depends_on = [aws_iam_role_policy.build]
}
