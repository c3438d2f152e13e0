output "backups" {
  description = "The bucket for backups: its name and where S3 clients find it. No secret."
  value       = module.backups.bucket
}
