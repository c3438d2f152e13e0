# main.tf:3: module "vpc": is from git without a ref

module "vpc" {
  source = "git@forge.example.org:platform/vpc.git"
}
