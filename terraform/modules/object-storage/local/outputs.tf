output "bucket" {
  description = "The bucket's name and where S3 clients find it. No secret."
  value = {
    name        = docker_container.this.name
    environment = var.bucket.environment
    endpoint    = "http://127.0.0.1:${var.port}"
  }
}
