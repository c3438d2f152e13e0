# For a laptop: a container beside the kind cluster, on 127.0.0.1. machine, storage_gb, backup_days,
# highly_available and allowed_from mean nothing here.
module "server" {
  source = "../"
  server = var.server
}

resource "docker_image" "this" {
  name         = var.image
  keep_locally = true
}

resource "docker_volume" "this" {
  name = "${var.server.name}-data"
}

resource "docker_container" "this" {
  name     = var.server.name
  image    = docker_image.this.image_id
  restart  = "unless-stopped"
  must_run = true

  env = [
    "POSTGRES_USER=${module.server.administrator}",
    "POSTGRES_DB=${var.server.database}",
    "POSTGRES_PASSWORD_FILE=/run/admin-password",
  ]

  ports {
    internal = 5432
    external = var.port
    ip       = "127.0.0.1"
  }

  volumes {
    volume_name    = docker_volume.this.name
    container_path = "/var/lib/postgresql/data"
  }

  # A file, since `docker inspect` shows everybody the environment.
  upload {
    file    = "/run/admin-password"
    content = var.admin_password
  }

  dynamic "labels" {
    for_each = module.server.tags

    content {
      label = labels.key
      value = labels.value
    }
  }
}
