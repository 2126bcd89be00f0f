# What pipeline/ says, with its placeholders filled in. Nothing below repeats what stands there.
#
# Every ARN is composed from names instead of read back: settle-job and the state machine name each other, and a definition
# that is known at plan time is shown in the plan and validated by AWS before anything is changed.

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.name
  scope      = "${local.region}:${local.account_id}"

  folder = "${path.module}/../../../pipeline"

  bucket_suffix     = "${local.account_id}-${local.region}"
  function_prefix   = "arn:${local.partition}:lambda:${local.scope}:function:${var.name}-"
  jobs_table        = "${var.name}-jobs"
  source_bucket     = "${var.name}-source-${local.bucket_suffix}"
  processed_bucket  = "${var.name}-processed-${local.bucket_suffix}"
  state_machine_arn = "arn:${local.partition}:states:${local.scope}:stateMachine:${var.name}-pipeline"

  values = {
    authorization           = var.authorization
    content_length_required = tostring(var.content_length_required)
    event_bus               = var.event_bus
    event_bus_arn           = "arn:${local.partition}:events:${local.scope}:event-bus/${var.event_bus}"
    execution_arn_prefix    = "arn:${local.partition}:states:${local.scope}:execution:${var.name}-pipeline"
    extract_text_arn        = "${local.function_prefix}extract-text"
    inspect_image_arn       = "${local.function_prefix}inspect-image"
    jobs_table              = local.jobs_table
    jobs_table_arn          = "arn:${local.partition}:dynamodb:${local.scope}:table/${local.jobs_table}"
    name                    = var.name
    partition               = local.partition
    processed_bucket        = local.processed_bucket
    publish_result_arn      = "${local.function_prefix}publish-result"
    record_days             = tostring(local.record_days)
    source_bucket           = local.source_bucket
    state_machine_arn       = local.state_machine_arn
    text_calls_max          = tostring(var.text_calls_max)
  }

  buckets = {
    for bucket in jsondecode(templatefile("${local.folder}/buckets.json", {
      processed_bucket = local.processed_bucket
      source_bucket    = local.source_bucket
    })).buckets : bucket.role => bucket
  }

  source_days = coalesce(var.source_days, local.buckets["source"].lifecycle_days)
  record_days = coalesce(var.record_days, local.buckets["processed"].lifecycle_days)
  days        = { source = local.source_days, processed = local.record_days }

  table = jsondecode(templatefile("${local.folder}/table.json", local.values))
  rules = { for rule in jsondecode(templatefile("${local.folder}/rules.json", local.values)).rules : rule.name => rule }

  # log_group_arn means the group of the function that a statement is for, so it is filled in once a function.
  compute  = jsondecode(templatefile("${local.folder}/functions.json", merge(local.values, { log_group_arn = "log_group_arn" })))
  handlers = { for function in local.compute.functions : function.name => function }
  roles    = { for role in local.compute.roles : role.name => role }

  definition = templatefile("${local.folder}/state-machine.asl.json", local.values)

  routes = merge([
    for path, methods in yamldecode(file("${local.folder}/openapi.yaml")).paths : {
      for method, operation in methods : "${upper(method)} ${path}" => operation["x-gleaner-function"]
      if can(operation["x-gleaner-function"])
    }
  ]...)

  # X-Ray has no resources to name in a policy: the wildcard is the only form that its actions take.
  trace_statements = var.tracing ? [{
    Sid      = "Traces"
    Effect   = "Allow"
    Action   = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
    Resource = ["*"]
  }] : []
}
