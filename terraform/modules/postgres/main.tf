# What is the same with every provider. The folders beside this file turn it into resources.
locals {
  tags = merge(var.server.tags, {
    "edp-environment" = var.server.environment
    "edp-managed-by"  = "terraform"
  })
}
