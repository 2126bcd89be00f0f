provider "aws" {
  region = var.region

  default_tags {
    tags = merge(
      {
        Application = "gleaner"
        Environment = "staging"
        ManagedBy   = "terraform"
        Root        = "infra/live/staging"
      },
      var.tags,
    )
  }
}
