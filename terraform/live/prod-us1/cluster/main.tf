# Credentials come from the environment, best from a role for this environment alone.
provider "aws" {
  region = "us-east-1"
}

data "terraform_remote_state" "address_plan" {
  backend = "s3"

  config = {
    bucket = "edp-terraform-state-prod-us1"
    key    = "address-plan/terraform.tfstate"
    region = "us-east-1"
  }
}

data "aws_subnets" "private" {
  filter {
    name   = "tag:edp-tier"
    values = ["private"]
  }
}

module "cluster" {
  source       = "../../../modules/kubernetes-cluster/aws"
  subnet_ids   = data.aws_subnets.private.ids
  argocd_token = var.argocd_token

  cluster = {
    name                = "edp-prod-us1"
    environment         = "prod-us1"
    kubernetes_version  = "1.33.1"
    control_plane_nodes = 3
    api_allowed_from    = ["198.51.100.0/24"] # the office and the runners

    networks = {
      pods     = data.terraform_remote_state.address_plan.outputs.ranges.pods
      services = data.terraform_remote_state.address_plan.outputs.ranges.services
    }

    node_pools = {
      system = { machine = "m7i.xlarge", nodes = 3, nodes_max = 6 }
    }
  }
}
