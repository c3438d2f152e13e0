output "zone" {
  description = "The zone's name and the servers to which the zone above must delegate it."
  value = {
    name         = trimsuffix(opentelekomcloud_dns_zone_v2.this.name, ".")
    environment  = var.zone.environment
    name_servers = var.name_servers
  }
}
