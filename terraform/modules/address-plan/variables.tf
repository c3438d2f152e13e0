variable "environment" {
  description = "The environment, as promotion.yaml names it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.environment))
    error_message = "An environment is named like \"prod-eu1\": lower case letters, digits and dashes."
  }
}

variable "network_cidr" {
  description = "The address range of the whole environment, in IPv4 CIDR notation. No other environment may overlap it."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.network_cidr)) && try(cidrhost(var.network_cidr, 0) == split("/", var.network_cidr)[0], false)
    error_message = "Give an IPv4 range with its first address, like \"10.32.0.0/14\"."
  }

  validation {
    condition     = try(tonumber(split("/", var.network_cidr)[1]) >= 8 && tonumber(split("/", var.network_cidr)[1]) <= 16, false)
    error_message = "Take a range between /8 and /16: nodes, pods and services must fit in."
  }
}

variable "ranges" {
  description = <<-EOT
    The parts the range is cut into, in this order; a new part goes to the end, or the parts behind it move.
    `name`: what the part is for. `new_bits`: how many bits longer than the range its prefix is.
  EOT
  type = list(object({
    name     = string
    new_bits = number
  }))
  default = [
    { name = "pods", new_bits = 1 },
    { name = "services", new_bits = 4 },
    { name = "nodes", new_bits = 6 },
    { name = "databases", new_bits = 8 },
  ]

  validation {
    condition     = length(distinct(var.ranges[*].name)) == length(var.ranges) && length(var.ranges) > 0
    error_message = "Each part needs a name of its own, and there must be one at least."
  }

  validation {
    condition     = alltrue([for range in var.ranges : range.new_bits >= 0 && range.new_bits <= 16 && floor(range.new_bits) == range.new_bits])
    error_message = "new_bits is a whole number from 0 to 16."
  }
}
