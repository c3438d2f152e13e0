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
