provider "aws" {
  region = var.region

  default_tags {
    tags = merge(
      {
        Application = "gleaner"
        Environment = "local"
        ManagedBy   = "terraform"
        Root        = "infra/live/local"
      },
      var.tags,
    )
  }
}
