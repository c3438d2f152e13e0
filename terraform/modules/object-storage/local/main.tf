# For a laptop: S3 by SeaweedFS in a container beside the kind cluster, on 127.0.0.1. The client makes
# the bucket; nothing expires.
module "bucket" {
  source = "../"
  bucket = var.bucket
}

locals {
  users = jsonencode({
    identities = [{
      name        = var.bucket.name
      credentials = [{ accessKey = var.bucket.name, secretKey = var.secret_key }]
      actions     = ["Admin:${var.bucket.name}", "Read:${var.bucket.name}", "Write:${var.bucket.name}", "List:${var.bucket.name}"]
    }]
  })
}

resource "docker_image" "this" {
  name         = var.image
  keep_locally = true
}

resource "docker_volume" "this" {
  name = "${var.bucket.name}-data"
}

resource "docker_container" "this" {
  name     = var.bucket.name
  image    = docker_image.this.image_id
  command  = ["server", "-dir=/data", "-s3", "-s3.config=/etc/seaweedfs/users.json"]
  restart  = "unless-stopped"
  must_run = true

  ports {
    internal = 8333
    external = var.port
    ip       = "127.0.0.1"
  }

  volumes {
    volume_name    = docker_volume.this.name
    container_path = "/data"
  }

  # A file, since `docker inspect` shows everybody the environment.
  upload {
    file    = "/etc/seaweedfs/users.json"
    content = local.users
  }

  dynamic "labels" {
    for_each = module.bucket.tags

    content {
      label = labels.key
      value = labels.value
    }
  }
}
