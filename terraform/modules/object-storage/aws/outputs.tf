output "bucket" {
  description = "The bucket's name and where S3 clients find it. No secret."
  value = {
    name        = aws_s3_bucket.this.bucket
    environment = var.bucket.environment
    endpoint    = "https://s3.${data.aws_region.current.region}.amazonaws.com"
  }
}
