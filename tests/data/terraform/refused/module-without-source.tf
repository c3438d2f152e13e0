# main.tf:3: module "vpc": the source is missing

module "vpc" {
  count = 1
}
