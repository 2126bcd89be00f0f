# The rehearsal: what production will be, with other people's images kept for a shorter time.

module "pipeline" {
  source = "../../modules/pipeline"

  name                     = "gleaner-staging"
  package                  = var.package
  permissions_boundary_arn = var.permissions_boundary_arn

  deletion_protection = false
  force_destroy       = true
  record_days         = 14
  versioning          = true
}
