output "cluster" {
  description = "Where the cluster is, and how to know it: name, server and the authority's certificate in PEM. No secret."
  value = {
    name           = var.cluster.name
    environment    = var.cluster.environment
    server         = openstack_containerinfra_cluster_v1.this.api_address
    ca_certificate = nonsensitive(openstack_containerinfra_cluster_v1.this.kubeconfig["cluster_ca_certificate"])
  }
}

output "kubeconfig" {
  description = "The administrator's kubeconfig."
  value       = openstack_containerinfra_cluster_v1.this.kubeconfig["raw_config"]
  sensitive   = true
}

output "argocd_cluster" {
  description = "What Argo CD needs to reach the cluster: name, server, ca and token. Null until there is a token."
  sensitive   = true
  value = var.argocd_token == null ? null : {
    name   = var.cluster.name
    server = openstack_containerinfra_cluster_v1.this.api_address
    ca     = openstack_containerinfra_cluster_v1.this.kubeconfig["cluster_ca_certificate"]
    token  = var.argocd_token
  }
}
