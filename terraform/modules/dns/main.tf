# What is the same with every provider. The folders beside this file turn it into resources.
locals {
  tags = merge(var.zone.tags, {
    "edp-environment" = var.zone.environment
    "edp-managed-by"  = "terraform"
  })

  records = {
    for key, record in var.zone.records : key => {
      fqdn   = record.name == "@" ? "${var.zone.name}." : "${record.name}.${var.zone.name}."
      type   = record.type
      values = sort(record.values)
      ttl    = coalesce(record.ttl, var.zone.ttl)
    }
  }
}
