# A public zone in Open Telekom Cloud.
module "zone" {
  source = "../"
  zone   = var.zone
}

resource "opentelekomcloud_dns_zone_v2" "this" {
  name        = module.zone.fqdn
  email       = var.zone.contact
  ttl         = var.zone.ttl
  type        = "public"
  tags        = module.zone.tags
  description = "Zone of ${var.zone.environment}, managed by Terraform"
}

resource "opentelekomcloud_dns_recordset_v2" "this" {
  for_each = module.zone.records

  zone_id = opentelekomcloud_dns_zone_v2.this.id
  name    = each.value.fqdn
  type    = each.value.type
  ttl     = each.value.ttl
  tags    = module.zone.tags
  # The service wants texts in quotes.
  records = each.value.type == "TXT" ? [for value in each.value.values : "\"${value}\""] : each.value.values
}
