data "terraform_remote_state" "address_plan" {
  backend = "local"

  config = {
    path = "../address-plan/terraform.tfstate"
  }
}

module "cluster" {
  source       = "../../../modules/kubernetes-cluster/kind"
  argocd_token = var.argocd_token

  cluster = {
    name                = "edp-dev"
    environment         = "dev"
    kubernetes_version  = "1.33.1"
    control_plane_nodes = 1

    networks = {
      pods     = data.terraform_remote_state.address_plan.outputs.ranges.pods
      services = data.terraform_remote_state.address_plan.outputs.ranges.services
    }

    node_pools = {
      system = { machine = "container", nodes = 1 }
    }
  }
}
