provider "aws" {
  region = var.region

  default_tags {
    tags = merge(
      {
        Application = "gleaner"
        Environment = "production"
        ManagedBy   = "terraform"
        Root        = "infra/live/production"
      },
      var.tags,
    )
  }
}
