output "cluster" {
  description = "Where the cluster is, and how to know it: name, server and the authority's certificate in PEM. No secret."
  value = {
    name           = var.cluster.name
    environment    = var.cluster.environment
    server         = kind_cluster.this.endpoint
    ca_certificate = kind_cluster.this.cluster_ca_certificate
  }
}

output "kubeconfig" {
  description = "The administrator's kubeconfig."
  value       = kind_cluster.this.kubeconfig
  sensitive   = true
}

output "argocd_cluster" {
  description = "What Argo CD needs to reach the cluster: name, server, ca and token. Null until there is a token."
  sensitive   = true
  value = var.argocd_token == null ? null : {
    name   = var.cluster.name
    server = kind_cluster.this.endpoint
    ca     = kind_cluster.this.cluster_ca_certificate
    token  = var.argocd_token
  }
}
