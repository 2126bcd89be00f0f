data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  prefix     = "${var.name}-${var.environment}"
  scope      = "${var.region}:${local.account_id}"

  # The key that infra/live/<environment>/backend.tf names, and the object beside it that is the lock.
  state_key = "${var.environment}/terraform.tfstate"

  buckets = {
    artifacts = "${local.prefix}-artifacts-${local.account_id}-${var.region}"
    state     = "${local.prefix}-state-${local.account_id}-${var.region}"
  }
  bucket_arns = { for role, name in local.buckets : role => "arn:${local.partition}:s3:::${name}" }

  builds = {
    apply = "TerraformApplyBuild${var.build_suffix}"
    plan  = "TerraformPlanBuild${var.build_suffix}"
  }
  build_arns       = { for role, name in local.builds : role => "arn:${local.partition}:codebuild:${local.scope}:project/${name}" }
  build_log_groups = { for role, name in local.builds : role => "/aws/codebuild/${name}" }
  build_log_arns   = { for role, name in local.build_log_groups : role => "arn:${local.partition}:logs:${local.scope}:log-group:${name}" }
}
