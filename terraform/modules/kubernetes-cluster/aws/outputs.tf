output "cluster" {
  description = "Where the cluster is, and how to know it: name, server and the authority's certificate in PEM. No secret."
  value = {
    name           = var.cluster.name
    environment    = var.cluster.environment
    server         = aws_eks_cluster.this.endpoint
    ca_certificate = base64decode(aws_eks_cluster.this.certificate_authority[0].data)
  }
}

output "kubeconfig" {
  description = "A kubeconfig that asks the aws command for a short-lived token of whoever uses it. Sensitive like its siblings, though it holds no key."
  sensitive   = true
  value = yamlencode({
    apiVersion      = "v1"
    kind            = "Config"
    current-context = var.cluster.name
    clusters = [{
      name = var.cluster.name
      cluster = {
        server                     = aws_eks_cluster.this.endpoint
        certificate-authority-data = aws_eks_cluster.this.certificate_authority[0].data
      }
    }]
    contexts = [{
      name    = var.cluster.name
      context = { cluster = var.cluster.name, user = "caller" }
    }]
    users = [{
      name = "caller"
      user = {
        exec = {
          apiVersion      = "client.authentication.k8s.io/v1beta1"
          command         = "aws"
          args            = ["eks", "get-token", "--cluster-name", var.cluster.name, "--region", data.aws_region.current.region]
          interactiveMode = "Never"
        }
      }
    }]
  })
}

output "argocd_cluster" {
  description = "What Argo CD needs to reach the cluster: name, server, ca and token. Null until there is a token."
  sensitive   = true
  value = var.argocd_token == null ? null : {
    name   = var.cluster.name
    server = aws_eks_cluster.this.endpoint
    ca     = aws_eks_cluster.this.certificate_authority[0].data
    token  = var.argocd_token
  }
}
