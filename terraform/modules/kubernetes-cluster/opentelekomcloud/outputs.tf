output "cluster" {
  description = "Where the cluster is, and how to know it: name, server and the authority's certificate in PEM. No secret."
  value = {
    name           = var.cluster.name
    environment    = var.cluster.environment
    server         = local.endpoint.server
    ca_certificate = base64decode(local.endpoint.certificate_authority_data)
  }
}

output "kubeconfig" {
  description = "The administrator's kubeconfig."
  sensitive   = true
  value = yamlencode({
    apiVersion      = "v1"
    kind            = "Config"
    current-context = var.cluster.name
    clusters = [{
      name    = var.cluster.name
      cluster = { server = local.endpoint.server, certificate-authority-data = local.endpoint.certificate_authority_data }
    }]
    contexts = [{
      name    = var.cluster.name
      context = { cluster = var.cluster.name, user = "administrator" }
    }]
    users = [{
      name = "administrator"
      user = {
        client-certificate-data = local.administrator.client_certificate_data
        client-key-data         = local.administrator.client_key_data
      }
    }]
  })
}

output "argocd_cluster" {
  description = "What Argo CD needs to reach the cluster: name, server, ca and token. Null until there is a token."
  sensitive   = true
  value = var.argocd_token == null ? null : {
    name   = var.cluster.name
    server = local.endpoint.server
    ca     = local.endpoint.certificate_authority_data
    token  = var.argocd_token
  }
}
