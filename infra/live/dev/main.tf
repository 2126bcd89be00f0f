# Where changes are tried: as on production, but everything in it may be destroyed at any time.

module "pipeline" {
  source = "../../modules/pipeline"

  name                     = "gleaner-dev"
  package                  = var.package
  permissions_boundary_arn = var.permissions_boundary_arn

  deletion_protection     = false
  force_destroy           = true
  log_days                = 7
  point_in_time_recovery  = false
  record_days             = 7
  source_days             = 1
  state_machine_log_level = "ALL"
  versioning              = true
}
