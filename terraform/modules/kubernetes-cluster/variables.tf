variable "cluster" {
  description = <<-EOT
    The cluster, in words that mean the same with every provider.
    `name`: unique among the clusters of the account. `environment`: as promotion.yaml names it.
    `kubernetes_version`: exact. `control_plane_nodes`: 1, 3 or 5; where the provider runs the
    control plane, more than 1 means highly available. `api_allowed_from`: ranges that may reach the API.
    `networks`: ranges of pods and services. `node_pools`: `system` must be there; `machine` is the
    provider's word for a size; with `nodes_max` a pool scales between both numbers.
  EOT
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

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,28}[a-z0-9]$", var.cluster.name))
    error_message = "A cluster's name has 3 to 30 lower case letters, digits and dashes, and starts with a letter."
  }

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.cluster.environment))
    error_message = "An environment is named like \"prod-eu1\": lower case letters, digits and dashes."
  }

  validation {
    condition     = can(regex("^1\\.[0-9]{1,2}\\.[0-9]{1,2}$", var.cluster.kubernetes_version))
    error_message = "Give the exact Kubernetes version, like \"1.33.1\"."
  }

  validation {
    condition     = contains([1, 3, 5], var.cluster.control_plane_nodes)
    error_message = "A control plane has 1, 3 or 5 nodes."
  }

  validation {
    condition     = alltrue([for range in var.cluster.api_allowed_from : can(cidrnetmask(range))])
    error_message = "api_allowed_from holds IPv4 ranges, like \"198.51.100.0/24\"."
  }

  validation {
    condition     = alltrue([for range in var.cluster.api_allowed_from : !endswith(range, "/0")])
    error_message = "The API is not opened to the whole internet: name the ranges that may reach it."
  }

  validation {
    condition     = can(cidrnetmask(var.cluster.networks.pods)) && can(cidrnetmask(var.cluster.networks.services)) && var.cluster.networks.pods != var.cluster.networks.services
    error_message = "networks holds two different IPv4 ranges."
  }

  validation {
    condition     = contains(keys(var.cluster.node_pools), "system")
    error_message = "node_pools needs a pool called \"system\"; others may be added beside it."
  }

  validation {
    condition     = alltrue([for name in keys(var.cluster.node_pools) : can(regex("^[a-z][a-z0-9-]{0,14}$", name))])
    error_message = "A pool's name has at most 15 lower case letters, digits and dashes."
  }

  validation {
    condition     = alltrue([for pool in values(var.cluster.node_pools) : pool.nodes >= 1 && pool.nodes <= 100 && coalesce(pool.nodes_max, pool.nodes) >= pool.nodes])
    error_message = "A pool has 1 to 100 nodes, and nodes_max is not below nodes."
  }

  validation {
    condition     = alltrue([for pool in values(var.cluster.node_pools) : pool.disk_gb >= 20])
    error_message = "A node's disk has at least 20 GB."
  }
}
