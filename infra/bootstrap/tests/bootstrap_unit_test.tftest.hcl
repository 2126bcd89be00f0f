# Plans with the real provider and without an account: what is asserted is what would be sent.

provider "aws" {
  access_key                  = "test"
  secret_key                  = "test"
  region                      = "eu-central-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    sts = "http://127.0.0.1:9"
  }
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target          = aws_kms_key.this
  override_during = plan
  values          = { arn = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555" }
}

override_resource {
  target          = aws_iam_policy.boundary
  override_during = plan
  values          = { arn = "arn:aws:iam::111122223333:policy/gleaner-production-boundary" }
}

override_resource {
  target          = aws_iam_openid_connect_provider.github
  override_during = plan
  values          = { arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
}

override_resource {
  target          = aws_sns_topic.builds
  override_during = plan
  values          = { arn = "arn:aws:sns:eu-central-1:111122223333:gleaner-production-builds" }
}

variables {
  environment = "production"
  github      = { owner = "example", owner_id = 11, repository = "gleaner", repository_id = 22 }
  region      = "eu-central-1"
}

run "defaults" {
  command = plan

  # ---- trust is exact ----

  assert {
    condition = jsondecode(aws_iam_role.github["apply"].assume_role_policy).Statement == [{
      Sid       = "ProtectedEnvironment"
      Effect    = "Allow"
      Principal = { Federated = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }
      Action    = "sts:AssumeRoleWithWebIdentity"
      Condition = { StringEquals = {
        "token.actions.githubusercontent.com:aud"              = "sts.amazonaws.com"
        "token.actions.githubusercontent.com:environment"      = "production"
        "token.actions.githubusercontent.com:job_workflow_ref" = "example/gleaner/.github/workflows/apply.yml@refs/heads/main"
        "token.actions.githubusercontent.com:ref"              = "refs/heads/main"
        "token.actions.githubusercontent.com:repository_id"    = "22"
        "token.actions.githubusercontent.com:sub"              = "repo:example@11/gleaner@22:environment:production"
      } }
    }]
    error_message = "The apply role must be taken only by the apply workflow of the protected branch in the protected environment."
  }
  assert {
    condition = alltrue([
      for statement in jsondecode(aws_iam_role.github["plan"].assume_role_policy).Statement : alltrue([
        for claim in ["aud", "repository_id", "sub"] : can(statement.Condition.StringEquals["token.actions.githubusercontent.com:${claim}"])
      ])
    ])
    error_message = "A way to the plan role leaves audience, repository or subject open."
  }
  assert {
    condition = [
      for statement in jsondecode(aws_iam_role.github["plan"].assume_role_policy).Statement : try(
        statement.Condition.StringEquals["token.actions.githubusercontent.com:job_workflow_ref"],
        statement.Condition.StringLike["token.actions.githubusercontent.com:job_workflow_ref"],
      )
      ] == [
      [
        "example/gleaner/.github/workflows/plan.yml@refs/heads/main",
        "example/gleaner/.github/workflows/check-drift.yml@refs/heads/main",
        "example/gleaner/.github/workflows/notify.yml@refs/heads/main",
      ],
      "example/gleaner/.github/workflows/plan.yml@refs/pull/*/merge",
    ]
    error_message = "The plan role must be taken only by the workflows that need it."
  }
  assert {
    condition     = !strcontains(jsonencode([for role in aws_iam_role.github : role.assume_role_policy]), "ForAllValues")
    error_message = "ForAllValues in an Allow is true where the claim is absent."
  }

  # ---- starting a build replaces nothing ----

  assert {
    condition = alltrue([
      for policy in aws_iam_role_policy.github : alltrue([
        for key in ["source.buildspec", "source.location", "secondarySources", "environment.image", "environment.type", "serviceRole", "artifacts", "logsConfig"] :
        contains(
          [for s in jsondecode(policy.policy).Statement : try(s.Condition.Null["codebuild:${key}"], "") if s.Effect == "Deny"],
          "false",
        )
      ])
    ])
    error_message = "Whoever may start a build could replace what it does."
  }
  assert {
    condition = alltrue([
      for stage, policy in aws_iam_role_policy.github : one([
        for s in jsondecode(policy.policy).Statement : s.Resource if contains(s.Action, "codebuild:StartBuild") && s.Effect == "Allow"
      ]) == ["arn:aws:codebuild:eu-central-1:111122223333:project/Terraform${title(stage)}Build"]
    ])
    error_message = "A role may start another build than its own."
  }

  assert {
    condition = {
      for stage, policy in aws_iam_role_policy.github : stage => one([
        for s in jsondecode(policy.policy).Statement : s.Condition["ForAnyValue:StringNotEquals"]["codebuild:environment.environmentVariables.name"]
        if s.Sid == "DenyOtherVariables"
      ])
      } == {
      apply = ["COMMIT", "MANIFEST_SHA256", "MANIFEST_VERSION", "PLAN_SHA256", "RUN_ID"]
      plan  = ["COMMIT", "DRIFT", "RUN_ID"]
    }
    error_message = "Whoever may start a build could set other variables than what it is asked."
  }
  assert {
    condition = [
      for s in jsondecode(aws_iam_role_policy.build["plan"].policy).Statement : s.Action
      if anytrue([for resource in s.Resource : endswith(resource, "/plans/*")])
    ] == [["s3:PutObject"]]
    error_message = "The plan build may read plans: they are the apply build's alone."
  }

  # ---- the plan build only reads ----

  assert {
    condition = toset(flatten([
      for s in jsondecode(aws_iam_role_policy.build["plan"].policy).Statement : [
        for action in s.Action : action
        if !anytrue([for verb in ["Get", "List", "Describe", "BatchGet", "Validate"] : startswith(split(":", action)[1], verb)]) && action != "apigateway:GET"
      ]
    ])) == toset(["kms:Decrypt", "kms:GenerateDataKey", "logs:CreateLogStream", "logs:PutLogEvents", "s3:DeleteObject", "s3:PutObject"])
    error_message = "The plan build may write more than its log, its plan and the lock."
  }
  assert {
    condition = toset(flatten([
      for s in jsondecode(aws_iam_role_policy.build["plan"].policy).Statement : s.Resource if anytrue([for a in s.Action : contains(["s3:PutObject", "s3:DeleteObject"], a)])
      ])) == toset([
      "arn:aws:s3:::gleaner-production-artifacts-111122223333-eu-central-1/manifests/*",
      "arn:aws:s3:::gleaner-production-artifacts-111122223333-eu-central-1/plans/*",
      "arn:aws:s3:::gleaner-production-state-111122223333-eu-central-1/production/terraform.tfstate.tflock",
    ])
    error_message = "The plan build may write other objects than plans, manifests and the lock."
  }

  # ---- a deployment cannot make itself administrator ----

  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.build["apply"].policy).Statement :
      s.Condition.ArnEquals["iam:PermissionsBoundary"] == "arn:aws:iam::111122223333:policy/gleaner-production-boundary"
      if s.Effect == "Allow" && anytrue([for a in s.Action : contains(["iam:CreateRole", "iam:PutRolePolicy"], a)])
    ])
    error_message = "The apply build may make a role, or write a role's policy, without the boundary."
  }
  assert {
    condition = alltrue([
      for s in jsondecode(aws_iam_role_policy.build["apply"].policy).Statement : alltrue([for a in s.Action : !strcontains(a, "*")]) if s.Effect == "Allow"
    ])
    error_message = "The apply build has a wildcard in an action."
  }
  assert {
    condition     = alltrue([for role, policy in local.service_policies : length(policy) <= 10240]) && length(aws_iam_policy.boundary.policy) <= 6144
    error_message = "A policy is larger than IAM takes."
  }

  # ---- state is kept, and locked away ----

  assert {
    condition     = alltrue([for versioning in aws_s3_bucket_versioning.this : versioning.versioning_configuration[0].status == "Enabled"])
    error_message = "State and sources must have versions."
  }
  assert {
    condition     = alltrue([for s in aws_s3_bucket_server_side_encryption_configuration.this : one(one(s.rule).apply_server_side_encryption_by_default).sse_algorithm == "aws:kms"])
    error_message = "State and plans must be under our own key."
  }
  assert {
    condition     = aws_kms_key.this.enable_key_rotation && alltrue([for bucket in aws_s3_bucket.this : !bucket.force_destroy])
    error_message = "The key must rotate and full buckets must not be destroyed."
  }
}

run "an_older_repository_and_an_existing_provider" {
  command = plan

  variables {
    existing_oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    github_subject             = "names"
    plan_pull_requests         = false
  }

  assert {
    condition     = jsondecode(aws_iam_role.github["apply"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:example/gleaner:environment:production"
    error_message = "The subject must have the form that older repositories' tokens have."
  }
  assert {
    condition     = length(jsondecode(aws_iam_role.github["plan"].assume_role_policy).Statement) == 1
    error_message = "Pull requests must not be planned where that is turned off."
  }
  assert {
    condition     = length(aws_iam_openid_connect_provider.github) == 0
    error_message = "An account can have only one provider an issuer: the existing one must be used."
  }
}

run "refuses_wrong_values" {
  command = plan

  variables {
    branch                     = "release/*"
    build_minutes              = 1
    build_suffix               = "Staging"
    environment                = "Production"
    existing_oidc_provider_arn = "github"
    github                     = { owner = "example*", owner_id = 11, repository = "gleaner", repository_id = 22 }
    github_subject             = "both"
    name                       = "Gleaner"
    notify_emails              = ["nobody"]
    oidc_issuer                = "https://token.actions.githubusercontent.com"
  }

  expect_failures = [
    var.branch, var.build_minutes, var.build_suffix, var.environment, var.existing_oidc_provider_arn, var.github, var.github_subject,
    var.name, var.notify_emails, var.oidc_issuer,
  ]
}
