mock_provider "opentelekomcloud" {
  mock_resource "opentelekomcloud_cce_cluster_v3" {
    defaults = {
      security_group_control = "sg-control"
      certificate_clusters = [
        { name = "internalCluster", server = "https://10.0.0.5:5443", certificate_authority_data = "Q0EtaW5zaWRl" },
        { name = "externalCluster", server = "https://192.0.2.10:5443", certificate_authority_data = "Q0Etb3V0c2lkZQ==" },
      ]
      certificate_users = [{ name = "user", client_certificate_data = "Y2VydA==", client_key_data = "a2V5" }]
    }
  }
}

variables {
  vpc_id  = "edp"
  subnet  = "edp-prod-eu1"
  keypair = "platform"
  cluster = {
    name                = "edp-prod-eu1"
    environment         = "prod-eu1"
    kubernetes_version  = "1.31.4"
    control_plane_nodes = 3
    api_allowed_from    = ["198.51.100.0/24"]
    networks            = { pods = "10.40.0.0/15", services = "10.42.0.0/18" }
    node_pools          = { system = { machine = "s3.xlarge.4", nodes = 3, nodes_max = 6 } }
  }
}

run "is_reached_from_inside_without_a_public_address" {
  command = apply

  assert {
    condition     = output.cluster.server == "https://10.0.0.5:5443" && output.cluster.ca_certificate == "CA-inside"
    error_message = "Without an elastic IP the internal address counts."
  }

  assert {
    condition     = length(opentelekomcloud_networking_secgroup_rule_v2.api) == 0
    error_message = "Nothing is opened that cannot be reached."
  }

  assert {
    condition     = opentelekomcloud_cce_cluster_v3.this.cluster_version == "v1.31" && opentelekomcloud_cce_cluster_v3.this.multi_az
    error_message = "CCE wants the minor version, and three nodes mean several zones."
  }

  assert {
    condition     = opentelekomcloud_cce_node_pool_v3.this["system"].max_node_count == 6 && opentelekomcloud_cce_node_pool_v3.this["system"].scale_enable
    error_message = "The pool scales."
  }

  assert {
    condition     = opentelekomcloud_cce_node_pool_v3.this["system"].data_volumes[0].size == 100
    error_message = "CCE needs a data disk of 100 GB."
  }
}

run "is_reached_from_outside_with_one" {
  command = apply

  variables {
    public_address = "192.0.2.10"
  }

  assert {
    condition     = output.cluster.server == "https://192.0.2.10:5443" && output.cluster.ca_certificate == "CA-outside"
    error_message = "With an elastic IP the external address counts."
  }

  assert {
    condition     = keys(opentelekomcloud_networking_secgroup_rule_v2.api) == ["198.51.100.0/24"]
    error_message = "The given ranges reach the API."
  }

  assert {
    condition     = yamldecode(output.kubeconfig).users[0].user["client-key-data"] == "a2V5" && issensitive(output.kubeconfig)
    error_message = "The kubeconfig is whole, and hidden."
  }
}
