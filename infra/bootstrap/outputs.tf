output "artifacts_bucket" {
  description = "Bucket of sources (source/), plans (plans/), manifests (manifests/) and what was applied last (deployments/)."
  value       = aws_s3_bucket.this["artifacts"].id
}

output "backend_config" {
  description = "For infra/live/<environment>: `terraform output -raw backend_config > backend.hcl`, then `init -backend-config=backend.hcl`."
  value       = <<-EOT
    bucket     = "${aws_s3_bucket.this["state"].id}"
    kms_key_id = "${aws_kms_key.this.arn}"
    region     = "${var.region}"
  EOT
}

output "boundary_arn" {
  description = "Policy that every role of the pipeline must carry: permissions_boundary_arn of infra/live/<environment>."
  value       = aws_iam_policy.boundary.arn
}

output "build_projects" {
  description = "Name of the CodeBuild project of each stage."
  value       = { for stage, project in aws_codebuild_project.this : stage => project.name }
}

output "github_role_arns" {
  description = "Role that the workflow of each stage takes; set them as variables of the repository or of its environment."
  value       = { for stage, role in aws_iam_role.github : stage => role.arn }
}

output "github_variable" {
  description = "What the workflows know of this environment: `gh variable set DEPLOY_<ENVIRONMENT> --body \"$(terraform output -raw github_variable)\"`."
  value = jsonencode({
    account_id       = local.account_id
    apply_project    = aws_codebuild_project.this["apply"].name
    apply_role_arn   = aws_iam_role.github["apply"].arn
    artifacts_bucket = aws_s3_bucket.this["artifacts"].id
    plan_project     = aws_codebuild_project.this["plan"].name
    plan_role_arn    = aws_iam_role.github["plan"].arn
    region           = var.region
    topic_arn        = aws_sns_topic.builds.arn
  })
}

output "notification_topic_arn" {
  description = "Topic that failed builds are published to."
  value       = aws_sns_topic.builds.arn
}

output "source_key" {
  description = "Key in the artifacts bucket that a build's source is uploaded to; its version is what the build is started on."
  value       = local.source_key
}

output "state_bucket" {
  description = "Bucket of Terraform's state."
  value       = aws_s3_bucket.this["state"].id
}
