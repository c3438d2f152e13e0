# The cloud and the account come from OS_CLOUD, or from OS_AUTH_URL and its siblings.
provider "openstack" {}

data "terraform_remote_state" "address_plan" {
  backend = "http"

  config = {
    address = "https://terraform-state.example.org/test/address-plan"
  }
}

module "cluster" {
  source                = "../../../modules/kubernetes-cluster/openstack"
  image                 = "fedora-coreos-41"
  external_network      = "public"
  control_plane_machine = "m1.medium"
  argocd_token          = var.argocd_token

  cluster = {
    name                = "edp-test"
    environment         = "test"
    kubernetes_version  = "1.33.1"
    control_plane_nodes = 1
    api_allowed_from    = ["198.51.100.0/24"] # the office and the runners

    networks = {
      pods     = data.terraform_remote_state.address_plan.outputs.ranges.pods
      services = data.terraform_remote_state.address_plan.outputs.ranges.services
    }

    node_pools = {
      system = { machine = "m1.large", nodes = 2, nodes_max = 4 }
    }
  }
}
