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

variable "hosts_file" {
  description = "Where the hosts file is written."
  type        = string

  validation {
    condition     = endswith(var.hosts_file, ".hosts")
    error_message = "The file's name ends with .hosts, so that no other file is overwritten."
  }
}
