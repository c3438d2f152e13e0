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

data "aws_subnet" "first" {
  id = sort(data.aws_subnets.private.ids)[0]
}

module "server" {
  source     = "../../../modules/postgres/aws"
  vpc_id     = data.aws_subnet.first.vpc_id
  subnet_ids = data.aws_subnets.private.ids

  server = {
    name             = "edp-prod-us1"
    environment      = "prod-us1"
    version          = "16"
    machine          = "db.m7g.large"
    storage_gb       = 100
    highly_available = true
    backup_days      = 14
    allowed_from     = [data.terraform_remote_state.address_plan.outputs.ranges.nodes]
  }
}
