provider "aws" {
  region = var.region

  default_tags {
    tags = merge(
      {
        Application = "gleaner"
        Environment = "dev"
        ManagedBy   = "terraform"
        Root        = "infra/live/dev"
      },
      var.tags,
    )
  }
}
