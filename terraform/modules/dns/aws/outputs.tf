output "zone" {
  description = "The zone's name and the servers to which the zone above must delegate it."
  value = {
    name         = aws_route53_zone.this.name
    environment  = var.zone.environment
    name_servers = [for server in aws_route53_zone.this.name_servers : "${server}."]
  }
}
