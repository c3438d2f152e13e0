output "tags" {
  description = "Tags every resource of the bucket carries."
  value       = local.tags
}

output "expires" {
  description = "Whether old versions go after a time."
  value       = var.bucket.versioning && var.bucket.keep_old_versions_days > 0
}
