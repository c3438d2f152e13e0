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

variable "vpc_id" {
  description = "The id of the VPC."
  type        = string

  validation {
    condition     = length(var.vpc_id) > 0
    error_message = "Give the id of the VPC."
  }
}

variable "subnet" {
  description = "The name of the VPC subnet in which the nodes live."
  type        = string

  validation {
    condition     = length(var.subnet) > 0
    error_message = "Name the subnet of the nodes."
  }
}

variable "control_plane_machine" {
  description = "The CCE flavor of the control plane; `cce.s2` ones are highly available."
  type        = string
  default     = "cce.s2.small"

  validation {
    condition     = can(regex("^cce\\.s[12]\\.(small|medium|large|xlarge)$", var.control_plane_machine))
    error_message = "A CCE flavor is named like \"cce.s2.small\"."
  }
}

variable "public_address" {
  description = "An elastic IP for the API; without one it is reached from inside the VPC only."
  type        = string
  default     = null

  validation {
    condition     = var.public_address == null || can(cidrnetmask("${var.public_address}/32"))
    error_message = "Give an IPv4 address, or leave it out."
  }
}

variable "keypair" {
  description = "The key pair for logging in to nodes."
  type        = string

  validation {
    condition     = length(var.keypair) > 0
    error_message = "CCE nodes need an existing key pair."
  }
}

variable "availability_zone" {
  description = "Where nodes are placed; `random` spreads them."
  type        = string
  default     = "random"

  validation {
    condition     = length(var.availability_zone) > 0
    error_message = "Name an availability zone, or leave it out."
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
