# Which addresses belong to test; the other Terraform roots read it.
module "addresses" {
  source       = "../../../modules/address-plan"
  environment  = "test"
  network_cidr = "10.36.0.0/14"
}
