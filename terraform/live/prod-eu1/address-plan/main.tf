# Which addresses belong to prod-eu1; the other Terraform roots read it.
module "addresses" {
  source       = "../../../modules/address-plan"
  environment  = "prod-eu1"
  network_cidr = "10.40.0.0/14"
}
