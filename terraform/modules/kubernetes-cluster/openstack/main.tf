# A cluster by OpenStack Magnum. The pool "system" is the default worker group, which every Magnum
# cluster has; the other pools are node groups beside it.
module "cluster" {
  source  = "../"
  cluster = var.cluster
}

locals {
  system = module.cluster.pools["system"]

  scaling = local.system.scales ? {
    auto_scaling_enabled = "true"
    min_node_count       = tostring(local.system.nodes)
    max_node_count       = tostring(local.system.nodes_max)
  } : {}

  api_access = length(var.cluster.api_allowed_from) > 0 ? {
    master_lb_allowed_cidrs = join(",", var.cluster.api_allowed_from)
  } : {}
}

data "openstack_networking_network_v2" "external" {
  name     = var.external_network
  external = true
}

# Magnum refuses to change a template that a cluster uses, so another version or image is another
# template, and another cluster: Terraform shows a replacement, which policy.yaml forbids.
resource "terraform_data" "template" {
  input = [var.cluster.kubernetes_version, var.image]
}

resource "openstack_containerinfra_clustertemplate_v1" "this" {
  name                = "${var.cluster.name}-${replace(var.cluster.kubernetes_version, ".", "-")}"
  coe                 = "kubernetes"
  image               = var.image
  external_network_id = data.openstack_networking_network_v2.external.id
  flavor              = local.system.machine
  master_flavor       = var.control_plane_machine
  network_driver      = "calico"
  volume_driver       = "cinder"
  docker_volume_size  = local.system.disk_gb
  master_lb_enabled   = true
  floating_ip_enabled = false
  tls_disabled        = false

  labels = merge(local.scaling, local.api_access, {
    kube_tag                 = "v${var.cluster.kubernetes_version}"
    calico_ipv4pool          = var.cluster.networks.pods
    service_cluster_ip_range = var.cluster.networks.services
  })

  lifecycle {
    create_before_destroy = true
    replace_triggered_by  = [terraform_data.template]
  }
}

resource "openstack_containerinfra_cluster_v1" "this" {
  name                = var.cluster.name
  cluster_template_id = openstack_containerinfra_clustertemplate_v1.this.id
  keypair             = var.keypair
  master_count        = var.cluster.control_plane_nodes
  node_count          = local.system.nodes
  labels              = module.cluster.tags
  merge_labels        = true

  timeouts {
    create = "60m"
  }
}

resource "openstack_containerinfra_nodegroup_v1" "this" {
  for_each = { for name, pool in module.cluster.pools : name => pool if name != "system" }

  cluster_id         = openstack_containerinfra_cluster_v1.this.id
  name               = each.key
  flavor_id          = each.value.machine
  image_id           = var.image
  docker_volume_size = each.value.disk_gb
  node_count         = each.value.nodes
  min_node_count     = each.value.nodes
  max_node_count     = each.value.nodes_max
  labels             = each.value.labels
  merge_labels       = true
  role               = "worker"

  lifecycle {
    # The autoscaler owns it between minimum and maximum.
    ignore_changes = [node_count]
  }
}
