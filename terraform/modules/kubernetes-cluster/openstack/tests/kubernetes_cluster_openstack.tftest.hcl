mock_provider "openstack" {
  mock_resource "openstack_containerinfra_cluster_v1" {
    defaults = {
      api_address = "https://192.0.2.10:6443"
      kubeconfig  = { raw_config = "apiVersion: v1", cluster_ca_certificate = "-----BEGIN CERTIFICATE-----" }
    }
  }
}

variables {
  image                 = "fedora-coreos-41"
  external_network      = "public"
  control_plane_machine = "m1.medium"
  cluster = {
    name                = "edp-test"
    environment         = "test"
    kubernetes_version  = "1.33.1"
    control_plane_nodes = 3
    api_allowed_from    = ["198.51.100.0/24", "203.0.113.0/24"]
    networks            = { pods = "10.36.0.0/15", services = "10.38.0.0/18" }
    node_pools = {
      system = { machine = "m1.large", nodes = 2, nodes_max = 3 }
      builds = { machine = "m1.xlarge", nodes = 1, nodes_max = 4 }
    }
  }
}

run "makes_the_system_pool_the_default_worker_group" {
  command = apply

  assert {
    condition     = openstack_containerinfra_cluster_v1.this.node_count == 2 && openstack_containerinfra_clustertemplate_v1.this.flavor == "m1.large"
    error_message = "The default worker group is the pool system."
  }

  assert {
    condition     = keys(openstack_containerinfra_nodegroup_v1.this) == ["builds"]
    error_message = "Only the other pools are node groups."
  }

  assert {
    condition     = openstack_containerinfra_clustertemplate_v1.this.labels["kube_tag"] == "v1.33.1"
    error_message = "The exact version reaches Magnum."
  }

  assert {
    condition     = openstack_containerinfra_clustertemplate_v1.this.labels["master_lb_allowed_cidrs"] == "198.51.100.0/24,203.0.113.0/24"
    error_message = "Only the given ranges reach the API."
  }

  assert {
    condition     = openstack_containerinfra_clustertemplate_v1.this.labels["max_node_count"] == "3"
    error_message = "The default worker group scales."
  }

  assert {
    condition     = !openstack_containerinfra_clustertemplate_v1.this.tls_disabled
    error_message = "The API speaks TLS."
  }

  assert {
    condition     = output.cluster.server == "https://192.0.2.10:6443" && issensitive(output.kubeconfig)
    error_message = "The cluster says where it is; the kubeconfig stays hidden."
  }
}

run "checks_the_cluster_like_its_siblings" {
  command = plan

  variables {
    external_network = ""
  }

  expect_failures = [var.external_network]
}
