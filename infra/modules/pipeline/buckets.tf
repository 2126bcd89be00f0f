resource "aws_s3_bucket" "this" {
  for_each = local.buckets

  bucket        = each.value.name
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "this" {
  for_each = local.buckets

  bucket                  = aws_s3_bucket.this[each.key].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

# S3's own key: a key of ours would have to be granted to whoever holds a presigned URL's signer, and costs a call an object.
resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  versioning_configuration {
    # A bucket that never had versions cannot be put into the state Disabled, only be left in it.
    status = coalesce(var.versioning, each.value.versioning) ? "Enabled" : "Disabled"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "retention"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }

    expiration {
      days = local.days[each.key]
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

resource "aws_s3_bucket_cors_configuration" "this" {
  for_each = length(var.allowed_origins) > 0 ? local.buckets : {}

  bucket = aws_s3_bucket.this[each.key].id

  cors_rule {
    allowed_headers = each.value.cors.AllowedHeaders
    allowed_methods = each.value.cors.AllowedMethods
    allowed_origins = var.allowed_origins
    expose_headers  = each.value.cors.ExposeHeaders
    max_age_seconds = each.value.cors.MaxAgeSeconds
  }
}

resource "aws_s3_bucket_notification" "this" {
  for_each = { for role, bucket in local.buckets : role => bucket if bucket.event_bridge }

  bucket      = aws_s3_bucket.this[each.key].id
  eventbridge = true
}

# Statements that deny, and so may name every principal and action: nobody, whatever else allows them, reads or writes unencrypted.
resource "aws_s3_bucket_policy" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyPlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = local.bucket_arns[each.key]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "DenyOldTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = local.bucket_arns[each.key]
        Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
      },
    ]
  })

  depends_on = [aws_s3_bucket_public_access_block.this]
}

locals {
  bucket_arns = {
    for role, bucket in local.buckets : role => [
      "arn:${local.partition}:s3:::${bucket.name}",
      "arn:${local.partition}:s3:::${bucket.name}/*",
    ]
  }
}
