# A cluster of containers on the machine that runs Terraform. Its API listens on 127.0.0.1 only, so
# api_allowed_from has nothing to add; machine and disk_gb mean nothing here.
module "cluster" {
  source  = "../"
  cluster = var.cluster
}

locals {
  workers = flatten([
    for name, pool in module.cluster.pools : [for number in range(pool.nodes) : pool.labels]
  ])
}

resource "kind_cluster" "this" {
  name           = var.cluster.name
  node_image     = coalesce(var.node_image, "kindest/node:v${var.cluster.kubernetes_version}")
  wait_for_ready = true

  kind_config {
    kind        = "Cluster"
    api_version = "kind.x-k8s.io/v1alpha4"

    networking {
      api_server_address = "127.0.0.1"
      pod_subnet         = var.cluster.networks.pods
      service_subnet     = var.cluster.networks.services
    }

    dynamic "node" {
      for_each = range(var.cluster.control_plane_nodes)

      content {
        role = "control-plane"

        dynamic "extra_port_mappings" {
          for_each = node.value == 0 ? [var.https_port] : []

          content {
            container_port = 443
            host_port      = extra_port_mappings.value
            listen_address = "127.0.0.1"
            protocol       = "TCP"
          }
        }
      }
    }

    dynamic "node" {
      for_each = local.workers

      content {
        role   = "worker"
        labels = node.value
      }
    }
  }
}
