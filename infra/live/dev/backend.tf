# Bucket, encryption key and region come from infra/bootstrap: init -backend-config=backend.hcl (its output backend_config).
terraform {
  backend "s3" {
    encrypt      = true
    key          = "dev/terraform.tfstate"
    use_lockfile = true
  }
}
