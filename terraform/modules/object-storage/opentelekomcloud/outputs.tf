output "bucket" {
  description = "The bucket's name and where S3 clients find it. No secret."
  value = {
    name        = opentelekomcloud_obs_bucket.this.bucket
    environment = var.bucket.environment
    endpoint    = var.endpoint
  }
}
