# One machine: a local server that answers AWS's APIs (AWS_ENDPOINT_URL). What differs from AWS: nobody else can reach it, so the
# API asks for no authorisation, and there is no X-Ray and no log delivery.

module "pipeline" {
  source = "../../modules/pipeline"

  name                     = "gleaner-local"
  package                  = var.package
  permissions_boundary_arn = var.permissions_boundary_arn

  authorization           = "none"
  content_length_required = false
  deletion_protection     = false
  force_destroy           = true
  log_days                = 1
  point_in_time_recovery  = false
  state_machine_log_level = "OFF"
  tracing                 = false
  versioning              = true
}
