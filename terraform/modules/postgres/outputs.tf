output "tags" {
  description = "Tags every resource of the server carries."
  value       = local.tags
}

output "administrator" {
  description = "The name of the administrator where it can be chosen."
  value       = "platform_admin"
}
