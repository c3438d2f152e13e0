output "network_cidr" {
  description = "The address range of the whole environment."
  value       = terraform_data.addresses.output.network
}

output "ranges" {
  description = "Each part's address range, by its name."
  value       = terraform_data.addresses.output.ranges
}
