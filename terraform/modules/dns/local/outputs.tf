output "zone" {
  description = "The zone's name and the servers to which the zone above must delegate it; a hosts file has none."
  value = {
    name         = var.zone.name
    environment  = var.zone.environment
    name_servers = tolist([])
  }
  depends_on = [local_file.hosts]
}
