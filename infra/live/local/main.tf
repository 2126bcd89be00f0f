# One machine: a local server that answers AWS's APIs (AWS_ENDPOINT_URL). What differs from AWS is what a laptop has not: no
# certificate, so no TLS; nobody to protect from, so no authorisation; no X-Ray and no log delivery to pay for.

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
  require_tls             = false
  state_machine_log_level = "OFF"
  tracing                 = false
  versioning              = true
}
