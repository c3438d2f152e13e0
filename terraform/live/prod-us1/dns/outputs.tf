output "zone" {
  description = "The zone's name and the servers to which the zone above must delegate it."
  value       = module.zone.zone
}
