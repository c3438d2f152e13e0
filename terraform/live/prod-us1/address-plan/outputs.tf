output "network_cidr" {
  description = "The address range of the whole environment."
  value       = module.addresses.network_cidr
}

output "ranges" {
  description = "Each part's address range, by its name."
  value       = module.addresses.ranges
}
