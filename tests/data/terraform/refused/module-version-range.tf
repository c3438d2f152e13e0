# main.tf:3: module "vpc": is from a registry without an exact version, found "~> 5.0"

module "vpc" {
  source  = "registry.example.org/acme/vpc/aws"
  version = "~> 5.0"
}
