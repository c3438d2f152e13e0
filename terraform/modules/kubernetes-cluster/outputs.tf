output "tags" {
  description = "Tags every resource of the cluster carries."
  value       = local.tags
}

output "pools" {
  description = "The node pools with nothing left out: nodes_max and scales are always there, labels name the pool."
  value       = local.pools
}

output "minor_version" {
  description = "The Kubernetes version without its last number, as some providers want it."
  value       = join(".", slice(split(".", var.cluster.kubernetes_version), 0, 2))
}
