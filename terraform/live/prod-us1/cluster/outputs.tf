output "cluster" {
  description = "Where the cluster is, and how to know it: name, server and the authority's certificate in PEM. No secret."
  value       = module.cluster.cluster
}

output "kubeconfig" {
  description = "The administrator's kubeconfig."
  value       = module.cluster.kubeconfig
  sensitive   = true
}
