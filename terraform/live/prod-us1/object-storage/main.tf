# Credentials come from the environment, best from a role for this environment alone.
provider "aws" {
  region = "us-east-1"
}

module "backups" {
  source = "../../../modules/object-storage/aws"

  bucket = {
    name        = "edp-prod-us1-backups"
    environment = "prod-us1"
  }
}
