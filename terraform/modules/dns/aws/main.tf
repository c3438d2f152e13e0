# A public zone in Amazon Route 53.
module "zone" {
  source = "../"
  zone   = var.zone
}

resource "aws_route53_zone" "this" {
  name    = var.zone.name
  comment = "Zone of ${var.zone.environment}, managed by Terraform"
  tags    = module.zone.tags
}

resource "aws_route53_record" "this" {
  for_each = module.zone.records

  zone_id = aws_route53_zone.this.zone_id
  name    = trimsuffix(each.value.fqdn, ".")
  type    = each.value.type
  ttl     = each.value.ttl
  records = each.value.values
}
