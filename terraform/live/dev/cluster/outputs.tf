output "cluster" {
  description = "Where the cluster is, and how to know it: name, server and the authority's certificate in PEM. No secret."
  value       = module.cluster.cluster
}

output "kubeconfig" {
  description = "The administrator's kubeconfig."
  value       = module.cluster.kubeconfig
  sensitive   = true
}

output "argocd_cluster" {
  description = "What Argo CD needs to reach the cluster: name, server, ca and token. Null until there is a token."
  value       = module.cluster.argocd_cluster
  sensitive   = true
}
