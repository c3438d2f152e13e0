# No provider: the plan of addresses is kept in the state, so that a change of it is planned and
# reviewed like every other, and other Terraform roots can read it.
locals {
  cidrs = zipmap(var.ranges[*].name, cidrsubnets(var.network_cidr, var.ranges[*].new_bits...))
}

resource "terraform_data" "addresses" {
  input = {
    environment = var.environment
    network     = var.network_cidr
    ranges      = local.cidrs
  }
}
