variable "zone" {
  description = "The zone, as the module above describes and checks it."
  type = object({
    name        = string
    environment = string
    contact     = string
    ttl         = optional(number, 300)
    records = optional(map(object({
      name   = string
      type   = string
      values = list(string)
      ttl    = optional(number)
    })), {})
    tags = optional(map(string), {})
  })
}

variable "name_servers" {
  description = "The name servers of this Designate, which its API does not tell; the zone above delegates to them."
  type        = list(string)

  validation {
    condition     = length(var.name_servers) > 0 && alltrue([for server in var.name_servers : endswith(server, ".")])
    error_message = "Name one server at least, each in full with the dot at its end."
  }
}
