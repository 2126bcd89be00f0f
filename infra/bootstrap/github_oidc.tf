# Who on GitHub may start what. A workflow gets no more than the right to start its own build; what the build may do is its
# service role's (codebuild.tf), and how it does it is the build's own buildspec: the start may not replace either.

locals {
  oidc_provider_arn = coalesce(var.existing_oidc_provider_arn, one(aws_iam_openid_connect_provider.github[*].arn))

  subject = {
    ids   = "repo:${var.github.owner}@${var.github.owner_id}/${var.github.repository}@${var.github.repository_id}"
    names = "repo:${var.github.owner}/${var.github.repository}"
  }[var.github_subject]

  repository   = "${var.github.owner}/${var.github.repository}"
  workflow_ref = { for use, file in var.github_workflows : use => "${local.repository}/${file}@refs/heads/${var.branch}" }

  # Each way to take a role: claims that must all be exactly so (of several values one). A claim that is absent never equals.
  trusts = {
    apply = [{
      sid = "ProtectedEnvironment"
      exact = {
        environment      = var.environment
        job_workflow_ref = local.workflow_ref.apply
        ref              = "refs/heads/${var.branch}"
        sub              = "${local.subject}:environment:${var.environment}"
      }
      like = {}
    }]
    plan = concat(
      [{
        sid = "Branch"
        exact = {
          job_workflow_ref = [local.workflow_ref.plan, local.workflow_ref.check_drift, local.workflow_ref.notify]
          ref              = "refs/heads/${var.branch}"
          sub              = "${local.subject}:ref:refs/heads/${var.branch}"
        }
        like = {}
      }],
      # A pull request's ref holds its number, which nobody knows beforehand: here a wildcard stands for it, and only for it.
      var.plan_pull_requests ? [{
        sid   = "PullRequest"
        exact = { sub = "${local.subject}:pull_request" }
        like = {
          job_workflow_ref = "${local.repository}/${var.github_workflows.plan}@refs/pull/*/merge"
          ref              = "refs/pull/*/merge"
        }
      }] : [],
    )
  }

  # What StartBuild can replace of a project, by the condition key that is present when it does. Left are the source's version
  # and the variables named in codebuild.tf. https://docs.aws.amazon.com/codebuild/latest/userguide/action-context-keys.html
  override_keys = [
    "codebuild:artifacts",
    "codebuild:autoRetryLimit",
    "codebuild:cache",
    "codebuild:encryptionKey",
    "codebuild:environment.certificate",
    "codebuild:environment.computeType",
    "codebuild:environment.fleet.fleetArn",
    "codebuild:environment.image",
    "codebuild:environment.imagePullCredentialsType",
    "codebuild:environment.privilegedMode",
    "codebuild:environment.registryCredential",
    "codebuild:environment.type",
    "codebuild:logsConfig",
    "codebuild:secondaryArtifacts",
    "codebuild:secondarySources",
    "codebuild:serviceRole",
    "codebuild:source.auth.resource",
    "codebuild:source.auth.type",
    "codebuild:source.buildspec",
    "codebuild:source.insecureSsl",
    "codebuild:source.location",
  ]
}

# No thumbprint: IAM trusts this issuer by its certificate authority.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.existing_oidc_provider_arn == null ? 1 : 0

  url            = "https://${var.oidc_issuer}"
  client_id_list = ["sts.amazonaws.com"]
}

resource "aws_iam_role" "github" {
  for_each = local.trusts

  name                 = "${local.prefix}-github-${each.key}"
  description          = "Taken by GitHub Actions to start ${local.builds[each.key]}"
  max_session_duration = 7200
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for trust in each.value : {
        Sid       = trust.sid
        Effect    = "Allow"
        Principal = { Federated = local.oidc_provider_arn }
        Action    = "sts:AssumeRoleWithWebIdentity"
        Condition = merge(
          {
            StringEquals = {
              for claim, value in merge(
                trust.exact,
                { aud = "sts.amazonaws.com", repository_id = tostring(var.github.repository_id) },
              ) : "${var.oidc_issuer}:${claim}" => value
            }
          },
          length(trust.like) > 0 ? { StringLike = { for claim, value in trust.like : "${var.oidc_issuer}:${claim}" => value } } : {},
        )
      }
    ]
  })
}

resource "aws_iam_role_policy" "github" {
  for_each = local.trusts

  name = "build"
  role = aws_iam_role.github[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Start"
          Effect   = "Allow"
          Action   = ["codebuild:BatchGetBuilds", "codebuild:StartBuild", "codebuild:StopBuild"]
          Resource = [local.build_arns[each.key]]
        },
        {
          Sid      = "Follow"
          Effect   = "Allow"
          Action   = ["logs:GetLogEvents"]
          Resource = ["${local.build_log_arns[each.key]}:log-stream:*"] # a stream a build, named by its number
        },
        {
          Sid      = "ReadManifests"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:GetObjectVersion"]
          Resource = [for folder in ["deployments", "manifests"] : "${local.bucket_arns.artifacts}/${folder}/*"] # nothing secret
        },
        {
          Sid      = "Notify"
          Effect   = "Allow"
          Action   = ["sns:Publish"]
          Resource = [aws_sns_topic.builds.arn]
        },
        {
          Sid      = "Key"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = [aws_kms_key.this.arn]
        },
      ],
      each.key == "plan" ? [{
        Sid      = "UploadSource"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = ["${local.bucket_arns.artifacts}/${local.source_key}"]
      }] : [],
      each.key == "apply" ? [{
        Sid      = "SmokeTest" # an API's number is AWS's choice
        Effect   = "Allow"
        Action   = ["execute-api:Invoke"]
        Resource = [for route in ["POST/jobs", "GET/jobs/*", "DELETE/jobs/*"] : "arn:${local.partition}:execute-api:${local.scope}:*/*/${route}"]
      }] : [],
      [
        for key in local.override_keys : {
          Sid       = "Deny${replace(title(replace(trimprefix(key, "codebuild:"), ".", " ")), " ", "")}"
          Effect    = "Deny"
          Action    = ["codebuild:StartBuild"]
          Resource  = [local.build_arns[each.key]]
          Condition = { Null = { (key) = "false" } }
        }
      ],
      [{
        Sid       = "DenyOtherVariables"
        Effect    = "Deny"
        Action    = ["codebuild:StartBuild"]
        Resource  = [local.build_arns[each.key]]
        Condition = { "ForAnyValue:StringNotEquals" = { "codebuild:environment.environmentVariables.name" = local.build_inputs[each.key] } }
      }],
    )
  })
}
