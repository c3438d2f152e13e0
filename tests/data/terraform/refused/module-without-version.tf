# main.tf:3: module "vpc": is from a registry without an exact version, found none

module "vpc" {
  source = "acme/vpc/aws"
}
