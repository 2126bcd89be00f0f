# Nothing here may be lost: the table refuses to be deleted and can be restored, full buckets refuse to be destroyed.

module "pipeline" {
  source = "../../modules/pipeline"

  name                     = "gleaner-production"
  package                  = var.package
  permissions_boundary_arn = var.permissions_boundary_arn

  api_throttle           = { rate = 200, burst = 400 }
  deletion_protection    = true
  force_destroy          = false
  log_days               = 90
  point_in_time_recovery = true
  versioning             = true
}
