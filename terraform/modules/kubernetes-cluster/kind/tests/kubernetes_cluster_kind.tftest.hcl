mock_provider "kind" {
  mock_resource "kind_cluster" {
    defaults = {
      endpoint               = "https://127.0.0.1:40001"
      cluster_ca_certificate = "-----BEGIN CERTIFICATE-----"
      kubeconfig             = "apiVersion: v1"
    }
  }
}

variables {
  cluster = {
    name               = "edp-dev"
    environment        = "dev"
    kubernetes_version = "1.33.1"
    networks           = { pods = "10.32.0.0/15", services = "10.34.0.0/18" }
    node_pools = {
      system = { machine = "container", nodes = 2 }
      builds = { machine = "container", nodes = 1, labels = { "edp.io/role" = "ci" } }
    }
  }
}

run "makes_a_container_for_each_node" {
  command = apply

  assert {
    condition     = kind_cluster.this.kind_config[0].node[*].role == tolist(["control-plane", "worker", "worker", "worker"])
    error_message = "One control plane node and three workers."
  }

  assert {
    condition     = kind_cluster.this.kind_config[0].node[1].labels == tomap({ "edp.io/role" = "ci", "edp.io/pool" = "builds" })
    error_message = "Nodes carry the labels of their pool."
  }

  assert {
    condition     = kind_cluster.this.node_image == "kindest/node:v1.33.1"
    error_message = "The image follows the Kubernetes version."
  }

  assert {
    condition     = kind_cluster.this.kind_config[0].node[0].extra_port_mappings[0].listen_address == "127.0.0.1"
    error_message = "The ingress is not opened to the network."
  }

  assert {
    condition     = output.cluster.server == "https://127.0.0.1:40001" && output.cluster.name == "edp-dev"
    error_message = "The cluster says where it is."
  }

  assert {
    condition     = output.argocd_cluster == null
    error_message = "Without a token Argo CD is told nothing."
  }
}

run "tells_argo_cd_how_to_reach_it" {
  command = apply

  variables {
    argocd_token = "a-token-of-a-service-account"
  }

  assert {
    condition     = output.argocd_cluster.server == "https://127.0.0.1:40001" && output.argocd_cluster.token == "a-token-of-a-service-account"
    error_message = "With a token Argo CD is told where the cluster is, and how it gets in."
  }
}

run "refuses_a_token_that_is_none" {
  command = plan

  variables {
    argocd_token = "two words, and a short one"
  }

  expect_failures = [var.argocd_token]
}

run "opens_one_port_with_three_control_plane_nodes" {
  command = plan

  variables {
    cluster = {
      name                = "edp-dev"
      environment         = "dev"
      kubernetes_version  = "1.33.1"
      control_plane_nodes = 3
      networks            = { pods = "10.32.0.0/15", services = "10.34.0.0/18" }
      node_pools          = { system = { machine = "container", nodes = 1 } }
    }
  }

  assert {
    condition     = length(flatten(kind_cluster.this.kind_config[0].node[*].extra_port_mappings)) == 1
    error_message = "Two nodes cannot have one port."
  }
}

run "refuses_a_floating_image" {
  command = plan

  variables {
    node_image = "kindest/node:latest"
  }

  expect_failures = [var.node_image]
}
