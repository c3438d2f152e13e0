# A private bucket in Open Telekom Cloud's OBS.
module "bucket" {
  source = "../"
  bucket = var.bucket
}

resource "opentelekomcloud_obs_bucket" "this" {
  bucket        = var.bucket.name
  acl           = "private"
  versioning    = var.bucket.versioning
  force_destroy = false
  tags          = module.bucket.tags

  dynamic "lifecycle_rule" {
    for_each = module.bucket.expires ? [var.bucket.keep_old_versions_days] : []

    content {
      name    = "old-versions"
      enabled = true

      noncurrent_version_expiration {
        days = lifecycle_rule.value
      }
    }
  }
}
