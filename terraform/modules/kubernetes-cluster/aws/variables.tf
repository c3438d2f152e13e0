variable "cluster" {
  description = "The cluster, as the module above describes and checks it."
  type = object({
    name                = string
    environment         = string
    kubernetes_version  = string
    control_plane_nodes = optional(number, 1)
    api_allowed_from    = optional(list(string), [])
    networks = object({
      pods     = string
      services = string
    })
    node_pools = map(object({
      machine   = string
      nodes     = number
      nodes_max = optional(number)
      disk_gb   = optional(number, 50)
      labels    = optional(map(string), {})
    }))
    tags = optional(map(string), {})
  })
}

variable "subnet_ids" {
  description = "Private subnets of the VPC, in two availability zones at least."
  type        = list(string)

  validation {
    condition     = length(distinct(var.subnet_ids)) >= 2
    error_message = "EKS needs subnets in two availability zones."
  }
}

variable "argocd_token" {
  description = "The token of Argo CD's account in this cluster, once somebody has made it there."
  type        = string
  default     = null
  sensitive   = true

  validation {
    condition     = var.argocd_token == null || can(regex("^[!-~]{20,}$", var.argocd_token))
    error_message = "A token is one long word."
  }
}
