# The account comes from OS_AUTH_URL, OS_DOMAIN_NAME and their siblings, or AWS-like keys for OBS.
provider "opentelekomcloud" {
  region = "eu-de"
}

module "backups" {
  source = "../../../modules/object-storage/opentelekomcloud"

  bucket = {
    name        = "edp-prod-eu1-backups"
    environment = "prod-eu1"
  }
}
