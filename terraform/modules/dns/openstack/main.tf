# A public zone in OpenStack Designate.
module "zone" {
  source = "../"
  zone   = var.zone
}

resource "openstack_dns_zone_v2" "this" {
  name        = module.zone.fqdn
  email       = var.zone.contact
  ttl         = var.zone.ttl
  type        = "PRIMARY"
  description = "Zone of ${var.zone.environment}, managed by Terraform"
}

resource "openstack_dns_recordset_v2" "this" {
  for_each = module.zone.records

  zone_id = openstack_dns_zone_v2.this.id
  name    = each.value.fqdn
  type    = each.value.type
  ttl     = each.value.ttl
  # Designate wants texts in quotes.
  records = each.value.type == "TXT" ? [for value in each.value.values : "\"${value}\""] : each.value.values
}
