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

variable "node_image" {
  description = "The image of the nodes, best with its digest (kind's release notes list them). Without one: kindest/node at the cluster's Kubernetes version."
  type        = string
  default     = null

  validation {
    condition     = var.node_image == null || can(regex("^[a-z0-9./:-]+:v[0-9.]+(@sha256:[0-9a-f]{64})?$", var.node_image))
    error_message = "Give an image with an exact version, like \"kindest/node:v1.33.1@sha256:…\"."
  }
}

variable "https_port" {
  description = "The port on 127.0.0.1 that leads to the ingress of the cluster."
  type        = number
  default     = 8443

  validation {
    condition     = var.https_port >= 1024 && var.https_port <= 65535
    error_message = "Take a port from 1024 to 65535."
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
