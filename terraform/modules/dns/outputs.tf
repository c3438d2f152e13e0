output "tags" {
  description = "Tags every resource of the zone carries."
  value       = local.tags
}

output "fqdn" {
  description = "The zone's name with the dot at its end."
  value       = "${var.zone.name}."
}

output "records" {
  description = "The records with nothing left out, named in full, values sorted."
  value       = local.records
}
