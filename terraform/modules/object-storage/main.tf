# What is the same with every provider. The folders beside this file turn it into resources.
locals {
  tags = merge(var.bucket.tags, {
    "edp-environment" = var.bucket.environment
    "edp-managed-by"  = "terraform"
  })
}
