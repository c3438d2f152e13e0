# Which addresses belong to prod-us1; the other Terraform roots read it.
module "addresses" {
  source       = "../../../modules/address-plan"
  environment  = "prod-us1"
  network_cidr = "10.44.0.0/14"
}
