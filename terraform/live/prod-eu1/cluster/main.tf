# The account comes from OS_AUTH_URL, OS_DOMAIN_NAME and their siblings, or AWS-like keys for OBS.
provider "opentelekomcloud" {
  region = "eu-de"
}

data "terraform_remote_state" "address_plan" {
  backend = "s3"

  config = {
    bucket                      = "edp-terraform-state-prod-eu1"
    key                         = "address-plan/terraform.tfstate"
    region                      = "eu-de"
    endpoints                   = { s3 = "https://obs.eu-de.otc.t-systems.com" }
    skip_credentials_validation = true
    skip_metadata_api_check     = true
    skip_region_validation      = true
    skip_requesting_account_id  = true
    skip_s3_checksum            = true
  }
}

module "cluster" {
  source       = "../../../modules/kubernetes-cluster/opentelekomcloud"
  vpc_id       = var.vpc_id
  subnet       = "edp-prod-eu1-nodes"
  keypair      = "platform"
  argocd_token = var.argocd_token

  cluster = {
    name                = "edp-prod-eu1"
    environment         = "prod-eu1"
    kubernetes_version  = "1.31.4"
    control_plane_nodes = 3
    api_allowed_from    = ["198.51.100.0/24"] # the office and the runners

    networks = {
      pods     = data.terraform_remote_state.address_plan.outputs.ranges.pods
      services = data.terraform_remote_state.address_plan.outputs.ranges.services
    }

    node_pools = {
      system = { machine = "s3.xlarge.4", nodes = 3, nodes_max = 6 }
      builds = { machine = "s3.2xlarge.4", nodes = 1, nodes_max = 8, disk_gb = 200, labels = { "edp.io/role" = "builds" } }
    }
  }
}
