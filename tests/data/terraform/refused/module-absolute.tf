# main.tf:3: module "vpc": comes from where nothing can be pinned

module "vpc" {
  source = "/opt/modules/vpc"
}
