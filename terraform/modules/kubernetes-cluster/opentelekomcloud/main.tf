# A cluster by Open Telekom Cloud's CCE. CCE itself makes the security groups; the rules added here let
# api_allowed_from reach the API once it has a public address.
module "cluster" {
  source  = "../"
  cluster = var.cluster
}

locals {
  # CCE names the clusters in its certificate list; with an elastic IP the external one answers.
  endpoint_name = var.public_address == null ? "internalCluster" : "externalCluster"
  endpoints     = { for endpoint in opentelekomcloud_cce_cluster_v3.this.certificate_clusters : endpoint.name => endpoint }
  endpoint      = local.endpoints[local.endpoint_name]
  administrator = opentelekomcloud_cce_cluster_v3.this.certificate_users[0]
}

data "opentelekomcloud_vpc_subnet_v1" "nodes" {
  name   = var.subnet
  vpc_id = var.vpc_id
}

resource "opentelekomcloud_cce_cluster_v3" "this" {
  name                    = var.cluster.name
  cluster_type            = "VirtualMachine"
  cluster_version         = "v${module.cluster.minor_version}"
  flavor_id               = var.control_plane_machine
  multi_az                = var.cluster.control_plane_nodes > 1
  vpc_id                  = var.vpc_id
  subnet_id               = data.opentelekomcloud_vpc_subnet_v1.nodes.network_id
  container_network_type  = "overlay_l2"
  container_network_cidr  = var.cluster.networks.pods
  kubernetes_svc_ip_range = var.cluster.networks.services
  authentication_mode     = "rbac"
  kube_proxy_mode         = "ipvs"
  eip                     = var.public_address
  labels                  = module.cluster.tags

  timeouts {
    create = "60m"
  }
}

resource "opentelekomcloud_networking_secgroup_rule_v2" "api" {
  for_each = toset(var.public_address == null ? [] : var.cluster.api_allowed_from)

  security_group_id = opentelekomcloud_cce_cluster_v3.this.security_group_control
  direction         = "ingress"
  ethertype         = "IPv4"
  protocol          = "tcp"
  port_range_min    = 5443
  port_range_max    = 5443
  remote_ip_prefix  = each.value
}

resource "opentelekomcloud_cce_node_pool_v3" "this" {
  for_each = module.cluster.pools

  cluster_id         = opentelekomcloud_cce_cluster_v3.this.id
  name               = each.key
  flavor             = each.value.machine
  initial_node_count = each.value.nodes
  availability_zone  = var.availability_zone
  key_pair           = var.keypair
  runtime            = "containerd"
  scale_enable       = each.value.scales
  min_node_count     = each.value.nodes
  max_node_count     = each.value.nodes_max
  k8s_tags           = each.value.labels
  user_tags          = module.cluster.tags

  root_volume {
    size       = 50
    volumetype = "SSD"
  }

  # CCE keeps images and container files on a data disk of at least 100 GB.
  data_volumes {
    size       = max(100, each.value.disk_gb)
    volumetype = "SSD"
  }

  lifecycle {
    # The autoscaler owns it between minimum and maximum.
    ignore_changes = [initial_node_count]
  }
}
