# A private, encrypted bucket in Amazon S3.
module "bucket" {
  source = "../"
  bucket = var.bucket
}

data "aws_region" "current" {}

resource "aws_s3_bucket" "this" {
  bucket        = var.bucket.name
  force_destroy = false
  tags          = module.bucket.tags
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "aws:kms"
    }
    bucket_key_enabled = true
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = var.bucket.versioning ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = module.bucket.expires ? 1 : 0

  bucket = aws_s3_bucket.this.id

  rule {
    id     = "old-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.bucket.keep_old_versions_days
    }
  }

  # A rule for old versions is refused before there are versions.
  depends_on = [aws_s3_bucket_versioning.this]
}
