# A container in OpenStack Swift, which S3 clients reach too where the cloud offers it. Swift cannot
# expire old versions.
module "bucket" {
  source = "../"
  bucket = var.bucket
}

resource "openstack_objectstorage_container_v1" "this" {
  name          = var.bucket.name
  versioning    = var.bucket.versioning
  force_destroy = false
  metadata      = module.bucket.tags
}
