# Which addresses belong to dev; the other Terraform roots read it.
module "addresses" {
  source       = "../../../modules/address-plan"
  environment  = "dev"
  network_cidr = "10.32.0.0/14"
}
