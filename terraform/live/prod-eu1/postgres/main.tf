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

module "server" {
  source             = "../../../modules/postgres/opentelekomcloud"
  admin_password     = var.admin_password
  vpc_id             = var.vpc_id
  subnet             = "edp-prod-eu1-nodes"
  availability_zones = ["eu-de-01", "eu-de-02"]
  disk_key_id        = var.disk_key_id

  server = {
    name             = "edp-prod-eu1"
    environment      = "prod-eu1"
    version          = "16"
    machine          = "rds.pg.n1.large.4.ha"
    storage_gb       = 100
    highly_available = true
    backup_days      = 14
    allowed_from     = [data.terraform_remote_state.address_plan.outputs.ranges.nodes]
  }
}
