output "bucket" {
  description = "The bucket's name and where S3 clients find it. No secret."
  value = {
    name        = openstack_objectstorage_container_v1.this.name
    environment = var.bucket.environment
    endpoint    = var.endpoint
  }
}
