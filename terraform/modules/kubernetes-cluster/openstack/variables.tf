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

variable "image" {
  description = "The image of the nodes: its name or id, with property os_distro set as Magnum wants it."
  type        = string

  validation {
    condition     = length(var.image) > 0
    error_message = "Name the image of the nodes."
  }
}

variable "external_network" {
  description = "The name of the network from which addresses reachable from outside are taken."
  type        = string

  validation {
    condition     = length(var.external_network) > 0
    error_message = "Name the external network."
  }
}

variable "control_plane_machine" {
  description = "The flavor of the control plane's nodes."
  type        = string

  validation {
    condition     = length(var.control_plane_machine) > 0
    error_message = "Name the flavor of the control plane's nodes."
  }
}

variable "keypair" {
  description = "The key pair for logging in to nodes; none unless said."
  type        = string
  default     = null

  validation {
    condition     = var.keypair == null || try(length(var.keypair) > 0, false)
    error_message = "Name an existing key pair, or leave it out."
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
