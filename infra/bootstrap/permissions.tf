# What the builds may do. `plan` reads, `apply` reads and writes; each name below stands for one action, none for a group.
# Resources are those that begin with this environment's prefix: their exact names are the pipeline module's.

locals {
  named = "${local.prefix}-*"

  log_group_arns = [
    for group in ["/aws/lambda/${local.named}", "/aws/vendedlogs/apis/${local.prefix}", "/aws/vendedlogs/states/${local.named}"] :
    "arn:${local.partition}:logs:${local.scope}:log-group:${group}"
  ]

  deployment = {
    alarms = {
      resources = ["arn:${local.partition}:cloudwatch:${local.scope}:alarm:${local.named}"]
      read      = ["cloudwatch:ListTagsForResource"]
      write     = ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"]
    }
    alarm_list = {
      resources = ["arn:${local.partition}:cloudwatch:${local.scope}:alarm:*"] # asked of all alarms, whichever are named
      read      = ["cloudwatch:DescribeAlarms"]
      write     = []
    }
    api = {
      # An API is named by a number that AWS chooses; its actions are HTTP methods on paths.
      resources = [for path in ["/apis", "/apis/*", "/tags/*"] : "arn:${local.partition}:apigateway:${var.region}::${path}"]
      read      = ["apigateway:GET"]
      write     = ["apigateway:DELETE", "apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:TagResource", "apigateway:UntagResource"]
    }
    buckets = {
      resources = ["arn:${local.partition}:s3:::${local.prefix}-source-*", "arn:${local.partition}:s3:::${local.prefix}-processed-*"]
      read = [
        "s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLogging", "s3:GetBucketNotification",
        "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite",
        "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
      ]
      write = [
        "s3:CreateBucket", "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:ListBucketVersions", "s3:PutBucketAcl", "s3:PutBucketCORS",
        "s3:PutBucketNotification", "s3:PutBucketOwnershipControls", "s3:PutBucketPolicy", "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
      ]
    }
    dashboards = {
      resources = ["arn:${local.partition}:cloudwatch::${local.account_id}:dashboard/${local.prefix}"]
      read      = ["cloudwatch:GetDashboard"]
      write     = ["cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard"]
    }
    functions = {
      resources = ["arn:${local.partition}:lambda:${local.scope}:function:${local.named}"]
      read = [
        "lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:GetFunctionConfiguration", "lambda:GetPolicy",
        "lambda:ListTags", "lambda:ListVersionsByFunction",
      ]
      write = [
        "lambda:AddPermission", "lambda:CreateFunction", "lambda:DeleteFunction", "lambda:DeleteFunctionConcurrency",
        "lambda:PutFunctionConcurrency", "lambda:RemovePermission", "lambda:TagResource", "lambda:UntagResource",
        "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
      ]
    }
    logs = {
      resources = flatten([for arn in local.log_group_arns : [arn, "${arn}:*"]]) # actions differ in the form that they take
      read      = ["logs:ListTagsForResource"]
      write     = ["logs:CreateLogGroup", "logs:DeleteLogGroup", "logs:PutRetentionPolicy", "logs:TagResource", "logs:UntagResource"]
    }
    queues = {
      resources = ["arn:${local.partition}:sqs:${local.scope}:${local.named}"]
      read      = ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListQueueTags"]
      write     = ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"]
    }
    roles = {
      resources = ["arn:${local.partition}:iam::${local.account_id}:role/${local.named}"]
      read      = ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies"]
      write     = [] # below, with conditions
    }
    rules = {
      resources = ["arn:${local.partition}:events:${local.scope}:rule/${local.named}"]
      read      = ["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"]
      write     = ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:TagResource", "events:UntagResource"]
    }
    state_machines = {
      resources = ["arn:${local.partition}:states:${local.scope}:stateMachine:${local.named}"]
      read      = ["states:DescribeStateMachine", "states:ListStateMachineVersions", "states:ListTagsForResource"]
      write     = ["states:CreateStateMachine", "states:DeleteStateMachine", "states:TagResource", "states:UntagResource", "states:UpdateStateMachine"]
    }
    tables = {
      resources = ["arn:${local.partition}:dynamodb:${local.scope}:table/${local.named}"]
      read      = ["dynamodb:DescribeContinuousBackups", "dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive", "dynamodb:ListTagsOfResource"]
      write = [
        "dynamodb:CreateTable", "dynamodb:DeleteTable", "dynamodb:TagResource", "dynamodb:UntagResource",
        "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable", "dynamodb:UpdateTimeToLive",
      ]
    }
    topics = {
      resources = ["arn:${local.partition}:sns:${local.scope}:${local.named}"] # subscriptions' ARNs begin with their topic's
      read      = ["sns:GetSubscriptionAttributes", "sns:GetTopicAttributes", "sns:ListTagsForResource"]
      write = [
        "sns:CreateTopic", "sns:DeleteTopic", "sns:SetSubscriptionAttributes", "sns:SetTopicAttributes", "sns:Subscribe",
        "sns:TagResource", "sns:Unsubscribe", "sns:UntagResource",
      ]
    }
    # Actions without resources: the wildcard is the only form that they take.
    unnamed = {
      resources = ["*"]
      read      = ["logs:DescribeLogGroups", "states:ValidateStateMachineDefinition"]
      write = [
        "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeResourcePolicies", "logs:GetLogDelivery",
        "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
      ]
    }
  }

  # Terraform's state and lock, the build's source, log and plan. The plan build writes its lock, its plan and its log: nothing else.
  build_own = {
    for role in keys(local.builds) : role => [
      { actions = ["logs:CreateLogStream", "logs:PutLogEvents"], resources = ["${local.build_log_arns[role]}:*"] },
      { actions = ["s3:GetObject", "s3:GetObjectVersion"], resources = ["${local.bucket_arns.artifacts}/${local.source_key}"] },
      { actions = ["s3:ListBucket"], resources = [local.bucket_arns.state] },
      {
        actions   = concat(["s3:GetObject"], role == "apply" ? ["s3:PutObject"] : [])
        resources = ["${local.bucket_arns.state}/${local.state_key}"]
      },
      {
        actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
        resources = ["${local.bucket_arns.state}/${local.state_key}.tflock"]
      },
      {
        actions   = role == "apply" ? ["s3:GetObject", "s3:GetObjectVersion"] : ["s3:PutObject"]
        resources = ["${local.bucket_arns.artifacts}/plans/*", "${local.bucket_arns.artifacts}/manifests/*"] # a folder a run
      },
      {
        actions   = role == "apply" ? ["s3:PutObject"] : []
        resources = ["${local.bucket_arns.artifacts}/deployments/*"] # what was applied last
      },
      { actions = ["kms:Decrypt", "kms:GenerateDataKey"], resources = [aws_kms_key.this.arn] },
    ]
  }

  # A deployment makes roles, and could make itself an administrator with them: so each must carry the boundary below.
  role_statements = [
    {
      Sid       = "BoundedRoles"
      Effect    = "Allow"
      Action    = ["iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
      Resource  = local.deployment.roles.resources
      Condition = { ArnEquals = { "iam:PermissionsBoundary" = aws_iam_policy.boundary.arn } }
    },
    {
      Sid      = "Roles"
      Effect   = "Allow"
      Action   = ["iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"]
      Resource = local.deployment.roles.resources
    },
    {
      Sid      = "PassRoles"
      Effect   = "Allow"
      Action   = ["iam:PassRole"]
      Resource = local.deployment.roles.resources
      Condition = {
        StringEquals = {
          "iam:PassedToService" = ["apigateway.amazonaws.com", "events.amazonaws.com", "lambda.amazonaws.com", "states.amazonaws.com"]
        }
      }
    },
    {
      Sid      = "NotItsOwnRoles"
      Effect   = "Deny"
      Action   = ["iam:*"] # a denial: of everything
      Resource = ["arn:${local.partition}:iam::${local.account_id}:role/${local.prefix}-build-*", "arn:${local.partition}:iam::${local.account_id}:role/${local.prefix}-github-*"]
    },
    {
      Sid      = "Emptying"
      Effect   = "Allow"
      Action   = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
      Resource = [for arn in local.deployment.buckets.resources : "${arn}/*"]
    },
  ]

  service_policies = {
    for role in keys(local.builds) : role => jsonencode({
      Version = "2012-10-17"
      Statement = concat(
        [for own in local.build_own[role] : { Effect = "Allow", Action = own.actions, Resource = own.resources } if length(own.actions) > 0],
        [
          for service in values(local.deployment) : {
            Effect   = "Allow"
            Action   = concat(service.read, role == "apply" ? service.write : [])
            Resource = service.resources
          }
        ],
        [for statement in local.role_statements : statement if role == "apply"],
      )
    })
  }
}

resource "aws_iam_role_policy" "build" {
  for_each = local.service_policies

  name   = "build"
  role   = aws_iam_role.build[each.key].id
  policy = each.value
}

# The most that any role of the pipeline can ever do, whatever a deployment writes into its policy.
resource "aws_iam_policy" "boundary" {
  name        = "${local.prefix}-boundary"
  description = "The most that a role of ${local.prefix} can do"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions", "s3:PutObject"]
        Resource = flatten([for arn in local.deployment.buckets.resources : [arn, "${arn}/*"]])
      },
      {
        Effect   = "Allow"
        Action   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        Resource = flatten([for arn in local.deployment.tables.resources : [arn, "${arn}/index/*"]])
      },
      {
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = local.deployment.functions.resources
      },
      {
        Effect   = "Allow"
        Action   = ["states:DescribeExecution", "states:StartExecution"]
        Resource = concat(local.deployment.state_machines.resources, ["arn:${local.partition}:states:${local.scope}:execution:${local.named}"])
      },
      {
        Effect   = "Allow"
        Action   = ["events:PutEvents"]
        Resource = ["arn:${local.partition}:events:${local.scope}:event-bus/*"]
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = [for arn in local.log_group_arns : "${arn}:*"]
      },
      {
        # Actions without resources: the wildcard is the only form that they take.
        Effect = "Allow"
        Action = concat(
          ["logs:DescribeLogGroups", "rekognition:DetectText", "xray:GetSamplingRules", "xray:GetSamplingTargets"],
          ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
          local.deployment.unnamed.write,
        )
        Resource = ["*"]
      },
    ]
  })
}
